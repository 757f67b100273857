"""A stage reads what another one writes, which reads what the first one writes.

## Why

Nobody can say which runs first, and DVC loads no stage at all.

## Bad

    clean.ipynb reads data/rows.csv and writes data/clean.csv
    count.ipynb reads data/clean.csv and writes data/rows.csv

## Good

    count.ipynb writes data/counts.csv

## How to fix

Write to another path in one of the notebooks, or join the two.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule("MLV410", name="stage-cycle", summary="Stages depend on each other in a circle.")
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV410")
