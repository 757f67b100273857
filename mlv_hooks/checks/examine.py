"""Check notebooks with all rules, and remember what their cells have.

Whether a pair is in line and what the rules say of cells are two facts with two caches. The first
hangs on jupytext's configuration, the second on the cells, the rules, Python's own grammar, and
what a rule asked of the packages and modules of the project. What is found is remembered, by the
notebook's blob, with these facts and the entries that a baseline would have: it is not judged again
while the facts hold.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import starmap
from typing import TYPE_CHECKING, NamedTuple

from mlv_hooks.checks.baseline import Entry, entry_of, holds_all, match
from mlv_hooks.checks.remembered import as_pair, entry_in, finding_in
from mlv_hooks.checks.selection import NO_CHOICE, Choice, wanted
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.packages.project_packages import ProjectPackages, is_fact
from mlv_hooks.repository.cache import Cache
from mlv_hooks.repository.view import After
from mlv_hooks.start import own_version

if TYPE_CHECKING:
    from mlv_hooks.content import Content
    from mlv_hooks.pair.pairing import Outcome
    from mlv_hooks.project import Known
    from mlv_hooks.projects import Projects
    from mlv_hooks.repository.view import View
    from mlv_hooks.survey import Survey


@dataclass(frozen=True, slots=True)
class Examined:
    """What an examination found.

    ``findings`` is what the baseline does not have, ``accepted`` what of the notebooks with such
    findings it has, and ``lasting`` what none can have; ``entries`` is all that one can have, and
    ``fixed`` what of the baseline has no finding any more.
    """

    findings: list[Diagnostic]
    accepted: list[Diagnostic]
    lasting: list[Diagnostic]
    entries: list[Entry]
    fixed: list[Entry]


def examine(
    survey: Survey,
    outcomes: Sequence[Outcome],
    projects: Projects,
    choice: Choice = NO_CHOICE,
    baseline: Sequence[Entry] = (),
    *,
    everything: bool = True,
    after: After | None = None,
) -> Examined:
    """Return what the rules find; ``choice`` is that of the command line.

    ``everything`` says that ``outcomes`` are those of all notebooks. ``after`` is what a commit
    will leave: it is looked at instead, for what stops a commit alone.
    """
    view = after or survey.view
    counts = _stops if after else None
    cache = Cache(os.path.join(survey.repository.common, "mlv"), _key(projects.all()))
    is_usual = all(_is_usual(settings, choice) for settings in projects.all())
    known = cache.load() if is_usual else {}
    held = Counter(one.key for one in baseline)
    packages = packages_of(view, projects)
    recall = choice == NO_CHOICE
    known_ones = _known(view, outcomes, known, held, counts, packages, recall=recall)
    found, entries, read = _look(view, known_ones.looked, projects, choice, cache, packages)
    entries |= {one: entry for one, entry in known_ones.recalled.items() if entry.content}
    found = sorted({*found, *known_ones.recalled}, key=Diagnostic.sort_key)
    able = [one for one in found if one in entries]
    new = [entries[one] for one in able]
    old = [one for each in known_ones.settled.values() for one in each]
    stands = view.exists
    matched, left = match([*old, *new], baseline, stands)
    hidden = {one for one, is_held in zip(able, matched[len(old) :], strict=True) if is_held}
    seen = {*known_ones.settled, *known_ones.again, *read}
    fixed = [
        one
        for one in left
        if wanted(one.rule, projects.of(one.notebook), choice)
        and (one.notebook in seen or (everything and not stands(one.notebook)))
    ]
    news = [one for one in found if one not in hidden and (counts is None or counts(one.code))]
    return Examined(
        _with_proof(news, lambda path: read.get(path) or _content(view, path), projects),
        [one for one in found if one in hidden],
        [one for one in found if one not in entries],
        [*old, *new],
        fixed,
    )


def stopping(
    survey: Survey,
    outcomes: Sequence[Outcome],
    projects: Projects,
    baseline: Sequence[Entry],
    after: After,
    *,
    everything: bool,
) -> list[Diagnostic]:
    """Return what stops a commit of the notebooks as ``outcomes`` will leave them: ``after`` that.

    What is wrong with pairs, steps and stages themselves is not among it.
    """
    from mlv_hooks.pair.pairing import Status

    lost = (Status.UNREADABLE, Status.CONFLICT, Status.ORPHANED, Status.ORPHAN_EDITED)
    done = [
        replace(one, status=Status.IN_SYNC, changes=(), findings=(), pending=(), detail="")
        for one in outcomes
        if one.status not in lost and one.notebook.endswith(".ipynb")
    ]
    if not done:
        return []
    return examine(
        survey, done, projects, baseline=baseline, everything=everything, after=after
    ).findings


def packages_of(view: View | After, projects: Projects) -> ProjectPackages:
    """Return the packages and modules of the projects in a view."""
    return ProjectPackages(view, lambda path: projects.of(path).root)


def _stops(code: str) -> bool:
    """Say whether a finding of a rule stops a commit."""
    from mlv_hooks.rules import advice

    return code not in advice()


class _Known(NamedTuple):
    """What is remembered, and what rules have to look at.

    ``settled``: the entries of notebooks with nothing new. ``recalled``: what was found in
    those in ``again``, with an entry without content where no baseline takes it.
    ``looked``: what is left.
    """

    settled: dict[str, list[Entry]]
    again: set[str]
    recalled: dict[Diagnostic, Entry]
    looked: list[tuple[Outcome, Content | None]]


def _known(
    view: View | After,
    outcomes: Sequence[Outcome],
    known: Known,
    held: Counter[Entry],
    counts: Callable[[str], bool] | None,
    packages: ProjectPackages,
    *,
    recall: bool,
) -> _Known:
    """Return what is known; ``held`` is the baseline, ``counts`` says of which rules news matter.

    All news matter where that is None. Without ``recall`` they are looked at again: what a
    suppression is good for hangs on the rules that run.
    """
    found = _Known({}, set(), {}, [])
    for one in outcomes:
        path, blob = one.notebook, view.blob(one.notebook)
        row = known.get((path, blob)) if blob else ()
        facts = [pair for pair in row or () if is_fact(pair[0])]
        if facts and not all(starmap(packages.of(path).holds, facts)):
            row = None
        pairs = [pair for pair in row or () if not is_fact(pair[0])]
        entries = [entry_in(path, pair) for pair in pairs]
        news = [each for each in entries if counts is None or counts(each.rule)]
        is_settled = row is not None and holds_all(held, news)
        if row is None or not (is_settled or recall):
            found.looked.append((one, _content(view, path)))
            continue
        if is_settled:
            found.settled[path] = entries
        else:
            both = zip(pairs, entries, strict=True)
            found.recalled.update((finding_in(path, pair), entry) for pair, entry in both)
            found.again.add(path)
        if one.changes or one.findings or one.pending:
            found.looked.append((one, None))
    return found


def _look(
    view: View | After,
    looked: Sequence[tuple[Outcome, Content | None]],
    projects: Projects,
    choice: Choice,
    cache: Cache,
    packages: ProjectPackages,
) -> tuple[list[Diagnostic], dict[Diagnostic, Entry], dict[str, Content]]:
    """Return what the rules find, the entries of what a baseline can have, and what was read.

    What is usual is remembered.
    """
    if not looked:
        return [], {}, {}
    from mlv_hooks.checks.linter import Subject, cell_codes, lint

    around = {one.notebook: packages.of(one.notebook) for one, _ in looked}
    subjects = [
        Subject(one.notebook, one, content, around[one.notebook]) for one, content in looked
    ]
    found = lint(subjects, projects.of, choice)
    read = {one.notebook: content for one, content in looked if content and content.notebook}
    entries = _entries(found, read)
    if choice == NO_CHOICE:
        judged = {code for settings in projects.all() for code in cell_codes(settings)}
        own: dict[str, list[Diagnostic]] = {path: [] for path in read}
        for one in found:
            if one.code in judged and one.location.path in own:
                own[one.location.path].append(one)
        for path, findings in own.items():
            blob = view.blob(path)
            if blob:
                rows = [as_pair(one, entries.get(one)) for one in findings]
                cache.add(path, blob, [*rows, *around[path].facts.items()])
        cache.save()
    return found, entries, read


def _with_proof(
    found: Sequence[Diagnostic], content_of: Callable[[str], Content], projects: Projects
) -> list[Diagnostic]:
    """Return the findings; those of what was suppressed or accepted can undo the proof of a fix."""
    if not any(one.fix for one in found):
        return [*found]
    from itertools import groupby

    from mlv_hooks.checks.fixes import proved

    result: list[Diagnostic] = []
    for path, group in groupby(found, key=lambda one: one.location.path):
        own = [*group]
        is_mended = any(one.fix for one in own)
        result += proved(own, content_of(path), projects.of(path)) if is_mended else own
    return result


def _entries(found: Sequence[Diagnostic], read: Mapping[str, Content]) -> dict[Diagnostic, Entry]:
    """Return the entries of the findings that a baseline can have."""
    if not found:
        return {}
    from mlv_hooks.rules import judgements

    able = [one for one in found if one.code in judgements()]
    notebooks = {path: content.notebook for path, content in read.items()}
    return {
        one: entry_of(one, notebook)
        for one in able
        if (notebook := notebooks.get(one.location.path)) is not None
    }


def _content(view: View | After, path: str) -> Content:
    from mlv_hooks.content import Content

    return Content(partial(view.read, path))


def _is_usual(settings: Settings, choice: Choice) -> bool:
    """Say whether no rule runs but those of the settings, under which the clean were judged."""
    if choice.per_file_ignores is not None:
        return False
    if not (choice.select or choice.extend_select):
        return True
    from mlv_hooks.checks.linter import cell_codes

    return set(cell_codes(settings, choice)) <= set(cell_codes(settings))


def _key(settings: Sequence[Settings]) -> str:
    parts = (own_version().decode(), repr(sys.version_info[:2]), repr(settings))
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return f"found-{hashlib.sha256(text).hexdigest()[:20]}"
