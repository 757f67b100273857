"""Names that a run from top to bottom reads before any cell has bound them.

Only what surely runs is told: no branch, loop body, handler, lambda or comprehension, and of a
notebook's own function only what it reads first of all when a cell calls it. Where names may come
from elsewhere (``import *``, ``exec``, an unknown magic) the rest of the notebook is passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mlv_hooks.analysis.notes import is_history, is_known_name

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


def unbound(content: Content) -> Iterator[Unbound]:
    """Give the first reading of each such name, in the order of the cells."""
    bound: set[str] = set()
    told: set[str] = set()
    functions: dict[str, ast.FunctionDef] = {}
    failing = {*content.tagged(RAISES)}
    for cell in content.analysis.cells:
        source = content.source(cell.number)
        if source.error:
            return
        for node, facts in zip(source.tree.body, cell.statements, strict=False):
            if facts.sees_all or "*" in facts.binds:
                return
            missing = {one for one in facts.reads - bound - told if not _is_there(one)}
            missing -= _bound_within(node) if missing else set()
            for name in _surely_read([node], functions) if missing else ():
                if name in missing and cell.number not in failing:
                    missing -= {name}
                    told.add(name)
                    binder = _binder(content, cell.number, name)
                    yield Unbound(cell.number, facts.line, name, binder)
            if isinstance(node, ast.FunctionDef):
                functions[node.name] = node
            bound -= facts.deletes - facts.binds if not _is_compound(node) else set()
            bound |= facts.binds


def _bound_within(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds before it may read them: ``(n := f())``."""
    inner = (one.target for one in ast.walk(node) if isinstance(one, ast.NamedExpr))
    return {one.id for one in inner}


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


def _surely_read(
    body: Iterable[ast.stmt], functions: dict[str, ast.FunctionDef], depth: int = 0
) -> Iterator[str]:
    """Give the names that statements read in any case, until one may leave or hides an error."""
    for node in body:
        yield from _of_statement(node, functions, depth)
        if isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue):
            return
        if depth and not isinstance(node, _PLAIN):
            return


_PLAIN = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom)


def _of_statement(
    node: ast.stmt, functions: dict[str, ast.FunctionDef], depth: int
) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = node.args
        defaults = [*arguments.defaults, *(one for one in arguments.kw_defaults if one)]
        parts: list[ast.expr] = [*node.decorator_list, *defaults]
    elif isinstance(node, ast.ClassDef):
        parts = [*node.decorator_list, *node.bases]
    elif isinstance(node, ast.For | ast.AsyncFor):
        parts = [node.iter]
    elif isinstance(node, ast.If | ast.While):
        parts = [node.test]
    elif isinstance(node, ast.With | ast.AsyncWith):
        parts = [node.items[0].context_expr]
    elif isinstance(node, ast.Match):
        parts = [node.subject]
    elif isinstance(node, ast.Try | ast.Assert):
        parts = [node.test] if isinstance(node, ast.Assert) else []
    else:
        parts = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    for one in parts:
        yield from _of_expression(one, functions, depth)


def _of_expression(
    node: ast.expr, functions: dict[str, ast.FunctionDef], depth: int
) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load):
            yield node.id
    elif isinstance(node, ast.BoolOp):
        yield from _of_expression(node.values[0], functions, depth)
    elif isinstance(node, ast.IfExp):
        yield from _of_expression(node.test, functions, depth)
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        yield from _of_expression(node.generators[0].iter, functions, depth)
    elif isinstance(node, ast.Compare):
        for one in (node.left, node.comparators[0]):
            yield from _of_expression(one, functions, depth)
    elif not isinstance(node, ast.Lambda):
        for part in ast.iter_child_nodes(node):
            inner = part.value if isinstance(part, ast.keyword) else part
            if isinstance(inner, ast.expr):
                yield from _of_expression(inner, functions, depth)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from _of_call(functions.get(node.func.id), functions, depth)


def _of_call(
    function: ast.FunctionDef | None, functions: dict[str, ast.FunctionDef], depth: int
) -> Iterator[str]:
    """Give what a call of an own function reads first of all, of names that are not its own."""
    if function is None or function.decorator_list or depth >= _CALLS_DEEP:
        return
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function)):
        return
    own = {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    own |= {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    own |= {
        (one.asname or one.name).partition(".")[0]
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for one in node.names
    }
    own |= {
        node.name
        for node in ast.walk(function)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node is not function
    }
    for name in _surely_read(function.body, functions, depth + 1):
        if name not in own:
            yield name
