"""A notebook declares a stage, and dvc.yaml has none of that name.

## Why

`dvc repro` does not run the notebook's work.

## Bad

    notebooks/train.ipynb says :dvc-out model: models/model.bin; dvc.yaml has no stage train

## Good

    stages:
      train:
        cmd: python -m steps.train --model models/model.bin

## How to fix

Run `mlv sync` and commit dvc.yaml, params.yaml and the step.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV401",
    name="stage-missing",
    summary="A notebook declares a stage that dvc.yaml does not have.",
    commit="mended",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.pending("MLV401")
