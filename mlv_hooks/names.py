"""Which names a function, class or comprehension binds, and which it takes from outside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (*FUNCTIONS, *COMPREHENSIONS, ast.ClassDef)


@dataclass(slots=True)
class Scope:
    """The names of one scope: bound in it, declared ``global`` or ``nonlocal``, loaded, free."""

    binds: set[str] = field(default_factory=set)
    to_global: set[str] = field(default_factory=set)
    to_outer: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)
    inner: list[ast.AST] = field(default_factory=list)
    yields: bool = False
    stores: bool = False

    @property
    def local(self) -> frozenset[str]:
        """Names that belong to this scope alone."""
        return frozenset(self.binds - self.to_global - self.to_outer)


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
    for part in ast.walk(node):
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
    scope.binds.update(argument.arg for argument in arguments(node))
    scope.binds.update(parameter.name for parameter in getattr(node, "type_params", ()))
    comprehension = isinstance(node, COMPREHENSIONS)
    todo = body_of(node)
    while todo:
        part = todo.pop()
        if isinstance(part, SCOPES):
            scope.inner.append(part)
            if not isinstance(part, (ast.Lambda, *COMPREHENSIONS)):
                scope.binds.add(part.name)
            todo += outside_of(part)
            if isinstance(part, COMPREHENSIONS):
                scope.binds |= _walrus(part)
            continue
        _note(scope, part, comprehension)
        todo += ast.iter_child_nodes(part)
    return scope


def _note(scope: Scope, part: ast.AST, comprehension: bool) -> None:
    """Note what one node binds, loads or declares."""
    if isinstance(part, ast.Name):
        if isinstance(part.ctx, ast.Load):
            scope.loads.add(part.id)
        else:
            scope.binds.add(part.id)
    elif isinstance(part, ast.NamedExpr) and comprehension:
        scope.to_outer.add(part.target.id)
    elif isinstance(part, (ast.Import, ast.ImportFrom)):
        scope.binds.update(bound_by(alias) for alias in part.names)
    elif isinstance(part, ast.Global):
        scope.to_global.update(part.names)
        scope.stores = True
    elif isinstance(part, ast.Nonlocal):
        scope.to_outer.update(part.names)
        scope.stores = True
    elif isinstance(part, (ast.Yield, ast.YieldFrom)):
        scope.yields = True
    elif isinstance(part, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        if part.name:
            scope.binds.add(part.name)
    elif isinstance(part, ast.MatchMapping) and part.rest:
        scope.binds.add(part.rest)


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
        todo += ast.iter_child_nodes(part)
    return found


def bound_by(alias: ast.alias) -> str:
    """Return the name that an import binds: ``a`` for ``import a.b``."""
    return alias.asname or alias.name.partition(".")[0]
