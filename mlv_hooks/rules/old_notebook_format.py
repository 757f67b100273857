"""The notebook's `nbformat` is not 4, the format that Jupyter has written since 2015.

## Why

Older formats keep their cells in another place. Converting them rewrites the whole file, which is
for you to decide, not for a commit hook.

## Bad

    {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}

## Good

    {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}

## How to fix

Open it in Jupyter and save it, or run `jupyter nbconvert --to notebook --inplace NOTEBOOK`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV003",
    name="old-notebook-format",
    summary="The notebook has a format older or newer than nbformat 4.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV003")
