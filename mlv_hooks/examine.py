"""Check notebooks with all rules, and remember whose cells are clean.

Whether a pair is in line and whether cells are clean are two facts with two caches. The first
hangs on jupytext's configuration, the second on the cells, the rules and Python's own grammar.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from mlv_hooks import __version__
from mlv_hooks.cache import Cache
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic

if TYPE_CHECKING:
    from mlv_hooks.content import Content
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
    cache = Cache(os.path.join(survey.repository.common, "mlv"), _key(settings))
    clean = cache.load() if _is_usual(settings, select, ignore) else {}
    read = survey.view.read
    subjects = []
    for one in outcomes:
        blob = survey.view.blob(one.notebook)
        unknown = blob is not None and (one.notebook, blob) not in clean
        if unknown or one.changes or one.findings or one.pending:
            content = _content(partial(read, one.notebook)) if unknown else None
            subjects.append((one, content, blob))
    if not subjects:
        return []
    from mlv_hooks.linter import Subject, cell_codes, lint

    looked = [Subject(one.notebook, one, content) for one, content, _ in subjects]
    found = lint(looked, settings, select, ignore)
    if not (select or ignore):
        judged = cell_codes(settings)
        dirty = {one.location.path for one in found if one.code in judged}
        for one, content, blob in subjects:
            if content and content.notebook and blob and one.notebook not in dirty:
                cache.add(one.notebook, blob, ())
        cache.save()
    return found


def _content(read: Callable[[], bytes | None]) -> Content:
    from mlv_hooks.content import Content

    return Content(read)


def _is_usual(settings: Settings, select: Sequence[str], ignore: Sequence[str]) -> bool:
    """Say whether no rule runs but those of the settings, under which the clean were judged."""
    if not select:
        return True
    from mlv_hooks.linter import cell_codes

    return set(cell_codes(settings, select, ignore)) <= set(cell_codes(settings))


def _key(settings: Settings) -> str:
    parts = (__version__, repr(sys.version_info[:2]), repr(settings))
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return f"cells-{hashlib.sha256(text).hexdigest()[:20]}"
