"""What a hook run does: what hangs on the notebooks of a commit is checked, written and staged."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlv_hooks.checks.places import Places
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.plan import Change
from mlv_hooks.projects import Projects
from mlv_hooks.repository.apply import recover, write
from mlv_hooks.repository.view import After, View
from mlv_hooks.survey import Repository, Scope, Survey

if TYPE_CHECKING:
    from mlv_hooks.checks.baseline import Entry
    from mlv_hooks.pair.pairing import Outcome

Tell = Callable[[str], None]
Report = Callable[[Sequence[Diagnostic], Places], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What a hook, by its ``id``, brings in line: scripts, steps and stages; what it ``checks``."""

    id: str
    pairs: bool = True
    steps: bool = True
    checks: bool = True


ALL = Job("mlv")
PAIR = Job("mlv-pair", steps=False, checks=False)
STAGE = Job("mlv-stage", pairs=False, checks=False)


@dataclass(frozen=True, slots=True)
class Run:
    """One hook run and where it speaks: ``tell`` for files, ``report`` for findings, if any."""

    repository: Repository
    projects: Projects
    environ: Mapping[str, str]
    tell: Tell
    report: Report

    def check(self, files: Sequence[str]) -> int:
        """Report what the rules find in what is staged; return the exit code."""
        from mlv_hooks.checks.examine import examine

        whole = self._is_whole(files)
        survey = Survey(self.repository, self.projects, staged=not whole)
        scope = _scope(survey, files, whole)
        outcomes = survey.outcomes(scope)
        if not whole:
            outcomes = [one for one in outcomes if _is_of_commit(survey, one, files)]
        everything = scope == Scope()
        old = self._baseline(survey) if outcomes else ()
        done = examine(survey, outcomes, self.projects, baseline=old, everything=everything)
        found = done.findings if whole else self._own(done.findings, survey.view)
        self.report(found, Places(survey.view.read, outcomes))
        return 1 if found else 0

    def bring(self, job: Job, files: Sequence[str]) -> int:
        """Bring in line what is staged, and ``files`` as the runner names them.

        Returns the exit code.
        """
        recovered = recover(self.repository)
        for line in recovered:
            self.tell(line)
        whole = self._is_whole(files)
        survey = Survey(
            *(self.repository, self.projects), staged=not whole, pairs=job.pairs, steps=job.steps
        )
        scope = _scope(survey, files, whole)
        outcomes = survey.outcomes(scope)
        stashed = self._stashed(outcomes)
        outcomes = [one for one in outcomes if whole or not _is_at_work(survey, one, stashed)]
        findings = [finding for one in outcomes for finding in one.findings]
        changes = [change for one in outcomes for change in one.changes]
        after = After(survey.view, {one.path: one.new for one in changes})
        if job.checks and outcomes:
            from mlv_hooks.checks.examine import stopping

            old, everything = self._baseline(survey), scope == Scope()
            found = stopping(survey, outcomes, self.projects, old, after, everything=everything)
            findings += found if whole else self._own(found, after)
        places = Places(after.read, outcomes)
        if whole:
            return self._write_only(job, survey, outcomes, changes, findings, places)
        changes += _unstaged_scripts(survey, outcomes)
        findings += self._unsafe(survey, outcomes, stashed, bool(recovered))
        if findings:
            self.report(findings, places)
            return 1
        if self.environ.get("CI") or not self.projects.top.stage_generated:
            return self._write_only(job, survey, outcomes, changes, findings, places)
        write(self.repository, changes, job.id, self.tell, stage=True)
        self._done(survey, outcomes, changes)
        if changes and self.repository.git.is_merging_now():
            # git has written the tree of the merge before it asked us.
            self.tell("the merge is not committed yet: `git commit` to finish it with these files")
            return 1
        return 0

    def _is_whole(self, files: Sequence[str]) -> bool:
        """Say whether the runner was asked for more than a commit: ``--all-files``, ``--files``."""
        # git names its index to the hooks of a commit. In a merge pre-commit hands over what
        # either side changed: that may be in HEAD already.
        if "GIT_INDEX_FILE" in self.environ:
            return False
        staged = {one.path for one in self.repository.git.changes(cached=True)}
        return any(path not in staged for path in files)

    def _own(self, found: Sequence[Diagnostic], held: View | After) -> list[Diagnostic]:
        """Return what is not about a notebook that the other side of a merge brings as it is."""
        paths = sorted({one.location.path for one in found})
        heads = self.repository.git.other_heads() if paths else []
        blobs = [self.repository.git.blobs_at(commit, paths) for commit, _ in heads]
        theirs = {path for one in blobs for path in one if one[path] == held.blob(path)}
        return [one for one in found if one.location.path not in theirs]

    def _baseline(self, survey: Survey) -> Sequence[Entry]:
        from mlv_hooks.checks.baseline import load_baseline

        return load_baseline(survey.view.read, self.projects.top.baseline)

    def _write_only(
        self,
        job: Job,
        survey: Survey,
        outcomes: Sequence[Outcome],
        changes: Sequence[Change],
        findings: Sequence[Diagnostic],
        places: Places,
    ) -> int:
        """Write without staging, as hooks did before us; the person adds the files."""
        write(self.repository, changes, job.id, self.tell)
        self._done(survey, outcomes, changes)
        if changes:
            self.tell("to commit them: git add " + " ".join(_quoted(one.path) for one in changes))
        self.report(findings, places)
        return 1 if changes or findings else 0

    def _done(self, survey: Survey, outcomes: Sequence[Outcome], changes: Sequence[Change]) -> None:
        survey.record(outcomes)
        for change in changes:
            self.tell(change.note)

    def _stashed(self, outcomes: Sequence[Outcome]) -> set[str]:
        """Return what the runner has put aside; it matters only when there is work to do."""
        if not any(one.changes for one in outcomes):
            return set()
        from mlv_hooks.repository.stash import stashed_paths

        return stashed_paths(self.repository.git)

    def _unsafe(
        self,
        survey: Survey,
        outcomes: Sequence[Outcome],
        stashed: set[str],
        recovered: bool,
    ) -> Iterator[Diagnostic]:
        """Yield a finding for each file that cannot be written and staged without harm."""
        runner = "PRE_COMMIT" in self.environ
        why = "was changed by another hook" if runner else "has edits not staged"
        why = "was written by the interrupted run" if recovered else why
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
                    message = f"{why}: `git add` it, then commit again"
                    yield Diagnostic("MLV303", message, Location(path))


def _scope(survey: Survey, files: Sequence[str], whole: bool) -> Scope:
    if not whole:
        return Scope(changed=True, paths=tuple(files))
    everything = set(survey.project.notebooks()) <= set(files)
    return Scope() if everything else Scope(paths=tuple(files))


def _is_of_commit(survey: Survey, outcome: Outcome, files: Sequence[str]) -> bool:
    """Say whether this commit has to do with a notebook, or with what was made of it.

    An orphan may be left by an earlier commit.
    """
    from mlv_hooks.pair.pairing import Status

    if outcome.status is not Status.ORPHANED:
        return True
    touched = {*files}.union(*((one.path, one.source) for one in survey.project.changes))
    return outcome.notebook in touched or outcome.script in touched


def _is_at_work(survey: Survey, outcome: Outcome, stashed: set[str]) -> bool:
    """Say whether somebody edits a script that an earlier commit left without its notebook.

    This commit has nothing to do with it, so that it must not be stopped either.
    """
    from mlv_hooks.pair.pairing import Status

    script = outcome.script
    if outcome.status is not Status.ORPHANED or script is None:
        return False
    if any(outcome.notebook in (one.path, one.source) for one in survey.project.changes):
        return False
    return script in stashed or not survey.view.agrees(script)


def _unstaged_scripts(survey: Survey, outcomes: Sequence[Outcome]) -> Iterator[Change]:
    """Yield the scripts and steps that are in line already but that git does not have yet."""
    for one in outcomes:
        if one.findings:
            continue
        written = {change.path for change in one.changes}
        for path in (one.script, one.step):
            if path is None or path in written or path in survey.view.blobs:
                continue
            data = survey.view.read(path)
            if data is not None and (path == one.step or not one.changes):
                yield Change(path, data, data, f"{path} added beside {one.notebook}")


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(os.path.join(".", path) if path.startswith("-") else path)
