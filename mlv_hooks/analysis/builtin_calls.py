"""The builtins whose meaning depends on more than a line of ``builtins.json`` can say."""

from __future__ import annotations

import ast

from mlv_hooks.analysis import knowledge
from mlv_hooks.analysis.calls import Calls
from mlv_hooks.analysis.own_calls import Given
from mlv_hooks.analysis.values import LAZY, NOTHING, SCALAR, Code, Type, Value, join_all

READING = frozenset({"r", "rb", "rt", "br", "tr"})


class BuiltinCalls(Calls):
    """The machine with builtins."""

    def _builtin_type(self, given: Given) -> Value:
        value = given.positional[0] if given.positional else Value()
        if len(given.all) != 1 or given.open:
            return self.unknown("type", *given.all)
        if value.code and value.code.kind == "instance" and value.code.owner:
            return Value(None, value.code.owner.region, code=value.code.owner)
        if knowledge.immutable(value.type):
            return Value(Type("type"))
        return Value(None, value.region)

    def _builtin_getattr(self, given: Given) -> Value:
        name = given.node("1")
        if len(given.positional) < 2 or given.open:
            return self.unknown("getattr", *given.all)
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            found = self.attribute(given.positional[0], name.value)
            return self.join(found, given.positional[2]) if len(given.positional) > 2 else found
        value = given.positional[0]
        if value.code:
            return self.unknown("getattr", *given.all)
        return Value(None, self.together(*given.all) or self.regions.new())

    def _builtin_hasattr(self, given: Given) -> Value:
        for value in given.positional[:1]:
            self.touch(value, "read an attribute")
        return Value(Type("bool"))

    def _builtin_setattr(self, given: Given) -> Value:
        if len(given.positional) != 3 or given.open:
            return self.unknown("setattr", *given.all)
        target, _, value = given.positional
        name = given.node("1")
        known = isinstance(name, ast.Constant) and isinstance(name.value, str)
        self.set_attribute(target, str(name.value) if known else "", value)  # type: ignore[union-attr]
        return NOTHING

    def set_attribute(self, target: Value, name: str, value: Value) -> None:
        """Assign to an attribute; ``name`` is empty where it is not known."""
        self.change(target)
        self.escape(value)
        code = target.code
        if code:
            owner = code.owner if code.kind == "instance" else code
            members = owner.members if owner else {}
            member = members.get(name)
            if (
                code.kind == "instance" and not member and name and "__setattr__" not in members
            ) or code.kind == "function":
                pass
            else:
                self.effect("unknown", f"sets an attribute that a class defines: {name}")
                for key in list(members):
                    if key == name or not name:
                        members[key] = Value(None, self.regions.new())
                self.regions.lose(0)
        elif target.path and not target.type:
            kind = "environment" if knowledge.top(target.path) in ("os", "sys") else "settings"
            self.effect(kind, f"sets {target.path}.{name}")
            self.redirected |= name in ("", "stdout", "stderr", "displayhook")
        elif target.type is None:
            self.touch(target, "set an attribute")
            self.effect("unknown", f"sets {name or 'an attribute'} of what is not known")
        if target.region and not self.fact(target, "copies"):
            self.together(target, value)

    def _builtin_map(self, given: Given) -> Value:
        if len(given.positional) < 2 or given.open:
            return self.unknown("map", *given.all)
        function, *sources = given.positional
        items = [self.iterate(source) for source in sources]
        self.escape(function)
        code = Code("mapped", None, bound=function, defaults={"item": items[0]}, born=self.now)
        if len(items) > 1 or any(self._deferred(source) for source in sources):
            return Value(None, self.together(*given.all) or self.regions.new())
        region = self.regions.merge(self.regions.new(), self.together(*sources))
        return Value(Type("generator"), region, code=code)

    def _builtin_filter(self, given: Given) -> Value:
        if len(given.positional) != 2 or given.open:
            return self.unknown("filter", *given.all)
        return self._builtin_map(given)

    def _deferred(self, source: Value) -> bool:
        """Say whether going over a value again may run or change something."""
        if source.code and source.code.kind == "lazy":
            return source.code.held
        return bool(source.code) or source.type is None or bool(self.fact(source, "iterator"))

    def _lazily(self, given: Given, kind: Type | None) -> Value:
        """Return an iterator over values that all stay as they are when gone over."""
        if given.open or any(self._deferred(source) for source in given.positional):
            for source in given.positional:
                if source.type is None or source.code:
                    self.iterate(source)
            return Value(None, self.together(*given.all) or self.regions.new())
        kinds = kind.items if kind and kind.name == "tuple" else (kind,)
        kinds = kinds[-1:] if len(kinds) > len(given.positional) else kinds
        inside = [
            source
            for source, item in zip(given.positional, kinds, strict=False)
            if not knowledge.immutable(item)
        ]
        region = self.regions.merge(self.regions.new(), self.together(*inside))
        sources = {str(k): source for k, source in enumerate(given.positional)}
        code = Code("lazy", None, defaults=sources, born=self.now)
        return Value(Type("iterator", (kind,)), region, code=code)

    def _builtin_zip(self, given: Given) -> Value:
        items = [self.iterate(source).type for source in given.positional]
        return self._lazily(given, Type("tuple", tuple(items)) if items else None)

    def _builtin_enumerate(self, given: Given) -> Value:
        items = [self.iterate(source).type for source in given.positional[:1]]
        sources = Given(given.positional[:1], open=given.open)
        return self._lazily(sources, Type("tuple", (Type("int"), *items)))

    def _builtin_reversed(self, given: Given) -> Value:
        items = tuple(self.iterate(source).type for source in given.positional[:1])
        return self._lazily(given, join_all(items))

    def _builtin_iter(self, given: Given) -> Value:
        if len(given.positional) != 1:
            return self.unknown("iter", *given.all)
        source = given.positional[0]
        if self.fact(source, "iterator") or (source.code and source.code.kind in LAZY):
            return source
        return self._builtin_reversed(given)

    def _builtin_next(self, given: Given) -> Value:
        if not given.positional or given.open:
            return self.unknown("next", *given.all)
        source = given.positional[0]
        if self.fact(source, "iterator") or source.code:
            found = self.iterate(source)
            return self.join(found, given.positional[1]) if len(given.positional) > 1 else found
        return self.unknown("next", *given.all)

    def _builtin_open(self, given: Given) -> Value:
        return self.open_file(given, 1, "open")

    def open_file(self, given: Given, place: int, what: str) -> Value:
        """Open a file; reading is harmless, everything else is not."""
        node = given.node("mode", str(place))
        reading = node is None or (isinstance(node, ast.Constant) and node.value in READING)
        how = "reads" if reading and not given.open else "writes"
        self.effect("file", f"{how}: {what}", self.path_in(given, ("0", "file")))
        if "opener" in given.keywords or any(v.code for v in given.all):
            self.unknown(what, *given.all)
        name = "stdlib.File" if reading and not given.open else "stdlib.WritableFile"
        return Value(Type(name), self.regions.new())

    def _builtin_isinstance(self, given: Given) -> Value:
        return Value(Type("bool"))

    def _builtin_vars(self, given: Given) -> Value:
        if not given.all:
            self.notes.sees_all = True
        return self.unknown("vars", *given.all)

    def _builtin_dir(self, given: Given) -> Value:
        if not given.all:
            self.notes.sees_all = True
        return self.fresh(Type("list", (Type("str"),)))

    def _builtin_max(self, given: Given) -> Value:
        values = list(given.positional)
        if len(values) == 1 or given.open:
            values = [self.iterate(value) for value in values]
        for value in values:
            self.touch(value, "compare")
        if "key" in given.keywords:
            for value in values:
                self.call(given.keywords["key"], Given([value]))
        values += [v for k, v in given.keywords.items() if k == "default"]
        result = values[0] if values else Value()
        for value in values[1:]:
            result = self.join(result, value)
        return result

    _builtin_min = _builtin_max

    def _builtin_id(self, given: Given) -> Value:
        return SCALAR
