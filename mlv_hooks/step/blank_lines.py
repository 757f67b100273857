"""Lines of nothing but blanks in a text: what they hold hangs on the version of IPython.

Since 9.0.2 it takes the blanks off such lines, in texts of several lines too
(https://github.com/ipython/ipython/pull/14822).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from mlv_hooks.analysis.source import CellSource
from mlv_hooks.analysis.trees import walk

BLANKS = re.compile(r"\n[^\S\n]+(?=\n|\Z)")
INSIDE = re.compile(r"\n[^\S\n]+\n")
WRITTEN = frozenset({"bash", "file", "script", "sh", "writefile"})
"""Cell magics for which each character of their lines counts."""

MESSAGE = "this line of blanks is empty from IPython 9.0.2 on, and was not before: make it empty"


def lines_in_texts(cell: CellSource, exact: bool) -> Iterator[int]:
    """Give the lines of a cell that are nothing but blanks and part of a text.

    ``exact``: those of documentation strings count too.
    """
    if not BLANKS.search(cell.text):
        return
    lines = cell.text.split("\n")
    blank = [number for number, line in enumerate(lines, 1) if line.isspace()]
    for first, last in _texts(cell, exact):
        yield from (number for number in blank if first < number < last)
    for magic in cell.magics:
        if magic.kind == "cell" and magic.name in WRITTEN:
            yield from (number for number in blank if number > magic.line)


def _texts(cell: CellSource, exact: bool) -> Iterator[tuple[int, int]]:
    """Give the first and last line of each text that holds a line of blanks."""
    idle: Collection[int] = () if exact else _idle(cell.tree)
    for node in walk(cell.tree):
        if id(node) not in idle and any(map(INSIDE.search, _strings(node))):
            yield node.lineno, node.end_lineno


def _strings(node: ast.AST) -> list[str]:
    """Return what a text is made of, between what an f-string puts in."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    values = [one.value for one in parts if isinstance(one, ast.Constant)]
    return [value for value in values if isinstance(value, str)]


def _idle(tree: ast.Module) -> set[int]:
    """Return the texts that are statements of their own: documentation, or nothing at all."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
