"""The stages of a dvc.yaml and the files between them, as a graph."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from mlv_hooks.graph.templates import Run, Templates
from mlv_hooks.stage.stage_graph import Data, path_and_flags, place

KINDS = {"outs": "", "metrics": "metric", "plots": "plot"}


class Standing(Enum):
    """How a stage stands; the value is the word that people read."""

    PLAIN = ""
    CURRENT = "up to date"
    STALE = "stale"
    NEVER = "never run"
    AFTER = "may change"
    FROZEN = "frozen"
    UNKNOWN = "unknown"
    DIFFERS = "out of sync"
    MISSING = "not in dvc.yaml"


TO_RUN = frozenset(
    {Standing.STALE, Standing.NEVER, Standing.AFTER, Standing.DIFFERS, Standing.MISSING}
)
"""Whose outputs may be others after the next `mlv sync` and `dvc repro`."""


@dataclass(slots=True)
class File:
    """A file or folder that stages share; ``mark`` says what is wrong with it, if something is."""

    path: str
    kind: str = ""
    makers: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    mark: str = ""


@dataclass(slots=True)
class Node:
    """A stage. ``runs`` is None for a group whose members are not known.

    ``reads`` and ``writes`` name files of the graph; ``needs`` and ``feeds`` name stages, without
    what would close a circle. ``why`` says how it came to stand so, ``sync`` what `mlv sync` would
    do to it.
    """

    name: str
    data: Data
    notebook: str | None
    step: str | None
    runs: tuple[Run, ...] | None
    group: bool
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    standing: Standing = Standing.PLAIN
    why: list[str] = field(default_factory=list)
    sync: str = ""

    @property
    def body(self) -> Data:
        """Return what dvc.yaml says of each run."""
        body = self.data.get("do") if "foreach" in self.data else self.data
        return body if isinstance(body, Mapping) else {}

    @property
    def frozen(self) -> bool:
        """Say whether DVC leaves it alone."""
        return self.body.get("frozen") is True

    @property
    def count(self) -> str:
        """Return how often a group runs, as text; nothing for a single stage."""
        if not self.group:
            return ""
        return "(some)" if self.runs is None else f"({len(self.runs)} runs)"


@dataclass(slots=True)
class Graph:
    """Stages in the order in which they can run, and files by path.

    ``circles`` are stages that wait for each other; ``back`` the steps of these that are left out
    of ``needs``, from maker to reader.
    """

    stages: dict[str, Node]
    files: dict[str, File]
    circles: list[tuple[str, ...]] = field(default_factory=list)
    back: set[tuple[str, str]] = field(default_factory=set)


class Declared(NamedTuple):
    """A stage of dvc.yaml; ``step`` is the module of its notebook, which needs no box."""

    name: str
    data: Data
    notebook: str | None = None
    step: str | None = None


class Listed(NamedTuple):
    """A file as a stage lists it: as DVC knows it, and as it is counted from dvc.yaml."""

    raw: str
    path: str
    kind: str


def listed(data: Data, key: str) -> Iterator[Listed]:
    """Give what a run lists under ``deps``, ``outs``, ``metrics`` or ``plots``."""
    found = data.get(key)
    for one in found if isinstance(found, list) else ():
        raw, _ = path_and_flags(one)
        if isinstance(raw, str):
            path = raw if "://" in raw else place(data, raw, "")
            yield Listed(raw, path, KINDS.get(key, ""))


def build(declared: Sequence[Declared], templates: Templates) -> Graph:
    """Return the graph of these stages."""
    stages = {
        one.name: Node(
            one.name,
            one.data,
            one.notebook,
            one.step,
            templates.runs(one.name, one.data),
            "foreach" in one.data or "matrix" in one.data,
        )
        for one in declared
    }
    graph = Graph(stages, {})
    made = _Made(graph)
    for node in stages.values():
        for path, kind, concrete in _shown(node, KINDS):
            made.add(node, path, kind, concrete)
    made.close()
    for node in stages.values():
        for path, _, concrete in _shown(node, ("deps",)):
            if path != node.step:
                made.read(node, path, concrete)
    _order(graph)
    return graph


def _shown(node: Node, keys: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Give the paths that a stage lists: how they are shown, their kind, and what they stand for.

    Those of a group are shown as they are written.
    """
    runs = node.runs or ()
    data = runs[0].data if runs and not node.group else node.body
    for key in keys:
        each = [list(listed(run.data, key)) for run in runs]
        for number, one in enumerate(listed(data, key)):
            paths = [found[number].path for found in each if number < len(found)]
            yield one.path, one.kind, list(dict.fromkeys(paths)) or [one.path]


class _Made:
    """Which file of the graph a path is, or lies in, or holds."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.shown: dict[str, list[str]] = {}
        self.sorted: list[str] = []

    def add(self, node: Node, path: str, kind: str, concrete: Sequence[str]) -> None:
        """Take an output in."""
        file = self.graph.files.setdefault(path, File(path, kind))
        file.makers.append(node.name)
        node.writes.append(path)
        for one in concrete:
            self.shown.setdefault(one, []).append(path)

    def close(self) -> None:
        """Say that all outputs are in."""
        self.sorted = sorted(self.shown)

    def read(self, node: Node, path: str, concrete: Sequence[str]) -> None:
        """Take an input in: the outputs that it meets, or else a file that no stage makes."""
        met = dict.fromkeys(found for one in concrete for found in self._met(one))
        for found in met or [path]:
            file = self.graph.files.setdefault(found, File(found))
            if node.name not in file.readers:
                file.readers.append(node.name)
                node.reads.append(found)

    def _met(self, path: str) -> Iterator[str]:
        above = path
        while above:
            yield from self.shown.get(above, ())
            above = above.rpartition("/")[0]
        inside = "" if path == "." else f"{path}/"
        for one in self.sorted[bisect_left(self.sorted, inside) :]:
            if not one.startswith(inside):
                break
            yield from self.shown[one]


def _order(graph: Graph) -> None:
    """Set what each stage needs, find circles, and put the stages in the order of their work."""
    files, stages = graph.files, graph.stages
    needs = {
        name: list(dict.fromkeys(one for path in node.reads for one in files[path].makers))
        for name, node in stages.items()
    }
    done: dict[str, Node] = {}
    for first in stages:
        _visit(first, needs, graph, done)
    for node in done.values():
        for maker in needs[node.name]:
            if (maker, node.name) not in graph.back:
                node.needs.append(maker)
    for node in done.values():
        for maker in node.needs:
            stages[maker].feeds.append(node.name)
    graph.stages = done


def _visit(
    first: str, needs: Mapping[str, Sequence[str]], graph: Graph, done: dict[str, Node]
) -> None:
    """Put a stage behind all that it needs, without recursion: pipelines can be long."""
    way: dict[str, Iterator[str]] = {} if first in done else {first: iter(needs[first])}
    while way:
        name = next(reversed(way))
        for maker in way[name]:
            if maker in way:
                graph.back.add((maker, name))
                names = list(way)
                circle = names[names.index(maker) :]
                graph.circles.append((*reversed(circle), circle[-1]))
            elif maker not in done:
                way[maker] = iter(needs[maker])
                break
        else:
            del way[name]
            done[name] = graph.stages[name]
