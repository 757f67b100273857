"""The notebook has no script beside it (or where the jupytext configuration puts it).

## Why

Reviewers read the script's diff and developers import it. A notebook without one cannot be
reviewed. It happens when a commit was made without the hooks, or when a script was deleted.

## Bad

    notebooks/train.ipynb

## Good

    notebooks/train.ipynb
    notebooks/train.py

## How to fix

Run `mlv sync`. A notebook that shall have no script is left out with `exclude` in `[tool.mlv]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.pair.pairing import Status
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV301",
    name="script-missing",
    summary="The notebook has no script.",
    commit="mended",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.outcome.status is Status.SCRIPT_MISSING:
        yield subject.report(
            "MLV301",
            f"has no script: run `mlv sync` to write {subject.script}",
        )
