"""A cell tagged `no-effect` writes a file, runs a command, draws random numbers or the like.

## Why

The step leaves the cell out, and with it the file, or every later random number.

## Bad

    # tagged no-effect
    frame.to_csv("report.csv")
    frame.head()

## Good

    frame.to_csv("report.csv")

    # tagged no-effect
    frame.head()

## How to fix

Take the tag off the cell, or split it: what lasts in one, what only looks in the other. A call of
which mlv does not know what it does is no finding: prove such a tag by `mlv verify`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.no_effect import reaches
from mlv_hooks.checks.fixes import tag_off
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV204",
    name="no-effect-reaches-out",
    summary="A cell tagged no-effect writes a file, or does something else that lasts.",
    cells=True,
    fix="unsafe",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    for one in reaches(subject.content, settings):
        message = (
            f"{one.what}: take the tag {settings.no_effect_tag} off, "
            f"or move that line to a cell of its own"
        )
        fix = tag_off(settings.no_effect_tag, one.cell, safe=False)
        yield subject.report_cell("MLV204", message, one.cell, one.line, fix)
