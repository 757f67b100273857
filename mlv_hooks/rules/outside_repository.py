"""A symbolic link, or a path in the jupytext configuration, leads out of the repository.

## Why

A commit can neither hold nor restore what lies outside. A hook that follows such a path would
write into files that have nothing to do with the repository.

## Bad

    # jupytext.toml
    formats = "ipynb,../../scripts//py:percent"

## Good

    # jupytext.toml
    [formats]
    "notebooks/" = "ipynb"
    "scripts/" = "py:percent"

## How to fix

Put the file into the repository instead of the link, or correct the path in the configuration. A
notebook that is only linked can be left out with `exclude` in `[tool.mlv]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV007",
    name="outside-repository",
    summary="The notebook or its script lies outside the repository.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV007")
