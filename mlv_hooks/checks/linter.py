"""Run the chosen rules over notebooks and their pairs, and sort what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial

from mlv_hooks.checks.selection import NO_CHOICE, Choice, reach, wanted
from mlv_hooks.checks.suppressions import Suppression, suppress
from mlv_hooks.config import Settings, matches
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import UNUSED, Rule, Subject, all_rules, judgements

__all__ = ["Subject", "cell_codes", "lint", "wanted"]


def lint(
    subjects: Iterable[Subject], settings_of: Callable[[str], Settings], choice: Choice = NO_CHOICE
) -> list[Diagnostic]:
    """Return what the rules find in ``subjects``, each finding once, by file, cell and line.

    ``settings_of`` gives the settings that count for a path.
    """
    rules = cache(partial(_rules, choice=choice))
    found: set[Diagnostic] = set()
    for subject in subjects:
        settings = settings_of(subject.path)
        found.update(_found(subject, rules(settings), choice.files(settings)))
    return sorted(found, key=Diagnostic.sort_key)


def _rules(settings: Settings, choice: Choice) -> list[Rule]:
    return [rule for rule in all_rules() if wanted(rule.code, settings, choice)]


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
    return [rule.code for rule in _rules(settings, choice) if rule.cells]


def _ignored(code: str, subject: Subject, settings: Settings, path: str) -> bool:
    """Say whether the settings leave a rule out for a notebook, or for the file at ``path``."""
    paths = {settings.inside(subject.path), settings.inside(path)}
    return any(
        reach(code, codes) >= 0 and any(matches((glob,), one) for one in paths)
        for glob, codes in settings.per_file_ignores
    )
