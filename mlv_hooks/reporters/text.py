"""One line for each finding, below it the line of the cell that it is about, then their number."""

from __future__ import annotations

from collections.abc import Sequence

from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.places import Places
from mlv_hooks.reporters.escapes import printable
from mlv_hooks.reporters.told import where

_WIDTH = 88
_BOLD, _RED, _BLUE, _PLAIN = "\x1b[1m", "\x1b[1;31m", "\x1b[34m", "\x1b[0m"


def render(diagnostics: Sequence[Diagnostic], places: Places, *, colour: bool = False) -> str:
    """Return ``path:cell N:line: CODE message`` lines and a count; nothing when all is well."""
    if not diagnostics:
        return ""
    count = len(diagnostics)
    lines = [line for one in diagnostics for line in _lines(one, places, colour)]
    return "\n".join([*lines, f"Found {count} problem{'s' * (count > 1)}."]) + "\n"


def _lines(one: Diagnostic, places: Places, colour: bool) -> list[str]:
    line = printable(f"{where(one.location)}: {one.code} {one.message}")
    excerpt = _excerpt(one.location, places)
    if not colour:
        return [line, *(f"{gutter}{text}" for gutter, text in excerpt)]
    place, _, rest = line.partition(f": {one.code} ")
    coloured = f"{_BOLD}{place}{_PLAIN}: {_RED}{one.code}{_PLAIN} {rest}"
    return [coloured, *(f"{_BLUE}{gutter}{_PLAIN}{text}" for gutter, text in excerpt)]


def _excerpt(location: Location, places: Places) -> list[tuple[str, str]]:
    """Return the line of a cell as Jupyter shows the cell, a caret below; each with its gutter."""
    line = places.line(location)
    if line is None or not line.text.strip():
        return []
    # Tabs would put the caret elsewhere.
    source = line.text.replace("\t", " ")
    text = printable(source)
    head = "  " if line.run is None else f"  In [{line.run}] "
    rows = [(f"{head}| ", text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…")]
    if location.line and location.column:
        indent = len(printable(source[: location.column - 1]))
        if indent < min(len(text), _WIDTH):
            rows.append((f"{' ' * len(head)}| ", f"{' ' * indent}^"))
    return rows
