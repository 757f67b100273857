"""Steps of small notebooks, given as the sources of their cells."""

from __future__ import annotations

from mlv_hooks.analysis.dataflow import analyse
from mlv_hooks.analysis.source import parse_cell
from mlv_hooks.declared.parameters import read_parameters
from mlv_hooks.step.step import StepInput, StepResult, format_modules, generate

WORK = "notebooks/work.ipynb"


def result_of(
    *sources: str,
    parameters: int | None = None,
    dropped: tuple[int, ...] = (),
    notebook: str = "work.ipynb",
) -> StepResult:
    """Return what becomes of a notebook; cells count from 1."""
    cells = tuple(parse_cell(source, number) for number, source in enumerate(sources, 1))
    read = read_parameters(cells[parameters - 1], cells) if parameters else None
    wanted = StepInput(notebook, "work", cells, frozenset(dropped), read, "steps/work.py")
    return generate(wanted, analyse(cells))


def step_of(*sources: str, **how: object) -> str:
    """Return the laid out step of a notebook that has one."""
    result = result_of(*sources, **how)  # type: ignore[arg-type]
    assert result.problems == ()
    assert result.text is not None
    return format_modules([result.text])[0]


def body_of(*sources: str, **how: object) -> str:
    """Return the lines of the step's function, not indented, without its documentation."""
    text = step_of(*sources, **how)
    start = text.index('"""Run the cells')
    lines = text[start : text.index("\n\n\ndef main(")].split("\n")[1:]
    return "\n".join(line.removeprefix("    ") for line in lines)


def above(*sources: str, **how: object) -> str:
    """Return what stands above the step's function."""
    text = step_of(*sources, **how)
    return text[: text.index("def work(")]


def problems_of(*sources: str, **how: object) -> list[tuple[str, int, int]]:
    """Return code, cell and line of each problem."""
    result = result_of(*sources, **how)  # type: ignore[arg-type]
    assert result.text is None
    return [(code, cell, line) for code, _, cell, line in result.problems]
