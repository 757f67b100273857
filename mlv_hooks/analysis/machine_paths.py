"""Paths in a notebook that are those of one machine: absolute ones, and below somebody's home."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mlv_hooks.analysis.trees import walk

if TYPE_CHECKING:
    from mlv_hooks.analysis.dataflow import Effect
    from mlv_hooks.analysis.source import CellSource
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
        source, effects = content.source(cell.number), cell.whole.effects
        if cell.number in dropped or not (effects or _may_hold_path(source)):
            continue
        for line, path in sorted({*_written(source), *_of_effects(effects)}):
            yield MachinePath(cell.number, line, path)


def _may_hold_path(source: CellSource) -> bool:
    text = source.text
    return any(mark in text for mark in _MARKS) or (bool(source.magics) and "~" in text)


def _written(source: CellSource) -> Iterator[tuple[int, str]]:
    """Give the texts of a cell that begin as a path below a home or on a drive does."""
    if not _may_hold_path(source):
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


def _of_effects(effects: Iterable[Effect]) -> Iterator[tuple[int, str]]:
    """Give the absolute paths of files that are read or written."""
    for effect in effects:
        node = effect.path
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and _ABSOLUTE.fullmatch(value):
            yield effect.line, value
