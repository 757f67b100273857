"""Check notebooks with all rules, and remember what their cells have.

Whether a pair is in line and what the rules say of cells are two facts with two caches. The first
hangs on jupytext's configuration, the second on the cells, the rules, Python's own grammar, and
what a rule asked of the packages and modules of the project. Remembered are these facts, and the
entries that a baseline would have: a notebook is not read again while its facts hold and the
baseline has all of its findings, if there are any.
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
from typing import TYPE_CHECKING

from mlv_hooks import __version__
from mlv_hooks.checks.baseline import Entry, entry_of, holds_all, match
from mlv_hooks.checks.selection import NO_CHOICE, Choice, wanted
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.packages.project_packages import ProjectPackages, is_fact
from mlv_hooks.repository.cache import Cache
from mlv_hooks.repository.view import After

if TYPE_CHECKING:
    from mlv_hooks.content import Content
    from mlv_hooks.notebook import Notebook
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
    packages = packages_of(view, projects)
    settled, looked = _settled(view, outcomes, known, baseline, counts, packages)
    found, notebooks = _look(view, looked, projects, choice, cache, packages)
    able = _acceptable(found, notebooks)
    new = [entry_of(one, notebooks[one.location.path]) for one in able]
    old = [one for entries in settled.values() for one in entries]
    stands = view.exists
    matched, left = match([*old, *new], baseline, stands)
    hidden = {one for one, is_held in zip(able, matched[len(old) :], strict=True) if is_held}
    fixed = [
        one
        for one in left
        if wanted(one.rule, projects.of(one.notebook), choice)
        and (
            one.notebook in settled
            or one.notebook in notebooks
            or (everything and not stands(one.notebook))
        )
    ]
    others = {*found} - {*able}
    news = [one for one in found if one not in hidden and (counts is None or counts(one.code))]
    return Examined(
        _with_proof(news, looked, projects),
        [one for one in found if one in hidden],
        [one for one in found if one in others],
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


def _settled(
    view: View | After,
    outcomes: Sequence[Outcome],
    known: Known,
    baseline: Sequence[Entry],
    counts: Callable[[str], bool] | None,
    packages: ProjectPackages,
) -> tuple[dict[str, list[Entry]], list[tuple[Outcome, Content | None]]]:
    """Return the notebooks with nothing new, their entries, and what rules have to look at.

    ``counts`` says of which rules news matter; None for all.
    """
    held = Counter(one.key for one in baseline)
    settled: dict[str, list[Entry]] = {}
    looked: list[tuple[Outcome, Content | None]] = []
    for one in outcomes:
        blob = view.blob(one.notebook)
        row = known.get((one.notebook, blob)) if blob else ()
        facts = [pair for pair in row or () if is_fact(pair[0])]
        if facts and not all(starmap(packages.of(one.notebook).holds, facts)):
            row = None
        entries = [Entry(one.notebook, *pair) for pair in row or () if not is_fact(pair[0])]
        news = [each for each in entries if counts is None or counts(each.rule)]
        if row is None or not holds_all(held, news):
            looked.append((one, _content(partial(view.read, one.notebook))))
            continue
        settled[one.notebook] = entries
        if one.changes or one.findings or one.pending:
            looked.append((one, None))
    return settled, looked


def _look(
    view: View | After,
    looked: Sequence[tuple[Outcome, Content | None]],
    projects: Projects,
    choice: Choice,
    cache: Cache,
    packages: ProjectPackages,
) -> tuple[list[Diagnostic], dict[str, Notebook]]:
    """Return what the rules find, and the notebooks that could be read; remember what is usual."""
    if not looked:
        return [], {}
    from mlv_hooks.checks.linter import Subject, cell_codes, lint

    around = {one.notebook: packages.of(one.notebook) for one, _ in looked}
    subjects = [
        Subject(one.notebook, one, content, around[one.notebook]) for one, content in looked
    ]
    found = lint(subjects, projects.of, choice)
    read = {one.notebook: content.notebook for one, content in looked if content}
    notebooks = {path: notebook for path, notebook in read.items() if notebook}
    if choice == NO_CHOICE:
        judged = {code for settings in projects.all() for code in cell_codes(settings)}
        own: dict[str, list[Diagnostic]] = {path: [] for path in notebooks}
        for one in found:
            if one.code in judged and one.location.path in own:
                own[one.location.path].append(one)
        for path, findings in own.items():
            blob = view.blob(path)
            if blob and len(_acceptable(findings, notebooks)) == len(findings):
                entries = [entry_of(one, notebooks[path]) for one in findings]
                rows = [(one.rule, one.content) for one in entries]
                cache.add(path, blob, [*rows, *around[path].facts.items()])
        cache.save()
    return found, notebooks


def _with_proof(
    found: Sequence[Diagnostic],
    looked: Sequence[tuple[Outcome, Content | None]],
    projects: Projects,
) -> list[Diagnostic]:
    """Return the findings; those of what was suppressed or accepted can undo the proof of a fix."""
    if not any(one.fix for one in found):
        return [*found]
    from itertools import groupby

    from mlv_hooks.checks.fixes import proved

    contents = {one.notebook: content for one, content in looked if content}
    result: list[Diagnostic] = []
    for path, group in groupby(found, key=lambda one: one.location.path):
        content, own = contents.get(path), [*group]
        result += proved(own, content, projects.of(path)) if content else own
    return result


def _acceptable(found: Sequence[Diagnostic], notebooks: Mapping[str, Notebook]) -> list[Diagnostic]:
    """Return the findings that a baseline can have."""
    if not found:
        return []
    from mlv_hooks.rules import judgements

    return [one for one in found if one.code in judgements() and one.location.path in notebooks]


def _content(read: Callable[[], bytes | None]) -> Content:
    from mlv_hooks.content import Content

    return Content(read)


def _is_usual(settings: Settings, choice: Choice) -> bool:
    """Say whether no rule runs but those of the settings, under which the clean were judged."""
    if choice.per_file_ignores is not None:
        return False
    if not (choice.select or choice.extend_select):
        return True
    from mlv_hooks.checks.linter import cell_codes

    return set(cell_codes(settings, choice)) <= set(cell_codes(settings))


def _key(settings: Sequence[Settings]) -> str:
    parts = (__version__, repr(sys.version_info[:2]), repr(settings))
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return f"cells-{hashlib.sha256(text).hexdigest()[:20]}"
