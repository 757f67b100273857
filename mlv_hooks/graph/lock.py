"""dvc.lock text -> what DVC noted of each stage.

A YAML parser takes seconds for thousands of stages. The stages that are laid out as DVC does it,
and say nothing that YAML could read in two ways, are read by their lines; all others are parsed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mlv_hooks.stage.yaml_spans import PipelineError, parse, refuse_markers

_TOP = re.compile(r"\A(?:schema: '2\.0'\n)?stages:\n((?:  .*\n)*)\Z")
_HEAD = re.compile(r"^  ([A-Za-z_][\w@.-]*):\n", re.MULTILINE)
_FOLDED = re.compile(r"^(    cmd: [A-Za-z/_].*)\n      +(?=\S)", re.MULTILINE)
_MEMBER = re.compile(r"( *)(- )?([A-Za-z_][\w.-]*(?:/[\w.-]+)*):(?: (.+))?")
_WORDS = re.compile(r"(?:[A-Za-z/_]|\.(?=[A-Za-z/]))(?:[\w./=,@+~-]| (?![ #]))*(?<! )")
_DIGEST = re.compile(r"(?=[0-9]*[a-df-z])[0-9a-z]{32}(?:\.dir)?")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}|[0-9]+\.[0-9]+")
_MEANT = frozenset(
    {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~", ".nan", ".inf"}
)


class _Odd(Exception):
    """Lines that are for the parser."""


def read_lock(text: str) -> dict[str, Any]:
    """Return the entries of a dvc.lock by stage; raise PipelineError."""
    refuse_markers(text)
    top = _TOP.match(text)
    heads = list(_HEAD.finditer(top[1])) if top else []
    names = [one[1] for one in heads]
    if not top or not heads or heads[0].start() or len({*names}) < len(names):
        return _parsed(text)
    stops = [*(one.start() for one in heads[1:]), len(top[1])]
    found: dict[str, Any] = {}
    for head, stop in zip(heads, stops, strict=True):
        lines = top[1][head.end() : stop]
        try:
            found[head[1]] = _read(lines)
        except _Odd:
            try:
                found[head[1]] = parse(lines).data
            except PipelineError:
                return _parsed(text)  # which knows the line
    return found


def _parsed(text: str) -> dict[str, Any]:
    data = parse(text).data
    if data is None:
        return {}
    stages = data.get("stages") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(stages or {}, Mapping):
        raise PipelineError("is no dvc.lock: `stages:` belongs at its top", 1)
    if data and "schema" not in data and "stages" not in data:
        return dict(data)  # as DVC 1 wrote it
    return dict(stages or {})


def _read(text: str) -> dict[str, Any]:
    while True:
        text, count = _FOLDED.subn(r"\1 ", text)
        if not count:
            break
    lines = text.splitlines()
    found, at = _mapping(lines, 0, 4)
    if at < len(lines):
        raise _Odd
    return found


def _mapping(lines: list[str], at: int, column: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while at < len(lines):
        member = _MEMBER.fullmatch(lines[at])
        if member is None:
            raise _Odd
        if len(member[1]) != column or member[2]:
            break
        if member[3] in found or member[3].lower() in _MEANT:
            raise _Odd
        found[member[3]], at = _value(member[4], lines, at + 1, column)
    if not found:
        raise _Odd
    return found, at


def _value(said: str | None, lines: list[str], at: int, column: int) -> tuple[Any, int]:
    if said is not None:
        return _scalar(said), at
    if at < len(lines) and lines[at].startswith(" " * column + "- "):
        return _sequence(lines, at, column)
    return _mapping(lines, at, column + 2)


def _sequence(lines: list[str], at: int, column: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while at < len(lines) and lines[at].startswith(" " * column + "- "):
        if _MEMBER.fullmatch(lines[at]):
            lines[at] = " " * (column + 2) + lines[at][column + 2 :]
            one, at = _mapping(lines, at, column + 2)
            found.append(one)
        else:
            found.append(_scalar(lines[at][column + 2 :]))
            at += 1
    return found, at


def _scalar(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    if (_WORDS.fullmatch(text) and text.lower() not in _MEANT) or _DIGEST.fullmatch(text):
        return text
    raise _Odd
