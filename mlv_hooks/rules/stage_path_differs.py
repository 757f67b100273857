"""A field names a parameter and a path, and the cell gives that parameter another path.

## Why

The notebook would work with one file, and the stage with another.

## Bad

    :dvc-in rows: data/rows.csv
    rows = "../data/old_rows.csv"

## Good

    :dvc-in rows: data/rows.csv
    rows = "../data/rows.csv"

## How to fix

Make them equal; paths in the docstring count from the project's root, those in the cell from the
notebook's folder. Or leave the path out: `:dvc-in rows:` takes it from the cell.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV407",
    name="stage-path-differs",
    summary="A declared path is not the one that the cell assigns.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV407")
