"""The first thing that happens to the parameter is that it gets another value.

## Why

Whatever the caller gives is thrown away: `--learning-rate 0.1` changes nothing. Often a line for
trying something out was left behind.

This is checked in notebooks that have a cell tagged `parameters` (the setting `parameters-tag`
gives the tag another name).

## Bad

Tagged `parameters`:

    learning_rate = 0.7

and below it:

    learning_rate = 0.01
    model = fit(learning_rate)

## Good

    model = fit(learning_rate)

A value made from the parameter is fine too:

    learning_rate = learning_rate / 2

## How to fix

Remove the line, or give its value another name.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.declared.parameter_use import overwritten
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV108",
    name="parameter-overwritten",
    summary="A parameter gets another value before it is used.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    content = subject.content
    found = subject.parameters(settings)
    if content is None or found is None:
        return
    for use in overwritten(content, settings, found):
        message = (
            f"{use.name} gets another value before the parameter is used: "
            f"remove the line, or choose another name"
        )
        yield subject.report_cell("MLV108", message, use.cell, use.line)
