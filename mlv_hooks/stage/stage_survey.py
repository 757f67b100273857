"""The stages of each project: what its notebooks declare, and how dvc.yaml and its like stand."""

from __future__ import annotations

import os
import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.notebook import may_declare_step
from mlv_hooks.repository.files import folders_above
from mlv_hooks.repository.git import Git
from mlv_hooks.repository.view import After
from mlv_hooks.shared_files import shared_pipeline
from mlv_hooks.stage.across_projects import together
from mlv_hooks.stage.dvc_files import DVC_FILE
from mlv_hooks.stage.stage_places import is_no_file, unreadable, unwritable
from mlv_hooks.step.step_of import step_path

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.pair.pairing import Outcome
    from mlv_hooks.plan import Change
    from mlv_hooks.project import Project
    from mlv_hooks.repository.git import FileChange
    from mlv_hooks.stage.pipeline import Stage
    from mlv_hooks.stage.renamed_lock import Rename
    from mlv_hooks.stage.stages import Declared

_STEP_SHARED = "MLV012"


def stage_outcomes(
    project: Project,
    outcomes: Sequence[Outcome],
    *,
    everything: bool,
    adopt: bool = False,
    since: Sequence[FileChange] = (),
) -> list[Outcome]:
    """Return how each dvc.yaml stands that is not in line, as the outcome of that file.

    With ``everything`` all stages of ours are looked at, else those of the notebooks in
    ``outcomes``, and all when dvc.yaml or params.yaml changed; ``since`` is what changed before
    HEAD and counts too. Nothing of DVC's is loaded or read where no notebook has a stage.
    """
    changes = [*project.changes, *since]
    paths = [one.notebook for one in outcomes if one.step]
    paths += [path for one in changes for path in (one.path, one.source) if path]
    by_place: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for one in outcomes:
        by_place[_place(project.projects.of(one.notebook))].append(one)
    found: list[tuple[Settings, Outcome]] = []
    made: dict[str, bytes | None] = {}
    for settings in with_stages(project, paths, everything=everything):
        ours = by_place.get(_place(settings), [])
        try:
            pipeline = project.view.read(settings.at(settings.dvc_file)) or b""
            if b"notebook:" in pipeline or any(one.step for one in ours):
                after = After(project.view, made)
                survey = _Survey(project, after, settings, ours, changes, pipeline, everything)
                outcome = survey.outcome(adopt)
                if outcome:
                    made |= {change.path: change.new for change in outcome.changes}
                    found.append((settings, outcome))
        except OSError as error:
            found.append((settings, _refused(settings, unreadable(error, project.git.top))))
    return together(found, project.git, After(project.view, made))


def _refused(settings: Settings, finding: Diagnostic) -> Outcome:
    from mlv_hooks.pair.pairing import Outcome, Status

    return Outcome(settings.at(settings.dvc_file), None, Status.IN_SYNC, (), (finding,))


def _place(settings: Settings) -> tuple[str, str]:
    """Return what tells one dvc.yaml from another."""
    return settings.root, settings.dvc_file


def with_stages(project: Project, paths: Iterable[str], *, everything: bool) -> Iterator[Settings]:
    """Give the projects above ``paths``, or with ``everything`` all, by their roots.

    Those that HEAD's settings made, or gave another dvc.yaml, are among them.
    """
    folders = {folder for path in paths for folder in folders_above(path)} | {""}
    if everything:
        pipelines = (path for path in project.view.blobs if path.endswith(f"/{DVC_FILE}"))
        folders |= {folder for path in pipelines for folder in folders_above(path)}
    for folder in sorted(folders):
        seen = set()
        for projects in (project.projects, project.former):
            settings = projects.of(f"{folder}/") if projects else None
            if settings and settings.root == folder and settings.dvc_file not in seen:
                seen.add(settings.dvc_file)
                yield settings


def owned_stages(text: bytes | None) -> list[Stage]:
    """Return the stages of a dvc.yaml that notebooks own; none where it can't be read."""
    if text is None or b"notebook:" not in text:
        return []
    from mlv_hooks.stage.pipeline import PipelineError, read_pipeline

    try:
        pipeline = read_pipeline(text.decode("utf-8", "surrogateescape"))
    except PipelineError:
        return []
    return [one for one in pipeline.stages.values() if one.notebook]


class _Survey:
    """Goes through the notebooks of a project; ``mistakes`` is what their declarations have.

    ``outcomes`` are those of the project, ``pipeline`` is its dvc.yaml; ``after`` are the files as
    the projects looked at before leave them.
    """

    def __init__(
        self,
        project: Project,
        after: After,
        settings: Settings,
        outcomes: Sequence[Outcome],
        changes: Sequence[FileChange],
        pipeline: bytes,
        everything: bool,
    ) -> None:
        self.project = project
        self.after = after
        self.settings = settings
        self.outcomes = outcomes
        self.mistakes: list[Diagnostic] = []
        self.told = {finding for one in outcomes for finding in one.findings}
        self.renamed = {
            one.path: one.source
            for one in project.changes
            if one.status == "R" and one.source
            if self._is_ours(one.path) and self._is_ours(one.source)
        }
        self.changes = changes
        self.pipeline = pipeline
        self.everything = (
            everything
            or project.former is not None
            or any(self._decides(one.path) for one in changes)
        )

    def outcome(self, adopt: bool) -> Outcome | None:
        """Return how the project's dvc.yaml stands, None when it is in line."""
        from mlv_hooks.pair.pairing import Outcome, Status
        from mlv_hooks.stage.stages import Question, settle_stages

        at, inside, files = self.settings.at, self.settings.inside, self.settings.files
        looked = {inside(path): declared for path, declared in self.looked()}
        question = Question(
            looked=looked,
            renamed={inside(new): inside(old) for new, old in self.renamed.items()},
            read=lambda path: self.read(files.get(path, path)),
            head=cache(lambda path: self.project.view.held(self._at(path))),
            stands=lambda path: self._stands(at(path)),
            tracked=self._tracked,
            ignored=self._ignored,
            elsewhere=self._elsewhere,
            shown=self._at,
            folder=posixpath.dirname(self.settings.dvc_file),
            adopt=adopt,
        )
        plan = settle_stages(question)
        changes = () if self.mistakes else tuple(map(self._change_at, plan.changes))
        nowhere = self._nowhere([one for one in looked.values() if one])
        unusable = self._unusable(changes) if any(looked.values()) or changes else []
        changes = () if unusable else changes
        found = (*self.mistakes, *map(self._finding_at, plan.findings), *unusable)
        pending = tuple(map(self._finding_at, (*plan.pending, *nowhere)))
        if not (changes or found or pending):
            return None
        return Outcome(self._at(DVC_FILE), None, Status.IN_SYNC, changes, found, pending=pending)

    def _unusable(self, changes: Sequence[Change]) -> list[Diagnostic]:
        """Return what is wrong with DVC's files, and with those that ``changes`` write."""
        shared = shared_pipeline(self.settings, self.project.projects)
        if shared:
            return [shared]
        top, view = self.project.git.top, self.project.view
        paths = [one.path for one in changes]
        for path in map(self.settings.at, self.settings.files.values()):
            if is_no_file(top, path) and not (view.staged and path in view.blobs):
                paths.append(path)
        found = (unwritable(top, path) for path in dict.fromkeys(paths))
        return [one for one in found if one]

    def read(self, path: str) -> bytes | None:
        """Return what is at a path from the project's root."""
        return self.after.read(self.settings.at(path))

    def looked(self) -> Iterator[tuple[str, Declared | None]]:
        """Give each notebook in scope and what it declares; None for one without a stage."""
        from mlv_hooks.pair.pairing import Status

        gone = (Status.ORPHANED, Status.ORPHAN_EDITED)
        refused = (Status.UNREADABLE, Status.CONFLICT)
        seen = set(self.renamed.values())
        for one in self.outcomes:
            if one.notebook in seen:
                continue
            seen.add(one.notebook)
            if one.status in gone:
                yield one.notebook, None
            elif one.status not in refused and not any(
                finding.code == _STEP_SHARED for finding in one.findings
            ):
                new = {change.path: change.new for change in one.changes}
                yield from self._declared(one.notebook, new)
        for path in sorted(self._owners() - seen):
            if self._stands(path):
                if self.everything:
                    yield from self._declared(path, {})
            elif self.everything or self._is_deleted(path):
                yield path, None

    def _is_ours(self, path: str) -> bool:
        return _place(self.project.projects.of(path)) == _place(self.settings)

    def _stands(self, path: str) -> bool:
        """Say whether a notebook of this project is there."""
        return self._is_ours(path) and self.settings.covers(path) and self.project.view.exists(path)

    def _is_deleted(self, path: str) -> bool:
        return any(path in (one.path, one.source) for one in self.changes)

    def _owners(self) -> set[str]:
        """Return the notebooks that own a stage, or did before dvc.yaml changed."""
        if not (self.everything or self.changes):
            return set()  # to read dvc.yaml takes long for a large one
        found, pipeline = owned_stages(self.pipeline), self._at(DVC_FILE)
        if any(one.path == pipeline for one in self.changes):
            found += owned_stages(self.project.view.held(pipeline, self.project.base))
        return {self.settings.at(one.notebook) for one in found if one.notebook}

    def _declared(
        self, path: str, new: dict[str, bytes | None]
    ) -> Iterator[tuple[str, Declared | None]]:
        """Give what a notebook that stands declares; nothing when that can't be known."""
        from mlv_hooks.content import Content
        from mlv_hooks.declared.metadata import stages_of
        from mlv_hooks.stage.local_modules import local_modules, module_roots
        from mlv_hooks.stage.stage import placed, write_stage
        from mlv_hooks.stage.stages import Declared

        view, settings = self.project.view, self.settings
        data = new.get(path) or view.read(path) or b""
        content = Content(lambda: data)
        if not may_declare_step(data) or content.notebook is None:
            yield path, None
            return
        specs, mistakes = stages_of(content, path, settings)
        if mistakes:
            found = (
                Diagnostic(one.code, one.message, Location(path, one.cell, one.line))
                for one in mistakes
            )
            self.mistakes += [one for one in found if one not in self.told]
            return
        step = step_path(path, settings)
        module = new[step] if step in new else view.read(step)
        if not specs or module is None:
            if not specs:
                yield path, None
            return
        notebook, target = settings.inside(path), settings.inside(step)
        folder = posixpath.dirname(notebook)
        source = module.decode("utf-8", "replace")
        modules = local_modules(source, module_roots(notebook), self.read)
        parameters = content.parameters(settings) if content.is_python else None
        given = parameters.parameters if parameters else ()
        written = [write_stage(one, notebook, folder, target, given, modules) for one in specs]
        stages = tuple(
            (one, placed(one.name, made, settings))
            for one, made in zip(specs, written, strict=True)
        )
        yield path, Declared(notebook, stages, self._rename(path, step, module))

    def _rename(self, path: str, step: str, module: bytes) -> Rename | None:
        """Return how a step was renamed that does what it did in HEAD, None for any other."""
        former = self.renamed.get(path)
        if former is None or posixpath.dirname(former) != posixpath.dirname(path):
            return None
        from mlv_hooks.content import Content
        from mlv_hooks.stage.renamed_lock import Rename
        from mlv_hooks.step.step import same_step
        from mlv_hooks.step.step_of import translate

        settings, held = self.settings, self.project.view.held
        before = step_path(former, settings)
        data, old = held(former), held(before)
        if data is None or old is None:
            return None
        then, now = (translate(Content(lambda: data), one, settings) for one in (former, path))
        both = ((then.text, old), (now.text, module))
        if all(text and same_step(text, one.decode("utf-8", "replace")) for text, one in both):
            return Rename(settings.inside(before), settings.inside(step), module)
        return None

    def _tracked(self, paths: Sequence[str]) -> set[str]:
        """Return those of ``paths`` that git tracks, or of which it tracks what is below."""
        at = {one: self.settings.at(one) for one in paths}
        files = self.project.git.index([*at.values()])[0]
        return {one for one in paths if any(f"{file}/".startswith(f"{at[one]}/") for file in files)}

    def _nowhere(self, declared: Sequence[Declared]) -> Sequence[Diagnostic]:
        """Return the declared inputs that are nowhere; a commit does not ask for them."""
        if self.project.view.staged or not declared:
            return ()
        from mlv_hooks.stage.input_survey import inputs_nowhere

        git = Git(posixpath.join(self.project.git.top, self.settings.root))
        return inputs_nowhere(git, self.read, declared, self.settings.dvc_file)

    def _decides(self, path: str) -> bool:
        """Say whether a file that is no pair may change stages: a module brings what it imports."""
        if path in map(self.settings.at, self.settings.files.values()):
            return True
        if not path.endswith(".py"):
            return False
        dep = f"- {self.settings.inside(path)}"
        return dep.encode("utf-8", "surrogateescape") in self.pipeline

    def _at(self, path: str) -> str:
        """Return a path of `settle_stages` from git's top."""
        return self.settings.at(self.settings.files.get(path, path))

    def _finding_at(self, found: Diagnostic) -> Diagnostic:
        """Return a finding with its path from git's top."""
        place = found.location._replace(path=self._at(found.location.path))
        return found._replace(location=place)

    def _ignored(self, paths: Collection[str]) -> set[str]:
        """Return those of ``paths`` that git would not add: ignored, or beyond a symbolic link."""
        git = self.project.git
        top, at = os.path.realpath(git.top), {one: self.settings.at(one) for one in paths}
        folders = {one: os.path.join(top, posixpath.dirname(at[one])) for one in paths}
        beyond = {
            one for one in paths if os.path.realpath(folders[one]) != os.path.normpath(folders[one])
        }
        near = {at[one]: one for one in paths if one not in beyond}
        return beyond | {near[one] for one in git.is_ignored(near)}

    def _elsewhere(self) -> set[str]:
        """Return what .dvc files and other dvc.yaml keep, of what is in this project."""
        from mlv_hooks.stage.input_survey import outputs_elsewhere

        kept = outputs_elsewhere(self.project.git, self.after.read, self._at(DVC_FILE))
        return {self.settings.inside(one) for one, _ in kept if self._is_below(one)}

    def _is_below(self, path: str) -> bool:
        return not self.settings.root or path.startswith(f"{self.settings.root}/")

    def _change_at(self, change: Change) -> Change:
        """Return a change with its path from git's top."""
        path = self._at(change.path)
        return change._replace(path=path, note=path + change.note.removeprefix(change.path))
