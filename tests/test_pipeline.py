"""What becomes of a dvc.yaml that somebody keeps by hand, when stages of notebooks change in it."""

from __future__ import annotations

import io
import sys
from collections import Counter
from types import FrameType
from typing import Any

import pytest
from pipeline_support import ANCHORED, COMMENTED, MIXED, PLAIN, load, stage
from ruamel.yaml import YAML

from mlv_hooks.stage.pipeline import PipelineError, read_pipeline, splice


def test_the_first_stage_of_a_repository_makes_the_file() -> None:
    assert splice("", {"train": stage()}) == (
        "stages:\n"
        "  train:\n"
        "    cmd: >-\n"
        "      python -m steps.train\n"
        "      --reviews data/reviews.csv\n"
        "      --model models/train.bin\n"
        "      ${train}\n"
        "    deps:\n"
        "    - data/reviews.csv\n"
        "    - steps/train.py\n"
        "    params:\n"
        "    - train\n"
        "    outs:\n"
        "    - models/train.bin\n"
        "    meta:\n"
        "      mlv:\n"
        "        notebook: notebooks/train.ipynb\n"
    )


def test_a_new_stage_comes_last_and_in_front_of_what_follows_the_stages() -> None:
    new = splice(COMMENTED, {"evaluate": {"cmd": "python -m steps.evaluate"}})
    added = "  evaluate:\n    cmd: python -m steps.evaluate\n"
    head, tail = COMMENTED.split("\n# What to look at")
    assert new == f"{head}\n{added}\n# What to look at{tail}"


def test_stages_apart_from_each_other_stay_so() -> None:
    text = "stages:\n  a:\n    cmd: x\n\n  b:\n    cmd: y\n\nplots: [p.csv]\n"
    new = splice(text, {"c": {"cmd": "z"}})
    assert new == text.replace("\nplots", "\n  c:\n    cmd: z\n\nplots")
    assert splice(new, {"c": None}) == text
    assert splice(new, {"b": None}) == text.replace("b:\n    cmd: y", "c:\n    cmd: z")


def test_a_file_without_stages_keeps_what_it_says() -> None:
    text = "# ours\nplots:\n- loss.csv"
    new = splice(text, {"a": {"cmd": "x"}})
    assert new == f"{text}\nstages:\n  a:\n    cmd: x\n"
    assert splice("a: 1\n...\n", {"a": {"cmd": "x"}}) == "a: 1\nstages:\n  a:\n    cmd: x\n...\n"
    assert splice("{}\n", {"a": {"cmd": "x"}}) == "\nstages:\n  a:\n    cmd: x\n"


def test_the_last_stage_leaves_an_empty_mapping_that_is_filled_again() -> None:
    text = "stages:  # all of them\n  a:\n    cmd: x\nplots: []\n"
    gone = splice(text, {"a": None})
    assert gone == "stages: {}  # all of them\nplots: []\n"
    assert splice(gone, {"a": {"cmd": "x"}}) == text


def test_an_owned_stage_keeps_the_lines_of_the_keys_that_stay() -> None:
    text = (
        "stages:\n"
        "  train:   # the big one\n"
        "    # asked for by the team\n"
        "    deps: [data.csv]  # by hand\n"
        "    cmd: python old.py\n"
        "    frozen: true  # until Monday\n"
    )
    data = {"cmd": "python new.py", "deps": ["data.csv"], "outs": ["m.bin"], "frozen": True}
    assert splice(text, {"train": data}) == (
        "stages:\n"
        "  train:   # the big one\n"
        "    # asked for by the team\n"
        "    deps: [data.csv]  # by hand\n"
        "    cmd: python new.py\n"
        "    outs:\n"
        "    - m.bin\n"
        "    frozen: true  # until Monday\n"
    )


def test_a_key_that_goes_leaves_the_comment_above_it() -> None:
    text = "stages:\n  a:\n    cmd: x\n    # slow\n    always_changed: true\n"
    assert splice(text, {"a": {"cmd": "x"}}) == "stages:\n  a:\n    cmd: x\n    # slow\n"


def test_a_stage_in_braces_is_written_out() -> None:
    new = splice(COMMENTED, {"train": {"cmd": "python train.py", "frozen": True}})
    old = "  train: {cmd: python train.py, deps: [clean.csv], outs: [model.bin]}\n"
    written = "  train:\n    cmd: python train.py\n    frozen: true\n"
    assert new == COMMENTED.replace(old, written)


def test_a_renamed_stage_keeps_its_place_its_lines_and_its_comments() -> None:
    new = splice(COMMENTED, {}, {"fetch": "get", "clean up": "clean"})
    assert new == COMMENTED.replace("  fetch:", "  get:").replace("'clean up':", "clean:")


def test_a_stage_takes_a_new_name_and_new_data_in_one_go() -> None:
    old = stage("train", frozen=True)
    text = splice(PLAIN, {"train": old})
    new = splice(text, {"learn": stage("learn", frozen=True)}, {"train": "learn"})
    assert list(read_pipeline(new).stages) == ["prepare", "learn"]
    assert new == text.replace("train", "learn")


def test_two_stages_swap_their_names() -> None:
    text = "stages:\n  a:\n    cmd: x\n  b:\n    cmd: y\n"
    assert splice(text, {}, {"a": "b", "b": "a"}) == "stages:\n  b:\n    cmd: x\n  a:\n    cmd: y\n"


def test_a_name_that_another_stage_has_is_refused() -> None:
    with pytest.raises(PipelineError, match="has a stage 'train' already") as refused:
        splice(PLAIN, {}, {"prepare": "train"})
    assert refused.value.line == 2


def test_the_indent_and_the_dashes_of_the_file_are_taken_up() -> None:
    text = "stages:\n    a:\n        cmd: x\n        deps:\n            - d\n"
    new = splice(text, {"b": {"cmd": "y", "outs": [{"o": {"cache": False}}]}})
    assert new == (
        f"{text}    b:\n        cmd: y\n        outs:\n"
        "            - o:\n                  cache: false\n"
    )
    assert (read_pipeline(new).indent, read_pipeline(new).dash) == (4, 4)


def test_windows_ends_of_line_are_taken_up() -> None:
    text = PLAIN.replace("\n", "\r\n")
    new = splice(text, {"evaluate": stage("evaluate")})
    assert new.count("\n") == new.count("\r\n")
    assert read_pipeline(new).newline == "\r\n"
    assert load(new)["stages"]["evaluate"] == stage("evaluate")


def test_a_file_that_begins_with_a_byte_order_mark_keeps_it() -> None:
    new = splice("\ufeff" + PLAIN, {"prepare": {"cmd": "y"}})
    assert new.startswith("\ufeffstages:\n  prepare:\n    cmd: y\n")
    assert load(new)["stages"]["prepare"] == {"cmd": "y"}


def test_the_stages_say_which_notebook_owns_them_and_where_they_stand() -> None:
    found = read_pipeline(MIXED)
    assert {name: each.notebook for name, each in found.stages.items()} == {
        "prepare": None,
        "train": "notebooks/train.ipynb",
        "by hand": None,
        "evaluate": "notebooks/evaluate.ipynb",
    }
    by_hand = found.stages["by hand"]
    assert MIXED[by_hand.start : by_hand.end] == (
        '  by hand:\n    deps: [data/clean.csv]\n    cmd: echo "done"\n'
    )
    assert found.other == {"plots": ["a.csv"]}


def test_comments_and_blank_lines_belong_to_the_stage_below() -> None:
    found = read_pipeline(COMMENTED).stages
    assert COMMENTED[: found["fetch"].start].endswith("  # First of all.\n")
    assert COMMENTED[: found["fetch"].end].endswith("outs: [raw.csv, 'raw.csv.gz']   # both\n")
    assert COMMENTED[: found["clean up"].end].endswith("in two lines.\n")


def test_an_anchor_that_others_use_is_not_cut_from_under_them() -> None:
    text = "stages:\n  a:\n    cmd: x\n    deps: &d [one]\n  b:\n    cmd: y\n    deps: *d\n"
    kept = splice(text, {"a": {"cmd": "z", "deps": ["one"]}})
    assert kept == text.replace("cmd: x", "cmd: z")
    for change in ({"cmd": "x", "deps": ["two"]}, None):
        with pytest.raises(PipelineError, match=r"uses `\*d` of a stage that changes") as refused:
            splice(text, {"a": change})
        assert refused.value.line == 4
    assert splice(text, {"b": None}) == text[: text.index("  b:")]


def test_what_a_stage_takes_from_an_alias_is_written_out_when_it_changes() -> None:
    new = splice(ANCHORED, {"one": {"cmd": "new", "wdir": "src", "deps": ["src/common.py"]}})
    written = "  one:\n    cmd: new\n    wdir: src\n    deps:\n    - src/common.py\n"
    start, end = ANCHORED.index("  one:"), ANCHORED.index("  two:")
    assert new == ANCHORED[:start] + written + ANCHORED[end:]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("stages:\n  a:\n    cmd: x\n  a:\n    cmd: y\n", "has the key 'a' twice", 4),
        ("stages:\n  a:\n    cmd: x\n    cmd: y\n", "has the key 'cmd' twice", 4),
        ("stages:\n  a:\n    cmd: x\nstages:\n  b:\n    cmd: y\n", "has the key 'stages' twice", 4),
        ("stages:\n  a: {cmd: x}\n  b:\n    cmd: y\n  'a':\n    cmd: z\n", "'a' twice", 5),
        ("stages:\n  a:\n\tcmd: x\n", "has a tab where YAML wants spaces", 3),
        (PLAIN + "<<<<<<< HEAD\n  b:\n=======\n", "has merge markers", 19),
        (PLAIN + "plots: [a\n", "is not valid YAML", 20),
        (PLAIN + "---\na: 1\n", "holds several documents", 19),
        ("- a\n", "is no mapping", 1),
        ("just text\n", "is no mapping", 1),
        ("stages: [a]\n", "has `stages` that is no mapping", 1),
        (PLAIN + "  b: just text\n", "has the stage 'b' that is no mapping", 19),
        (PLAIN + "  b:\n", "has the stage 'b' that is no mapping", 19),
        ("stages:\n  7: {cmd: x}\n", "has the stage name 7, which is no text", 2),
        ("a: &a [*a]\n", "is nested too deeply", None),
        ("a: " + "[" * 1200, "is nested too deeply", None),
        (PLAIN + "vars: [2024-13-45]\n", "is not valid YAML: month", None),
        ("stages: *nothing\n", "undefined alias", 1),
        ("a: \x07\n", "has the character U+0007", 1),
        ("a: !python/object:os.system x\n", "constructor for the tag", 1),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text: str, message: str, line: int | None) -> None:
    with pytest.raises(PipelineError) as refused:
        read_pipeline(text)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.line == line


def test_aliases_that_stand_for_billions_are_refused_at_once() -> None:
    rows = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    with pytest.raises(PipelineError, match="its aliases stand for too many values"):
        read_pipeline("a0: &a0 [x]\n" + rows)


@pytest.mark.parametrize(
    "text",
    [
        "{stages: {a: {cmd: x}}}\n",
        "stages: {a: {cmd: x}, b: {cmd: y}}\n",
        ".all: &all {a: {cmd: x}}\nstages: *all\n",
        "{plots: [a.csv]}\n",
        "  stages:\n    a:\n      cmd: x\n",
        "stages:\n  ? a\n  : cmd: x\n",
    ],
)
def test_a_layout_that_has_no_place_for_lines_is_refused_and_may_be_read(text: str) -> None:
    read_pipeline(text)
    with pytest.raises(PipelineError, match=r"within brackets|begin their line|its own lines"):
        splice(text, {"a": {"cmd": "new"}, "c": {"cmd": "z"}})


def test_a_value_without_a_place_in_yaml_is_refused() -> None:
    with pytest.raises(PipelineError, match="the type object has no place in a YAML file"):
        splice("", {"a": {"cmd": "x", "meta": object()}})


def test_dates_that_somebody_noted_survive_a_rewrite() -> None:
    text = "stages:\n  a: {cmd: x, meta: {on: 2024-02-29, at: 2024-02-29 12:30:00}}\n"
    data = dict(read_pipeline(text).stages["a"].data)
    new = splice(text, {"a": {**data, "cmd": "y"}})
    assert load(new)["stages"]["a"] == {**data, "cmd": "y"}


def test_numbers_and_words_are_told_apart() -> None:
    text = "stages:\n  a:\n    cmd: x\n    meta: 1\n"
    assert splice(text, {"a": {"cmd": "x", "meta": True}}) == text.replace("1", "true")
    assert splice(text, {"a": {"cmd": "x", "meta": "1"}}) == text.replace("1", "'1'")
    assert splice(text, {"a": {"cmd": "x", "meta": 1}}) == text


def test_the_order_of_a_matrix_names_its_stages() -> None:
    text = "stages:\n  a:\n    matrix: {m: [x], n: [y]}\n    cmd: x\n"
    turned = {"matrix": {"n": ["y"], "m": ["x"]}, "cmd": "x"}
    assert list(load(splice(text, {"a": turned}))["stages"]["a"]["matrix"]) == ["n", "m"]
    assert splice(text, {"a": {"cmd": "x", "matrix": {"m": ["x"], "n": ["y"]}}}) == text


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("python -m steps.a", "cmd: python -m steps.a"),
        ("", "cmd: ''"),
        ("echo '--x --y' --z \"${a b} --c\"", "cmd: >-|echo '--x --y'|--z \"${a b} --c\""),
        ("echo a: b", "cmd: >-|echo a: b"),
        ("'./my script.sh' x", "cmd: >-|'./my script.sh' x"),
        ("a  --b", "cmd: a  --b"),
        (" a", "cmd: ' a'"),
        ("a\nb --c\n", "cmd: |a\nb --c"),
        ("a\tb", 'cmd: "a\\tb"'),
        ("run my\\ --file", "cmd: run my\\ --file"),
        (
            "a " + "word " * 30 + "z",
            "cmd: >-|a" + " word" * 14 + "|" + "word " * 14 + "word|word z",
        ),
        ("x" * 100, "cmd: >-|" + "x" * 100),
        ("a " + "'" + "b c " * 30 + "'", "cmd: >-|a|'" + "b c " * 30 + "'"),
    ],
)
def test_a_command_is_folded_where_nothing_is_torn(command: str, written: str) -> None:
    text = splice("", {"a": {"cmd": command}})
    body = text.removeprefix("stages:\n  a:\n    ").removesuffix("\n")
    pad = "\n      "
    expected = written.replace("|a\nb", "|\n      a\n      b").replace(">-|", f">-{pad}")
    assert body == (expected if command[:2] == "a\n" else expected.replace("|", pad))
    assert load(text)["stages"]["a"]["cmd"] == command


def test_a_list_of_commands_is_folded_each_by_itself() -> None:
    data = {"cmd": ["mkdir -p out", "python -m steps.a --x 1"]}
    text = splice("", {"a": data})
    assert text == (
        "stages:\n  a:\n    cmd:\n    - mkdir -p out\n    - >-\n"
        "      python -m steps.a\n      --x 1\n"
    )
    assert splice(text, {"a": data}) == text


def test_ruamel_leaves_a_written_stage_as_it_is_when_dvc_rewrites_the_file() -> None:
    data = stage(
        "train",
        cmd="python -m steps.train --files " + " ".join(f"data/{n}.csv" for n in range(30)),
        desc="Train the classifier on all reviews. " * 5 + "Then rest.",
        deps=["data/my reviews.csv", "data/é.csv", "steps/01_train.py", "../a.csv"],
        outs=[{"model.bin": {"cache": False, "persist": True}}, "log"],
        plots=[{"loss.csv": {"x": "step", "y": "loss"}}],
        matrix={"subset": ["train", 1]},
        frozen=True,
    )
    text = splice("", {"train": data})
    yaml = YAML()
    yaml.default_flow_style = False
    out = io.StringIO()
    yaml.dump(yaml.load(text), out)
    assert out.getvalue() == text


def test_a_key_longer_than_readers_look_for_a_colon_is_written_in_two_lines() -> None:
    data = {"cmd": "x", "outs": [{"d/" * 600 + "f": {"cache": False}}]}
    text = splice("", {"a": data})
    assert load(text)["stages"]["a"] == data
    assert splice(text, {"a": data}) == text


def test_a_dvc_yaml_of_ten_thousand_stages_is_read_in_the_time_of_its_lines() -> None:
    text = "stages:\n" + "".join(
        f"  s{n}:\n    cmd: python -m steps.s{n}\n    deps:\n    - d{n}\n" for n in range(10_000)
    )
    assert len(read_pipeline(text).stages) == 10_000


def test_a_dvc_yaml_by_hand_is_looked_at_as_often_however_many_stages_it_has() -> None:
    def looks(stages: int) -> Counter[str]:
        text = "stages:\n" + "".join(
            f"  # by hand\n  s{n}:\n    cmd: 'echo {n}'\n    deps: [d{n}]\n" for n in range(stages)
        )
        found: Counter[str] = Counter()

        def note(frame: FrameType, event: str, call: Any) -> None:
            if event == "c_call" and getattr(call, "__self__", None) is text:
                found[call.__name__] += 1

        sys.setprofile(note)
        try:
            assert len(read_pipeline(text).stages) == stages
        finally:
            sys.setprofile(None)
        return found

    few, many = looks(10), looks(40)
    # Only what looks at the near end of a line may grow with the stages.
    assert {name for name in many if many[name] != few[name]} <= {"find", "rfind"}, (few, many)
    assert many["find"] + many["rfind"] <= 8 * 40


@pytest.mark.parametrize(
    "text",
    [
        'stages:\n  a:\n    cmd: "x\n  b:\n    cmd: y\n  "\n',
        "stages:\n  a:\n    cmd: 'x\n\n  b:\n    cmd: y\n  c:\n    cmd: z'\n",
        'vars: ["\nstages:\n  a:\n    cmd: x\n"]\nstages: {b: {cmd: y}}\n',
        "vars:\n- |\n  stages:\n    a:\n      cmd: x\nstages:\n  b:\n    cmd: y\n",
        "stages:\n  b:\n    cmd: |\n      x\n      # y\n  # z\nplots: []\n",
        "stages:\n  b:\n    cmd: |\n      x\n    # y\n  c:\n    cmd: |-\n      # z\n",
        "stages:\n  b:\n    cmd: |+\n      x\n\n\n  c:\n    cmd: z\n",
        "stages:\n  b:\n    cmd: |\n      x",
        "stages:\n  b:\n    cmd: >-\n      x\n\n      y\n       z\n  c:\n    cmd: >-\n      x y\n",
        "stages:\n  b:\n    cmd: x\n      y\n  c:\n    cmd: z\n",
        "stages:\n  b:\n    cmd: x # y\n    meta: 010\n  c:\n    cmd: 2024-01-01 x\n",
    ],
)
def test_what_only_looks_like_a_stage_of_ours_is_read_as_what_it_is(text: str) -> None:
    found = {name: each.data for name, each in read_pipeline(text).stages.items()}
    assert found == load(text)["stages"]
    changed = {name: {"cmd": "new"} for name in found}
    if "{b" not in text:
        assert load(splice(text, changed))["stages"] == changed


def test_the_blank_lines_that_a_block_keeps_are_part_of_its_stage() -> None:
    text = "stages:\n  b:\n    cmd: |+\n      x\n\n\n  c:\n    cmd: z\n"
    new = splice(text, {"b": {"cmd": "x\n\n\n", "frozen": True}})
    assert new == text.replace("  c:", "    frozen: true\n  c:")
