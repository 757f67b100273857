"""Fixes as values: what each rule offers, and a notebook's bytes once they are made."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cells_support import cell, notebook
from hypothesis import given
from hypothesis import strategies as st
from users import ROOT

from mlv_hooks.checks.fixes import (
    ROUNDS,
    Mended,
    apply_fixes,
    edited,
    lines_of,
    mend,
    proved,
    tag_off,
    tag_on,
)
from mlv_hooks.checks.linter import Subject, lint
from mlv_hooks.checks.selection import Choice
from mlv_hooks.config import Settings, parse_settings
from mlv_hooks.content import Content
from mlv_hooks.diagnostics import Diagnostic, Fix, ListEdit, Location, TextEdit
from mlv_hooks.notebook import parse_notebook
from mlv_hooks.pair.pairing import Outcome, Status
from mlv_hooks.rules import FIXES, Rule, all_rules, find_rule

PATH = "train.ipynb"
FIXTURES = ROOT / "fixtures" / "rules"
FIXABLE = [one for one in all_rules() if one.fix != "none"]
BAD = [case for one in FIXABLE for case in sorted((FIXTURES / one.code / "bad").iterdir())]
BY_HAND = {
    "MLV102": "the values move to the first cell",
    "MLV202": "the cell is split",
    "MLV203": "the cell is split, or looks at a copy",
    "MLV204": "the cell is split",
}
"""Where people do better than the fix: what they do instead."""

Look = Callable[[bytes], list[Diagnostic]]


def looking(settings: Settings = Settings(), choice: Choice = Choice()) -> Look:  # noqa: B008
    def look(data: bytes) -> list[Diagnostic]:
        content = Content(lambda: data)
        subject = Subject(PATH, Outcome(PATH, None, Status.IN_SYNC), content)
        return proved(lint([subject], lambda path: settings, choice), content, settings)

    return look


def mended(data: bytes, look: Look, *, unsafe: bool = False) -> Mended | None:
    def wanted(one: Diagnostic) -> bool:
        return one.fix is not None and (one.fix.safe or unsafe)

    return mend(PATH, data, look(data), look, wanted)


def of_case(case: Path) -> tuple[bytes, Look]:
    """Return the notebook of a fixture, and a look at it by the rules that it is about."""
    select = case / "select.json"
    codes = json.loads(select.read_text()) if select.exists() else [case.parts[-3]]
    text = (case / "mlv.toml").read_text() if (case / "mlv.toml").exists() else ""
    look = looking(parse_settings(text, "mlv.toml"), Choice(select=tuple(codes)))
    return (case / PATH).read_bytes(), look


def named(case: Path) -> str:
    return f"{case.parts[-3]}-{case.name}"


# --- every rule


@pytest.mark.parametrize("case", BAD, ids=named)
def test_once_fixed_a_place_has_no_such_finding_and_nothing_is_left_to_fix(case: Path) -> None:
    data, look = of_case(case)
    code = case.parts[-3]
    able = {one.location[1:3] for one in look(data) if one.fix and one.code == code}

    done = mended(data, look, unsafe=True)

    assert (done is not None) == bool(able)
    if done is None:
        return
    assert {one.location[1:3] for one in done.fixed if one.code == code} >= able
    assert not able & {one.location[1:3] for one in look(done.new) if one.code == code}
    assert mended(done.new, look, unsafe=True) is None
    assert outside(data) == outside(done.new)


def outside(data: bytes) -> Any:
    """Return what of a notebook no fix is about."""
    document = json.loads(data)
    for one in document["cells"]:
        del one["source"]
        one["metadata"].pop("tags", None)
    document["metadata"].pop("mlv", None)
    return document


@pytest.mark.parametrize("one", FIXABLE, ids=lambda one: one.code)
def test_a_rule_offers_the_fixes_that_its_page_speaks_of(one: Rule) -> None:
    found = []
    for case in (FIXTURES / one.code / "bad").iterdir():
        data, look = of_case(case)
        found += [each.fix for each in look(data) if each.code == one.code and each.fix]
    offered = {"safe" if fix.safe else "unsafe" for fix in found}
    assert offered == ({"safe", "unsafe"} if one.fix == "either" else {one.fix})
    assert all(fix.edits and fix.message.isprintable() for fix in found)
    assert f"\nFix: {FIXES[one.fix]}.\n" in one.page


def test_no_other_rule_offers_a_fix() -> None:
    others = {one.code for one in all_rules()} - {one.code for one in FIXABLE}
    for case in (case for code in others for case in (FIXTURES / code / "bad").iterdir()):
        if (case / PATH).exists():
            data, look = of_case(case)
            assert not any(one.fix for one in look(data) if one.code in others), case


@pytest.mark.parametrize("case", BAD, ids=named)
def test_what_a_rule_shows_as_fixed_is_what_its_fix_gives(case: Path) -> None:
    fixed = case.parent.parent / "fixed" / case.name / PATH
    rule = find_rule(case.parts[-3])
    if not fixed.exists() or rule is None:
        return
    data, look = of_case(case)
    done = mended(data, look, unsafe=True)
    same = done is not None and done.new == fixed.read_bytes()
    assert same == (rule.code not in BY_HAND)


# --- bytes

CELLS = st.lists(
    st.tuples(
        st.sampled_from(["code", "markdown", "raw"]),
        st.lists(st.sampled_from(["x = 1", "é", "", "# no"]), max_size=3).map("\n".join),
        st.sampled_from([{}, {"name": "a"}, {"tags": ["é", "b"]}, {"tags": ["b"], "zoom": [1, 2]}]),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


@given(
    cells=CELLS,
    indent=st.sampled_from([None, 1, 2, "\t"]),
    eol=st.sampled_from(["\n", "\r\n"]),
    ascii_=st.booleans(),
    minor=st.sampled_from([2, 4, 5]),
    keys=st.booleans(),
)
def test_a_tag_given_and_taken_leaves_every_byte_as_it_was(
    cells: list[Any], indent: Any, eol: str, ascii_: bool, minor: int, keys: bool
) -> None:
    made = []
    for number, (kind, source, metadata, listed) in enumerate(cells):
        one = {"source": source.splitlines(True) if listed else source, "metadata": metadata}
        code = {"outputs": [{"output_type": "stream", "text": "x"}], "execution_count": 3}
        own = {"id": f"c{number}"} if minor == 5 else {}
        made.append({"cell_type": kind} | own | one | (code if kind == "code" else {}))
    document = {"metadata": {"a": 1}, "cells": made, "nbformat": 4, "nbformat_minor": minor}
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_, sort_keys=keys) + "\n"
    data = text.replace("\n", eol).encode()

    on = [each for number in range(1, len(cells) + 1) for each in tag_on("new", number).edits]
    off = [each for number in range(1, len(cells) + 1) for each in tag_off("new", number).edits]
    there = edited(parse_notebook(data), on)

    assert [one["metadata"]["tags"][-1] for one in json.loads(there)["cells"]] == ["new"] * len(on)
    assert edited(parse_notebook(there), off) == data
    assert there.count(b"\r\n") == there.count(b"\n") * (eol == "\r\n")
    assert edited(parse_notebook(data), off) == data
    assert edited(parse_notebook(there), on) == there


def test_text_is_replaced_by_lines_and_columns_whatever_the_line_ends() -> None:
    source = "a = 1\r\nb = 22\rc = 3\n\nd"
    assert lines_of(source) == ["a = 1\r\n", "b = 22\r", "c = 3\n", "\n", "d"]
    data = notebook(cell(source))
    edits = [TextEdit(1, 2, 5, 2, 7, "four"), TextEdit(1, 3, 1, 4, 1), TextEdit(1, 5, 2, 5, 2, "!")]
    (after,) = parse_notebook(edited(parse_notebook(data), edits)).cells
    assert after.source == "a = 1\r\nb = four\r\nd!"


def test_of_fixes_that_meet_the_first_is_made_and_equal_ones_are_one() -> None:
    first, same, other = tag_on("a", 1), tag_on("a", 1)._replace(safe=False), tag_off("a", 1)
    beside, far = tag_on("b", 1), tag_off("a", 2)
    text, touching = (Fix("", (TextEdit(1, 1, n, 1, n + 2, "x"),)) for n in (1, 3))
    apart = Fix("", (TextEdit(1, 1, 6, 1, 7, "y"),))
    book = parse_notebook(notebook(cell("abcdefg"), cell("", "a")))

    data, made = apply_fixes(book, [first, same, other, beside, far, text, touching, apart])

    assert made == {first, same, beside, far, text, apart}
    one, two = parse_notebook(data).cells
    assert (one.source, one.metadata["tags"]) == ("xcdeyg", ["a", "b"])
    assert two.metadata == {}


# --- suppressions


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1  # mlv: ignore[MLV204]\nb", "a = 1\nb"),
        ("a = 1  # mlv: ignore[MLV204] as we know", "a = 1"),
        ("a = 1  # mlv: ignore[MLV204, MLV202] why", "a = 1"),
        ("a = 1  # type: ignore  # mlv: ignore[MLV204]", "a = 1  # type: ignore"),
        ("a = 1  # mlv: ignore[MLV204]  # type: ignore", "a = 1  # type: ignore"),
        ("# mlv: ignore[MLV204]", ""),
        ("# mlv: ignore[MLV204]\na", "a"),
        ("a\n# mlv: ignore[MLV204]", "a"),
        ("a\n\n# mlv: ignore[MLV204]\n", "a\n\n"),
        ("if a:\n    # mlv: ignore[MLV204]\n    b", "if a:\n    b"),
        ("a\r\nb  # mlv: ignore[MLV204]\r\nc", "a\r\nb\r\nc"),
        ("!ls  # mlv: ignore[MLV204]\na", "!ls\na"),
        ("a  # mlv: ignore[MLV204]\nb  # mlv: ignore[MLV204]", "a\nb"),
        ("a  # mlv: ignore[MLV404, MLV204]", "a"),
        # Slips stay: somebody meant something else.
        ("a  # mlv: ignore[MLV999, MLV204]", "a  # mlv: ignore[MLV999]"),
        ("a  # mlv: ignore", "a  # mlv: ignore"),
        ("a  # mlv: ignore[no-effect-binds]", "a  # mlv: ignore[no-effect-binds]"),
    ],
)
def test_a_comment_without_use_goes_and_what_stands_beside_it_stays(
    source: str, expected: str
) -> None:
    data = notebook(cell(source))
    done = mended(data, looking(choice=Choice(select=("MLV014", "MLV2"))))
    after = parse_notebook(done.new if done else data)
    assert after.cells[0].source == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["mlv:ignore=MLV204"], []),
        (["slow", "mlv: ignore=MLV204", "fast"], ["slow", "fast"]),
        (["mlv:", "ignore=MLV204"], []),
        (["mlv:", "ignore=MLV202,", "MLV204", "slow"], ["slow"]),
        (["mlv:", "ignore=MLV107", "MLV204", "slow"], ["slow", "mlv:ignore=MLV107"]),
        (["mlv: ignore=MLV204", "mlv:ignore=MLV202"], []),
        # A tag that says more is not ours to cut.
        (["mlv:ignore=MLV204 because"], ["mlv:ignore=MLV204 because"]),
        (["mlv: ignore=MLV999"], ["mlv: ignore=MLV999"]),
    ],
)
def test_a_tag_without_use_goes_in_each_form_that_jupyter_keeps(
    tags: list[str], expected: list[str]
) -> None:
    data = notebook(cell("idle = 1", "parameters", *tags))
    done = mended(data, looking(choice=Choice(select=("MLV014", "MLV1", "MLV2"))))
    after = parse_notebook(done.new if done else data)
    assert after.cells[0].metadata.get("tags", []) == ["parameters", *expected]


def test_metadata_without_use_go_and_the_rest_of_them_stay() -> None:
    look = looking(choice=Choice(select=("MLV014", "MLV1")))
    for own, expected in (
        ({"ignore": ["MLV101"]}, None),
        ({"ignore": ["MLV101", "MLV107"]}, {"ignore": ["MLV107"]}),
        ({"step": False, "ignore": ["MLV101"]}, {"step": False}),
    ):
        done = mended(notebook(cell("idle = 1", "parameters"), mlv=own), look)
        assert done is not None
        assert parse_notebook(done.new).metadata.get("mlv") == expected


IGNORE = "# mlv: ignore[MLV204]"
LINES = ["a = 1", f"a = 1  {IGNORE}", f"{IGNORE} x", "# mlv: ignore[MLV202, MLV204]", "# x", ""]
LINES += [
    "if a:",
    f"    b = 2  {IGNORE}",
    f"    {IGNORE}",
    "a = (",
    f")  {IGNORE}",
    "'''",
    "%%time",
]
LINES += [f"!ls  {IGNORE}", f"%cd x  {IGNORE}", f"a = \\\n 1  {IGNORE}  # type: ignore"]


@given(st.lists(st.sampled_from(LINES), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_taking_a_comment_out_changes_no_statement(lines: list[str], eol: str) -> None:
    source = eol.join(lines)
    data = notebook(cell(source))
    done = mended(data, looking(choice=Choice(select=("MLV014", "MLV2"))))
    if done is None:
        return
    before, after = (Content(partial(bytes, one)).source(1) for one in (data, done.new))
    assert ast.dump(before.tree) == ast.dump(after.tree)
    assert "mlv: ignore" not in after.text or "mlv: ignore" in ast.dump(after.tree)


# --- what is proved

LEGACY = "# No effect\n"


def test_what_looks_share_gets_the_tag_only_when_all_of_them_get_it() -> None:
    everywhere = parse_settings('require-no-effect = "all"', "mlv.toml")
    look = looking(everywhere)
    shared, shown = cell("import math\nhalf = math.pi / 2"), "print(half)"
    rest = cell('open("a.txt", "w")')
    done = mended(notebook(shared, cell(shown), rest), look)
    assert done is not None
    assert tags_of(done.new) == [["no-effect"], ["no-effect"], []]

    kept = notebook(shared, cell(shown, "mlv:ignore=MLV205"), cell("print(1)"), rest)
    assert [(one.location.cell, bool(one.fix)) for one in look(kept)] == [(1, False), (3, True)]
    done = mended(kept, look, unsafe=True)
    assert done is not None
    assert tags_of(done.new) == [[], ["mlv:ignore=MLV205"], ["no-effect"], []]


def tags_of(data: bytes) -> list[list[str]]:
    return [one.metadata.get("tags", []) for one in parse_notebook(data).cells]


def test_a_comment_of_mlv_tools_becomes_the_tag_safely_where_it_is_proved() -> None:
    data = notebook(
        cell(f"{LEGACY}half = 1 / 2"),
        cell(f"# Title\n{LEGACY}print(half)"),
        cell(f"{LEGACY}thing.show(1)"),
        cell(f'{LEGACY}open("a.txt", "w")'),
        cell(f"{LEGACY}used = 1"),
        cell("thing.use(used)"),
    )
    look = looking(choice=Choice(select=("MLV2",), ignore=("MLV206",)))
    fixes = {one.location.cell: one.fix for one in look(data) if one.code == "MLV207"}
    assert {number: fix and fix.safe for number, fix in fixes.items()} == {
        **{1: True, 2: True, 3: False},
        **{4: None, 5: None},  # MLV204 and MLV202 would take the tag off again
    }
    safe, all_ = mended(data, look), mended(data, look, unsafe=True)
    assert safe is not None and all_ is not None
    assert [bool(one) for one in tags_of(safe.new)] == [True, True, False, False, False, False]
    assert [bool(one) for one in tags_of(all_.new)] == [True, True, True, False, False, False]
    assert [one.source for one in parse_notebook(all_.new).cells][:4] == [
        "half = 1 / 2",
        "# Title\nprint(half)",
        "thing.show(1)",
        f'{LEGACY}open("a.txt", "w")',
    ]


def test_a_docstring_that_declares_parameters_is_no_look() -> None:
    everywhere = parse_settings('require-no-effect = "all"', "mlv.toml")
    data = notebook(cell("'''\n:dvc-out: a.txt\n'''"), cell("print(1)"))
    done = mended(data, looking(everywhere))
    assert done is not None
    assert tags_of(done.new) == [["parameters"], ["no-effect"]]


def test_two_fixes_that_undo_each_other_come_to_an_end() -> None:
    data = notebook({**cell("x"), "metadata": {}})
    looks = []

    def look(now: bytes) -> list[Diagnostic]:
        looks.append(now)
        fix = tag_off("a", 1) if tags_of(now)[0] else tag_on("a", 1)
        return [Diagnostic("MLV205", "", Location(PATH, 1), fix)]

    done = mend(PATH, data, look(data), look, lambda one: True)

    assert len(looks) == ROUNDS + 1
    assert done is None, "ten rounds end where they began"


def test_words_of_a_list_keep_their_order() -> None:
    book = parse_notebook(notebook(cell("x", "c", "a", "b")))
    data = edited(book, [ListEdit(1, ("tags",), add=("a", "d"), remove=("c",))])
    assert tags_of(data) == [["a", "b", "d"]]
