"""Two stages have the same output, or one writes into a folder that another one writes: in one
dvc.yaml, or in those of two projects; or a stage writes what `dvc add` keeps.

## Why

DVC loads no stage at all then: `dvc repro` and `dvc status` fail for everybody.

## Bad

    train.ipynb: :dvc-out model: models/        test.ipynb: :dvc-out report: models/report.txt

## Good

    train.ipynb: :dvc-out model: models/        test.ipynb: :dvc-out report: reports/report.txt

## How to fix

Give one of them a path of its own, in the notebook.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV409",
    name="stage-outputs-meet",
    summary="Two stages write the same file, or one within the folder of the other.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV409")
