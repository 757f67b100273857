"""Look over a repository: read it once, settle every pair in scope, remember what is known good."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mlv_hooks import start
from mlv_hooks.orphans import lost_script, orphans, scripts_when_deleted
from mlv_hooks.pair.bases import save_records
from mlv_hooks.pair.records import Records
from mlv_hooks.project import Project
from mlv_hooks.projects import Projects
from mlv_hooks.repository.cache import Cache
from mlv_hooks.repository.git import FileChange, Git, GitError
from mlv_hooks.repository.view import View
from mlv_hooks.settings_change import former_projects, settled_anew
from mlv_hooks.shared_files import refuse_shared
from mlv_hooks.stage.stage_survey import stage_outcomes
from mlv_hooks.step.step_of import made_from, maker_of, step_path

if TYPE_CHECKING:
    from mlv_hooks.pair.pairing import Outcome

Progress = Callable[[int, int], None]

# Below this many pairs to settle, starting a second process costs more than it brings.
_WORTH_A_POOL = 16
# Below this many changed files, reading the cache costs more than it brings.
_WORTH_A_LOOK = 20
_HEADER = r"^[#/;%-]+ *(kernelspec|format_name):"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository: its git, the git folder of this worktree, and the one that all share."""

    git: Git
    private: str
    common: str

    @property
    def state(self) -> str:
        """Where this worktree's own records are."""
        return os.path.join(self.private, "mlv")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which pairs to look at: those of what changed against HEAD, of ``paths``, or all.

    ``since`` is how ``paths`` came about where they are what a branch changed.
    """

    changed: bool = False
    paths: tuple[str, ...] | None = None
    since: tuple[FileChange, ...] | None = None


class Survey:
    """One look at the notebooks of a repository: their pairs, their steps and stages, or both."""

    def __init__(
        self,
        repository: Repository,
        projects: Projects,
        *,
        staged: bool = False,
        pairs: bool = True,
        steps: bool = True,
        prefer: str | None = None,
        adopt: bool = False,
        progress: Progress | None = None,
    ) -> None:
        git = repository.git
        self.repository = repository
        self.adopt = adopt
        self.view = View(git, staged)
        self.progress = progress or (lambda done, total: None)
        records = Records(repository.state)
        self.project = Project(git, self.view, projects, records, prefer, pairs, steps)

    @cached_property
    def cache(self) -> Cache:
        """The pairs that are known good by the settings as they are."""
        return self._cache_of(self._key())

    def outcomes(self, scope: Scope, *, skip_good: bool = False) -> list[Outcome]:
        """Return how each pair in scope stands, by notebook.

        With ``skip_good`` pairs that are surely in line, by what git says, may be left out.
        """
        everything = scope == Scope() and not self.view.staged
        found = self._since_good_tree() if everything and skip_good else None
        if found is None:
            self.project.changes = self.repository.git.changes(cached=self.view.staged)
            self.project.base = "HEAD"
            self.project.former = former_projects(self.project)
            self.project.known = self.cache.load()
            found = self._outcomes(scope)
        whole = self.project.pairs and self.project.steps
        if everything and whole and not any(one.changes or one.findings for one in found):
            self._remember_tree()
        return found

    def _since_good_tree(self) -> list[Outcome] | None:
        """Return how the pairs stand that differ from the tree known good: all others are in line.

        None where more than these may matter.
        """
        repository = self.repository
        good = start.good_tree(repository.common, repository.git.top)
        if good is None:
            return None
        try:
            changes = repository.git.changes_since(good.tree)
        except GitError:  # a tree that git has dropped since
            return None
        if any(one.status != "M" or start.is_settings(_name(one.path)) for one in changes):
            return None
        self.cache = self._cache_of(good.key)
        paths = {one.path for one in changes}
        scripts = good.scripts()
        pairs = scripts.items()
        beside = {one for one, other in pairs if one in paths or other in paths}
        self.view.narrow(sorted(paths | beside | {scripts[one] for one in beside}), paths)
        self.project.changes, self.project.base = changes, good.tree
        self.project.known = self.cache.load() if len(paths) > _WORTH_A_LOOK else {}
        found = self._outcomes(Scope(paths=tuple(paths)))
        if all(one.script is None or scripts.get(one.script) == one.notebook for one in found):
            return found
        del self.cache
        self.view.widen()
        return None

    def _remember_tree(self) -> None:
        """Keep HEAD's tree as good when the worktree holds just that, with each script tracked."""
        git, repository, project = self.repository.git, self.repository, self.project
        tree = git.line("rev-parse", "--quiet", "--verify", "HEAD^{tree}")
        if not tree or git.changes_since(tree):
            return
        self.view.widen()
        project.known = self.cache.load()
        scripts = {one: path for path in project.notebooks() for one in project.scripts_of(path)}
        if scripts and scripts.keys() <= self.view.blobs.keys():
            good = start.GoodTree.of(tree, self.cache.key, self._folders(), scripts)
            start.remember(repository.common, git.top, good)

    def _outcomes(self, scope: Scope) -> list[Outcome]:
        project = self.project
        notebooks = list(self._notebooks(scope))
        found = {path: project.is_known(path) for path in notebooks}
        unknown = [path for path, outcome in found.items() if outcome is None]
        found.update(self._settle(unknown))
        self.remember([one for path in unknown if (one := found[path])])
        settled = [one for one in found.values() if one]
        every = sorted(
            [*refuse_shared(settled), *self._orphans(scope, settled)], key=lambda one: one.notebook
        )
        if not project.steps:
            return every
        stages = stage_outcomes(
            project,
            every,
            everything=scope == Scope(),
            adopt=self.adopt,
            since=scope.since or (),
        )
        return [*every, *stages]

    def unpaired(self) -> int:
        """Count the notebooks that have no script yet, without making one."""
        project = self.project
        scripts = (project.scripts_of(path) for path in project.notebooks())
        return sum(not all(map(self.view.exists, paths)) for paths in scripts)

    def tracks_notebooks(self) -> bool:
        """Say whether git tracks any notebook that the settings cover."""
        self.view.widen()
        return bool(self.project.notebooks())

    def remember(self, outcomes: Iterable[Outcome]) -> None:
        """Put the pairs that are in line into the cache."""
        from mlv_hooks.pair.pairing import Status

        for one in outcomes:
            if one.status is not Status.IN_SYNC or one.changes or one.findings:
                continue
            blob = self.view.blob(one.notebook)
            made = self.project.scripts_of(one.notebook) if self.project.pairs else []
            made += [one.step] if one.step else []
            scripts = [(path, self.view.blob(path)) for path in made]
            if blob:
                known = [(path, script) for path, script in scripts if script]
                if len(known) == len(scripts):
                    self.cache.add(one.notebook, blob, known)
        self.cache.save()

    def record(self, outcomes: Iterable[Outcome]) -> None:
        """Keep the pairs as written as the base of the edits to come."""
        pairs = {}
        for one in outcomes:
            if not one.changes or one.script is None:
                continue
            new = {change.path: change.new for change in one.changes}
            both = [new.get(path, self.view.read(path)) for path in (one.notebook, one.script)]
            if both[0] is not None and both[1] is not None:
                pairs[one.notebook, one.script] = (both[0], both[1])
        save_records(self.repository.git, self.project.records, pairs)

    def _cache_of(self, key: str) -> Cache:
        return Cache(os.path.join(self.repository.common, "mlv"), key)

    def _key(self) -> str:
        """Return a digest of all that decides what a notebook's script is."""
        folders = self._folders()
        settings = {self.project.projects.of(f"{folder}/"): None for folder in folders}
        blobs = [
            f"{path}\0{self.view.blob(path)}"
            for path in self.view.blobs
            if start.is_settings(_name(path))
        ]
        blobs += [f"{path}\0{self.view.blob(path)}" for path in self._untracked_configs(folders)]
        looked = f"{self.project.pairs} {self.project.steps}"
        versions = (start.own_version().decode(), start.jupytext_version().decode())
        parts = (*versions, repr(settings), looked, *blobs)
        return hashlib.sha256("\0\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[
            :20
        ]

    def _untracked_configs(self, folders: Sequence[str]) -> list[str]:
        """Return what jupytext may be configured by, beside a notebook or above, and git lacks."""
        found = start.settings_files(self.repository.git.top, folders)
        return [path for path in found if path not in self.view.blobs]

    def _folders(self) -> list[str]:
        """Return the folders in which settings count: those of notebooks, and all above."""
        folders = {""}
        for path in self.view.blobs:
            folder = path.rpartition("/")[0] if path.endswith(".ipynb") else ""
            while folder not in folders:
                folders.add(folder)
                folder = folder.rpartition("/")[0]
        return sorted(folders)

    def _notebooks(self, scope: Scope) -> Iterator[str]:
        project = self.project
        if not scope.changed and scope.paths is None:
            yield from project.notebooks()
            return
        paths = list(scope.paths or ())
        if scope.changed:
            # A script that is gone or renamed while its notebook stays comes back.
            changed = ((one.path, one.source) for one in project.changes)
            paths += [path for both in changed for path in both if path]
            paths += settled_anew(project)
        there = set(project.notebooks())
        wanted = [path for path in dict.fromkeys(paths) if self._is_notebook(path, there)]
        scripts = [path for path in dict.fromkeys(paths) if not path.endswith(".ipynb")]
        yield from wanted
        near = project.candidates(scripts) if scripts else []
        for path in near:
            made = {*project.scripts_of(path), project.step_of(path)}
            if path not in wanted and made & set(scripts):
                yield path

    def _is_notebook(self, path: str, there: set[str]) -> bool:
        if path in there:
            return True
        covered = self.project.projects.covers(path)
        return (
            covered
            and os.path.lexists(os.path.join(self.repository.git.top, path))
            and (path not in self.view.blobs and not self._is_deleted(path))
        )

    def _is_deleted(self, path: str) -> bool:
        return any(one.path == path and one.status == "D" for one in self.project.changes)

    def _settle(self, paths: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
        self.project.foresee(paths)
        workers = min(os.cpu_count() or 1, 4)
        if len(paths) < _WORTH_A_POOL or workers < 2 or not hasattr(os, "fork"):
            for number, path in enumerate(paths, 1):
                yield path, self.project.outcome(path)
                self.progress(number, len(paths))
            return
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        _shared.append(self.project)
        try:
            with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
                results = pool.map(_outcome, paths, chunksize=4)
                for number, (path, outcome) in enumerate(zip(paths, results, strict=True), 1):
                    # jupytext takes long to load: once is enough, while the others go on.
                    yield path, outcome or self.project.outcome(path)
                    self.progress(number, len(paths))
        finally:
            _shared.clear()

    def _orphans(self, scope: Scope, settled: Sequence[Outcome]) -> Iterator[Outcome]:
        project = self.project
        done = {change.path for one in settled for change in one.changes}
        seen = set()
        for one in project.changes:
            gone = one.path if one.status == "D" else one.source
            if gone and project.projects.covers(gone) and self._is_wanted(gone, scope):
                for outcome in orphans(project, gone):
                    if outcome.script not in done:
                        seen.add(outcome.script)
                        yield outcome
        every = scope.paths is None or scope.since is not None
        lost = dict(self._lately_lost()) if scope.changed or every else {}
        if not scope.changed and every:
            owned = {one.step for one in settled}
            scripts = dict(self._once_lost()) if project.pairs else {}
            steps = dict(self._lone_steps(owned)) if project.steps else {}
            lost = scripts | steps | lost
        for script, notebook in lost.items():
            if scope.since is not None and not {script, notebook} & {*(scope.paths or ())}:
                continue
            if script not in seen | done:
                lone = lost_script(project, script, notebook)
                if lone:
                    yield lone

    def _is_wanted(self, path: str, scope: Scope) -> bool:
        return scope.paths is None or scope.changed or path in scope.paths

    def _lately_lost(self) -> Iterator[tuple[str, str]]:
        """Give what was made of notebooks that one of the last commits deleted, and which."""
        git, view = self.repository.git, self.view
        projects = self.project.projects
        gone = [one for one in git.deleted_lately() if projects.covers(one)]
        gone = [one for one in gone if one not in view.blobs]
        for notebook in gone if self.project.steps else ():
            settings = projects.of(notebook)
            step = step_path(notebook, settings)
            if step in view.blobs and made_from(view.read(step) or b"", notebook, settings):
                yield step, notebook
        # Nothing of such a name is left in most repositories, and reading a notebook costs.
        names = {_stem(one) for one in view.blobs} if gone and self.project.pairs else set()
        for notebook in gone:
            if any(_stem(notebook) in name for name in names):
                for script in scripts_when_deleted(self.project, notebook):
                    yield script, notebook

    def _once_lost(self) -> Iterator[tuple[str, str]]:
        """Give the scripts with jupytext's header that stand alone, and their notebook's path."""
        git, view = self.repository.git, self.view
        for script in git.grep(_HEADER, [".", ":(exclude)*.ipynb"], cached=view.staged):
            notebook = f"{os.path.splitext(script)[0]}.ipynb"
            if script.endswith((".ipynb", ".md", ".toml", ".yaml", ".yml")):
                continue
            if not view.exists(notebook) and self.project.projects.covers(notebook):
                yield script, notebook

    def _lone_steps(self, owned: set[str | None]) -> Iterator[tuple[str, str]]:
        """Give the steps whose notebook is gone, and that notebook's path."""
        view, projects = self.view, self.project.projects
        heads = {one.at_steps.rpartition("/")[0]: one for one in projects.all()}
        for path in view.blobs:
            settings = heads.get(path.rpartition("/")[0])
            if settings is None or not path.endswith(".py") or path in owned:
                continue
            notebook = maker_of(view.read(path) or b"", settings)
            if notebook and not view.exists(notebook) and projects.covers(notebook):
                yield path, notebook


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


_shared: list[Project] = []


def _outcome(path: str) -> Outcome | None:
    """Return the outcome of one notebook, None where it takes jupytext."""
    from mlv_hooks.pair.pairing import JupytextNeeded

    _shared[0].may_load = False
    try:
        return _shared[0].outcome(path)
    except JupytextNeeded:
        return None


def _name(path: str) -> str:
    return path.rpartition("/")[2]
