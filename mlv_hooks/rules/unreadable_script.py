"""The script is empty, not UTF-8, starts with a byte order mark, or has a header that jupytext
cannot read.

## Why

Edits of the script go into the notebook. What cannot be read cannot be compared, and would be
overwritten; so it is refused.

## Bad

    # ---
    # jupyter:
    #   kernelspec: {name: python3
    # ---

## Good

    # ---
    # jupyter:
    #   kernelspec:
    #     display_name: Python 3
    #     language: python
    #     name: python3
    # ---

## How to fix

Save the script as UTF-8 without a byte order mark and repair its header. When the notebook has
everything, `mlv sync --prefer notebook` writes the script again and keeps the old one in
`mlv backups`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV009",
    name="unreadable-script",
    summary="The script cannot be read as the text of a notebook.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV009")
