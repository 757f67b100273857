"""The notebook has a parameter that its stage takes from params.yaml, and that lacks it.

## Why

`dvc repro` takes the default of the step, and `dvc params diff` and `dvc exp run -S` know nothing
of the parameter.

## Bad

    # the notebook
    rate = 0.7
    epochs = 10

    # params.yaml
    train:
      rate: 0.7

## Good

    train:
      rate: 0.7
      epochs: 10

## How to fix

Run `mlv sync`: it adds what is missing with the notebook's value, and never changes what is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV419",
    name="params-missing",
    summary="params.yaml lacks a parameter of a stage.",
    commit="mended",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.pending("MLV419")
