"""Relative paths that a notebook's functions open by themselves."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content

_OPENERS = frozenset(
    {"open", "read_csv", "read_table", "read_excel", "read_json", "read_parquet", "read_pickle"}
)
_SAVERS = frozenset(
    {"to_csv", "to_excel", "to_parquet", "to_pickle", "savefig", "imread", "imsave"}
)


class FunctionPath(NamedTuple):
    """A path as a function of a cell writes it."""

    cell: int
    line: int
    function: str
    path: str


def function_paths(content: Content, settings: Settings) -> Iterator[FunctionPath]:
    """Give the relative paths of files that functions of kept cells name when they open them."""
    dropped = set(content.tagged(settings.no_effect_tag))
    for number in content.code_cells.keys() - dropped:
        for node in content.source(number).tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for line, path in sorted(_opened(node)):
                    yield FunctionPath(number, line, node.name, path)


def _opened(function: ast.stmt) -> Iterator[tuple[int, str]]:
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        first = node.args[0] if node.args and name in _OPENERS | _SAVERS else None
        value = first.value if isinstance(first, ast.Constant) else None
        if isinstance(value, str) and not (posixpath.isabs(value) or "://" in value or value == ""):
            yield node.lineno, value
