"""Look over a repository: read it once, settle every pair in scope, remember what is known good."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlv_hooks import __version__
from mlv_hooks.bases import load_records, save_records
from mlv_hooks.cache import Cache
from mlv_hooks.config import Settings
from mlv_hooks.git import Git
from mlv_hooks.project import Project, refuse_shared
from mlv_hooks.view import View

if TYPE_CHECKING:
    from mlv_hooks.pairing import Outcome

Progress = Callable[[int, int], None]

# Below this many pairs to settle, starting a second process costs more than it brings.
_WORTH_A_POOL = 16
_HEADER = r"^[#/;%-]+ *(kernelspec|format_name):"
_CONFIG_NAMES = ("jupytext", ".jupytext", "pyproject.toml")


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
    """Which pairs to look at: those of what changed against HEAD, of ``paths``, or all."""

    changed: bool = False
    paths: tuple[str, ...] | None = None


class Survey:
    """One look at the pairs of a repository."""

    def __init__(
        self,
        repository: Repository,
        settings: Settings,
        *,
        staged: bool = False,
        prefer: str | None = None,
        progress: Progress | None = None,
    ) -> None:
        git = repository.git
        self.repository = repository
        self.view = View(git, staged)
        self.progress = progress or (lambda done, total: None)
        self.cache = Cache(os.path.join(repository.common, "mlv"), self._key(settings))
        self.project = Project(
            git, self.view, settings, load_records(repository.state), prefer, self.cache.load()
        )

    def outcomes(self, scope: Scope) -> list[Outcome]:
        """Return how each pair in scope stands, by notebook."""
        project = self.project
        project.changes = self.repository.git.changes(cached=self.view.staged)
        notebooks = list(self._notebooks(scope))
        found = {path: project.is_known(path) for path in notebooks}
        unknown = [path for path, outcome in found.items() if outcome is None]
        found.update(self._settle(unknown))
        self.remember([one for path in unknown if (one := found[path])])
        settled = [one for one in found.values() if one]
        return sorted(
            [*refuse_shared(settled), *self._orphans(scope, settled)], key=lambda one: one.notebook
        )

    def unpaired(self) -> int:
        """Count the notebooks that have no script yet, without making one."""
        project = self.project
        scripts = (project.scripts_of(path) for path in project.notebooks())
        return sum(not all(map(self.view.exists, paths)) for paths in scripts)

    def remember(self, outcomes: Iterable[Outcome]) -> None:
        """Put the pairs that are in line into the cache."""
        from mlv_hooks.pairing import Status

        for one in outcomes:
            blob = self.view.blob(one.notebook)
            scripts = [
                (path, self.view.blob(path)) for path in self.project.scripts_of(one.notebook)
            ]
            if one.status is Status.IN_SYNC and not one.changes and blob:
                known = [(path, script) for path, script in scripts if script]
                if len(known) == len(scripts):
                    self.cache.add(one.notebook, blob, known)
        self.cache.save()

    def record(self, outcomes: Iterable[Outcome]) -> None:
        """Keep the pairs as written as the base of the edits to come; the cache learns them too."""
        pairs = {}
        for one in outcomes:
            if not one.changes or one.script is None:
                continue
            new = {change.path: change.new for change in one.changes}
            both = [new.get(path, self.view.read(path)) for path in (one.notebook, one.script)]
            if both[0] is not None and both[1] is not None:
                pairs[one.notebook, one.script] = (both[0], both[1])
        save_records(self.repository.git, self.repository.state, pairs)

    def _key(self, settings: Settings) -> str:
        """Return a digest of all that decides what a notebook's script is."""
        blobs = [
            f"{path}\0{self.view.blob(path)}"
            for path in self.view.blobs
            if path.rpartition("/")[2].startswith(_CONFIG_NAMES)
        ]
        top = self.repository.git.top
        untracked = [
            name
            for name in os.listdir(top)
            if name.startswith(_CONFIG_NAMES) and name not in self.view.blobs
        ]
        blobs += [f"{name}\0{self.view.blob(name)}" for name in sorted(untracked)]
        parts = (__version__, _jupytext_version(), repr(settings), *blobs)
        return hashlib.sha256("\0\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[
            :20
        ]

    def _notebooks(self, scope: Scope) -> Iterator[str]:
        project = self.project
        if not scope.changed and scope.paths is None:
            yield from project.notebooks()
            return
        paths = list(scope.paths or ())
        if scope.changed:
            paths += [one.path for one in project.changes if one.status != "D"]
            # A script that is gone while its notebook stays comes back.
            paths += [one.path for one in project.changes if one.status == "D"]
        there = set(project.notebooks())
        wanted = [path for path in dict.fromkeys(paths) if self._is_notebook(path, there)]
        scripts = [path for path in dict.fromkeys(paths) if not path.endswith(".ipynb")]
        yield from wanted
        near = project.candidates(scripts) if scripts else []
        for path in near:
            if path not in wanted and set(project.scripts_of(path)) & set(scripts):
                yield path

    def _is_notebook(self, path: str, there: set[str]) -> bool:
        if path in there:
            return True
        covered = self.project.settings.covers(path)
        return (
            covered
            and os.path.lexists(os.path.join(self.repository.git.top, path))
            and (path not in self.view.blobs and not self._is_deleted(path))
        )

    def _is_deleted(self, path: str) -> bool:
        return any(one.path == path and one.status == "D" for one in self.project.changes)

    def _settle(self, paths: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
        workers = min(os.cpu_count() or 1, 4)
        if len(paths) < _WORTH_A_POOL or workers < 2 or not hasattr(os, "fork"):
            for number, path in enumerate(paths, 1):
                yield path, self.project.outcome(path)
                self.progress(number, len(paths))
            return
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        import jupytext  # noqa: F401  the workers inherit it

        _shared.append(self.project)
        try:
            with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
                results = pool.map(_outcome, paths, chunksize=4)
                for number, (path, outcome) in enumerate(zip(paths, results, strict=True), 1):
                    yield path, outcome
                    self.progress(number, len(paths))
        finally:
            _shared.clear()

    def _orphans(self, scope: Scope, settled: Sequence[Outcome]) -> Iterator[Outcome]:
        project = self.project
        done = {change.path for one in settled for change in one.changes}
        seen = set()
        for one in project.changes:
            gone = one.path if one.status == "D" else one.source
            if gone and project.settings.covers(gone) and self._is_wanted(gone, scope):
                outcome = project.orphan(gone)
                if outcome and outcome.script not in done:
                    seen.add(outcome.script)
                    yield outcome
        if not scope.changed and scope.paths is None:
            yield from self._lost_scripts(seen | done)

    def _is_wanted(self, path: str, scope: Scope) -> bool:
        return scope.paths is None or scope.changed or path in scope.paths

    def _lost_scripts(self, seen: set[str | None]) -> Iterator[Outcome]:
        """Give the scripts whose notebook an earlier commit deleted without the hooks."""
        git, view = self.repository.git, self.view
        for script in git.grep(_HEADER, [], cached=view.staged):
            notebook = f"{os.path.splitext(script)[0]}.ipynb"
            if script in seen or script.endswith((".ipynb", ".md", ".toml", ".yaml", ".yml")):
                continue
            if not view.exists(notebook) and self.project.settings.covers(notebook):
                outcome = self._lost(script, notebook)
                if outcome:
                    yield outcome

    def _lost(self, script: str, notebook: str) -> Outcome | None:
        git = self.repository.git
        options = ("log", "-1", "--diff-filter=D", "--no-renames", "--format=%H")
        commit = git.line("--literal-pathspecs", *options, "--", notebook)
        if not commit or self.view.read(script) is None:
            return None
        before = git.blobs_at(f"{commit}^", [script])
        blob = self.view.blob(script)
        if before.get(script) != blob:
            return None
        return self.project.lost_script(script, notebook)


_shared: list[Project] = []


def _outcome(path: str) -> Outcome:
    return _shared[0].outcome(path)


def _jupytext_version() -> str:
    """Return the version of the jupytext that would be imported, without importing it."""
    from importlib.util import find_spec

    spec = find_spec("jupytext")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        try:
            with open(os.path.join(folder, "version.py"), encoding="utf-8") as file:
                return file.read()
        except OSError:
            continue
    return ""
