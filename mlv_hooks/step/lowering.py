"""Kept cells -> the statements that a step runs: plain Python, with nothing of a kernel in it.

What only shows something is left out. What a script can't do is a ``Trouble``.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mlv_hooks.analysis.known_names import BUILTINS
from mlv_hooks.analysis.source import CellSource, Magic
from mlv_hooks.analysis.touched_names import Facts, facts
from mlv_hooks.step import magics
from mlv_hooks.step.plots import Plots
from mlv_hooks.step.rewriting import Rewriter


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a step can't do, where it stands in the notebook, and what to write instead."""

    code: str
    message: str
    cell: int
    line: int


@dataclass(slots=True)
class Piece:
    """One statement of the step. ``own`` ones were not written by the notebook's author."""

    node: ast.stmt
    cell: int
    line: int
    facts: Facts
    own: bool = False


@dataclass(slots=True)
class Lowered:
    """All statements, and what they need. ``reflective``: names are looked up by text."""

    pieces: list[Piece] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    reflective: bool = False
    runs_loop: bool = False


class Lowering:
    """Goes through the kept cells once, from top to bottom."""

    def __init__(
        self,
        analysis: Any,
        bound: Collection[str],
        parameters: Collection[str],
        pyplot: Plots,
    ) -> None:
        self.analysis = analysis
        self.bound = frozenset(bound)
        self.known: set[str] = {*BUILTINS, *parameters}
        self.given: set[str] = set(parameters)
        self.plots = pyplot
        self.showing = pyplot.shown | pyplot.bare
        self.result = Lowered()
        self.cell = 0
        self.slists: set[str] = set()
        self.captured: dict[str, int] = {}
        self._closing: tuple[ast.Expr, Facts] | None = None

    # --- cells

    def cell_statements(self, cell: CellSource, body: Iterable[ast.stmt]) -> None:
        """Add what a cell does."""
        self.cell = cell.number
        lines = {magic.line for magic in cell.magics}
        todo = list(body)
        while todo:
            node = todo.pop(0)
            magic = cell.magic(node)
            if magic is None:
                self.statement(cell, node, bool(lines) and not lines.isdisjoint(_lines(node)))
                continue
            if magic.kind == "cell" and magic.name == "capture":
                self.capture(cell, magic, todo)
                return
            for new in self.magic(magic, node):
                self.add(new, magic.line, own=magic.name not in ("time", "prun"))
            if magic.kind == "cell" and not magics.runs_body(magic):
                return

    def statement(self, cell: CellSource, node: ast.stmt, again: bool) -> None:
        """Add a statement; one that only shows a value is left out.

        ``again``: it holds a magic. What holds words of a kernel is rewritten, too.
        """
        if isinstance(node, ast.Expr) and self.is_pure(node.value):
            return
        found = facts(node, self.analysis.scopes)
        if not (again or found.in_kernel or not found.names.isdisjoint(self.showing)):
            self._add(node, node.lineno, found)
            return
        if cell.magics:
            self.known |= found.binds
        for new in Rewriter(self, cell).statements([_copy(node)]):
            self.add(new, node.lineno)

    def add(self, node: ast.stmt, line: int, own: bool = False) -> None:
        """Add a statement as it is."""
        self._add(node, line, facts(node, self.analysis.scopes), own)

    def _add(self, node: ast.stmt, line: int, found: Facts, own: bool = False) -> None:
        self.known |= found.binds
        self.given |= found.binds
        self.result.pieces.append(Piece(node, self.cell, line, found, own))

    def close_figures(self, line: int) -> None:
        """Add the statement that closes all figures, the same one each time."""
        if self._closing is None:
            function = ast.Attribute(ast.Name(self.use("plt"), ast.Load()), "close", ast.Load())
            node = ast.Expr(ast.Call(function, [ast.Constant("all")], []))
            self._closing = (node, facts(node, self.analysis.scopes))
        node, found = self._closing
        self.result.pieces.append(Piece(node, self.cell, line, found, own=True))

    def capture(self, cell: CellSource, magic: Magic, body: list[ast.stmt]) -> None:
        """Add the rest of a cell in which nothing is shown."""
        try:
            managers, name = magics.captures(magic, self.place())
        except magics.Refused as error:
            self.trouble(str(error), magic.line)
            return
        if name:
            self.captured[name] = magic.line
        before = len(self.result.pieces)
        for node in body:
            self.statement(cell, node, True)
        inside = self.result.pieces[before:]
        if not inside or not managers:
            return
        del self.result.pieces[before:]
        block = ast.parse(f"with {', '.join(managers)}:\n    pass").body[0]
        assert isinstance(block, ast.With)
        block.body = [piece.node for piece in inside]
        self.add(block, magic.line, own=True)

    def magic(self, magic: Magic, node: ast.stmt) -> list[ast.stmt]:
        """Return what a magic does; nothing, and a trouble, when a step can't."""
        try:
            new = magics.translate(magic, self.place())
        except magics.Refused as error:
            self.trouble(str(error), magic.line)
            return []
        if magic.target and magic.kind == "shell":
            self.slists.add(magic.target.strip())
        for one in new:
            ast.increment_lineno(one, magic.line - 1)
        return new

    def place(self) -> magics.Place:
        """Return where a magic stands now."""
        return magics.Place(self.known, self.use, _is_plain, self.is_calm)

    def is_pure(self, node: ast.expr) -> bool:
        """Say whether evaluating an expression of the current cell changes nothing."""
        return bool(self.analysis.is_pure(getattr(node, "original", node), self.cell))

    def is_calm(self, magic: Magic) -> bool:
        """Say whether nothing is left of a magic's code once it has run but its own output."""
        found = self.analysis.facts(self.cell)
        every = [found.whole] if magic.kind == "cell" else found.statements
        here = [one for one in every if magic.kind == "cell" or one.line == magic.line]
        effects = [one for facts in here for one in facts.effects if not one.what.startswith("%")]
        return bool(here) and not effects and not any(one.changes & self.given for one in here)

    def use(self, name: str) -> str:
        """Note that a module or helper is needed; its name is settled when all names are known."""
        self.result.needs.add(name)
        return OURS + name

    def trouble(self, message: str, line: int, code: str = "MLV011") -> None:
        """Note what can't be done."""
        self.result.troubles.append(Trouble(code, message, self.cell, line))

    def is_free(self, name: str) -> bool:
        """Say whether a name has its first meaning: the notebook has given it none so far."""
        return name not in self.given


OURS = "__mlv_own__"
"""Before a name that the step brings along, until it is settled how that is called."""


def _is_plain(node: ast.expr) -> bool:
    """Say whether an expression that the analysis has not seen surely changes nothing."""
    plain = (ast.Name, ast.Constant, ast.Tuple, ast.List, ast.expr_context)
    return all(isinstance(one, plain) for one in ast.walk(node))


def _lines(node: ast.stmt) -> range:
    """Return the lines of a statement, decorators included."""
    decorators = getattr(node, "decorator_list", ())
    first = min([node.lineno, *(one.lineno for one in decorators)])
    return range(first, (node.end_lineno or node.lineno) + 1)


def _copy(node: Any) -> Any:
    """Return a copy of a tree whose nodes know their originals, which the analysis has seen."""
    if isinstance(node, list):
        return [_copy(one) for one in node]
    if not isinstance(node, ast.AST):
        return node
    new = type(node).__new__(type(node))
    new.__dict__.update(node.__dict__)
    new.__dict__["original"] = node
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, (list, ast.AST)):
            setattr(new, name, _copy(value))
    return new


def uses_of_slists(pieces: Iterable[Piece], names: Collection[str]) -> Iterator[tuple[Piece, str]]:
    """Yield where the result of `x = !cmd` is used as more than a list."""
    if not names:
        return
    for piece in pieces:
        for node in ast.walk(piece.node):
            if not isinstance(node, ast.Attribute) or node.attr not in magics.SLIST:
                continue
            if isinstance(node.value, ast.Name) and node.value.id in names:
                yield piece, f"{node.value.id}.{node.attr}"
