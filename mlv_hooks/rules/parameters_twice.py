"""More than one code cell has the tag `parameters`.

## Why

The step takes its arguments from one cell. With two it would not be clear whose value is the
default, and papermill puts its values below the first and above the second.

This is checked in notebooks that have a cell tagged `parameters` (the setting `parameters-tag`
gives the tag another name).

## Bad

Two cells, both tagged `parameters`:

    learning_rate = 0.7

    epochs = 10

## Good

One cell, tagged `parameters`:

    learning_rate = 0.7
    epochs = 10

## How to fix

Move the values into the first of the cells, and take the tag from the others. The fix takes the
tags alone: the values of these cells are no parameters then.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.checks.fixes import tag_off
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV102",
    name="parameters-twice",
    summary="Several cells are tagged as the parameters.",
    cells=True,
    fix="unsafe",
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    content = subject.content
    if content is None or not content.is_python:
        return
    first, *others = content.tagged(settings.parameters_tag) or [0]
    tag = settings.parameters_tag
    for number in others:
        message = f"has the tag `{tag}` too: move its values to cell {first}, and remove the tag"
        fix = tag_off(tag, number, safe=False)
        yield subject.report_cell("MLV102", message, number, fix=fix)
