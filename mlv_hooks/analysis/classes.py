"""The notebook's own classes and decorators."""

from __future__ import annotations

import ast

from mlv_hooks.analysis.evaluation import Evaluation
from mlv_hooks.analysis.notes import Notes
from mlv_hooks.analysis.own_calls import Given
from mlv_hooks.analysis.values import Code, Frame, Value

# Bases that do nothing to how a class works that the analysis would have to know.
PLAIN_BASES = frozenset(
    {
        "abc.ABC",
        "builtins.Exception",
        "builtins.object",
        "builtins.RuntimeError",
        "builtins.ValueError",
        "typing.Generic",
        "typing.Protocol",
    }
)
DATACLASS = frozenset({"dataclasses.dataclass"})
CACHES = frozenset({"functools.cache", "functools.lru_cache"})
# Decorators that give back a function which does what theirs does.
PLAIN_DECORATORS = frozenset(
    {
        "abc.abstractmethod",
        "builtins.staticmethod",
        "contextlib.contextmanager",
        "functools.total_ordering",
        "typing.final",
        "typing.no_type_check",
        "typing.overload",
        "typing.override",
    }
)
FACTORIES = frozenset({"dict", "float", "int", "list", "set", "str", "tuple"})
CREATION = frozenset({"__init__", "__post_init__", "__call__", "__enter__", "__exit__", "__iter__"})
OPEN_CALLS = CREATION | {"__next__", "__getitem__", "__setitem__", "__init_subclass__"}
RISKY = frozenset({"__new__", "__init_subclass__", "__class_getitem__", "__set_name__", "__del__"})


class Classes(Evaluation):
    """The machine with class statements and decorators."""

    def _decorated(self, decorator: Value, value: Value) -> Value:
        code, path = value.code, decorator.path
        if code and code.kind == "function":
            if path in CACHES or (decorator.type and decorator.type.name == "stdlib.Cache"):
                code.cached = True
                return value
            if path in ("builtins.property", "functools.cached_property"):
                if path != "builtins.property":
                    code.cached = True
                return Value(None, value.region, code=Code("property", code.node, owner=code))
            if path == "builtins.staticmethod":
                return Value(None, value.region, code=Code("static", code.node, owner=code))
            if path == "contextlib.contextmanager" or path == "builtins.classmethod":
                self.escape(value)
                return Value(None, value.region)
            if path in PLAIN_DECORATORS or (
                decorator.type and decorator.type.name == "stdlib.Wraps"
            ):
                return value
        return self.call(decorator, Given([value]))

    def _ClassDef(self, node: ast.ClassDef) -> None:
        decorators = self.evaluate_all(node.decorator_list)
        bases = self.evaluate_all(node.bases)
        for keyword in node.keywords:
            self.evaluate(keyword.value)
        scope = self.scopes.scope(node)
        frame = Frame(self.new_names(), scope.local, scope.declared, self.frame, "class")
        here, self.frame = self.frame, frame
        self.run(node.body)
        self.frame = here
        code = Code("class", node, self.frame, self.regions.new())
        for base in bases:
            own = base.code
            if own and own.kind == "class":
                code.members |= own.members
                code.plain = code.plain and own.plain
            elif base.path not in PLAIN_BASES:
                code.plain = False
        code.members |= frame.names
        self._finish_class(node, code, decorators)

    def _finish_class(self, node: ast.ClassDef, code: Code, decorators: list[Value]) -> None:
        members = code.members
        risky = bool(RISKY & set(members)) or bool(node.keywords) or _has_factory(node)
        code.plain = code.plain and not risky
        self.regions.merge(code.region, *(member.region for member in members.values()))
        free = self.globals_of(code)
        self.notes.late |= free
        self.pool |= free
        value = Value(None, code.region, code=code)
        for decorator in reversed(decorators):
            made = decorator.type and decorator.type.name == "stdlib.Dataclass"
            if decorator.path in DATACLASS or made:
                continue
            value = self.call(decorator, Given([value]))
        self._find_hazard(code)
        self.bind(node.name, value)

    def _find_hazard(self, code: Code) -> None:
        """Try what showing, comparing and the like of an object of an own class would do."""
        special = [
            member
            for name, member in code.members.items()
            if (name.startswith(("__", "_repr_")) and name not in OPEN_CALLS)
            or (member.code and member.code.kind == "property")
        ]
        functions = [member for member in special if member.code]
        if not functions:
            return
        outer, self.notes = self.notes, Notes(self.line)
        before = self.events
        for member in functions:
            inner = member.code
            target = inner.owner if inner and inner.kind == "property" else inner
            if target:
                unknown = Value(None, self.regions.new())
                self.call(Value(None, member.region, code=target), Given([unknown] * 2, open=True))
        notes, self.notes = self.notes, outer
        harmful = bool(notes.effects or notes.binds or notes.deletes or notes.oldest < 1 << 60)
        self.events = before
        self.hazards[code] = (harmful, frozenset(notes.reads))


def _has_factory(node: ast.ClassDef) -> bool:
    """Say whether making an object of a dataclass runs more than a builtin."""
    for statement in node.body:
        call = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        for part in call.keywords if isinstance(call, ast.Call) else ():
            name = part.value.id if isinstance(part.value, ast.Name) else ""
            if part.arg == "default_factory" and name not in FACTORIES:
                return True
    return False
