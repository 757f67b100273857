"""The stage in the docstring of the parameters cell: each word, as people wrote it."""

from __future__ import annotations

import pytest
from metadata_support import declared, fields, stage
from parameter_support import read

from mlv_hooks.declared.metadata import Argument, Out, StageSpec, read_stages

TRAIN = '''# Everything that the training needs
"""Train the classifier.

:param str reviews: labelled reviews
:param float learning_rate: step size
:dvc-stage: train
:dvc-in reviews : ./data/reviews.csv
:dvc-in: data/stopwords.txt
:dvc-out model : ./models/model.bin
:dvc-out-persist log: logs/
:dvc-metric scores: metrics/train.json
:dvc-plot curve: plots/loss.csv
:dvc-param: learning_rate
:dvc-extra: --mode fast
:dvc-matrix subset: train, test
"""
reviews = "../data/reviews.csv"
model = "../models/model.bin"
log = "../logs/"
scores = "../metrics/train.json"
curve = "../plots/loss.csv"
learning_rate = 0.7
mode = "slow"
subset = "train"
'''


def test_the_whole_vocabulary_is_read_with_its_place() -> None:
    text = TRAIN
    for name in ("model.bin", "logs/", "train.json", "loss.csv"):
        # A run of the matrix needs its own outputs.
        text = text.replace(name, f"${{item.subset}}/{name}", 1)
    assert stage(text) == StageSpec(
        name="train",
        deps=("data/reviews.csv", "data/stopwords.txt"),
        outs=(
            Out("models/${item.subset}/model.bin", "outs"),
            Out("${item.subset}/logs", "outs", persist=True),
            Out("metrics/${item.subset}/train.json", "metrics"),
            Out("plots/${item.subset}/loss.csv", "plots"),
        ),
        arguments=(
            Argument("reviews", "data/reviews.csv"),
            Argument("model", "models/${item.subset}/model.bin"),
            Argument("log", "${item.subset}/logs/"),
            Argument("scores", "metrics/${item.subset}/train.json"),
            Argument("curve", "plots/${item.subset}/loss.csv"),
        ),
        params=("learning_rate",),
        extra="--mode fast",
        matrix=(("subset", ("train", "test")),),
        cell=1,
        line=6,
    )


def test_a_notebook_that_declares_nothing_has_no_stage() -> None:
    assert declared("rate = 1") == ((), ())
    assert declared('"""Doc.\n\n:param int rate: step\n:returns: nothing\n"""\nrate = 1') == (
        (),
        (),
    )
    assert declared(None) == ((), ())
    assert read_stages("a.ipynb", {"mlv": {"step": True}}, read("rate = 1")) == ((), ())
    assert read_stages("a.ipynb", {"mlv": {"stages": {}}}, None) == ((), ())


def test_a_stage_has_the_name_of_its_notebook_unless_it_says_another() -> None:
    cell = fields(":dvc-in: data/x.csv")
    assert stage(cell, notebook="notebooks/01 Train (v2).ipynb").name == "_01_train_v2"
    found = stage(fields(":dvc-in: data/x.csv", ":dvc-stage: train-fast"))
    assert (found.name, found.line) == ("train-fast", 3)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("pipeline.dvc", "pipeline"),
        ("pipeline", "pipeline"),
        ("dvc/01-Train.dvc", "_01_train"),
        ("Dvcfile", "train"),
    ],
)
def test_a_meta_file_of_mlv_tools_names_the_stage(file: str, name: str) -> None:
    assert stage(fields(f":dvc-meta-file: {file}", ":dvc-in: data/x.csv")).name == name


def test_a_parameter_without_a_path_takes_it_from_the_cell() -> None:
    found = stage(
        "from pathlib import Path\n"
        + fields(
            ":dvc-in reviews:",
            ":dvc-out model:",
            values='reviews = "../data/reviews.csv"\nmodel = Path("out/m.bin")',
        )
    )
    assert found.deps == ("data/reviews.csv",)
    assert found.outs == (Out("notebooks/out/m.bin", "outs"),)
    assert found.arguments == (
        Argument("reviews", "data/reviews.csv"),
        Argument("model", "notebooks/out/m.bin"),
    )
    assert found.params is None


def test_a_notebook_at_the_root_needs_no_steps_up() -> None:
    found = stage(fields(":dvc-in x:", values='x = "./data//x.csv"'), notebook="train.ipynb")
    assert found.arguments == (Argument("x", "data/x.csv"),)


def test_a_list_of_paths_gives_an_input_and_an_argument_each() -> None:
    values = 'files = ["../a.csv", "../b.csv"]'
    for line in (":dvc-in files:", ":dvc-in files: a.csv, ./b.csv"):
        found = stage(fields(line, values=values))
        assert found.deps == ("a.csv", "b.csv")
        assert found.arguments == (Argument("files", "a.csv"), Argument("files", "b.csv"))


def test_a_path_is_given_to_a_parameter_that_is_none_or_empty() -> None:
    found = stage(fields(":dvc-out x: a/x", ":dvc-out y: a/y/", values='x = None\ny = ""'))
    assert [one.path for one in found.outs] == ["a/x", "a/y"]
    assert found.arguments == (Argument("x", "a/x"), Argument("y", "a/y/"))


def test_a_slash_at_the_end_is_passed_as_the_cell_writes_it() -> None:
    values = 'a = "../logs"\nb = "../plots/"'
    found = stage(fields(":dvc-out a: logs/", ":dvc-out b: plots", values=values))
    assert [one.path for one in found.outs] == ["logs", "plots"]
    assert found.arguments == (Argument("a", "logs"), Argument("b", "plots/"))


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("./data/x.csv", "data/x.csv"),
        ("data/../data//x.csv", "data/x.csv"),
        ('"data/my file.csv"', "data/my file.csv"),
        ("data/my  file.csv", "data/my  file.csv"),
        ("data/été (1)$[2].csv", "data/été (1)$[2].csv"),
        ("data/${version}/x.csv", "data/${version}/x.csv"),
        ("s3://bucket/x.csv", "s3://bucket/x.csv"),
    ],
)
def test_a_path_is_read_as_people_write_it(written: str, path: str) -> None:
    assert stage(fields(f":dvc-in: {written}")).deps == (path,)


def test_an_input_named_twice_is_one_and_the_step_is_none() -> None:
    lines = [":dvc-in a: x.csv", ":dvc-in b: ./x.csv", ":dvc-in: x.csv", ":dvc-in: steps/train.py"]
    found = stage(fields(*lines, values='a = "../x.csv"\nb = "../x.csv"'))
    assert found.deps == ("x.csv",)
    assert found.arguments == (Argument("a", "x.csv"), Argument("b", "x.csv"))
    cell = read(fields(":dvc-in: src/train.py", ":dvc-in: steps/train.py"))
    (other,), _ = read_stages("train.ipynb", {}, cell, step="src/train.py")
    assert other.deps == ("steps/train.py",)


def test_parameters_are_chosen_by_names_in_one_or_several_fields() -> None:
    values = "a = 1\nb = 2\nc = 3\nd = 4"
    lines = [":dvc-param: a, b", ":dvc-param c:", ":dvc-param: a"]
    assert stage(fields(*lines, values=values)).params == ("a", "b", "c")


def test_a_parameter_that_is_a_member_of_an_enumeration_can_be_chosen() -> None:
    values = "from enum import Enum\nclass Mode(Enum):\n    FAST = 'fast'\nmode = Mode.FAST"
    lines = [":dvc-param: mode", ":dvc-matrix size: 1"]
    found = stage(fields(*lines, values=f"{values}\nsize = 1"))
    assert found.params == ("mode",)


def test_what_the_extra_text_sets_does_not_go_to_the_parameters_file() -> None:
    found = stage(
        fields(
            ":dvc-extra: --learning-rate 0.7",
            "    --epochs=20",
            ":dvc-extra: --no-fast > 'log of run.txt' --more",
            ":dvc-in data:",
            values='data = "../x"\nlearning_rate = 1.0\nepochs = 1\nfast = True\nseed = 2',
        )
    )
    assert found.extra == "--learning-rate 0.7 --epochs=20 --no-fast > 'log of run.txt' --more"
    assert found.params == ("seed",)


def test_the_values_of_a_matrix_have_the_type_of_their_parameter() -> None:
    lines = [
        ":dvc-matrix depth: 3, 5",
        ":dvc-matrix rate: 1, 0.5",
        ':dvc-matrix name: "a, b", 3',
        ":dvc-matrix size: 1, 2.5, x, true, nan",
        ":dvc-matrix client: ${clients}",
        ":dvc-in: data/${item.size}/${item.client}.csv",
    ]
    values = 'depth = 3\nrate = 0.1\nname = "x"'
    assert stage(fields(*lines, values=values)).matrix == (
        ("depth", (3, 5)),
        ("rate", (1.0, 0.5)),
        ("name", ("a, b", "3")),
        ("size", (1, 2.5, "x", True, "nan")),
        ("client", "${clients}"),
    )
    switch = fields(":dvc-matrix fast: true, no", values="fast = True")
    assert stage(switch).matrix == (("fast", (True, False)),)


def test_the_values_of_a_matrix_are_those_that_an_annotation_allows() -> None:
    values = 'from typing import Literal\nk: Literal["a", 2] = "a"'
    assert stage(fields(":dvc-matrix k: a, 2", values=values)).matrix == (("k", ("a", 2)),)


def test_outputs_of_a_matrix_may_take_the_key_of_the_whole_run() -> None:
    lines = [":dvc-matrix a: 1, 2", ":dvc-matrix b: 1", ":dvc-out: m/${key}.bin"]
    found = stage(fields(*lines, values="a = 1\nb = 1"))
    assert found.outs == (Out("m/${key}.bin", "outs"),)


def test_a_path_is_declared_also_where_its_parameter_is_missing() -> None:
    specs, wrong = declared(fields(":dvc-in a: x.csv", ":dvc-out b: y.csv", ":dvc-out c:"))
    assert specs[0].deps == ("x.csv",)
    assert [one.path for one in specs[0].outs] == ["y.csv"]
    assert len(wrong) == 3
