"""What `mlv verify` needs to know of a notebook: its step, and the outputs that it declares."""

from __future__ import annotations

from dataclasses import dataclass

from mlv_hooks.config import Settings
from mlv_hooks.content import Content
from mlv_hooks.declared.metadata import stages_of
from mlv_hooks.declared.project_paths import templates
from mlv_hooks.notebook import parse_notebook
from mlv_hooks.step.step import format_modules
from mlv_hooks.step.step_of import dropped_cells, step_path, translate
from mlv_hooks.verify.verify import Request, StepRefused


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
        root=settings.root,
        step_path=settings.inside(step_path(path, settings)),
        make=StepMaker(path, data, settings),
        outputs=declared_outputs(content, path, settings),
        timeout=timeout,
        keep=keep,
    )


def declared_outputs(content: Content, path: str, settings: Settings) -> tuple[str, ...] | None:
    """Return the outputs that the notebook at ``path`` declares, from git's top, or None.

    What DVC fills in (``${item}``) names no file.
    """
    specs, _ = stages_of(content, path, settings)
    found = (out.path for spec in specs for out in spec.outs if not templates(out.path))
    return tuple(dict.fromkeys(map(settings.at, found))) or None
