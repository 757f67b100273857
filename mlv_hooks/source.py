"""The text of a code cell as a syntax tree."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Magic:
    """One piece of IPython syntax."""

    kind: str
    name: str
    argument: str
    body: str | None
    target: str
    line: int
    end_line: int
    column: int


@dataclass(frozen=True, slots=True)
class SourceError:
    """Why a cell is no Python, and where."""

    message: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class CellSource:
    """A code cell: ``number`` counts from 1 over all cells of the notebook."""

    number: int
    text: str
    tree: ast.Module
    magics: tuple[Magic, ...] = ()
    error: SourceError | None = None
    ends_silently: bool = False

    def magic(self, node: ast.stmt) -> Magic | None:
        """Return the magic for which a placeholder statement stands."""
        return None


def parse_cell(text: str, number: int) -> CellSource:
    """Return the cell with its tree, which is empty when ``error`` says why."""
    try:
        return CellSource(number, text, ast.parse(text))
    except SyntaxError as error:
        found = SourceError(error.msg, error.lineno or 1, error.offset or 1)
        return CellSource(number, text, ast.Module([], []), error=found)
