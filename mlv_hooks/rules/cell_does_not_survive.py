"""A cell holds text that the script's format uses for itself, so that reading the script again
would cut the cell in two, change its type, or lose characters.

## Why

Notebook and script must say the same. If a cell does not come back from the script as it went in,
the next edit of the script would damage the notebook. So it is refused before anything is
written.

## Bad

A line that looks like the start of a cell, outside a string:

    load()
    # %% then train
    train()

Also: a line of Markdown that starts with `%% `, or a heading of one word and a question mark
(`# Why?`, from which jupytext takes the `#`), a string that does not end, a form feed.

## Good

    load()
    # then train
    train()

## How to fix

Change the line that the message names: split the cell in two in Jupyter, or write the comment in
another way.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV006",
    name="cell-does-not-survive",
    summary="A cell would come back from the script as something else.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV006")
