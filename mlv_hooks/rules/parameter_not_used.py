"""No cell with effect reads the parameter.

## Why

An argument that changes nothing misleads: an experiment over it runs many times and finds no
difference. Often the value is written out a second time further down.

Cells tagged `no-effect` do not count, since the step leaves them out. Nothing is said when a cell
may read names in ways that cannot be seen (`eval`, `exec`, `globals()`, `locals()`, `vars()`).

This is checked in notebooks that have a cell tagged `parameters` (the setting `parameters-tag`
gives the tag another name).

## Bad

Tagged `parameters`:

    learning_rate = 0.7

and below it:

    model = fit(learning_rate=0.7)

## Good

    model = fit(learning_rate=learning_rate)

## How to fix

Use the parameter where its value is meant, or remove it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.declared.parameter_use import never_used
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV107",
    name="parameter-not-used",
    summary="A parameter is never used.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    content = subject.content
    found = subject.parameters(settings)
    if content is None or found is None:
        return
    for one in never_used(content, settings, found):
        message = f"{one.name} is never used: use it below, or remove it"
        yield subject.report_cell("MLV107", message, found.cell, one.line)
