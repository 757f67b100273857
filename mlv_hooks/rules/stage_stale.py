"""The notebook's declaration changed, or its parameters, and dvc.yaml has what it was before.

## Why

`dvc repro` would run the stage with other files than the notebook's, or not run it when it should.

## Bad

    the notebook says :dvc-in rows: data/rows.csv, and the stage has no such dep

## Good

    deps:
    - data/rows.csv
    - steps/train.py

## How to fix

Run `mlv sync` and commit dvc.yaml. What you set yourself stays: frozen, desc, other meta, flags of
outs.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV402",
    name="stage-stale",
    summary="A stage of dvc.yaml is not what its notebook declares.",
    commit="mended",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.pending("MLV402")
