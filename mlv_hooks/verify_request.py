"""What `mlv verify` needs to know of a notebook: its step, and the outputs that it declares."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from mlv_hooks.config import Settings
from mlv_hooks.content import Content
from mlv_hooks.notebook import Notebook, parse_notebook
from mlv_hooks.parameters import Parameters
from mlv_hooks.step import format_modules
from mlv_hooks.step_of import dropped_cells, step_path, translate
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
        content = Content(lambda: self.data)
        result = translate(content, self.path, self.settings, put_back)
        if result.text is None:
            raise StepRefused(result.problems)
        return format_modules([result.text])[0]


def request(
    top: str, path: str, data: bytes, settings: Settings, timeout: float | None, keep: bool
) -> Request:
    """Return what to verify for the notebook ``data`` at ``path``; raise NotebookError."""
    notebook, content = parse_notebook(data), Content(lambda: data)
    return Request(
        top=top,
        path=path,
        text=notebook.text,
        dropped=dropped_cells(content, settings),
        step_path=step_path(path, settings),
        make=StepMaker(path, data, settings),
        outputs=declared_outputs(notebook, content.parameters(settings), path),
        timeout=timeout,
        keep=keep,
    )


def declared_outputs(
    notebook: Notebook, parameters: Parameters | None, path: str
) -> tuple[str, ...] | None:
    """Return the outputs that the notebook declares, from the project's folder, or None."""
    found = [*_of_docstring(parameters, path), *_of_metadata(notebook)]
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
