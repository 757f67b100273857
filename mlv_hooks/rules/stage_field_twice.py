"""The docstring of the parameters and `mlv.stages` in the metadata say the same field of one stage.

## Why

Which of them holds, nobody could tell.

## Bad

    :dvc-out model: model.bin     and     "mlv": {"stages": {"train": {"outs": ["model.bin"]}}}

## Good

    :dvc-out model: model.bin     and     "mlv": {"stages": {"train": {"frozen": true}}}

## How to fix

Keep one of the two.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV412",
    name="stage-field-twice",
    summary="Docstring and metadata both say a field of a stage.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV412")
