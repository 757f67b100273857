"""What leaving out the cells tagged as without effect would change for the cells that stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content
    from mlv_hooks.dataflow import CellFacts, Effect

_DOES = {
    "file": "it writes a file ({})",
    "network": "it may reach the network ({})",
    "process": "it runs a command ({})",
    "random": "it draws random numbers ({}), and each later draw is another one then",
    "plot": "it draws on a figure that later cells may go on with ({})",
    "environment": "it changes the environment ({})",
    "settings": "it changes settings that later cells see ({})",
    "input": "it asks for input ({})",
}


class Loss(NamedTuple):
    """A name that a cell gives or takes away, and the later cell that needs it so."""

    cell: int
    line: int
    name: str
    needed_by: int


class Reach(NamedTuple):
    """Something that a cell does beyond its names, in words."""

    cell: int
    line: int
    what: str


def losses(content: Content, settings: Settings) -> Iterator[Loss]:
    """Give what the kept cells would miss, in the order of the cells."""
    kept = content.code_cells.keys() - set(content.tagged(settings.no_effect_tag))
    for cell in _tagged(content, settings):
        given = cell.whole.binds | cell.whole.deletes
        for name, needed_by in content.analysis.uses(cell.number, kept).items():
            if name in given:
                yield Loss(cell.number, _line(cell, name), name, needed_by)


def reaches(content: Content, settings: Settings) -> Iterator[Reach]:
    """Give what the tagged cells do to the outside, in the order of the cells.

    What nobody knows of a call is not told: there is too much of it in sound notebooks.
    """
    for cell in _tagged(content, settings):
        for effect in cell.whole.effects:
            if effect.kind in _DOES and not content.analysis.dies(effect):
                yield Reach(cell.number, effect.line, _words(effect))


def _tagged(content: Content, settings: Settings) -> Iterator[CellFacts]:
    if content.notebook is None or not content.is_python:
        return
    for number in content.tagged(settings.no_effect_tag):
        if content.source(number).error is None:
            yield content.analysis.facts(number)


def _line(cell: CellFacts, name: str) -> int:
    """Return the line of the statement that gives a name or takes it away."""
    touching = (one.line for one in cell.statements if name in one.binds | one.deletes)
    return next(touching, cell.whole.line)


def _words(effect: Effect) -> str:
    return _DOES[effect.kind].format(effect.what.removeprefix("writes:").strip() or effect.kind)
