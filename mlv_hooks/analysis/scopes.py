"""What statements do with names, seen from the top of the notebook.

``facts`` takes a statement of a cell and says which names it binds, reads at once, reads later
(when a function made here runs), and what the rules of scopes make special: names in `global`
statements, names that a class body both binds and reads.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Set
from typing import Any, NamedTuple

from mlv_hooks.analysis.known_names import KERNEL_WORDS
from mlv_hooks.analysis.trees import children, walk

BY_TEXT = {"eval", "evaluate", "query", "sql", "sqldf"}
BY_TEXT |= {"dmatrices", "dmatrix", "from_formula", "glm", "logit", "ols"}
"""Methods that look names up, by their text, where they are called."""

_TOLD = KERNEL_WORDS | BY_TEXT


class Facts(NamedTuple):
    """Names of the notebook's top level that a statement touches.

    ``sure``: bound whenever the statement has run. ``reads``: at once; ``late``: when a function
    made here runs; ``touched``: both. ``declared``: in `global` statements. ``in_class``: both
    bound and read by a class body. ``names``: all, of inner scopes too. ``by_text``: methods called
    in a function that look names up by their text. ``awaits``: at the top level. ``in_kernel``: a
    name, an attribute or a text may mean something else in a kernel.
    """

    binds: Set[str]
    sure: Set[str]
    reads: Set[str]
    late: Set[str]
    deletes: Set[str]
    declared: Set[str]
    in_class: Set[str]
    stars: bool
    names: Set[str]
    by_text: Set[str]
    awaits: bool
    touched: Set[str]
    in_kernel: bool


def facts(statement: ast.stmt) -> Facts:
    """Return what a top-level statement does with names."""
    found = _Found()
    scope = _Scope("module", None, found)
    _look([statement], scope)
    return Facts(
        scope.binds,
        _surely_bound(statement, scope),
        scope.reads,
        scope.inner,
        scope.deletes,
        found.declared,
        found.in_class,
        found.stars,
        found.names,
        found.by_text,
        found.awaits,
        scope.reads | scope.inner if scope.inner else scope.reads,
        found.in_kernel or _in_kernel(found.names),
    )


def _in_kernel(names: set[str]) -> bool:
    """Say whether a name may mean something in a kernel; those with an underscore are many."""
    if not names.isdisjoint(KERNEL_WORDS):
        return True
    underscored = [name for name in names if name[0] == "_"]
    return any(map(KERNEL_NAME.fullmatch, underscored))


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


def _surely_bound(statement: ast.stmt, scope: _Scope) -> Set[str]:
    """Names bound once the statement is over, whatever happened in it."""
    kind = type(statement)
    if kind is ast.Expr:
        return _NO_NAMES
    if kind in _BINDING:
        return scope.binds
    if isinstance(statement, ast.Assign):
        return set().union(*map(pattern_names, statement.targets))
    if isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        value = statement.value
        return pattern_names(statement.target) if value is not None else _NO_NAMES
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        optional = (item.optional_vars for item in statement.items[:1])
        return set().union(*(pattern_names(one) for one in optional if one is not None))
    return _NO_NAMES


KERNEL_NAME = re.compile(
    r"__(?:name|main|IPYTHON|file|doc|builtins|annotations|spec|package|loader)__"
    r"|_+\d*|_i+\d*|_[iod]h"
)
_NO_NAMES: frozenset[str] = frozenset()
_BINDING = frozenset({ast.Import, ast.ImportFrom})


class _Found:
    """What all scopes of a statement have together: see ``Facts``."""

    __slots__ = ("awaits", "by_text", "declared", "in_class", "in_kernel", "names", "stars")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.declared = self.in_class = self.by_text = _NO_NAMES
        self.stars = self.awaits = self.in_kernel = False


class _Scope:
    """The names of a scope; those that few scopes have are sets that are made anew."""

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

    def __init__(self, kind: str, outer: _Scope | None, found: _Found) -> None:
        self.kind = kind
        self.outer = outer
        self.found = found
        self.binds: set[str] = set()
        self.reads: set[str] = set()
        self.deletes = self.inner = self.declared = self.nonlocals = _NO_NAMES


def _look(todo: list[Any], scope: _Scope) -> None:
    """Note what nodes, and all below them, do with names; their order does not matter."""
    reads, names = scope.reads, scope.found.names
    while todo:
        node = todo.pop()
        kind = type(node)
        if kind is ast.Name:
            names.add(node.id)
            if type(node.ctx) is ast.Load:
                reads.add(node.id)
            else:
                scope.binds.add(node.id)
                if type(node.ctx) is ast.Del:
                    scope.deletes |= {node.id}
        elif kind is ast.Attribute:
            if node.attr in _TOLD:
                _told(node, scope)
            todo.append(node.value)
        elif kind is ast.Call:
            todo.append(node.func)
            todo += node.args
            for keyword in node.keywords:
                todo.append(keyword.value)
        elif kind in _VISITORS:
            _VISITORS[kind](node, scope)
        elif kind is not ast.Constant:
            todo += children(node)
        elif node.value.__class__ is str and node.value in KERNEL_WORDS:
            scope.found.in_kernel = True


def _told(node: ast.Attribute, scope: _Scope) -> None:
    scope.found.in_kernel |= node.attr in KERNEL_WORDS
    if node.attr not in BY_TEXT or scope.kind == "module":
        return
    pandas = isinstance(node.value, ast.Name) and node.value.id in ("pd", "pandas")
    scope.found.by_text |= {"pandas.eval" if pandas else node.attr}


def _augmented(node: ast.AugAssign, scope: _Scope) -> None:
    if isinstance(node.target, ast.Name):
        scope.reads.add(node.target.id)
    _look([node.target, node.value], scope)


def _named(node: ast.NamedExpr, scope: _Scope) -> None:
    owner = scope
    while owner.kind == "comprehension" and owner.outer is not None:
        owner = owner.outer
    owner.binds.add(node.target.id)
    _look([node.value], scope)


def _import(node: ast.Import | ast.ImportFrom, scope: _Scope) -> None:
    scope.found.in_kernel |= "__main__" in (getattr(node, "module", ""), node.names[0].name)
    for one in node.names:
        if one.name == "*":
            scope.found.stars = True
        else:
            scope.binds.add(one.asname or one.name.partition(".")[0])


def _global(node: ast.Global, scope: _Scope) -> None:
    scope.declared |= {*node.names}
    scope.found.declared |= scope.declared


def _nonlocal(node: ast.Nonlocal, scope: _Scope) -> None:
    scope.nonlocals |= {*node.names}


def _handler(node: ast.ExceptHandler, scope: _Scope) -> None:
    if node.name:
        scope.binds.add(node.name)
        scope.deletes |= {node.name}
    _look([*([node.type] if node.type else []), *node.body], scope)


def _pattern(node: Any, scope: _Scope) -> None:
    name = node.rest if isinstance(node, ast.MatchMapping) else node.name
    if name:
        scope.binds.add(name)
    _look(children(node), scope)


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: _Scope) -> None:
    scope.binds.add(node.name)
    outside = [*node.decorator_list, *([node.returns] if node.returns else [])]
    _arguments(node, node.body, outside, scope)


def _lambda(node: ast.Lambda, scope: _Scope) -> None:
    _arguments(node, [node.body], [], scope)


def _arguments(node: Any, body: Iterable[ast.AST], outside: list[Any], scope: _Scope) -> None:
    args = node.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    every += [one for one in (args.vararg, args.kwarg) if one is not None]
    names = {one.arg for one in every}
    scope.found.names |= names
    outside += args.defaults
    outside += [one for one in args.kw_defaults if one is not None]
    outside += [one.annotation for one in every if one.annotation is not None]
    _look(outside, scope)
    inside = _Scope("function", scope, scope.found)
    inside.binds |= names
    _type_parameters(node, inside)
    _look([*body], inside)
    _leave(inside, scope)


def _type_parameters(node: Any, inside: _Scope) -> None:
    for one in getattr(node, "type_params", ()):
        inside.binds.add(one.name)
        _look(children(one), inside)


def _class(node: ast.ClassDef, scope: _Scope) -> None:
    scope.binds.add(node.name)
    _look([*node.decorator_list, *node.bases, *node.keywords], scope)
    inside = _Scope("class", scope, scope.found)
    _type_parameters(node, inside)
    _look([*node.body], inside)
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
        _look([loop.iter], scope if first else inside)
        _look([loop.target, *loop.ifs], inside)
        scope.found.awaits |= bool(loop.is_async) and _at_top(scope)
        first = False
    parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    _look(parts, inside)
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
    _look(children(node), scope)


def _type_alias(node: Any, scope: _Scope) -> None:
    scope.binds.add(node.name.id)
    inside = _Scope("function", scope, scope.found)
    _type_parameters(node, inside)
    _look([node.value], inside)
    _leave(inside, scope)


_VISITORS: dict[type[ast.AST], Any] = {
    ast.AsyncFor: _waiting,
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _waiting,
    ast.AugAssign: _augmented,
    ast.Await: _waiting,
    ast.ClassDef: _class,
    ast.DictComp: _comprehension,
    ast.ExceptHandler: _handler,
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
    ast.NamedExpr: _named,
    ast.Nonlocal: _nonlocal,
    ast.SetComp: _comprehension,
}
if hasattr(ast, "TypeAlias"):
    _VISITORS[ast.TypeAlias] = _type_alias
