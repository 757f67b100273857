"""A notebook's step: where it stands, which notebook one was made from, and its text."""

from __future__ import annotations

import ast
import gc
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlv_hooks.config import Settings

if TYPE_CHECKING:
    from mlv_hooks.content import Content
    from mlv_hooks.step.step import StepResult

MADE_FROM = "Generated from {}: to change it, edit the notebook."
"""What the documentation string of each step says; lines may be broken at any blank."""

_MADE_FROM = re.compile(re.escape(MADE_FROM).replace(r"\{\}", "(.+?)"))


def step_name(path: str) -> str:
    """Return the identifier made of a notebook's file name."""
    stem = posixpath.basename(path).rsplit(".", 1)[0]
    name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
    return f"_{name}" if name[:1].isdigit() or not name else name


def step_path(path: str, settings: Settings) -> str:
    """Return where the step of the notebook at ``path`` stands, both from git's top."""
    return settings.at(settings.steps.replace("{name}", step_name(path)))


def made_from(step: bytes, notebook: str, settings: Settings) -> bool:
    """Say whether ``step`` was made from the notebook at that path."""
    maker = maker_of(step, settings)
    return maker is not None and maker == _blanks_joined(notebook)


def maker_of(step: bytes, settings: Settings) -> str | None:
    """Return the path of the notebook that ``step`` was made from, None for no step of ours.

    ``settings`` are of the project that the step is in, the path is from git's top. Each run of
    blanks in it counts as one, since the text around it is wrapped.
    """
    head = MADE_FROM.partition(" ")[0].encode()
    if head not in step:
        return None
    try:
        documentation = ast.get_docstring(ast.parse(step))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = _MADE_FROM.search(_blanks_joined(documentation or ""))
    return settings.at(found[1]) if found else None


def _blanks_joined(text: str) -> str:
    return " ".join(text.split())


def translate(
    content: Content, path: str, settings: Settings, put_back: frozenset[int] = frozenset()
) -> StepResult:
    """Return the step of the notebook at ``path``, not laid out, or why there is none.

    ``put_back`` are cells without effect that stay in all the same.
    """
    from mlv_hooks.analysis.dataflow import analyse
    from mlv_hooks.step.step import StepInput, StepResult, generate

    with _without_collecting():
        if not content.is_python:
            message = (
                "its kernel is not Python: a step can't run it, so declare no step or stage here"
            )
            return StepResult(None, (("MLV010", message, 0, 0),), ())
        cells = content.sources
        wanted = StepInput(
            notebook=settings.inside(path),
            name=step_name(path),
            cells=cells,
            dropped=dropped_cells(content, settings) - put_back,
            parameters=content.parameters(settings),
            path=settings.inside(step_path(path, settings)),
        )
        return generate(wanted, analyse(cells))


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


def dropped_cells(content: Content, settings: Settings) -> frozenset[int]:
    """Return the numbers of the code cells that are tagged as without effect."""
    return frozenset(content.tagged(settings.no_effect_tag))
