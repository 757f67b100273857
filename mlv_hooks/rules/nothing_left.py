"""A notebook declares a step or a stage, and each of its cells with code is tagged `no-effect` or
is the parameters cell: nothing is left to run.

## Why

The step does nothing, and its stage makes no outputs.

## Bad

    # tagged parameters
    rate = 0.1

    # tagged no-effect
    model = fit(rate)

## Good

    # tagged parameters
    rate = 0.1

    model = fit(rate)

## How to fix

Take the tag off the cells that do the work; or take `mlv.step`, `mlv.stages` and `:dvc-...:` out
of a notebook that only looks.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.no_effect import nothing_left
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV209",
    name="nothing-left",
    summary="All cells of a notebook with a step are tagged no-effect.",
    cells=True,
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    if nothing_left(subject.content, settings):
        message = f"nothing is left to run: take the tag {settings.no_effect_tag} off what works"
        yield subject.report("MLV209", message)
