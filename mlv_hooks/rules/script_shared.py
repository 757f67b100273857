"""The jupytext configuration gives two notebooks the same script.

## Why

Each would overwrite the other's script, and an edit of the script would belong to neither.

## Bad

    # jupytext.toml: a/train.ipynb and b/train.ipynb both pair with scripts/train.py
    formats = "ipynb,../scripts//py:percent"

## Good

    # jupytext.toml: notebooks/a/train.ipynb pairs with scripts/a/train.py
    formats = "notebooks///ipynb,scripts///py:percent"

## How to fix

Rename one of the notebooks, or use a configuration that keeps their folders (`///`).
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule("MLV307", name="script-shared", summary="Two notebooks would be written to the same script.")
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV307")
