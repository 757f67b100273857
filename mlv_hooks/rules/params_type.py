"""The notebook gives a parameter one type, and the value in params.yaml cannot be read as that.

## Why

`dvc repro` fails on every machine: the step refuses the value. With true, false or null for a text
or a number it may run, with another value than params.yaml says.

Any value that reads as the type is fine, as are all values that differ from the notebook's:
params.yaml is yours. So mlv does not change it.

## Bad

    # the notebook
    rate = 0.7

    # params.yaml
    train:
      rate: fast

## Good

    train:
      rate: 0.1

## How to fix

Write a value of the type that the message names. Or give the parameter another type in the
notebook: by its value, or by `:param str rate:` in the docstring.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV421",
    name="params-type",
    summary="A value in params.yaml is of a type that the step can't read.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV421")
