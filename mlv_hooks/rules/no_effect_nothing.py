"""A cell that is empty, holds comments only, or is no code cell carries the tag `no-effect`.

## Why

Such a cell is never part of the step. The tag was meant for another cell, or is left over from
code that is gone.

## Bad

    # tagged no-effect, a Markdown cell
    The prices by shop:

## Good

    The prices by shop:

## How to fix

Take the tag off.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.no_effect import idle
from mlv_hooks.checks.fixes import tag_off
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV208",
    name="no-effect-nothing",
    summary="A cell without code carries the no-effect tag.",
    cells=True,
    fix="safe",
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    for cell in idle(subject.content, settings):
        message = f"has no code, so the tag {settings.no_effect_tag} means nothing: take it off"
        fix = tag_off(settings.no_effect_tag, cell)
        yield subject.report_cell("MLV208", message, cell, fix=fix)
