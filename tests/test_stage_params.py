"""What a step can take of params.yaml: held against its real command line, with DVC's own words."""

from __future__ import annotations

import shlex
from datetime import date

import pytest
from command_line_support import reader
from dvc.parsing.interpolate import to_str
from hypothesis import given, settings
from hypothesis import strategies as st
from parameter_support import read

from mlv_hooks.declared.parameters import Parameter
from mlv_hooks.declared.stage_spec import StageSpec
from mlv_hooks.stage.same_data import same
from mlv_hooks.stage.stage import Written, write_stage
from mlv_hooks.stage.stage_params import problems, reads

CELLS = (
    "x = 1",
    "x = 0.5",
    "x = 'a'",
    "x = True",
    "x: bool | None = None",
    "x: int | None = None",
    "x: str | None = None",
    "from pathlib import Path\nx = Path('a')",
    "from datetime import date\nx = date(2024, 5, 1)",
    "from typing import Literal\nx: Literal['tree', 'net'] = 'tree'",
    "from typing import Literal\nx: Literal[1, 2] = 1",
    "x = [1, 2]",
    "x = ['a']",
    "x: list[float] | None = None",
    "x: tuple[int, int] = (1, 2)",
    "x = {'a': 1}",
    "x = [[1], [2]]",
)
WORDS = st.sampled_from(["", "a b", "1", "2.5", "1e3", "true", "tree", "{}", "[1]", "día"])
SCALARS = st.one_of(
    st.booleans(), st.integers(0, 9), st.floats(0, 9), WORDS, st.just(date(2024, 5, 1))
)
VALUES = st.one_of(
    st.none(), SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(WORDS, SCALARS)
)


def before(parameter: Parameter) -> list[str]:
    """Return what the stage's command has before `${section}`."""
    command = write_stage(StageSpec("train"), "a.ipynb", "", "steps/a.py", [parameter], ()).data
    return str(command["cmd"]).split()[3:-1]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CELLS), VALUES)
def test_a_value_is_fine_just_when_the_step_reads_what_dvc_makes_of_it(
    cell: str, value: object
) -> None:
    (parameter,) = read(cell).parameters
    try:
        arrives = reader(cell)([*before(parameter), *shlex.split(to_str({"x": value}))])
    except SystemExit:
        fine = False
    else:
        # DVC writes null as None, false, [] and {} as nothing, true as an option without value.
        inner = value if isinstance(value, list) else [value]
        special = not inner or any(one is None or isinstance(one, (bool, dict)) for one in inner)
        fine = same(arrives, value) or same([arrives], value) or not special
    assert reads(parameter.type, value) is fine


@pytest.mark.parametrize(
    "cell",
    [*CELLS, "x = [1, 'a']", "x = [{'a': [1]}]", "x = ((1, 2), [3])", "x = []", "x = {1: 2}"],
)
def test_what_sync_writes_for_a_parameter_comes_back_to_the_step(cell: str) -> None:
    (parameter,) = read(cell).parameters
    stage = write_stage(StageSpec("train"), "a.ipynb", "", "steps/a.py", [parameter], ())
    arrives = reader(cell)([*before(parameter), *shlex.split(to_str(stage.params))])
    assert arrives == parameter.default


def written(command: str) -> Written:
    parameters = read("rate = 0.5\nmodel = 'a.bin'").parameters
    types = {one.name: one.type for one in parameters}
    return Written({"cmd": command}, {"rate": 0.5}, types)


@pytest.mark.parametrize("command", ["python -m steps.fit ${fit}", "run ${ fit } --last"])
def test_a_section_taken_in_whole_holds_parameters_only(command: str) -> None:
    held = {"rate": 0.1, "model": "b.bin", "rat": 1}
    found = list(problems("fit", held, written(command), "fit.ipynb"))
    assert [(one.code, one.key) for one in found] == [("MLV420", "model"), ("MLV420", "rat")]
    assert "the stage gives model by itself" in found[0].message


@pytest.mark.parametrize("command", ["run ${fit.rate}", "run ${other}", "run fit"])
def test_other_sections_hold_anything(command: str) -> None:
    assert not list(problems("fit", {"rate": "fast", "x": 1}, written(command), "fit.ipynb"))


def test_a_left_over_key_is_told_the_new_name_that_lacks_a_value() -> None:
    (found,) = problems("fit", {"rat": 1}, written("run ${fit}"), "fit.ipynb")
    assert found.message.endswith("delete the line, or call it rate")
