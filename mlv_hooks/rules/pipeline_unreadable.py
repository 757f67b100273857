"""dvc.yaml, dvc.lock or params.yaml is not valid YAML in UTF-8, holds merge markers, or is written
so that a stage has no lines of its own; or one of them, or a .gitignore, is a link, a folder or
read-only where a stage must be written.

## Why

DVC can't read it either, or mlv would have to rewrite what is not its own. No stage is written
then; scripts and steps are.

## Bad

    stages: {train: {cmd: python train.py}, test: {cmd: python test.py}}

## Good

    stages:
      train:
        cmd: python train.py

## How to fix

Mend the line that the message names; after a merge, `git checkout --ours dvc.yaml` and `mlv sync`.
In the place of a link or folder put an ordinary file.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV405",
    name="pipeline-unreadable",
    summary="dvc.yaml, dvc.lock or params.yaml can't be read or changed.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV405")
