"""What calling, going over, and looking into a value does."""

from __future__ import annotations

import ast

from mlv_hooks.analysis import knowledge
from mlv_hooks.analysis.library_calls import LibraryCalls
from mlv_hooks.analysis.own_calls import Given
from mlv_hooks.analysis.trees import COMPREHENSIONS
from mlv_hooks.analysis.values import (
    LAZY,
    SCALAR,
    TEXT,
    Code,
    Type,
    Value,
    join_all,
)

SEES_ALL = frozenset({"dir", "eval", "exec", "globals", "locals", "vars"})
GENERIC = frozenset({"builtins", "collections", "typing", "typing_extensions"})
QUIET_KINDS = frozenset({"bool", "bytes", "complex", "float", "int", "None", "range", "scalar"})


class Calls(LibraryCalls):
    """The machine with calls; expressions and statements come with its subclasses."""

    # Parts of values

    def attribute(self, value: Value, name: str) -> Value:
        """Return an attribute; reading one of a library's object is taken to change nothing."""
        if value.code:
            return self._own_attribute(value, value.code, name)
        if value.type is None:
            if value.path:
                return self.library_object(f"{value.path}.{name}")
            self.touch(value, "read an attribute")
            return value
        facts = knowledge.type_facts(value.type.name)
        if facts and name in facts.methods:
            return Value(None, value.region, code=Code("bound", name, bound=value))
        written = facts.attribute(name) if facts else None
        if written is None:
            # A part of what all see is seen by all, too: `os.environ._data`.
            kind = value.type if facts and "effect" in facts.rest else None
            return Value(kind, value.region or self.regions.new())
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
        if kind.name in ("data", "dict"):
            self.touch(index, "operate")
            items = self.items(value)
            return self._element(value, join_all(items[1:] if kind.name == "dict" else items))
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
        if kind.name in ("list", "set", "tuple", "frozenset", "dict", "data"):
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
                code.owner, Given([code.bound, *given.positional], given.keywords, None, given.open)
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
