"""What IPython puts into `!cp {source} $target`, as a Python expression.

IPython fills in all of a line or nothing of it: where one name is unknown, the whole line goes to
the shell as it was written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from string import Formatter

from mlv_hooks.analysis.touched_names import names_read

DOLLAR = re.compile(r"(.*?)\$(\$?[\w.]+)(?=([^']*'[^']*')*[^']*$)")
"""IPython's own pattern: a dollar within single quotes is the shell's."""

Piece = tuple[str, ast.expr | None, int]
"""Literal text, then an expression with its conversion."""


def interpolate(text: str, known: Collection[str]) -> ast.expr:
    """Return the string that ``text`` becomes; ``known`` are the names that have a value there."""
    try:
        pieces = list(_pieces(text))
    except (SyntaxError, ValueError):
        return ast.Constant(text)
    fields = [node for _, node, _ in pieces if node is not None]
    if any(not names_read(node) <= set(known) for node in fields):
        return ast.Constant(text)
    values: list[ast.expr] = []
    for literal, node, conversion in pieces:
        if literal:
            values.append(ast.Constant(literal))
        if node is not None:
            values.append(ast.FormattedValue(node, conversion, None))
    if not fields:
        return ast.Constant("".join(literal for literal, _, _ in pieces))
    return ast.JoinedStr(values)


def _pieces(text: str) -> Iterator[Piece]:
    """Yield the pieces of a line; raise ValueError or SyntaxError where IPython gives up."""
    for literal, field, spec, conversion in Formatter().parse(text):
        end = 0
        for match in DOLLAR.finditer(literal):
            before, name = match.group(1), match.group(2)
            end = match.end()
            if name.startswith("$"):
                yield before + name, None, -1
            else:
                yield before, _expression(name), -1
        rest = literal[end:]
        if field is None:
            yield rest, None, -1
        else:
            code = ord(conversion) if conversion else -1
            # For IPython a colon is a slice's, not a format's.
            yield rest, _expression(f"{field}:{spec}" if spec else field), code


def _expression(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body
