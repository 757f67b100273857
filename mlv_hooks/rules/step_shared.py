"""Two notebooks ask for a step, and their names make the same module: `train.ipynb` in two folders,
`Train (1).ipynb` beside `train-1.ipynb`.

## Why

Each would overwrite the other's step.

## Bad

    a/train.ipynb and b/train.ipynb both make steps/train.py

## Good

    a/train_trees.ipynb makes steps/train_trees.py, b/train_net.ipynb makes steps/train_net.py

## How to fix

Rename one of the notebooks.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule("MLV012", name="step-shared", summary="Two notebooks would be written to the same step.")
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV012")
