"""What DVC makes of a stage of dvc.yaml: its templates filled in, and its groups spelled out."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

_TEMPLATE = re.compile(r"(?<!\\)\$\{(.*?)\}")
_INDEX = re.compile(r"\[([^\[\].]+)\]")

Data = Mapping[str, object]
Values = Mapping[str, Any]
Load = Callable[[str], Values | None]


class Unresolved(Exception):
    """A template that names nothing we can see."""


@dataclass(frozen=True, slots=True)
class Run:
    """One entry that dvc.lock has for a stage: ``train``, or ``train@one`` of a group.

    ``open`` are the keys whose templates could not be filled in; ``data`` has them as they stand.
    """

    name: str
    data: Data
    open: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Templates:
    """Fills in templates. ``values`` is what the whole of dvc.yaml knows, ``load`` reads a file.

    ``parsing`` is DVC's configuration of how values become options.
    """

    values: Values
    load: Load
    parsing: Mapping[str, str]

    @classmethod
    def of(cls, listed: object, load: Load, default: str, parsing: Mapping[str, str]) -> Templates:
        """Return the templates of a dvc.yaml with these ``vars``; ``default`` is its own file."""
        values = dict(load(default) or {})
        return cls(_with_vars(values, listed, load), load, parsing)

    def runs(self, name: str, data: Data) -> tuple[Run, ...] | None:
        """Return the runs of a stage; None for a group that can't be spelled out."""
        if "foreach" not in data and "matrix" not in data:
            return (self._run(name, data, self.values),)
        body = data.get("do") if "foreach" in data else data
        if not isinstance(body, Mapping):
            return None
        body = {key: value for key, value in body.items() if key != "matrix"}
        try:
            return tuple(
                self._run(f"{name}@{key}", body, {**self.values, **more})
                for key, more in self._items(data)
            )
        except Unresolved:
            return None

    def _items(self, data: Data) -> Iterator[tuple[str, Values]]:
        if "matrix" in data:
            yield from self._matrix(self._filled(data["matrix"], self.values))
            return
        items = self._filled(data["foreach"], self.values)
        if isinstance(items, Mapping):
            yield from (
                (_text(key), {"item": one, "key": _text(key)}) for key, one in items.items()
            )
        elif isinstance(items, list):
            numbered = any(isinstance(one, (Mapping, list)) for one in items)
            for number, one in enumerate(items):
                yield (str(number) if numbered else _text(one)), {"item": one}
        else:
            raise Unresolved

    def _matrix(self, matrix: object) -> Iterator[tuple[str, Values]]:
        if not isinstance(matrix, Mapping):
            raise Unresolved
        if not all(isinstance(values, list) for values in matrix.values()):
            raise Unresolved
        for chosen in product(*(enumerate(values) for values in matrix.values())):
            words = [
                f"{key}{number}" if isinstance(one, (Mapping, list)) else _text(one)
                for key, (number, one) in zip(matrix, chosen, strict=True)
            ]
            item = {key: one for key, (_, one) in zip(matrix, chosen, strict=True)}
            yield "-".join(words), {"item": item, "key": "-".join(words)}

    def _run(self, name: str, data: Data, values: Values) -> Run:
        values = _with_vars(values, data.get("vars"), self.load)
        filled: dict[str, object] = {}
        left = set()
        for key, value in data.items():
            try:
                filled[key] = self._filled(value, values, key)
            except Unresolved:
                filled[key] = value
                left.add(key)
        return Run(name, filled, frozenset(left))

    def _filled(self, value: object, values: Values, key: str = "") -> object:
        if isinstance(value, Mapping):
            pairs = value.items()
            return {self._filled(k, values): self._filled(one, values, key) for k, one in pairs}
        if isinstance(value, list):
            return [self._filled(one, values, key) for one in value]
        return self._text(value, values, key) if isinstance(value, str) else value

    def _text(self, text: str, values: Values, key: str) -> object:
        whole = _TEMPLATE.fullmatch(text)
        if whole and "${" not in whole[1] and key != "cmd":
            return select(values, whole[1])
        filled = _TEMPLATE.sub(lambda found: self._word(select(values, found[1]), key), text)
        return filled.replace(r"\${", "${")

    def _word(self, value: object, key: str) -> str:
        if isinstance(value, Mapping) and key == "cmd":
            return " ".join(self._options(value))
        if isinstance(value, (Mapping, list)):
            raise Unresolved
        return _text(value)

    def _options(self, values: Values, prefix: str = "") -> Iterator[str]:
        for name, value in values.items():
            option = f"--{prefix}{name}"
            if isinstance(value, Mapping):
                yield from self._options(value, f"{prefix}{name}.")
            elif isinstance(value, bool):
                if value:
                    yield option
                elif self.parsing.get("bool") == "boolean_optional":
                    yield f"--no-{prefix}{name}"
            elif isinstance(value, list):
                words = [_quoted(one) for one in value]
                if self.parsing.get("list") == "append":
                    yield from (f"{option} {word}" for word in words)
                elif words:
                    yield " ".join([option, *words])
            else:
                yield f"{option} {_quoted(value)}"


def select(values: object, path: str) -> Any:
    """Return the value at ``a.b[0]`` of nested values; raise Unresolved where there is none."""
    for word in _INDEX.sub(r".\1", path.strip()).split("."):
        if isinstance(values, Mapping) and word in values:
            values = values[word]
        elif isinstance(values, list) and word.isdecimal() and int(word) < len(values):
            values = values[int(word)]
        else:
            raise Unresolved
    return values


def _with_vars(values: Values, listed: object, load: Load) -> Values:
    found = dict(values)
    for one in listed if isinstance(listed, list) else ():
        more: Values = one if isinstance(one, Mapping) else {}
        if isinstance(one, str):
            file, _, keys = one.partition(":")
            more = load(file) or {}
            more = {key: more[key] for key in keys.split(",") if key in more} if keys else more
        found = _merged(found, more)
    return found


def _merged(one: Values, other: Values) -> dict[str, Any]:
    result = dict(one)
    for key, value in other.items():
        there = result.get(key)
        both = isinstance(there, Mapping) and isinstance(value, Mapping)
        result[key] = _merged(there, value) if both else value  # type: ignore[arg-type]
    return result


def _text(value: object) -> str:
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def _quoted(value: object) -> str:
    if not isinstance(value, str):
        return str(value)
    if os.name == "nt":
        from subprocess import list2cmdline

        return list2cmdline([value])
    return shlex.quote(value)
