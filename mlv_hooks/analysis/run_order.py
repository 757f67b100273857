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

    A cell that was run again without effect on those below tells nothing: people look twice, and
    run their imports again to add one.
    """
    counts = {
        number: cell.run_as
        for number, cell in content.code_cells.items()
        if cell.run_as is not None
    }
    if [*counts.values()] == sorted(counts.values()):
        return
    for number, count in counts.items():
        users: dict[int, list[str]] = {}
        for name, user in content.analysis.uses(number).items():
            if counts.get(user, count) < count:
                users.setdefault(user, []).append(name)
        same = _only_imported(content, number) if users else set()
        for user, names in users.items():
            others = tuple(name for name in names if name not in same)
            if others:
                yield Overtaken(user, counts[user], others, number, count)


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
