"""How two nested values differ, key by key: JSON, and pickles without running what they name."""

from __future__ import annotations

import io
import json
import pickle
import reprlib
from collections.abc import Iterator
from typing import Any

from mlv_hooks.verify.compare import Unreadable, versus

Names = tuple[str, str]

# Pairs of containers to go into.
_MOST = 1_000_000
# What may be imported: it makes a value of its arguments and does nothing else.
_VALUES = ("set", "frozenset", "bytearray", "complex", "range", "slice")
_HARMLESS = {
    "builtins": _VALUES,
    "__builtin__": _VALUES,
    "_codecs": ("encode",),
    "numpy": ("_reconstruct", "ndarray", "dtype", "_frombuffer"),
}


def json_texts(one: bytes, other: bytes, names: Names) -> list[str]:
    """Compare two JSON texts by key and position."""
    try:
        values = [json.loads(data) for data in (one, other)]
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"no JSON: {error}") from None
    return _differences("$", values[0], values[1], names)


def pickles(one: bytes, other: bytes, names: Names) -> list[str]:
    """Compare two pickles by what they hold; no class or function that they name is imported."""
    values = [_unpickled(data) for data in (one, other)]
    return _differences("", values[0], values[1], names)


def _differences(place: str, one: Any, other: Any, names: Names) -> list[str]:
    try:
        return list(_Walker(names).walk(place, one, other))
    except RecursionError:
        raise Unreadable("nested too deep to compare") from None


class _Thing:
    """Stands for an object of a class that is not imported: its parts, as the pickle gives them."""

    kind = ""
    parts: dict[str, Any]

    def __new__(cls, *arguments: Any, **options: Any) -> _Thing:
        made = object.__new__(cls)
        made.parts = {"arguments": arguments} if arguments else {}
        made.parts.update(options)
        return made

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what the pickle passes; ``__new__`` has kept it."""

    def __setstate__(self, state: Any) -> None:
        self.parts.update(state if isinstance(state, dict) else {"state": state})

    def append(self, item: Any) -> None:
        self.parts.setdefault("items", []).append(item)

    def extend(self, items: Any) -> None:
        self.parts.setdefault("items", []).extend(items)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.parts.setdefault("values", {})[_key(key)] = value

    def __call__(self, *arguments: Any) -> _Thing:
        return type(self)(*arguments)

    @reprlib.recursive_repr()
    def __repr__(self) -> str:
        return f"{self.kind}({self.parts!r})"


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name in _HARMLESS.get(module.split(".")[0], ()):
            return super().find_class(module, name)
        return type(name, (_Thing,), {"kind": f"{module}.{name}"})

    def persistent_load(self, pid: Any) -> Any:
        return ["persistent", pid]


def _unpickled(data: bytes) -> Any:
    source = io.BytesIO(data)
    try:
        value = _Unpickler(source).load()
    # A pickle is a program: with the classes taken out, it may fail in any of these ways.
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        IndexError,
        ImportError,
        RecursionError,
        OverflowError,
    ) as error:
        raise Unreadable(f"no plain pickle: {error}") from None
    if source.read(1):
        raise Unreadable("no plain pickle: there is more after it")
    return value


class _Walker:
    """Walks two values side by side; a pair that was met before is not gone into again."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._met: set[tuple[int, int]] = set()

    def walk(self, place: str, one: Any, other: Any) -> Iterator[str]:
        """Yield a line for each place where the two differ."""
        pair = (id(one), id(other))
        if one is other or pair in self._met or len(self._met) > _MOST:
            return
        if isinstance(one, (_Thing, dict, list, tuple)):
            self._met.add(pair)
        if _kind(one) != _kind(other):
            yield f"{_at(place)}: {self._versus(_told(one), _told(other))}"
        elif isinstance(one, _Thing):
            yield from self._mappings(place, one.parts, other.parts, ".{}")
        elif isinstance(one, dict):
            form = ".{}" if place.startswith("$") else "[{!r}]"
            yield from self._mappings(place, one, other, form)
        elif isinstance(one, (list, tuple)):
            yield from self._sequences(place, one, other)
        elif hasattr(one, "dtype"):
            yield from self._arrays(place, one, other)
        elif not _same(one, other):
            yield f"{_at(place)}: {self._versus(one, other)}"

    def _sequences(self, place: str, one: Any, other: Any) -> Iterator[str]:
        if len(one) != len(other):
            yield f"{_at(place)}: length {self._versus(len(one), len(other))}"
        for position, (a, b) in enumerate(zip(one, other, strict=False)):
            yield from self.walk(f"{place}[{position}]", a, b)

    def _mappings(self, place: str, one: Any, other: Any, form: str) -> Iterator[str]:
        mine, theirs = ({_key(key): side[key] for key in side} for side in (one, other))
        for key, value in mine.items():
            inner = place + form.format(key)
            if key in theirs:
                yield from self.walk(inner, value, theirs[key])
            else:
                yield f"{_at(inner)}: not in the {self.names[1]}'s"
        for key in theirs:
            if key not in mine:
                yield f"{_at(place + form.format(key))}: not in the {self.names[0]}'s"

    def _arrays(self, place: str, one: Any, other: Any) -> Iterator[str]:
        from mlv_hooks.verify.compare_arrays import arrays

        for line in arrays(one, other, self.names):
            yield f"{_at(place)}: {line}"

    def _versus(self, one: object, other: object) -> str:
        return versus(one, other, self.names)


def _kind(value: Any) -> Any:
    return value.kind if isinstance(value, _Thing) else type(value)


def _told(value: Any) -> Any:
    return value.kind if isinstance(value, _Thing) else value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, type):
        return bool(getattr(one, "kind", one) == getattr(other, "kind", other))
    if isinstance(one, (set, frozenset)):
        return sorted(map(repr, one)) == sorted(map(repr, other))
    return bool(one == other or (one != one and other != other))


def _key(key: Any) -> Any:
    return key if isinstance(key, (str, int, float, bool, bytes, tuple, type(None))) else repr(key)


def _at(place: str) -> str:
    return place or "the value"
