"""The notebook was edited and its script still shows what it was before. When both sides were
edited in different cells, MLV306 tells of the other side.

## Why

Reviewers read the script's diff. They would approve something else than what the notebook does.

## Bad

The notebook's cell holds `learning_rate = 0.1`, and its script:

    # %%
    learning_rate = 0.7

## Good

    # %%
    learning_rate = 0.1

## How to fix

Run `mlv sync` and commit the script. It happens when a commit was made without the hooks.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.pair.pairing import Status
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV302",
    name="script-stale",
    summary="The script does not show the notebook's changes.",
    commit="mended",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.outcome.status in (Status.SCRIPT_STALE, Status.MERGED):
        yield subject.report(
            "MLV302",
            f"has changes that {subject.script} does not show{subject.detail}: run `mlv sync`",
        )
