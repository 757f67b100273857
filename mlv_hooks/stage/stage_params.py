"""What params.yaml says that a stage's step could not take: keys of no parameter, other types."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple

from mlv_hooks.config import nearest
from mlv_hooks.declared.parameter_types import Type
from mlv_hooks.stage.same_data import same
from mlv_hooks.stage.stage import Written


class Problem(NamedTuple):
    """One thing that is wrong in params.yaml: the rule's code, the key, and what to do."""

    code: str
    key: str
    message: str


def problems(
    section: str, there: Mapping[str, object], written: Written, notebook: str
) -> Iterator[Problem]:
    """Give what the step of a stage could not take of what its section of params.yaml holds.

    ``written`` is the stage as it shall be. Where its command does not take in the whole section,
    what that holds is of no matter here.
    """
    if not re.search(rf"\$\{{\s*{re.escape(section)}\s*\}}", str(written.data["cmd"])):
        return
    for key, value in there.items():
        if key not in written.params:
            missing = [one for one in written.params if one not in there]
            message = _left_over(f"{section}.{key}", str(key), missing, written, notebook)
            yield Problem("MLV420", key, message)
        elif not (same(value, written.params[key]) or reads(written.types[key], value)):
            message = (
                f"{section}.{key} is {_short(value)} here and {_short(written.params[key])} in "
                f"{notebook}: write {_kind(written.types[key])}, or change the notebook"
            )
            yield Problem("MLV421", key, message)


def _left_over(name: str, key: str, missing: list[str], written: Written, notebook: str) -> str:
    if key in written.types:
        why = f"the stage gives {key} by itself, as {notebook} says"
        return f"{name} would be used instead, and {why}: delete the line"
    message = f"{name} is no parameter of {notebook}, so its step would refuse it"
    like = nearest(key, missing)
    return f"{message}: delete the line" + (f", or call it {like}" if like else "")


def _kind(type_: Type) -> str:
    if type_.kind == "choice":
        return " or ".join(map(str, type_.choices))
    known = {"str": "a text", "path": "a path", "bool": "true or false", "dict": "JSON text"}
    return known.get(type_.kind, f"a value of type {type_.annotation or type_.kind}")


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."


def reads(type_: Type, value: object) -> bool:
    """Say whether a step reads a value of that type as DVC puts it on the command line."""
    if value is None:
        return type_.optional or type_.kind == "any"
    if type_.kind != "bool" and isinstance(value, (bool, Mapping)):
        return False  # `--name` without a value, or `--name.key`
    if type_.is_flat and type_.kind in ("list", "tuple"):
        items = value if isinstance(value, list) else [value]
        right = type_.length is None or len(items) == type_.length
        return right and all(_reads_item(type_.item, one) for one in items)
    if isinstance(value, bool):
        return True
    words = value if isinstance(value, list) else [value]
    switch = type_.kind == "bool" and not type_.optional
    return len(words) == 1 and not switch and _reads_item(type_, words[0])


def _reads_item(type_: Type | None, value: object) -> bool:
    """Say whether one of several values is read; DVC writes each as Python does."""
    if type_ is None or type_.kind == "any":
        return True
    if value is None or (isinstance(value, bool) and type_.kind != "bool"):
        return False
    return _reads_word(type_, str(value))


def _reads_word(type_: Type, word: str) -> bool:
    if word == "None" and type_.optional:
        return True
    if type_.kind == "choice":
        return word in map(str, type_.choices)
    reader = _READERS.get(type_.kind)
    if reader is None:
        return True
    try:
        return reader(word)
    except ValueError:
        return False


def _is_json(kind: type) -> Callable[[str], bool]:
    return lambda word: isinstance(json.loads(word), kind)


def _gives(read: Callable[[str], object]) -> Callable[[str], bool]:
    return lambda word: read(word) is not None


_READERS: dict[str, Callable[[str], bool]] = {
    "int": _gives(int),
    "float": _gives(float),
    "bool": lambda word: word.lower() in ("true", "false"),
    "date": _gives(date.fromisoformat),
    "datetime": _gives(datetime.fromisoformat),
    "dict": _is_json(dict),
    "list": _is_json(list),
    "tuple": _is_json(list),
}
