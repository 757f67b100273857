"""What a value is known to be, and which values may share memory.

A ``Value`` is what the analysis knows of an object: its type (``None``: not known), the library
object or the notebook's own function that it is, and its *region*. Two values that may share
memory, or of which one may hold the other, are in one region; region 0 holds what can't change.
Regions only ever merge: what once may have shared memory is taken to do so for good.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

FAR = 1 << 60


class Type(NamedTuple):
    """A type by its full name (``pandas.DataFrame``); ``items`` are its elements' types.

    ``optional``: the object may be None instead, or there may be none.
    """

    name: str
    items: tuple[Type | None, ...] = ()
    optional: bool = False


class Value(NamedTuple):
    """What is known of an object; ``path`` names a library's object, ``code`` the notebook's."""

    type: Type | None = None
    region: int = 0
    path: str = ""
    code: Code | None = None


class Names(dict[str, Value]):
    """The names of one scope, and what they hold; ``born``: as old as a region of that number."""

    __slots__ = ("born",)

    def __init__(self, born: int) -> None:
        super().__init__()
        self.born = born


@dataclass(eq=False, slots=True)
class Frame:
    """The names of a running function, class body or comprehension."""

    names: Names
    local: Set[str]
    to_global: Set[str] = frozenset()
    outer: Frame | None = None
    kind: str = "function"
    result: Value | None = None


@dataclass(eq=False, slots=True)
class Code:
    """Code of the notebook that runs when it is called or iterated.

    ``kind``: ``"function"`` (also lambdas), ``"generator"`` (already made), ``"class"``,
    ``"method"`` (bound to ``bound``), ``"bound"`` (a library's method), ``"instance"`` (of the
    class ``owner``), ``"mapped"`` and ``"lazy"`` (iterators over something else). ``held``: a name
    or another object holds it, so that using it up can be seen; an iterator is as old as a region
    of the number ``born``.
    """

    kind: str
    node: Any
    frame: Frame | None = None
    region: int = 0
    defaults: dict[str, Value] = field(default_factory=dict)
    bound: Value | None = None
    owner: Code | None = None
    members: dict[str, Value] = field(default_factory=dict)
    plain: bool = True
    cached: bool = False
    held: bool = False
    born: int = FAR
    escaped: bool = False


NONE = Type("None")
NOTHING = Value(NONE)
SCALAR = Value(Type("scalar"))
TEXT = Value(Type("str"))
IMMUTABLE = frozenset(
    {"None", "bool", "bytes", "complex", "float", "int", "range", "scalar", "slice", "str", "type"}
)
CONSTANTS: dict[type, Value] = {
    kind: Value(Type(kind.__name__)) for kind in (bool, bytes, complex, float, int, str)
} | {type(None): NOTHING}
LAZY = frozenset({"generator", "lazy", "mapped"})
NUMBERS = frozenset({"bool", "complex", "float", "int", "scalar"})


def or_none(kind: Type | None) -> Type | None:
    """Return a type with None as another possibility."""
    if kind is None or kind.optional or kind == NONE:
        return kind
    return kind._replace(optional=True)


def join_types(one: Type | None, two: Type | None) -> Type | None:
    """Return the type of a value that has one of two types; ``None`` makes the other optional.

    Using ``None`` as something else stops the notebook, so that case needs no more thought.
    """
    if one == two:
        return one
    if one is None or two is None:
        return None
    if NONE in (one, two):
        return or_none(two if one == NONE else one)
    if one.optional or two.optional:
        return or_none(join_types(one._replace(optional=False), two._replace(optional=False)))
    if one.name in IMMUTABLE and two.name in IMMUTABLE:
        return Type("scalar")
    if one.name == two.name and one.name != "own":
        if len(one.items) == len(two.items):
            pairs = zip(one.items, two.items, strict=True)
            return Type(one.name, tuple(join_types(a, b) for a, b in pairs))
        known = [item for item in (*one.items, *two.items) if item]
        if one.name == "tuple" or len(known) != len(one.items) + len(two.items):
            return Type(one.name, (join_all(one.items + two.items),))
        return Type(one.name, one.items or two.items)
    return Type("data") if is_data(one) and is_data(two) else None


def is_data(kind: Type | None) -> bool:
    """Say whether a type holds numbers, texts and the like only, in containers or not."""
    if kind is None:
        return False
    if kind.name in ("dict", "list", "set", "tuple"):
        return bool(kind.items) and all(map(is_data, kind.items))
    return kind.name == "data" or (kind.name in IMMUTABLE and kind.name != "type")


def join_all(types: tuple[Type | None, ...]) -> Type | None:
    """Return the type of a value that has one of some types; ``None`` when there is none."""
    if not types:
        return None
    joined = types[0]
    for other in types[1:]:
        joined = join_types(joined, other)
    return joined


class Regions:
    """Which regions are one, which top-level names lie in each, and how old each is."""

    def __init__(self) -> None:
        self._parent = [0]
        self._names: dict[int, set[str]] = {}
        self._where: dict[str, int] = {}
        self._born = [0]
        self._loose: set[int] = set()
        # Of all of which less was known since it was set: the age of the oldest.
        self.oldest_loss = FAR

    def new(self) -> int:
        """Return a region of its own."""
        self._parent.append(len(self._parent))
        self._born.append(len(self._born))
        return len(self._parent) - 1

    @property
    def count(self) -> int:
        """How many there have been; a region whose birth is larger is younger than now."""
        return len(self._parent)

    def find(self, region: int) -> int:
        """Return the one that stands for all that are merged with it."""
        parent = self._parent
        while parent[region] != region:
            parent[region] = parent[parent[region]]
            region = parent[region]
        return region

    def merge(self, *regions: int) -> int:
        """Make regions one and return it; 0, which can't change, merges with nothing."""
        root, parent = 0, self._parent
        for region in regions:
            other = region if parent[region] == region else self.find(region)
            if not other or other == root:
                continue
            if not root:
                root = other
                continue
            # What was there before the younger of both knew nothing of it.
            self.lose(max(self._born[root], self._born[other]))
            mine, theirs = self._names.get(root, set()), self._names.pop(other, set())
            if len(mine) < len(theirs):
                mine, theirs = theirs, mine
            mine |= theirs
            if (other in self._loose) != (root in self._loose):
                self.lose(self._born[other if root in self._loose else root])
                self._loose.add(root)
            self._parent[other] = root
            self._born[root] = min(self._born[root], self._born[other])
            if mine:
                self._names[root] = mine
        return root

    def loosen(self, region: int) -> None:
        """Say that containers of a region may hold other things than when they were made."""
        if region:
            self._loosen(self.find(region))

    def _loosen(self, root: int) -> None:
        if root not in self._loose:
            self._loose.add(root)
            self.lose(self._born[root])

    def lose(self, born: int) -> None:
        """Say that less is known of something of that age than before."""
        if born < self.oldest_loss:
            self.oldest_loss = born

    def is_loose(self, region: int) -> bool:
        """Say whether containers of a region may hold anything by now."""
        return self.find(region) in self._loose

    def born(self, region: int) -> int:
        """Return the age of the oldest thing in a region."""
        return self._born[self.find(region)]

    def put(self, name: str, region: int) -> None:
        """Say that a top-level name holds something of a region now."""
        self.take(name)
        if region:
            self._where[name] = region
            self._names.setdefault(self.find(region), set()).add(name)

    def take(self, name: str) -> None:
        """Say that a top-level name holds nothing any more."""
        old = self._where.pop(name, 0)
        if old:
            self._names[self.find(old)].discard(name)

    def change(self, region: int, loosen: bool) -> tuple[set[str] | None, int]:
        """Return the names that hold something of a region that is changed, and its age.

        ``loosen``: its containers may hold other things than when they were made from now on.
        """
        root = region if self._parent[region] == region else self.find(region)
        if loosen:
            self._loosen(root)
        return self._names.get(root), self._born[root]

    def names(self, region: int) -> set[str]:
        """Return the top-level names that hold something of a region."""
        return self._names.get(self.find(region), set()) if region else set()
