"""Check notebooks with all rules, and remember whose cells are clean.

Whether a pair is in line and whether cells are clean are two facts with two caches. The first
hangs on jupytext's configuration, the second on the cells, the rules and Python's own grammar.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from mlv_hooks import __version__
from mlv_hooks.cache import Cache
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic

if TYPE_CHECKING:
    from mlv_hooks.pairing import Outcome
    from mlv_hooks.survey import Survey


def examine(
    survey: Survey,
    outcomes: Sequence[Outcome],
    settings: Settings,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> list[Diagnostic]:
    """Return what the rules find; ``select`` and ``ignore`` are those of the command line."""
    from mlv_hooks.content import Content
    from mlv_hooks.linter import Subject, cell_codes, lint

    usual = cell_codes(settings)
    running = cell_codes(settings, select, ignore)
    cache = Cache(os.path.join(survey.repository.common, "mlv"), _key(settings, usual))
    clean = cache.load() if set(running) <= set(usual) else {}
    subjects = []
    for one in outcomes:
        blob = survey.view.blob(one.notebook)
        known = blob is None or (one.notebook, blob) in clean
        content = None if known else Content(partial(survey.view.read, one.notebook))
        if content or one.changes or one.findings:
            subjects.append(Subject(one.notebook, one, content))
    if not subjects:
        return []
    found = lint(subjects, settings, select, ignore)
    if running == usual:
        judged = set(usual)
        dirty = {one.location.path for one in found if one.code in judged}
        for subject in subjects:
            blob = survey.view.blob(subject.path)
            if subject.content and subject.content.notebook and blob and subject.path not in dirty:
                cache.add(subject.path, blob, ())
        cache.save()
    return found


def _key(settings: Settings, codes: Sequence[str]) -> str:
    parts = (__version__, repr(sys.version_info[:2]), repr(settings), *codes)
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return f"cells-{hashlib.sha256(text).hexdigest()[:20]}"
