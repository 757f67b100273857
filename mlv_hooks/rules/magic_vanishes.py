"""A magic that is no Python (`%run`, `%store`, `%load`, `%%sql`, `%%R`, …) does work that the
script holds as a comment only.

## Why

Whoever runs the script, or a test, runs the notebook without it. A notebook with a step is
refused there (MLV011); this rule tells the others.

## Bad

    %run prepare.ipynb

## Good

    from prepare import prepare

    prepare()

## How to fix

Write the same in Python, or tag a cell that only looks `no-effect`. Magics that are known to look
or to set up the notebook (`%matplotlib`, `%time`, `%load_ext autoreload`, `%watermark`), commands
of the shell and packages (MLV507) are no finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.vanishing_magics import vanishing
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV506",
    name="magic-vanishes",
    summary="A magic does something that a script does not.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None or not subject.content.is_python:
        return
    if subject.content.declares_step(settings):
        return
    for cell, line, name in vanishing(subject.content, settings):
        message = f"{name} is lost in a script: write it in Python, or tag a cell that only looks"
        yield subject.report_cell("MLV506", f"{message} `{settings.no_effect_tag}`", cell, line)
