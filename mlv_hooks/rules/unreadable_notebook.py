"""The notebook's file cannot be read: it is empty, not JSON, not UTF-8, starts with a byte order
mark, holds `NaN` or `Infinity`, names a key twice, or is nested too deeply.

## Why

Jupyter would not open it either, or would open something else than what was saved. Whatever we
made from it would be a guess, so neither the notebook nor its script is touched.

## Bad

A file that ends in the middle, after a full disk or a killed kernel:

    {"cells": [{"cell_type": "code", "source": ["scores = [0.7, 0.

## Good

    {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}

## How to fix

Take the last good state with `git restore NOTEBOOK`, or repair the line that the message names,
then open the notebook in Jupyter and save it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV001",
    name="unreadable-notebook",
    summary="The notebook's file cannot be read as a notebook.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV001")
