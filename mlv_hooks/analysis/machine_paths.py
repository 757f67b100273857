"""Paths in a notebook that are those of one machine: absolute ones, and below somebody's home."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mlv_hooks.analysis.trees import walk

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content

_HOME = r"(?:/home/[\w.-]+|/Users/[\w.-]+|/root|/content/drive|/mnt/[a-z]|~[\w.-]*)(?:[\\/]|$)"
_DRIVE = r"[A-Za-z]:[\\/](?![\\/])"
_WHOLE = re.compile(rf"(?:{_HOME}|{_DRIVE}).*", re.DOTALL)
_WORD = re.compile(rf"(?<![\w.~/:\\-])(?:{_HOME}|{_DRIVE})[\\/\w.~-]*")
_MARKS = ("/home/", "/Users/", "/root", "/content/drive", "/mnt/", ":/", ":\\", '"~', "'~")
"""What code with such a path has in it; a pattern of them all takes ten times as long."""
_ABSOLUTE = re.compile(r"/(?!(?:tmp|dev|proc|sys|etc|usr|bin|opt|var)(?:/|$))[^/].*", re.DOTALL)
_TEXT_LIMIT = 400
"""Characters; what is longer is no path."""


class MachinePath(NamedTuple):
    """A path at a line of a cell."""

    cell: int
    line: int
    path: str


def machine_paths(content: Content, settings: Settings) -> Iterator[MachinePath]:
    """Give the paths in cells that are not tagged as without effect, each once a line."""
    dropped = set(content.tagged(settings.no_effect_tag))
    for cell in content.analysis.cells:
        if cell.number not in dropped:
            found = {*_written(content, cell.number), *_of_effects(content, cell.number)}
            for line, path in sorted(found):
                yield MachinePath(cell.number, line, path)


def _written(content: Content, number: int) -> Iterator[tuple[int, str]]:
    """Give the texts of a cell that begin as a path below a home or on a drive does."""
    source = content.source(number)
    text = source.text
    if not (any(mark in text for mark in _MARKS) or (source.magics and "~" in text)):
        return
    for node in walk(source.tree):
        if type(node) is not ast.Constant or type(node.value) is not str:
            continue
        if len(node.value) < _TEXT_LIMIT and _WHOLE.fullmatch(node.value):
            yield node.lineno, node.value
    for magic in source.magics:
        if magic.kind in ("line", "shell"):
            for found in _WORD.finditer(magic.argument):
                yield magic.line, found.group()


def _of_effects(content: Content, number: int) -> Iterator[tuple[int, str]]:
    """Give the absolute paths of the files that a cell reads or writes."""
    for effect in content.analysis.facts(number).whole.effects:
        node = effect.path
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and _ABSOLUTE.fullmatch(value):
            yield effect.line, value
