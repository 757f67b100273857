"""A field of a stage that mlv writes was edited by hand, and the notebook did not change.

## Why

The next change of the notebook would undo the edit; mlv never does that in silence.

## Bad

    # dvc.yaml, in the stage train of notebooks/train.ipynb
    deps:
    - data/other.csv

## Good

    # the docstring of the parameters in notebooks/train.ipynb
    :dvc-in: data/other.csv

## How to fix

Say it in the notebook, take the edit of dvc.yaml back, and run `mlv sync`. To keep the stage by
hand, take `meta.mlv` out of it and the declaration out of the notebook.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV403",
    name="stage-edited",
    summary="A stage that follows a notebook was edited in dvc.yaml.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV403")
