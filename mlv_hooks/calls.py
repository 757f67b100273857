"""What calling, going over, and looking into a value does."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from mlv_hooks import knowledge
from mlv_hooks.knowledge import Condition, Entry
from mlv_hooks.machine import Machine
from mlv_hooks.names import COMPREHENSIONS, arguments
from mlv_hooks.values import (
    LAZY,
    NOTHING,
    NUMBERS,
    SCALAR,
    TEXT,
    Code,
    Frame,
    Type,
    Value,
    is_data,
    join_all,
)

SEES_ALL = frozenset({"dir", "eval", "exec", "globals", "locals", "vars"})
GENERIC = frozenset({"builtins", "collections", "typing", "typing_extensions"})
QUIET_KINDS = frozenset({"bool", "bytes", "complex", "float", "int", "None", "range", "scalar"})
DEPTH = 12
MENTION = re.compile(r"@([A-Za-z_]\w*)\s*([.(\[]?)")


@dataclass(slots=True)
class Given:
    """The arguments of a call; ``open``: there may be more (``*args``, ``**options``)."""

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    nodes: dict[str, ast.expr] = field(default_factory=dict)
    open: bool = False
    handed: bool = False

    @property
    def all(self) -> list[Value]:
        """All values that are handed over."""
        return [*self.positional, *self.keywords.values()]


class Calls(Machine):
    """The machine with calls; expressions and statements come with its subclasses."""

    def evaluate(self, node: ast.expr) -> Value:
        """Evaluate an expression."""
        raise NotImplementedError

    def run(self, body: list[ast.stmt]) -> None:
        """Run statements."""
        raise NotImplementedError

    def in_comprehension(
        self, node: ast.expr, outer: Frame | None, first: Value, make: Any
    ) -> list[Value]:
        """Go through a comprehension."""
        raise NotImplementedError

    # What is known

    def fact(self, value: Value, name: str) -> Any:
        """Return a field of what is known of the value's type, or None."""
        facts = knowledge.type_facts(value.type.name) if value.type else None
        return facts.rest.get(name) if facts else None

    def as_type(self, value: Value, written: str, share: bool = True) -> Value:
        """Return an element or attribute of a value, of a type as its library's file writes it."""
        assert value.type is not None
        if written == "self":
            return value
        if written == "item":
            kind = join_all(self.items(value))
        else:
            owner = value.type.name.rpartition(".")[0] or "builtins"
            kind = knowledge.parse_type(owner, written)
        if knowledge.immutable(kind):
            return Value(kind)
        path = value.path if self.fact(value, "effect") else ""
        return Value(kind, value.region if share and value.region else self.regions.new(), path)

    def touch(self, value: Value, how: str) -> None:
        """Show, compare or add up a value: own classes may do anything then, others do nothing."""
        if value.code and value.code.kind == "instance" and value.code.owner:
            self._hazard(self.hazards.get(str(id(value.code.owner)), (False, frozenset())), how)
        elif self.hazards and not (self._quiet(value.type) and self._as_made(value)):
            for hazard in self.hazards.values():
                self._hazard(hazard, how)

    def _hazard(self, hazard: tuple[bool, frozenset[str]], how: str) -> None:
        harmful, reads = hazard
        for name in reads:
            self.read(name)
        if harmful:
            self.effect("unknown", f"a class of the notebook has its own way to {how}")

    def _as_made(self, value: Value) -> bool:
        """Say whether nothing else was put into a value's containers since they were made."""
        return not value.region or not self.regions.is_loose(value.region)

    def _quiet(self, kind: Type | None) -> bool:
        """Say whether no object of the notebook's own classes can be inside."""
        if kind is None:
            return False
        return (
            is_data(kind)
            or (bool(kind.items) and all(map(self._quiet, kind.items)))
            or ("." in kind.name and not kind.items)
        )

    # Parts of values

    def attribute(self, value: Value, name: str) -> Value:
        """Return an attribute; reading one of a library's object is taken to change nothing."""
        if value.code:
            return self._own_attribute(value, value.code, name)
        if value.type is None:
            if value.path:
                return self.library_object(f"{value.path}.{name}")
            self.touch(value, "read an attribute")
            return Value(None, value.region)
        facts = knowledge.type_facts(value.type.name)
        if facts and name in facts.methods:
            return Value(None, value.region, code=Code("bound", name, bound=value))
        written = facts.attribute(name) if facts else None
        if written is None:
            return Value(None, value.region or self.regions.new())
        return self.as_type(value, written)

    def _own_attribute(self, value: Value, code: Code, name: str) -> Value:
        owner = code.owner if code.kind == "instance" else code if code.kind == "class" else None
        if owner is None:
            return Value(None, value.region or self.regions.new())
        if name == "__class__":
            return Value(None, owner.region, code=owner)
        if code.kind == "instance":
            self.touch(value, "read an attribute")
        member = owner.members.get(name)
        if member is None:
            return Value(None, value.region)
        inner = member.code
        if inner and inner.kind == "function":
            if code.kind == "instance" or inner.owner is owner:
                method = Code("method", inner.node, bound=value, owner=inner)
                return Value(None, value.region, code=method)
            return member
        if inner and inner.kind == "property" and inner.owner and code.kind == "instance":
            return self.run_code(inner.owner, Given([value]))
        if knowledge.immutable(member.type):
            return member
        return Value(member.type, self.together(value, member), member.path, member.code)

    def subscript(self, value: Value, index: Value, node: ast.expr) -> Value:
        """Return ``value[index]``."""
        code = value.code
        if code and code.kind == "instance" and code.owner and "__getitem__" in code.owner.members:
            return self.call(self._own_attribute(value, code, "__getitem__"), Given([index]))
        if value.type is None:
            if knowledge.top(value.path) in GENERIC or (code and code.kind == "class"):
                return SCALAR
            return self.unknown("looks up in what is not known", value)
        kind = value.type
        if kind.name in ("list", "tuple", "str", "bytes", "range"):
            if isinstance(node, ast.Slice):
                kinds = (join_all(self.items(value)),) if self.items(value) else ()
                sliced = Type(kind.name, kinds)
                if kinds and knowledge.immutable(kinds[0]):
                    return self.fresh(sliced)
                return Value(sliced, value.region)
            if kind.name in ("str", "bytes", "range"):
                return TEXT if kind.name == "str" else SCALAR
            items = self.items(value)
            place = node.value if isinstance(node, ast.Constant) else None
            if isinstance(place, int) and kind.name == "tuple" and len(items) > 1:
                items = items[place : place + 1] if 0 <= place < len(items) else (None,)
            return self._element(value, join_all(items))
        if kind.name == "dict":
            self.touch(index, "operate")
            items = self.items(value)
            return self._element(value, items[1] if len(items) > 1 else None)
        written = self.fact(value, "getitem")
        if self.fact(value, "getitem_changes"):
            self.change(value)
        if isinstance(written, dict):
            key = "slice" if isinstance(node, ast.Slice) else index.type.name if index.type else "?"
            key = "str" if key in QUIET_KINDS and key not in written else key
            written = written.get(key, written.get("*"))
        if written is None:
            return self.unknown(f"looks up in {kind.name}", value)
        return self.as_type(value, written)

    def _element(self, value: Value, kind: Type | None) -> Value:
        if knowledge.immutable(kind):
            return Value(kind)
        return Value(kind, value.region or self.regions.new())

    def iterate(self, value: Value) -> Value:
        """Go over a value; return what is known of its elements."""
        code = value.code
        if code and code.kind in LAZY:
            if code.held:
                self.change(value)
            return self._exhaust(value, code)
        if code and code.kind == "instance" and code.owner:
            return self._iterate_own(value, code.owner)
        kind = value.type
        if kind is None or kind.name == "generator" or code:
            return self.unknown("goes over what is not known", value)
        if kind.name in ("list", "set", "tuple", "frozenset", "dict"):
            items = self.items(value)
            return self._element(value, join_all(items[:1] if kind.name == "dict" else items))
        if kind.name in ("str", "bytes", "range"):
            return TEXT if kind.name == "str" else Value(Type("int"))
        written = self.fact(value, "iter")
        if self.fact(value, "iterator"):
            self.change(value)
        if written is None:
            return self.unknown(f"goes over {kind.name}", value)
        return self.as_type(value, written)

    def _iterate_own(self, value: Value, owner: Code) -> Value:
        for name in ("__iter__", "__next__", "__getitem__"):
            if name not in owner.members:
                continue
            found = self.call(
                self._own_attribute(value, Code("instance", None, owner=owner), name),
                Given([SCALAR]),
            )
            if name == "__iter__" and found.code is not value.code:
                return self.iterate(found)
            if name != "__iter__":
                return found
        return self.unknown("goes over an object of the notebook", value)

    def _exhaust(self, value: Value, code: Code) -> Value:
        """Run what a generator or ``map`` still has to run."""
        if code.kind == "lazy":
            return self._element(value, join_all(self.items(value)))
        if code.kind == "mapped" and code.bound:
            return self.call(code.bound, Given([code.defaults["item"]]))
        if isinstance(code.node, COMPREHENSIONS):
            node = code.node
            first = code.bound or Value()
            if self._too_much(code):
                return self.unknown("a generator within itself", value)
            self.running.append((code, {}))
            found = self.in_comprehension(
                node,
                code.frame,
                first,
                lambda: [self.evaluate(node.elt)],  # type: ignore[union-attr]
            )
            self.running.pop()
            return Value(found[0].type, self.together(found[0], value)) if found else Value()
        return self.run_code(code, Given(), value)

    # Calls

    def call(self, function: Value, given: Given) -> Value:
        """Call a value."""
        code = function.code
        if code is None:
            if function.path and not function.type:
                return self._call_library(function, given)
            line = self.fact(function, "call")
            if line and function.type:
                owner = function.type.name.rpartition(".")[0] or "builtins"
                return self.apply(knowledge.entry(owner, line), given, function, function.type.name)
            return self.unknown("calls what is not known", function, *given.all)
        if code.kind == "bound" and code.bound and code.bound.type:
            name = f"{code.bound.type.name}.{code.node}"
            facts = knowledge.type_facts(code.bound.type.name)
            entry = facts.entry(code.node) if facts else None
            if entry is None:
                return self.unknown(name, function, *given.all)
            return self.apply(entry, given, code.bound, name)
        if code.kind == "method" and code.owner and code.bound:
            return self.run_code(
                code.owner, Given([code.bound, *given.positional], given.keywords, {}, given.open)
            )
        if code.kind == "class":
            return self._instance(function, code, given)
        if code.kind == "static" and code.owner:
            return self.run_code(code.owner, given)
        if code.kind == "instance" and code.owner and "__call__" in code.owner.members:
            return self.call(self._own_attribute(function, code, "__call__"), given)
        if code.kind == "function":
            if code.cached:
                self.change(Value(None, code.region))
            return self.run_code(code, given)
        return self.unknown("calls what is not known", function, *given.all)

    def library_entry(self, path: str) -> Entry | None:
        """Return what a library's function does; also of ``str.lower``, a method by its class."""
        entry = knowledge.function(path)
        if entry is None and "." in path:
            owner, _, name = path.rpartition(".")
            made = knowledge.function(owner)
            facts = knowledge.type_facts(made.result.name) if made and made.result else None
            entry = facts.entry(name) if facts else None
            if entry and (entry.changes or entry.special):
                return None
        return entry

    def _call_library(self, function: Value, given: Given) -> Value:
        path = function.path
        owner, _, name = path.rpartition(".")
        if owner == "builtins":
            special = getattr(self, f"_builtin_{name}", None)
            if special:
                result: Value = special(given)
                return result
            if name in SEES_ALL:
                self.notes.sees_all = True
                if name in ("eval", "exec"):
                    return self.unknown(name, *given.all)
        entry = self.library_entry(path)
        if entry is None:
            return self.unknown(path.removeprefix("builtins."), *given.all)
        return self.apply(entry, given, None, path.removeprefix("builtins."))

    def apply(self, entry: Entry, given: Given, target: Value | None, name: str) -> Value:
        """Do what a library's function or method is known to do."""
        self._run_callables(entry, given, target, name)
        if "iterates" in entry.flags:
            for value in given.positional:
                function = value.code and value.code.kind in ("function", "class", "bound")
                number = value.type and value.type.name in NUMBERS | {"None"}
                if not function and not number and not (value.path and not value.type):
                    self.iterate(value)
        for kind, how, condition in entry.effects:
            if self._holds(entry, given, condition):
                self.effect(kind, f"{how}: {name}" if how else name)
            if how == "reads":
                self.change(*(v for v in given.positional[:1] if not knowledge.immutable(v.type)))
        for what, condition in entry.changes:
            if not self._holds(entry, given, condition):
                continue
            if what == "self" and target and "keeps" in entry.flags and len(given.all) == 1:
                self.stored(target, *given.all)
            else:
                self._change_argument(entry, given, target, what)
        if "fits" in entry.flags and any(
            self.fact(value, "drawing") for value in (*given.all, *([target] if target else []))
        ):
            self.effect("random", name)
        if "mentions" in entry.flags:
            self._mentions(given, name)
        if "keeps" in entry.flags:
            for value in given.all:
                self.escape(value)
            if target:
                self.together(target, *given.all)
        for value in given.all:
            self.touch(value, "operate")
        return self._result(entry, given, target)

    def _mentions(self, given: Given, name: str) -> None:
        """Read the names that a text such as ``df.query("a > @x")`` mentions."""
        node = given.nodes.get("0", given.nodes.get("expr"))
        text = node.value if isinstance(node, ast.Constant) else None
        if not isinstance(text, str):
            self.notes.sees_all = True
            return
        for found, called in MENTION.findall(text):
            self.load(found)
            if called:
                self.unknown(f"{name} calls @{found}")

    def _change_argument(self, entry: Entry, given: Given, target: Value | None, what: str) -> None:
        if what == "self":
            self.change(*([target] if target else given.positional[:1]))
        elif what.isdigit():
            self.change(*given.positional[int(what) : int(what) + 1])
            if given.open:
                self.change(*given.all)
        else:
            found = self._argument(entry, given, what)
            self.change(*([found] if found else given.all if given.open else []))

    def _argument(self, entry: Entry, given: Given, name: str) -> Value | None:
        if name in given.keywords:
            return given.keywords[name]
        if name in entry.takes and entry.takes.index(name) < len(given.positional):
            return given.positional[entry.takes.index(name)]
        return None

    def _holds(self, entry: Entry, given: Given, condition: Condition | None) -> bool:
        """Say whether a clause may hold in a call."""
        if condition is None:
            return True
        value = self._argument(entry, given, condition.argument)
        node = given.nodes.get(condition.argument)
        constant = isinstance(node, ast.Constant)
        off = value is None or value == NOTHING or (constant and not node.value and node.value != 0)  # type: ignore[union-attr]
        if constant and node.value is False:  # type: ignore[union-attr]
            off = True
        if condition.given:
            return not off or (value is None and given.open)
        if off or given.open:
            return True
        assert value is not None
        self.change(value)
        return value.type is None

    def _handed(self, entry: Entry, given: Given, target: Value | None) -> Given:
        """Return the arguments with which a library calls a function that it is handed."""
        sources = [target] if target else [v for v in given.all if not v.code]
        region = self.together(*sources) or self.regions.new()
        kind: Type | None = None
        if entry.hands in ("item", "item0"):
            source = target or (given.positional[0] if given.positional else Value())
            plain = source.type and not source.code and source.type.name in ("list", "tuple", "set")
            kind = join_all(self.items(source)) if plain else None
        elif entry.hands:
            kind = knowledge.parse_type(entry.owner, entry.hands)
        if kind is None:
            return Given([Value(None, region)], open=True)
        return Given([Value(kind, 0 if knowledge.immutable(kind) else region)], handed=True)

    def _run_callables(self, entry: Entry, given: Given, target: Value | None, name: str) -> None:
        """Run the functions that are handed over, as the library may."""
        for value in given.all:
            code = value.code
            if code and "keeps" in entry.flags and "calls" not in entry.flags:
                self.escape(value)
            elif self._is_run(value, "calls" in entry.flags):
                self.call(value, self._handed(entry, given, target))
                self.escape(value)
            elif (code and code.kind in LAZY) or self.fact(value, "iterator"):
                if "iterates" not in entry.flags:
                    self.iterate(value)
            elif "calls" in entry.flags and not self._no_callable(value):
                self.unknown(f"{name} calls what is not known", value)

    def _is_run(self, value: Value, calls: bool) -> bool:
        """Say whether a library may call an own function, or, if it calls any, an own class."""
        kind = value.code.kind if value.code else ""
        if kind == "instance" and value.code and value.code.owner:
            return calls and "__call__" in value.code.owner.members
        return kind in ("function", "method", "bound", "static") or (calls and kind == "class")

    def _no_callable(self, value: Value) -> bool:
        """Say whether nothing unknown can be called through a value."""
        if value.path and not value.type:
            entry = self.library_entry(value.path)
            return entry is not None and not entry.effects and not entry.changes
        if value.code:
            return value.code.kind == "instance"
        kind = value.type
        if kind is None:
            return False
        container = kind.name in ("dict", "list", "set", "tuple")
        known = is_data(kind) or "." in kind.name or container
        empty = all(item is not None for item in kind.items)
        return known and empty and (self._as_made(value) or "." in kind.name)

    def _result(self, entry: Entry, given: Given, target: Value | None) -> Value:
        kind = entry.result
        for other, argument in entry.becomes:
            value = self._argument(entry, given, argument)
            plain = value is not None and knowledge.immutable(value.type)
            if plain and self._holds(entry, given, Condition(argument, True)):
                kind = other
        shared = [target] if target else given.all
        if entry.special == "self" and target:
            return target
        if entry.special == "copy" and target:
            kinds = self.items(target)
            same = bool(kinds) and all(map(knowledge.immutable, kinds))
            return self.fresh(target.type, *([] if same else [target]))
        if entry.special == "item" and target and target.type:
            return self._element(target, join_all(self.items(target)))
        if entry.special and given.positional:
            first = given.positional[0]
            if entry.special == "same0":
                if entry.new:
                    return self.fresh(first.type)
                return first
            plain = first.type and not first.code and first.type.name in ("list", "tuple", "set")
            return self._element(first, join_all(self.items(first)) if plain else None)
        if kind and kind.items == (Type("item0"),):
            found = given.positional[0] if given.positional else Value()
            items = self.items(found)
            items = items[:1] if found.type and found.type.name == "dict" else items
            kind = Type(kind.name, (join_all(items),) if items else ())
            if items and knowledge.immutable(kind.items[0]):
                return self.fresh(kind)
        if knowledge.immutable(kind):
            return Value(kind)
        if entry.new and "keeps" not in entry.flags:
            return Value(kind, self.regions.new())
        if "keeps" in entry.flags:
            shared = [*shared, *given.all]
        return Value(kind, self.together(*shared) or self.regions.new())

    # Own code

    def _too_much(self, code: Code) -> bool:
        self.cell_steps -= 1
        self.steps -= 1
        deep = len(self.running) >= DEPTH or self.cell_steps < 0 or self.steps < 0
        return deep or any(other.node is code.node for other, _ in self.running)

    def make_function(self, node: Any) -> Value:
        """Return the function that a ``def`` or ``lambda`` makes; its defaults are evaluated."""
        code = Code("function", node, self.frame, self.regions.new())
        spec = node.args
        places = [*spec.posonlyargs, *spec.args]
        pairs = list(zip(places[len(places) - len(spec.defaults) :], spec.defaults, strict=True))
        pairs += [(a, d) for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d]
        for argument, default in pairs:
            value = self.evaluate(default)
            self.escape(value)
            code.defaults[argument.arg] = value
        self.note_late(code)
        self.regions.merge(
            code.region, *(v.region for v in code.defaults.values()), *self.captured(code)
        )
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
            frame = Frame(scope.local, frozenset(scope.to_global), code.frame)
            self._hand_over(code, given, frame)
            lazy = scope.yields or isinstance(code.node, ast.AsyncFunctionDef)
            if lazy:
                made = Code("generator", code.node, frame, code.region)
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
        if value is not None:
            return Value(result.type, self.together(result, value), result.path, result.code)
        return result

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

    def _instance(self, function: Value, code: Code, given: Given) -> Value:
        """Make an object of an own class."""
        name = getattr(code.node, "name", "class")
        if not code.plain:
            return self.unknown(name, function, *given.all)
        region = self.regions.merge(self.regions.new(), *(v.region for v in given.all))
        if any(
            m.region and not (m.code and m.code.kind == "function") for m in code.members.values()
        ):
            region = self.regions.merge(region, code.region)
        value = Value(None, region, code=Code("instance", None, owner=code))
        for v in given.all:
            self.escape(v)
        for method in ("__init__", "__post_init__"):
            if method in code.members:
                used = given if method == "__init__" else Given()
                self.call(self._own_attribute(value, value.code or code, method), used)
        return value


def _alike(one: Value, two: Value) -> bool:
    """Say whether code does the same with two values, as far as their types tell."""
    numbers = all(value.type and value.type.name in NUMBERS for value in (one, two))
    return numbers or one.type == two.type
