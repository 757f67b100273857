"""What a notebook's cells say, read and parsed when somebody asks, and once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlv_hooks.analysis.source import CellSource, parse_cell, parse_cells
from mlv_hooks.config import Settings
from mlv_hooks.declared.docstring import Docstring
from mlv_hooks.declared.parameters import Parameters, cell_docstring, read_parameters
from mlv_hooks.language import is_python
from mlv_hooks.notebook import Cell, Notebook, NotebookError, parse_notebook

if TYPE_CHECKING:
    from mlv_hooks.analysis.dataflow import Analysis
    from mlv_hooks.checks.suppressions import Suppression


class Content:
    """The cells of one notebook; all numbers count from 1 over all of its cells."""

    def __init__(self, read: Callable[[], bytes | None]) -> None:
        self._read = read
        self._parsed: dict[int, CellSource] = {}
        self._parameters: dict[int, Parameters] = {}

    @cached_property
    def notebook(self) -> Notebook | None:
        """The notebook, None when there is none that can be read."""
        data = self._read()
        try:
            return None if data is None else parse_notebook(data)
        except NotebookError:
            return None

    @cached_property
    def is_python(self) -> bool:
        """Whether its code is Python; a notebook that does not say is."""
        return self.notebook is None or is_python(self.notebook.metadata)

    @cached_property
    def suppressions(self) -> tuple[Suppression, ...]:
        """What the notebook says not to report."""
        from mlv_hooks.checks.suppressions import read_suppressions

        return read_suppressions(self.notebook) if self.notebook else ()

    @cached_property
    def is_sound(self) -> bool:
        """Whether each code cell of a Python notebook is Python."""
        cells = self.code_cells if self.is_python else ()
        return all(self.source(number).error is None for number in cells)

    @cached_property
    def code_cells(self) -> dict[int, Cell]:
        """The code cells by number."""
        cells = self.notebook.cells if self.notebook else ()
        return {number: one for number, one in enumerate(cells, 1) if one.kind == "code"}

    def source(self, number: int) -> CellSource:
        """Return a code cell, parsed; all are parsed with the second that is asked for."""
        if number not in self._parsed:
            if self._parsed:
                _ = self.sources
            else:
                self._parsed[number] = parse_cell(self.code_cells[number].source, number)
        return self._parsed[number]

    @property
    def sources(self) -> tuple[CellSource, ...]:
        """All code cells, parsed."""
        cells = self.code_cells
        missing = [(cells[one].source, one) for one in cells if one not in self._parsed]
        self._parsed.update((one.number, one) for one in parse_cells(missing))
        return tuple(map(self._parsed.__getitem__, cells))

    @cached_property
    def analysis(self) -> Analysis:
        """What the code cells do with names and with the outside."""
        from mlv_hooks.analysis.dataflow import analyse

        return analyse(self.sources)

    def tagged(self, tag: str) -> list[int]:
        """Return the numbers of the code cells with this tag."""
        cells = self.code_cells.items()
        return [number for number, cell in cells if tag in cell.metadata.get("tags", ())]

    def parameters(self, settings: Settings) -> Parameters | None:
        """Return what the first cell tagged as the parameters says, None without one."""
        found = self.tagged(settings.parameters_tag)
        if not found:
            return None
        number = found[0]
        if number not in self._parameters:
            before = [self.source(one) for one in self.code_cells if one < number]
            self._parameters[number] = read_parameters(self.source(number), before)
        return self._parameters[number]

    @cached_property
    def untagged_docstring(self) -> tuple[int, Docstring] | None:
        """The first code cell and its docstring, when that declares parameters or a stage."""
        first = next(iter(self.code_cells), None)
        if first is None or ":" not in self.code_cells[first].source:
            return None
        docstring = cell_docstring(self.source(first))
        declares = docstring.declared or any(
            one.name.startswith("dvc-") for one in docstring.fields
        )
        return (first, docstring) if declares else None

    def must(self, asked: str, settings: Settings) -> bool:
        """Say whether a setting of the ``require-…`` kind asks something of this notebook."""
        return asked == "all" or (asked == "stages" and self.declares_step(settings))

    def declares_step(self, settings: Settings) -> bool:
        """Say whether the notebook asks for a step: by its metadata, or by ``:dvc-...:``."""
        own = _table(self.notebook.metadata, "mlv") if self.notebook else {}
        if own.get("step") is True or _table(own, "stages"):
            return True
        parameters = self.parameters(settings)
        fields = parameters.fields if parameters else ()
        return any(one.name.startswith("dvc-") for one in fields)


def _table(table: Any, key: str) -> dict[str, Any]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}
