"""Names and values that stages can have, and what is wrong with others."""

from __future__ import annotations

import re

from mlv_hooks.declared.parameter_types import Type
from mlv_hooks.step.step_of import step_name

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LOST = {
    re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"): "a line break",
    re.compile("\0"): "a null character",
    re.compile(r"\\\$\{"): "a backslash before ${",
    re.compile("^--"): "two dashes in front",
}
_WORDS = {"true": True, "false": False, "yes": True, "no": False}


class NoValueError(Exception):
    """Says in one line why a text is no value of a parameter, and what to write."""


def name_problem(name: str) -> str:
    """Return why a stage can't have that name, empty when it can.

    DVC takes no punctuation; `dvc exp run -S` takes neither a digit first nor other letters.
    """
    if _NAME.fullmatch(name):
        return ""
    return f"{_short(name)} is no name of a stage: write {step_name(f'{name}.x')}"


def as_value(word: str, type_: Type | None) -> object:
    """Return the value of a word for a parameter of that type; raise NoValueError.

    Where the type is not known, what looks like a number, true or false is one.
    """
    kind = type_.kind if type_ else "any"
    if type_ and kind == "choice":
        known = {str(one): one for one in type_.choices}
        if word not in known:
            raise NoValueError(f"{word} is none of its values: write {', '.join(known)}")
        return known[word]
    if kind in ("int", "float", "bool"):
        value = _plain(word, kind)
        if value is None:
            raise NoValueError(f"{word} is no {kind}, as the parameter is: write {kind}s")
        return value
    if kind != "any":
        return word
    guesses = (_plain(word, one) for one in ("int", "float", "bool") if _may_be(word, one))
    return next((one for one in guesses if one is not None), word)


def _plain(word: str, kind: str) -> object:
    if kind == "bool":
        return _WORDS.get(word.lower())
    try:
        return int(word) if kind == "int" else float(word)
    except ValueError:
        return None


def _may_be(word: str, kind: str) -> bool:
    return kind == "bool" or re.match(r"[+-]?\.?\d", word) is not None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:37]}..."


def not_passed_on(value: object) -> str:
    """Return what DVC would lose of a value on a command line, empty when it gives it as it is.

    It cuts a command at whatever ends a line, within quotes too, and takes backslashes in front
    of ``${`` away; to the step two dashes in front are an option.
    """
    if isinstance(value, (list, tuple)):
        return next(filter(None, map(not_passed_on, value)), "")
    if not isinstance(value, str):
        return ""
    return next((what for pattern, what in _LOST.items() if pattern.search(value)), "")
