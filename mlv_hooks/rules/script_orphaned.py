"""The notebook of a script was deleted or renamed, and the script, which nobody edited since, is
still there.

## Why

The script would be imported, tested and reviewed although the notebook it shows is gone.

## Bad

    git rm notebooks/train.ipynb        # notebooks/train.py stays

## Good

    git rm notebooks/train.ipynb notebooks/train.py

## How to fix

Run `mlv sync`: it removes the script, and with a rename writes the new one. To keep the script
and no notebook, commit an edit of it, for example without its jupytext header.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.pair.pairing import Status
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV304",
    name="script-orphaned",
    summary="The script's notebook was deleted or renamed.",
    commit="mended",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.outcome.status is Status.ORPHANED:
        yield subject.report(
            "MLV304",
            f"its notebook {subject.path} is gone: run `mlv sync` to remove it",
            subject.outcome.script,
        )
