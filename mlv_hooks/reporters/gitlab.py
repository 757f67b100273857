"""GitLab's Code Quality report: its merge requests show what a branch adds and mends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlv_hooks.checks.places import Places
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.reporters.escapes import dump, path_text
from mlv_hooks.reporters.told import fingerprints, message


def render(diagnostics: Sequence[Diagnostic], places: Places) -> str:
    """Return a JSON list; what has no line is at line 1, since GitLab wants one."""
    prints = fingerprints(diagnostics, places)
    return dump([_record(*both, places) for both in zip(diagnostics, prints, strict=True)])


def _record(one: Diagnostic, fingerprint: str, places: Places) -> dict[str, Any]:
    place = places.review(one.location)
    return {
        "description": f"{one.code}: {message(one)}",
        "check_name": one.code,
        "fingerprint": fingerprint,
        "severity": "major",
        "location": {"path": path_text(place.path), "lines": {"begin": place.line or 1}},
    }
