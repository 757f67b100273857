"""A graph as boxes and arrows, the same for each kind of picture."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlv_hooks.graph.model import File, Graph, Node, Standing
from mlv_hooks.reporters.escapes import printable

_MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Box:
    """A stage, or files that the same stage makes and the same stages read.

    ``lines`` are what stands in it below the ``title`` (files have lines alone), ``tip`` is all
    that there is to say.
    """

    id: str
    title: str
    lines: tuple[str, ...]
    tip: str
    standing: Standing = Standing.PLAIN

    @property
    def is_stage(self) -> bool:
        """Say whether it is a stage, and no file."""
        return bool(self.title)


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to another, by their ids; ``back`` closes a circle."""

    start: str
    end: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes in the order of the stages' work, and the arrows between them."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def drawing(graph: Graph) -> Drawing:
    """Return the boxes and arrows of a graph."""
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[File]] = {}
    for node in graph.stages.values():
        for path in (*node.reads, *node.writes):
            file = graph.files[path]
            files = groups.setdefault((tuple(file.makers), tuple(file.readers)), [])
            if file not in files:
                files.append(file)
    boxes = {name: _stage(node) for name, node in graph.stages.items()}
    found = list(boxes.values())
    arrows: list[Arrow] = []
    for (makers, readers), files in groups.items():
        box = _files(files)
        found.append(box)
        arrows += [Arrow(boxes[one].id, box.id) for one in makers]
        for one in readers:
            back = any((maker, one) in graph.back for maker in makers)
            arrows.append(Arrow(box.id, boxes[one].id, back))
    return Drawing(tuple(found), tuple(arrows))


def _stage(node: Node) -> Box:
    title = " ".join(filter(None, (printable(node.name), node.count)))
    notebook = printable(node.notebook) if node.notebook else ""
    said = "" if node.standing is Standing.CURRENT else node.standing.value
    lines = tuple(one for one in (notebook, said) if one)
    sync = [f"{node.sync}: run mlv sync"] if node.sync else []
    tip = [title, notebook, node.standing.value, *node.why, *sync]
    return Box(_id("stage", node.name), title, lines, _joined(tip), node.standing)


def _files(files: Sequence[File]) -> Box:
    names = list(map(_name, files))
    lines = names if len(names) <= _MOST_LINES else names[: _MOST_LINES - 1]
    more = [f"… and {len(names) - len(lines)} more"] if len(lines) < len(names) else []
    marked = Standing.STALE if any(one.mark for one in files) else Standing.PLAIN
    return Box(_id("data", files[0].path), "", (*lines, *more), _joined(names), marked)


def _name(file: File) -> str:
    notes = ", ".join(one for one in (file.kind, file.mark) if one)
    return printable(f"{file.path} ({notes})" if notes else file.path)


def _joined(parts: Sequence[str]) -> str:
    return "; ".join(printable(one) for one in parts if one)


def _id(prefix: str, name: str) -> str:
    """Return an id that depends on the name alone, and is no other name's."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name)[:40]
    if plain != name:
        plain += "_" + hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:6]
    return f"{prefix}_{plain}"


def standings(drawn: Drawing) -> Iterator[Standing]:
    """Give how the stages of a drawing stand, each word once, in the order of `Standing`."""
    found = {box.standing for box in drawn.boxes if box.is_stage}
    yield from (one for one in Standing if one in found and one is not Standing.PLAIN)
