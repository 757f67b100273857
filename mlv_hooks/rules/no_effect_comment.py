"""A cell begins with MLV-tools' comment `# No effect`, and does not have the tag `no-effect`.

## Why

The comment alone leaves nothing out: only the tag counts. It is looked for as a comment of its
own above the cell's code; the same words inside a string, as in MLV-tools, mean nothing.

## Bad

    # No effect
    df.describe()

## Good

    # tagged no-effect
    df.describe()

## How to fix

Give the cell the tag, or delete the comment.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.no_effect import commented
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV207",
    name="no-effect-comment",
    summary="A comment says that a cell has no effect, and the cell has no tag.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    for cell, line in commented(subject.content, settings):
        message = (
            f"the comment leaves nothing out: give the cell the tag `{settings.no_effect_tag}`"
        )
        yield subject.report_cell("MLV207", message, cell, line)
