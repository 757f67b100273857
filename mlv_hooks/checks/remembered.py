"""What the rules found in the cells of notebooks, as the cache keeps it: a pair of texts each."""

from __future__ import annotations

import json
from typing import Any

from mlv_hooks.checks.baseline import Entry
from mlv_hooks.diagnostics import Diagnostic, Edit, Fix, ListEdit, Location, TextEdit

Pair = tuple[str, str]


def as_pair(finding: Diagnostic, entry: Entry | None) -> Pair:
    """Return a finding as two texts; ``entry`` is None where no baseline takes it."""
    place = finding.location
    rest = [finding.message, *place[1:], finding.fix and _fix_as_list(finding.fix)]
    return f"{finding.code} {entry.content if entry else ''}", json.dumps(rest)


def entry_in(notebook: str, pair: Pair) -> Entry:
    """Return a finding's entry, without content where no baseline takes it."""
    rule, _, content = pair[0].partition(" ")
    return Entry(notebook, rule, content)


def finding_in(notebook: str, pair: Pair) -> Diagnostic:
    """Return a finding about a notebook."""
    message, cell, line, column, fix = json.loads(pair[1])
    code = pair[0].partition(" ")[0]
    place = Location(notebook, cell, line, column)
    return Diagnostic(code, message, place, fix and _fix_in_list(fix))


def _fix_as_list(fix: Fix) -> list[Any]:
    return [fix.message, [[type(one).__name__, *one] for one in fix.edits], fix.safe]


def _fix_in_list(values: list[Any]) -> Fix:
    message, edits, safe = values
    return Fix(message, tuple(_edit_in_list(*one) for one in edits), safe)


def _edit_in_list(kind: str, *values: Any) -> Edit:
    if kind == TextEdit.__name__:
        return TextEdit(*values)
    cell, *lists = values
    return ListEdit(cell, *map(tuple, lists))
