"""What ``mlv init`` adds to a repository: settings, the pre-commit entry, attributes.

Existing files are only added to, as text: each of their own bytes stays, and whatever is set
already stands. A second run adds nothing. What cannot be added safely is refused with one line,
and nothing is written at all.

Where the entry goes: last in ``repos``, after the hooks that change files. A hook that changes a
file stops the commit, and pre-commit fixes the list of files before the first hook runs. Both
orders take one more try when something was changed, and none when not (tests/test_beside.py has
them with ruff, ruff-format, black, nbstripout and nb-clean). What decides:

- last: the others stop the first try, and mlv, which sees that the worktree is no longer what is
  staged, writes nothing and says to ``git add``. After that they have nothing left to do, and mlv
  pairs what they made. Who gives up after the first try has no trace of it in the index.
- first: mlv stages the script of the notebook as it was, then the formatter stops the commit.
  Who gives up has the script of a notebook in the index that is no longer there.

A script comes in the layout that formatters leave alone (layout.py), so that ``pre-commit run
--all-files``, where they see it for the first time, changes nothing.

``pre-merge-commit`` is asked for as well: on a merge without conflicts git runs that hook, and not
``pre-commit``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlv_hooks.plan import Change
from mlv_hooks.toml import loads

PYPROJECT, OWN_CONFIG, JUPYTEXT_CONFIG = "pyproject.toml", "mlv.toml", "jupytext.toml"
ATTRIBUTES, PREK_TOML = ".gitattributes", "prek.toml"
HOOKS_CONFIG, PREK_YML = ".pre-commit-config.yaml", ".pre-commit-config.yml"
REPO_URL = "https://github.com/mlv-tools/mlv-hooks"

# jupytext.config.JUPYTEXT_CONFIG_FILES, kept here because importing jupytext takes long.
JUPYTEXT_FILES = (
    "jupytext",
    *(f"{dot}jupytext{end}" for dot in ("", ".") for end in (".toml", ".yml", ".yaml", ".json")),
    ".jupytext",
    ".jupytext.py",
)
SETTINGS_BODY = """\
# The settings of mlv-hooks; each line shows what holds without it.
# include = ["**/*.ipynb"]
# exclude = ["**/.ipynb_checkpoints/**"]
# require-parameters = "stages"
# require-no-effect = "stages"
# parameters-tag = "parameters"
# no-effect-tag = "no-effect"
# steps = "steps/{name}.py"
# dvc-file = "dvc.yaml"
# params-file = "params.yaml"
# stage-generated = true
# select = ["ALL"]
# ignore = []
# per-file-ignores = {}
# output-format = "text"
# baseline = ".mlv-baseline.json"
"""
JUPYTEXT_BODY = """\
# Where the script of a notebook lives and what it shows; JupyterLab's jupytext reads this too.
formats = "ipynb,auto:percent"
notebook_metadata_filter = "kernelspec,mlv,-all"
cell_metadata_filter = "tags,name,title,mlv,-all"
"""
ATTRIBUTES_BODY = """\
# Reviews read the scripts: web diffs fold the notebooks, which the scripts show line by line.
*.ipynb linguist-generated
# Each branch adds lines for the outputs that DVC keeps: a merge takes those of both.
.gitignore merge=union
"""
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


class InitRefused(Exception):
    """A file of the repository cannot be added to; the text is one line with the remedy."""


@dataclass(frozen=True, slots=True)
class InitPlan:
    """``changes`` to write, what ``stood`` already, and ``notes`` for people, a line each."""

    changes: tuple[Change, ...]
    stood: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """What is wanted of one file: its new content (None: as it is), and lines to tell."""

    path: str
    new: bytes | None = None
    note: str = ""
    stood: str = ""
    notes: tuple[str, ...] = ()


def plan_init(read: Read, version: str) -> InitPlan:
    """Return what to write so that the repository is set up.

    ``read`` gives the content of a regular file by its path relative to the top, None when there
    is none. ``version`` is ours, for the entry's ``rev``. Raises InitRefused.
    """
    parts = [*_settings(read), _hooks(read, version), _attributes(read)]
    return InitPlan(
        tuple(Change(p.path, read(p.path), p.new, p.note) for p in parts if p.new is not None),
        tuple(p.stood for p in parts if p.stood),
        tuple(note for p in parts for note in p.notes),
    )


def report(plan: InitPlan, unpaired: int, *, dry_run: bool = False) -> list[str]:
    """Return the closing lines; ``unpaired`` counts the notebooks that ``mlv sync`` would pair."""
    verb = "would write" if dry_run else "wrote"
    lines = [f"{verb} {change.path}: {change.note}" for change in plan.changes]
    lines += [f"kept {line}" for line in plan.stood]
    lines += plan.notes
    if unpaired:
        what = "1 notebook" if unpaired == 1 else f"{unpaired} notebooks"
        lines.append(f"{what} would be paired: run `mlv sync`")
    if not dry_run and any(c.path in (HOOKS_CONFIG, PREK_YML) for c in plan.changes):
        lines.append("to pair on every commit: run `pre-commit install`")
    return lines


# --- settings


def _settings(read: Read) -> Iterator[_Part]:
    shared = read(PYPROJECT)
    text = "" if shared is None else _decode(shared, PYPROJECT)
    tool = _tool_table(text)
    blocks, done = [], []
    found = next((name for name in JUPYTEXT_FILES if read(name) is not None), None)
    if read(OWN_CONFIG) is not None:
        yield _Part(OWN_CONFIG, stood=OWN_CONFIG)
    elif "mlv" in tool:
        yield _Part(PYPROJECT, stood=f"[tool.mlv] in {PYPROJECT}")
    elif shared is None:
        yield _Part(OWN_CONFIG, SETTINGS_BODY.encode(), "settings, all at their defaults")
    else:
        blocks.append(f"[tool.mlv]\n{SETTINGS_BODY}")
        done.append("[tool.mlv]")
    if found is not None:
        yield _Part(found, stood=f"{found}: jupytext's configuration")
    elif tool.get("jupytext") is not None:
        yield _Part(PYPROJECT, stood=f"[tool.jupytext] in {PYPROJECT}")
    elif shared is None:
        yield _Part(JUPYTEXT_CONFIG, JUPYTEXT_BODY.encode(), "each script beside its notebook")
    else:
        blocks.append(f"[tool.jupytext]\n{JUPYTEXT_BODY}")
        done.append("[tool.jupytext]")
    if blocks:
        new = _append(text, "\n".join(blocks))
        try:
            loads(new)
        except ValueError:
            problem = f"cannot take {' and '.join(done)} at its end: add them to `tool` by hand"
            raise InitRefused(f"{PYPROJECT} {problem}, then run `mlv init` again") from None
        yield _Part(PYPROJECT, new.encode(), f"{' and '.join(done)} added at its end")


def _tool_table(text: str) -> Mapping[str, Any]:
    try:
        tool = loads(text).get("tool", {})
    except (ValueError, RecursionError) as error:
        line = str(error).splitlines()[0]
        raise InitRefused(f"{PYPROJECT} is not valid TOML, correct it first: {line}") from None
    if not isinstance(tool, dict):
        raise InitRefused(f"{PYPROJECT}: `tool` must be a table, correct it first")
    return tool


# --- attributes


def _attributes(read: Read) -> _Part:
    data = read(ATTRIBUTES)
    # Patterns are bytes of any encoding; surrogates carry them through.
    text = "" if data is None else data.decode("utf-8", "surrogateescape")
    if any(_folds_notebooks(line) for line in text.splitlines()):
        return _Part(ATTRIBUTES, stood=f"{ATTRIBUTES}: linguist-generated for notebooks")
    new = _append(text, ATTRIBUTES_BODY).encode("utf-8", "surrogateescape")
    return _Part(ATTRIBUTES, new, "web diffs fold notebooks, people read the scripts")


def _folds_notebooks(line: str) -> bool:
    # Whatever the line says, `-linguist-generated` too, is what people decided: a line of ours
    # below it would win over it.
    pattern, told, _ = line.partition("linguist-generated")
    return bool(told) and not pattern.lstrip().startswith("#") and ".ipynb" in pattern


# --- hooks


def _hooks(read: Read, version: str) -> _Part:
    path = PREK_YML if read(HOOKS_CONFIG) is None and read(PREK_YML) is not None else HOOKS_CONFIG
    data = read(path)
    if data is None and read(PREK_TOML) is not None:
        entry = f'repo = "{REPO_URL}", rev = "v{version}", hooks = [{{ id = "{OUR_ID}" }}]'
        return _Part(PREK_TOML, notes=(f"{PREK_TOML}: add as the last of its repos: {entry}",))
    text = "" if data is None else _decode(data, path)
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
        return _Part(path, stood=stood, notes=notes)

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
    return _Part(path, (bom + new).encode(), note, stood, notes)


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


# --- YAML as text


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
        return _append(text, "\n".join(lines) + "\n")
    if root.flow_style:
        return None
    names = [key.value for key, _ in root.value]
    column = root.value[0][0].start_mark.column
    pad, style = " " * column, _Style(*(column + at for at in (2, 4, 6, 8)))
    if "repos" not in names:
        lines = [f"{pad}{one}" for one in [*install_lines, "repos:"]]
        return _append(text, "\n".join([*lines, *_entry(version, style)]) + "\n")
    at = names.index("repos")
    key, value = root.value[at]
    if value.start_mark.index < key.end_mark.index:  # an alias
        return None
    line = _line(text, key.start_mark.index)
    new = text if not entry else _with_entry(text, line, value, style, version)
    if new is None or not install:
        return new
    # Below the head of the file, but above the comment that belongs to `repos`.
    while at and line and _is_comment(_lines(text)[line - 1]):
        line -= 1
    return _insert(new, line, [pad + one for one in install_lines])


def _with_entry(text: str, line: int, value: Any, style: _Style, version: str) -> str | None:
    start, end = value.start_mark.index, value.end_mark.index
    if not value.value:
        if text[start:end].strip("[ ]"):  # an anchor, a comment or a line end within
            return None
        bare = text[:start].rstrip(" ") + text[end:] if start < end else text
        return _insert(bare, line + 1, _entry(version, style))
    if not isinstance(value.value, list) or value.flow_style:  # `null`, or [...] with items
        return None
    # An alias stands for a node elsewhere.
    items = [item for item in value.value if start <= item.start_mark.index < end]
    if not items:
        return None
    style = next(filter(None, (_style(text, item) for item in reversed(items))), None) or (
        _Style(*(_dash(text, items[-1]) + at for at in (0, 2, 4, 6)))
    )
    lines = _lines(text)
    starts = [_line(text, item.start_mark.index) for item in items[1:]]
    gap = [""] if any(_is_apart(lines, start) for start in starts) else []
    stop = len(lines) if end >= len(text) else _line(text, end)
    return _insert(text, _after(lines, stop, style.dash), [*gap, *_entry(version, style)])


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


# --- text


def _decode(data: bytes, path: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InitRefused(f"{path} is not UTF-8 (line {line}): save it as UTF-8") from None


def _lines(text: str) -> list[str]:
    # Not splitlines(): form feeds and their like end no line in these files.
    return [*text.split("\n")[:-1], *filter(None, [text.rpartition("\n")[2]])]


def _line(text: str, index: int) -> int:
    return text.count("\n", 0, index)


def _eol(text: str) -> str:
    return "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"


def _insert(text: str, line: int, new: Sequence[str]) -> str:
    eol, at = _eol(text), 0
    for _ in range(line):
        at = text.find("\n", at) + 1 or len(text)
    before = text[:at] if not at or text[at - 1] == "\n" else text[:at] + eol
    return before + "".join(f"{one}{eol}" for one in new) + text[at:]


def _append(text: str, block: str) -> str:
    """Return ``text`` and, an empty line below it, ``block``, with the line ends of ``text``."""
    lines = _lines(text)
    gap = [""] if lines and lines[-1].strip() else []
    return _insert(text, len(lines), [*gap, *_lines(block)])
