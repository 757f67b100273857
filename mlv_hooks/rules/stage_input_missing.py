"""A stage declares an input that neither git nor the worktree has, and that DVC neither makes nor
keeps.

## Why

`dvc repro` fails: the input does not exist. Mostly it is a slip of the pen.

An input is fine when it is a file or folder of the worktree or of git, an output of a stage of any
dvc.yaml of the repository, kept by a .dvc file (data that `dvc pull` has yet to bring), or a URL.
In a commit it is no matter, since the data may come later.

## Bad

    :dvc-in rows: data/row.csv          # the file is data/rows.csv

## Good

    :dvc-in rows: data/rows.csv

## How to fix

Write the path that the message names, in the docstring and in the cell. Or add the file: with
`dvc add data/rows.csv`, with git when it is small, or by a notebook that writes it as its output.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV418",
    name="stage-input-missing",
    summary="A stage declares an input that is nowhere.",
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.pending("MLV418")
