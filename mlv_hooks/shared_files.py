"""Notebooks that want one and the same script or step: each of them is refused it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlv_hooks.diagnostics import Diagnostic, Location

if TYPE_CHECKING:
    from mlv_hooks.pair.pairing import Outcome


def refuse_shared(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes; a notebook that wants the script or step of another is refused."""
    from mlv_hooks.pair.pairing import Status
    from mlv_hooks.step.steps import shared_step

    owners: dict[str, list[str]] = defaultdict(list)
    stepping: dict[str, list[str]] = defaultdict(list)
    for one in outcomes:
        if one.step:
            stepping[one.step].append(one.notebook)
        if one.script and one.status not in (Status.ORPHANED, Status.ORPHAN_EDITED):
            owners[one.script].append(one.notebook)
    result = []
    for one in outcomes:
        shared = owners.get(one.script or "", [])
        if len(shared) > 1:
            other = next(path for path in shared if path != one.notebook)
            message = (
                f"{other} pairs with the same script {one.script}: rename one, "
                "or give it other `formats`"
            )
            finding = Diagnostic("MLV307", message, Location(one.notebook))
            one = replace(one, status=Status.UNREADABLE, changes=(), findings=(finding,))
        twins = [path for path in stepping.get(one.step or "", []) if path != one.notebook]
        if twins and one.step:
            kept = tuple(change for change in one.changes if change.path != one.step)
            finding = shared_step(one.notebook, twins[0], one.step)
            one = replace(one, changes=kept, findings=(finding,))
        result.append(one)
    return result
