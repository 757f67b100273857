"""A notebook declares an output, and git tracks that file or a file below that folder.

## Why

DVC refuses to run the stage: a file is kept by git or by DVC, never by both.

## Bad

    git ls-files        # models/model.bin

## Good

    git rm --cached models/model.bin

## How to fix

Take it out of git with `git rm --cached`; the file stays. To keep it in git, say in the notebook's
metadata: {"mlv": {"stages": {"train": {"outs": [{"models/model.bin": {"cache": false}}]}}}}.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV413",
    name="stage-output-in-git",
    summary="An output that DVC shall keep is tracked by git.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV413")
