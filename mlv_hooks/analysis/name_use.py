"""Which names a statement binds and reads, by syntax alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def bound_names(*nodes: ast.AST) -> set[str]:
    """Return the names that ``nodes`` give a value in their own scope."""
    found: set[str] = set()
    todo: list[ast.AST] = list(nodes)
    while todo:
        one = todo.pop()
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(one.name)
            continue
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            found.add(one.id)
        elif isinstance(one, ast.alias) and one.name != "*":
            found.add(one.asname or one.name.partition(".")[0])
        elif isinstance(one, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and one.name:
            found.add(one.name)
        elif isinstance(one, ast.MatchMapping) and one.rest:
            found.add(one.rest)
        todo += _same_scope(one)
    return found


def _same_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Give the children of ``node`` that bind in its scope; of a comprehension, only ``:=``."""
    if isinstance(node, _COMPREHENSIONS):
        yield from (one for one in ast.walk(node) if isinstance(one, ast.NamedExpr))
    elif not isinstance(node, ast.Lambda):
        yield from ast.iter_child_nodes(node)


@dataclass(slots=True)
class Reads:
    """Names that are read when the statement runs, and those that its functions read later."""

    now: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)

    @property
    def all(self) -> set[str]:
        """Both."""
        return self.now | self.late


def read_names(*nodes: ast.AST) -> Reads:
    """Return the names that ``nodes`` read from the scope in which they stand."""
    reads = Reads()
    for node in nodes:
        _read(node, frozenset(), reads, late=False)
    return reads


def _read(node: ast.AST, hidden: frozenset[str], reads: Reads, *, late: bool) -> None:
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Store) and node.id not in hidden:
            (reads.late if late else reads.now).add(node.id)
    elif isinstance(node, _FUNCTIONS):
        _read_function(node, hidden, reads, late=late)
    elif isinstance(node, _COMPREHENSIONS):
        first = node.generators[0].iter
        _read(first, hidden, reads, late=late)
        inner = hidden | bound_names(*(one.target for one in node.generators))
        rest = [one for one in ast.iter_child_nodes(node) if one is not node.generators[0]]
        rest += [node.generators[0].target, *node.generators[0].ifs]
        _read_each(rest, inner, reads, late=late)
    elif isinstance(node, ast.ClassDef):
        _read_each([*node.decorator_list, *node.bases, *node.keywords], hidden, reads, late=late)
        own: set[str] = set()
        for statement in node.body:
            # Methods do not see the names of their class.
            in_class = isinstance(statement, _FUNCTIONS)
            _read(statement, hidden if in_class else hidden | own, reads, late=late)
            own |= bound_names(statement)
    else:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            _read(ast.Name(node.target.id, ast.Load()), hidden, reads, late=late)
        _read_each(ast.iter_child_nodes(node), hidden, reads, late=late)


def _read_each(
    nodes: Iterable[ast.AST], hidden: frozenset[str], reads: Reads, *, late: bool
) -> None:
    for node in nodes:
        _read(node, hidden, reads, late=late)


def _read_function(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
    hidden: frozenset[str],
    reads: Reads,
    *,
    late: bool,
) -> None:
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    arguments = [one for one in ast.walk(node.args) if isinstance(one, ast.arg)]
    outside = [one.annotation for one in arguments if one.annotation]
    outside += [*node.args.defaults, *(one for one in node.args.kw_defaults if one)]
    if not isinstance(node, ast.Lambda):
        outside += [*node.decorator_list, *([node.returns] if node.returns else [])]
    _read_each(outside, hidden, reads, late=late)
    shared = {
        name
        for statement in body
        for one in ast.walk(statement)
        if isinstance(one, ast.Global)
        for name in one.names
    }
    own = {one.arg for one in arguments} | (bound_names(*body) - shared)
    _read_each(body, (hidden | own) - shared, reads, late=True)
