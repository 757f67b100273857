"""The notebook's own functions, lambdas and generators: making them, and running them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from mlv_hooks.analysis.trees import arguments
from mlv_hooks.analysis.values import (
    NOTHING,
    NUMBERS,
    Code,
    Frame,
    Type,
    Value,
    join_all,
    or_none,
)
from mlv_hooks.analysis.ways import Ways

# How deep calls of own functions within each other are gone into.
DEPTH = 12


@dataclass(slots=True)
class Given:
    """The arguments of a call; ``open``: there may be more (``*args``, ``**options``).

    ``written``: the call, where there is one.
    """

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    written: ast.Call | None = None
    open: bool = False
    handed: bool = False

    @property
    def all(self) -> list[Value]:
        """All values that are handed over."""
        if not self.keywords:
            return self.positional
        return [*self.positional, *self.keywords.values()]

    def node(self, *keys: str) -> ast.expr | None:
        """Return the expression of the first of some arguments that is there, by place or name.

        ``self`` is what a method is called on.
        """
        if self.written is not None:
            for key in keys:
                found = _argument(self.written, key)
                if found is not None:
                    return found
        return None


def _argument(call: ast.Call, key: str) -> ast.expr | None:
    if key.isdigit():
        place = int(key)
        found = call.args[place] if place < len(call.args) else None
        return None if isinstance(found, ast.Starred) else found
    if key == "self" and isinstance(call.func, ast.Attribute):
        return call.func.value
    return next((one.value for one in call.keywords if one.arg == key), None)


class OwnCode(Ways):
    """The machine with own code; what it can run comes with its subclasses."""

    def evaluate(self, node: ast.expr) -> Value:
        """Evaluate an expression."""
        raise NotImplementedError

    def run(self, body: list[ast.stmt]) -> None:
        """Run statements."""
        raise NotImplementedError

    def call(self, function: Value, given: Given) -> Value:
        """Call a value."""
        raise NotImplementedError

    def iterate(self, value: Value) -> Value:
        """Go over a value; return what is known of its elements."""
        raise NotImplementedError

    def in_comprehension(
        self, node: ast.expr, outer: Frame | None, first: Value, make: Any
    ) -> list[Value]:
        """Go through a comprehension whose first iterable is known."""
        raise NotImplementedError

    def _too_much(self, code: Code) -> bool:
        self.cell_steps -= 1
        self.steps -= 1
        deep = len(self.running) >= DEPTH or self.cell_steps < 0 or self.steps < 0
        return deep or any(other.node is code.node for other, _ in self.running)

    def make_function(self, node: Any) -> Value:
        """Return the function that a ``def`` or ``lambda`` makes; its defaults are evaluated."""
        code = Code("function", node, self.frame, self.regions.new())
        for argument, default in _defaults(node.args):
            value = self.evaluate(default)
            self.escape(value)
            code.defaults[argument.arg] = value
        self.note_late(code)
        held = [value.region for value in code.defaults.values()]
        if code.frame is not None:
            held += self.captured(code)
        if held:
            self.regions.merge(code.region, *held)
        return Value(None, code.region, code=code)

    def note_late(self, code: Code) -> None:
        """Note the names that code made here reads when it runs."""
        self.notes.late |= self.globals_of(code)

    def captured(self, code: Code) -> list[int]:
        """Return the regions of the values around that code holds on to."""
        found, frame = [], code.frame
        free = self.scopes.free(code.node)
        while frame is not None:
            found += [frame.names[name].region for name in free if name in frame.names]
            frame = frame.outer
        return found

    def function_frame(self) -> Frame | None:
        """Return the frame of the function that runs, comprehensions in it left out."""
        frame = self.frame
        while frame is not None and frame.kind != "function":
            frame = frame.outer
        return frame

    def run_code(self, code: Code, given: Given, value: Value | None = None) -> Value:
        """Run a function with arguments, or a generator already made (``value``)."""
        lump = [*given.all, *code.defaults.values(), Value(None, code.region)]
        if self._too_much(code):
            return self._within_itself(code, given, lump)
        scope = self.scopes.scope(code.node)
        if code.kind == "generator":
            frame = code.frame
            assert frame is not None
        else:
            frame = Frame(self.new_names(), scope.local, scope.declared, code.frame)
            self._hand_over(code, given, frame)
            lazy = scope.yields or isinstance(code.node, ast.AsyncFunctionDef)
            if lazy:
                made = Code("generator", code.node, frame, code.region, born=self.now)
                return Value(Type("generator"), self.together(*lump), code=made)
        return self._run_in(code, frame, value)

    def _run_in(self, code: Code, frame: Frame, value: Value | None) -> Value:
        here, sure = self.frame, self.notes.sure
        self.notes.sure = set(sure)
        self.running.append((code, dict(frame.names)))
        self.frame = frame
        if isinstance(code.node, ast.Lambda):
            frame.result = self.evaluate(code.node.body)
        else:
            self.cell_steps -= len(code.node.body)
            self.steps -= len(code.node.body)
            self.fragile += 1
            self.run(code.node.body)
            self.fragile -= 1
        self.frame = here
        self.running.pop()
        self.notes.sure = sure
        result = frame.result or NOTHING
        if self._may_fall_off(code):
            result = result._replace(type=or_none(result.type))
        if value is not None:
            return Value(result.type, self.together(result, value), result.path, result.code)
        return result

    def _may_fall_off(self, code: Code) -> bool:
        """Say whether a call may come to the end of the body and so give None."""
        if isinstance(code.node, ast.Lambda) or self.scopes.scope(code.node).yields:
            return False
        return not _ends(code.node.body)

    def _within_itself(self, code: Code, given: Given, lump: list[Value]) -> Value:
        """Call code that runs already, or that there is no time to look into."""
        outer = [names for other, names in self.running if other.node is code.node]
        held = [value for names in outer for value in names.values()]
        self.change(*given.all, *held)
        region = self.together(*lump, *held)
        stores = self.scopes.scope(code.node).stores
        if not outer or stores or self._types_differ(code, given):
            self.unknown(f"calls `{getattr(code.node, 'name', 'lambda')}` within itself", *lump)
        return Value(None, region or self.regions.new())

    def _types_differ(self, code: Code, given: Given) -> bool:
        """Say whether a call within a call hands over other types than the outer call got."""
        names = [argument.arg for argument in arguments(code.node)]
        held = next(names for other, names in self.running if other.node is code.node)
        pairs = [*zip(names, given.positional, strict=False), *given.keywords.items()]
        return given.open or any(
            name not in held or not _alike(held[name], v) or held[name].code is not v.code
            for name, v in pairs
        )

    def _hand_over(self, code: Code, given: Given, frame: Frame) -> None:
        """Bind the parameters of a function."""
        spec = code.node.args
        places = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
        everything = self.together(*given.all)
        for k, argument in enumerate(arguments(code.node)):
            name = argument.arg
            if argument is spec.vararg:
                rest = given.positional[len(places) :]
                for v in rest:
                    self.escape(v)
                items = (join_all(tuple(v.type for v in rest)),) if rest and not given.open else ()
                kind = Type("tuple", items)
                frame.names[name] = Value(
                    kind if items else Type("tuple", (None,)), everything or self.regions.new()
                )
            elif argument is spec.kwarg:
                for v in given.keywords.values():
                    self.escape(v)
                frame.names[name] = Value(
                    Type("dict", (Type("str"), None)), everything or self.regions.new()
                )
            elif name in given.keywords:
                frame.names[name] = given.keywords[name]
            elif given.handed and k:
                frame.names[name] = Value(None, self.regions.new())
            elif k < len(places) and k < len(given.positional) and not given.open:
                frame.names[name] = given.positional[k]
            elif given.open:
                for v in given.all:
                    self.escape(v)
                region = self.together(*given.all, code.defaults.get(name, NOTHING))
                frame.names[name] = Value(None, region or self.regions.new())
            else:
                frame.names[name] = code.defaults.get(name, Value(None, self.regions.new()))


def _defaults(spec: ast.arguments) -> list[tuple[ast.arg, ast.expr]]:
    """Return the parameters that have a default, in order, with it."""
    pairs: list[tuple[ast.arg, ast.expr]] = []
    if spec.defaults:
        places = [*spec.posonlyargs, *spec.args]
        pairs += zip(places[len(places) - len(spec.defaults) :], spec.defaults, strict=True)
    if spec.kw_defaults:
        pairs += [(a, d) for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d]
    return pairs


def _ends(body: list[ast.stmt]) -> bool:
    """Say whether statements surely end with a ``return`` or an error."""
    last = body[-1] if body else None
    if isinstance(last, ast.If):
        return _ends(last.body) and _ends(last.orelse)
    if isinstance(last, (ast.With, ast.AsyncWith)):
        return _ends(last.body)
    return isinstance(last, (ast.Return, ast.Raise))


def _alike(one: Value, two: Value) -> bool:
    """Say whether code does the same with two values, as far as their types tell."""
    numbers = all(value.type and value.type.name in NUMBERS for value in (one, two))
    return numbers or one.type == two.type
