"""The step's command line: what people and DVC type, and what arrives."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from command_line_support import module_text, parameters, reader, refusal, run
from hypothesis import given
from hypothesis import strategies as st

from mlv_hooks.step.command_line import main_function

# --- round trips

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@given(st.integers())
def test_whole_numbers_arrive(value: int) -> None:
    assert reader("x = 1")(["--x", str(value)]) == value


@given(st.floats(allow_nan=False))
def test_numbers_arrive_also_negative_and_with_exponents(value: float) -> None:
    assert reader("x = 0.5")(["--x", repr(value)]) == value
    assert reader("x: float | None = None")(["--x", repr(value)]) == value


@given(WORDS)
def test_text_arrives_whatever_it_holds(value: str) -> None:
    assert reader("x = 'a'")([f"--x={value}"]) == value
    if not value.startswith(("--", "-h")):
        assert reader("x = 'a'")(["--x", value]) == value


@given(st.lists(st.integers()))
def test_lists_of_whole_numbers_arrive(value: list[int]) -> None:
    assert reader("x = [1]")(["--x", *map(str, value)]) == value


@given(st.lists(st.floats(allow_nan=False)))
def test_lists_and_tuples_of_numbers_arrive(value: list[float]) -> None:
    assert reader("x = [0.5]")(["--x", *map(repr, value)]) == value
    assert reader("x = (0.5,)")(["--x", *map(repr, value)]) == tuple(value)


@given(st.lists(WORDS.filter(lambda word: not word.startswith(("--", "-h")))))
def test_lists_of_text_arrive(value: list[str]) -> None:
    assert reader("x = ['a']")(["--x", *value]) == value


@pytest.mark.parametrize("value", ["-a", "-", "-1e-3", "-a b", "-x=1", "-_", "-é"])
def test_text_that_starts_with_a_dash_arrives_also_unquoted_and_in_lists(value: str) -> None:
    assert run("x = 'a'\ny = 1", ["--x", value, "--y", "2"]) == {"x": value, "y": 2}
    assert run("x = ['a']\ny = 1", ["--x", "b", value, "--y", "2"]) == {"x": ["b", value], "y": 2}
    assert run(f"x: Literal['a', {value!r}] = 'a'", ["--x", value])["x"] == value


def test_the_last_of_several_wins_so_that_a_default_can_be_made_empty() -> None:
    text = "xs = [1, 2]\nuse = True\nn = 3"
    assert run(text, ["--xs", "--no-use", "--n", "4"]) == {"xs": [], "use": False, "n": 4}
    assert run(text, ["--xs", "--no-use", "--xs", "5", "--use"])["xs"] == [5]


@given(st.lists(st.booleans()))
def test_lists_of_booleans_arrive(value: list[bool]) -> None:
    assert reader("x = [True]")(["--x", *map(str, value)]) == value


@given(st.dates())
def test_dates_arrive(value: date) -> None:
    assert reader("x = date(2024, 5, 1)")(["--x", value.isoformat()]) == value


@given(st.datetimes())
def test_times_arrive_as_yaml_and_iso_write_them(value: datetime) -> None:
    for text in (value.isoformat(), str(value)):
        assert reader("x = datetime(2024, 5, 1)")(["--x", text]) == value


@given(st.dictionaries(WORDS, JSON))
def test_dicts_arrive_as_json(value: dict[str, Any]) -> None:
    assert reader("x = {'a': 1}")(["--x", json.dumps(value)]) == value


@given(st.lists(JSON))
def test_nested_lists_arrive_as_json(value: list[Any]) -> None:
    assert reader("x = [[1], [2]]")(["--x", json.dumps(value)]) == value


@given(st.sampled_from(["a", "b c", "-d", "", "é"]))
def test_choices_arrive(value: str) -> None:
    assert reader("x: Literal['a', 'b c', '-d', '', 'é'] = 'a'")([f"--x={value}"]) == value


@given(st.none() | st.booleans() | st.integers() | st.lists(st.integers()) | st.binary())
def test_a_parameter_without_a_type_reads_python_literals(value: object) -> None:
    assert reader("x = None")([f"--x={value!r}"]) == value


@pytest.mark.parametrize("text", ["abc", "a b", "1is", "[1", "\0", "(" * 500, "x" * 5000])
def test_a_parameter_without_a_type_takes_all_else_as_text(text: str) -> None:
    assert run("x = None", ["--x", text])["x"] == text


@pytest.mark.parametrize("value", ["a.csv", "../data/ä b.csv", "/tmp/x", "s3://bucket/key", ""])
def test_paths_arrive_as_the_notebook_has_them(value: str) -> None:
    assert run("x = Path('data')", ["--x", value])["x"] == Path(value)
    assert run("x: Path = 'data'", ["--x", value])["x"] == value
    assert run("x = [Path('a')]", ["--x", value, "b"])["x"] == [Path(value), Path("b")]


NUMBERS = ["1", "-1", "0.5", "1e999", "2j", "True"]
TEXTS = ["'a'", "''", "'5'", "'None'", "'a\\n\\t\"\\\\'", "'\\u202e'", "b'x'"]
MANY = ["{1, 2}", "[1, 2]", "[]", "[[1], []]", "(1, 2)", "{'a': [1, None]}", "{1: 2}", "((1, 2),)"]
DATES = ["date(2024, 5, 1)", "datetime(2024, 5, 1, 12, 30)"]


@pytest.mark.parametrize("written", ["None", *NUMBERS, *TEXTS, *MANY, *DATES])
@pytest.mark.parametrize("annotation", ["", ": Any", ": Optional[Any]"])
def test_without_arguments_the_notebook_s_own_values_arrive(written: str, annotation: str) -> None:
    seen = run(f"x{annotation} = {written}", [])["x"]
    expected = eval(written, {"date": date, "datetime": datetime})
    assert seen == expected and type(seen) is type(expected)


@pytest.mark.parametrize("annotation", ["str | None", "int | str", "Literal[1, '1']"])
@pytest.mark.parametrize("value", ["1", "None", "[1]"])
def test_a_default_that_looks_like_something_else_stays_text(annotation: str, value: str) -> None:
    text = f"from typing import Literal\nx: {annotation} = {value!r}"
    if value == "1" or not annotation.startswith("Literal"):
        assert run(text, [])["x"] == value


# --- None


@pytest.mark.parametrize(
    ("annotation", "word", "value"),
    [
        ("int", "3", 3),
        ("float", "-1e-3", -1e-3),
        ("str", "a", "a"),
        ("bool", "true", True),
        ("bool", "False", False),
        ("Path", "a", Path("a")),
        ("date", "2024-05-01", date(2024, 5, 1)),
        ("datetime", "2024-05-01 12:00:00", datetime(2024, 5, 1, 12)),
        ("dict", '{"a": 1}', {"a": 1}),
        ("list[int]", "3", [3]),
        ("list[list[int]]", "[[3]]", [[3]]),
        ("tuple[int, ...]", "3", (3,)),
        ("Literal['a', 'b']", "b", "b"),
        ("Literal[1, 2]", "2", 2),
        ("Literal[1, 'a']", "a", "a"),
    ],
)
def test_what_is_optional_takes_none_as_dvc_writes_null(
    annotation: str, word: str, value: object
) -> None:
    text = f"x: Optional[{annotation}] = None"
    assert run(text, [])["x"] is None
    assert run(text, ["--x", "None"])["x"] is None
    assert run(text, ["--x", word])["x"] == value


def test_what_is_not_optional_takes_none_as_text_or_refuses_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("x = 'a'", ["--x", "None"])["x"] == "None"
    assert "invalid int value: 'None'" in refusal("x = 1", ["--x", "None"], capsys)


# --- booleans


@pytest.mark.parametrize("default", [True, False])
def test_booleans_go_both_ways_in_both_spellings(default: bool) -> None:
    text = f"use_gpu = {default}"
    assert run(text, [])["use_gpu"] is default
    for on in ("--use-gpu", "--use_gpu"):
        assert run(text, [on])["use_gpu"] is True
    for off in ("--no-use-gpu", "--no-use_gpu"):
        assert run(text, [off])["use_gpu"] is False
    assert run(text, ["--no-use-gpu", "--use_gpu"])["use_gpu"] is True


def test_an_optional_boolean_is_a_flag_and_takes_a_word() -> None:
    text = "x: bool | None = None"
    for argv, value in [([], None), (["--x"], True), (["--no-x"], False)]:
        assert run(text, argv)["x"] is value


# --- refusals and help


@pytest.mark.parametrize(
    ("text", "argv", "message"),
    [
        ("x = 1", ["--x", "a"], "argument --x: invalid int value: 'a'"),
        ("x = 1", ["--x"], "argument --x: expected one argument"),
        ("x = 1", ["--y", "2"], "unrecognized arguments: --y 2"),
        ("x = 1", ["2"], "unrecognized arguments: 2"),
        ("long_name = 1", ["--long", "2"], "unrecognized arguments: --long 2"),
        ("x: int | None = 1", ["--x", "a"], "argument --x: invalid optional_int value: 'a'"),
        ("x = date(2024, 5, 1)", ["--x", "May"], "argument --x: invalid iso_date value: 'May'"),
        ("x = {'a': 1}", ["--x", "[1]"], "argument --x: invalid json_dict value: '[1]'"),
        ("x = [[1]]", ["--x", "{"], "argument --x: invalid json_list value: '{'"),
        ("x = [True]", ["--x", "yes"], "argument --x: invalid boolean value: 'yes'"),
        ("x: tuple[int, int] = (1, 2)", ["--x", "1"], "argument --x: expected 2 arguments"),
        (
            "x: tuple[int, int] | None = (1, 2)",
            ["--x", "1"],
            "argument --x: expected 2 values",
        ),
        ("x = 'a'", ["--x", "--a"], "argument --x: expected one argument"),
        ("x = 'a'", ["-v"], "unrecognized arguments: -v"),
        ("x = 1", ["-v", "2"], "unrecognized arguments: -v 2"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    text: str, argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refusal(text, argv, capsys) == f"python -m steps.train: error: {message}"


def test_a_value_that_is_no_choice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    line = refusal("x: Literal['a', 'b'] = 'a'", ["--x", "c"], capsys)
    assert line.startswith("python -m steps.train: error: argument --x: invalid choice: 'c'")


HELPED = '''"""Train at 100% of the data; see %(prog)s.

:param rate: step size, 5% or %(default)s or so
:param use_gpu: on the graphics card
"""
rate = 0.5
use_gpu = True
n = 3
verbose = False
late = None
name = ""
'''


def test_help_shows_types_defaults_and_texts_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(HELPED, ["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert caught.value.code == 0
    assert shown.startswith("usage: python -m steps.train [-h]")
    assert "Train at 100% of the data; see %(prog)s." in shown
    assert "--rate FLOAT step size, 5% or %(default)s or so" in shown
    assert "on the graphics card (default: True)" in shown
    assert "--n INT default: 3" in shown
    assert "yes or no (default: False)" in shown
    assert "default: None" in shown
    assert shown.count("(default: True)") == 1


def test_a_notebook_without_parameters_takes_no_arguments(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for found in (None, parameters('"""Doc."""')):
        line = main_function("train", found, prog="python -m steps.train")
        assert (line.imports, line.helpers, line.signature) == (("import argparse",), "", ())
        module = ModuleType("train")
        exec(module_text(line), module.__dict__)
        module.main([])
        assert module.SEEN == [{}]
    assert "unrecognized arguments: --x" in refusal("", ["--x"], capsys)
