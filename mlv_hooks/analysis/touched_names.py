"""Which names of the notebook a statement of a cell touches.

``facts`` says which names it binds, reads at once, reads later (when a function made here runs),
and what the rules of scopes make special: names in `global` statements, names that a class body
both binds and reads.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Set
from typing import NamedTuple

from mlv_hooks.analysis.known_names import KERNEL_WORDS
from mlv_hooks.analysis.scopes import Scope, Scopes
from mlv_hooks.analysis.trees import walk


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


def facts(statement: ast.stmt, scopes: Scopes) -> Facts:
    """Return what a top-level statement does with names; ``scopes`` knows those looked into."""
    scope = scopes.statement(statement)
    reads = scope.reads | scope.in_class if scope.in_class else scope.reads
    return Facts(
        scope.binds,
        _surely_bound(statement, scope),
        reads,
        scope.late,
        scope.deletes,
        scope.all_declared,
        scope.in_class,
        scope.stars,
        scope.names,
        scope.by_text,
        scope.waits,
        reads | scope.late if scope.late else reads,
        scope.in_kernel or _in_kernel(scope.names),
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


def _surely_bound(statement: ast.stmt, scope: Scope) -> Set[str]:
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
