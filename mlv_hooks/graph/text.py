"""A graph as a tree for the terminal.

Each stage stands once, below all that it needs. The last of those that go on from a stage stands
straight below it, the others a step to the right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mlv_hooks.graph.model import TO_RUN, File, Graph, Node, Standing
from mlv_hooks.graph.width import columns, wrapped
from mlv_hooks.reporters.escapes import printable

Paint = Callable[[str, str], str]
"""Gives text a colour of a style: the name of a `Standing`, or ``dim`` or ``bold``."""

_LEAST_ROOM = 30


class Signs(NamedTuple):
    """The characters that a tree is drawn with; ``marks`` are for what is well, and what is not."""

    down: str
    branch: str
    well: str
    not_well: str


UNICODE = Signs("│", "├─", "●", "○")
ASCII = Signs("|", "+-", "*", "o")


def tree(graph: Graph, signs: Signs, paint: Paint, width: int | None = None) -> Iterator[str]:
    """Give the lines of a tree; ``width`` columns wide at most, where names leave it the choice."""
    drawing = _Tree(graph, signs, paint, width)
    for name in drawing.roots:
        yield from drawing.lines(name)
        yield ""
    yield summary(graph)


def summary(graph: Graph) -> str:
    """Return one line: how many stages there are, and how they stand."""
    total = len(graph.stages)
    count = Counter(node.standing for node in graph.stages.values())
    parts = [f"{count[one]} {one.value}" for one in Standing if count[one] and one.value]
    said = f"{total} stage{'s' * (total != 1)}"
    return f"{said}: {', '.join(parts)}" if parts else said


class _Tree:
    def __init__(self, graph: Graph, signs: Signs, paint: Paint, width: int | None) -> None:
        self.graph = graph
        self.signs = signs
        self.paint = paint
        self.width = width
        self.below: dict[str, list[str]] = {}
        self.above: dict[str, str] = {}
        self.roots: list[str] = []
        self._arrange()

    def _arrange(self) -> None:
        """Find the place of each stage: below the last one that it needs."""
        stages = self.graph.stages
        depth: dict[str, int] = {}
        for name in reversed(stages):
            depth[name] = 1 + max((depth[one] for one in stages[name].feeds), default=0)
        waiting = {name: len(node.needs) for name, node in stages.items()}
        self.roots = [name for name, count in waiting.items() if not count]
        pending = self.roots[::-1]
        while pending:
            name = pending.pop()
            for one in stages[name].feeds:
                waiting[one] -= 1
            ready = [one for one in stages[name].feeds if not waiting[one]]
            ready.sort(key=depth.__getitem__)  # the longest way goes straight down
            self.below[name] = ready
            self.above.update(dict.fromkeys(ready, name))
            pending += reversed(ready)

    def lines(self, root: str) -> Iterator[str]:
        """Give the lines of a stage and of all below it."""
        down = f"{self.signs.down} "
        pending = [(root, "", "")]
        while pending:
            name, before, prefix = pending.pop()
            last = self.below[name][-1:]
            if before == prefix and name != root:
                yield f"{prefix}{self.signs.down}"
            yield before + self._head(self.graph.stages[name])
            rail = prefix + (down if last else "  ")
            yield from self._details(self.graph.stages[name], rail)
            if last:
                pending.append((last[0], prefix, prefix))
            branches = self.below[name][:-1]
            for one in reversed(branches):
                pending.append((one, prefix + self.signs.branch, prefix + down))

    def _head(self, node: Node) -> str:
        well = node.standing not in TO_RUN
        sign = self.signs.well if well else self.signs.not_well
        style = node.standing.name
        words = [self.paint(sign, style), self.paint(printable(node.name), "bold")]
        if node.count:
            words.append(node.count)
        if node.notebook:
            words.append(self.paint(printable(node.notebook), "dim"))
        if node.standing.value:
            words += [self.paint(node.standing.value, style)]
        return "  ".join([" ".join(words[:2]), *words[2:]])

    def _details(self, node: Node, rail: str) -> Iterator[str]:
        files, parent = self.graph.files, self.above.get(node.name)
        if node.why:
            yield from self._detail("why", node.why, rail)
        if node.sync:
            yield from self._detail("sync", [f"{node.sync}: run `mlv sync`"], rail)
        reads = [self._input(files[path], parent) for path in node.reads]
        yield from self._detail("reads", reads, rail)
        yield from self._detail("writes", [self._file(files[path]) for path in node.writes], rail)

    def _input(self, file: File, parent: str | None) -> str:
        others = [one for one in file.makers if one != parent]
        return self._file(file, f"from {', '.join(others)}" if others else "")

    def _file(self, file: File, *notes: str) -> str:
        said = [one for one in (file.kind, file.mark, *notes) if one]
        return f"{file.path} ({', '.join(said)})" if said else file.path

    def _detail(self, label: str, words: list[str], rail: str) -> Iterator[str]:
        room = 10**9 if self.width is None else max(self.width - columns(rail) - 9, _LEAST_ROOM)
        for number, line in enumerate(wrapped([printable(one) for one in words], room)):
            head = self.paint(f"{label if not number else '':6}", "dim")
            yield f"{rail}  {head} {line}"
