"""What the functions and types of libraries do, read from one JSON file for each library.

README.md beside this file says how to write them. Files are read when first asked for.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mlv_hooks.analysis.known_names import STDLIB
from mlv_hooks.analysis.values import IMMUTABLE, Type

FOLDER = Path(__file__).parent
SPECIAL = frozenset({"self", "copy", "item", "item0", "same0", "pairs"})
WORDS = re.compile(r"[\w.*?]+|[\[\],]")
EFFECTS = {
    "prints": ("output", ""),
    "plots": ("plot", ""),
    "draws": ("random", ""),
    "reads": ("file", "reads"),
    "writes": ("file", "writes"),
    **{k: (k, "") for k in ("settings", "environment", "network", "process", "input", "time")},
    "unknown": ("unknown", ""),
}
# Modules that do more, on import, than define things.
NOISY = frozenset({"antigravity", "this", "idlelib", "turtledemo", "__main__"})


@dataclass(frozen=True, slots=True)
class Condition:
    """When a clause holds: ``argument`` is given (``given``), or is not."""

    argument: str
    given: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What one function does; see README.md for each field's clause."""

    result: Type | None
    special: str = ""
    new: bool = False
    effects: tuple[tuple[str, str, Condition | None, tuple[str, ...]], ...] = ()
    changes: tuple[tuple[str, Condition | None], ...] = ()
    becomes: tuple[tuple[Type | None, str], ...] = ()
    takes: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    hands: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """What is known of a type, its bases included."""

    name: str
    library: str
    methods: dict[str, str]
    attributes: dict[str, str]
    rest: dict[str, Any]

    def entry(self, method: str) -> Entry | None:
        """Return what a method does, or None when it is not listed."""
        text = self.methods.get(method)
        return None if text is None else entry(self.library, text)

    def attribute(self, name: str) -> str | None:
        """Return the type of an attribute as written, or None when it is not listed."""
        return self.attributes.get(name, self.attributes.get("*"))


def _spread(table: dict[str, str]) -> dict[str, str]:
    """Return a table with one name a key."""
    return {name: text for names, text in table.items() for name in names.split()}


@cache
def library(name: str) -> dict[str, Any] | None:
    """Return the file of a library, or None when there is none."""
    if name in STDLIB:
        name = "stdlib" if name != "builtins" else name
    path = FOLDER / f"{name}.json"
    if not name.isidentifier() or not path.is_file():
        return None
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def top(path: str) -> str:
    """Return the name under which a library is imported."""
    return path.partition(".")[0]


def is_known(path: str) -> bool:
    """Say whether importing a module is known to do no more than define things."""
    name = top(path)
    return name not in NOISY and (name in STDLIB or library(name) is not None)


@cache
def _module(path: str) -> tuple[dict[str, str], dict[str, str]] | None:
    """Return the functions and the objects of a module."""
    data = library(top(path))
    found = data and data["modules"].get(path)
    if not found:
        return None
    return _spread(found.get("functions", {})), _spread(found.get("objects", {}))


def _look(path: str, which: int) -> str | None:
    """Return the line for a path among functions (0) or objects (1)."""
    module, _, name = path.rpartition(".")
    for place in (module, f"{top(path)}.*"):
        found = _module(place)
        if found and name in found[which]:
            return found[which][name]
    return None


@cache
def function(path: str) -> Entry | None:
    """Return what a function or class of a library does, or None when it is not listed."""
    text = _look(path, 0)
    return None if text is None else entry(top(path), text)


@cache
def object_type(path: str) -> Type | None:
    """Return the type of an object of a module, or None when it is not listed."""
    text = _look(path, 1)
    return None if text is None else parse_type(top(path), text)


def exports(module: str) -> list[str]:
    """Return the names of a module that are listed."""
    found = _module(module)
    return [*found[0], *found[1]] if found else []


@cache
def type_facts(name: str) -> TypeFacts | None:
    """Return what is known of a type by its full name, or None."""
    owner, _, short = name.rpartition(".")
    data = library(owner or "builtins")
    if owner in STDLIB:
        data = library("stdlib")
    found = data and data["types"].get(short)
    if found is None:
        return None
    methods: dict[str, str] = {}
    attributes: dict[str, str] = {}
    rest: dict[str, Any] = {}
    for base in found.get("bases", ()):
        full = base if "." in base or not owner else f"{owner}.{base}"
        facts = type_facts(full)
        if facts:
            methods |= facts.methods
            attributes |= facts.attributes
            rest |= facts.rest
    methods |= _spread(found.get("methods", {}))
    attributes |= _spread(found.get("attributes", {}))
    rest |= {k: v for k, v in found.items() if k not in ("bases", "methods", "attributes")}
    return TypeFacts(name, owner or "builtins", methods, attributes, rest)


def immutable(kind: Type | None) -> bool:
    """Say whether nothing can change in a value of a type."""
    if kind is None:
        return False
    if kind.name in IMMUTABLE:
        return True
    if kind.name in ("tuple", "frozenset"):
        return all(map(immutable, kind.items)) and bool(kind.items)
    facts = type_facts(kind.name)
    return bool(facts and facts.rest.get("immutable"))


@cache
def parse_type(owner: str, text: str) -> Type | None:
    """Return the type that a line of ``owner``'s file writes; None for ``?``."""
    words: list[str] = WORDS.findall(text)
    return _type(owner, words) if words else None


def _type(owner: str, words: list[str]) -> Type | None:
    name = words.pop(0)
    items: list[Type | None] = []
    if words and words[0] == "[":
        while words and words.pop(0) != "]":
            items.append(_type(owner, words))
    if name == "?":
        return None
    local = (library(owner) or {"types": {}})["types"]
    if "." not in name and owner != "builtins" and name in local:
        name = f"{'stdlib' if owner in STDLIB else owner}.{name}"
    return Type(name, tuple(items))


@cache
def entry(owner: str, text: str) -> Entry:
    """Return a line as an ``Entry``."""
    first, *clauses = (part.strip() for part in text.split(";"))
    new = first.startswith("new ")
    first = first.removeprefix("new ").strip()
    special = first if first in SPECIAL else ""
    effects, changes, becomes, flags = [], [], [], set()
    takes: tuple[str, ...] = ()
    hands = ""
    for clause in clauses:
        word, *rest = clause.split()
        if word in EFFECTS:
            effects.append((*EFFECTS[word], _condition(rest), _places(rest)))
        elif word == "changes":
            changes.append((rest[0], _condition(rest)))
        elif word == "becomes":
            written = clause.removeprefix("becomes ").partition(" if ")
            becomes.append((parse_type(owner, written[0]), written[2].strip()))
        elif word == "hands":
            hands = rest[0]
        elif word == "takes":
            takes = tuple(rest)
        elif word in ("keeps", "calls", "iterates", "fits", "mentions"):
            flags.add(word)
        else:
            raise ValueError(f"{text!r}: no such clause as {word!r}")
    result = None if special else parse_type(owner, first)
    return Entry(
        result,
        special,
        new,
        tuple(effects),
        tuple(changes),
        tuple(becomes),
        takes,
        frozenset(flags),
        hands,
        owner,
    )


def _places(words: list[str]) -> tuple[str, ...]:
    """Return what stands behind ``at``, up to a condition."""
    after = words[words.index("at") + 1 :] if "at" in words else []
    ends = [after.index(word) for word in ("if", "unless") if word in after]
    return tuple(after[: min(ends, default=len(after))])


def _condition(words: list[str]) -> Condition | None:
    for word in ("if", "unless"):
        if word in words:
            return Condition(words[words.index(word) + 1], word == "if")
    return None
