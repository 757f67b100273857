"""A cell tagged `no-effect` calls something that may do anything: a library of which mlv knows
nothing, a function that it was handed, code that is too involved to be looked into.

Off unless it is chosen by its whole code or name: `extend-select = ["MLV206"]`.

## Why

The other rules of the family tell what is known to be unsafe. With this one, a tag without a
finding is proved to be safe.

## Bad

    # tagged no-effect
    client.show(frame)

## Good

    # tagged no-effect
    frame.head()

## How to fix

Take the tag off, or run `mlv verify`: it compares what the notebook and its step write. If you
know that the call only looks, say so: `# mlv: ignore[MLV206]`.
`mlv_hooks/analysis/knowledge/README.md` says how mlv is taught another library.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.no_effect import unknowns
from mlv_hooks.checks.fixes import tag_off
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV206",
    name="no-effect-unknown",
    summary="A cell tagged no-effect does something of which nothing is known.",
    cells=True,
    fix="unsafe",
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    for one in unknowns(subject.content, settings):
        message = (
            f"{one.what}: prove the tag {settings.no_effect_tag} by `mlv verify`, or take it off"
        )
        fix = tag_off(settings.no_effect_tag, one.cell, safe=False)
        yield subject.report_cell("MLV206", message, one.cell, one.line, fix)
