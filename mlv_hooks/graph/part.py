"""Which part of a graph people mean."""

from __future__ import annotations

from collections.abc import Iterable

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


def needed(graph: Graph, names: Iterable[str]) -> set[str]:
    """Return these stages and all that they need, in a circle or not."""
    found: set[str] = set()
    todo = [*names]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            for path in graph.stages[name].reads:
                todo += graph.files[path].makers
    return found
