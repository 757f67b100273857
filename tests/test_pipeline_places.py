"""Where new stages and sections stand: beside their neighbours by name, so that branches merge."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st
from pipeline_support import ANY_TEXT, load, stage

from mlv_hooks.stage.pipeline import add_params, add_sections, read_pipeline, splice

BY_HAND = "  by_hand:\n    cmd: echo\n"
NAMES = st.lists(ANY_TEXT.filter(lambda name: name != "<<"), min_size=1, max_size=6, unique=True)


def names(text: str) -> list[str]:
    return list(read_pipeline(text).stages)


@given(NAMES)
def test_stages_of_notebooks_stand_alike_whichever_came_first(given_names: list[str]) -> None:
    at_once = splice("", {name: stage(name) for name in given_names})
    one_by_one = ""
    for name in given_names:
        one_by_one = splice(one_by_one, {name: stage(name)})
    assert one_by_one == at_once
    assert names(at_once) == sorted(given_names)


@given(NAMES)
def test_sections_stand_alike_whichever_came_first(given_names: list[str]) -> None:
    def text(order: list[str]) -> str:
        made = "seed: 1\n"
        for name in order:
            made = add_sections(made, {name: {"rate": 1}}, order)
        return made

    assume("seed" not in given_names)
    made = text(given_names)
    assert made == text(sorted(given_names))
    assert made == add_sections("seed: 1\n", {one: {"rate": 1} for one in given_names}, given_names)
    assert list(load(made)) == ["seed", *sorted(given_names)]


def test_a_new_stage_comes_between_those_of_notebooks_and_keeps_clear_of_others() -> None:
    text = splice("", {"b": stage("b"), "f": stage("f")})
    text = text.replace("  f:", f"  # more of b\n{BY_HAND}  # f is slow\n  f:")
    new = splice(text, {"d": stage("d")})
    assert names(new) == ["b", "d", "by_hand", "f"]
    assert f"  # more of b\n{BY_HAND}  # f is slow\n  f:" in new


def test_a_comment_within_a_stage_stays_with_it() -> None:
    text = splice("", {"b": stage("b"), "f": stage("f")})
    text = text.replace("  f:", "    # still b\n\n  f:")
    new = splice(text, {"d": stage("d")})
    d = splice("", {"d": stage("d")}).removeprefix("stages:\n")
    assert new == text.replace("    # still b\n", f"    # still b\n{d}")


def test_the_first_by_name_comes_first_unless_a_comment_stands_there() -> None:
    text = splice("", {"b": stage("b"), "f": stage("f")})
    assert names(splice(text, {"a": stage("a")})) == ["a", "b", "f"]
    commented = text.replace("  b:", "  # whose is this?\n  b:")
    assert names(splice(commented, {"a": stage("a")})) == ["b", "f", "a"]


def test_blank_lines_between_stages_go_on() -> None:
    text = splice("", {"b": stage("b"), "f": stage("f")}).replace("  f:", "\n  f:")
    for name in ("a", "d", "g"):
        text = splice(text, {name: stage(name)})
    assert names(text) == ["a", "b", "d", "f", "g"]
    stages = list(read_pipeline(text).stages.values())
    assert all(text[one.end : other.start] == "\n" for one, other in pairwise(stages))


def test_in_one_go_stages_come_go_and_change_beside_each_other() -> None:
    text = splice("", {name: stage(name) for name in "bdfh"}).replace("  d:", "\n  d:")
    changes = {"b": None, "a": stage("a"), "c": stage("c"), "d": None, "f": stage("f", cmd="x")}
    new = splice(text, {**changes, "g": stage("g"), "h": None, "i": stage("i")})
    assert names(new) == ["a", "c", "f", "g", "i"]


def test_stages_by_hand_take_none_among_them() -> None:
    text = "stages:\n  z:\n    cmd: z\n  y:\n    cmd: y\n"
    assert names(splice(text, {"a": stage("a")})) == ["z", "y", "a"]
    assert names(splice(text, {"a": {"cmd": "a"}})) == ["z", "y", "a"]


def test_a_new_section_keeps_clear_of_comments_and_of_what_is_no_stage() -> None:
    text = "# all\nb:\n  x: 1\n  # of b\n\n# of f\nf:\n  x: 1\nseed: 1\n"
    assert add_sections(text, {"d": {"x": 2}}, "bdf") == text.replace(
        "  # of b\n", "  # of b\nd:\n  x: 2\n"
    )
    assert add_sections(text, {"a": {"x": 2}}, "abf") == text + "a:\n  x: 2\n"
    assert add_sections(text, {"g": {"x": 2}}, "bfg") == text.replace("seed", "g:\n  x: 2\nseed")
    assert add_params(text, "d", {"x": 2}) == text + "d:\n  x: 2\n"
