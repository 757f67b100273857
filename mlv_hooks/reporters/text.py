"""One line for each finding, below it the line of the cell that it is about, then their number."""

from __future__ import annotations

from collections.abc import Sequence

from mlv_hooks.checks.places import Places
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.reporters.escapes import printable
from mlv_hooks.reporters.told import where

_WIDTH = 88
_BOLD, _RED, _BLUE, _PLAIN = "\x1b[1m", "\x1b[1;31m", "\x1b[34m", "\x1b[0m"


def render(
    diagnostics: Sequence[Diagnostic],
    places: Places,
    *,
    colour: bool = False,
    unsafe: bool = False,
) -> str:
    """Return ``path:cell N:line: CODE message`` lines and a count; nothing when all is well.

    ``[*]`` marks what has a fix: a safe one, or with ``unsafe`` any.
    """
    if not diagnostics:
        return ""
    count = len(diagnostics)
    lines = [line for one in diagnostics for line in _lines(one, places, colour, unsafe)]
    found = f"Found {count} problem{'s' * (count > 1)}."
    return "\n".join([*lines, found, *_fixable(diagnostics, unsafe)]) + "\n"


def _fixable(diagnostics: Sequence[Diagnostic], unsafe: bool) -> list[str]:
    fixes = [one.fix for one in diagnostics if one.fix]
    safe = sum(one.safe for one in fixes)
    rest = len(fixes) - safe
    if rest and (unsafe or not safe):
        mark = "[*] " if unsafe else ""
        return [f"{mark}{len(fixes)} fixable with `mlv check --fix --unsafe-fixes`."]
    more = f" ({rest} more with `--unsafe-fixes`)" if rest else ""
    return [f"[*] {safe} fixable with `mlv check --fix`{more}."] if safe else []


def _lines(one: Diagnostic, places: Places, colour: bool, unsafe: bool) -> list[str]:
    mark = " [*]" if one.fix and (one.fix.safe or unsafe) else ""
    excerpt = _excerpt(one.location, places)
    if not colour:
        # As a whole: two harmless parts may be a command together.
        line = printable(f"{where(one.location)}: {one.code}{mark} {one.message}")
        return [line, *(f"{gutter}{text}" for gutter, text in excerpt)]
    place, rest = printable(where(one.location)), printable(one.message)
    coloured = f"{_BOLD}{place}{_PLAIN}: {_RED}{one.code}{_PLAIN}{mark} {rest}"
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
