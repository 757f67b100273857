"""Diagnostics as text for people or programs. What a repository holds can forge no line of it."""

from __future__ import annotations

from collections.abc import Sequence

from mlv_hooks.diagnostics import Diagnostic


def render(diagnostics: Sequence[Diagnostic], fmt: str, *, unsafe: bool = False) -> str:
    """Return the report in the format ``fmt``, one of ``config.OUTPUT_FORMATS``.

    ``unsafe`` marks what has an unsafe fix as fixable too, where the format has such marks. It
    ends with a newline, or is empty when there is nothing to say.
    """
    if fmt == "text":
        from mlv_hooks.reporters.text import render as render_text

        return render_text(diagnostics, unsafe=unsafe)
    if fmt == "json":
        from mlv_hooks.reporters.json import render as render_json

        return render_json(diagnostics)
    raise ValueError(f"unknown output format {fmt!r}")
