"""What `mlv verify` needs to know of a notebook: its step, and the outputs that it declares."""

from __future__ import annotations

import gc
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mlv_hooks.config import Settings
from mlv_hooks.notebook import Notebook, parse_notebook
from mlv_hooks.parameters import Parameters, read_parameters
from mlv_hooks.source import CellSource, parse_cell
from mlv_hooks.verify import Request, StepRefused

_OUTPUTS = ("dvc-out", "dvc-metric", "dvc-plot")
_OUTPUT_KEYS = ("outs", "metrics", "plots")


@dataclass(frozen=True, slots=True)
class StepMaker:
    """Makes the step of the notebook ``data`` at ``path``, as sync writes it."""

    path: str
    data: bytes
    settings: Settings

    def __call__(self, put_back: frozenset[int]) -> str:
        """Return the step's text with the dropped cells ``put_back`` in; raise StepRefused."""
        notebook = parse_notebook(self.data)
        return step_text(notebook, self.path, self.settings, put_back)


def step_text(notebook: Notebook, path: str, settings: Settings, put_back: frozenset[int]) -> str:
    """Return the text of the notebook's step; raise StepRefused."""
    from mlv_hooks.step import format_modules

    return format_modules([plain_step_text(notebook, path, settings, put_back)])[0]


def plain_step_text(
    notebook: Notebook, path: str, settings: Settings, put_back: frozenset[int]
) -> str:
    """Return the text of the notebook's step before it is laid out; raise StepRefused."""
    from mlv_hooks.dataflow import analyse
    from mlv_hooks.step import StepInput, generate, step_name

    with _without_collecting():
        cells = _code(notebook)
        wanted = StepInput(
            notebook=path,
            name=step_name(path),
            cells=cells,
            dropped=dropped_cells(notebook, settings) - put_back,
            parameters=_parameters(notebook, settings),
            path=step_path(path),
        )
        result = generate(wanted, analyse(cells))
    if result.text is None:
        raise StepRefused(result.problems)
    return result.text


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Let no search for garbage go through the trees: there are many nodes, and none is any yet."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def step_path(path: str) -> str:
    """Return where the step of the notebook at ``path`` stands."""
    from mlv_hooks.step import step_name

    return f"steps/{step_name(path)}.py"


def request(
    top: str, path: str, data: bytes, settings: Settings, timeout: float | None, keep: bool
) -> Request:
    """Return what to verify for the notebook ``data`` at ``path``; raise NotebookError."""
    notebook = parse_notebook(data)
    return Request(
        top=top,
        path=path,
        text=notebook.text,
        dropped=dropped_cells(notebook, settings),
        step_path=step_path(path),
        make=StepMaker(path, data, settings),
        outputs=declared_outputs(notebook, path, settings),
        timeout=timeout,
        keep=keep,
    )


def dropped_cells(notebook: Notebook, settings: Settings) -> frozenset[int]:
    """Return the numbers of the code cells that are tagged as without effect."""
    return frozenset(
        number
        for number, cell in enumerate(notebook.cells, 1)
        if cell.kind == "code" and settings.no_effect_tag in cell.metadata.get("tags", ())
    )


def declared_outputs(notebook: Notebook, path: str, settings: Settings) -> tuple[str, ...] | None:
    """Return the outputs that the notebook declares, from the project's folder, or None."""
    found = [*_of_docstring(_parameters(notebook, settings), path), *_of_metadata(notebook)]
    return tuple(dict.fromkeys(posixpath.normpath(one) for one in found)) or None


def _of_docstring(parameters: Parameters | None, path: str) -> Iterator[str]:
    if parameters is None:
        return
    values = {one.name: one.default for one in parameters.parameters}
    for field in parameters.fields:
        if not field.name.startswith(_OUTPUTS):
            continue
        if field.value:
            yield field.value.strip()
        elif field.argument in values:
            # The notebook says it from its own folder.
            yield posixpath.join(posixpath.dirname(path), str(values[field.argument]))


def _of_metadata(notebook: Notebook) -> Iterator[str]:
    """Yield the outputs of ``mlv.stages``; what DVC fills in (``${item}``) names no file."""
    settings = notebook.metadata.get("mlv", {})
    stages = settings.get("stages", {}) if isinstance(settings, dict) else {}
    for stage in stages.values() if isinstance(stages, dict) else ():
        for key in _OUTPUT_KEYS if isinstance(stage, dict) else ():
            for out in stage.get(key) or ():
                for name in out if isinstance(out, dict) else (out,):
                    if isinstance(name, str) and "${" not in name:
                        yield name


def _parameters(notebook: Notebook, settings: Settings) -> Parameters | None:
    for number, cell in enumerate(notebook.cells, 1):
        if cell.kind == "code" and settings.parameters_tag in cell.metadata.get("tags", ()):
            return read_parameters(parse_cell(cell.source, number))
    return None


def _code(notebook: Notebook) -> tuple[CellSource, ...]:
    return tuple(
        parse_cell(cell.source, number)
        for number, cell in enumerate(notebook.cells, 1)
        if cell.kind == "code"
    )
