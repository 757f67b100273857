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


class TextEdit(NamedTuple):
    """Other text for a part of a cell's source, from one place up to another.

    ``cell``, lines and columns count from 1; the end is the first place that stays.
    """

    cell: int
    line: int
    column: int
    end_line: int
    end_column: int
    text: str = ""


class ListEdit(NamedTuple):
    """Words to add to a list in metadata, and to take from it; a list that gets empty goes.

    ``cell`` is None for the notebook's own metadata. ``keys`` lead to the list.
    """

    cell: int | None
    keys: tuple[str, ...]
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


Edit = TextEdit | ListEdit


class Fix(NamedTuple):
    """What would mend a finding. ``message`` is one line that says what it does.

    It is safe when it surely means what the notebook meant; else somebody has to look at it.
    """

    message: str
    edits: tuple[Edit, ...]
    safe: bool = True


class Diagnostic(NamedTuple):
    """One finding of one rule. ``message`` is a single line and ends with what to do."""

    code: str
    message: str
    location: Location
    fix: Fix | None = None

    def sort_key(self) -> tuple[object, ...]:
        """Order by file, cell, line and column, then by rule."""
        return (self.location.sort_key(), self.code, self.message)
