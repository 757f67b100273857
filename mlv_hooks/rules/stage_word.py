"""A field such as `:dvc-in:`, or `mlv.stages` in the notebook's metadata, has a word that is not
known, a value that it can't have, or lacks what it needs.

## Why

A word that is misread is a stage that runs on the wrong files.

## Bad

    :dvc-input rows: data/rows.csv

## Good

    :dvc-in rows: data/rows.csv

## How to fix

The message names the nearest known word.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule("MLV411", name="stage-word", summary="A declaration of a stage that can't be read.")
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV411")
