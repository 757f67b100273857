"""Two notebooks declare the same stage: by `:dvc-stage:`, by their names, or in `mlv.stages`; or
two projects have the same dvc.yaml or params.yaml, by `dvc-file` or `params-file`.

## Why

One stage can't run both, and of what another project wrote mlv would think that it is nobody's.

## Bad

    a/train.ipynb and b/train.ipynb both say :dvc-stage: train

## Good

    a/train.ipynb says :dvc-stage: train_trees, b/fit.ipynb says :dvc-stage: train_net

## How to fix

Give one of them another name, or the project another file.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV406",
    name="stage-shared",
    summary="Two notebooks declare a stage of the same name, or two projects share a file.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV406")
