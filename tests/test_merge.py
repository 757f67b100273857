"""Both sides changed: the result holds what both did, or it is refused. Nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from edits import (
    STEPS,
    Cells,
    Model,
    apply,
    as_text,
    bases,
    check_nothing_lost,
    script_of,
)
from hypothesis import event, given
from hypothesis import strategies as st
from pairs import cells_of, code, document, encode, merge_text, script, settle, versions

from mlv_hooks.notebook import parse_notebook
from mlv_hooks.pair.align import align
from mlv_hooks.pair.merge import Conflict, Merged, merge_cells, metadata_edits

Steps = list[tuple[str, int, int]]


def merged(base: Cells, ours: Cells, theirs: Cells) -> list[Merged]:
    face = as_text(base)
    return merge_cells(face, face, as_text(ours), as_text(theirs), merge_text)


def result_of(base: Cells, ours: Cells, theirs: Cells) -> Cells | None:
    """Return the merged cells with their metadata, None when refused."""
    try:
        cells = merged(base, ours, theirs)
    except Conflict as conflict:
        assert "\n" not in conflict.what
        assert all(1 <= n <= max(len(ours), len(base)) for n in conflict.cells)
        return None
    origins = [one.origin for one in cells if one.origin is not None]
    assert len(origins) == len(set(origins)), "a cell of the notebook comes twice"
    return tuple(map(_model, cells, [ours] * len(cells)))


def _model(one: Merged, ours: Cells) -> Model:
    tags = {"tags": list(ours[one.origin].tags)} if one.origin is not None else {}
    tags |= dict(one.metadata_edits)
    lines = tuple(one.cell.source.split("\n")) if one.cell.source else ()
    return Model(one.cell.kind, lines, tuple(tags.get("tags") or ()))


# Any edits


@given(bases(), STEPS, STEPS)
def test_the_result_holds_both_sides_edits_or_is_refused(
    base: Cells, mine: Steps, other: Steps
) -> None:
    ours, theirs = apply(base, mine, "ours"), apply(base, other, "theirs")
    result = result_of(base, ours, theirs)
    event("refused" if result is None else "merged")
    if result is not None:
        check_nothing_lost(base, ours, theirs, result)


@given(bases(), STEPS)
def test_merging_with_an_unchanged_side_gives_exactly_the_other(base: Cells, steps: Steps) -> None:
    changed = apply(base, steps, "one")
    assert result_of(base, changed, base) == changed
    assert result_of(base, base, changed) == changed
    assert result_of(base, base, base) == base
    assert [one.origin for one in merged(base, changed, base)] == list(range(len(changed)))


@given(bases(), STEPS)
def test_merging_the_same_edits_gives_them_once(base: Cells, steps: Steps) -> None:
    changed = apply(base, steps, "one")
    assert result_of(base, changed, changed) == changed


@given(bases(), STEPS, STEPS)
def test_the_sides_may_be_exchanged(base: Cells, mine: Steps, other: Steps) -> None:
    ours, theirs = apply(base, mine, "ours"), apply(base, other, "theirs")
    assert result_of(base, ours, theirs) == result_of(base, theirs, ours)


@given(bases(), STEPS, STEPS)
def test_a_merge_is_the_same_each_time(base: Cells, mine: Steps, other: Steps) -> None:
    ours, theirs = apply(base, mine, "ours"), apply(base, other, "theirs")
    assert result_of(base, ours, theirs) == result_of(base, ours, theirs)


@given(st.integers(3, 8), st.data())
def test_edits_of_cells_that_are_not_neighbours_are_never_refused(
    count: int, data: st.DataObject
) -> None:
    base = tuple(Model("code", (f"first{n} = 1", f"second{n} = 2")) for n in range(count))
    one = data.draw(st.integers(0, count - 1))
    two = data.draw(st.sampled_from([n for n in range(count) if abs(n - one) > 1] or [None]))
    if two is None:
        return
    kinds = st.sampled_from(["change line", "add line", "delete line", "add tag", "change kind"])
    step = st.tuples(kinds, st.integers(0, 9))
    (mine, where), (other, there) = data.draw(step), data.draw(step)
    ours = apply(base, [(mine, one, where)], "ours")
    theirs = apply(base, [(other, two, there)], "theirs")
    result = result_of(base, ours, theirs)
    expected = [ours[n] if n == one else theirs[n] for n in range(count)]
    assert result == tuple(expected)


# From end to end: the notebook's bytes, the script's text


def as_notebook(cells: Iterable[Model]) -> bytes:
    def cell(number: int, one: Model) -> dict[str, object]:
        metadata = {"tags": list(one.tags)} if one.tags else {}
        if one.kind == "code":
            return code(one.text, out=one.text, count=number, metadata=metadata)
        return {"cell_type": one.kind, "source": one.text, "metadata": metadata}

    return encode(document(*(cell(number, one) for number, one in enumerate(cells, 1))))


def cells_in(data: bytes) -> Cells:
    def model(kind: str, source: str, metadata: Mapping[str, Any]) -> Model:
        lines = tuple(source.split("\n")) if source else ()
        return Model(kind, lines, tuple(metadata.get("tags", ())))

    parsed = parse_notebook(data)
    return tuple(model(one.kind, one.source, one.metadata) for one in parsed.cells)


@given(bases(), STEPS, STEPS)
def test_a_notebook_and_a_script_edited_as_text_lose_nothing(
    base: Cells, mine: Steps, other: Steps
) -> None:
    data = as_notebook(base)
    header = script(encode(document())).decode() + "\n"
    ours, theirs = apply(base, mine, "ours"), apply(base, other, "theirs")
    mine_data = as_notebook(ours)
    text = script_of(header, theirs).encode()
    try:
        settled = settle(mine_data, text, versions(data))
    except Conflict:
        event("refused")
        return
    event(settled.status.value)
    result = cells_in(settled.notebook)
    check_nothing_lost(base, ours, theirs, result)
    for cell in result:
        for line in cell.lines:
            assert line in settled.script, "the script lacks what the notebook says"
    if theirs == base and ours == base:
        assert settled.notebook == data
    if ours == base:
        assert result == theirs
    if theirs == base:
        assert settled.notebook == mine_data
    check_outputs(ours, result, settled.notebook)


def check_outputs(ours: Cells, result: Cells, data: bytes) -> None:
    """A code cell that came through as it was has its output still, and no other cell's."""
    shown = {}
    for cell, found in zip(cells_of(data), result, strict=True):
        texts = ["".join(output["text"]) for output in cell.get("outputs", [])]
        if found.kind == "code" and found.lines:
            shown.setdefault(found.text, []).extend(texts)
            assert set(texts) <= {found.text}, "an output stands under another source"
    for cell in ours:
        mine = [one for one in ours if one.text == cell.text]
        theirs = [one for one in result if one.text == cell.text]
        if (
            cell.kind == "code"
            and cell.lines
            and len(mine) == len(theirs) == 1 == len([one for one in theirs if one.kind == "code"])
        ):
            assert shown[cell.text] == [cell.text], "an output is lost"


# By name: what people do


def cells(*texts: str) -> Cells:
    return tuple(Model("code", tuple(text.split("\n"))) for text in texts)


A, B, C, D = ("a = load('a.csv')\nclean(a)", "b = fit(a, depth=3)", "plot(b)", "save(b, 'b.pkl')")


def test_edits_of_neighbouring_cells_are_merged() -> None:
    result = result_of(cells(A, B, C), cells(A + "\nx", B, C), cells(A, B + "\ny", C))
    assert result == cells(A + "\nx", B + "\ny", C)


def test_edits_of_different_lines_of_a_cell_are_merged() -> None:
    long = "one = 1\ntwo = 2\nthree = 3\nfour = 4"
    result = result_of(
        cells(long), cells(long.replace("= 1", "= 10")), cells(long.replace("= 4", "= 40"))
    )
    assert result == cells("one = 10\ntwo = 2\nthree = 3\nfour = 40")


@pytest.mark.parametrize(
    ("ours", "theirs", "says"),
    [
        (cells("a = 5", B, C), cells("a = 6", B, C), "both sides changed the same lines"),
        (cells(B, C), cells(A + "\nx", B, C), "dropped or moved a cell that the script changed"),
        (cells(A + "\nx", B, C), cells(B, C), "dropped or moved a cell that the notebook changed"),
        (cells(A, D, B, C), cells(A, "e = 5", B, C), "both sides added cells in the same place"),
        (cells(A, D, B, C), cells(A, B, D, C), "both sides put a cell in different places"),
        (cells(B, C, A), cells(B, C), "one side dropped a cell that the other moved"),
        (cells(B, C), cells(B, C, A), "one side dropped a cell that the other moved"),
        (cells(B, C, A), cells(A + "\nx", B, C), "dropped or moved a cell that the script"),
        (cells("a = load('a.csv')", "clean(a)", B, C), cells(B, C), "changed"),
        (cells(A, B), cells(A, B + "\n" + C), "each side changed lines that the other moved"),
    ],
    ids=str,
)
def test_what_cannot_be_decided_is_refused(ours: Cells, theirs: Cells, says: str) -> None:
    with pytest.raises(Conflict) as caught:
        merged(cells(A, B, C), ours, theirs)
    assert says in caught.value.what


def test_a_cell_that_both_sides_moved_elsewhere_is_refused() -> None:
    with pytest.raises(Conflict, match="different places"):
        merged(cells(A, B, C, D), cells(B, C, D, A), cells(B, C, A, D))


def test_the_same_move_on_both_sides_comes_once() -> None:
    moved = cells(B, C, D, A)
    assert result_of(cells(A, B, C, D), moved, moved) == moved


def test_moves_that_agree_are_both_done() -> None:
    assert result_of(cells(A, B, C), cells(B, C, A), cells(B, A, C)) == cells(B, C, A)


def test_a_cell_that_the_script_moved_continues_the_notebook_s() -> None:
    result = merged(cells(A, B, C), cells(A, B, C), cells(B, C, A))
    assert [one.origin for one in result] == [1, 2, 0]


def test_a_cell_that_the_script_moved_and_changed_a_little_continues_the_notebook_s() -> None:
    result = merged(cells(A, B, C), cells(A, B, C), cells(B, C, A + "\nx"))
    assert [one.origin for one in result] == [1, 2, 0]
    assert result[2].cell.source == A + "\nx"


def test_the_notebook_moves_a_cell_and_the_script_edits_another() -> None:
    result = result_of(cells(A, B, C, D), cells(B, C, A, D), cells(A, B, C, D + "\nx"))
    assert result == cells(B, C, A, D + "\nx")


def test_the_script_moves_a_cell_and_the_notebook_edits_another() -> None:
    result = result_of(cells(A, B, C, D), cells(A, B, C, D + "\nx"), cells(B, C, A, D))
    assert result == cells(B, C, A, D + "\nx")


def test_both_sides_add_the_same_cell_and_it_comes_once_with_both_sides_metadata() -> None:
    tagged = Model("code", tuple(D.split("\n")), ("keep",))
    result = result_of(cells(A, B), cells(A, D, B), (*cells(A), tagged, *cells(B)))
    assert result == (*cells(A), tagged, *cells(B))


def test_of_equal_cells_the_one_that_was_edited_is_found() -> None:
    same = "plt.show()"
    found = align(
        as_text(cells(same, same, same)).cells,
        as_text(cells(same, "plt.show(block=1)", same)).cells,
    )
    assert found == [0, 1, 2]


def test_of_equal_cells_the_one_that_was_deleted_takes_only_its_own() -> None:
    same = "plt.show()"
    base = cells(A, same, B, same, C, same)
    found = align(as_text(base).cells, as_text(cells(A, same, B, C, same)).cells)
    assert found == [0, 1, 2, None, 3, 4]


def test_a_cell_that_changes_its_kind_is_followed() -> None:
    base = cells(A, B)
    changed = (Model("markdown", base[0].lines), base[1])
    result = merged(base, base, changed)
    assert [(one.origin, one.cell.kind) for one in result] == [(0, "markdown"), (1, "code")]


def test_a_cell_that_moved_as_it_was_is_not_taken_for_one_that_was_joined_to_another() -> None:
    base = cells(A, B, C, D)
    result = merged(base, base, cells(C, A, B + "\n" + C, D))
    assert result[0].origin == 2


def test_a_deleted_cell_does_not_hand_its_place_to_the_next_one() -> None:
    found = align(as_text(cells(A, B, C)).cells, as_text(cells(B + "\nx", C + "\ny", D)).cells)
    assert found[1] == 0
    assert found[0] != 0


def test_a_rewritten_cell_keeps_its_place() -> None:
    assert align(as_text(cells(A, B, C)).cells, as_text(cells(A, "q", C)).cells) == [0, 1, 2]


def test_a_thousand_rewritten_cells_are_aligned_in_a_moment() -> None:
    old = as_text(cells(*(f"x{n} = {n}" for n in range(1000)))).cells
    new = as_text(cells(*(f"{n} + y" for n in range(1000)))).cells
    assert align(old, new) == list(range(1000))


def test_a_script_that_a_formatter_changed_is_compared_with_itself() -> None:
    base_notebook, base_script = cells("plot(x);", A), cells("plot(x)", A)
    mine = as_text(cells("plot(x);", A + "\nx"))
    result = merge_cells(
        as_text(base_notebook), as_text(base_script), mine, as_text(base_script), merge_text
    )
    assert [one.cell.source for one in result] == ["plot(x);", A + "\nx"]


# Metadata


def test_metadata_edits_are_those_of_the_script_s_side() -> None:
    base, theirs = {"a": 1, "b": 2, "c": 3}, {"a": 5, "c": 3, "d": 4}
    assert metadata_edits(base, theirs, base, base) == {"a": 5, "b": None, "d": 4}


def test_the_notebook_s_own_metadata_edits_stay() -> None:
    assert metadata_edits({"a": 1}, {"a": 1}, {"a": 1}, {"a": 7}) == {}
    assert metadata_edits({"a": 1}, {"a": 7}, {"a": 1}, {"a": 7}) == {}


def test_different_edits_of_one_key_are_refused() -> None:
    with pytest.raises(Conflict, match="both sides changed 'a'"):
        metadata_edits({"a": 1}, {"a": 2}, {"a": 1}, {"a": 3}, [4])


def test_true_and_one_are_different_values() -> None:
    assert metadata_edits({"a": 1}, {"a": True}, {"a": 1}, {"a": 1}) == {"a": True}
    base, ours = {"a": [{"b": 1}]}, {"a": [{"b": 1}]}
    assert metadata_edits(base, {"a": [{"b": 1.0}]}, ours, ours) == {"a": [{"b": 1.0}]}
