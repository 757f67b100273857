"""Plain values -> YAML text in one form, which every reader takes for the same and DVC leaves."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

WIDTH = 80
_LONGEST_KEY = 1000  # a reader looks no further than 1024 characters for the colon
# What readers of YAML 1.1 or 1.2 take for something else than text.
_WORDS = frozenset(["", "~", "=", "<<", "null", "true", "false", "yes", "no", "on", "off"])
_LIKE_NUMBER = re.compile(
    r"(?=.*[\d_])[-+.0-9][-+.0-9_:, a-fxotz]*|[-+]?\.(inf|nan)", re.IGNORECASE
)
_PLAIN = re.compile(
    r"(?:[^-\s!&*%@`'\"#|>\[\]{},?:=]|-[^\s-]|--[^\s-])(?:[^:#]|:(?=[^\s])|(?<! )#)*"
)
_VISIBLE = re.compile(
    "[ -~\xa1-\u167f\u1681-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff"
    "\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
)
_IN_FLOW = re.compile(r"[][{},:?]")
_FIRST_KEY = re.compile(r"^( +)[^\s#-]", re.MULTILINE)
_FIRST_DASH = re.compile(r"^( *)[^\s#-][^\n]*:[ \t]*\r?\n( *)- ", re.MULTILINE)
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


class Unwritable(ValueError):
    """A value that YAML has no plain form for; the message names its type."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is laid out: spaces a level, spaces before a dash, and its end of line."""

    indent: int = 2
    dash: int = 0
    newline: str = "\n"


def style_of(text: str, start: int = 0, stop: int | None = None) -> Style:
    """Return how a file is laid out; what stands from ``start`` to ``stop`` tells its indent."""
    first = text.find("\n")
    newline = "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"
    dash = _FIRST_DASH.search(text)
    key = _FIRST_KEY.search(text, start, len(text) if stop is None else stop)
    offset = max(0, len(dash[2]) - len(dash[1])) if dash else 0
    return Style(len(key[1]) if key else 2, offset, newline)


# A value as text: what follows the colon or the dash, and the lines below.
Written = tuple[str, list[str]]
Writer = Callable[[object, int, Style], Written]


def scalar(value: object, *, flow: bool = False) -> str:
    """Return a value that is no collection, on one line; ``flow``: between brackets."""
    if isinstance(value, str):
        return _text(value, flow)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    raise Unwritable(f"a value of the type {type(value).__name__} has no place in a YAML file")


@lru_cache(maxsize=10_000)
def _text(value: str, flow: bool) -> str:
    if not _VISIBLE.fullmatch(value):
        return f'"{"".join(map(_escaped, value))}"'
    plain = (
        _PLAIN.fullmatch(value)
        and not value.endswith(" ")
        and value.lower() not in _WORDS
        and not _LIKE_NUMBER.fullmatch(value)
        and not (flow and _IN_FLOW.search(value))
        and not value.startswith("...")
    )
    return value if plain else "'" + value.replace("'", "''") + "'"


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if _VISIBLE.fullmatch(char):
        return char
    code = ord(char)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def _float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # Without a dot YAML 1.1 takes 1e-05 for text.
    return text if "." in text else text.replace("e", ".0e")


def flow(value: object) -> str:
    """Return a value on one line, its collections in brackets."""
    if isinstance(value, Mapping):
        inner = (f"{scalar(key, flow=True)}: {flow(item)}" for key, item in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value, flow=True)


def visible(text: str) -> bool:
    """Say whether a line of text can stand in a YAML file as it is."""
    return bool(_VISIBLE.fullmatch(text))


def written(value: object, column: int, style: Style) -> Written:
    """Return the text of a value whose key or dash stands at ``column``."""
    if isinstance(value, Mapping) and value:
        inner = column + style.indent
        return "", [line for key in value for line in entry(key, value[key], inner, style)]
    if isinstance(value, (list, tuple)) and value:
        inner = column + style.dash
        return "", [line for each in value for line in item(each, inner, style)]
    if isinstance(value, str):
        return literal(value, " " * (column + style.indent)) or (scalar(value), [])
    return flow(value), []


def literal(text: str, pad: str) -> Written | None:
    """Return a text of several lines as it is; None where YAML would read it as another."""
    body = text.removesuffix("\n")
    lines = body.split("\n")
    first = next((line for line in lines if line), "")
    if "\n" not in text or first[:1] in ("", " ") or not lines[-1]:
        return None
    if any(line.endswith(" ") or not visible(line) for line in lines):
        return None
    return "|-" if body == text else "|", [line and pad + line for line in lines]


def entry(
    key: object, value: object, column: int, style: Style, write: Writer = written
) -> list[str]:
    """Return the lines of one member of a mapping at a column, without their ends."""
    name, pad = scalar(key), " " * column
    inline, lines = write(value, column, style)
    long = len(name) > _LONGEST_KEY
    head = f"{pad}:" if long else f"{pad}{name}:"
    head += f" {inline}" if inline else ""
    return [*([f"{pad}? {name}"] if long else []), head, *lines]


def item(value: object, column: int, style: Style, write: Writer = written) -> list[str]:
    """Return the lines of one element of a sequence whose dashes stand at a column."""
    inner = column + 2
    if isinstance(value, Mapping) and value:
        lines = [line for key in value for line in entry(key, value[key], inner, style)]
    elif isinstance(value, (list, tuple)) and value:
        lines = [line for each in value for line in item(each, inner, style)]
    else:
        inline, below = write(value, inner - style.indent, style)
        lines = [" " * inner + inline, *below]
    return [" " * column + "- " + lines[0][inner:], *lines[1:]]
