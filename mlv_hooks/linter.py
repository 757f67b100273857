"""Run the chosen rules over notebooks and their pairs, and sort what they find."""

from __future__ import annotations

from collections.abc import Iterable

from mlv_hooks.config import Settings, matches
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, all_rules
from mlv_hooks.selection import NO_CHOICE, Choice, reach, wanted

__all__ = ["Subject", "cell_codes", "lint", "wanted"]


def lint(
    subjects: Iterable[Subject], settings: Settings, choice: Choice = NO_CHOICE
) -> list[Diagnostic]:
    """Return what the rules find in ``subjects``, each finding once, by file, cell and line."""
    rules = [rule for rule in all_rules() if wanted(rule.code, settings, choice)]
    settings = choice.files(settings)
    found = {
        diagnostic
        for subject in subjects
        for rule in rules
        if subject.content is not None or not rule.cells
        for diagnostic in rule.check(subject, settings)
        if not _ignored(diagnostic, subject, settings)
    }
    return sorted(found, key=lambda one: (one.location.sort_key(), one.code, one.message))


def cell_codes(settings: Settings, choice: Choice = NO_CHOICE) -> list[str]:
    """Return the codes of the rules that run and look at nothing but a notebook's cells."""
    return [rule.code for rule in all_rules() if rule.cells and wanted(rule.code, settings, choice)]


def _ignored(diagnostic: Diagnostic, subject: Subject, settings: Settings) -> bool:
    return any(
        reach(diagnostic.code, codes) >= 0
        and (matches((glob,), subject.path) or matches((glob,), diagnostic.location.path))
        for glob, codes in settings.per_file_ignores
    )
