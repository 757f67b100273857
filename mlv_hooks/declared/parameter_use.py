"""How the cells around the parameters cell use the parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlv_hooks.analysis.name_use import bound_names, read_names

if TYPE_CHECKING:
    from mlv_hooks.analysis.source import CellSource
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content
    from mlv_hooks.declared.parameters import Parameter, Parameters

# What these see or run is not written in the cell.
_REFLECTIVE = {"globals", "locals", "vars", "exec", "eval", "get_ipython"}
_COMPOUND = (ast.If, ast.While, ast.Try, ast.Match)


@dataclass(frozen=True, slots=True)
class Use:
    """A parameter, and where a cell does something with it."""

    name: str
    cell: int
    line: int


def uses_before(content: Content, settings: Settings, found: Parameters) -> Iterator[Use]:
    """Yield, once per parameter, where a cell above the parameters cell reads or binds it."""
    seen: set[str] = set()
    for cell in _kept(content, settings):
        if cell.number >= found.cell:
            break
        for statement in cell.tree.body:
            touched = read_names(statement).now | bound_names(statement)
            for name in sorted((touched & found.names) - seen):
                seen.add(name)
                yield Use(name, cell.number, statement.lineno)


def never_used(content: Content, settings: Settings, found: Parameters) -> Iterator[Parameter]:
    """Yield the parameters that no cell with effect reads; none when a cell may hide its reads."""
    cells = [one for one in _kept(content, settings) if one.number > found.cell]
    read = _read(content.source(found.cell), *found.rest)
    for cell in cells:
        read |= _read(cell, *cell.tree.body)
    if any(cell.error for cell in cells) or read & _REFLECTIVE:
        return
    yield from (one for one in found.parameters if one.name not in read)


def overwritten(content: Content, settings: Settings, found: Parameters) -> Iterator[Use]:
    """Yield where a parameter gets another value before anything has read it."""
    cells = [one for one in _kept(content, settings) if one.number > found.cell]
    places = [(content.source(found.cell), one) for one in found.rest]
    for cell in cells:
        if cell.error:
            break
        places += [(cell, one) for one in cell.tree.body]
    facts = [(cell.number, one, _read(cell, one), bound_names(one)) for cell, one in places]
    for parameter in found.parameters:
        for number, statement, read, bound in facts:
            above = number == found.cell and statement.lineno < parameter.line
            if above or parameter.name not in read | bound:
                continue
            if parameter.name not in read and not isinstance(statement, _COMPOUND):
                yield Use(parameter.name, number, statement.lineno)
            break


def _read(cell: CellSource, *statements: ast.stmt) -> set[str]:
    """Return the names that statements read, also in magics and in ``query("a > @b")``."""
    found = read_names(*statements).all
    for node in (one for statement in statements for one in ast.walk(statement)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "@" in node.value:
            found.update(re.findall(r"@(\w+)", node.value))
        elif magic := cell.magic(node):
            found.update(re.findall(r"\w+", f"{magic.argument} {magic.body or ''}"))
    return found


def _kept(content: Content, settings: Settings) -> Iterator[CellSource]:
    dropped = set(content.tagged(settings.no_effect_tag))
    for number in content.code_cells:
        if number not in dropped:
            yield content.source(number)
