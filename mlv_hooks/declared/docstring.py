"""The docstring of a parameters cell: its summary, its fields and the parameters it declares.

Fields are those of MLV-tools and Sphinx (``:param float rate: step size``, ``:dvc-in: data/x``),
read as people wrote them: with a space before the colon, indented or not, over several lines.
Google and NumPy sections are read by ``docstring_parser``, imported only when there are some.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FIELD = re.compile(r"(?P<indent>\s*):(?P<head>[A-Za-z][^:`]*?)\s*:(?P<value>\s.*|)$")
_OURS = re.compile(r"(?P<indent>\s*):(?P<head>(?:dvc-|param |type )[^:]*?)\s*:(?P<value>.*)$")
_SECTION = re.compile(
    r"^[ \t]*(?:(?:Args|Arguments|Parameters|Params|Attributes|Keyword Args|Keyword Arguments"
    r"|Other Parameters):[ \t]*$|(?:Other )?Parameters[ \t]*\n[ \t]*-{3,})",
    re.MULTILINE,
)
_DECLARES = ("param", "parameter", "arg", "argument", "key", "keyword")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: ``:dvc-in reviews: data/reviews.csv`` is dvc-in, reviews, data/reviews.csv.

    ``line`` counts within the cell; the value of several lines keeps its line ends.
    """

    name: str
    argument: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter as the docstring declares it; ``type_name`` is empty when it says none."""

    name: str
    type_name: str
    help: str
    line: int


@dataclass(frozen=True, slots=True)
class Docstring:
    """What a docstring says; ``summary`` is its first paragraph, on one line."""

    summary: str = ""
    description: str = ""
    fields: tuple[Field, ...] = ()
    declared: tuple[Declared, ...] = ()


def read_docstring(text: str, line: int) -> Docstring:
    """Read the docstring ``text`` that starts at ``line`` of its cell."""
    prose, fields = _split(text.expandtabs().splitlines(), line)
    declared = list(_declared(fields))
    body = "\n".join(prose)
    if _SECTION.search(body):
        body, more = _sections(body, line)
        declared += more
    summary, description = _paragraphs(body)
    return Docstring(summary, description, tuple(fields), tuple(declared))


def _split(lines: list[str], first: int) -> tuple[list[str], list[Field]]:
    """Part the lines into prose, a blank line where a field was, and fields."""
    prose: list[str] = []
    fields: list[Field] = []
    position = 0
    while position < len(lines):
        match = _FIELD.match(lines[position]) or _OURS.match(lines[position])
        if match is None:
            prose.append(lines[position])
            position += 1
            continue
        end = _end_of_field(lines, position, len(match["indent"]))
        name, _, argument = match["head"].strip().partition(" ")
        value = _dedent([match["value"].strip(), *lines[position + 1 : end]])
        fields.append(Field(name, " ".join(argument.split()), value, first + position))
        prose += [""] * (end - position)
        position = end
    return prose, fields


def _end_of_field(lines: list[str], start: int, indent: int) -> int:
    """Return where the field ends: at the next field, or at prose after a blank line."""
    end = start + 1
    for position in range(start + 1, len(lines)):
        line = lines[position]
        if not line.strip():
            continue
        deeper = len(line) - len(line.lstrip()) > indent
        touching = end == position
        if _FIELD.match(line) or _OURS.match(line) or not (deeper or touching):
            break
        if _SECTION.match("\n".join(lines[position : position + 2])) and not deeper:
            break
        end = position + 1
    return end


def _dedent(lines: list[str]) -> str:
    rest = [line for line in lines[1:] if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in rest), default=0)
    return "\n".join([lines[0], *(line[margin:].rstrip() for line in lines[1:])]).strip()


def _declared(fields: list[Field]) -> Iterator[Declared]:
    types = {one.argument: one.value for one in fields if one.name == "type"}
    named = set()
    for one in fields:
        if one.name in _DECLARES and one.argument:
            name, type_name = _head(one.argument)
            named.add(name)
            words = " ".join(one.value.split())
            yield Declared(name, type_name or types.get(name, ""), words, one.line)
    for one in fields:
        if one.name == "type" and one.argument not in named:
            yield Declared(one.argument, one.value, "", one.line)


def _head(argument: str) -> tuple[str, str]:
    """Return name and type of ``str name``, ``name (str)`` or ``name``."""
    behind = re.fullmatch(r"\*{0,2}(\w+) ?\((.+)\)", argument)
    if behind:
        return behind[1], behind[2]
    type_name, _, name = argument.rpartition(" ")
    return name.lstrip("*"), type_name.strip().rstrip(",")


def _sections(body: str, line: int) -> tuple[str, list[Declared]]:
    """Read Google or NumPy sections; return what stands before them, and the parameters."""
    from inspect import cleandoc

    from docstring_parser import DocstringStyle, ParseError, parse

    start = _SECTION.search(body)
    assert start is not None
    style = DocstringStyle.NUMPYDOC if "\n" in start[0].strip() else DocstringStyle.GOOGLE
    try:
        params = parse(cleandoc(body), style).params
    except ParseError:
        params = []
    lines = body.splitlines()
    declared = [
        Declared(
            name,
            one.type_name or "",
            " ".join((one.description or "").split()),
            line + _line_of(lines, name),
        )
        for one in params
        for name in re.findall(r"\w+", one.arg_name)
    ]
    return body[: start.start()], declared


def _line_of(lines: list[str], name: str) -> int:
    word = re.compile(rf"\s*\*{{0,2}}(?:\w+, *)*{re.escape(name)}\b")
    return next((number for number, text in enumerate(lines) if word.match(text)), 0)


def _paragraphs(body: str) -> tuple[str, str]:
    from inspect import cleandoc

    first, _, rest = cleandoc(body).partition("\n\n")
    description = re.sub(r"\n{3,}", "\n\n", rest.strip())
    return " ".join(first.split()), description
