"""The stages of a repository: what its notebooks declare, and how dvc.yaml and its like stand."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.dvc_files import DVC_FILE, PARAMS_FILE
from mlv_hooks.notebook import may_declare_step
from mlv_hooks.step_of import step_path

if TYPE_CHECKING:
    from mlv_hooks.git import FileChange
    from mlv_hooks.pairing import Outcome
    from mlv_hooks.pipeline import Stage
    from mlv_hooks.project import Project
    from mlv_hooks.renamed_lock import Rename
    from mlv_hooks.stages import Declared

_SOURCES = ("", "src")
"""Where modules are looked for, beside the notebook's folder."""


def stage_outcome(
    project: Project,
    outcomes: Sequence[Outcome],
    *,
    everything: bool,
    adopt: bool = False,
    since: Sequence[FileChange] = (),
) -> Outcome | None:
    """Return how dvc.yaml stands, as the outcome of that file; None when it is in line.

    With ``everything`` all stages of ours are looked at, else those of the notebooks in
    ``outcomes``, and all when dvc.yaml or params.yaml changed; ``since`` is what changed before
    HEAD and counts too. Nothing of DVC's is loaded or read where no notebook has a stage.
    """
    text = project.view.read(DVC_FILE)
    owns = text is not None and b"notebook:" in text
    if not owns and not any(one.step for one in outcomes):
        return None
    from mlv_hooks.input_survey import outputs_elsewhere
    from mlv_hooks.pairing import Outcome, Status
    from mlv_hooks.stages import Question, settle_stages

    survey = _Survey(project, outcomes, everything, since)
    looked = dict(survey.looked())
    question = Question(
        looked=looked,
        renamed=survey.renamed,
        read=project.view.read,
        head=cache(lambda path: _in_head(project, path)),
        stands=lambda path: project.view.exists(path) and project.settings.covers(path),
        tracked=lambda paths: _tracked(project, paths),
        ignored=lambda paths: _ignored(project, paths),
        elsewhere=lambda: outputs_elsewhere(project.git, project.view.read),
        adopt=adopt,
    )
    plan = settle_stages(question)
    changes = () if survey.mistakes else plan.changes
    found = (*survey.mistakes, *plan.findings)
    pending = (*plan.pending, *_nowhere(project, looked))
    if not (changes or found or pending):
        return None
    return Outcome(DVC_FILE, None, Status.IN_SYNC, changes, found, pending=pending)


def module_roots(notebook: str) -> tuple[str, ...]:
    """Return the folders in which the modules that a notebook imports are looked for."""
    return tuple(dict.fromkeys((posixpath.dirname(notebook), *_SOURCES)))


def owned_stages(text: bytes | None) -> list[Stage]:
    """Return the stages of a dvc.yaml that notebooks own; none where it can't be read."""
    if text is None or b"notebook:" not in text:
        return []
    from mlv_hooks.pipeline import PipelineError, read_pipeline

    try:
        pipeline = read_pipeline(text.decode("utf-8", "surrogateescape"))
    except PipelineError:
        return []
    return [one for one in pipeline.stages.values() if one.notebook]


def decides(path: str, pipeline: bytes) -> bool:
    """Say whether a file that is no pair may change stages: a module brings what it imports.

    ``pipeline`` is the text of dvc.yaml.
    """
    if path in (DVC_FILE, PARAMS_FILE):
        return True
    return path.endswith(".py") and f"- {path}".encode("utf-8", "surrogateescape") in pipeline


class _Survey:
    """Goes through the notebooks in scope; ``mistakes`` is what their declarations have."""

    def __init__(
        self,
        project: Project,
        outcomes: Sequence[Outcome],
        everything: bool,
        since: Sequence[FileChange],
    ) -> None:
        self.project = project
        self.outcomes = outcomes
        self.mistakes: list[Diagnostic] = []
        self.told = {finding for one in outcomes for finding in one.findings}
        changes = project.changes
        self.renamed = {one.path: one.source for one in changes if one.status == "R" and one.source}
        self.changes = [*changes, *since]
        text = project.view.read(DVC_FILE) or b""
        self.everything = everything or any(decides(one.path, text) for one in self.changes)

    def looked(self) -> Iterator[tuple[str, Declared | None]]:
        """Give each notebook in scope and what it declares; None for one without a stage."""
        from mlv_hooks.pairing import Status

        gone = (Status.ORPHANED, Status.ORPHAN_EDITED)
        refused = (Status.UNREADABLE, Status.CONFLICT)
        seen = set(self.renamed.values())
        for one in self.outcomes:
            if one.notebook in seen:
                continue
            seen.add(one.notebook)
            if one.status in gone:
                yield one.notebook, None
            elif one.status not in refused:
                new = {change.path: change.new for change in one.changes}
                yield from self._declared(one.notebook, new)
        for path in sorted(self._owners() - seen):
            if self.project.view.exists(path) and self.project.settings.covers(path):
                if self.everything:
                    yield from self._declared(path, {})
            elif self.everything or self._is_deleted(path):
                yield path, None

    def _is_deleted(self, path: str) -> bool:
        return any(path in (one.path, one.source) for one in self.changes)

    def _owners(self) -> set[str]:
        """Return the notebooks that own a stage, or did before dvc.yaml changed."""
        found = owned_stages(self.project.view.read(DVC_FILE))
        if any(one.path == DVC_FILE for one in self.changes):
            found += owned_stages(_held(self.project, self.project.base, DVC_FILE))
        return {one.notebook for one in found if one.notebook}

    def _declared(
        self, path: str, new: dict[str, bytes | None]
    ) -> Iterator[tuple[str, Declared | None]]:
        """Give what a notebook that stands declares; nothing when that can't be known."""
        from mlv_hooks.content import Content
        from mlv_hooks.local_modules import local_modules
        from mlv_hooks.metadata import read_stages
        from mlv_hooks.stage import write_stage
        from mlv_hooks.stages import Declared

        view, settings = self.project.view, self.project.settings
        data = new.get(path) or view.read(path) or b""
        content = Content(lambda: data)
        if not may_declare_step(data) or content.notebook is None:
            yield path, None
            return
        step = step_path(path, settings)
        parameters = content.parameters(settings) if content.is_python else None
        specs, mistakes = read_stages(path, content.notebook.metadata, parameters, step)
        if mistakes:
            found = (
                Diagnostic(one.code, one.message, Location(path, one.cell, one.line))
                for one in mistakes
            )
            self.mistakes += [one for one in found if one not in self.told]
            return
        module = new[step] if step in new else view.read(step)
        if not specs or module is None:
            if not specs:
                yield path, None
            return
        folder = posixpath.dirname(path)
        modules = local_modules(module.decode("utf-8", "replace"), module_roots(path), view.read)
        given = parameters.parameters if parameters else ()
        yield (
            path,
            Declared(
                path,
                tuple((one, write_stage(one, path, folder, step, given, modules)) for one in specs),
                self._rename(path, step, module),
            ),
        )

    def _rename(self, path: str, step: str, module: bytes) -> Rename | None:
        """Return how a step was renamed that does what it did in HEAD, None for any other."""
        former = self.renamed.get(path)
        if former is None or posixpath.dirname(former) != posixpath.dirname(path):
            return None
        from mlv_hooks.content import Content
        from mlv_hooks.renamed_lock import Rename
        from mlv_hooks.step import same_step
        from mlv_hooks.step_of import translate

        settings = self.project.settings
        before = step_path(former, settings)
        data, old = _in_head(self.project, former), _in_head(self.project, before)
        if data is None or old is None:
            return None
        then, now = (translate(Content(lambda: data), one, settings) for one in (former, path))
        held = ((then.text, old), (now.text, module))
        if all(text and same_step(text, one.decode("utf-8", "replace")) for text, one in held):
            return Rename(before, step, module)
        return None


def _nowhere(project: Project, looked: Mapping[str, Declared | None]) -> Sequence[Diagnostic]:
    """Return the declared inputs that are nowhere; a commit does not ask for them."""
    declared = [one for one in looked.values() if one]
    if project.view.staged or not declared:
        return ()
    from mlv_hooks.input_survey import inputs_nowhere

    return inputs_nowhere(project.git, project.view.read, declared)


def _tracked(project: Project, paths: Sequence[str]) -> set[str]:
    """Return those of ``paths`` that git tracks, or of which it tracks what is below."""
    files = project.git.index(paths)[0]
    return {one for one in paths if any(f"{file}/".startswith(f"{one}/") for file in files)}


def _ignored(project: Project, paths: Collection[str]) -> set[str]:
    """Return those of ``paths`` that git would not add: ignored, or beyond a symbolic link."""
    top = os.path.realpath(project.git.top)
    folders = {one: os.path.join(top, posixpath.dirname(one)) for one in paths}
    beyond = {
        one for one in paths if os.path.realpath(folders[one]) != os.path.normpath(folders[one])
    }
    return beyond | project.git.is_ignored(one for one in paths if one not in beyond)


def _in_head(project: Project, path: str) -> bytes | None:
    return _held(project, "HEAD", path)


def _held(project: Project, base: str, path: str) -> bytes | None:
    """Return a file of a commit or tree."""
    if base == "HEAD" and project.git.commit("HEAD") is None:
        return None
    blob = project.git.blobs_at(base, [path]).get(path)
    return project.git.blob(blob) if blob else None
