"""Whatever becomes of some stages, no other byte changes, and YAML's own reader agrees."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from pipeline_support import ANY_TEXT, COMMENTED, FILES, STAGES, VALUES, load, stage

from mlv_hooks.stage.pipeline import PipelineError, add_params, read_params, read_pipeline, splice
from mlv_hooks.stage.same_data import same
from mlv_hooks.stage.stage_lines import read_stage
from mlv_hooks.stage.stage_spans import layout
from mlv_hooks.stage.stage_text import stage_lines
from mlv_hooks.stage.yaml_spans import parse
from mlv_hooks.stage.yaml_text import Style


@st.composite
def written_files(draw: st.DrawFn) -> str:
    """A file by hand, with either end of line, whole or cut off at its end."""
    text = draw(st.sampled_from(FILES))
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def names_of(text: str) -> st.SearchStrategy[list[str]]:
    names = list(read_pipeline(text).stages)
    return st.lists(st.sampled_from(names), unique=True) if names else st.just([])


def outside(text: str, names: Collection[str]) -> str:
    """Return a text without the lines of some stages."""
    spans = [stage for stage in read_pipeline(text).stages.values() if stage.name in names]
    for each in reversed(spans):
        text = text[: each.start] + text[each.end :]
    return text


def without_gaps(text: str) -> str:
    """Return a text without blank lines, and with `stages: {}` as `stages:`."""
    text = re.sub(r"^[ \t]*\r?\n", "", text + "\n", flags=re.MULTILINE)
    return re.sub(r"^stages:(?: \{\})?", "stages:", text, flags=re.MULTILINE).rstrip("\r\n")


def replaced(text: str, changes: Mapping[str, object | None]) -> dict[str, object]:
    """Return what a text says with some of its stages replaced."""
    data = load(text)
    stages = {**(data.get("stages") or {}), **changes}
    return {**data, "stages": {key: value for key, value in stages.items() if value is not None}}


@given(st.data(), written_files())
def test_stages_that_change_leave_every_other_byte(data: st.DataObject, text: str) -> None:
    names = data.draw(names_of(text))
    changes = {name: data.draw(STAGES) for name in names}
    new = splice(text, changes)
    assert same(load(new), replaced(text, changes) if names else load(text))
    assert outside(new, names) == outside(text, names)
    assert splice(new, changes) == new


@given(st.data(), written_files())
def test_stages_that_come_and_go_leave_all_lines_of_others(data: st.DataObject, text: str) -> None:
    gone = data.draw(names_of(text))
    come = data.draw(st.dictionaries(ANY_TEXT, STAGES, max_size=3))
    assume(not come.keys() & read_pipeline(text).stages.keys() and "<<" not in come)
    changes = {**dict.fromkeys(gone), **come}
    new = splice(text, changes)
    assert same(load(new), replaced(text, changes) if new != text else load(text))
    head = "" if "stages" in load(text) or not come else "\nstages:"
    assert without_gaps(outside(new, come)) == without_gaps(outside(text, gone) + head)
    assert splice(new, changes) == new


@given(st.data(), written_files())
def test_renamed_stages_keep_their_place_and_their_lines(data: st.DataObject, text: str) -> None:
    names = data.draw(names_of(text))
    moved = {name: f"{name} of old" for name in names}
    new = splice(text, {}, moved)
    assert [moved.get(name, name) for name in read_pipeline(text).stages] == list(
        read_pipeline(new).stages
    )
    assert outside(new, moved.values()) == outside(text, names)
    back = splice(new, {}, {new: old for old, new in moved.items()})
    assert same(load(back), load(text))


@given(written_files(), st.dictionaries(st.sampled_from("abc"), STAGES, min_size=1))
def test_stages_that_were_added_and_removed_leave_no_trace(
    text: str, added: dict[str, dict[str, object]]
) -> None:
    new = splice(splice(text, added), dict.fromkeys(added))
    if "stages" in load(text):
        assert without_gaps(new) == without_gaps(text)
        assert splice(new, added) == splice(text, added)
    else:
        assert without_gaps(new) == without_gaps(text + "\nstages: {}")


@given(ANY_TEXT, STAGES, st.sampled_from([Style(), Style(4, 2), Style(3), Style(2, 2)]))
def test_all_readers_agree_on_what_a_written_stage_says(
    name: str, data: dict[str, object], style: Style
) -> None:
    assume(name != "<<")
    lines = stage_lines(name, data, style)
    text = "stages:\n" + "\n".join(lines) + "\n"
    assert same(load(text)["stages"], {name: data})
    assert same(yaml.safe_load(text)["stages"], {name: data})
    found = read_stage(lines, style)
    assert found is None or (found[0] == name and same(found[1], data))


@given(st.dictionaries(ANY_TEXT, VALUES), st.dictionaries(ANY_TEXT, VALUES), st.booleans())
def test_parameters_that_are_there_keep_their_bytes(
    old: dict[str, object], new: dict[str, object], crlf: bool
) -> None:
    text = "seed: 0x1F  # in hex\ntrain:\n  # step size\n  learning_rate: 1e-3\nlast: [1,2]\n"
    text = text.replace("\n", "\r\n") if crlf else text
    once = add_params(text, "train", old)
    twice = add_params(once, "train", new)
    assert same(load(twice)["train"], {**new, **old, "learning_rate": 0.001})
    head, tail = text.split("last")
    assert once.startswith(head) and once.endswith("last" + tail)
    assert twice.startswith(once[: len(once) - len("last" + tail)])
    assert add_params(twice, "train", old) == twice


@given(
    st.lists(st.tuples(ANY_TEXT, st.dictionaries(ANY_TEXT, VALUES)), max_size=4),
    st.text("abc:{}[]#&*!|>'\" -\n\t${}%@,?0", max_size=40),
    st.booleans(),
)
def test_params_are_read_without_a_parser_as_with_one(
    sections: list[tuple[str, dict[str, object]]], noise: str, crlf: bool
) -> None:
    ours = [add_params("", name, values) for name, values in sections]
    for text in ("".join([noise, *ours]), "".join([*ours, noise]), noise.join(ours)):
        text = text.replace("\n", "\r\n") if crlf else text
        try:
            wanted = parse(text).data
        except PipelineError as error:
            with pytest.raises(PipelineError, match=re.escape(str(error))):
                read_params(text)
            continue
        if isinstance(wanted, dict):
            assert same(read_params(text), wanted)
            assert list(read_params(text)) == list(wanted)


@given(st.text("abc:{}[]#&*!|>'\" -\n\t${}%@,?", max_size=60))
def test_a_file_is_read_as_the_reader_of_dvc_reads_it(text: str) -> None:
    import warnings

    from ruamel.yaml.error import YAMLError

    from mlv_hooks.stage.pipeline import PipelineError

    text = COMMENTED[: COMMENTED.index("  # First")] + "  ours:\n    cmd: x\n" + text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = load(text)["stages"]
        assert isinstance(expected, dict)
        assert all(isinstance(each, dict) for each in expected.values())
        assert all(isinstance(each, str) for each in expected)
    except (YAMLError, AssertionError, ValueError):
        expected = None
    try:
        found = {name: each.data for name, each in read_pipeline(text).stages.items()}
    except PipelineError:
        assert expected is None
    else:
        assert expected is not None and same(found, expected)


def test_an_equal_stage_is_left_byte_for_byte_however_it_is_written() -> None:
    for text in FILES:
        same_again = {each.name: each.data for each in read_pipeline(text).stages.values()}
        assert splice(text, same_again) == text


def test_two_hundred_stages_are_read_without_the_parser() -> None:
    many = {f"s{number}": stage(f"s{number}") for number in range(200)}
    text = splice(COMMENTED, many)
    parsed = {place.stage.name for place in layout(text).places if place.entry is not None}
    assert parsed == {"fetch", "clean up", "train"}
    assert load(text)["stages"].keys() == parsed | many.keys()
