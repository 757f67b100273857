"""The section of a stage in params.yaml has a key that is no parameter of the notebook, or whose
value the stage gives by itself.

## Why

The command takes in the whole section (`${train}`). An option that the step does not know ends it:
`dvc repro` fails on every machine. And a value in params.yaml goes before the path that the
notebook declares: the stage would read another file than its deps say.

params.yaml is yours, so mlv does not take the line out. Sections that no command takes in as a
whole may hold anything.

## Bad

    # the notebook has only this parameter
    rate = 0.7

    # params.yaml
    train:
      rate: 0.7
      epochs: 10

## Good

    train:
      rate: 0.7

## How to fix

Delete the line that the message names. If the parameter has another name now, call it that, so that
its value stays. A value for other stages belongs in a section of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV420",
    name="params-left-over",
    summary="params.yaml has a key in a stage's section that is no parameter.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV420")
