"""The script was edited and the notebook does not have these edits yet. When both sides were
edited in different cells, MLV302 tells of the other side.

## Why

The notebook is what runs in Jupyter. The next person to open it would work on the old code, and
their commit would meet the script's edits as a surprise.

## Bad

The notebook's cell holds `learning_rate = 0.7`, and its script:

    # %%
    learning_rate = 0.1

## Good

The notebook's cell holds what the script does:

    learning_rate = 0.1

## How to fix

Run `mlv sync` and commit the notebook. Outputs of cells that did not change are kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.pair.pairing import Status
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV306",
    name="notebook-stale",
    summary="The notebook does not have the script's edits.",
    commit="mended",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.outcome.status in (Status.NOTEBOOK_STALE, Status.MERGED):
        yield subject.report(
            "MLV306",
            f"lacks the edits of {subject.script}{subject.detail}: run `mlv sync`",
        )
