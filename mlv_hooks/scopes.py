"""What statements do with names, seen from the top of the notebook.

``facts`` takes a statement of a cell and says which names it binds, reads at once, reads later
(when a function made here runs), and what the rules of scopes make special: names in `global`
statements, names that a class body both binds and reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mlv_hooks.trees import children, walk

BY_TEXT = {"eval", "evaluate", "query", "sql", "sqldf"}
BY_TEXT |= {"dmatrices", "dmatrix", "from_formula", "glm", "logit", "ols"}
"""Methods that look names up, by their text, where they are called."""


@dataclass(slots=True)
class Facts:
    """Names of the notebook's top level that a statement touches.

    ``sure``: bound whenever the statement has run. ``reads``: at once; ``late``: when a function
    made here runs; ``touched``: both. ``declared``: in `global` statements. ``in_class``: both
    bound and read by a class body. ``names``: all, of inner scopes too. ``by_text``: methods called
    in a function that look names up by their text. ``awaits``: at the top level.
    """

    binds: set[str] = field(default_factory=set)
    sure: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    in_class: set[str] = field(default_factory=set)
    stars: list[int] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    by_text: set[str] = field(default_factory=set)
    awaits: bool = False
    touched: frozenset[str] = frozenset()


def facts(statement: ast.stmt) -> Facts:
    """Return what a top-level statement does with names."""
    found = Facts()
    scope = _Scope("module", None, found)
    _visit(statement, scope)
    found.binds, found.reads = scope.binds, scope.reads
    found.deletes, found.late = scope.deletes, scope.inner
    found.sure = _surely_bound(statement, scope)
    found.touched = frozenset(found.reads | found.late)
    return found


def pattern_names(target: ast.AST) -> set[str]:
    """Return the names that an assignment target binds."""
    if isinstance(target, ast.Name):
        return {target.id} if isinstance(target.ctx, ast.Store) else set()
    return {
        one.id
        for one in walk(target)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }


def names_read(node: ast.AST) -> set[str]:
    """Return the names that an expression takes from outside."""
    names = [one for one in walk(node) if isinstance(one, ast.Name)]
    own = {one.id for one in names if isinstance(one.ctx, ast.Store)}
    return {one.id for one in names} - own


def _surely_bound(statement: ast.stmt, scope: _Scope) -> set[str]:
    """Names bound once the statement is over, whatever happened in it."""
    if isinstance(statement, ast.Assign):
        return set().union(*map(pattern_names, statement.targets))
    if isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        value = statement.value
        return pattern_names(statement.target) if value is not None else set()
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return scope.binds
    if isinstance(statement, (ast.For, ast.AsyncFor, ast.If, ast.While, ast.Try, ast.Match)):
        return set()
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        optional = (item.optional_vars for item in statement.items[:1])
        return set().union(*(pattern_names(one) for one in optional if one is not None))
    return set()


class _Scope:
    __slots__ = (
        "binds",
        "declared",
        "deletes",
        "found",
        "inner",
        "kind",
        "nonlocals",
        "outer",
        "reads",
    )

    def __init__(self, kind: str, outer: _Scope | None, found: Facts) -> None:
        self.kind = kind
        self.outer = outer
        self.found = found
        self.binds: set[str] = set()
        self.reads: set[str] = set()
        self.deletes: set[str] = set()
        self.inner: set[str] = set()
        self.declared: set[str] = set()
        self.nonlocals: set[str] = set()


def _visit(node: ast.AST, scope: _Scope) -> None:
    _VISITORS.get(type(node), _any)(node, scope)


def _any(node: ast.AST, scope: _Scope) -> None:
    for one in children(node):
        _visit(one, scope)


def _call(node: ast.Call, scope: _Scope) -> None:
    _visit(node.func, scope)
    for one in node.args:
        _visit(one, scope)
    for keyword in node.keywords:
        _visit(keyword.value, scope)


def _expression(node: ast.Expr, scope: _Scope) -> None:
    _visit(node.value, scope)


def _assign(node: ast.Assign, scope: _Scope) -> None:
    for one in node.targets:
        _visit(one, scope)
    _visit(node.value, scope)


def _subscript(node: ast.Subscript, scope: _Scope) -> None:
    _visit(node.value, scope)
    _visit(node.slice, scope)


def _all(nodes: Iterable[ast.AST | None], scope: _Scope) -> None:
    for node in nodes:
        if node is not None:
            _visit(node, scope)


def _name(node: ast.Name, scope: _Scope) -> None:
    scope.found.names.add(node.id)
    if type(node.ctx) is ast.Load:
        scope.reads.add(node.id)
    elif type(node.ctx) is ast.Store:
        scope.binds.add(node.id)
    else:
        scope.deletes.add(node.id)
        scope.binds.add(node.id)


def _attribute(node: ast.Attribute, scope: _Scope) -> None:
    if node.attr in BY_TEXT and scope.kind != "module":
        pandas = isinstance(node.value, ast.Name) and node.value.id in ("pd", "pandas")
        scope.found.by_text.add("pandas.eval" if pandas else node.attr)
    _visit(node.value, scope)


def _augmented(node: ast.AugAssign, scope: _Scope) -> None:
    if isinstance(node.target, ast.Name):
        scope.reads.add(node.target.id)
    _visit(node.target, scope)
    _visit(node.value, scope)


def _named(node: ast.NamedExpr, scope: _Scope) -> None:
    owner = scope
    while owner.kind == "comprehension" and owner.outer is not None:
        owner = owner.outer
    owner.binds.add(node.target.id)
    _visit(node.value, scope)


def _import(node: ast.Import | ast.ImportFrom, scope: _Scope) -> None:
    for one in node.names:
        if one.name == "*":
            scope.found.stars.append(node.lineno)
        else:
            scope.binds.add(one.asname or one.name.partition(".")[0])


def _global(node: ast.Global, scope: _Scope) -> None:
    scope.declared.update(node.names)
    scope.found.declared.update(node.names)


def _nonlocal(node: ast.Nonlocal, scope: _Scope) -> None:
    scope.nonlocals.update(node.names)


def _handler(node: ast.ExceptHandler, scope: _Scope) -> None:
    if node.name:
        scope.binds.add(node.name)
        scope.deletes.add(node.name)
    _all([node.type, *node.body], scope)


def _pattern(node: Any, scope: _Scope) -> None:
    name = node.rest if isinstance(node, ast.MatchMapping) else node.name
    if name:
        scope.binds.add(name)
    for child in children(node):
        _visit(child, scope)


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: _Scope) -> None:
    scope.binds.add(node.name)
    _all(node.decorator_list, scope)
    _arguments(node, node.args, node.body, scope, node.returns)


def _lambda(node: ast.Lambda, scope: _Scope) -> None:
    _arguments(node, node.args, [node.body], scope, None)


def _arguments(
    node: Any, args: ast.arguments, body: Iterable[ast.AST], scope: _Scope, returns: Any
) -> None:
    every = [*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg]
    names = [one for one in every if one is not None]
    scope.found.names.update(one.arg for one in names)
    _all([*args.defaults, *args.kw_defaults, returns], scope)
    _all([one.annotation for one in names], scope)
    inside = _Scope("function", scope, scope.found)
    inside.binds.update(one.arg for one in names)
    _type_parameters(node, inside)
    _all(body, inside)
    _leave(inside, scope)


def _type_parameters(node: Any, inside: _Scope) -> None:
    for one in getattr(node, "type_params", ()):
        inside.binds.add(one.name)
        _all([getattr(one, "bound", None), getattr(one, "default_value", None)], inside)


def _class(node: ast.ClassDef, scope: _Scope) -> None:
    scope.binds.add(node.name)
    _all([*node.decorator_list, *node.bases, *node.keywords], scope)
    inside = _Scope("class", scope, scope.found)
    _type_parameters(node, inside)
    _all(node.body, inside)
    own = inside.binds - inside.declared
    scope.found.in_class |= own & inside.reads
    # What the body reads it reads at once; what it binds may be read from outside before that.
    scope.reads |= inside.reads
    scope.inner |= inside.inner
    _outward(inside, scope)


def _leave(inside: _Scope, scope: _Scope) -> None:
    """Hand the free names of a function that has been read to the scope around it."""
    own = inside.binds - inside.declared - inside.nonlocals
    scope.inner |= (inside.reads | inside.inner | inside.nonlocals) - own
    scope.inner |= inside.declared
    _outward(inside, scope)


def _outward(inside: _Scope, scope: _Scope) -> None:
    if scope.kind == "comprehension" and scope.outer is not None:
        scope.found.declared |= inside.declared


def _comprehension(node: Any, scope: _Scope) -> None:
    inside = _Scope("comprehension", scope, scope.found)
    first = True
    for loop in node.generators:
        _visit(loop.iter, scope if first else inside)
        _visit(loop.target, inside)
        _all(loop.ifs, inside)
        scope.found.awaits |= bool(loop.is_async) and _at_top(scope)
        first = False
    parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    _all(parts, inside)
    free = inside.reads - inside.binds
    scope.reads |= free
    # Those of a generator are read when it runs; in a comprehension of a class they skip the class.
    if isinstance(node, ast.GeneratorExp) or scope.kind == "class":
        scope.inner |= free
    scope.inner |= inside.inner - inside.binds


def _at_top(scope: _Scope) -> bool:
    here: _Scope | None = scope
    while here is not None and here.kind == "comprehension":
        here = here.outer
    return here is not None and here.kind == "module"


def _waiting(node: ast.AST, scope: _Scope) -> None:
    scope.found.awaits |= _at_top(scope)
    for child in children(node):
        _visit(child, scope)


def _type_alias(node: Any, scope: _Scope) -> None:
    scope.binds.add(node.name.id)
    inside = _Scope("function", scope, scope.found)
    _type_parameters(node, inside)
    _visit(node.value, inside)
    _leave(inside, scope)


def _nothing(node: ast.AST, scope: _Scope) -> None:
    return


_VISITORS: dict[type[ast.AST], Any] = {
    ast.Attribute: _attribute,
    ast.Assign: _assign,
    ast.AsyncFor: _waiting,
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _waiting,
    ast.AugAssign: _augmented,
    ast.Call: _call,
    ast.Await: _waiting,
    ast.ClassDef: _class,
    ast.Constant: _nothing,
    ast.DictComp: _comprehension,
    ast.ExceptHandler: _handler,
    ast.Expr: _expression,
    ast.FunctionDef: _function,
    ast.GeneratorExp: _comprehension,
    ast.Global: _global,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.MatchAs: _pattern,
    ast.MatchMapping: _pattern,
    ast.MatchStar: _pattern,
    ast.Name: _name,
    ast.NamedExpr: _named,
    ast.Nonlocal: _nonlocal,
    ast.SetComp: _comprehension,
    ast.Subscript: _subscript,
}
if hasattr(ast, "TypeAlias"):
    _VISITORS[ast.TypeAlias] = _type_alias
