"""A notebook declares a stage or asks for a step, and the module that does its work is not there.

## Why

DVC, tests and other code import or run the step; without it they fail, on some other machine first.

## Bad

    notebooks/train.ipynb says :dvc-out model: models/model.bin; there is no steps/train.py

## Good

    notebooks/train.ipynb, notebooks/train.py and steps/train.py, all committed

## How to fix

Run `mlv sync` and commit the step.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV309",
    name="step-missing",
    summary="A notebook asks for a step and has none.",
    commit="mended",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    for change in subject.outcome.changes:
        if change.path == subject.outcome.step and change.old is None:
            yield subject.report("MLV309", f"has no step {change.path}: run `mlv sync`")
