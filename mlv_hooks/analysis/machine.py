"""The state of an analysis while it goes through a notebook: names, regions, and what happened.

``Machine`` knows how a name is looked up and bound, and what a change reaches. It knows no syntax.
"""

from __future__ import annotations

import ast

from mlv_hooks.analysis import knowledge
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
from mlv_hooks.analysis.scopes import Scopes
from mlv_hooks.analysis.values import (
    NONE,
    Code,
    Frame,
    Names,
    Regions,
    Type,
    Value,
    join_types,
)


class Machine:
    """See the module's docstring."""

    def __init__(self) -> None:
        self.globals = Names(0)
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
        self._log: list[tuple[Names, str, Value | None]] | None = None

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
            self._run_pool()
        return Value(None, self.together(*values) or self.regions.new())

    def _run_pool(self) -> None:
        """Note what escaped code may do when something unknown runs it."""
        pool, names, notes = self.pool, self.globals, self.notes
        if not notes.reads >= pool:
            notes.reads |= pool - notes.sure
        if not pool.isdisjoint(names):
            self.change(*[names[name] for name in pool if name in names])

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
            self.regions.lose(code.born)
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

    def leave(self) -> None:
        """Leave what is half-done, and stand at the top of the notebook."""
        self.frame, self.loops, self.fragile, self._log = None, 0, 0, None
        self.running.clear()

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
        return (kind,) if kind.name == "data" else kind.items

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

    @property
    def now(self) -> int:
        """Return a time: what is made from now on is as old as a region of this number."""
        return self.regions.count

    def new_names(self) -> Names:
        """Return a scope without names yet."""
        return Names(self.now)

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
        self.notes.deletes |= {name}
        self.notes.sure.discard(name)
        self.events += 1
        self.set(self.globals, name, None)

    def set(self, names: Names, name: str, value: Value | None) -> None:
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
