"""The part of a graph that some of its stages need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mlv_hooks.graph.model import Graph


def named(graph: Graph, name: str, path: str) -> list[str]:
    """Return the stages that a word means: a stage, else those of a notebook or file.

    ``path`` is the word as a path from dvc.yaml. Of a file, those that write it are meant, else
    those that read it.
    """
    if name in graph.stages:
        return [name]
    found = [one.name for one in graph.stages.values() if one.notebook == path]
    file = graph.files.get(path)
    return found or (file.makers or file.readers if file else [])


def part(graph: Graph, names: Iterable[str]) -> Graph:
    """Return the graph of these stages and of all that they need, in a circle or not."""
    kept: set[str] = set()
    todo = [*names]
    while todo:
        name = todo.pop()
        if name not in kept:
            kept.add(name)
            todo += (
                maker for path in graph.stages[name].reads for maker in graph.files[path].makers
            )
    stages = {
        name: replace(node, feeds=[one for one in node.feeds if one in kept])
        for name, node in graph.stages.items()
        if name in kept
    }
    paths = {path for node in stages.values() for path in (*node.reads, *node.writes)}
    files = {
        path: replace(
            file,
            makers=[one for one in file.makers if one in kept],
            readers=[one for one in file.readers if one in kept],
        )
        for path, file in graph.files.items()
        if path in paths
    }
    circles = [circle for circle in graph.circles if kept.issuperset(circle)]
    back = {(maker, reader) for maker, reader in graph.back if reader in kept}
    return Graph(stages, files, circles, back)
