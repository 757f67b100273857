"""The docstring declares some parameters, and the cell has another one.

## Why

Each literal that the cell assigns becomes an argument of the step. Where a docstring says what the
arguments are, readers and `--help` rely on it. A docstring that declares no parameter is fine.

This is checked in notebooks that have a cell tagged `parameters` (the setting `parameters-tag`
gives the tag another name).

## Bad

    '''
    :param float rate: step size
    '''
    rate = 0.7
    epochs = 10

## Good

    '''
    :param float rate: step size
    :param int epochs: rounds over the data
    '''
    rate = 0.7
    epochs = 10

## How to fix

Add the line that the message shows; or, if the value is no parameter, move it to a cell below.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV106",
    name="parameter-not-declared",
    summary="A docstring that declares parameters leaves one out.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.problems("MLV106", settings)
