"""What each scope of the code does with names: functions, classes, comprehensions, statements.

``Scopes`` looks into a scope once, whoever asks: the analysis for the names that a function has to
itself, ``statement_names`` for what a statement of a cell touches.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Set
from typing import Any

from mlv_hooks.analysis.known_names import KERNEL_WORDS
from mlv_hooks.analysis.trees import COMPREHENSIONS, arguments, children

BY_TEXT = {"eval", "evaluate", "query", "sql", "sqldf"}
BY_TEXT |= {"dmatrices", "dmatrix", "from_formula", "glm", "logit", "ols"}
"""Methods that look names up, by their text, where they are called."""

_TOLD = KERNEL_WORDS | BY_TEXT
_NO_NAMES: frozenset[str] = frozenset()


class Scope:
    """The names of one scope, and of all within it.

    Its own: ``binds`` and ``deletes`` (bound in it, whatever it is declared), ``reads``, ``late``
    (read when a function made in it runs), ``declared`` and ``nonlocals`` (by statements),
    ``walrus`` (what ``:=`` in a comprehension binds around it), ``yields``, ``waits``, ``stars``.
    With all scopes within: ``names`` (in any place), ``all_declared``, ``in_class`` (both bound and
    read by a class body), ``by_text`` (methods called that look names up by their text),
    ``in_kernel`` (an attribute or a text may mean something else in a kernel).
    """

    # What few scopes have is there for all of them, and set anew where there is any.
    deletes: Set[str] = _NO_NAMES
    late: Set[str] = _NO_NAMES
    declared: Set[str] = _NO_NAMES
    nonlocals: Set[str] = _NO_NAMES
    walrus: Set[str] = _NO_NAMES
    all_declared: Set[str] = _NO_NAMES
    in_class: Set[str] = _NO_NAMES
    by_text: Set[str] = _NO_NAMES
    yields = waits = stars = in_kernel = False

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.binds: set[str] = set()
        self.reads: set[str] = set()
        self.names: set[str] = set()

    @property
    def local(self) -> Set[str]:
        """The names that belong to this scope alone."""
        if self.declared or self.nonlocals or self.walrus:
            return self.binds - self.declared - self.nonlocals - self.walrus
        return self.binds

    @property
    def stores(self) -> bool:
        """Whether it binds names around it, by ``global`` or ``nonlocal``."""
        return bool(self.declared or self.nonlocals)

    @property
    def free(self) -> Set[str]:
        """The names outside of this scope that code in it reads or binds."""
        own = self.local
        found = self.reads - own
        found |= self.late if self.kind == "class" else self.late - own
        found |= self.declared
        found |= self.nonlocals
        found |= self.walrus
        return found


class Scopes:
    """The scopes of a notebook's code, each looked into once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[ast.AST, Scope]] = {}
        self._free: dict[int, frozenset[str]] = {}

    def scope(self, node: ast.AST) -> Scope:
        """Return the names of the scope that a function, class or comprehension opens."""
        known = self._known.get(id(node))
        if known is None:
            # The node is kept, so that no other one gets its identity.
            known = self._known[id(node)] = (node, _INSIDE[type(node)](node, self))
        return known[1]

    def free(self, node: ast.AST) -> frozenset[str]:
        """Return the names that code in such a scope reads or binds outside of itself."""
        known = self._free.get(id(node))
        if known is None:
            known = self._free[id(node)] = frozenset(self.scope(node).free)
        return known

    def statement(self, node: ast.stmt) -> Scope:
        """Return the names of a statement at the top of a cell; they are not remembered."""
        scope = Scope("module")
        self.look([node], scope)
        return scope

    def look(self, todo: list[Any], scope: Scope) -> None:
        """Note what nodes, and all below them, do with names; their order does not matter."""
        reads, names = scope.reads, scope.names
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
                _VISITORS[kind](node, scope, self)
            elif kind is not ast.Constant:
                todo += children(node)
            elif node.value.__class__ is str and node.value in KERNEL_WORDS:
                scope.in_kernel = True


def _told(node: ast.Attribute, scope: Scope) -> None:
    if node.attr in KERNEL_WORDS:
        scope.in_kernel = True
    if node.attr in BY_TEXT and scope.kind != "module":
        pandas = isinstance(node.value, ast.Name) and node.value.id in ("pd", "pandas")
        scope.by_text |= {"pandas.eval" if pandas else node.attr}


# Nodes that bind in ways of their own


def _augmented(node: ast.AugAssign, scope: Scope, scopes: Scopes) -> None:
    if isinstance(node.target, ast.Name):
        scope.reads.add(node.target.id)
    scopes.look([node.target, node.value], scope)


def _named(node: ast.NamedExpr, scope: Scope, scopes: Scopes) -> None:
    if scope.kind == "comprehension":
        scope.walrus |= {node.target.id}
    else:
        scope.binds.add(node.target.id)
    scopes.look([node.value], scope)


def _import(node: ast.Import | ast.ImportFrom, scope: Scope, scopes: Scopes) -> None:
    if "__main__" in (getattr(node, "module", ""), node.names[0].name):
        scope.in_kernel = True
    for one in node.names:
        if one.name == "*":
            scope.stars = True
        else:
            scope.binds.add(one.asname or one.name.partition(".")[0])


def _global(node: ast.Global, scope: Scope, scopes: Scopes) -> None:
    scope.declared |= {*node.names}
    scope.all_declared |= scope.declared


def _nonlocal(node: ast.Nonlocal, scope: Scope, scopes: Scopes) -> None:
    scope.nonlocals |= {*node.names}


def _handler(node: ast.ExceptHandler, scope: Scope, scopes: Scopes) -> None:
    if node.name:
        scope.binds.add(node.name)
        scope.deletes |= {node.name}
    scopes.look([*([node.type] if node.type else []), *node.body], scope)


def _pattern(node: Any, scope: Scope, scopes: Scopes) -> None:
    name = node.rest if isinstance(node, ast.MatchMapping) else node.name
    if name:
        scope.binds.add(name)
    scopes.look(children(node), scope)


def _waiting(node: ast.AST, scope: Scope, scopes: Scopes) -> None:
    scope.waits = True
    scopes.look(children(node), scope)


def _yielding(node: ast.AST, scope: Scope, scopes: Scopes) -> None:
    scope.yields = True
    scopes.look(children(node), scope)


# Nodes that open a scope: what runs where they stand, then what is inside


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, scopes: Scopes) -> None:
    scope.binds.add(node.name)
    outside = [*node.decorator_list, *([node.returns] if node.returns else [])]
    _arguments(node, outside, scope, scopes)


def _lambda(node: ast.Lambda, scope: Scope, scopes: Scopes) -> None:
    _arguments(node, [], scope, scopes)


def _arguments(node: Any, outside: list[Any], scope: Scope, scopes: Scopes) -> None:
    spec = node.args
    outside += spec.defaults
    outside += [one for one in spec.kw_defaults if one is not None]
    outside += [one.annotation for one in arguments(node) if one.annotation is not None]
    scopes.look(outside, scope)
    _leave(scopes.scope(node), scope)


def _class(node: ast.ClassDef, scope: Scope, scopes: Scopes) -> None:
    scope.binds.add(node.name)
    scopes.look([*node.decorator_list, *node.bases, *node.keywords], scope)
    inside = scopes.scope(node)
    # What the body reads it reads at once; what it binds may be read from outside before that.
    scope.reads |= inside.reads - inside.local
    scope.late |= inside.late
    _hand_over(inside, scope)


def _comprehension(node: Any, scope: Scope, scopes: Scopes) -> None:
    scopes.look([node.generators[0].iter], scope)
    inside = scopes.scope(node)
    free = inside.reads - inside.binds
    scope.reads |= free
    # Those of a generator are read when it runs; in a comprehension of a class they skip the class.
    if isinstance(node, ast.GeneratorExp) or scope.kind == "class":
        scope.late |= free
    scope.late |= inside.late - inside.binds
    if inside.walrus and scope.kind == "comprehension":
        scope.walrus |= inside.walrus
    elif inside.walrus:
        scope.binds |= inside.walrus
    scope.waits |= inside.waits
    _hand_over(inside, scope)


def _type_alias(node: Any, scope: Scope, scopes: Scopes) -> None:
    scope.binds.add(node.name.id)
    _leave(scopes.scope(node), scope)


def _leave(inside: Scope, scope: Scope) -> None:
    """Hand the free names of a function that has been read to the scope around it."""
    scope.late |= inside.free
    _hand_over(inside, scope)


def _hand_over(inside: Scope, scope: Scope) -> None:
    """Hand what all scopes have together to the scope around."""
    scope.names |= inside.names
    if inside.all_declared:
        scope.all_declared |= inside.all_declared
    if inside.in_class:
        scope.in_class |= inside.in_class
    if inside.by_text:
        scope.by_text |= inside.by_text
    if inside.in_kernel:
        scope.in_kernel = True


# What is inside


def _in_function(node: Any, scopes: Scopes) -> Scope:
    inside = Scope("function")
    names = [one.arg for one in arguments(node)]
    inside.binds.update(names)
    inside.names.update(names)
    _type_parameters(node, inside, scopes)
    scopes.look([node.body] if isinstance(node, ast.Lambda) else [*node.body], inside)
    return inside


def _in_class(node: ast.ClassDef, scopes: Scopes) -> Scope:
    inside = Scope("class")
    _type_parameters(node, inside, scopes)
    scopes.look([*node.body], inside)
    both = inside.reads & (inside.binds - inside.declared)
    if both:
        inside.in_class |= both
    return inside


def _in_comprehension(node: Any, scopes: Scopes) -> Scope:
    inside = Scope("comprehension")
    parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    for place, loop in enumerate(node.generators):
        parts += [loop.target, *loop.ifs, *([loop.iter] if place else [])]
        inside.waits |= bool(loop.is_async)
    scopes.look(parts, inside)
    return inside


def _in_alias(node: Any, scopes: Scopes) -> Scope:
    inside = Scope("function")
    _type_parameters(node, inside, scopes)
    scopes.look([node.value], inside)
    return inside


def _type_parameters(node: Any, inside: Scope, scopes: Scopes) -> None:
    for one in getattr(node, "type_params", ()):
        inside.binds.add(one.name)
        scopes.look(children(one), inside)


def _for(
    kinds: Iterable[type[ast.AST]], visit: Callable[..., Any]
) -> dict[type[ast.AST], Callable[..., Any]]:
    return dict.fromkeys(kinds, visit)


_VISITORS: dict[type[ast.AST], Callable[[Any, Scope, Scopes], None]] = {
    **_for((ast.AsyncFor, ast.AsyncWith, ast.Await), _waiting),
    **_for((ast.AsyncFunctionDef, ast.FunctionDef), _function),
    **_for(COMPREHENSIONS, _comprehension),
    **_for((ast.Import, ast.ImportFrom), _import),
    **_for((ast.MatchAs, ast.MatchMapping, ast.MatchStar), _pattern),
    **_for((ast.Yield, ast.YieldFrom), _yielding),
    ast.AugAssign: _augmented,
    ast.ClassDef: _class,
    ast.ExceptHandler: _handler,
    ast.Global: _global,
    ast.Lambda: _lambda,
    ast.NamedExpr: _named,
    ast.Nonlocal: _nonlocal,
}
_INSIDE: dict[type[ast.AST], Callable[[Any, Scopes], Scope]] = {
    **_for((ast.AsyncFunctionDef, ast.FunctionDef, ast.Lambda), _in_function),
    **_for(COMPREHENSIONS, _in_comprehension),
    ast.ClassDef: _in_class,
}
if hasattr(ast, "TypeAlias"):
    _VISITORS[ast.TypeAlias] = _type_alias
    _INSIDE[ast.TypeAlias] = _in_alias
