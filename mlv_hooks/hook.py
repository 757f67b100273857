"""What a hook run does: the pairs of the commit under way, written and staged with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlv_hooks.apply import recover, write
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.plan import Change
from mlv_hooks.survey import Repository, Scope, Survey

if TYPE_CHECKING:
    from mlv_hooks.pairing import Outcome

Tell = Callable[[str], None]
Report = Callable[[Sequence[Diagnostic]], None]


@dataclass(frozen=True, slots=True)
class Run:
    """One hook run and where it speaks: ``tell`` for files, ``report`` for findings."""

    repository: Repository
    settings: Settings
    environ: Mapping[str, str]
    tell: Tell
    report: Report

    def pair(self, files: Sequence[str]) -> int:
        """Pair what is staged, and ``files`` as the runner names them; return the exit code."""
        for line in recover(self.repository):
            self.tell(line)
        git = self.repository.git
        staged = {one.path for one in git.changes(cached=True)}
        whole = any(path not in staged for path in files)
        survey = Survey(self.repository, self.settings, staged=not whole)
        outcomes = survey.outcomes(_scope(survey, files, whole))
        findings = [finding for one in outcomes for finding in one.findings]
        changes = [change for one in outcomes for change in one.changes]
        if whole:
            return self._write_only(survey, outcomes, changes, findings)
        changes += _unstaged_scripts(survey, outcomes)
        findings += self._unsafe(survey, outcomes, changes)
        if findings:
            self.report(findings)
            return 1
        if self.environ.get("CI") or not self.settings.stage_generated:
            return self._write_only(survey, outcomes, changes, findings)
        write(self.repository, changes, "mlv-pair", stage=True)
        self._done(survey, outcomes, changes)
        return 0

    def _write_only(
        self,
        survey: Survey,
        outcomes: Sequence[Outcome],
        changes: Sequence[Change],
        findings: Sequence[Diagnostic],
    ) -> int:
        """Write without staging, as hooks did before us; the person adds the files."""
        write(self.repository, changes, "mlv-pair")
        self._done(survey, outcomes, changes)
        if changes:
            self.tell("to commit them: git add " + " ".join(_quoted(one.path) for one in changes))
        self.report(findings)
        return 1 if changes or findings else 0

    def _done(self, survey: Survey, outcomes: Sequence[Outcome], changes: Sequence[Change]) -> None:
        survey.record(outcomes)
        for change in changes:
            self.tell(change.note)

    def _unsafe(
        self, survey: Survey, outcomes: Sequence[Outcome], changes: Sequence[Change]
    ) -> Iterator[Diagnostic]:
        """Yield a finding for each file that cannot be written and staged without harm."""
        if not changes:
            return
        from mlv_hooks.stash import stashed_paths

        runner = "PRE_COMMIT" in self.environ
        stashed = stashed_paths(self.repository.git)
        told = set()
        for one in outcomes:
            written = {change.path for change in one.changes}
            pair = {one.notebook, one.script or one.notebook} if runner and written else set()
            for path in sorted(written | pair):
                if path in told:
                    continue
                told.add(path)
                if path in written and path in stashed:
                    message = (
                        "has edits that are not staged, and this commit must write it: "
                        "`git add` it, or `git stash` them, then commit again"
                    )
                    yield Diagnostic("MLV303", message, Location(path))
                elif not survey.view.agrees(path):
                    why = "was changed by another hook" if runner else "has edits not staged"
                    message = f"{why}: `git add` it, then commit again"
                    yield Diagnostic("MLV303", message, Location(path))


def _scope(survey: Survey, files: Sequence[str], whole: bool) -> Scope:
    if not whole:
        return Scope(changed=True, paths=tuple(files))
    everything = set(survey.project.notebooks()) <= set(files)
    return Scope() if everything else Scope(paths=tuple(files))


def _unstaged_scripts(survey: Survey, outcomes: Sequence[Outcome]) -> Iterator[Change]:
    """Yield the scripts that are in line already but that git does not have yet."""
    for one in outcomes:
        if one.script and not one.changes and not one.findings:
            data = survey.view.read(one.script)
            if data is not None and one.script not in survey.view.blobs:
                yield Change(one.script, data, data, f"{one.script} added beside {one.notebook}")


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(os.path.join(".", path) if path.startswith("-") else path)
