"""The docstring, or an annotation, declares a parameter that the parameters cell does not assign.

## Why

The step would have no default for it, and the notebook itself does not run without the value.
Often a name was changed in one of the two places.

This is checked in notebooks that have a cell tagged `parameters` (the setting `parameters-tag`
gives the tag another name).

## Bad

    '''
    :param float learning_rate: step size
    '''
    rate = 0.7

## Good

    '''
    :param float rate: step size
    '''
    rate = 0.7

## How to fix

Assign the name in the parameters cell, or correct it in the docstring.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV105",
    name="parameter-not-assigned",
    summary="A declared parameter has no value in the parameters cell.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.problems("MLV105", settings)
