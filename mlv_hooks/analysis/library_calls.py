"""What calling a library's function or method does, by what ``knowledge`` says of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from mlv_hooks.analysis import knowledge
from mlv_hooks.analysis.knowledge import Condition, Entry
from mlv_hooks.analysis.own_calls import Given, OwnCode
from mlv_hooks.analysis.values import (
    LAZY,
    NOTHING,
    NUMBERS,
    Code,
    Type,
    Value,
    is_data,
    join_all,
    join_types,
)

MENTION = re.compile(r"@([A-Za-z_]\w*)\s*([.(\[]?)")
ITEMS = frozenset({"list", "set", "tuple"})


class LibraryCalls(OwnCode):
    """The machine with calls of libraries."""

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

    def holds_plain(self, value: Value) -> bool:
        """Say whether nothing that a container is known to hold can change."""
        kinds = self.items(value)
        return bool(kinds) and all(map(knowledge.immutable, kinds))

    def touch(self, value: Value, how: str) -> None:
        """Show, compare or add up a value: own classes may do anything then, others do nothing."""
        if value.code is None and not self.hazards:
            return
        if value.code and value.code.kind == "instance" and value.code.owner:
            self._hazard(self.hazards.get(value.code.owner, (False, frozenset())), how)
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

    # Calls

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

    def apply(self, entry: Entry, given: Given, target: Value | None, name: str) -> Value:
        """Do what a library's function or method is known to do."""
        flags, every = entry.flags, given.all
        self._run_callables(entry, given, target, name)
        if "iterates" in flags:
            for value in given.positional:
                function = value.code and value.code.kind in ("function", "class", "bound")
                number = value.type and value.type.name in NUMBERS | {"None"}
                if not function and not number and not (value.path and not value.type):
                    self.iterate(value)
        for kind, how, condition, at in entry.effects:
            if self._holds(entry, given, condition):
                path = self.path_in(given, at)
                self.effect(kind, f"{how}: {name}" if how else name, path)
            if how == "reads":
                self.change(*(v for v in given.positional[:1] if not knowledge.immutable(v.type)))
        for what, condition in entry.changes:
            if not self._holds(entry, given, condition):
                continue
            if what == "self" and target and "keeps" in flags and len(every) == 1:
                self.stored(target, *every)
            else:
                self._change_argument(entry, given, target, what)
        if "fits" in flags and any(
            self.fact(value, "drawing") for value in (*every, *([target] if target else []))
        ):
            self.effect("random", name)
        if "mentions" in flags:
            self._mentions(given, name)
        if "keeps" in flags:
            for value in every:
                self.escape(value)
            if target:
                self.together(target, *every)
        for value in every:
            self.touch(value, "operate")
        return self._result(entry, given, target)

    def path_in(self, given: Given, at: Sequence[str]) -> ast.expr | None:
        """Return the argument that names a file, where each run uses just that file.

        Names in it are those of the top level then.
        """
        if given.open or not self.is_sure or any(_may_leave(code) for code, _ in self.running):
            return None
        node = given.node(*at)
        if node is None or self.frame is None:
            return node
        names = (part.id for part in ast.walk(node) if isinstance(part, ast.Name))
        return None if any(map(self._is_local, names)) else node

    def _is_local(self, name: str) -> bool:
        """Say whether a name is one of the running code, and not of the notebook."""
        frame = self.frame
        while frame is not None and name not in frame.to_global:
            if name in frame.local:
                return True
            frame = frame.outer
        return False

    def _mentions(self, given: Given, name: str) -> None:
        """Read the names that a text such as ``df.query("a > @x")`` mentions."""
        node = given.node("0", "expr")
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
        on = self._is_on(entry, given, condition.argument)
        if condition.given:
            return on is not False
        value = self._argument(entry, given, condition.argument)
        if value is not None and on is not False:
            self.change(value)
        return on is not True

    def _is_on(self, entry: Entry, given: Given, name: str) -> bool | None:
        """Say whether an argument is given, and not None or False; None where it may be."""
        value = self._argument(entry, given, name)
        if value is None:
            return None if given.open else False
        node = given.node(name)
        if isinstance(node, ast.Constant):
            return node.value is not None and node.value is not False and node.value != ""
        if value == NOTHING:
            return False
        kind = value.type
        open_ = kind is None or kind.optional or kind.name == "bool"
        return None if open_ or given.open else True

    def _handed(self, entry: Entry, given: Given, target: Value | None) -> Given:
        """Return the arguments with which a library calls a function that it is handed."""
        sources = [target] if target else [v for v in given.all if not v.code]
        region = self.together(*sources) or self.regions.new()
        kind: Type | None = None
        if entry.hands in ("item", "item0"):
            source = target or (given.positional[0] if given.positional else Value())
            plain = source.type and not source.code and source.type.name in ITEMS
            kind = join_all(self.items(source)) if plain else None
        elif entry.hands:
            kind = knowledge.parse_type(entry.owner, entry.hands)
        if kind is None:
            return Given([Value(None, region)], open=True)
        return Given([Value(kind, 0 if knowledge.immutable(kind) else region)], handed=True)

    def _run_callables(self, entry: Entry, given: Given, target: Value | None, name: str) -> None:
        """Run the functions that are handed over, as the library may."""
        calls, iterates = "calls" in entry.flags, "iterates" in entry.flags
        for value in given.all:
            code = value.code
            if code and "keeps" in entry.flags and not calls:
                self.escape(value)
            elif code and self._is_run(code, calls):
                self.call(value, self._handed(entry, given, target))
                self.escape(value)
            elif (code and code.kind in LAZY) or self.fact(value, "iterator"):
                if not iterates:
                    self.iterate(value)
            elif calls and not self._no_callable(value):
                self.unknown(f"{name} calls what is not known", value)

    def _is_run(self, code: Code, calls: bool) -> bool:
        """Say whether a library may call an own function, or, if it calls any, an own class."""
        if code.kind == "instance" and code.owner:
            return calls and "__call__" in code.owner.members
        if code.kind == "class":
            return calls
        return code.kind in ("function", "method", "bound", "static")

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
            on = self._is_on(entry, given, argument)
            value = self._argument(entry, given, argument)
            if on and value and not knowledge.immutable(value.type):
                # A generator that is drawn from later, each time.
                on = None
            kind = kind if on is False else other if on else self._one_of(kind, other)
        shared = [target] if target else given.all
        if entry.special == "self" and target:
            return target
        if entry.special == "copy" and target:
            return self.fresh(target.type, *([] if self.holds_plain(target) else [target]))
        if entry.special == "item" and target and target.type:
            return self._element(target, join_all(self.items(target)))
        if entry.special == "pairs":
            kinds = tuple(value.type for value in given.positional for _ in range(2))
            return Value(Type("tuple", kinds), self.together(*given.all) or self.regions.new())
        if entry.special and given.positional:
            first = given.positional[0]
            if entry.special == "same0":
                if entry.new:
                    return self.fresh(first.type)
                return first
            whole = first.type and not first.code and first.type.name in ITEMS
            return self._element(first, join_all(self.items(first)) if whole else None)
        if kind and kind.items == (Type("item0"),):
            found = given.positional[0] if given.positional else Value()
            items = self.items(found)
            items = items[:1] if found.type and found.type.name == "dict" else items
            written = None if items or not found.type else self.fact(found, "iter")
            if written:
                items = (self.as_type(found, written).type,)
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

    def _one_of(self, kind: Type | None, other: Type | None) -> Type | None:
        """Return the type of a result that has one of two types: the one that may do more."""
        drawing = (one for one in (kind, other) if self.fact(Value(one), "drawing"))
        return next(drawing, join_types(kind, other))

    def _element(self, value: Value, kind: Type | None) -> Value:
        if knowledge.immutable(kind):
            return Value(kind)
        return Value(kind, value.region or self.regions.new())


def _may_leave(code: Code) -> bool:
    """Say whether running code may come to an end before its last statement."""
    if not isinstance(code.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    returns = sum(isinstance(part, ast.Return) for part in ast.walk(code.node))
    return returns > isinstance(code.node.body[-1], ast.Return)
