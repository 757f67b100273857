"""Run the chosen rules over notebooks and their pairs, and sort what they find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mlv_hooks.config import Settings, matches
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import UNUSED, Rule, Subject, all_rules, judgements
from mlv_hooks.selection import NO_CHOICE, Choice, reach, wanted
from mlv_hooks.suppressions import Suppression, suppress

__all__ = ["Subject", "cell_codes", "lint", "wanted"]


def lint(
    subjects: Iterable[Subject], settings: Settings, choice: Choice = NO_CHOICE
) -> list[Diagnostic]:
    """Return what the rules find in ``subjects``, each finding once, by file, cell and line."""
    rules = [rule for rule in all_rules() if wanted(rule.code, settings, choice)]
    settings = choice.files(settings)
    found = {one for subject in subjects for one in _found(subject, rules, settings)}
    return sorted(found, key=lambda one: (one.location.sort_key(), one.code, one.message))


def _found(subject: Subject, rules: Sequence[Rule], settings: Settings) -> Iterator[Diagnostic]:
    """Give what stays of a notebook's findings: first by its path, then by what it says itself."""
    found = [
        diagnostic
        for rule in rules
        if subject.content is not None or not rule.cells
        for diagnostic in rule.check(subject, settings)
        if not _ignored(diagnostic.code, subject, settings, diagnostic.location.path)
    ]
    suppressions = subject.content.suppressions if subject.content else ()
    if not suppressions:
        yield from found
        return
    stay, used = suppress(found, subject.path, suppressions)
    yield from stay
    ran = {
        rule.code
        for rule in rules
        if rule.cells and not _ignored(rule.code, subject, settings, subject.path)
    }
    if UNUSED in ran:
        yield from _unused(subject, suppressions, used, ran)


def _unused(
    subject: Subject,
    suppressions: Sequence[Suppression],
    used: set[tuple[Suppression, str]],
    ran: set[str],
) -> Iterator[Diagnostic]:
    """Give the suppressions of rules that all ran, and of which one found nothing."""
    from mlv_hooks.rules.unused_suppression import unused

    idle = []
    for one in suppressions:
        codes = [code for code in one.codes if code in judgements()]
        if ran.issuperset(codes):
            idle += [(one, code) for code in codes if (one, code) not in used]
    if idle and subject.content and subject.content.is_sound:
        yield from (unused(subject, *each) for each in idle)


def cell_codes(settings: Settings, choice: Choice = NO_CHOICE) -> list[str]:
    """Return the codes of the rules that run and look at nothing but a notebook's cells."""
    return [rule.code for rule in all_rules() if rule.cells and wanted(rule.code, settings, choice)]


def _ignored(code: str, subject: Subject, settings: Settings, path: str) -> bool:
    """Say whether the settings leave a rule out for a notebook, or for the file at ``path``."""
    return any(
        reach(code, codes) >= 0 and (matches((glob,), subject.path) or matches((glob,), path))
        for glob, codes in settings.per_file_ignores
    )
