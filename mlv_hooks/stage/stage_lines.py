"""Stages and sections in our own form, read from their lines without a YAML parser.

A parser takes two milliseconds a stage, DVC's own one included. What is read here may be read
carelessly: it counts only when writing it again gives the very same lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mlv_hooks.stage.stage_text import stage_lines
from mlv_hooks.stage.yaml_text import Style, entry

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+(e[-+][0-9]+)?")
_CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None}
_MEMBER = re.compile(r"('(?:[^']|'')*'|[^'\"\s][^:]*):(?: (.*))?")


class _NotOurs(Exception):
    """The lines have another form."""


def read_stage(lines: Sequence[str], style: Style) -> tuple[str, dict[str, object]] | None:
    """Return the name and data of a stage, or None unless we would write the same lines."""
    return _read(lines, style.indent, style, stage_lines)


def read_section(lines: Sequence[str], style: Style) -> tuple[str, dict[str, object]] | None:
    """Return the name and values of a section of params.yaml, or None unless written by us."""
    return _read(lines, 0, style, lambda name, data, style: entry(name, data, 0, style))


def _read(
    lines: Sequence[str],
    column: int,
    style: Style,
    write: Callable[[str, dict[str, object], Style], list[str]],
) -> tuple[str, dict[str, object]] | None:
    try:
        members, _ = _mapping(lines, 0, column, style)
        (name, data), *more = members.items()
        if more or not isinstance(name, str) or not isinstance(data, dict):
            return None
        if write(name, data, style) != list(lines):
            return None
    except (_NotOurs, RecursionError, ValueError):  # the last: a number of thousands of digits
        return None
    return name, data


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _mapping(
    lines: Sequence[str], at: int, column: int, style: Style
) -> tuple[dict[object, object], int]:
    found: dict[object, object] = {}
    pad = " " * column
    while at < len(lines) and lines[at].startswith(pad) and lines[at][column : column + 1] != " ":
        member = _MEMBER.fullmatch(lines[at], column)
        if member is None:
            break
        value, at = _value(member[2] or "", lines, at + 1, column, style)
        found[_scalar(member[1])] = value
    if not found:
        raise _NotOurs
    return found, at


def _value(
    inline: str, lines: Sequence[str], at: int, column: int, style: Style
) -> tuple[object, int]:
    """Return the value whose key or dash stands at a column, and the number of the next line."""
    if inline in (">-", "|-", "|"):
        return _block(inline, lines, at, column + style.indent)
    if inline:
        return _scalar(inline), at
    dash = column + style.dash
    if at < len(lines) and lines[at].startswith(" " * dash + "- "):
        return _sequence(lines, at, dash, style)
    return _mapping(lines, at, column + style.indent, style)


def _sequence(lines: Sequence[str], at: int, column: int, style: Style) -> tuple[list[object], int]:
    found: list[object] = []
    pad, inner = " " * column + "- ", column + 2
    while at < len(lines) and lines[at].startswith(pad):
        rest = lines[at][inner:]
        value: object
        if rest.startswith("- ") or (_MEMBER.fullmatch(rest) and not rest.endswith("'")):
            below = [*lines[:at], " " * inner + rest, *lines[at + 1 :]]
            reader = _sequence if rest.startswith("- ") else _mapping
            value, at = reader(below, at, inner, style)
        else:
            value, at = _value(rest, lines, at + 1, inner - style.indent, style)
        found.append(value)
    return found, at


def _block(header: str, lines: Sequence[str], at: int, column: int) -> tuple[str, int]:
    start, pad = at, " " * column
    while at < len(lines) and (not lines[at] or lines[at].startswith(pad)):
        at += 1
    text = [line[column:] for line in lines[start:at]]
    if header == ">-":
        return " ".join(text), at
    return "\n".join(text) + ("\n" if header == "|" else ""), at


def _scalar(text: str) -> object:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    if text[0] == '"':
        raise _NotOurs
    if text in ("[]", "{}"):
        return [] if text == "[]" else {}
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
