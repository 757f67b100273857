"""Where people look at what was found: a line of the script they review, a cell in Jupyter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mlv_hooks.diagnostics import Location

if TYPE_CHECKING:
    from mlv_hooks.checks.script_lines import CellLines
    from mlv_hooks.notebook import Notebook
    from mlv_hooks.pair.pairing import Outcome


class Place(NamedTuple):
    """A place in a file as people review it; ``None`` means that no line of it can be told."""

    path: str
    line: int | None = None
    column: int | None = None


class Line(NamedTuple):
    """A line of a cell. ``run`` is the number that Jupyter shows beside it, ``None`` if none."""

    text: str
    run: int | None


class Places:
    """Tells where locations are; reads a file when one of its places is asked for, and once.

    ``read`` gives the content of a path of the repository and may raise OSError. Of the pairs in
    ``outcomes`` those that are in line have a script to point at.
    """

    def __init__(self, read: Callable[[str], bytes | None], outcomes: Iterable[Outcome]) -> None:
        self._read = read
        self._outcomes = outcomes
        self._notebooks: dict[str, Notebook | None] = {}
        self._scripts: dict[str, _Script | None] = {}

    def review(self, location: Location) -> Place:
        """Return where reviewers see it: in the script of a notebook that has one in line."""
        path, cell, line, column = location
        if cell is None and line is not None:
            return Place(path, line, column)
        script = self._script(path)
        if script is None:
            return Place(path)
        return Place(script.path, *script.line(cell, line, column)) if cell else Place(script.path)

    def line(self, location: Location) -> Line | None:
        """Return the line of a cell that a location names, or else the cell's first with text."""
        notebook = self._notebook(location.path) if location.cell else None
        if notebook is None or location.cell is None or location.cell > len(notebook.cells):
            return None
        cell = notebook.cells[location.cell - 1]
        lines = cell.source.split("\n")
        number = location.line or next((n for n, one in enumerate(lines, 1) if one.strip()), 1)
        if number > len(lines):
            return None
        return Line(lines[number - 1].rstrip("\r"), cell.run_as)

    @cached_property
    def _in_line(self) -> dict[str, str]:
        from mlv_hooks.pair.pairing import Status

        outcomes = (one for one in self._outcomes if one.status is Status.IN_SYNC)
        return {one.notebook: one.script for one in outcomes if one.script}

    def _script(self, notebook: str) -> _Script | None:
        if notebook not in self._scripts:
            path = self._in_line.get(notebook)
            self._scripts[notebook] = self._read_script(path, notebook) if path else None
        return self._scripts[notebook]

    def _read_script(self, path: str, notebook: str) -> _Script | None:
        from mlv_hooks.pair.script_file import ScriptError, decode_script

        parsed = self._notebook(notebook)
        try:
            data = self._read(path)
            text = None if data is None else decode_script(data)
        except (OSError, ScriptError):
            return None
        if parsed is None or text is None:
            return None
        from mlv_hooks.checks.script_lines import cell_lines

        sources = [one.source for one in parsed.cells]
        return _Script(path, text.split("\n"), sources, cell_lines(text, sources))

    def _notebook(self, path: str) -> Notebook | None:
        if path not in self._notebooks:
            from mlv_hooks.notebook import NotebookError, parse_notebook

            try:
                data = self._read(path) if path.endswith(".ipynb") else None
                self._notebooks[path] = None if data is None else parse_notebook(data)
            except (OSError, NotebookError):
                self._notebooks[path] = None
        return self._notebooks[path]


class _Script(NamedTuple):
    """A script, and where in it the cells of its notebook stand."""

    path: str
    text: list[str]
    sources: list[str]
    cells: Sequence[CellLines | None]

    def line(
        self, cell: int, line: int | None, column: int | None
    ) -> tuple[int | None, int | None]:
        """Return the line and column of the script that show those of a cell."""
        found = self.cells[cell - 1] if cell <= len(self.cells) else None
        if found is None:
            return None, None
        if line is None:
            return found.start, None
        number = found.lines[line - 1] if line <= len(found.lines) else None
        if number is None:
            # A line that a formatter wrote anew is not pointed at, its cell is.
            return found.start, None
        if column is None:
            return number, None
        source = self.sources[cell - 1].split("\n")[line - 1]
        text = source.strip()
        moved = self.text[number - 1].find(text) - source.find(text)
        return number, column + max(moved, 0)
