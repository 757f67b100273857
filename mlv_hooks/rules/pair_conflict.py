"""Notebook and script were both edited, in the same lines of the same cell; or both are new and
differ.

## Why

Either choice would lose somebody's edit, so nothing is written until you choose. Edits in
different cells, or in different lines of one cell, are merged without asking.

## Bad

The last commit has `learning_rate = 0.7`, the notebook `learning_rate = 0.1` and the script:

    # %%
    learning_rate = 0.3

## Good

The same value on both sides, or an edit on one side only:

    # %%
    learning_rate = 0.1

## How to fix

Make the cells that the message names equal on both sides, or take one side whole:
`mlv sync --prefer notebook NOTEBOOK` or `mlv sync --prefer script NOTEBOOK`. What it overwrites
stays in `mlv backups`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule("MLV303", name="pair-conflict", summary="Notebook and script were edited in the same place.")
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV303")
