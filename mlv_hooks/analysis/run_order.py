"""In which order the cells of a notebook were last run, as far as its execution counts tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mlv_hooks.content import Content


class Overtaken(NamedTuple):
    """A cell that was last run before the cell above it on which it depends."""

    cell: int
    run_as: int
    name: str
    above: int
    above_run_as: int


def overtaken(content: Content) -> Iterator[Overtaken]:
    """Give the cells whose shown outputs were made by other values than those above them.

    A cell that was run again without effect on those below tells nothing: people look twice.
    """
    counts = {
        number: cell.run_as
        for number, cell in content.code_cells.items()
        if cell.run_as is not None
    }
    if [*counts.values()] == sorted(counts.values()):
        return
    for number, count in counts.items():
        for name, user in content.analysis.uses(number).items():
            if counts.get(user, count) < count:
                yield Overtaken(user, counts[user], name, number, count)
