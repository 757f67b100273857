"""One line for each finding, then their number."""

from __future__ import annotations

from collections.abc import Sequence

from mlv_hooks.diagnostics import Diagnostic, Location


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """Return ``path:cell N:line: CODE message`` lines and a count; nothing when all is well."""
    if not diagnostics:
        return ""
    count = len(diagnostics)
    lines = [printable(f"{_place(one.location)}: {one.code} {one.message}") for one in diagnostics]
    return "\n".join([*lines, f"Found {count} problem{'s' * (count > 1)}."]) + "\n"


def printable(text: str) -> str:
    """Escape what a terminal would obey or not show: control, bidi, lone surrogate characters."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def _place(location: Location) -> str:
    cell = None if location.cell is None else f"cell {location.cell}"
    parts = (location.path, cell, location.line, location.column)
    return ":".join(str(part) for part in parts if part is not None)
