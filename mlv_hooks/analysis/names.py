"""Which names a function, class or comprehension binds, and which it takes from outside."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from mlv_hooks.analysis.trees import children, walk

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = frozenset((*FUNCTIONS, *COMPREHENSIONS, ast.ClassDef))


class Scope:
    """The names of one scope: bound in it, declared ``global`` or ``nonlocal``, loaded, free.

    ``local``: those that belong to this scope alone.
    """

    __slots__ = ("binds", "inner", "loads", "local", "stores", "to_global", "to_outer", "yields")

    def __init__(self) -> None:
        self.binds: set[str] = set()
        self.loads: set[str] = set()
        self.to_global = self.to_outer = self.local = _NO_NAMES
        self.inner: list[ast.AST] = []
        self.yields = self.stores = False


_NO_NAMES: frozenset[str] = frozenset()


class Scopes:
    """The scopes of a notebook's code, each looked into once."""

    def __init__(self) -> None:
        self._scopes: dict[int, tuple[ast.AST, Scope]] = {}
        self._free: dict[int, frozenset[str]] = {}

    def scope(self, node: ast.AST) -> Scope:
        """Return the names of the scope that ``node`` opens."""
        known = self._scopes.get(id(node))
        if known is None:
            known = (node, _look(node))
            self._scopes[id(node)] = known
        return known[1]

    def free(self, node: ast.AST) -> frozenset[str]:
        """Return the names that code below ``node`` reads or binds outside of itself."""
        known = self._free.get(id(node))
        if known is None:
            scope = self.scope(node)
            inner: set[str] = set()
            for child in scope.inner:
                inner |= self.free(child)
            hidden = set() if isinstance(node, ast.ClassDef) else scope.local
            own = scope.loads - scope.local if isinstance(node, ast.ClassDef) else scope.loads
            known = frozenset(((own | inner) - hidden) | scope.to_global | scope.to_outer)
            self._free[id(node)] = known
        return known


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


def body_of(node: ast.AST) -> list[ast.AST]:
    """Return what runs inside the scope that ``node`` opens."""
    if isinstance(node, ast.Lambda):
        return [node.body]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return list(node.body)
    if isinstance(node, ast.DictComp):
        parts: list[ast.AST] = [node.key, node.value]
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        parts = [node.elt]
    else:
        return [node]
    for k, generator in enumerate(node.generators):
        parts += [generator.target, *generator.ifs]
        if k:
            parts.append(generator.iter)
    return parts


def outside_of(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a scope's node that run where it stands, not inside."""
    if isinstance(node, COMPREHENSIONS):
        return [node.generators[0].iter]
    parts: list[ast.AST] = [*getattr(node, "decorator_list", [])]
    if isinstance(node, ast.ClassDef):
        return [*parts, *node.bases, *(keyword.value for keyword in node.keywords)]
    spec = node.args  # type: ignore[attr-defined]
    parts += [*spec.defaults, *(default for default in spec.kw_defaults if default)]
    parts += [argument.annotation for argument in arguments(node) if argument.annotation]
    returns = getattr(node, "returns", None)
    return [*parts, returns] if returns else parts


def _look(node: ast.AST) -> Scope:
    scope = Scope()
    scope.binds.update([argument.arg for argument in arguments(node)])
    scope.binds.update([parameter.name for parameter in getattr(node, "type_params", ())])
    comprehension = isinstance(node, COMPREHENSIONS)
    todo: list[Any] = body_of(node)
    while todo:
        part = todo.pop()
        kind = type(part)
        if kind is ast.Name:
            (scope.loads if type(part.ctx) is ast.Load else scope.binds).add(part.id)
        elif kind is ast.Attribute:
            todo.append(part.value)
        elif kind is ast.Call:
            todo.append(part.func)
            todo += part.args
            todo += part.keywords
        elif kind in SCOPES:
            _inner(scope, part)
            todo += outside_of(part)
        elif kind is not ast.Constant:
            note = _NOTES.get(kind)
            if note is not None:
                note(scope, part)
            elif comprehension and kind is ast.NamedExpr:
                scope.to_outer |= {part.target.id}
            todo += children(part)
    scope.local = frozenset(scope.binds - scope.to_global - scope.to_outer)
    return scope


def _inner(scope: Scope, part: Any) -> None:
    scope.inner.append(part)
    if isinstance(part, COMPREHENSIONS):
        scope.binds |= _walrus(part)
    elif not isinstance(part, ast.Lambda):
        scope.binds.add(part.name)


def _import(scope: Scope, part: ast.Import | ast.ImportFrom) -> None:
    scope.binds.update(bound_by(alias) for alias in part.names)


def _global(scope: Scope, part: ast.Global) -> None:
    scope.to_global |= {*part.names}
    scope.stores = True


def _nonlocal(scope: Scope, part: ast.Nonlocal) -> None:
    scope.to_outer |= {*part.names}
    scope.stores = True


def _yield(scope: Scope, part: ast.AST) -> None:
    scope.yields = True


def _caught(scope: Scope, part: Any) -> None:
    name = part.rest if isinstance(part, ast.MatchMapping) else part.name
    if name:
        scope.binds.add(name)


_NOTES: dict[type[ast.AST], Callable[[Scope, Any], None]] = {
    **dict.fromkeys((ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping), _caught),
    ast.Global: _global,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Nonlocal: _nonlocal,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
}


def _walrus(node: ast.AST) -> set[str]:
    """Return the names that ``:=`` inside a comprehension binds around it."""
    found: set[str] = set()
    todo = body_of(node)
    while todo:
        part = todo.pop()
        if isinstance(part, ast.NamedExpr):
            found.add(part.target.id)
        if isinstance(part, ast.Lambda):
            continue
        todo += children(part)
    return found


def bound_by(alias: ast.alias) -> str:
    """Return the name that an import binds: ``a`` for ``import a.b``."""
    return alias.asname or alias.name.partition(".")[0]
