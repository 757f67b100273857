"""By the counts that Jupyter saves (`In [5]`), a cell was last run before a cell above it whose
names it uses.

## Why

The outputs that are committed come from other values than the code above them says. A run from
top to bottom gives others, or fails.

## Bad

    In [7]:  rate = 0.5

    In [3]:  fit(rate)

## Good

    In [1]:  rate = 0.5

    In [2]:  fit(rate)

## How to fix

Restart the kernel and run all cells, then save. Counts that only have gaps, cells that were run
again without anything below depending on them, and imports that were run again are no finding; nor
are notebooks without counts (nbstripout).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlv_hooks.analysis.run_order import overtaken
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule

MOST = 3
"""How many names a message gives."""


@rule(
    "MLV502",
    name="run-out-of-order",
    summary="A cell was last run before a cell above it that it depends on.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None or not subject.content.is_python:
        return
    for one in overtaken(subject.content):
        message = (
            f"was run as [{one.run_as}] before cell {one.above} above it as [{one.above_run_as}], "
            f"whose {_spoken(one.names)} it uses: restart the kernel and run all cells"
        )
        yield subject.report_cell("MLV502", message, one.cell)


def _spoken(names: Sequence[str]) -> str:
    """Return a few names in words, and how many more there are."""
    if len(names) > MOST:
        names = [*names[: MOST - 1], f"{len(names) - MOST + 1} more"]
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
