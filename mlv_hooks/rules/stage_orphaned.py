"""The notebook of a stage was deleted, or declares it no more, and dvc.yaml still has it.

## Why

`dvc repro` runs a step that is gone or that nobody wants.

## Bad

    git rm notebooks/train.ipynb        # dvc.yaml still has the stage train

## Good

    git rm notebooks/train.ipynb && mlv sync

## How to fix

Run `mlv sync`: it removes the stage and its lines of dvc.lock, and never any data.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV408",
    name="stage-orphaned",
    summary="No notebook declares a stage that mlv wrote.",
    commit="mended",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.pending("MLV408")
