"""The place of a notebook's step is taken by a file that mlv did not make, by the notebook's own
script, or by something that is no file.

## Why

mlv never overwrites what somebody wrote.

## Bad

    steps/train.py was written by hand, and notebooks/train.ipynb asks for a step

## Good

    src/churn/train.py was written by hand, steps/train.py is made from notebooks/train.ipynb

## How to fix

Move the file or rename the notebook, or let `steps` in the settings name another folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule("MLV311", name="step-in-the-way", summary="A file of somebody stands where a step belongs.")
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV311")
