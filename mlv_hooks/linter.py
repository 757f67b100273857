"""Run the chosen rules over notebooks and their pairs, and sort what they find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlv_hooks.config import Settings, matches
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, all_rules

__all__ = ["Subject", "cell_codes", "lint", "wanted"]


def lint(
    subjects: Iterable[Subject],
    settings: Settings,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> list[Diagnostic]:
    """Return what the rules find in ``subjects``, each finding once, by file, cell and line.

    ``select`` and ``ignore`` are those of the command line and go before the settings' own.
    """
    rules = [rule for rule in all_rules() if wanted(rule.code, settings, select, ignore)]
    found = {
        diagnostic
        for subject in subjects
        for rule in rules
        if subject.content is not None or not rule.cells
        for diagnostic in rule.check(subject, settings)
        if not _ignored(diagnostic, subject, settings)
    }
    return sorted(found, key=lambda one: (one.location.sort_key(), one.code, one.message))


def cell_codes(
    settings: Settings, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> list[str]:
    """Return the codes of the rules that run and look at nothing but a notebook's cells."""
    return [
        rule.code
        for rule in all_rules()
        if rule.cells and wanted(rule.code, settings, select, ignore)
    ]


def wanted(
    code: str, settings: Settings, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> bool:
    """Say whether rule ``code`` runs; as in ruff the longer prefix wins, and a tie is ignored.

    A ``select`` from the command line replaces the settings' choice, an ``ignore`` narrows it.
    """
    if select:
        return _reach(code, select) > _reach(code, ignore)
    chosen = _reach(code, settings.select) > _reach(code, settings.ignore)
    return chosen and _reach(code, ignore) < 0


def _reach(code: str, prefixes: Sequence[str]) -> int:
    """Return the length of the longest prefix of ``code``: 0 for ALL, -1 for none."""
    stems = ("" if one == "ALL" else one for one in prefixes)
    return max((len(stem) for stem in stems if code.startswith(stem)), default=-1)


def _ignored(diagnostic: Diagnostic, subject: Subject, settings: Settings) -> bool:
    return any(
        _reach(diagnostic.code, codes) >= 0
        and (matches((glob,), subject.path) or matches((glob,), diagnostic.location.path))
        for glob, codes in settings.per_file_ignores
    )
