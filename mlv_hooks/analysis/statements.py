"""What running a statement binds, reads, changes and does."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from mlv_hooks.analysis import knowledge
from mlv_hooks.analysis.classes import Classes
from mlv_hooks.analysis.own_calls import Given
from mlv_hooks.analysis.trees import bound_by, targets
from mlv_hooks.analysis.values import Type, Value


class Statements(Classes):
    """The machine with statements."""

    def __init__(self) -> None:
        super().__init__()
        self._statement_rules: dict[type[ast.stmt], Callable[[Any], None]] = {}

    def run(self, body: list[ast.stmt]) -> None:
        """Run statements one after the other."""
        for node in body:
            self.statement(node)

    def statement(self, node: ast.stmt) -> None:
        """Run one statement."""
        if not self.running:
            self.line = node.lineno
        kind = type(node)
        if kind not in self._statement_rules:
            rule = getattr(self, f"_{kind.__name__}", self._any_statement)
            self._statement_rules[kind] = rule
        self._statement_rules[kind](node)

    def _any_statement(self, node: ast.stmt) -> None:
        self.effect("unknown", f"`{type(node).__name__}`")

    def _Expr(self, node: ast.Expr) -> None:
        value = self.evaluate(node.value)
        self.touch(value, "show")

    def _Assign(self, node: ast.Assign) -> None:
        value = self.evaluate(node.value)
        for target in node.targets:
            self.assign(target, value)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        if not self.lazy_annotations and (self.frame is None or self.frame.kind == "class"):
            self.evaluate(node.annotation)
        if node.value:
            self.assign(node.target, self.evaluate(node.value))

    def _AugAssign(self, node: ast.AugAssign) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            old = self.load(target.id)
            value = self._augmented(old, self.evaluate(node.value))
            self.bind(target.id, value)
        elif isinstance(target, ast.Attribute):
            holder = self.evaluate(target.value)
            old = self.attribute(holder, target.attr)
            value = self._augmented(old, self.evaluate(node.value))
            self.set_attribute(holder, target.attr, value)
        elif isinstance(target, ast.Subscript):
            holder, index = self.evaluate(target.value), self.evaluate(target.slice)
            old = self.subscript(holder, index, target.slice)
            value = self._augmented(old, self.evaluate(node.value))
            self.set_item(holder, index, value)

    def _augmented(self, old: Value, value: Value) -> Value:
        """Return what `x += y` leaves in x; what can change is changed in place."""
        if not knowledge.immutable(old.type):
            if old.type and old.type.name == "list":
                self.iterate(value)
            self.change(old)
        result = self.operate(old, value)
        if knowledge.immutable(result.type):
            return result
        return Value(result.type, self.together(old, value, result), result.path, result.code)

    def _Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._delete(target)

    def _delete(self, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.delete(target.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._delete(part)
        elif isinstance(target, ast.Attribute):
            holder = self.evaluate(target.value)
            self.set_attribute(holder, target.attr, Value())
        elif isinstance(target, ast.Subscript):
            holder = self.evaluate(target.value)
            self.set_item(holder, self.evaluate(target.slice), Value())

    # Scopes

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = self.evaluate_all(node.decorator_list)
        value = self.make_function(node)
        self._annotations(node)
        for decorator in reversed(decorators):
            value = self._decorated(decorator, value)
        self.bind(node.name, value)

    _AsyncFunctionDef = _FunctionDef

    def _annotations(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        spec = node.args
        places = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
        places += [extra for extra in (spec.vararg, spec.kwarg) if extra]
        found = [place.annotation for place in places if place.annotation]
        found += [node.returns] if node.returns else []
        for annotation in found:
            if self.lazy_annotations:
                self.notes.late |= {
                    part.id for part in ast.walk(annotation) if isinstance(part, ast.Name)
                }
            else:
                self.evaluate(annotation)

    def _Return(self, node: ast.Return) -> None:
        value = self.evaluate(node.value) if node.value else Value(Type("None"))
        frame = self.function_frame()
        if frame:
            frame.result = value if frame.result is None else self.join(frame.result, value)

    def _Global(self, node: ast.Global) -> None:
        """A declaration does nothing."""

    _Nonlocal = _Pass = _Break = _Continue = _Global

    # Imports

    def _Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._imported(alias.name)
            path = alias.name if alias.asname else alias.name.partition(".")[0]
            self.bind(bound_by(alias), Value(None, 0, path))

    def _ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        if module == "__future__":
            self.lazy_annotations |= any(alias.name == "annotations" for alias in node.names)
            self.effect("settings", "from __future__ import")
        else:
            self._imported(module)
        for alias in node.names:
            if alias.name != "*":
                value = self.library_object(f"{module}.{alias.name}")
                self.bind(alias.asname or alias.name, value)
                continue
            self.stars.append(module)
            self.bind("*", Value())
            for name in knowledge.exports(module):
                if name in self.globals:
                    self.bind(name, self.library_object(f"{module}.{name}"))
            if not knowledge.exports(module):
                for name in list(self.globals):
                    self._may_rebind(name)

    def _may_rebind(self, name: str) -> None:
        """Say that a name may hold something else now."""
        held = self.globals[name]
        self.escape(held)
        self.notes.binds.add(name)
        self.set(self.globals, name, Value(None, held.region or self.regions.new()))

    def _imported(self, module: str) -> None:
        if not knowledge.is_known(module):
            self.effect("unknown", f"import {module}")

    # Ways

    def _If(self, node: ast.If) -> None:
        self.touch(self.evaluate(node.test), "operate")
        self.ways(lambda: self.run(node.body), lambda: self.run(node.orelse))

    def _For(self, node: ast.For | ast.AsyncFor) -> None:
        source = self.evaluate(node.iter)
        if isinstance(node, ast.AsyncFor) and not source.code:
            self.unknown("async for", source)
        item = self.iterate(source)

        def once() -> None:
            self.assign(node.target, item)
            self.run(node.body)

        self.again(once, {*targets(node.target)})
        if node.orelse:
            self.perhaps(lambda: self.run(node.orelse))

    _AsyncFor = _For

    def _While(self, node: ast.While) -> None:
        def once() -> None:
            self.touch(self.evaluate(node.test), "operate")
            self.run(node.body)

        self.touch(self.evaluate(node.test), "operate")
        self.again(once)
        if node.orelse:
            self.perhaps(lambda: self.run(node.orelse))

    def _With(self, node: ast.With | ast.AsyncWith) -> None:
        swallows = False
        for item in node.items:
            value = self.evaluate(item.context_expr)
            swallows = swallows or not self.fact(value, "context")
            entered = self._enter(value, isinstance(node, ast.AsyncWith))
            if item.optional_vars:
                self.assign(item.optional_vars, entered)
        if swallows:
            self.fragile += 1
            self.perhaps(lambda: self.run(node.body))
            self.fragile -= 1
        else:
            self.run(node.body)

    _AsyncWith = _With

    def _enter(self, value: Value, is_async: bool) -> Value:
        """Return what `with` binds."""
        code = value.code
        if code and code.kind == "instance" and not is_async:
            for name in ("__exit__", "__enter__"):
                given = Given([Value()] * 3) if name == "__exit__" else Given()
                result = self.call(self.attribute(value, name), given)
            return result
        if is_async or not self.fact(value, "context"):
            return self.unknown("with what is not known", value)
        self.change(value)
        written = self.fact(value, "enter")
        return self.as_type(value, written) if written else value

    def _Try(self, node: Any) -> None:
        def body() -> None:
            self.run(node.body)
            self.run(node.orelse)

        def handler(part: ast.ExceptHandler) -> None:
            if part.type:
                self.evaluate(part.type)
            if part.name:
                self.bind(part.name, Value(Type("stdlib.Exception"), self.regions.new()))
            self.run(part.body)
            if part.name:
                self._end_name(part.name)

        if node.handlers:
            sure = set(self.notes.sure)
            self.fragile += 1
            self.perhaps(body)
            self.fragile -= 1
            self.perhaps(*[lambda part=part: handler(part) for part in node.handlers])
            self.notes.sure = sure
        else:
            body()
        self.run(node.finalbody)

    _TryStar = _Try

    def _end_name(self, name: str) -> None:
        """Unbind the name of `except ... as name`."""
        frame = self.frame
        if frame is None or name in frame.to_global:
            self.notes.deletes |= {name}
            self.notes.sure.discard(name)
            self.set(self.globals, name, None)
        else:
            self.set(frame.names, name, None)

    def _Match(self, node: ast.Match) -> None:
        subject = self.evaluate(node.subject)

        def case(part: ast.match_case) -> None:
            self._pattern(part.pattern, subject)
            if part.guard:
                self.touch(self.evaluate(part.guard), "operate")
            self.run(part.body)

        self.perhaps(*[lambda part=part: case(part) for part in node.cases])

    def _pattern(self, pattern: ast.pattern, subject: Value) -> None:
        """Match a value: names of the pattern get the value or a part of it."""
        for part in ast.walk(pattern):
            if isinstance(part, (ast.MatchValue, ast.MatchClass)):
                self.evaluate(part.value if isinstance(part, ast.MatchValue) else part.cls)
            name = getattr(part, "rest" if isinstance(part, ast.MatchMapping) else "name", None)
            if name:
                whole = part is pattern and isinstance(part, ast.MatchAs) and not part.pattern
                region = subject.region or self.regions.new()
                self.bind(name, subject if whole else Value(None, region))
        self.touch(subject, "operate")

    # What may end the run

    def _Assert(self, node: ast.Assert) -> None:
        self.touch(self.evaluate(node.test), "operate")
        if node.msg:
            message = node.msg
            self.perhaps(lambda: self.touch(self.evaluate(message), "show"))
        self.effect("unknown", "an assert may stop the run")

    def _Raise(self, node: ast.Raise) -> None:
        for part in (node.exc, node.cause):
            if part:
                self.evaluate(part)
        self.effect("unknown", "raises")

    def _TypeAlias(self, node: Any) -> None:
        self.notes.late |= {p.id for p in ast.walk(node.value) if isinstance(p, ast.Name)}
        self.bind(node.name.id, Value(Type("type")))
