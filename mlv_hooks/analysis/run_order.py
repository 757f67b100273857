"""In which order the cells of a notebook were last run, as far as its execution counts tell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mlv_hooks.content import Content


class Overtaken(NamedTuple):
    """A cell that was last run before the cell above it, of which it uses names."""

    cell: int
    run_as: int
    names: tuple[str, ...]
    above: int
    above_run_as: int


def overtaken(content: Content) -> Iterator[Overtaken]:
    """Give the cells whose shown outputs were made by other values than those above them.

    Of several cells above that were run later, the last run is given. A cell that was run again
    without effect on those below tells nothing: people look twice, and run their imports again to
    add one.
    """
    # Kernels count from 1: Colab writes 0 for a cell that it did not see end.
    counts = {number: cell.run_as for number, cell in content.code_cells.items() if cell.run_as}
    if [*counts.values()] == sorted(counts.values()):
        return
    found: dict[int, Overtaken] = {}
    for number, count in counts.items():
        for user, names in _users(content, number).items():
            mine = counts.get(user, count)
            if mine < count and (user not in found or count > found[user].above_run_as):
                found[user] = Overtaken(user, mine, tuple(names), number, count)
    yield from sorted(found.values())


def _users(content: Content, number: int) -> dict[int, list[str]]:
    """Return the cells that first use what a cell binds or changes, with the names they use."""
    users: dict[int, list[str]] = {}
    uses = content.analysis.uses(number)
    same = _only_imported(content, number) if uses else set()
    for name, user in uses.items():
        if name not in same:
            users.setdefault(user, []).append(name)
    return users


def _only_imported(content: Content, number: int) -> set[str]:
    """Return the names to which a cell does nothing but import them: again, it is the same."""
    imported: set[str] = set()
    others: set[str] = set()
    pieces = content.analysis.facts(number).statements
    for node, facts in zip(content.source(number).tree.body, pieces, strict=True):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imported |= facts.binds
        else:
            others |= facts.binds | facts.deletes | facts.changes
            if any(effect.kind in ("random", "unknown") for effect in facts.effects):
                others |= facts.reads
    return imported - others
