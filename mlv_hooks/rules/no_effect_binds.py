"""A cell tagged `no-effect` assigns, imports, defines or deletes a name that a kept cell uses.

## Why

The step leaves the cell out and fails, or goes on with what the name was before. In Jupyter nobody
sees it.

## Bad

    # tagged no-effect
    scale = rows.max()
    print(scale)

    # a later cell
    rows = rows / scale

## Good

    scale = rows.max()

    # tagged no-effect
    print(scale)

## How to fix

Take the tag off the cell, or split it: what later cells need in one, what only looks in the other.
`mlv verify` shows whether the step does the notebook's work.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.no_effect import losses
from mlv_hooks.checks.fixes import tag_off
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV202",
    name="no-effect-binds",
    summary="A cell tagged no-effect gives a name that a kept cell uses.",
    cells=True,
    fix="unsafe",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    for one in losses(subject.content, settings):
        message = (
            f"gives {one.name}, which cell {one.needed_by} needs: "
            f"take the tag {settings.no_effect_tag} off, or move that line to a cell of its own"
        )
        fix = tag_off(settings.no_effect_tag, one.cell, safe=False)
        yield subject.report_cell("MLV202", message, one.cell, one.line, fix)
