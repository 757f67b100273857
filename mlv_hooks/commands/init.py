"""What ``mlv init`` adds to a repository: settings, the pre-commit entry, attributes.

Existing files are only added to, as text: each of their own bytes stays, and whatever is set
already stands. A second run adds nothing. What cannot be added safely is refused with one line,
and nothing is written at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlv_hooks.commands.hook_entry import HOOKS_CONFIG, PREK_YML, Read, hooks_part
from mlv_hooks.commands.init_text import InitRefused, Part, append, decode
from mlv_hooks.plan import Change
from mlv_hooks.toml import loads

PYPROJECT, OWN_CONFIG, JUPYTEXT_CONFIG = "pyproject.toml", "mlv.toml", "jupytext.toml"
ATTRIBUTES = ".gitattributes"

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
# builtins = []
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


@dataclass(frozen=True, slots=True)
class InitPlan:
    """``changes`` to write, what ``stood`` already, and ``notes`` for people, a line each."""

    changes: tuple[Change, ...]
    stood: tuple[str, ...]
    notes: tuple[str, ...]


def plan_init(read: Read, version: str) -> InitPlan:
    """Return what to write so that the repository is set up.

    ``read`` gives the content of a regular file by its path relative to the top, None when there
    is none. ``version`` is ours, for the entry's ``rev``. Raises InitRefused.
    """
    parts = [*_settings(read), hooks_part(read, version), _attributes(read)]
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


def _settings(read: Read) -> Iterator[Part]:
    shared = read(PYPROJECT)
    text = "" if shared is None else decode(shared, PYPROJECT)
    tool = _tool_table(text)
    blocks, done = [], []
    found = next((name for name in JUPYTEXT_FILES if read(name) is not None), None)
    if read(OWN_CONFIG) is not None:
        yield Part(OWN_CONFIG, stood=OWN_CONFIG)
    elif "mlv" in tool:
        yield Part(PYPROJECT, stood=f"[tool.mlv] in {PYPROJECT}")
    elif shared is None:
        yield Part(OWN_CONFIG, SETTINGS_BODY.encode(), "settings, all at their defaults")
    else:
        blocks.append(f"[tool.mlv]\n{SETTINGS_BODY}")
        done.append("[tool.mlv]")
    if found is not None:
        yield Part(found, stood=f"{found}: jupytext's configuration")
    elif tool.get("jupytext") is not None:
        yield Part(PYPROJECT, stood=f"[tool.jupytext] in {PYPROJECT}")
    elif shared is None:
        yield Part(JUPYTEXT_CONFIG, JUPYTEXT_BODY.encode(), "each script beside its notebook")
    else:
        blocks.append(f"[tool.jupytext]\n{JUPYTEXT_BODY}")
        done.append("[tool.jupytext]")
    if blocks:
        new = append(text, "\n".join(blocks))
        try:
            loads(new)
        except ValueError:
            problem = f"cannot take {' and '.join(done)} at its end: add them to `tool` by hand"
            raise InitRefused(f"{PYPROJECT} {problem}, then run `mlv init` again") from None
        yield Part(PYPROJECT, new.encode(), f"{' and '.join(done)} added at its end")


def _tool_table(text: str) -> Mapping[str, Any]:
    try:
        tool = loads(text).get("tool", {})
    except (ValueError, RecursionError) as error:
        line = str(error).splitlines()[0]
        raise InitRefused(f"{PYPROJECT} is not valid TOML, correct it first: {line}") from None
    if not isinstance(tool, dict):
        raise InitRefused(f"{PYPROJECT}: `tool` must be a table, correct it first")
    return tool


def _attributes(read: Read) -> Part:
    data = read(ATTRIBUTES)
    # Patterns are bytes of any encoding; surrogates carry them through.
    text = "" if data is None else data.decode("utf-8", "surrogateescape")
    if any(_folds_notebooks(line) for line in text.splitlines()):
        return Part(ATTRIBUTES, stood=f"{ATTRIBUTES}: linguist-generated for notebooks")
    new = append(text, ATTRIBUTES_BODY).encode("utf-8", "surrogateescape")
    return Part(ATTRIBUTES, new, "web diffs fold notebooks, people read the scripts")


def _folds_notebooks(line: str) -> bool:
    # Whatever the line says, `-linguist-generated` too, is what people decided: a line of ours
    # below it would win over it.
    pattern, told, _ = line.partition("linguist-generated")
    return bool(told) and not pattern.lstrip().startswith("#") and ".ipynb" in pattern
