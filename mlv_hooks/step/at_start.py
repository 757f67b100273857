"""Which functions and classes mean the same when the module is loaded as where they stood."""

from __future__ import annotations

import ast
from collections.abc import Collection

from mlv_hooks.analysis.known_names import BUILTINS, DECORATING
from mlv_hooks.analysis.trees import children, walk

Def = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
DEFS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
PLAIN_CALLS = frozenset(["auto", "field", "Field", "NewType", "TypeVar"])
SETTINGS = frozenset(["argv", "environ", "modules", "options", "path", "rcParams"])
"""Attributes whose value depends on when they are read."""

PLAIN = (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp, ast.Subscript, ast.Slice)


class AtStart:
    """Whether a definition means the same when the module is loaded.

    ``moved`` are the names that are there by then, ``lively`` classes of the notebook that do
    something when a class is made of them, ``accessors`` what a class body has as decorators.
    """

    def __init__(
        self, moved: set[str], modules: dict[str, str], bound: set[str], lively: set[str]
    ) -> None:
        self.moved = moved
        self.modules = modules
        self.bound = bound
        self.lively = lively
        self.accessors: set[str] = set()
        self.body: ast.ClassDef | None = None
        self.outer: AtStart | None = None

    def definition(self, node: Def) -> bool:
        if not all(map(self._decorator, node.decorator_list)):
            return False
        if isinstance(node, ast.ClassDef):
            bases = [*node.bases, *(one.value for one in node.keywords)]
            calm = not any(isinstance(o, ast.Name) and o.id in self.lively for o in bases)
            return calm and all(map(self._value, bases)) and self._class_body(node)
        args = node.args
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
        annotations = [one.annotation for one in every if one is not None]
        values: list[ast.expr | None] = [*args.defaults, *args.kw_defaults, node.returns]
        values += annotations
        return all(self._value(one) for one in values if one is not None)

    def _class_body(self, node: ast.ClassDef) -> bool:
        own = AtStart(self.moved, self.modules, self.bound, self.lively)
        own.accessors = {one.name for one in node.body if isinstance(one, DEFS)}
        own.moved = self.moved | own.accessors
        own.body, own.outer = node, self
        return all(own.member(one) for one in node.body)

    def _is_bound_around(self, name: str) -> bool:
        """Say whether the class body in which a name stands, or one around it, binds it."""
        if self.body is None:
            return False
        stored = any(
            isinstance(one, ast.Name) and one.id == name and _is_stored(one)
            for one in walk(self.body)
        )
        return stored or (self.outer is not None and self.outer._is_bound_around(name))

    def member(self, node: ast.stmt) -> bool:
        if isinstance(node, DEFS):
            return self.definition(node)
        if isinstance(node, ast.Pass):
            return True
        if isinstance(node, ast.Expr):
            return isinstance(node.value, ast.Constant)
        if isinstance(node, ast.Assign):
            return self._value(node.value) and all(isinstance(o, ast.Name) for o in node.targets)
        if isinstance(node, ast.AnnAssign):
            values = [node.annotation, *([node.value] if node.value else [])]
            return isinstance(node.target, ast.Name) and all(map(self._value, values))
        return False

    def _decorator(self, node: ast.expr) -> bool:
        function = node.func if isinstance(node, ast.Call) else node
        if isinstance(node, ast.Call):
            values = [*node.args, *(one.value for one in node.keywords)]
            if not all(map(self._value, values)):
                return False
        root = function
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name):
            return False
        if root.id in self.modules:
            return self.modules[root.id] in DECORATING
        return root.id in self.accessors or (root.id in BUILTINS and root.id not in self.bound)

    def _value(self, node: ast.expr) -> bool:
        """Say whether an expression has the same value when the module is loaded."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Name):
            there = node.id in self.moved or node.id not in self.bound
            return there or self._is_bound_around(node.id)
        if isinstance(node, ast.Attribute):
            calm = node.attr not in SETTINGS and not isinstance(node.value, ast.Call)
            return calm and self._value(node.value)
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            name = node.func.attr if isinstance(node.func, ast.Attribute) else name
            values = [*node.args, *(one.value for one in node.keywords)]
            return name in PLAIN_CALLS and all(self._value(one) for one in [node.func, *values])
        if isinstance(node, ast.Lambda):
            return not node.args.defaults and not node.args.kw_defaults
        if isinstance(node, PLAIN):
            return all(self._value(one) for one in children(node))
        return False


def is_lively(node: ast.ClassDef, lively: Collection[str]) -> bool:
    """Say whether making a class of this one runs code of the notebook."""
    hooks = {"__init_subclass__", "__new__", "__prepare__", "__set_name__", "__call__"}
    own = any(isinstance(one, DEFS) and one.name in hooks for one in node.body)
    values = [*node.bases, *(one.value for one in node.keywords)]
    return own or any(isinstance(one, ast.Name) and one.id in lively for one in values)


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)
