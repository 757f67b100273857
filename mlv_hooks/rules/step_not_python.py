"""A code cell cannot be parsed, and the notebook's step would have to hold it.

## Why

The cell fails in Jupyter too, so the work of the notebook ends there.

## Bad

    rows = load(

## Good

    rows = load(path)

## How to fix

Mend the cell, make it a Markdown cell, or tag it `no-effect`: then the step goes without it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule("MLV013", name="step-not-python", summary="A cell of a notebook with a step is not Python.")
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV013")
