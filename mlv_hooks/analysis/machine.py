"""The state of an analysis while it goes through a notebook: names, regions, and what happened.

``Machine`` knows how a name is looked up and bound, what
a change reaches, and how the ways through an ``if`` or a loop come together. It knows no syntax.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from mlv_hooks.analysis import knowledge
from mlv_hooks.analysis.names import Scopes
from mlv_hooks.analysis.notes import (
    BUILTINS,
    CELL_STEPS,
    CONTAINERS,
    DUNDERS,
    KERNEL,
    NOTEBOOK_STEPS,
    Notes,
    is_history,
    is_known_name,
)
from mlv_hooks.analysis.values import (
    FAR,
    NONE,
    Code,
    Frame,
    Regions,
    Type,
    Value,
    join_types,
    or_none,
)

# Rounds through a loop before it is taken as doing anything.
TURNS = 8

Outcome = dict[tuple[int, str], tuple[dict[str, Value], Value | None]]


class Machine:
    """See the module's docstring."""

    def __init__(self) -> None:
        self.globals: dict[str, Value] = {}
        self.regions = Regions()
        self.scopes = Scopes()
        self.notes = Notes(1)
        self.frame: Frame | None = None
        self.line = 1
        self.events = 0
        self.running: list[tuple[Code, dict[str, Value]]] = []
        self.pool: set[str] = set()
        self.stars: list[str] = []
        self.hazards: dict[Code, tuple[bool, frozenset[str]]] = {}
        self.cell_steps = CELL_STEPS
        self.steps = NOTEBOOK_STEPS
        self.loops = 0
        # Above 0 where a `break`, an early `return` or an exception may leave half-way.
        self.fragile = 0
        self.lazy_annotations = False
        # What is shown may go to a file from now on.
        self.redirected = False
        self._log: list[tuple[dict[str, Value], str, Value | None]] | None = None

    # What happens

    def effect(self, kind: str, what: str, path: ast.expr | None = None) -> None:
        """Note an effect at the current line; ``path`` names the file."""
        self.events += 1
        self.notes.effects[(kind, what, self.line, path)] = None
        if kind == "output" and self.redirected:
            self.notes.effects[("file", "writes: output goes elsewhere", self.line, None)] = None

    def change(self, *values: Value) -> None:
        """Note that objects may be changed in place."""
        notes = self.notes
        for value in values:
            if not value.region:
                continue
            self.events += 1
            kind = value.type
            loosen = kind is None or kind.name in CONTAINERS
            names, born = self.regions.change(value.region, loosen)
            if names:
                notes.changes |= names
            if born < notes.oldest:
                notes.oldest = born
            if kind:
                facts = knowledge.type_facts(kind.name)
                if facts and "effect" in facts.rest:
                    self.effect(facts.rest["effect"], f"changes {value.path or kind.name}")

    def read(self, name: str) -> None:
        """Note that a top-level name is read."""
        if name not in self.notes.sure:
            self.notes.reads.add(name)

    def unknown(self, what: str, *values: Value) -> Value:
        """Note a call of what is not known, with what it is handed; return its result."""
        self.effect("unknown", what)
        self.change(*values)
        for value in values:
            if value.code is not None:
                self.escape(value)
        if self.pool:
            self.notes.reads |= self.pool - self.notes.sure
            names = self.globals
            self.change(*[names[name] for name in self.pool if name in names])
        return Value(None, self.together(*values) or self.regions.new())

    def escape(self, value: Value) -> None:
        """Note that own code may from now on be run by what is not looked into."""
        code = value.code
        if code is None or code.escaped:
            return
        self.hold(value)
        code.escaped = True
        if code.owner is not None:
            self.escape(Value(code=code.owner))
        elif isinstance(code.node, ast.AST):
            self.pool |= self.globals_of(code)
        if code.bound:
            self.escape(code.bound)

    def hold(self, value: Value) -> None:
        """Note that something holds an iterator: it then shows what happens to what it is over."""
        code = value.code
        if code and not code.held:
            code.held = True
            if code.kind == "lazy":
                self.regions.merge(value.region, *(v.region for v in code.defaults.values()))

    def globals_of(self, code: Code) -> frozenset[str]:
        """Return the top-level names that code may read or bind when it runs."""
        free = self.scopes.free(code.node)
        frame = code.frame
        hidden: set[str] = set()
        while frame is not None:
            hidden |= frame.local
            frame = frame.outer
        return frozenset(
            name for name in free - hidden if name in self.globals or not is_known_name(name)
        )

    def mark(self) -> tuple[Frame | None, int, int, int]:
        """Return where the analysis stands, to come back to when it can't go on."""
        return (self.frame, self.loops, self.fragile, len(self.running))

    def reset(self, state: tuple[Frame | None, int, int, int]) -> None:
        """Come back to where the analysis stood; half-done ways are left."""
        self.frame, self.loops, self.fragile, depth = state
        del self.running[depth:]
        self._log = None

    def anything(self, node: ast.AST) -> None:
        """Take a statement that can't be looked into as doing anything with the names in it."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                self.read(part.id)
        self.notes.sees_all = True
        self.notes.sure.clear()
        held = list(self.globals.values())
        for part in ast.walk(node):
            name = getattr(part, "id", None) or getattr(part, "name", None)
            if isinstance(name, str):
                self.notes.binds.add(name)
                self.set(self.globals, name, Value(None, self.regions.new()))
        for name, value in list(self.globals.items()):
            self.set(self.globals, name, Value(None, value.region or self.regions.new()))
        self.unknown("nested too deeply to look into", *held)

    # Values

    def fresh(self, kind: Type | None = None, *inside: Value) -> Value:
        """Return a new object of a type, which holds the values ``inside``."""
        if knowledge.immutable(kind):
            return Value(kind)
        region = self.regions.new()
        if inside:
            region = self.regions.merge(region, *[value.region for value in inside])
        return Value(kind, region)

    def together(self, *values: Value) -> int:
        """Return the one region that values share from now on."""
        if not values:
            return 0
        if len(values) == 1:
            return self.regions.find(values[0].region)
        return self.regions.merge(*[value.region for value in values])

    def items(self, value: Value) -> tuple[Type | None, ...]:
        """Return the types of a container's elements, as far as they still are what they were."""
        kind = value.type
        if kind is None or (kind.name in CONTAINERS and self.regions.is_loose(value.region)):
            return ()
        return kind.items

    def stored(self, holder: Value, *values: Value) -> None:
        """Note that a container now holds other values too."""
        items = holder.type.items if holder.type else ()
        last = items[-1] if items else None
        fits = last is not None and all(join_types(last, value.type) == last for value in values)
        loose = self.regions.is_loose(holder.region)
        self.change(Value(Type("object"), holder.region))
        if not fits and not loose:
            self.regions.loosen(holder.region)

    def join(self, one: Value, two: Value) -> Value:
        """Return what is known of a value that is one of two."""
        if one == two:
            return one
        kind = join_types(one.type, two.type)
        if one.type == NONE and not one.code:
            return two._replace(type=kind)
        if two.type == NONE and not two.code:
            return one._replace(type=kind)
        same = one.code is two.code and one.path == two.path
        if not same:
            self.escape(one)
            self.escape(two)
            if one.code or two.code or one.path or two.path:
                kind = None
        region = self.together(one, two)
        if not region and not knowledge.immutable(kind):
            region = self.regions.new()
        return Value(kind, region, one.path if same else "", one.code if same else None)

    # Names

    def load(self, name: str) -> Value:
        """Return the value of a name where the analysis stands."""
        frame = self.frame
        if frame is None:
            return self.load_global(name)
        direct = True
        while frame is not None:
            if name in frame.to_global:
                break
            if name in frame.local and (direct or frame.kind != "class"):
                if name in frame.names:
                    return frame.names[name]
                if frame.kind != "class":
                    return Value(None, self.regions.new())
            direct = direct and frame.kind == "comprehension" and frame.outer is not None
            direct = direct and frame.outer.kind != "class"  # type: ignore[union-attr]
            frame = frame.outer
        return self.load_global(name)

    def load_global(self, name: str) -> Value:
        """Return the value of a top-level name or builtin, and note that it is read."""
        if name not in self.notes.sure:
            self.notes.reads.add(name)
        if name in self.globals:
            return self.globals[name]
        if is_history(name):
            return Value(None, self.regions.new())
        if self.stars:
            self.read("*")
            for module in reversed(self.stars):
                if not knowledge.exports(module):
                    return Value(None, self.regions.new())
                if name in knowledge.exports(module):
                    return self.library_object(f"{module}.{name}")
        if name in KERNEL:
            return Value(None, path=KERNEL[name])
        if name in DUNDERS:
            return Value(Type("str"))
        if name in BUILTINS:
            return Value(None, path=f"builtins.{name}")
        self.effect("unknown", f"`{name}` is not bound before")
        return Value(None, self.regions.new())

    def library_object(self, path: str) -> Value:
        """Return a module, function, class or object of a library by its full name."""
        kind = knowledge.object_type(path)
        if kind is None:
            return Value(None, 0, path)
        return Value(kind) if knowledge.immutable(kind) else Value(kind, self.regions.new(), path)

    def bind(self, name: str, value: Value) -> None:
        """Bind a name where the analysis stands."""
        self.hold(value)
        frame, above = self.frame, False
        while frame is not None:
            if name in frame.to_global:
                break
            if name in frame.local:
                if above and frame.kind == "function":
                    self._outer_bound()
                self.set(frame.names, name, value)
                return
            above = above or frame.kind == "function"
            frame = frame.outer
        self.notes.binds.add(name)
        self.notes.sure.add(name)
        self.events += 1
        self.set(self.globals, name, value)

    def _outer_bound(self) -> None:
        """Note that a running function changes what it remembers between calls."""
        for code, _ in self.running[-1:]:
            self.change(Value(None, code.region))

    def delete(self, name: str) -> None:
        """Unbind a name where the analysis stands."""
        frame = self.frame
        while frame is not None and name not in frame.to_global:
            if name in frame.local:
                self.set(frame.names, name, None)
                return
            frame = frame.outer
        self.read(name)
        self.notes.deletes.add(name)
        self.notes.sure.discard(name)
        self.events += 1
        self.set(self.globals, name, None)

    def set(self, names: dict[str, Value], name: str, value: Value | None) -> None:
        """Put a value into a scope; ways that are gone through later can take it back."""
        if self._log is not None:
            self._log.append((names, name, names.get(name)))
        if value is None:
            names.pop(name, None)
        else:
            names[name] = value
        if names is self.globals:
            if value is None:
                self.regions.take(name)
            else:
                self.regions.put(name, value.region)

    # Ways

    @property
    def is_sure(self) -> bool:
        """Whether what happens here happens in each run: in no branch and no loop."""
        return self._log is None

    def ways(self, *ways: Callable[[], None]) -> None:
        """Go through each way from the same start, then on with what all of them may have left."""
        start = set(self.notes.sure)
        outcomes: list[Outcome] = []
        sures: list[set[str]] = []
        outer, self._log = self._log, []
        for way in ways:
            self.notes.sure = set(start)
            mark = len(self._log)
            way()
            sures.append(self.notes.sure)
            outcomes.append(self._undo(mark))
        self._log = outer
        self.notes.sure = set.intersection(*sures) if sures else start
        self._meet(outcomes)

    def _undo(self, mark: int) -> Outcome:
        """Take back what was set since ``mark``; return what it was set to."""
        outcome: Outcome = {}
        log = self._log or []
        between: dict[tuple[int, str], list[Value]] = {}
        for names, name, old in log[mark:]:
            key = (id(names), name)
            if key in outcome and old is not None:
                between.setdefault(key, []).append(old)
            outcome[key] = (names, names.get(name))
        if self.fragile:
            for key, values in between.items():
                names, final = outcome[key]
                for value in values:
                    final = value if final is None else self.join(final, value)
                outcome[key] = (names, final)
        written, self._log = log[mark:], None
        for names, name, old in reversed(written):
            self.set(names, name, old)
        del log[mark:]
        self._log = log
        return outcome

    def _meet(self, outcomes: Sequence[Outcome]) -> None:
        for key in {key: None for outcome in outcomes for key in outcome}:
            held = next(outcome[key] for outcome in outcomes if key in outcome)[0]
            name = key[1]
            joined: Value | None = None
            missing = False
            for outcome in outcomes:
                value = outcome[key][1] if key in outcome else held.get(name)
                if value is None:
                    missing = True
                else:
                    joined = value if joined is None else self.join(joined, value)
            if joined is not None and missing:
                joined = self._perhaps_unbound(joined, name, held)
            self.set(held, name, joined)

    def _perhaps_unbound(self, value: Value, name: str, names: dict[str, Value]) -> Value:
        """Return what is known of a name that holds a value only if some way was taken."""
        if names is self.globals and (self.stars or name in BUILTINS):
            return self.join(value, Value(None, self.regions.new()))
        return value._replace(type=or_none(value.type))

    def perhaps(self, *steps: Callable[[], None]) -> None:
        """Go through steps of which one, or none, is taken."""
        self.ways(*steps, lambda: None)

    def again(self, step: Callable[[], None]) -> None:
        """Go through the body of a loop until what is known at its start no longer grows."""
        self.loops += 1
        self.fragile += 1
        deep, start = self.loops > 3, self.regions.count
        for turn in range(TURNS):
            before, self.regions.oldest_merge = self.regions.oldest_merge, FAR
            outcome = self._discover(step)
            merged = self.regions.oldest_merge
            self.regions.oldest_merge = min(before, merged)
            grew = self._grow(outcome, start, forget=turn >= 2 or deep) or merged < start
            if not grew or deep:
                break
        if grew:
            self.effect("unknown", "loops nested too deeply to look into")
        self.loops -= 1
        self.fragile -= 1

    def _discover(self, step: Callable[[], None]) -> Outcome:
        """Go through a step and take back what it set; return that."""
        start = set(self.notes.sure)
        outer, self._log = self._log, []
        step()
        outcome = self._undo(0)
        self._log = outer
        self.notes.sure = start
        return outcome

    def _grow(self, outcome: Outcome, start: int, forget: bool) -> bool:
        """Let names be what they were or what a step sets; say whether less is known then.

        Less is known also where a name may now hold something older than ``start`` that it did
        not hold: what the step changes, it changes there too.
        """
        grew = False
        for (_, name), (names, value) in outcome.items():
            old = names.get(name)
            if value is None or value == old:
                continue
            grew = grew or self._reaches_more(old, value, start)
            joined = value if old is None else self.join(old, value)
            known = old and (old.type, old.path, old.code)
            if forget and known != (joined.type, joined.path, joined.code):
                self.escape(joined)
                joined = Value(None, joined.region or self.regions.new())
            grew = grew or known != (joined.type, joined.path, joined.code)
            self.set(names, name, joined)
        return grew

    def _reaches_more(self, old: Value | None, value: Value, start: int) -> bool:
        """Say whether a value holds something older than ``start`` that the old one did not."""
        if not value.region:
            return False
        if old and self.regions.find(old.region) == self.regions.find(value.region):
            return False
        older = self.regions.born(value.region) < start
        return older or bool(old and old.region and self.regions.names(value.region))
