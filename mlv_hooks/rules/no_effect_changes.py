"""A cell tagged `no-effect` changes an object in place that a kept cell uses: `append`,
`inplace=True`, `sort()`, a new column, a fitted model, the next line of an open file.

## Why

The step leaves the cell out, and the later cells go on with what the object was before. In
Jupyter nobody sees it, since both print no error.

## Bad

    # tagged no-effect
    frame.dropna(inplace=True)
    frame.shape

    # a later cell
    frame.to_csv("clean.csv")

## Good

    frame.dropna(inplace=True)

    # tagged no-effect
    frame.shape

## How to fix

Take the tag off the cell, or split it, or look at a copy: `frame.dropna().shape`. Other names of
the same object count too (`view = frame`), as do the notebook's own functions. What an unknown
call may change is no finding of this rule: see MLV206.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.no_effect import changes
from mlv_hooks.checks.fixes import tag_off
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV203",
    name="no-effect-changes",
    summary="A cell tagged no-effect changes an object that a kept cell uses.",
    cells=True,
    fix="unsafe",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    for one in changes(subject.content, settings):
        message = (
            f"changes {one.name}, which cell {one.needed_by} uses: "
            f"take the tag {settings.no_effect_tag} off, or look at a copy"
        )
        fix = tag_off(settings.no_effect_tag, one.cell, safe=False)
        yield subject.report_cell("MLV203", message, one.cell, one.line, fix)
