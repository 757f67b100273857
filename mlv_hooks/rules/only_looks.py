"""A cell only looks at what is there, and carries no `no-effect` tag: it prints, plots or shows a
value, and nothing that comes later could tell whether it ran.

`require-no-effect` says in which notebooks such cells must have the tag: those that declare a
stage or a step (`"stages"`, the default), `"all"` that are Python, or `"none"`.

## Why

The step runs all cells without the tag: it plots figures that nobody sees, and an edit of a cell
that only looks changes the step, so that `dvc repro` runs an expensive stage again.

## Bad

    df.describe()

## Good

    # tagged no-effect
    df.describe()

## How to fix

Give the cell the tag. What is found is proved: names that only such cells use, what functions of
the notebook do, draws of random numbers, pyplot's state, open files and iterators are taken into
account, and whatever is not known counts as having an effect. A cell that defines or computes
something which only such cells use is one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.no_effect import looking
from mlv_hooks.checks.fixes import tag_on
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV205",
    name="only-looks",
    summary="A cell that only looks has no no-effect tag.",
    cells=True,
    fix="safe",
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    if subject.content.must(settings.require_no_effect, settings):
        for cell in looking(subject.content, settings):
            message = f"only looks: give it the tag `{settings.no_effect_tag}`"
            fix = tag_on(settings.no_effect_tag, cell)
            yield subject.report_cell("MLV205", message, cell, fix=fix)
