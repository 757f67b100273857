"""The shape of ruff's JSON, for the tools that read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlv_hooks.checks.places import Places
from mlv_hooks.diagnostics import Diagnostic, Fix, ListEdit, TextEdit
from mlv_hooks.reporters.escapes import dump


def render(diagnostics: Sequence[Diagnostic], places: Places) -> str:
    """Return a JSON list in pure ASCII; a place that has no line is row 1, column 1."""
    return dump([_record(one) for one in diagnostics])


def _record(diagnostic: Diagnostic) -> dict[str, Any]:
    from mlv_hooks.rules import find_rule

    place = diagnostic.location
    position = {"column": place.column or 1, "row": place.line or 1}
    rule = find_rule(diagnostic.code)
    return {
        "cell": place.cell,
        "code": diagnostic.code,
        "end_location": position,
        "filename": place.path,
        "fix": _fix(diagnostic.fix) if diagnostic.fix else None,
        "location": position,
        "message": diagnostic.message,
        "name": rule.name if rule else diagnostic.code,
        "noqa_row": None,
        "severity": "error",
        "url": None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    """Return a fix as ruff has it; what is no text of a cell stands beside its edits."""
    return {
        "applicability": "safe" if fix.safe else "unsafe",
        "edits": [_text(one) for one in fix.edits if isinstance(one, TextEdit)],
        "message": fix.message,
        "metadata": [_list(one) for one in fix.edits if isinstance(one, ListEdit)],
    }


def _text(edit: TextEdit) -> dict[str, Any]:
    return {
        "content": edit.text,
        "end_location": {"column": edit.end_column, "row": edit.end_line},
        "location": {"column": edit.column, "row": edit.line},
    }


def _list(edit: ListEdit) -> dict[str, Any]:
    return {
        "add": list(edit.add),
        "cell": edit.cell,
        "keys": list(edit.keys),
        "remove": list(edit.remove),
    }
