"""The baseline: what it accepts, how it follows edits, and how its file is read and written."""

from __future__ import annotations

import json

import pytest
from cells_support import cell, checked, notebook
from hypothesis import given
from hypothesis import strategies as st

from mlv_hooks.checks.baseline import Entry, entry_of, match, read_baseline, write_baseline
from mlv_hooks.config import ConfigError
from mlv_hooks.notebook import parse_notebook

WRITES = cell('open("a.txt", "w")', "no-effect")
OTHER = cell('open("b.txt", "w")', "no-effect")
QUIET = cell("a = 1")


def entries(
    *cells: dict[str, object], path: str = "train.ipynb", settings: str = ""
) -> list[Entry]:
    data = notebook(*cells)
    return [entry_of(one, parse_notebook(data)) for one in checked(data, settings, path=path)]


def shown(found: list[Entry], baseline: list[Entry], *gone: str) -> tuple[int, int]:
    """Return how many findings are new, and how many entries are left."""
    known, left = match(found, baseline, lambda path: path not in gone)
    return known.count(False), len(left)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ([WRITES, QUIET], (0, 0)),
        ([QUIET, cell("b = 2"), WRITES], (0, 0)),
        ([QUIET, cell('# A title\nopen("a.txt", "w")', "no-effect")], (1, 1)),
        ([WRITES, WRITES], (1, 0)),
        ([WRITES, OTHER], (1, 0)),
        ([QUIET], (0, 1)),
        ([cell('open("a.txt", "w")\n', "no-effect")], (0, 0)),
        ([cell('open("a.txt", "w")', "no-effect", "slow")], (0, 0)),
    ],
)
def test_an_entry_follows_its_cell_and_is_good_for_one(
    now: list[dict[str, object]], expected: tuple[int, int]
) -> None:
    assert shown(entries(*now), entries(QUIET, WRITES)) == expected


def test_two_equal_cells_are_two_entries() -> None:
    before = entries(WRITES, WRITES)
    assert len(before) == 2 and before[0] == before[1]
    assert shown(entries(WRITES, QUIET, WRITES), before) == (0, 0)
    assert shown(entries(WRITES), before) == (0, 1)


def test_a_renamed_notebook_keeps_its_entries_and_a_copy_has_none() -> None:
    before = entries(WRITES)
    renamed = entries(WRITES, QUIET, path="new/name.ipynb")
    assert shown(renamed, before, "train.ipynb") == (0, 0)
    assert shown(renamed, before) == (1, 1)
    assert shown([*before, *renamed], before) == (1, 0)
    assert shown([*renamed, *renamed], before, "train.ipynb") == (1, 0)


def test_an_entry_about_a_whole_notebook_outlives_edits_and_a_rename() -> None:
    settings = 'require-parameters = "all"'
    (before,) = entries(QUIET, settings=settings)
    assert before.rule == "MLV101"
    assert shown(entries(WRITES, settings=settings)[:1], [before])[1] == 0
    renamed = entries(QUIET, path="b.ipynb", settings=settings)
    assert shown(renamed, [before], "train.ipynb") == (0, 0)
    other = entries(cell("b = 2"), path="b.ipynb", settings=settings)
    assert shown(other, [before], "train.ipynb") == (1, 1)


NAMES = st.sampled_from(["a.ipynb", "b/ü.ipynb", "c\udcff.ipynb", 'd"\n.ipynb'])
ENTRIES = st.lists(
    st.builds(Entry, NAMES, st.sampled_from(["MLV101", "MLV204"]), st.sampled_from(["0a", "1b"]))
)


@given(ENTRIES)
def test_the_file_comes_back_and_does_not_hang_on_the_order(found: list[Entry]) -> None:
    data = write_baseline(found)
    assert read_baseline(data, ".mlv-baseline.json") == sorted(found)
    assert write_baseline(found[::-1]) == data
    assert data.isascii()


@given(ENTRIES, ENTRIES, st.sets(NAMES))
def test_each_entry_is_good_for_one_finding_whatever_is_found(
    found: list[Entry], baseline: list[Entry], gone: set[str]
) -> None:
    known, left = match(found, baseline, lambda path: path not in gone)
    assert len(known) == len(found)
    assert known.count(True) + len(left) == len(baseline)
    assert match(baseline, baseline, lambda path: path not in gone) == ([True] * len(baseline), [])


def test_a_new_entry_is_a_new_line_in_its_place() -> None:
    one, two, three = (Entry(f"{name}.ipynb", "MLV204", "0") for name in "abc")
    before, after = (
        write_baseline(some).decode().splitlines() for some in ([one, three], [three, two, one])
    )
    assert [line for line in after if line not in before] == [
        '    {"notebook": "b.ipynb", "rule": "MLV204", "content": "0"},'
    ]
    assert [line for line in before if line not in after] == []
    assert json.loads("".join(after))["version"] == 1


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is not JSON (line 1)"),
        (b"{\n<<<<<<< HEAD\n", "is not JSON (line 2)"),
        (b"\xff", "is not UTF-8"),
        (b"[]", "is no baseline"),
        (b"3", "is no baseline"),
        (b"{}", "is no baseline"),
        (b'{"version": 2}', "is of another version of mlv: update it, or"),
        (b'{"version": 1}', "is no baseline"),
        (b'{"version": 1, "findings": 3}', "is no baseline"),
        (b'{"version": 1, "findings": [3]}', "is no baseline"),
        (b'{"version": 1, "findings": [{"rule": "MLV101"}]}', "is no baseline"),
        (
            b'{"version": 1, "findings": [{"notebook": 1, "rule": "a", "content": "b"}]}',
            "is no baseline",
        ),
        (b"[" * 100_000, "is no baseline"),
    ],
)
def test_a_broken_file_is_told_in_one_line_with_what_to_do(data: bytes, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_baseline(data, ".mlv-baseline.json")
    text = str(caught.value)
    assert text.startswith(f".mlv-baseline.json {what}")
    assert text.endswith("or write it anew: `mlv check --write-baseline`")
    assert text.isprintable()
