"""Mend what `mlv check` found, notebook by notebook, and let scripts, steps and stages follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlv_hooks.checks.examine import packages_of
from mlv_hooks.checks.fixes import Mended, mend, proved
from mlv_hooks.checks.linter import Subject, lint
from mlv_hooks.content import Content
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.pair.pairing import Outcome, Status
from mlv_hooks.plan import Change
from mlv_hooks.survey import Scope, Survey

if TYPE_CHECKING:
    from mlv_hooks.checks.examine import Examined
    from mlv_hooks.checks.selection import Choice
    from mlv_hooks.packages.project_packages import ProjectPackages
    from mlv_hooks.projects import Projects

_STALE = "its script is out of line: run `mlv sync` first"
_LINK = "it is a link: fix the notebook itself"


@dataclass(frozen=True, slots=True)
class Mending:
    """The notebooks as mended, how they and what follows them stand, and what could not be done.

    ``fixed`` counts findings, ``refused`` are lines for people. ``record`` keeps the pairs, once
    written, as the base of the edits to come.
    """

    notebooks: tuple[Change, ...]
    following: tuple[Outcome, ...]
    fixed: int
    refused: tuple[str, ...]
    record: Callable[[], None]

    @property
    def changes(self) -> list[Change]:
        """All that is to be written."""
        return [*self.notebooks, *(change for one in self.following for change in one.changes)]

    @property
    def shown(self) -> list[Change]:
        """The changes as people review them: of a notebook only where no other file tells it."""
        told = {one.notebook for one in self.following if one.changes}
        return [one for one in self.changes if one.path not in told or one not in self.notebooks]


def plan_fixes(
    survey: Survey,
    outcomes: Sequence[Outcome],
    done: Examined,
    projects: Projects,
    choice: Choice,
    wanted: Callable[[Diagnostic], bool],
) -> Mending:
    """Return what mends the ``wanted`` of what was found, the files that follow included.

    ``projects`` and ``choice`` say which rules ran. A notebook whose script is out of line, or
    whose script can't follow, is left as it is.
    """
    able: dict[str, list[Diagnostic]] = defaultdict(list)
    for finding in done.findings:
        if finding.fix and wanted(finding):
            able[finding.location.path].append(finding)
    standing = {one.notebook: one for one in outcomes if one.notebook in able}
    links = survey.view.links
    refused = [
        f"{path} is left as it is, since {_LINK if path in links else _STALE}"
        for path, one in standing.items()
        if path in links or not _is_in_line(one)
    ]
    mended = []
    packages = packages_of(survey.view, projects)
    for path, one in standing.items():
        ready = path not in links and _is_in_line(one)
        data = survey.view.read(path) if ready else None
        if data is not None:
            hidden = {(each.code, each.location.cell) for each in done.accepted}
            look = _Look(one, projects, choice, hidden, packages)
            mended += [new] if (new := mend(path, data, able[path], look, wanted)) else []
    while True:
        follow, made = _follow(
            survey, [one for one in mended if standing[one.path].status is Status.IN_SYNC]
        )
        lost = {one.notebook: one for one in made if one.notebook in able and not _follows(one)}
        if not lost:
            break
        mended = [one for one in mended if one.path not in lost]
        refused += [f"{path} is left as it is: {_why(one)}" for path, one in lost.items()]
    return Mending(
        tuple(map(_change, mended)),
        tuple(made),
        sum(len(one.fixed) for one in mended),
        tuple(refused),
        lambda: follow.record(made),
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """Looks at a notebook once more; what was accepted of a cell stays so."""

    outcome: Outcome
    projects: Projects
    choice: Choice
    hidden: set[tuple[str, int | None]]
    packages: ProjectPackages

    def __call__(self, data: bytes) -> list[Diagnostic]:
        path = self.outcome.notebook
        content = Content(lambda: data)
        outcome = Outcome(path, self.outcome.script, Status.IN_SYNC)
        subject = Subject(path, outcome, content, self.packages.of(path))
        found = lint([subject], self.projects.of, self.choice)
        new = [one for one in found if (one.code, one.location.cell) not in self.hidden]
        return proved(new, content, self.projects.of(path))


def _is_in_line(one: Outcome) -> bool:
    """Say whether a notebook and its script say the same, or there is no script yet."""
    if one.status is Status.SCRIPT_MISSING:
        return True
    return one.status is Status.IN_SYNC and all(each.path == one.step for each in one.changes)


def _follow(survey: Survey, mended: Iterable[Mended]) -> tuple[Survey, list[Outcome]]:
    """Return what `mlv sync` would do to the notebooks as mended."""
    after = Survey(survey.repository, survey.project.projects)
    paths = []
    for one in mended:
        after.view.suppose(one.path, one.new)
        after.project.before[one.path] = one.old
        paths.append(one.path)
    return after, after.outcomes(Scope(paths=tuple(paths))) if paths else []


def _follows(one: Outcome) -> bool:
    """Say whether a script follows its notebook, which itself stays as it was mended."""
    fine = (Status.IN_SYNC, Status.SCRIPT_STALE)
    return one.status in fine and all(each.path != one.notebook for each in one.changes)


def _why(one: Outcome) -> str:
    if not one.findings:
        return f"{one.script} cannot follow"
    finding = one.findings[0]
    return f"{finding.location.path} {finding.message}"


def _change(one: Mended) -> Change:
    count = "1 problem" if len(one.fixed) == 1 else f"{len(one.fixed)} problems"
    return Change(one.path, one.old, one.new, f"{one.path}: {count} fixed")
