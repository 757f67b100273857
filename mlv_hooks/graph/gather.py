"""The graph of a repository: what dvc.yaml has, what notebooks declare, and how it all stands."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Set
from configparser import ConfigParser
from configparser import Error as ConfigError
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mlv_hooks.commands.command_support import look, reader_of
from mlv_hooks.commands.progress import progress_bar
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.graph.hashes import Hashes, Info, Verdict
from mlv_hooks.graph.lock import read_lock
from mlv_hooks.graph.model import Declared, Graph, Standing, build
from mlv_hooks.graph.part import named, needed
from mlv_hooks.graph.status import Lock, judge, to_compare
from mlv_hooks.graph.templates import Templates, Values
from mlv_hooks.repository.files import folders_above
from mlv_hooks.stage.dvc_files import DVC_FILE, DVC_FOLDER, LOCK_FILE, PARAMS_FILE
from mlv_hooks.stage.pipeline import Pipeline, PipelineError, Stage, read_params, read_pipeline
from mlv_hooks.step.step_of import step_path
from mlv_hooks.survey import Scope
from mlv_hooks.toml import loads as read_toml

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.survey import Repository


class GraphError(Exception):
    """A file that can't be read; ``finding`` says where and why."""

    def __init__(self, path: str, error: PipelineError) -> None:
        super().__init__(str(error))
        self.finding = Diagnostic("MLV405", str(error), Location(path, None, error.line))


class NotThere(Exception):
    """A word that names no stage, notebook or file of the pipeline."""


class Gathered(NamedTuple):
    """The graph of ``pipeline``, a dvc.yaml from git's top; ``others`` are those of other folders.

    ``held``: so many findings keep it from following the notebooks.
    """

    graph: Graph
    pipeline: str
    others: tuple[str, ...]
    held: int


def gather(
    repository: Repository, folder: str, words: Mapping[str, str], *, status: bool
) -> Gathered:
    """Return the graph of the pipeline of the project that a folder belongs to.

    ``folder`` is from git's top. ``words`` name the part that is wanted, each with the path that it
    may be, from git's top. Without ``status`` nothing is said of how stages stand. Raises
    GraphError, and NotThere for a word that names nothing.
    """
    survey, outcomes = look(repository, Scope(), skip_good=True)
    settings = survey.project.projects.of(f"{folder}/")
    path = settings.at(settings.dvc_file)
    reader = _Files(repository, posixpath.dirname(path))
    there = reader.pipeline(reader.text(DVC_FILE))
    found = next((one for one in outcomes if one.notebook == path), None)
    new = [one.new for one in found.changes if one.path == path] if found else []
    wanted = reader.pipeline((new[0] or b"").decode("utf-8", "surrogateescape")) if new else there
    stages = {**wanted.stages, **there.stages}
    declared = [
        Declared(one.name, one.data, one.notebook, one.notebook and reader.step(one, settings))
        for one in stages.values()
    ]
    listed = there.other.get("vars")
    templates = Templates.of(listed, reader.values, PARAMS_FILE, reader.parsing())
    graph = build(declared, templates)
    if words and declared:
        kept = needed(graph, _chosen(graph, words, reader))
        graph = build([one for one in declared if one.name in kept], templates)
    for name, node in graph.stages.items():
        if name not in there.stages:
            node.standing = Standing.MISSING
    if status:
        steps = {
            reader.inside(one.step)
            for one in outcomes
            for change in one.changes
            if change.path == one.step
        }
        _mark_unsynced(graph, there, wanted, steps)
        reader.judge(graph)
    files = (one for one in survey.view.blobs if posixpath.basename(one) == DVC_FILE)
    others = tuple(sorted(one for one in files if one != path))
    return Gathered(graph, path, others, len(found.findings) if found else 0)


def _chosen(graph: Graph, words: Mapping[str, str], reader: _Files) -> Iterator[str]:
    """Give the stages that words mean; raise NotThere for one that means none."""
    for word, path in words.items():
        found = named(graph, word, reader.inside(path))
        if not found:
            raise NotThere(word)
        yield from found


def _mark_unsynced(graph: Graph, there: Pipeline, wanted: Pipeline, steps: Set[str]) -> None:
    """Note what `mlv sync` would do to stages; ``steps`` are those that it would write."""
    for name, node in graph.stages.items():
        old, new = there.stages.get(name), wanted.stages.get(name)
        if not old:
            node.sync = f"{node.notebook} declares it"
        elif not new:
            node.sync = "no notebook declares it any more"
        elif old.data != new.data:
            node.sync = f"{node.notebook} declares it otherwise"
        elif node.step in steps:
            node.sync = f"{node.notebook} changed"


class _Files:
    """Reads what DVC reads, by paths from ``folder``, that of dvc.yaml; raises GraphError."""

    def __init__(self, repository: Repository, folder: str) -> None:
        self.folder = folder
        self.top = os.path.join(repository.git.top, folder)
        self.read = reader_of(repository)
        self.values = cache(self._values)

    def at(self, path: str) -> str:
        """Return a path from git's top."""
        return posixpath.normpath(posixpath.join(self.folder, path))

    def inside(self, path: str) -> str:
        """Return a path from the folder, given from git's top."""
        return posixpath.relpath(f"/{path}", f"/{self.folder}")

    def step(self, stage: Stage, settings: Settings) -> str:
        """Return the module of a stage that a notebook owns."""
        return self.inside(step_path(settings.at(stage.notebook or ""), settings))

    def text(self, path: str) -> str:
        return (self.read(self.at(path)) or b"").decode("utf-8", "surrogateescape")

    def pipeline(self, text: str) -> Pipeline:
        try:
            return read_pipeline(text)
        except PipelineError as error:
            raise GraphError(self.at(DVC_FILE), error) from None

    def parsing(self) -> Mapping[str, str]:
        """Return DVC's settings of how values become options: of the repository DVC finds first."""
        parser = ConfigParser(interpolation=None)
        above = (posixpath.join(one, DVC_FOLDER) for one in folders_above(f"{self.folder}/x"))
        folder = next((one for one in above if self.read(f"{one}/config") is not None), DVC_FOLDER)
        try:
            for name in ("config", "config.local"):
                parser.read_string(
                    (self.read(f"{folder}/{name}") or b"").decode("utf-8", "replace")
                )
            return dict(parser.items("parsing"))
        except ConfigError:
            return {}

    def judge(self, graph: Graph) -> None:
        """Say of each stage how it stands."""
        try:
            entries = read_lock(self.text(LOCK_FILE))
        except PipelineError as error:
            raise GraphError(self.at(LOCK_FILE), error) from None
        total = len(to_compare(graph, entries))
        hashes = Hashes(self.top)
        with progress_bar("comparing files") as progress:
            seen: dict[str, None] = {}

            def compare(path: str, info: Info) -> Verdict:
                found = hashes.verdict(path, info)
                seen[path] = None
                progress(len(seen), total)
                return found

            judge(graph, Lock(entries, compare, self.values, PARAMS_FILE))

    def _values(self, path: str) -> Values | None:
        """Return what a file of parameters holds, None for one of a kind that is not read here."""
        ending = os.path.splitext(path)[1].lower()
        if ending not in (".yaml", ".yml", ".json", ".toml"):
            return None
        try:
            return read_toml(self.text(path)) if ending == ".toml" else read_params(self.text(path))
        except ValueError as error:
            raise GraphError(self.at(path), PipelineError(f"is not valid TOML: {error}")) from None
        except PipelineError as error:
            raise GraphError(self.at(path), error) from None
