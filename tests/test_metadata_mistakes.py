"""Each mistake in a docstring's stage: one line, at its place, with the word that was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_support import declared, fields, mistakes


@pytest.mark.parametrize(
    ("word", "like"),
    [
        ("dvc-inn x", "dvc-in"),
        ("dvc-inputs", "dvc-in"),
        ("dvc-deps", "dvc-in"),
        ("dvc-outs model", "dvc-out"),
        ("dvc-output", "dvc-out"),
        ("dvc-out-presist", "dvc-out-persist"),
        ("dvc_out", "dvc-out"),
        ("DVC-OUT", "dvc-out"),
        ("dcv-in x", "dvc-in"),
        ("dvc-metrics", "dvc-metric"),
        ("dvc-plots", "dvc-plot"),
        ("dvc-params", "dvc-param"),
        ("dvc-name", "dvc-stage"),
        ("dvc-run", "dvc-cmd"),
        ("dvc-metafile", "dvc-meta-file"),
        ("mlv-extra", "dvc-extra"),
        ("dvc in x", "dvc-in"),
    ],
)
def test_an_unknown_word_is_answered_with_the_nearest_one(word: str, like: str) -> None:
    cell = fields("Train.", "", f":{word}: data/x", values="x = 1")
    assert mistakes(cell) == [f"MLV411 4: :{word.split()[0]}: is unknown: write :{like}:"]


def test_fields_of_other_tools_are_no_words_of_ours() -> None:
    lines = [":param x: one", ":type x: int", ":returns: x", ":raises ValueError: x", ":date: now"]
    assert declared(fields(*lines, values="x = 1")) == ((), ())


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "it names no path: write one"),
        ("''", "it names no path: write one"),
        ("../x.csv", "../x.csv leaves the repository: write a path inside it"),
        ("data/../../x", "data/../../x leaves the repository: write a path inside it"),
        ("..", ".. leaves the repository: write a path inside it"),
        (".", ". is the whole project: name a file or folder in it"),
        ("/tmp/x", "/tmp/x is outside the project: write a path from the project's root"),
        ("~/x", "~/x is outside the project: write a path from the project's root"),
        ("C:/x", "C:/x is outside the project: write a path from the project's root"),
        ("data\\\\x.csv", "data\\x.csv: write / between folders, not \\"),
        ("data/*.csv", "data/*.csv: DVC takes no wildcards: name the folder"),
        ("$DATA/x", "$DATA/x: DVC knows no shell variables: write ${key}, or the path"),
        (
            "{{ conf.x }}",
            "{{ conf.x }} is a template of MLV-tools: write ${key}, key in params.yaml",
        ),
        (
            "a.csv\nand more",
            "a.csv goes on in the next line: write one path, then a blank line",
        ),
    ],
)
def test_a_path_that_is_none_says_what_to_write(path: str, message: str) -> None:
    assert mistakes(fields(f":dvc-in: {path}")) == [f"MLV411 2: :dvc-in: {message}"]


def test_outputs_stay_in_the_project() -> None:
    message = "s3://b/x: DVC keeps no outputs elsewhere: write a path of the project"
    assert mistakes(fields(":dvc-out: s3://b/x")) == [f"MLV411 2: :dvc-out: {message}"]


def test_a_name_that_is_no_parameter_is_answered_with_the_nearest_one() -> None:
    cell = fields(":dvc-in review: x", ":dvc-in a b: x", values='reviews = "x"\nsize = 1')
    assert mistakes(cell) == [
        "MLV411 2: :dvc-in review: review is no parameter of this notebook: write reviews",
        "MLV411 3: :dvc-in a b: a b is no parameter of this notebook: write size",
    ]
    assert mistakes(fields(":dvc-out x:")) == [
        "MLV411 2: :dvc-out x: x is no parameter of this notebook: "
        "assign it in this cell, `x = ...`"
    ]


def test_a_name_whose_value_is_computed_is_no_parameter() -> None:
    values = 'text = "../a.csv"\ntokens = text.replace(".csv", "_tokens.csv")'
    assert mistakes(fields(":dvc-in text:", ":dvc-out tokens: b.csv", values=values)) == [
        "MLV411 3: :dvc-out tokens: tokens is computed, so it is no parameter: "
        "write a literal in the cell"
    ]


def test_a_parameter_that_is_no_path_can_t_be_an_input() -> None:
    cell = fields(":dvc-in n:", ":dvc-out m: x", values="n = 3\nm = {'a': 1}")
    assert mistakes(cell) == [
        "MLV411 2: :dvc-in n: its value 3 is no path: write one, or leave the name out",
        "MLV411 3: :dvc-out m: its value {'a': 1} is no path: write one, or leave the name out",
    ]


@pytest.mark.parametrize("value", ["None", '""', "[]"])
def test_a_parameter_without_a_value_needs_a_path(value: str) -> None:
    assert mistakes(fields(":dvc-in x:", values=f"x = {value}")) == [
        "MLV411 2: :dvc-in x: x has no path in the cell: write one here"
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("../../x", "../../x leaves the repository: write a path inside it"),
        ("..", ".. is the whole project: name a file or folder in it"),
        ("/home/ada/x", "/home/ada/x is outside the project: write it from the notebook's folder"),
        ("~/x", "~/x is outside the project: write it from the notebook's folder"),
    ],
)
def test_a_path_of_the_cell_must_be_in_the_project(value: str, message: str) -> None:
    cell = fields(":dvc-in x:", values=f"x = {value!r}")
    assert mistakes(cell) == [f"MLV411 2: :dvc-in x: {message}"]


@pytest.mark.parametrize(
    ("value", "shown", "wanted"),
    [
        ('"../data/y.csv"', "../data/y.csv in the cell, which is data/y.csv,", '"../data/x.csv"'),
        (
            '"data/x.csv"',
            "data/x.csv in the cell, which is notebooks/data/x.csv,",
            '"../data/x.csv"',
        ),
        ('"/data/x.csv"', "/data/x.csv in the cell,", '"../data/x.csv"'),
        ('"s3://b/x.csv"', "s3://b/x.csv in the cell,", '"../data/x.csv"'),
    ],
)
def test_a_path_that_differs_from_the_cell_s_is_a_finding(
    value: str, shown: str, wanted: str
) -> None:
    cell = fields(":dvc-in x: data/x.csv", values=f"x = {value}")
    message = f":dvc-in x: x is {shown} but here it is data/x.csv: write {wanted} in the cell"
    assert mistakes(cell) == [f"MLV407 2: {message}"]


def test_a_list_of_paths_that_differs_is_a_finding() -> None:
    cell = fields(":dvc-in x: a, b", values='x = ["../a"]')
    assert mistakes(cell) == [
        "MLV407 2: :dvc-in x: x is ../a in the cell, which is a, but here it is a, b: "
        'write ["../a", "../b"] in the cell'
    ]


def test_a_field_that_counts_once_is_kept_once() -> None:
    cell = fields(":dvc-stage: a", ":dvc-stage: b", ":dvc-cmd: dvc run x", ":dvc-cmd: dvc run y")
    again = "is there twice: keep one, or list the stages in mlv.stages"
    assert mistakes(cell) == [f"MLV411 3: :dvc-stage: {again}", f"MLV411 5: :dvc-cmd: {again}"]


@pytest.mark.parametrize(
    ("name", "like"),
    [("my stage", "my_stage"), ("1st", "_1st"), ("a.b", "a_b"), ("été", "t"), ("a@b", "a_b")],
)
def test_a_name_that_dvc_refuses_is_answered_with_one_that_it_takes(name: str, like: str) -> None:
    assert mistakes(fields(f":dvc-stage: {name}")) == [
        f"MLV411 2: :dvc-stage: {name} is no name of a stage: write {like}"
    ]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (":dvc-stage:", ":dvc-stage: has no value: write one"),
        (":dvc-stage train:", ":dvc-stage train: takes no name: write :dvc-stage: train"),
        (":dvc-extra:", ":dvc-extra: has no value: write one"),
        (":dvc-cmd:", ":dvc-cmd: has no value: write one"),
        (":dvc-meta-file:", ":dvc-meta-file: has no value: write one"),
        (":dvc-param:", ":dvc-param: names no parameter: write one"),
        (":dvc-param rate: 1", ":dvc-param rate: takes no value: write :dvc-param: rate"),
        (
            ":dvc-param: rat",
            ":dvc-param: rat is no parameter of this notebook: write rate",
        ),
        (
            ":dvc-extra: --x {{ conf.x }}",
            ":dvc-extra: {{ }} is a template of MLV-tools: write the value instead",
        ),
        (":dvc-matrix: a, b", ":dvc-matrix: names no parameter: write :dvc-matrix NAME: one, two"),
        (":dvc-matrix rate:", ":dvc-matrix rate: has no values: write them, with commas between"),
        (
            ":dvc-matrix rate: fast",
            ":dvc-matrix rate: fast is no float, as the parameter is: write floats",
        ),
        (
            ":dvc-extra: --rat 2",
            "stage train: the step has no option --rat: write --rate",
        ),
        (":dvc-extra: --rate '2", "stage train: a quote is not closed in --rate '2: close it"),
        (
            ":dvc-matrix rats: 1, 2",
            "stage train: rats of the matrix is no parameter and in no path: write rate",
        ),
    ],
)
def test_a_field_without_sense_says_what_to_write(field: str, message: str) -> None:
    assert mistakes(fields(field, values="rate = 0.5")) == [f"MLV411 2: {message}"]


def test_a_matrix_names_each_parameter_once_and_only_values_that_it_has() -> None:
    values = 'from typing import Literal\nk: Literal["a", "b"] = "a"'
    cell = fields(":dvc-matrix k: a", ":dvc-matrix k: b", ":dvc-matrix k: c", values=values)
    again = "k is there twice: write all its values in one line"
    assert mistakes(cell) == [f"MLV411 {line}: :dvc-matrix k: {again}" for line in (3, 4)]
    assert mistakes(fields(":dvc-matrix k: c", values=values)) == [
        "MLV411 2: :dvc-matrix k: c is none of its values: write a, b"
    ]


def test_each_run_of_a_matrix_needs_outputs_of_its_own() -> None:
    lines = [":dvc-matrix a: 1, 2", ":dvc-matrix b: 1, 2", ":dvc-out: m/${item.a}", ":dvc-out: n"]
    assert mistakes(fields(*lines, values="a = 1\nb = 2")) == [
        f"MLV411 2: stage train: each run of the matrix would write {path}: "
        f"put ${{item.{key}}} into its path"
        for key, path in [("a", "n"), ("b", "m/${item.a}"), ("b", "n")]
    ]


def test_an_output_is_declared_once_and_is_no_input() -> None:
    cell = fields(":dvc-out: x", ":dvc-metric: ./x", ":dvc-in: y", ":dvc-out-persist: y/")
    assert mistakes(cell) == [
        "MLV411 2: stage train: x is declared as an output twice: keep one",
        "MLV411 2: stage train: y is an input and an output: DVC allows one of both",
    ]


def test_a_parameter_has_its_value_from_one_field() -> None:
    lines = [":dvc-in a: x", ":dvc-param: a, b, c", ":dvc-matrix b: 1", ":dvc-extra: --c 1"]
    assert mistakes(fields(*lines, values='a = "../x"\nb = 1\nc = 1')) == [
        "MLV411 2: stage train: a is given by its path and by params: keep one",
        "MLV411 2: stage train: b is given by the matrix and by params: keep one",
        "MLV411 2: stage train: c is given by extra and by params: keep one",
    ]


def test_a_whole_command_stands_alone() -> None:
    lines = [":dvc-cmd: dvc run x", ":dvc-in: a", ":dvc-extra: --b 1", ":dvc-stage: fit"]
    beside = "can't stand beside :dvc-cmd:, which says all: keep one of both"
    found = mistakes(fields(*lines, values="b = 1"))
    assert found == [f"MLV411 3: :dvc-in: {beside}", f"MLV411 4: :dvc-extra: {beside}"]


def test_two_fields_can_t_name_the_stage() -> None:
    assert mistakes(fields(":dvc-stage: a", ":dvc-meta-file: b")) == [
        "MLV411 3: :dvc-meta-file: names the stage, as :dvc-stage: does: keep :dvc-stage:"
    ]


WORDS = ["stage", "in", "out", "metric", "param", "extra", "matrix", "cmd", "meta-file", "inn"]
PIECES = [
    ":dvc-cmd: dvc run",
    " -o",
    "x",
    "y:",
    " ",
    ",",
    "${",
    "}",
    "'",
    "$MLV_",
    "../",
    "--x",
    "\n",
]


@given(st.lists(st.sampled_from([*(f"\n:dvc-{one}" for one in WORDS), ":", *PIECES])).map("".join))
def test_no_docstring_is_too_odd_for_a_stage(text: str) -> None:
    found = mistakes(f"{text!r}\nx = 'a'\ny = 1")
    assert all(one.startswith(("MLV411 ", "MLV407 ")) for one in found)


def test_a_value_of_a_matrix_that_dvc_can_not_pass_on() -> None:
    lines = [":dvc-matrix x: a, q$q", ":dvc-in y: ${item.x}.csv"]
    cell = fields(*lines, values='x = "a"\ny = "a.csv"')
    found = [one for one in mistakes(cell) if "matrix" in one]
    assert found == [
        "MLV411 2: stage train: the matrix gives x 'q$q', which DVC can't pass on: write another"
    ]
    cell = fields(":dvc-matrix x: true, false", ":dvc-matrix n: 1, 2", ":dvc-in: ${item.n}.csv")
    found = [one for one in mistakes(f"{cell}\nx = True") if "matrix" in one]
    assert found == [
        "MLV411 2: stage train: x is bool, which goes into no matrix beside a key that is no "
        "parameter"
    ]


@pytest.mark.parametrize(
    ("value", "lost"),
    [
        ("'a\\nb'", "a line break"),
        ("['a', 'b\\u2028']", "a line break"),
        ("'--x'", "two dashes in front"),
        ("'\\\\${x}'", "a backslash before ${"),
        ("'a\\0'", "a null character"),
    ],
)
def test_a_value_that_dvc_can_not_pass_on_is_no_param(value: str, lost: str) -> None:
    cell = fields(":dvc-param: x", values=f"x = {value}")
    assert mistakes(cell) == [
        f"MLV411 2: stage train: DVC can't pass on x, which has {lost}: leave it out of params, "
        "and the step takes the notebook's value"
    ]
