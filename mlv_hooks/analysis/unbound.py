"""Names that a run from top to bottom reads before any cell has bound them.

Only what surely runs is told: no branch, loop body, handler, lambda or comprehension, and of a
notebook's own function only what it reads first of all when a cell calls it. Where names may come
from elsewhere (``import *``, ``exec``, an unknown magic) the rest of the notebook is passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from mlv_hooks.analysis.notes import is_history, is_known_name
from mlv_hooks.analysis.trees import children, walk

if TYPE_CHECKING:
    from mlv_hooks.content import Content

RAISES = "raises-exception"
_CALLS_DEEP = 5


class Unbound(NamedTuple):
    """A name that is read at a line of a cell, and the later cell that binds it, if one does."""

    cell: int
    line: int
    name: str
    bound_in: int | None


def unbound(content: Content, given: Collection[str]) -> Iterator[Unbound]:
    """Give the first reading of each such name, in the order of the cells.

    ``given`` are names that are there before the first cell, beside those of every kernel.
    """
    bound: set[str] = set(given)
    told: set[str] = set()
    reader = _Reader()
    failing = {*content.tagged(RAISES)}
    for cell in content.analysis.cells:
        source = content.source(cell.number)
        if source.error:
            return
        for node, facts in zip(source.tree.body, cell.statements, strict=False):
            if facts.sees_all or "*" in facts.binds:
                return
            missing = facts.reads - bound
            if missing:
                missing = {one for one in missing if one not in told and not _is_there(one)}
            if missing and ":=" in source.text:
                missing -= _bound_within(node)
            for name in reader.surely_read(node) if missing else ():
                if name in missing and cell.number not in failing:
                    missing -= {name}
                    told.add(name)
                    binder = _binder(content, cell.number, name)
                    yield Unbound(cell.number, facts.line, name, binder)
            if isinstance(node, ast.FunctionDef):
                reader.functions[node.name] = node
            if facts.deletes and not _is_compound(node):
                bound -= facts.deletes - facts.binds
            bound |= facts.binds


def _bound_within(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds before it may read them: ``(n := f())``."""
    return {one.target.id for one in walk(node) if type(one) is ast.NamedExpr}


def _is_there(name: str) -> bool:
    """Say whether Python or IPython give a name before the first cell."""
    return is_known_name(name) or is_history(name) or name.startswith("__")


def _binder(content: Content, after: int, name: str) -> int | None:
    later = (
        cell.number
        for cell in content.analysis.cells
        if cell.number > after and name in cell.whole.binds
    )
    return next(later, None)


def _is_compound(node: ast.stmt) -> bool:
    return hasattr(node, "body")


_PLAIN = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom)
_NAMING = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_COMPREHENSIONS = frozenset({ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp})


class _Reader:
    """Tells what statements read in any case; ``functions`` are the notebook's own, by name."""

    def __init__(self) -> None:
        self.functions: dict[str, ast.FunctionDef] = {}
        self._own: dict[ast.FunctionDef, frozenset[str] | None] = {}

    def surely_read(self, node: ast.stmt) -> list[str]:
        """Return the names that a statement reads in any case, in their order."""
        found: list[str] = []
        self._statement(node, 0, found)
        return found

    def _statement(self, node: ast.stmt, depth: int, found: list[str]) -> None:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found.append(node.target.id)
        for one in _parts(node):
            self._expression(one, depth, found)

    def _expression(self, node: Any, depth: int, found: list[str]) -> None:
        kind = type(node)
        if kind is ast.Name:
            if type(node.ctx) is ast.Load:
                found.append(node.id)
        elif kind is ast.BoolOp:
            self._expression(node.values[0], depth, found)
        elif kind is ast.IfExp:
            self._expression(node.test, depth, found)
        elif kind in _COMPREHENSIONS:
            self._expression(node.generators[0].iter, depth, found)
        elif kind is ast.Compare:
            self._expression(node.left, depth, found)
            self._expression(node.comparators[0], depth, found)
        elif kind is not ast.Constant and kind is not ast.Lambda:
            for part in children(node):
                self._expression(part.value if type(part) is ast.keyword else part, depth, found)
            if kind is ast.Call and type(node.func) is ast.Name and node.func.id in self.functions:
                self._call(self.functions[node.func.id], depth, found)

    def _call(self, function: ast.FunctionDef, depth: int, found: list[str]) -> None:
        """Note what a call of an own function reads first of all, of names that are not its own."""
        if function not in self._own:
            self._own[function] = _own_names(function)
        own = self._own[function]
        if own is None or depth >= _CALLS_DEEP:
            return
        inner: list[str] = []
        for node in function.body:
            self._statement(node, depth + 1, inner)
            # Until a statement may leave, or hides an error.
            if not isinstance(node, _PLAIN):
                break
        found += [name for name in inner if name not in own]


def _parts(node: Any) -> list[ast.expr]:
    """Return the expressions that a statement evaluates first, in any case."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = node.args
        defaults = [*arguments.defaults, *(one for one in arguments.kw_defaults if one)]
        return [*node.decorator_list, *defaults]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases]
    if isinstance(node, ast.For | ast.AsyncFor):
        return [node.iter]
    if isinstance(node, ast.If | ast.While | ast.Assert):
        return [node.test]
    if isinstance(node, ast.With | ast.AsyncWith):
        return [node.items[0].context_expr]
    if isinstance(node, ast.Match):
        return [node.subject]
    return [one for one in children(node) if isinstance(one, ast.expr)]


def _own_names(function: ast.FunctionDef) -> frozenset[str] | None:
    """Return the names that a function binds itself, None where a call runs nothing of it yet."""
    if function.decorator_list:
        return None
    own = {one.arg for one in walk(function.args) if type(one) is ast.arg}
    for node in walk(function):
        kind = type(node)
        if kind is ast.Yield or kind is ast.YieldFrom:
            return None
        if kind is ast.Name:
            if type(node.ctx) is not ast.Load:
                own.add(node.id)
        elif kind is ast.Import or kind is ast.ImportFrom:
            own |= {(one.asname or one.name).partition(".")[0] for one in node.names}
        elif kind in _NAMING and node is not function:
            own.add(node.name)
    return frozenset(own)
