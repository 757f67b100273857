"""The notebook was deleted or renamed while its script holds edits that the notebook never had.

## Why

A script goes with its notebook, but here it would take somebody's work with it. That is never
done without you.

## Bad

    git rm notebooks/train.ipynb        # while notebooks/train.py has new lines

## Good

    git rm notebooks/train.ipynb notebooks/train.py

## How to fix

If the edits matter, bring the notebook back (`git restore --staged --worktree NOTEBOOK`), run
`mlv sync` so that it takes them, then delete or rename it. If they do not, delete the script too.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV305",
    name="script-edited-under-deleted-notebook",
    summary="The notebook was deleted, but its script has edits of its own.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV305")
