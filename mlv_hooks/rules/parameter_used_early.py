"""A cell above the parameters cell, or a line in it, uses a parameter before it has its value.

## Why

In the step a parameter has its value from the start. In the notebook the cells above the
parameters cell see no value, an older one, or a builtin of the same name. The two would differ.

Functions that read a parameter when they are called may stand above. Cells tagged `no-effect` do
not count.

This is checked in notebooks that have a cell tagged `parameters` (the setting `parameters-tag`
gives the tag another name).

## Bad

    learning_rate = 0.5
    print(learning_rate)

and below it, tagged `parameters`:

    learning_rate = 0.7

## Good

The parameters cell first:

    learning_rate = 0.7

and below it:

    print(learning_rate)

## How to fix

Move the parameters cell up, above the cell that the message names; or give one of the two another
name.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.declared.parameter_use import uses_before
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV103",
    name="parameter-used-early",
    summary="A parameter is read or set before the parameters cell.",
    cells=True,
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    content = subject.content
    found = subject.parameters(settings)
    if content is None or found is None:
        return
    yield from subject.problems("MLV103", settings)
    for use in uses_before(content, settings, found):
        message = (
            f"{use.name} is a parameter, but its cell stands below (cell {found.cell}): "
            f"move the parameters cell up"
        )
        yield subject.report_cell("MLV103", message, use.cell, use.line)
