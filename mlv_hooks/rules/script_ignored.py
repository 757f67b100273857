"""A line of .gitignore (or .git/info/exclude) matches the script's path.

## Why

The script would be written but never be part of a commit: no reviewer would see it, and a fresh
clone would not have it.

## Bad

    # .gitignore
    notebooks/*.py

## Good

    # .gitignore
    notebooks/*.py
    !notebooks/train.py

## How to fix

Remove the line or except the script from it (`git check-ignore -v SCRIPT` names the line), let
scripts live in another folder by the jupytext configuration, or leave the notebook out with
`exclude` in `[tool.mlv]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule("MLV308", name="script-ignored", summary="Git ignores the path of the script.")
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV308")
