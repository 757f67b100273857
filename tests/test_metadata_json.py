"""`mlv.stages` in the notebook's metadata: dvc.yaml's own words, alone and beside a docstring."""

from __future__ import annotations

import pytest
from metadata_support import NOTEBOOK, declared, fields, mistakes, stage
from parameter_support import read

from mlv_hooks.declared.metadata import Argument, Out, StageSpec, read_stages

VALUES = 'reviews = "../data/reviews.csv"\nmodel = "../models/m.bin"\nrate = 0.5\nepochs = 3'


def test_all_words_of_one_stage_are_read_in_their_order() -> None:
    found = stage(
        VALUES,
        {
            "fit": {
                "desc": "Fits the model",
                "frozen": True,
                "always_changed": False,
                "vars": ["more.yaml", {"version": 1}],
                "deps": ["./data/reviews.csv", "data/stop.txt", "steps/train.py"],
                "outs": ["models/m.bin", {"logs/": {"persist": True, "cache": False}}],
                "metrics": [{"m.json": {"cache": False, "push": False}}],
                "plots": [{"p.csv": {"x": "step", "y": "loss", "header": True}}],
                "params": ["rate", {"conf.yaml": ["seed"]}, {"all.yaml": None}],
                "extra": "--epochs 5",
                "meta": {"owner": "ada"},
            }
        },
    )
    assert found == StageSpec(
        name="fit",
        deps=("data/reviews.csv", "data/stop.txt"),
        outs=(
            Out("models/m.bin", "outs"),
            Out("logs", "outs", persist=True, flags=(("cache", False),)),
            Out("m.json", "metrics", flags=(("cache", False), ("push", False))),
            Out("p.csv", "plots", flags=(("x", "step"), ("y", "loss"), ("header", True))),
        ),
        arguments=(Argument("reviews", "data/reviews.csv"), Argument("model", "models/m.bin")),
        params=("rate",),
        extra="--epochs 5",
        own=(
            ("desc", "Fits the model"),
            ("frozen", True),
            ("always_changed", False),
            ("vars", ["more.yaml", {"version": 1}]),
            ("meta", {"owner": "ada"}),
        ),
        param_files=(("conf.yaml", ("seed",)), ("all.yaml", ())),
    )


def test_one_notebook_has_a_stage_for_training_and_one_for_testing() -> None:
    stages = {
        "train": {"args": {"reviews": "./data/train.csv"}, "deps": ["data/train.csv"]},
        "test": {"deps": ["data/test.csv"], "args": {"reviews": "data/test.csv", "rate": 1}},
    }
    (train, test), wrong = declared(VALUES, stages)
    assert wrong == ()
    assert (train.name, train.arguments) == ("train", (Argument("reviews", "data/train.csv"),))
    assert test.arguments == (Argument("reviews", "data/test.csv"), Argument("rate", "1"))
    assert train.params is test.params is None


def test_a_matrix_over_clients_gives_each_its_own_files() -> None:
    found = stage(
        'client = "a"\nsize = 1',
        {
            "train": {
                "matrix": {"client": ["a", "b"], "size": "${sizes}", "model": [{"name": "x"}]},
                "deps": ["data/${item.client}.csv"],
                "outs": ["m/${item.client}/${item.model.name}.bin"],
            }
        },
    )
    assert found.matrix == (
        ("client", ("a", "b")),
        ("size", "${sizes}"),
        ("model", ({"name": "x"},)),
    )


def test_a_stage_without_words_is_one() -> None:
    for words in ({}, None):
        assert stage(None, {"train": words}) == StageSpec("train")


def test_a_command_of_one_s_own_says_all_and_may_run_the_step() -> None:
    words = {"cmd": "CUDA=1 $MLV_PY_CMD_PATH --rate 2", "deps": ["data/reviews.csv"]}
    found = stage(VALUES, {"train": words})
    assert (found.cmd, found.params) == ("CUDA=1 python -m steps.train --rate 2", ())
    assert found.arguments == ()
    filled = stage(VALUES, {"train": {"cmd": "$MLV_PY_CMD_PATH ${train} ${HOME}"}})
    assert (filled.cmd, filled.params) == ("python -m steps.train ${train} ${HOME}", None)
    one = stage(VALUES, {"train": {"cmd": "./x ${train.rate}", "params": ["train.rate"]}})
    assert one.params == ("rate",)


def test_a_parameter_whose_value_is_a_declared_path_is_passed() -> None:
    values = (
        'from pathlib import Path\na = Path("../data/a.csv")\nb = ["../b1", "../b2"]\n'
        'c = ["../b1", "../other"]\nd = "../out/"\ne = "data/a.csv"\nf = "/data/a.csv"\ng = []'
    )
    found = stage(values, {"train": {"deps": ["data/a.csv", "b1", "b2"], "outs": ["out"]}})
    assert found.arguments == (
        Argument("a", "data/a.csv"),
        Argument("b", "b1"),
        Argument("b", "b2"),
        Argument("d", "out/"),
    )


def test_a_list_of_values_is_passed_one_after_the_other() -> None:
    found = stage("files = ['x']", {"train": {"args": {"files": ["a/", "./b"]}, "deps": ["a"]}})
    assert found.arguments == (Argument("files", "a/"), Argument("files", "./b"))


def test_outputs_elsewhere_are_those_that_dvc_does_not_cache() -> None:
    kept = stage(None, {"train": {"outs": [{"s3://b/x": {"cache": False}}]}})
    assert kept.outs == (Out("s3://b/x", "outs", flags=(("cache", False),)),)
    assert mistakes(None, {"train": {"outs": ["s3://b/x"]}}) == [
        "MLV411 None: stage train: s3://b/x: DVC caches no outputs elsewhere: "
        "write cache: false in mlv.stages"
    ]


# --- docstring and metadata together


def test_docstring_and_metadata_share_one_stage() -> None:
    cell = fields(":dvc-in reviews:", ":dvc-out model: models/m.bin", values=VALUES)
    found = stage(cell, {"train": {"metrics": ["m.json"], "frozen": True}})
    assert found == StageSpec(
        name="train",
        deps=("data/reviews.csv",),
        outs=(Out("models/m.bin", "outs"), Out("m.json", "metrics")),
        arguments=(Argument("reviews", "data/reviews.csv"), Argument("model", "models/m.bin")),
        own=(("frozen", True),),
        cell=1,
        line=2,
    )
    assert stage(cell, {"fit": {"frozen": True}}).name == "fit"


def test_fields_that_name_no_stage_are_of_all_stages() -> None:
    cell = fields(":dvc-in reviews:", values=VALUES)
    (a, b), wrong = declared(cell, {"a": {"outs": ["x"]}, "b": {"outs": ["y"]}})
    assert wrong == ()
    assert a.deps == b.deps == ("data/reviews.csv",)
    assert (a.outs, b.outs) == ((Out("x", "outs"),), (Out("y", "outs"),))


def test_fields_that_name_a_stage_are_of_that_one() -> None:
    cell = fields(":dvc-stage: b", ":dvc-in reviews:", values=VALUES)
    (a, b), wrong = declared(cell, {"a": {"frozen": True}, "b": {"frozen": True}})
    assert (a.deps, b.deps, wrong) == ((), ("data/reviews.csv",), ())
    (own, other), wrong = declared(cell, {"a": {}})
    assert (own.name, own.deps, other.name, wrong) == ("b", ("data/reviews.csv",), "a", ())


@pytest.mark.parametrize(
    ("field", "word", "value"),
    [
        (":dvc-in: a", "deps", ["b"]),
        (":dvc-out: a", "outs", ["b"]),
        (":dvc-metric: a", "metrics", ["b"]),
        (":dvc-plot: a", "plots", ["b"]),
        (":dvc-param: rate", "params", ["epochs"]),
        (":dvc-extra: --rate 1", "extra", "--epochs 1"),
        (":dvc-matrix rate: 1", "matrix", {"epochs": [1]}),
        (":dvc-cmd: dvc run x", "cmd", "y"),
    ],
)
def test_one_word_is_declared_in_one_place(field: str, word: str, value: object) -> None:
    name = field.strip(":").partition(":")[0].split()[0]
    assert mistakes(fields(field, values=VALUES), {"train": {word: value}}) == [
        f"MLV412 2: {word} is declared by :{name}: and in mlv.stages.train: keep one of both"
    ]


def test_one_file_is_an_output_of_one_stage() -> None:
    message = "x is an output of a and of b: each stage needs its own, in mlv.stages"
    stages: dict[str, object] = {"a": {"outs": ["x"]}, "b": {"metrics": ["./x"]}}
    assert mistakes(None, stages) == [f"MLV411 None: {message}"]
    shared = mistakes(fields(":dvc-out: x"), {"a": {}, "b": {}})
    assert shared == [f"MLV411 2: {message}"]


# --- mistakes


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ([], "mlv: must be a mapping: write {stages: {...}}"),
        ({"stage": {}}, "mlv: stage is unknown: write stages"),
        ({"steps": True}, "mlv: steps is unknown: write step"),
        ({"step": "yes"}, "mlv.step: must be true or false"),
        ({"stages": ["train"]}, "mlv.stages: must be a mapping of stages: write {train: {...}}"),
        ({"stages": {"a b": {}}}, "mlv.stages: a b is no name of a stage: write a_b"),
        ({"stages": {"a": []}}, "mlv.stages.a: must be a mapping, such as {deps: [...]}"),
    ],
)
def test_metadata_of_another_shape_says_which_is_right(own: object, message: str) -> None:
    specs, wrong = read_stages(NOTEBOOK, {"mlv": own}, read(VALUES))
    assert [(one.code, one.message, one.cell, one.line) for one in wrong] == [
        ("MLV411", message, None, None)
    ]
    assert specs == ()


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("otus", "otus is unknown: write outs"),
        ("dep", "dep is unknown: write deps"),
        ("dvc-in", "dvc-in is unknown: write deps"),
        ("outputs", "outputs is unknown: write outs"),
        ("arguments", "arguments is unknown: write args"),
        ("always-changed", "always-changed is unknown: write always_changed"),
        ("description", "description is unknown: write desc"),
        ("foreach", "foreach: write matrix, which gives a stage for each value"),
        ("do", "do: write matrix, and the stage's words beside it"),
        (
            "wdir",
            "wdir: a stage runs from the project's root: write paths from there and leave it out",
        ),
    ],
)
def test_an_unknown_word_of_a_stage_is_answered_with_the_nearest_one(
    word: str, message: str
) -> None:
    assert mistakes(VALUES, {"train": {word: "x"}}) == [f"MLV411 None: mlv.stages.train: {message}"]


@pytest.mark.parametrize(
    ("word", "value", "message"),
    [
        ("deps", "a.csv", "must be a list: write [a.csv]"),
        ("deps", None, "must be a list: write [...]"),
        ("deps", [1], "must be a text, and not an empty one"),
        ("deps", [" "], "must be a text, and not an empty one"),
        ("deps", ["../a"], "../a leaves the repository: write a path inside it"),
        ("deps", ["$MLV_PY_CMD"], "$MLV_PY_CMD is unknown: write $MLV_PY_CMD_PATH"),
        ("outs", {"a": {}}, "must be a list: write [...]"),
        ("outs", [{"a": True}], "a: must be a mapping of flags, such as {cache: false}"),
        ("outs", [{"a": {"cahce": True}}], "a: cahce is unknown: write cache"),
        ("outs", [{"a": {"x": "b"}}], "a: x is for plots: declare the file there"),
        ("outs", [{"a": {"cache": "no"}}], "a: cache must be true or false"),
        (
            "outs",
            [{"a": {"checkpoint": True}}],
            "a: checkpoint: DVC 3 has no checkpoints: leave it out",
        ),
        ("metrics", [{"a": {"labels": "b"}}], "a: labels must be a list of texts"),
        ("plots", [{"a": {"x": 1}}], "a: x must be a text"),
        ("plots", [{"a": [{"x": "b"}]}], "a: must be a mapping of flags, such as {cache: false}"),
        ("params", "rate", "must be a list: write [rate]"),
        ("params", [{"a.yaml": "b"}], "a.yaml: must be a list of keys, such as [seed]"),
        (
            "params",
            [{"../a.yaml": ["b"]}],
            "../a.yaml leaves the repository: write a path inside it",
        ),
        ("args", ["a"], "must be a mapping: write {name: value}"),
        ("args", {"rate": True}, "rate: true and false are options: write them in extra"),
        ("args", {"rate": {}}, "rate: must be a text, a number, or a list of them"),
        ("args", {"rate": []}, "rate: has no values: write some, or leave it out"),
        ("extra", ["--a"], "must be a text, and not an empty one"),
        ("matrix", {}, "has no keys: write {subset: [train, test]}"),
        ("matrix", [], "must be a mapping: write {name: value}"),
        (
            "matrix",
            {"rate": []},
            "rate: must be a list of values, or a template such as ${clients}",
        ),
        (
            "matrix",
            {"rate": "a"},
            "rate: must be a list of values, or a template such as ${clients}",
        ),
        ("cmd", ["a", "b"], "must be one text: join the commands by &&"),
        ("cmd", "", "must be a text, and not an empty one"),
        ("cmd", "$MLV_X", "$MLV_X is unknown: write $MLV_PY_CMD_PATH"),
        ("frozen", "yes", "must be true or false"),
        ("always_changed", 1, "must be true or false"),
        ("desc", 1, "must be a text, and not an empty one"),
        ("meta", "x", "must be a mapping: write {name: value}"),
        ("meta", {"mlv": {}}, "mlv is for the notebook's path: choose another word"),
        ("vars", "a.yaml", "must be a list: write [a.yaml]"),
        ("vars", ["../a.yaml"], "../a.yaml leaves the repository: write a path inside it"),
    ],
)
def test_a_word_with_another_kind_of_value_says_which_is_right(
    word: str, value: object, message: str
) -> None:
    found = mistakes(VALUES, {"train": {word: value}})
    assert found == [f"MLV411 None: mlv.stages.train.{word}: {message}"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"params": ["rat"]}, "rat is no parameter of the notebook: write rate"),
        (
            {"params": ["all.seed"]},
            "all.seed is no parameter of the notebook: "
            "write {params.yaml: [all.seed]} for a key of another section",
        ),
        ({"args": {"epoch": 1}}, "epoch is no parameter of the notebook: write epochs"),
        (
            {"args": {"rate": 1}, "params": ["rate"]},
            "rate is given by its path and by params: keep one",
        ),
        (
            {"matrix": {"rate": [1, "fast"]}},
            "rate is float, but the matrix gives 'fast': make them fit",
        ),
        (
            {"matrix": {"rats": [1]}},
            "rats of the matrix is no parameter and in no path: write rate",
        ),
        (
            {"cmd": "x", "extra": "--rate 1"},
            "extra can't stand beside cmd, which says all: write it into cmd",
        ),
        (
            {"cmd": "x", "args": {"rate": 1}},
            "args can't stand beside cmd, which says all: write it into cmd",
        ),
        ({"deps": ["a"], "outs": ["a/"]}, "a is an input and an output: DVC allows one of both"),
    ],
)
def test_words_that_do_not_fit_the_notebook_say_what_does(
    words: dict[str, object], message: str
) -> None:
    assert mistakes(VALUES, {"train": words}) == [f"MLV411 None: stage train: {message}"]


def test_a_notebook_without_parameters_has_none_to_name() -> None:
    assert mistakes(None, {"train": {"params": ["rate"], "matrix": {"a": [1]}}}) == [
        "MLV411 None: stage train: rate is no parameter of the notebook: "
        "assign it in the cell tagged parameters",
        "MLV411 None: stage train: a of the matrix is no parameter and in no path: "
        "write ${item.a} in a path",
    ]


def test_a_mistake_in_one_stage_leaves_the_others_as_they_are() -> None:
    specs, wrong = declared(VALUES, {"a": {"deps": "x"}, "b": {"deps": ["x"]}})
    assert [(one.name, one.deps) for one in specs] == [("a", ()), ("b", ("x",))]
    assert len(wrong) == 1


def test_a_name_over_two_lines_makes_a_message_on_one() -> None:
    assert mistakes(VALUES, {"train": {"params": ["ra\nte"], "ou\nts": []}}) == [
        "MLV411 None: mlv.stages.train: ou ts is unknown: write outs",
        "MLV411 None: stage train: ra te is no parameter of the notebook: write rate",
    ]
