"""What leaving out the cells tagged as without effect would change for the cells that stay."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mlv_hooks.analysis.comments import comments_of

if TYPE_CHECKING:
    from mlv_hooks.analysis.dataflow import CellFacts, Effect, Facts
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content

_LEGACY = re.compile(r"#\s*no[ _-]?effect\b[\s.:!]*", re.IGNORECASE)
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
    """What a cell does to a name, and the later cell that needs it so."""

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
    """Give the names that the tagged cells bind or delete and kept cells need."""
    for cell, name, needed_by in _needed(content, settings):
        if name in cell.whole.binds | cell.whole.deletes:
            yield Loss(cell.number, _line(cell, name), name, needed_by)


def changes(content: Content, settings: Settings) -> Iterator[Loss]:
    """Give the names whose object the tagged cells change and kept cells use.

    Only changes that are known: an unknown call could change all that it is handed, and mostly
    does not.
    """
    for cell, name, needed_by in _needed(content, settings):
        if name in cell.whole.binds | cell.whole.deletes:
            continue
        assigned = _assigned_into(content, cell.number)
        for one in cell.statements:
            if name in one.changes and (_is_known(one) or (one.line, name) in assigned):
                yield Loss(cell.number, one.line, name, needed_by)
                break


class _Needs:
    """The names that the later ones of some cells read before they bind them anew."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._all = False

    def of(self, facts: Facts) -> bool:
        """Say whether anything that a cell does to names is among them."""
        touched = facts.binds | facts.deletes | facts.changes
        return bool(touched) and (self._all or not self._names.isdisjoint(touched))

    def before(self, facts: Facts) -> None:
        """Go up over one of the cells."""
        self._names -= facts.sure
        self._names |= facts.reads
        self._all = self._all or facts.sees_all


def looking(content: Content, settings: Settings) -> Iterator[int]:
    """Give the untagged cells that only look: leaving out all of them changes nothing.

    A cell that only defines, imports or computes is one when a cell that looks uses its names.
    """
    if content.notebook is None or not content.is_python:
        return
    tagged = {*content.tagged(settings.no_effect_tag)}
    parameters = {*content.tagged(settings.parameters_tag)}
    if not parameters and content.untagged_docstring:
        parameters.add(content.untagged_docstring[0])
    analysis, found = content.analysis, []
    kept, looked = _Needs(), _Needs()
    for cell in reversed(analysis.cells):
        number, facts = cell.number, cell.whole
        if number in tagged:
            continue
        works = number in parameters or not content.source(number).tree.body
        works = works or kept.of(facts) or not analysis.leaves_nothing(number)
        if not works and (_shows(content, number) or looked.of(facts)):
            found.append(number)
            looked.before(facts)
        else:
            kept.before(facts)
    yield from reversed(found)


def provable(content: Content, settings: Settings, cells: Collection[int]) -> set[int]:
    """Return those of the untagged ``cells`` that can all have the tag: the others can't tell."""
    tagged = {*content.tagged(settings.no_effect_tag)}
    found, kept = set(), _Needs()
    for cell in reversed(content.analysis.cells):
        number, facts = cell.number, cell.whole
        sound = number in cells and content.source(number).error is None
        if sound and content.analysis.leaves_nothing(number) and not kept.of(facts):
            found.add(number)
        elif number not in tagged:
            kept.before(facts)
    return found - tagged


def unknowns(content: Content, settings: Settings) -> Iterator[Reach]:
    """Give what tagged cells do of which nobody knows what it does."""
    for cell in _tagged(content, settings):
        for effect in cell.whole.effects:
            if effect.kind == "unknown":
                yield Reach(cell.number, effect.line, effect.what)


def reaches(content: Content, settings: Settings) -> Iterator[Reach]:
    """Give what the tagged cells do to the outside, in the order of the cells.

    What nobody knows of a call is not told: there is too much of it in sound notebooks.
    """
    for cell in _tagged(content, settings):
        for effect in cell.whole.effects:
            if effect.kind in _DOES and not content.analysis.dies(effect):
                yield Reach(cell.number, effect.line, _words(effect))


def commented(content: Content, settings: Settings) -> Iterator[tuple[int, int]]:
    """Give cell and line of each comment of MLV-tools above an untagged cell's code."""
    if not content.is_python:
        return
    tagged = content.tagged(settings.no_effect_tag)
    for number, cell in content.code_cells.items():
        if number in tagged or "effect" not in cell.source.lower():
            continue
        for line, text, about in comments_of(cell.source):
            if about is None and _LEGACY.fullmatch(text):
                yield number, line
                break


def idle(content: Content, settings: Settings) -> Iterator[int]:
    """Give the tagged cells that hold no code."""
    for number, cell in enumerate(content.notebook.cells if content.notebook else (), 1):
        if settings.no_effect_tag in cell.metadata.get("tags", ()) and not (
            cell.kind == "code" and _has_code(content, number)
        ):
            yield number


def nothing_left(content: Content, settings: Settings) -> bool:
    """Say whether a notebook with a step has code, and none that would run."""
    if not content.is_python or not content.declares_step(settings):
        return False
    left_out = {*content.tagged(settings.no_effect_tag)}
    parameters = {*content.tagged(settings.parameters_tag)}
    working = [number for number in content.code_cells if _has_code(content, number)]
    return bool(left_out & {*working}) and not {*working} - left_out - parameters


def _has_code(content: Content, number: int) -> bool:
    """Say whether a code cell holds more than comments; of other languages, more than blanks."""
    if not content.is_python:
        return not content.code_cells[number].source.isspace()
    source = content.source(number)
    return bool(source.tree.body or source.error)


def _needed(content: Content, settings: Settings) -> Iterator[tuple[CellFacts, str, int]]:
    """Give each tagged cell, each name that it touches, and the first kept cell that needs it."""
    kept = content.code_cells.keys() - set(content.tagged(settings.no_effect_tag))
    for cell in _tagged(content, settings):
        for name, needed_by in content.analysis.uses(cell.number, kept).items():
            yield cell, name, needed_by


def _assigned_into(content: Content, number: int) -> set[tuple[int, str]]:
    """Return the line and the name of each `name.attribute = …` and `name[key] = …` of a cell."""
    found = set()
    for node in content.source(number).tree.body:
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else ()
        for one in (*targets, *([node.target] if isinstance(node, ast.AugAssign) else ())):
            place: ast.AST = one
            while isinstance(place, ast.Attribute | ast.Subscript):
                place = place.value
            if place is not one and isinstance(place, ast.Name):
                found.add((node.lineno, place.id))
    return found


def _is_known(facts: Facts) -> bool:
    return all(effect.kind != "unknown" for effect in facts.effects)


def _shows(content: Content, number: int) -> bool:
    """Say whether people see anything of a cell: what it prints or plots, or its last value."""
    effects = content.analysis.facts(number).whole.effects
    if any(one.kind in ("output", "plot") for one in effects):
        return True
    return any(isinstance(node, ast.Expr) for node in content.source(number).tree.body)


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
