"""What evaluating an expression gives, reads, changes and does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from mlv_hooks.analysis import knowledge
from mlv_hooks.analysis.builtin_calls import BuiltinCalls
from mlv_hooks.analysis.own_calls import Given
from mlv_hooks.analysis.trees import COMPREHENSIONS
from mlv_hooks.analysis.values import (
    CONSTANTS,
    IMMUTABLE,
    NUMBERS,
    SCALAR,
    TEXT,
    Code,
    Frame,
    Type,
    Value,
    join_all,
    join_types,
)


class Evaluation(BuiltinCalls):
    """The machine with expressions."""

    def __init__(self) -> None:
        super().__init__()
        self.calm: set[int] = set()
        self.busy: set[int] = set()
        self._rules: dict[type[ast.expr], Callable[[Any], Value]] = {}

    def evaluate(self, node: ast.expr) -> Value:
        """Evaluate an expression; remember whether anyone could see later that it was."""
        kind = type(node)
        if kind is ast.Constant:
            return CONSTANTS.get(type(node.value), SCALAR)  # type: ignore[attr-defined]
        before = self.events
        if kind is ast.Name:
            name = node.id  # type: ignore[attr-defined]
            value = self.load(name) if self.frame else self.load_global(name)
        else:
            if not self.running:
                self.line = node.lineno
            rule = self._rules.get(kind)
            if rule is None:
                rule = self._rules[kind] = getattr(self, f"_{kind.__name__}", self._other)
            value = rule(node)
        if self.events == before:
            self.calm.add(id(node))
        else:
            self.busy.add(id(node))
        return value

    def evaluate_all(self, nodes: Iterable[ast.expr]) -> list[Value]:
        """Evaluate expressions from left to right."""
        return [self.evaluate(node) for node in nodes]

    def _other(self, node: ast.expr) -> Value:
        """Evaluate what needs no rule of its own: its parts, into what is not known."""
        parts = self.evaluate_all(c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr))
        return Value(None, self.together(*parts) or self.regions.new())

    # Literals

    def _JoinedStr(self, node: ast.JoinedStr) -> Value:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.touch(self.evaluate(part.value), "show")
                if part.format_spec:
                    self.evaluate(part.format_spec)
        return TEXT

    _TemplateStr = _JoinedStr

    def _display(self, kind: str, values: list[Value]) -> Value:
        """Return a new container of some elements."""
        for value in values:
            self.escape(value)
        types = tuple(value.type for value in values)
        items = types if kind == "tuple" and len(types) <= 8 else (join_all(types),)
        if not types:
            items = ()
        return self.fresh(Type(kind, items), *values)

    def _elements(self, nodes: list[ast.expr]) -> list[Value]:
        values = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                values.append(self.iterate(self.evaluate(node.value)))
            else:
                values.append(self.evaluate(node))
        return values

    def _Tuple(self, node: ast.Tuple) -> Value:
        values = self._elements(node.elts)
        if any(isinstance(part, ast.Starred) for part in node.elts):
            kind = join_all(tuple(value.type for value in values))
            return self.fresh(Type("tuple", (kind,)), *values)
        return self._display("tuple", values)

    def _List(self, node: ast.List) -> Value:
        return self._display("list", self._elements(node.elts))

    def _Set(self, node: ast.Set) -> Value:
        values = self._elements(node.elts)
        for value in values:
            self.touch(value, "operate")
        return self._display("set", values)

    def _Dict(self, node: ast.Dict) -> Value:
        keys = [self.evaluate(key) for key in node.keys if key]
        values = []
        for key, part in zip(node.keys, node.values, strict=True):
            value = self.evaluate(part)
            values.append(value if key else self.iterate(value))
        for value in (*keys, *values):
            self.escape(value)
        types = (join_all(tuple(k.type for k in keys)), join_all(tuple(v.type for v in values)))
        return self.fresh(Type("dict", types if values else ()), *keys, *values)

    # Operators

    def _BinOp(self, node: ast.BinOp) -> Value:
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        return self.operate(left, right)

    def operate(self, left: Value, right: Value) -> Value:
        """Return what an operator gives; operators are taken to change nothing."""
        self.touch(left, "operate")
        self.touch(right, "operate")
        for side in (left, right):
            ops = self.fact(side, "ops")
            if isinstance(ops, str) and side.type:
                owner = side.type.name.rpartition(".")[0] or "builtins"
                return self.fresh(knowledge.parse_type(owner, ops))
        names = [side.type.name if side.type else "" for side in (left, right)]
        if all(name in IMMUTABLE for name in names):
            both = set(names)
            return (
                Value(Type(names[0]))
                if len(both) == 1 and names[0] != "type"
                else (SCALAR if both <= NUMBERS else (TEXT if names[0] == "str" else SCALAR))
            )
        if names[0] == "str":
            return TEXT
        if names[0] in ("list", "set", "tuple", "dict") and names[0] == names[1]:
            shared = [side for side in (left, right) if not self.holds_plain(side)]
            if names[0] == "tuple":
                return self.fresh(Type("tuple", (None,)), *shared)
            return self.fresh(join_types(left.type, right.type), *shared)
        if names[0] in ("list", "tuple") and names[1] in NUMBERS:
            items = left.type.items if left.type else ()
            return self.fresh(Type(names[0], (join_all(items),) if items else ()), left)
        return Value(None, self.together(left, right) or self.regions.new())

    def _UnaryOp(self, node: ast.UnaryOp) -> Value:
        value = self.evaluate(node.operand)
        if isinstance(node.op, ast.Not):
            self.touch(value, "operate")
            return Value(Type("bool"))
        return self.operate(value, value)

    def _BoolOp(self, node: ast.BoolOp) -> Value:
        value = self.evaluate(node.values[0])
        self.touch(value, "operate")
        found = [value]
        for part in node.values[1:]:
            self.perhaps(lambda part=part: found.append(self.evaluate(part)))  # type: ignore[misc]
        joined = found[0]
        for other in found[1:]:
            joined = self.join(joined, other)
        return joined

    def _IfExp(self, node: ast.IfExp) -> Value:
        self.touch(self.evaluate(node.test), "operate")
        found: list[Value] = []
        self.ways(
            lambda: found.append(self.evaluate(node.body)),
            lambda: found.append(self.evaluate(node.orelse)),
        )
        return self.join(found[0], found[1])

    def _Compare(self, node: ast.Compare) -> Value:
        left = self.evaluate(node.left)
        result = left
        for op, part in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(part)
            if isinstance(op, (ast.In, ast.NotIn)):
                self.look_in(right)
                self.touch(left, "operate")
                result = Value(Type("bool"))
            elif isinstance(op, (ast.Is, ast.IsNot)):
                result = Value(Type("bool"))
            else:
                result = self.operate(left, right)
                if not any(self.fact(side, "ops") for side in (left, right)):
                    known = left.type and right.type
                    result = Value(Type("bool")) if known else Value(None, self.regions.new())
            left = right
        return result

    def look_in(self, container: Value) -> None:
        """Search a container: an iterator is used up by that."""
        kind = container.type
        if kind and (kind.name in ("dict", "list", "set", "str", "tuple", "range", "frozenset")):
            self.touch(container, "operate")
        elif self.fact(container, "ops") is None or self.fact(container, "iterator"):
            self.iterate(container)

    def _NamedExpr(self, node: ast.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        frame = self.frame
        while frame is not None and frame.kind == "comprehension":
            frame = frame.outer
        inner, self.frame = self.frame, frame
        self.bind(node.target.id, value)
        self.frame = inner
        return value

    # Parts

    def _Attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.evaluate(node.value), node.attr)

    def _Subscript(self, node: ast.Subscript) -> Value:
        value = self.evaluate(node.value)
        return self.subscript(value, self.evaluate(node.slice), node.slice)

    def _Slice(self, node: ast.Slice) -> Value:
        self.evaluate_all(part for part in (node.lower, node.upper, node.step) if part)
        return Value(Type("slice"))

    def _Starred(self, node: ast.Starred) -> Value:
        return self.iterate(self.evaluate(node.value))

    def _Await(self, node: ast.Await) -> Value:
        value = self.evaluate(node.value)
        if value.code and value.code.kind == "generator":
            return self.iterate(value)
        return self.unknown("await", value)

    def _Yield(self, node: ast.Yield) -> Value:
        value = self.evaluate(node.value) if node.value else Value()
        frame = self.function_frame()
        if frame:
            frame.result = value if frame.result is None else self.join(frame.result, value)
        return Value(None, self.together(value) or self.regions.new())

    def _YieldFrom(self, node: ast.YieldFrom) -> Value:
        value = self.iterate(self.evaluate(node.value))
        frame = self.function_frame()
        if frame:
            frame.result = value if frame.result is None else self.join(frame.result, value)
        return Value(None, self.together(value) or self.regions.new())

    # Scopes

    def _Lambda(self, node: ast.Lambda) -> Value:
        return self.make_function(node)

    def _comprehension(self, node: ast.expr, make: Callable[[], list[Value]]) -> list[Value]:
        """Run a comprehension in a scope of its own; return what it is made of."""
        assert isinstance(node, COMPREHENSIONS)
        first = self.evaluate(node.generators[0].iter)
        return self.in_comprehension(node, self.frame, first, make)

    def in_comprehension(
        self, node: ast.expr, outer: Frame | None, first: Value, make: Callable[[], list[Value]]
    ) -> list[Value]:
        """Go through a comprehension whose first iterable is known."""
        assert isinstance(node, COMPREHENSIONS)
        names = self.scopes.scope(node).local
        frame = Frame(self.new_names(), names, outer=outer, kind="comprehension")
        found: list[Value] = []

        def inner(depth: int) -> None:
            if depth == len(node.generators):
                found[:] = make()
                return
            part = node.generators[depth]
            source = self.evaluate(part.iter) if depth else first
            if part.is_async:
                self.unknown("async for", source)
            item = self.iterate(source)

            def once() -> None:
                self.assign(part.target, item)
                for test in part.ifs:
                    self.touch(self.evaluate(test), "operate")
                inner(depth + 1)

            self.again(once, names)

        here, self.frame = self.frame, frame
        inner(0)
        self.frame = here
        return found

    def _ListComp(self, node: ast.ListComp) -> Value:
        return self._display("list", self._comprehension(node, lambda: [self.evaluate(node.elt)]))

    def _SetComp(self, node: ast.SetComp) -> Value:
        return self._display("set", self._comprehension(node, lambda: [self.evaluate(node.elt)]))

    def _DictComp(self, node: ast.DictComp) -> Value:
        key, value = self._comprehension(
            node, lambda: [self.evaluate(node.key), self.evaluate(node.value)]
        )
        self.escape(value)
        return self.fresh(Type("dict", (key.type, value.type)), key, value)

    def _GeneratorExp(self, node: ast.GeneratorExp) -> Value:
        first = self.evaluate(node.generators[0].iter)
        code = Code("generator", node, self.frame, self.regions.new(), bound=first, born=self.now)
        self.note_late(code)
        region = self.regions.merge(code.region, first.region, *self.captured(code))
        return Value(Type("generator"), region, code=code)

    # Calls

    def _Call(self, node: ast.Call) -> Value:
        function = self.evaluate(node.func)
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        more = False
        for part in node.args:
            if type(part) is ast.Starred:
                more = True
                positional.append(self.iterate(self.evaluate(part.value)))
            else:
                positional.append(self.evaluate(part))
        for keyword in node.keywords:
            value = self.evaluate(keyword.value)
            if keyword.arg is None:
                more = True
                positional += (self.iterate(value), Value(None, value.region or self.regions.new()))
            else:
                keywords[keyword.arg] = value
        line, self.line = self.line, node.lineno if not self.running else self.line
        value = self.call(function, Given(positional, keywords, node, more))
        self.line = line
        return value

    def assign(self, target: ast.expr, value: Value) -> None:
        """Assign a value to a target."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, self.fresh(Type("list", (value.type,)), value))
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts, value)
        elif isinstance(target, ast.Attribute):
            self.set_attribute(self.evaluate(target.value), target.attr, value)
        elif isinstance(target, ast.Subscript):
            holder = self.evaluate(target.value)
            index = self.evaluate(target.slice)
            self.set_item(holder, index, value)

    def set_item(self, holder: Value, index: Value, value: Value) -> None:
        """Assign to an element."""
        code = holder.code
        self.escape(value)
        if code and code.kind == "instance" and code.owner and "__setitem__" in code.owner.members:
            self.call(self.attribute(holder, "__setitem__"), Given([index, value]))
        elif code or (holder.path and holder.type is None):
            self.unknown("assigns into what is not known", holder, value)
        self.stored(holder, value)
        self.touch(holder, "assign into")
        if holder.type:
            facts = knowledge.type_facts(holder.type.name)
            if facts and "effect" in facts.rest:
                self.change(holder)
        if not self.fact(holder, "copies"):
            self.together(holder, value, index)

    def _unpack(self, targets: list[ast.expr], value: Value) -> None:
        kind = value.type
        starred = any(isinstance(part, ast.Starred) for part in targets)
        if kind and kind.name == "tuple" and len(kind.items) == len(targets) and not starred:
            for part, kind_of in zip(targets, kind.items, strict=True):
                immutable = knowledge.immutable(kind_of)
                self.assign(part, Value(kind_of, 0 if immutable else value.region))
            return
        item = self.iterate(value)
        for part in targets:
            self.assign(part, item)
