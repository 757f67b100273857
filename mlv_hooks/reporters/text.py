"""One line for each finding, then their number."""

from __future__ import annotations

from collections.abc import Sequence

from mlv_hooks.diagnostics import Diagnostic, Location


def render(diagnostics: Sequence[Diagnostic], *, unsafe: bool = False) -> str:
    """Return ``path:cell N:line: CODE message`` lines and a count; nothing when all is well.

    ``[*]`` marks what has a fix: a safe one, or with ``unsafe`` any.
    """
    if not diagnostics:
        return ""
    count = len(diagnostics)
    lines = [printable(f"{_place(one.location)}: {_said(one, unsafe)}") for one in diagnostics]
    found = f"Found {count} problem{'s' * (count > 1)}."
    return "\n".join([*lines, found, *_fixable(diagnostics, unsafe)]) + "\n"


def _said(one: Diagnostic, unsafe: bool) -> str:
    mark = " [*]" if one.fix and (one.fix.safe or unsafe) else ""
    return f"{one.code}{mark} {one.message}"


def _fixable(diagnostics: Sequence[Diagnostic], unsafe: bool) -> list[str]:
    fixes = [one.fix for one in diagnostics if one.fix]
    safe = sum(one.safe for one in fixes)
    rest = len(fixes) - safe
    if rest and (unsafe or not safe):
        mark = "[*] " if unsafe else ""
        return [f"{mark}{len(fixes)} fixable with `mlv check --fix --unsafe-fixes`."]
    more = f" ({rest} more with `--unsafe-fixes`)" if rest else ""
    return [f"[*] {safe} fixable with `mlv check --fix`{more}."] if safe else []


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
