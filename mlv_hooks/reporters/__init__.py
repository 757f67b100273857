"""Diagnostics as text for people or programs. What a repository holds can forge no line of it.

A format is a module here with a function ``render(diagnostics, places)``, and a name below.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from mlv_hooks.diagnostics import Diagnostic

if TYPE_CHECKING:
    from mlv_hooks.checks.places import Places

OUTPUT_FORMATS = ("text", "json", "github", "gitlab", "sarif", "junit")


def render(
    diagnostics: Sequence[Diagnostic],
    fmt: str,
    places: Places | None = None,
    *,
    colour: bool = False,
    unsafe: bool = False,
) -> str:
    """Return the report in the format ``fmt``, one of ``OUTPUT_FORMATS``.

    It ends with a newline, or is empty when there is nothing to say. Without ``places`` it shows
    nothing of the notebooks, and points at them alone. ``colour`` is for people's text;
    ``unsafe`` marks what has an unsafe fix as fixable too, where the format has such marks.
    """
    if fmt not in OUTPUT_FORMATS:
        raise ValueError(f"unknown output format {fmt!r}")
    from mlv_hooks.checks.places import Places

    places = places or Places(lambda path: None, ())
    if fmt == "text":
        from mlv_hooks.reporters.text import render as render_text

        return render_text(diagnostics, places, colour=colour, unsafe=unsafe)
    text: str = import_module(f"{__name__}.{fmt}").render(diagnostics, places)
    return text
