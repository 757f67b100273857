"""Read what a notebook declares of its stages from a cell's text and metadata, for tests."""

from __future__ import annotations

from parameter_support import read

from mlv_hooks.declared.metadata import Mistake, StageSpec, read_stages

NOTEBOOK = "notebooks/train.ipynb"


def declared(
    cell: str | None, stages: object = None, notebook: str = NOTEBOOK
) -> tuple[tuple[StageSpec, ...], tuple[Mistake, ...]]:
    metadata = {} if stages is None else {"mlv": {"stages": stages}}
    return read_stages(notebook, metadata, None if cell is None else read(cell))


def stage(cell: str | None, stages: object = None, notebook: str = NOTEBOOK) -> StageSpec:
    """Return the one stage, where nothing is wrong."""
    specs, mistakes = declared(cell, stages, notebook)
    assert mistakes == ()
    (only,) = specs
    return only


def fields(*lines: str, values: str = "") -> str:
    """Return a parameters cell whose docstring has the lines, the first of them on line 2."""
    return "\n".join(['"""', *lines, '"""', values])


def mistakes(cell: str | None, stages: object = None, notebook: str = NOTEBOOK) -> list[str]:
    """Return each mistake as ``code line: message``."""
    found = declared(cell, stages, notebook)[1]
    assert all("\n" not in one.message for one in found)
    return [f"{one.code} {one.line}: {one.message}" for one in found]
