"""Run from top to bottom in a fresh kernel, a cell uses a name that no cell above has bound.

## Why

In Jupyter the name was still there: from a cell that stood above once, was run earlier, or is
gone. Everywhere else (the step, CI, a colleague's machine) the run stops with a NameError.

## Bad

    frame.head()

    # a later cell
    frame = pd.read_csv("prices.csv")

## Good

    frame = pd.read_csv("prices.csv")

    # a later cell
    frame.head()

## How to fix

Move the cell that binds the name up, or write it anew; then restart the kernel and run all cells.
What a platform binds before the first cell is named in the settings:
`builtins = ["spark", "dbutils"]`, say, for Databricks.
Only what surely runs is told: a name in a branch, a loop's body, a handler or a lambda is not,
and after `import *`, `exec` or a magic that may bind anything the rule is silent.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.unbound import unbound
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV501",
    name="used-before-bound",
    summary="A name is used before any cell has bound it.",
    cells=True,
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None or not subject.content.is_python:
        return
    for one in unbound(subject.content, settings.builtins):
        where = f"cell {one.bound_in} below binds it" if one.bound_in else "no cell binds it"
        message = f"{one.name} is used and not there yet ({where}): bind it above"
        yield subject.report_cell("MLV501", message, one.cell, one.line)
