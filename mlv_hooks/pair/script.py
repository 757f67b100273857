"""A notebook as a script's text and back, by jupytext, in memory.

jupytext is imported by the first call: it costs more than all the rest of a run.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from mlv_hooks.notebook import Notebook, NotebookError
from mlv_hooks.pair.formats import ScriptFormat
from mlv_hooks.pair.layout import Layout, lay_out, may_become
from mlv_hooks.pair.script_file import ScriptError

MergeText = Callable[[str, str, str], "str | None"]

_REWORD = "change that line, or leave the notebook out with `exclude`"
_MOST_SHOWN = 60
# What jupytext notes in a cell's metadata about the text it came from; none of it is people's.
_LAYOUT_KEYS = ("lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker")


@dataclass(frozen=True, slots=True)
class TextCell:
    """A cell as the script shows it: no outputs, and only the metadata that the header has."""

    kind: str
    source: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ScriptText:
    """What a script says: its cells, and the notebook metadata in its header."""

    cells: tuple[TextCell, ...]
    metadata: Mapping[str, Any]


def read_script(text: str, fmt: ScriptFormat) -> ScriptText:
    """Return the cells of a script. Raises ScriptError when jupytext cannot read it."""
    import jupytext
    from nbformat import ValidationError
    from yaml import YAMLError

    try:
        with _quiet():
            node = jupytext.reads(_below_header(text), fmt.long_form, config=fmt.config)
    except ValidationError as error:
        reason = f"jupytext cannot use ({str(error).splitlines()[0]})"
        raise ScriptError("MLV009", reason, "mend its metadata", 1) from None
    except (YAMLError, *_DATA_ERRORS) as error:
        reason = f"jupytext cannot read ({' '.join(str(error).split())})"
        raise ScriptError("MLV009", reason, "mend it") from None
    metadata = {key: value for key, value in node.metadata.items() if key != "jupytext"}
    # jupytext makes a cell of a blank line: a notebook without cells has such a script.
    cells = node.cells if text.strip() else []
    return ScriptText(tuple(map(_text_cell, cells)), metadata)


def _below_header(text: str) -> str:
    """Return ``text`` with one empty line below its header.

    black puts two there above a definition, and jupytext takes the second for a cell.
    """
    return re.sub(r"\A(# ---\n(?:#.*\n)*?# ---\n\n)\n+(?=# %%)", r"\1", text)


def render(notebook: Notebook, fmt: ScriptFormat) -> str:
    """Return the script of a notebook; raise NotebookError when jupytext cannot write it."""
    try:
        return _writes(notebook.cells, notebook.metadata, notebook.nbformat_minor, fmt)
    except _DATA_ERRORS as error:
        number = next(_cells_without(lambda text, fmt: text, notebook, fmt), None)
        what = f"holds something that jupytext cannot write ({' '.join(str(error).split())})"
        raise NotebookError("MLV006", what, "change its metadata", number) from None


def canonical(notebook: Notebook, rendered: str, fmt: ScriptFormat) -> ScriptText:
    """Return what the notebook's own script says, cell by cell beside the notebook.

    Raises NotebookError for a cell that would not come back from the script: then neither side
    may be written.
    """
    try:
        back = read_script(rendered, fmt)
    except ScriptError as error:
        number = next(_cells_without(read_script, notebook, fmt), None)
        advice = _REWORD if number else "choose its kernel in Jupyter and save it"
        what = f"would have a script that {error.reason}"
        raise NotebookError("MLV006", what, advice, number) from None
    for number, (cell, read) in enumerate(zip(notebook.cells, back.cells, strict=False), 1):
        if cell.kind != read.kind:
            what = "does not come back from a script"
            raise NotebookError("MLV006", what, _REWORD, number, 1)
        lost = _first_difference(cell.source, read.source)
        if lost:
            line, what = lost
            raise NotebookError("MLV006", what, _REWORD, number, line)
    if len(notebook.cells) != len(back.cells):
        last = min(len(notebook.cells), len(back.cells)) or None
        raise NotebookError("MLV006", "does not come back from a script", _REWORD, last)
    return back


def keep_layout(script: str, wanted: str, fmt: ScriptFormat, merge: MergeText) -> str:
    """Return ``wanted`` with the layout of ``script`` where the cells did not change.

    Formatters add blank lines around cells and drop a semicolon at a cell's end; jupytext's
    extension writes a longer header. What they did stays: else they would do it again.
    """
    read = read_script(script, fmt)
    ended = {
        cell.source.rstrip("; \t\n"): cell.source
        for cell in read_script(wanted, fmt).cells
        if cell.kind == "code" and cell.source.rstrip().endswith(";")
    }
    cells = [
        replace(cell, source=ended.get(cell.source.rstrip("\n"), cell.source))
        if cell.kind == "code"
        else cell
        for cell in read.cells
    ]
    plain = _writes(cells, read.metadata, 5, fmt)
    if script == plain:
        return wanted
    merged = merge(plain, script if script.endswith("\n") else script + "\n", wanted)
    if merged is None or not shows(read_script(merged, fmt), read_script(wanted, fmt), fmt):
        return wanted
    return merged


def in_layout(text: str, fmt: ScriptFormat, layout: Layout) -> str:
    """Return a script's text in the layout that other hooks leave alone, saying the same."""
    if fmt.extension != ".py" or fmt.format_name not in (None, "percent"):
        return text
    tidy = lay_out(text, layout)
    if tidy == text:
        return text
    return tidy if shows(read_script(tidy, fmt), read_script(text, fmt), fmt) else text


def shows(script: ScriptText, notebook: ScriptText, fmt: ScriptFormat) -> bool:
    """Say whether a script says all that the notebook's own rendering says, up to layout."""
    return len(script.cells) == len(notebook.cells) and all(
        one.kind == other.kind and same_source(one, other) and _covers(one.metadata, other.metadata)
        for one, other in zip(script.cells, notebook.cells, strict=True)
    )


def same_source(script: TextCell, notebook: TextCell) -> bool:
    """Say whether two cells say the same, up to what formatters change in a script alone."""
    one, other = script.source.rstrip("\n"), notebook.source.rstrip("\n")
    if one == other:
        return True
    if script.kind != "code":
        return _strip_lines(one) == _strip_lines(other)
    return one in map(str.rstrip, may_become(other))


def _strip_lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n"))


def same_value(one: object, other: object) -> bool:
    """Say whether two values are one to JSON, which tells 1 from true and from 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_value(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_value, one, other))
    return type(one) is type(other) and one == other


def _covers(metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(key in metadata and same_value(metadata[key], wanted[key]) for key in wanted)


def _text_cell(node: Any) -> TextCell:
    metadata = {key: value for key, value in node.metadata.items() if key not in _LAYOUT_KEYS}
    return TextCell(node.cell_type, node.source, metadata)


def _writes(
    cells: Sequence[Any], metadata: Mapping[str, Any], minor: int, fmt: ScriptFormat
) -> str:
    import jupytext
    from nbformat import NotebookNode, from_dict

    nodes = [
        NotebookNode(
            cell_type=cell.kind,
            source=cell.source,
            metadata=from_dict({k: v for k, v in cell.metadata.items() if k not in _LAYOUT_KEYS}),
        )
        for cell in cells
    ]
    node = NotebookNode(
        nbformat=4, nbformat_minor=min(minor, 5), metadata=from_dict(dict(metadata)), cells=nodes
    )
    with _quiet():
        text: str = jupytext.writes(node, fmt.long_form, config=fmt.config)
    return text if text.endswith("\n") else text + "\n"


def _cells_without(
    read: Callable[[str, ScriptFormat], object], notebook: Notebook, fmt: ScriptFormat
) -> Iterator[int]:
    """Give the numbers of the cells that, alone, cannot be written or read."""
    for number, cell in enumerate(notebook.cells, 1):
        try:
            read(_writes([cell], {}, notebook.nbformat_minor, fmt), fmt)
        except (ScriptError, *_DATA_ERRORS):
            yield number


def _first_difference(source: str, read: str) -> tuple[int, str] | None:
    """Return the line where a cell's source came back changed, and how; None for nothing lost.

    Blank ends, of the cell and of a line like ``%%bash``, and CRLF do no harm: a cell whose text
    in the script does not change keeps the notebook's own bytes.
    """
    ours, theirs = _lines(source), _lines(read)
    if ours == theirs:
        return None
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False), 1):
        if one != other:
            shown = other if len(other) < _MOST_SHOWN else f"{other[: _MOST_SHOWN - 3]}..."
            return number, f"comes back from a script as {f'`{shown}`' if shown else 'no text'}"
    if len(theirs) > len(ours):
        return len(ours), "takes the next cell in: a text or code block in it does not end"
    rest = enumerate(ours[len(theirs) :], len(theirs) + 1)
    line = next((number for number, line in rest if line.strip()), len(ours))
    return line, "is cut there in a script"


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n") if (text := text.rstrip()) else []
    if text.startswith("%%"):
        lines[0] = lines[0].rstrip()
    return lines


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# What jupytext raises for metadata that it did not expect, anywhere in its code.
_DATA_ERRORS = (AttributeError, IndexError, KeyError, TypeError, ValueError, NotImplementedError)
