"""Going through syntax trees, over nodes that hold names or values only: faster than ``ast``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

# What these hold is no node that anybody looks for: texts, numbers, `Load`, `Add`.
_LEAVES: dict[type[ast.AST], tuple[str, ...]] = dict.fromkeys(
    (ast.MatchSingleton, ast.Global, ast.Nonlocal), ()
)
# Their lists may have None in them.
_GAPS = frozenset({ast.Dict, ast.arguments})
_TEXTS = frozenset(
    {
        "arg",
        "asname",
        "attr",
        "conversion",
        "ctx",
        "id",
        "is_async",
        "kind",
        "kwd_attrs",
        "level",
        "module",
        "op",
        "ops",
        "rest",
        "simple",
        "str",
        "tag",
        "type_comment",
        "type_ignores",
    }
)


# The nodes that most code is made of, without looking at the names of their fields.
_OFTEN: dict[type[ast.AST], Callable[[Any], list[Any]]] = {
    ast.Assign: lambda node: [*node.targets, node.value],
    ast.Attribute: lambda node: [node.value],
    ast.BinOp: lambda node: [node.left, node.right],
    ast.Call: lambda node: [node.func, *node.args, *node.keywords],
    ast.Constant: lambda node: [],
    ast.Expr: lambda node: [node.value],
    ast.Name: lambda node: [],
    ast.Subscript: lambda node: [node.value, node.slice],
    ast.keyword: lambda node: [node.value],
}


def children(node: ast.AST) -> list[Any]:
    """Return the nodes right below one, in their order, contexts and operators left out."""
    kind = type(node)
    often = _OFTEN.get(kind)
    if often is not None:
        return often(node)
    fields = _LEAVES.get(kind)
    if fields is None:
        fields = _LEAVES[kind] = tuple(name for name in node._fields if name not in _TEXTS)
    found: list[Any] = []
    for name in fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += value
        elif value is not None and value.__class__ is not str:
            found.append(value)
    return [one for one in found if one is not None] if kind in _GAPS else found


_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_SIMPLE = frozenset(
    (ast.AnnAssign, ast.Assign, ast.AugAssign, ast.Expr, ast.Import, ast.ImportFrom, ast.Return)
)


def statements(body: Iterable[ast.stmt]) -> Iterator[Any]:
    """Yield statements and all in their blocks, each before what it holds, in no certain order."""
    todo: list[Any] = [*body]
    while todo:
        node = todo.pop()
        yield node
        if type(node) not in _SIMPLE:
            for name in _BLOCKS:
                todo += getattr(node, name, ())


def walk(node: ast.AST) -> Iterator[Any]:
    """Yield a node and all below it, each before what it holds; siblings in no certain order."""
    todo = [node]
    while todo:
        node = todo.pop()
        yield node
        todo += children(node)


def arguments(node: ast.AST) -> list[ast.arg]:
    """Return the parameters of a function or lambda in order, starred ones included."""
    spec = getattr(node, "args", None)
    if not isinstance(spec, ast.arguments):
        return []
    found = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    return found + [extra for extra in (spec.vararg, spec.kwarg) if extra]


def targets(node: ast.AST) -> Iterator[str]:
    """Yield the names that an assignment to ``node`` binds."""
    for part in walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id


def bound_by(alias: ast.alias) -> str:
    """Return the name that an import binds: ``a`` for ``import a.b``."""
    return alias.asname or alias.name.partition(".")[0]
