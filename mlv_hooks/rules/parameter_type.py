"""The docstring or the annotation says one type, and the value, or the other of the two, another.

## Why

The type decides how the command line reads a value. With a wrong one `--epochs 20` would arrive as
text, or be refused, while the notebook works with a number.

A whole number fits `float`, a string fits `path`, and None fits every type.

This is checked in notebooks that have a cell tagged `parameters` (the setting `parameters-tag`
gives the tag another name).

## Bad

    '''
    :param int epochs: rounds over the data
    '''
    epochs = "10"

## Good

    '''
    :param int epochs: rounds over the data
    '''
    epochs = 10

## How to fix

Change the value or the type that the message names, so that they agree.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV109",
    name="parameter-type",
    summary="A parameter's value does not fit its declared type.",
    cells=True,
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.problems("MLV109", settings)
