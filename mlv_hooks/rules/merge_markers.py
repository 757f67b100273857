"""The notebook or its script holds the lines that git leaves where two branches disagree.

## Why

A notebook with such lines does not open in Jupyter. In a script they are a syntax error, and
would become part of a cell.

## Bad

    <<<<<<< HEAD
    learning_rate = 0.7
    =======
    learning_rate = 0.1
    >>>>>>> tune

## Good

    learning_rate = 0.1

## How to fix

Choose between the two sides at the line that the message names and delete the markers. It is
easiest in the script: resolve it there, take either side of the notebook with
`git checkout --ours NOTEBOOK`, and run `mlv sync`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV002",
    name="merge-markers",
    summary="The notebook or its script holds the markers of an unfinished merge.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV002")
