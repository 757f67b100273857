"""The shape of ruff's JSON, for the tools that read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mlv_hooks.diagnostics import Diagnostic


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a JSON list in pure ASCII; a place that has no line is row 1, column 1."""
    text = json.dumps([_record(one) for one in diagnostics], indent=2)
    # DEL is the one control character that JSON leaves as it is.
    return text.replace("\x7f", "\\u007f") + "\n"


def _record(diagnostic: Diagnostic) -> dict[str, Any]:
    place = diagnostic.location
    position = {"column": place.column or 1, "row": place.line or 1}
    return {
        "cell": place.cell,
        "code": diagnostic.code,
        "end_location": position,
        "filename": place.path,
        "fix": None,
        "location": position,
        "message": diagnostic.message,
        "noqa_row": None,
        "url": None,
    }
