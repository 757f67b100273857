"""The graph of a repository: what dvc.yaml has, what notebooks declare, and how it all stands."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigError
from functools import cache
from typing import TYPE_CHECKING

from mlv_hooks.commands.command_support import look, reader_of
from mlv_hooks.commands.progress import progress_bar
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.graph.hashes import Hashes, Info, Verdict
from mlv_hooks.graph.lock import read_lock
from mlv_hooks.graph.model import Declared, Graph, Standing, build
from mlv_hooks.graph.status import Lock, judge, to_compare
from mlv_hooks.graph.templates import Templates, Values
from mlv_hooks.stage.dvc_files import DVC_FILE, DVC_FOLDER, LOCK_FILE, PARAMS_FILE
from mlv_hooks.stage.pipeline import Pipeline, PipelineError, read_params, read_pipeline
from mlv_hooks.step.step_of import step_path
from mlv_hooks.survey import Scope
from mlv_hooks.toml import loads as read_toml

if TYPE_CHECKING:
    from mlv_hooks.pair.pairing import Outcome
    from mlv_hooks.survey import Repository


class GraphError(Exception):
    """A file that can't be read; ``finding`` says where and why."""

    def __init__(self, path: str, error: PipelineError) -> None:
        super().__init__(str(error))
        self.finding = Diagnostic("MLV405", str(error), Location(path, None, error.line))


def gather(repository: Repository, *, status: bool) -> tuple[Graph, int]:
    """Return the graph of the pipeline, and how many findings keep dvc.yaml from following.

    Without ``status`` nothing is said of how stages stand. Raises GraphError.
    """
    reader = _Files(repository)
    there = reader.pipeline(reader.text(DVC_FILE))
    survey, outcomes = look(repository, Scope(), skip_good=True)
    found = next((one for one in outcomes if one.notebook == DVC_FILE), None)
    new = [one.new for one in found.changes if one.path == DVC_FILE] if found else []
    wanted = reader.pipeline((new[0] or b"").decode("utf-8", "surrogateescape")) if new else there
    stages = {**wanted.stages, **there.stages}
    declared = [
        Declared(
            one.name,
            one.data,
            one.notebook,
            step_path(one.notebook, survey.project.projects.top) if one.notebook else None,
        )
        for one in stages.values()
    ]
    listed = there.other.get("vars")
    templates = Templates.of(listed, reader.values, PARAMS_FILE, reader.parsing())
    graph = build(declared, templates)
    for name, node in graph.stages.items():
        if name not in there.stages:
            node.standing = Standing.MISSING
    if status:
        _mark_unsynced(graph, there, wanted, outcomes)
        reader.judge(graph)
    return graph, len(found.findings) if found else 0


def _mark_unsynced(
    graph: Graph, there: Pipeline, wanted: Pipeline, outcomes: Sequence[Outcome]
) -> None:
    steps = {one.step for one in outcomes for change in one.changes if change.path == one.step}
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
    """Reads what DVC reads; raises GraphError."""

    def __init__(self, repository: Repository) -> None:
        self.top = repository.git.top
        self.read = reader_of(repository)
        self.values = cache(self._values)

    def text(self, path: str) -> str:
        return (self.read(path) or b"").decode("utf-8", "surrogateescape")

    def pipeline(self, text: str) -> Pipeline:
        try:
            return read_pipeline(text)
        except PipelineError as error:
            raise GraphError(DVC_FILE, error) from None

    def parsing(self) -> Mapping[str, str]:
        """Return DVC's settings of how values become options."""
        parser = ConfigParser(interpolation=None)
        try:
            for name in ("config", "config.local"):
                parser.read_string(self.text(f"{DVC_FOLDER}/{name}"))
            return dict(parser.items("parsing"))
        except ConfigError:
            return {}

    def judge(self, graph: Graph) -> None:
        """Say of each stage how it stands."""
        try:
            entries = read_lock(self.text(LOCK_FILE))
        except PipelineError as error:
            raise GraphError(LOCK_FILE, error) from None
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
            raise GraphError(path, PipelineError(f"is not valid TOML: {error}")) from None
        except PipelineError as error:
            raise GraphError(path, error) from None
