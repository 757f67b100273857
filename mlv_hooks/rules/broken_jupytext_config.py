"""The jupytext configuration that applies to the notebook (jupytext.toml, or `[tool.jupytext]` in
pyproject.toml) cannot be read, or names a format that does not exist.

## Why

It says where scripts live and what they look like. Without it we would write them to another
place.

## Bad

    # jupytext.toml
    formats = "ipynb,py:percnt"

## Good

    # jupytext.toml
    formats = "ipynb,py:percent"

## How to fix

Correct the file and key that the message names. `jupytext --paired-paths NOTEBOOK` shows how
jupytext understands it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV008",
    name="broken-jupytext-config",
    summary="The repository's jupytext configuration cannot be used.",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV008")
