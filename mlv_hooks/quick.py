"""Settle the few notebooks that changed of many, where that takes neither jupytext nor a survey.

The worktree is known to hold a tree in which all was in line, but for files that git names. Where
these are notebooks of which only plain cells changed since they and their scripts were in line,
what the scripts shall hold is known. Whatever else is found is left to the whole survey.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlv_hooks.jsonspans import canonical
from mlv_hooks.notebook import (
    Cell,
    Notebook,
    NotebookError,
    may_declare_step,
    parse_notebook,
)
from mlv_hooks.pair.percent import is_plain, revise
from mlv_hooks.pair.records import Record, Records
from mlv_hooks.pair.script_file import ScriptError, decode_script, encode_script
from mlv_hooks.plan import Change
from mlv_hooks.repository import writer
from mlv_hooks.repository.files import content_id, content_of, folders_above
from mlv_hooks.repository.process import MOST_INPUT, OTHER_HEADS, Running
from mlv_hooks.stage.dvc_files import DVC_FILE, DVC_FOLDER

if TYPE_CHECKING:
    from mlv_hooks.start import Found

_RUNNERS = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")
LAYOUT_WORDS = (b"ruff", b"black", b"autopep8", b"yapf", b"trailing-whitespace")
"""What stands in the settings of each hook that lays scripts out: jupytext must help then."""
_OWN_SETTINGS = ("mlv.toml", "pyproject.toml")
_DVC_USERS = f"{DVC_FOLDER}/tmp/rwlock"
_MOST = 20
"""So many notebooks; where more changed, they are worth a second process."""


class _Unsure(Exception):
    """Only the whole survey can tell."""


class _File(NamedTuple):
    """A tracked file that changed: its blob in the good tree."""

    path: str
    blob: str


class _Side(NamedTuple):
    """A notebook that changed, its script, their blobs in the good tree and in their base."""

    notebook: str
    script: str
    head: tuple[str, str]
    base: tuple[str, str]


class _Plan(NamedTuple):
    """What one script shall hold; None for a script that stays."""

    side: _Side
    notebook: bytes
    change: Change | None


def sync(found: Found, arguments: Sequence[str]) -> int | None:
    """Bring what changed in line and return the exit code; None when only the survey can tell."""
    try:
        records = Records(os.path.join(found.private, "mlv"))
        plans = list(_plans(found, records))
    except (_Unsure, NotebookError, ScriptError, OSError):
        return None
    todo = [plan.change for plan in plans if plan.change]
    if "--check" in arguments:
        _print(f"to do: {one.note}" for one in todo)
        return 1 if todo else 0
    if todo:
        try:
            _write(found, todo, plans, records)
        except writer.WriteRefused as refused:
            from mlv_hooks.reporters.escapes import printable

            print(f"mlv: {printable(str(refused))}", file=sys.stderr)
            return 1
    if len(arguments) == 1:
        _print(one.note for one in todo)
    return 0


def _print(lines: Iterable[str]) -> None:
    from mlv_hooks.reporters.escapes import printable

    for line in lines:
        print(printable(line))


def _plans(found: Found, records: Records) -> Iterator[_Plan]:
    if any(os.path.lexists(os.path.join(found.private, name)) for name in OTHER_HEADS):
        raise _Unsure
    if any(key.startswith("GITHEAD_") for key in os.environ) or _may_lay_out(found.top):
        raise _Unsure
    changed = {one.path: one for one in _changed(found.changes)}
    for folder in {folder for path in changed for folder in folders_above(path)}:
        if b'"pid"' in (content_of(found.top, os.path.join(folder, _DVC_USERS)) or b""):
            raise _Unsure  # a stage that DVC runs may use a script
    sides = list(_sides(found, changed, records))
    if not sides:
        return
    ids = [blob for side in sides for blob in (*side.head, side.base[0])]
    contents = iter(_contents(found.top, ids))
    for side in sides:
        heads, base = (next(contents), next(contents)), next(contents)
        yield _plan(found.top, side, heads, base)


def _may_lay_out(top: str) -> bool:
    """Say whether a hook may have laid the scripts out: their text is not jupytext's then."""
    for name in _RUNNERS:
        lines = (content_of(top, name) or b"").split(b"\n")
        text = b"\n".join(line for line in lines if not line.lstrip().startswith(b"#"))
        if any(word in text for word in LAYOUT_WORDS):
            return True
    return False


def _changed(printed: bytes) -> Iterator[_File]:
    """Give the files that changed; _Unsure for all that is more than new content of a file."""
    from mlv_hooks.start import is_settings

    fields = printed.split(b"\0")[:-1]
    if len(fields) > 2 * _MOST:
        raise _Unsure
    for meta, field in zip(fields[::2], fields[1::2], strict=True):
        before, after, blob, _, status = meta[1:].split(b" ")
        path = os.fsdecode(field)
        are_files = {before, after} <= {b"100644", b"100755"}
        name = path.rpartition("/")[2]
        settles = is_settings(name) or name.endswith((".yaml", ".yml"))
        if status != b"M" or not are_files or settles:
            raise _Unsure
        yield _File(path, blob.decode())


def _sides(found: Found, changed: dict[str, _File], records: Records) -> Iterator[_Side]:
    for path in changed:
        if not path.endswith(".ipynb"):
            owner = found.good.notebook_of(path)
            if owner and owner not in changed:
                raise _Unsure  # the script leads
            if path.endswith(".py") and not owner and _is_near_stages(found.top, path):
                raise _Unsure  # a module that a stage depends on may import others now
            continue
        scripts = found.good.scripts_of(path)
        if len(scripts) != 1 or any("\n" in one or one[0] == '"' for one in (path, *scripts)):
            raise _Unsure  # git takes paths line by line
        script = scripts[0]
        if script in changed:
            head = (changed[path].blob, changed[script].blob)
            record = records.get(path, script)
            if record is None or record.head != head:
                raise _Unsure
            yield _Side(path, script, head, record.pair)
        else:
            head = (changed[path].blob, f"{found.good.tree}:{script}")
            yield _Side(path, script, head, head)


def _is_near_stages(top: str, path: str) -> bool:
    """Say whether a folder above has stages, which may import the module at ``path``."""
    for folder in folders_above(path):
        if os.path.lexists(os.path.join(top, folder, DVC_FILE)):
            return True
        settings = (content_of(top, os.path.join(folder, one)) or b"" for one in _OWN_SETTINGS)
        if any(b"dvc-file" in one for one in settings):
            return True
    return False


def _contents(top: str, names: Sequence[str]) -> Iterator[bytes]:
    """Give the content of each blob, by one call of git."""
    given = b"".join(os.fsencode(name) + b"\n" for name in names)
    if len(given) > MOST_INPUT:
        raise _Unsure
    printed = Running(top, "cat-file", "--batch", given=given).output() or b""
    for _ in names:
        header, _, printed = printed.partition(b"\n")
        words = header.rsplit(b" ", 2)
        if len(words) != 3 or words[1] != b"blob":
            raise _Unsure
        size = int(words[2])
        yield printed[:size]
        printed = printed[size + 1 :]


def _plan(top: str, side: _Side, heads: tuple[bytes, bytes], base: bytes) -> _Plan:
    data, old = content_of(top, side.notebook), content_of(top, side.script)
    if data is None or old is None or may_declare_step(data):
        raise _Unsure
    notebook, before = parse_notebook(data), parse_notebook(base)
    if side.base != side.head and not (
        _blob(old, side) == side.base[1] and _differs(parse_notebook(heads[0]), notebook)
    ):
        raise _Unsure
    same_head = canonical(before.metadata) == canonical(notebook.metadata)
    if not same_head or before.nbformat_minor != notebook.nbformat_minor:
        raise _Unsure
    text = decode_script(old)
    wanted = revise(text, before.cells, notebook.cells)
    if wanted is None:
        raise _Unsure
    note = f"{side.script} <- {side.notebook}"
    change = Change(side.script, old, encode_script(wanted, old), note) if wanted != text else None
    side = side._replace(head=(side.head[0], _blob(heads[1], side)))
    return _Plan(side, data, change)


def _blob(content: bytes, side: _Side) -> str:
    """Return git's id of a content of this pair."""
    return content_id(content, len(side.head[0]))


def _differs(one: Notebook, other: Notebook) -> bool:
    """Say whether two notebooks surely have different scripts."""
    pairs = zip(one.cells, other.cells, strict=False)
    return any(a.source != b.source and _is_plain(a) and _is_plain(b) for a, b in pairs)


def _is_plain(cell: Cell) -> bool:
    return is_plain(cell.kind, cell.source)


def _write(found: Found, todo: Sequence[Change], plans: Sequence[_Plan], records: Records) -> None:
    """Write the scripts, and keep the pairs as the bases of the edits to come."""
    heads = {plan.side.script: plan.side for plan in plans}

    def is_in_head(path: str, content: bytes) -> bool:
        return _blob(content, heads[path]) == heads[path].head[1]

    def backup(files: Sequence[tuple[str, bytes]]) -> None:
        from mlv_hooks.repository import backups
        from mlv_hooks.repository.git import Git, GitError

        try:
            backups.save(Git(found.top), files, "mlv sync")
        except GitError as error:
            raise writer.WriteRefused(None, f"{error}: nothing was written") from error

    state = os.path.join(found.private, "mlv")
    writer.apply(found.top, state, todo, held=is_in_head, backup=backup)
    with contextlib.suppress(OSError):  # the files are written; without a record git's base counts
        _record(found.top, [plan for plan in plans if plan.change], records)


def _record(top: str, written: Sequence[_Plan], records: Records) -> None:
    paths = [path for plan in written for path in (plan.side.notebook, plan.side.script)]
    given = b"".join(os.fsencode(path) + b"\n" for path in paths)
    options = ("-w", "--no-filters", "--stdin-paths")
    stored = (Running(top, "hash-object", *options, given=given).output() or b"").split()
    # A file that somebody changed meanwhile is the base of nothing.
    ids = {path: blob.decode() for path, blob in zip(paths, stored, strict=False)}
    rows = []
    for plan in written:
        pair = (plan.side.notebook, plan.side.script)
        contents = (plan.notebook, plan.change.new if plan.change else None)
        made = tuple(_blob(one or b"", plan.side) for one in contents)
        if made == tuple(map(ids.get, pair)):
            rows.append((pair, Record(plan.side.head, (made[0], made[1]))))
    records.add(rows)
