"""The step was made from what the notebook was before, was edited by hand, or is left over from a
notebook that asks for no step any more. Layout and comments don't count.

## Why

`dvc repro` would run the old work, and its results would be taken for those of the notebook.

## Bad

    the notebook's cell holds `epochs = 300`, and its step `epochs: int = 200`

## Good

    def train(epochs: int = 300) -> None:

## How to fix

Run `mlv sync` and commit the step. Don't edit a step: edit the notebook, or its script.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV310",
    name="step-stale",
    summary="A step does not do what its notebook does.",
    commit="mended",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    for change in subject.outcome.changes:
        if change.path != subject.outcome.step or change.old is None:
            continue
        if change.new is None:
            message = f"asks for no step, but {change.path} is there: run `mlv sync`"
        else:
            message = f"does something else than its step {change.path}: run `mlv sync`"
        yield subject.report("MLV310", message)
