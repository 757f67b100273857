"""A notebook declares a stage, and dvc.yaml has one of the same name that mlv did not write.

## Why

mlv never overwrites what somebody wrote.

## Bad

    stages:
      train:          # no meta.mlv.notebook
        cmd: python train.py

## Good

    stages:
      train_by_hand:
        cmd: python train.py

## How to fix

Rename one of them, or let mlv have the stage with `mlv sync --adopt`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV404", name="stage-not-ours", summary="dvc.yaml has a stage of that name, written by hand."
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV404")
