"""The entry of mlv in a repository's .pre-commit-config.yaml.

Where the entry goes: last in ``repos``, after the hooks that change files. A hook that changes a
file stops the commit, and pre-commit fixes the list of files before the first hook runs. Both
orders take one more try when something was changed, and none when not (tests/test_beside.py has
them with ruff, ruff-format, black, nbstripout and nb-clean). What decides:

- last: the others stop the first try, and mlv, which sees that the worktree is no longer what is
  staged, writes nothing and says to ``git add``. After that they have nothing left to do, and mlv
  pairs what they made. Who gives up after the first try has no trace of it in the index.
- first: mlv stages the script of the notebook as it was, then the formatter stops the commit.
  Who gives up has the script of a notebook in the index that is no longer there.

A script comes in the layout that formatters leave alone (pair/layout.py), so that ``pre-commit run
--all-files``, where they see it for the first time, changes nothing.

``pre-merge-commit`` is asked for as well: on a merge without conflicts git runs that hook, and not
``pre-commit``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlv_hooks.commands.init_text import (
    InitRefused,
    Part,
    append,
    decode,
    insert,
    line_at,
    lines_of,
)

HOOKS_CONFIG, PREK_YML, PREK_TOML = ".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml"
REPO_URL = "https://github.com/mlv-tools/mlv-hooks"
HOOK_COMMENT = (
    "# Keep this last: nbstripout, ruff or black change files and stop the commit; mlv then pairs",
    "# and stages what they left, so that the next try goes through.",
)
INSTALL_COMMENT = "# git runs pre-merge-commit, not pre-commit, on a merge without conflicts"
INSTALL_LINE = "default_install_hook_types: [pre-commit, pre-merge-commit]"
OUR_ID = "mlv"
OUR_IDS = (OUR_ID, "mlv-pair", "mlv-stage", "mlv-check")
"""Whoever has one of these has chosen."""
_PAIRING = (OUR_ID, "mlv-pair")
_CHANGERS = (
    *("nbstripout", "nb-clean", "ruff", "black", "nbqa", "isort", "yapf", "autopep8"),
    *("autoflake", "pyupgrade", "trailing-whitespace", "end-of-file-fixer", "mixed-line-ending"),
)

Read = Callable[[str], "bytes | None"]


def hooks_part(read: Read, version: str) -> Part:
    path = PREK_YML if read(HOOKS_CONFIG) is None and read(PREK_YML) is not None else HOOKS_CONFIG
    data = read(path)
    if data is None and read(PREK_TOML) is not None:
        entry = f'repo = "{REPO_URL}", rev = "v{version}", hooks = [{{ id = "{OUR_ID}" }}]'
        return Part(PREK_TOML, notes=(f"{PREK_TOML}: add as the last of its repos: {entry}",))
    text = "" if data is None else decode(data, path)
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix(bom)
    config = _yaml(body, path)
    if isinstance(config, list):
        raise InitRefused(f"{path} has the old list form: run `pre-commit migrate-config` first")
    old = {} if config is None else config
    if not isinstance(old, dict) or not isinstance(old.get("repos") or [], list):
        raise InitRefused(f"{path} must be a mapping with a list `repos`: correct it first")
    ids = [str(hook.get("id")) for hook in _hooks_of(old)]
    ours = [one for one in ids if one in OUR_IDS]
    asks = "default_install_hook_types" in old
    notes = tuple(_notes(old, ids, path))
    stood = f"{path}: {' and '.join(ours)}" if ours else ""
    if ours and asks:
        return Part(path, stood=stood, notes=notes)

    new = _added(body, version, entry=not ours, install=not asks)
    wanted = {"default_install_hook_types": ["pre-commit", "pre-merge-commit"], **old}
    if not ours:
        added = {"repo": REPO_URL, "rev": f"v{version}", "hooks": [{"id": OUR_ID}]}
        wanted["repos"] = [*(old.get("repos") or []), added]
    if new is None or not _holds(new, wanted):
        how = f"{REPO_URL} (rev v{version}, hook {OUR_ID}) as the last of its repos"
        how = f"`{INSTALL_LINE}` at its top" if ours else how
        raise InitRefused(f"{path} is written in a way that `mlv init` cannot extend: add {how}")
    done = [*([] if ours else [OUR_ID]), *([] if asks else ["default_install_hook_types"])]
    note = f"{OUR_ID} on each commit and merge" if data is None else f"{' and '.join(done)} added"
    return Part(path, (bom + new).encode(), note, stood, notes)


def _hooks_of(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for item in config.get("repos") or []:
        hooks = item.get("hooks") if isinstance(item, dict) else None
        for hook in hooks if isinstance(hooks, list) else []:
            if isinstance(hook, dict):
                yield hook


def _notes(config: Mapping[str, Any], ids: Sequence[str], path: str) -> Iterator[str]:
    entries = [str(hook.get("entry", "")) for hook in _hooks_of(config)]
    ours = [one for one in ids if one in OUR_IDS] or [OUR_ID]
    pairing = next((one for one in ours if one in _PAIRING), None)
    theirs = "jupytext" in ids or any(entry.startswith("jupytext ") for entry in entries)
    if pairing and theirs:
        yield f"jupytext's own hook stands in {path}: remove it, {pairing} does its work"
    at = ids.index(ours[0]) if ours[0] in ids else len(ids)
    late = [one for one in ids[at:] if one.startswith(_CHANGERS)]
    if late:
        names = ", ".join(dict.fromkeys(late))
        yield f"{ours[0]} stands before {names} in {path}: move it to the end of repos"
    kinds = config.get("default_install_hook_types")
    if isinstance(kinds, list) and "pre-merge-commit" not in kinds:
        what = f"add pre-merge-commit to default_install_hook_types in {path}"
        yield f"{what}, so that merges are paired too"


@dataclass(frozen=True, slots=True)
class _Style:
    """The columns of an entry's dash and keys, and of its hooks' dash and keys."""

    dash: int = 2
    key: int = 4
    hook_dash: int = 6
    hook_key: int = 8


def _added(text: str, version: str, *, entry: bool, install: bool) -> str | None:
    """Return ``text`` with our entry and the hook types, None where it cannot be told how."""
    from ruamel.yaml import YAML

    root = YAML(typ="safe", pure=True).compose(text)
    install_lines = [INSTALL_COMMENT, INSTALL_LINE] if install else []
    if root is None or not isinstance(root.value, list):  # nothing, `---` alone, or `null`
        lines = [*install_lines, "repos:", *_entry(version, _Style())]
        return append(text, "\n".join(lines) + "\n")
    if root.flow_style:
        return None
    names = [key.value for key, _ in root.value]
    column = root.value[0][0].start_mark.column
    pad, style = " " * column, _Style(*(column + at for at in (2, 4, 6, 8)))
    if "repos" not in names:
        lines = [f"{pad}{one}" for one in [*install_lines, "repos:"]]
        return append(text, "\n".join([*lines, *_entry(version, style)]) + "\n")
    at = names.index("repos")
    key, value = root.value[at]
    if value.start_mark.index < key.end_mark.index:  # an alias
        return None
    line = line_at(text, key.start_mark.index)
    new = text if not entry else _with_entry(text, line, value, style, version)
    if new is None or not install:
        return new
    # Below the head of the file, but above the comment that belongs to `repos`.
    while at and line and _is_comment(lines_of(text)[line - 1]):
        line -= 1
    return insert(new, line, [pad + one for one in install_lines])


def _with_entry(text: str, line: int, value: Any, style: _Style, version: str) -> str | None:
    start, end = value.start_mark.index, value.end_mark.index
    if not value.value:
        if text[start:end].strip("[ ]"):  # an anchor, a comment or a line end within
            return None
        bare = text[:start].rstrip(" ") + text[end:] if start < end else text
        return insert(bare, line + 1, _entry(version, style))
    if not isinstance(value.value, list) or value.flow_style:  # `null`, or [...] with items
        return None
    # An alias stands for a node elsewhere.
    items = [item for item in value.value if start <= item.start_mark.index < end]
    if not items:
        return None
    style = next(filter(None, (_style(text, item) for item in reversed(items))), None) or (
        _Style(*(_dash(text, items[-1]) + at for at in (0, 2, 4, 6)))
    )
    lines = lines_of(text)
    starts = [line_at(text, item.start_mark.index) for item in items[1:]]
    gap = [""] if any(_is_apart(lines, start) for start in starts) else []
    stop = len(lines) if end >= len(text) else line_at(text, end)
    return insert(text, _after(lines, stop, style.dash), [*gap, *_entry(version, style)])


def _style(text: str, item: Any) -> _Style | None:
    """Return how ``item`` of ``repos`` is indented, None when it does not show it all."""
    if not isinstance(item.value, list) or item.flow_style:
        return None
    hooks = next((value for key, value in item.value if key.value == "hooks"), None)
    if hooks is None or hooks.flow_style or not isinstance(hooks.value, list) or not hooks.value:
        return None
    hook = hooks.value[0]
    if hook.start_mark.index < item.start_mark.index or hook.flow_style:
        return None
    key = item.value[0][0].start_mark.column
    hook_key = hook.value[0][0].start_mark.column
    return _Style(_dash(text, item), key, _dash(text, hook), hook_key)


def _dash(text: str, item: Any) -> int:
    dash = text.rfind("-", 0, item.start_mark.index)
    return dash - (text.rfind("\n", 0, dash) + 1)


def _after(lines: Sequence[str], stop: int, dash: int) -> int:
    """Return the line where a new item goes: below the last one and the comments that are its."""
    last = stop
    while not lines[last - 1].strip() or _is_comment(lines[last - 1]):
        last -= 1
    for at in range(last, stop):
        if _is_comment(lines[at]) and len(lines[at]) - len(lines[at].lstrip(" ")) > dash:
            last = at + 1
    at = last
    while at < stop and _is_comment(lines[at]):
        at += 1
    # A block of comments that touches the next key is that key's.
    return at if at < stop or stop == len(lines) else last


def _is_apart(lines: Sequence[str], line: int) -> bool:
    while line and _is_comment(lines[line - 1]):
        line -= 1
    return line > 0 and not lines[line - 1].strip()


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _entry(version: str, style: _Style) -> list[str]:
    key = max(style.key, style.dash + 2)
    hook_key = max(style.hook_key, style.hook_dash + 2)
    pad, hook_pad = " " * key, " " * style.hook_dash
    return [
        f"{' ' * style.dash}-{' ' * (key - style.dash - 1)}repo: {REPO_URL}",
        f"{pad}rev: v{version}",
        f"{pad}hooks:",
        *(f"{hook_pad}{one}" for one in HOOK_COMMENT),
        f"{hook_pad}-{' ' * (hook_key - style.hook_dash - 1)}id: {OUR_ID}",
    ]


def _yaml(text: str, path: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (line {mark.line + 1})" if mark else ""
        raise InitRefused(f"{path} is not valid YAML{where}: correct it first") from None
    except (YAMLError, ValueError, RecursionError):
        raise InitRefused(f"{path} is not valid YAML: correct it first") from None


def _holds(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return bool(_yaml(text, "") == wanted)
    except (InitRefused, RecursionError):  # the latter: an alias within its own anchor
        return False
