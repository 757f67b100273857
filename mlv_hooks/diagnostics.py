"""What a check found, as plain values: where, which rule, and one line that says what to do."""

from __future__ import annotations

from typing import NamedTuple


class Location(NamedTuple):
    """A place in a file of the repository.

    ``path`` is relative to the repository's top, with ``/``. ``cell`` counts from 1 over all
    cells of a notebook, as ruff counts; ``line`` and ``column`` count from 1, within the cell
    when there is one, else within the file. ``None`` means "the whole of it".
    """

    path: str
    cell: int | None = None
    line: int | None = None
    column: int | None = None

    def sort_key(self) -> tuple[str, int, int, int]:
        """Order by file, then cell, line and column; what has no number comes first."""
        return (self.path, self.cell or 0, self.line or 0, self.column or 0)


class Diagnostic(NamedTuple):
    """One finding of one rule. ``message`` is a single line and ends with what to do."""

    code: str
    message: str
    location: Location
