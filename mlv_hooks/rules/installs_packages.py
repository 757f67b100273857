"""A cell installs packages: `!pip install`, `%pip install`, `!conda install`, `!apt-get install`.

## Why

What a run needs is then known only while it runs. Two runs get two versions, a machine without
network none, and the step installs into whatever environment it runs in.

## Bad

    !pip install seaborn

## Good

    # requirements.txt or pyproject.toml
    seaborn==0.13.2

## How to fix

Declare the package with the project's others, and take the cell out; or tag it `no-effect` when
it serves a hosted notebook only.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.vanishing_magics import installs
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV507",
    name="installs-packages",
    summary="A cell installs packages.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None or not subject.content.is_python:
        return
    for cell, line, command in installs(subject.content, settings):
        message = f"{command!r} installs while it runs: declare it in pyproject.toml or the like"
        yield subject.report_cell("MLV507", message, cell, line)
