"""What becomes of params.yaml and dvc.lock when a notebook brings parameters or takes a name."""

from __future__ import annotations

import time

import pytest
from pipeline_support import load, stage

from mlv_hooks.stage.pipeline import (
    PipelineError,
    add_params,
    add_sections,
    move_lock,
    read_params,
    read_pipeline,
    splice,
)
from mlv_hooks.stage.renamed_lock import Rename, rename_in_lock
from mlv_hooks.stage.yaml_spans import parse

LOCK = """\
schema: '2.0'
stages:
  train:
    cmd: python -m steps.train --reviews data/reviews.csv --model models/train.bin
      --learning_rate 0.1
    deps:
    - path: steps/train.py
      hash: md5
      md5: 0e1234567890
      size: 12
    params:
      params.yaml:
        train:
          learning_rate: 0.1
  grid@train-1:
    cmd: echo 1
  grid@train-2:
    cmd: echo 2
  evaluate:
    cmd: python -m steps.evaluate
"""


def test_the_first_parameters_make_the_file() -> None:
    values = {"learning_rate": 0.1, "name": "a b", "layers": [64, 32], "on": True, "seed": None}
    text = add_params("", "train", values)
    assert text == (
        "train:\n  learning_rate: 0.1\n  name: a b\n  layers:\n  - 64\n  - 32\n"
        "  'on': true\n  seed: null\n"
    )
    assert read_params(text) == {"train": values}


def test_parameters_that_the_user_set_stay_and_missing_ones_come_last() -> None:
    text = "# mine\ntrain:\n  rate: 0.5   # tuned\n  # more to come\n\nother: [1]\n"
    new = add_params(text, "train", {"rate": 0.1, "depth": 3})
    assert new == text.replace("  # more to come\n", "  # more to come\n  depth: 3\n")


def test_a_null_or_an_odd_type_that_the_user_set_stays() -> None:
    text = "train:\n  rate:\n  depth: '3'\n"
    assert add_params(text, "train", {"rate": 0.1, "depth": 3}) == text


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("train: {a: 1}\n", "train: {a: 1, b: -x}\n"),
        ("train: {a: 1,  # one\n}\n", "train: {a: 1, b: -x,  # one\n}\n"),
        ('{"train": {"a": 1}}', '{"train": {"a": 1, b: -x}}'),
        ('{"other": 1}\n', '{"other": 1, train: {a: 2, b: -x}}\n'),
        ('{"train": {}, "z": null}', '{"train": {a: 2, b: -x}, "z": null}'),
        ("train: {}  # none\n", "train:  # none\n  a: 2\n  b: -x\n"),
        ("train:   # none\nz: 1", "train:   # none\n  a: 2\n  b: -x\nz: 1"),
        ("train: ~\n", "train:\n  a: 2\n  b: -x\n"),
        ("z: 1", "z: 1\ntrain:\n  a: 2\n  b: -x\n"),
        ("z: 1\r\n", "z: 1\r\ntrain:\r\n  a: 2\r\n  b: -x\r\n"),
        ("train:\n    a: 1", "train:\n    a: 1\n    b: -x\n"),
        ("# none\n", "# none\ntrain:\n  a: 2\n  b: -x\n"),
        ("{}\n", "\ntrain:\n  a: 2\n  b: -x\n"),
        ("z: 1\n...\n", "z: 1\ntrain:\n  a: 2\n  b: -x\n...\n"),
        (
            "base: &b {a: 1}\ntrain:\n  <<: *b\n",
            "base: &b {a: 1}\ntrain:\n  <<: *b\n  b: -x\n",
        ),
    ],
)
def test_parameters_are_added_in_the_way_the_file_is_written(text: str, new: str) -> None:
    assert add_params(text, "train", {"a": 2, "b": "-x"}) == new
    assert add_params(new, "train", {"a": 2, "b": "-x"}) == new


def test_a_section_without_parameters_is_there_for_dvc_to_find() -> None:
    assert add_params("", "train", {}) == "train: {}\n"
    assert add_params("train:  # none\n", "train", {}) == "train: {}  # none\n"
    assert add_params("train: ~\n", "train", {}) == "train: {}\n"
    assert add_params("train: {}\n", "train", {}) == "train: {}\n"


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("train: 3\n", "has a value at 'train', where parameters are wanted", 1),
        ("a: 1\ntrain: [1]\n", "has a value at 'train', where parameters are wanted", 2),
        ("b: &b {a: 1}\ntrain: *b\n", "has 'train' by an alias", 2),
        ("train: &t {}\nb: *t\n", "can't take more parameters in 'train'", 1),
        ("- a\n", "is no mapping of parameters", 1),
        ("a: 1\na: 2\n", "has the key 'a' twice", 2),
    ],
)
def test_a_params_file_that_can_not_take_them_is_refused(
    text: str, message: str, line: int
) -> None:
    with pytest.raises(PipelineError) as refused:
        add_params(text, "train", {"rate": 0.1})
    assert message in str(refused.value)
    assert refused.value.line == line


def test_a_parameter_without_a_place_in_yaml_is_refused() -> None:
    with pytest.raises(PipelineError, match="the type complex has no place"):
        add_params("", "train", {"rate": 1j})


def test_an_entry_of_the_lock_takes_the_new_name_and_nothing_else_changes() -> None:
    new = move_lock(LOCK, {"train": "learn"}, ())
    assert new == LOCK.replace("  train:\n    cmd", "  learn:\n    cmd")


def test_the_entries_of_a_group_go_with_it() -> None:
    assert move_lock(LOCK, {"grid": "net"}, ()) == LOCK.replace("  grid@", "  net@")
    assert list(load(move_lock(LOCK, {}, ["grid"]))["stages"]) == ["train", "evaluate"]
    assert list(load(move_lock(LOCK, {}, ["grid@train-1"]))["stages"]) == [
        "train",
        "grid@train-2",
        "evaluate",
    ]


def test_a_removed_entry_takes_its_lines_only() -> None:
    start, end = LOCK.index("  train:"), LOCK.index("  grid@train-1")
    assert move_lock(LOCK, {}, ["train"]) == LOCK[:start] + LOCK[end:]


def test_a_left_over_entry_of_the_new_name_is_gone() -> None:
    new = move_lock(LOCK, {"train": "evaluate"}, ())
    assert list(load(new)["stages"]) == ["evaluate", "grid@train-1", "grid@train-2"]
    assert "steps.train" in load(new)["stages"]["evaluate"]["cmd"]


def test_the_last_entry_leaves_a_lock_that_dvc_reads() -> None:
    assert move_lock(LOCK, {}, ["train", "grid", "evaluate"]) == "schema: '2.0'\nstages: {}\n"


def test_a_lock_without_such_stages_stays() -> None:
    assert move_lock(LOCK, {"other": "more"}, ["none"]) == LOCK
    assert move_lock("", {"a": "b"}, ["c"]) == ""
    for empty in ("schema: '2.0'\n", "schema: '2.0'\nstages:\n", "stages: {}\n"):
        assert move_lock(empty, {"a": "b"}, ["c"]) == empty


def test_a_lock_that_somebody_laid_out_anew_is_changed_in_place() -> None:
    text = "schema: '2.0'\nstages:   # all\n    'train':\n        cmd: x   # run\n    b: {cmd: y}\n"
    assert move_lock(text, {"train": "learn"}, ["b"]) == (
        "schema: '2.0'\nstages:   # all\n    learn:\n        cmd: x   # run\n"
    )
    assert move_lock(LOCK.replace("\n", "\r\n"), {"train": "learn"}, ()) == (
        move_lock(LOCK, {"train": "learn"}, ()).replace("\n", "\r\n")
    )


def test_a_broken_lock_is_refused_with_its_line() -> None:
    with pytest.raises(PipelineError, match="has merge markers") as refused:
        move_lock(LOCK.replace("  evaluate", "<<<<<<< HEAD\n  evaluate"), {"train": "b"}, ())
    assert refused.value.line == 19


def test_the_command_and_the_step_of_a_renamed_stage_change_in_the_lock_too() -> None:
    moved = move_lock(LOCK, {"train": "learn"}, ())
    data = dict(read_pipeline(moved).stages["learn"].data)
    step = {"path": "steps/learn.py", "hash": "md5", "md5": "1e9", "size": 12}
    changed = {**data, "cmd": stage("learn")["cmd"], "deps": [step]}
    new = splice(moved, {"learn": changed})
    assert load(new)["stages"] == {**load(moved)["stages"], "learn": changed}
    assert new[new.index("    params:") :] == moved[moved.index("    params:") :]


def test_in_a_large_lock_the_lines_of_what_was_renamed_are_read_alone() -> None:
    entry = (
        "  other{n}:\n    cmd: python x.py\n    outs:\n    - path: out/{n}\n      md5: {n:032x}\n"
    )
    others = "".join(entry.format(n=n) for n in range(20_000))
    fit = "  {name}:\n    cmd: python -m steps.{name} --fast\n    params:\n      params.yaml:\n"
    fit += "        {name}:\n          rate: 0.5\n"
    lock = f"schema: '2.0'\nstages:\n{others}" + fit.format(name="fit")
    begin = time.process_time()
    moved = move_lock(lock, {"fit": "learn"}, ["other7"])
    found = rename_in_lock(moved, "learn", "fit", Rename("steps/fit.py", "steps/learn.py", b""))
    assert time.process_time() - begin < 2, "the parser takes ten times as long"
    rest = f"schema: '2.0'\nstages:\n{others}".replace(entry.format(n=7), "")
    assert found.startswith(rest)
    assert load(found.removeprefix(rest)) == load(fit.format(name="learn"))


def test_a_large_file_of_parameters_is_read_once_and_once_with_what_is_new() -> None:
    text = "by: {hand: [1, 2]}  # mine\nfit:\n  rate: 0.5\n"
    parse.cache_clear()
    read_params(text)
    assert "limit: 7" in add_sections(text, {"fit": {"limit": 7}}, ("fit",))
    read_params(text)
    assert parse.cache_info().misses == 2
