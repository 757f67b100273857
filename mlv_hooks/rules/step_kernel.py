"""A notebook declares a stage or asks for a step, and its kernel is R, Julia or another language.

## Why

A step is a Python module. There is nothing that could run this notebook's work.

## Bad

    # an R notebook, in the cell tagged `parameters`
    # :dvc-out model: models/model.rds
    "mlv": {"step": true}

## Good

    a Python notebook with {"mlv": {"step": true}} in its metadata, or an R notebook without it

## How to fix

Take `mlv` out of the notebook's metadata, and write the stage of this notebook into dvc.yaml by
hand: `Rscript` or `jupyter nbconvert --execute` can run it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV010", name="step-kernel", summary="A notebook whose kernel is not Python asks for a step."
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV010")
