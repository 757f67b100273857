"""Random notebooks and random edits of them, every line of which can be told from all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from hypothesis import strategies as st

from mlv_hooks.pair.script import ScriptText, TextCell


@dataclass(frozen=True)
class Model:
    """A cell as the tests think of it."""

    kind: str
    lines: tuple[str, ...]
    tags: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


Cells = tuple[Model, ...]

KINDS = ("code", "markdown", "raw")
SAME = ("plt.show()",)
"""What several cells of a notebook hold alike."""

OPERATIONS = [
    "change line",
    "add line",
    "delete line",
    "move line",
    "add cell",
    "add empty cell",
    "add equal cell",
    "delete cell",
    "move cell",
    "duplicate cell",
    "split cell",
    "merge cells",
    "empty cell",
    "change kind",
    "add tag",
    "delete tag",
]
STEP = st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 99), st.integers(0, 99))
STEPS = st.lists(STEP, max_size=4)


@st.composite
def bases(draw: st.DrawFn) -> Cells:
    numbers = count()
    cells = []
    for _ in range(draw(st.integers(0, 6))):
        shape = draw(st.sampled_from(["unique", "unique", "unique", "unique", "equal", "empty"]))
        kind = draw(st.sampled_from(KINDS))
        length = draw(st.integers(1, 6))
        unique = tuple(f"base{next(numbers)} = {n * n}" for n in range(length))
        tags = (f"tag{next(numbers)}",) if draw(st.booleans()) else ()
        lines = {"unique": unique, "equal": SAME, "empty": ()}[shape]
        cells.append(Model("code" if shape == "equal" else kind, lines, tags))
    return tuple(cells)


def apply(cells: Cells, steps: Iterable[tuple[str, int, int]], who: str) -> Cells:
    """Return the cells after the edits of ``who``; what cannot be done there is left out."""
    result, names = list(cells), (f"{who}{n}" for n in count())
    for operation, one, two in steps:
        if operation.startswith("add ") and operation.endswith("cell"):
            lines = {"add cell": (f"{next(names)} = new",), "add equal cell": SAME}
            kind = "code" if operation == "add equal cell" else KINDS[two % 3]
            result.insert(one % (len(result) + 1), Model(kind, lines.get(operation, ())))
        elif result:
            _apply_to_one(result, operation, one % len(result), two, f"{next(names)} = edit")
    return tuple(result)


def _apply_to_one(result: list[Model], operation: str, at: int, two: int, new: str) -> None:
    cell = result[at]
    line = two % max(len(cell.lines), 1)
    before, after = cell.lines[:line], cell.lines[line + 1 :]
    if operation == "delete cell":
        del result[at]
    elif operation == "move cell":
        del result[at]
        result.insert(two % (len(result) + 1), cell)
    elif operation == "duplicate cell":
        result.insert(two % (len(result) + 1), cell)
    elif operation == "merge cells" and at + 1 < len(result):
        result[at : at + 2] = [replace(cell, lines=cell.lines + result[at + 1].lines)]
    elif operation == "split cell" and line:
        rest = Model(cell.kind, cell.lines[line:])
        result[at : at + 1] = [replace(cell, lines=before), rest]
    elif operation == "add line":
        result[at] = replace(cell, lines=(*before, new, *cell.lines[line:]))
    elif operation == "add tag":
        result[at] = replace(cell, tags=(*cell.tags, new.split()[0]))
    elif operation == "delete tag":
        result[at] = replace(cell, tags=cell.tags[1:])
    elif operation == "change kind":
        result[at] = replace(cell, kind=KINDS[two % 3])
    elif operation == "empty cell":
        result[at] = replace(cell, lines=())
    elif cell.lines:
        lines = {"change line": (*before, new, *after), "delete line": (*before, *after)}
        moved = (*after, cell.lines[line], *before)
        result[at] = replace(cell, lines=lines.get(operation, moved))


def as_text(cells: Cells) -> ScriptText:
    def metadata(cell: Model) -> dict[str, object]:
        return {"tags": list(cell.tags)} if cell.tags else {}

    return ScriptText(tuple(TextCell(one.kind, one.text, metadata(one)) for one in cells), {})


def lines_of(cells: Iterable[Model]) -> Counter[str]:
    return Counter(line for cell in cells for line in cell.lines)


def tags_of(cells: Iterable[Model]) -> Counter[str]:
    return Counter(tag for cell in cells for tag in cell.tags)


def kinds_of(cells: Iterable[Model]) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for cell in cells:
        for line in cell.lines:
            kinds.setdefault(line, set()).add(cell.kind)
    return kinds


def check_nothing_lost(base: Cells, ours: Cells, theirs: Cells, result: Cells) -> None:
    """Fail unless ``result`` holds what both sides did: the meaning of "never a silent loss".

    Every line and tag but those that cells share by design is unique, so that counting tells.
    """
    was, mine, other, got = (lines_of(one) for one in (base, ours, theirs, result))
    for line in {*was, *mine, *other, *got} - set(SAME):
        _check_count(line, was[line], mine[line], other[line], got[line])
    _check_tags(base, ours, theirs, result)
    _check_equal_cells(base, ours, theirs, result)
    _check_kinds(base, ours, theirs, result)


def _check_count(name: str, was: int, mine: int, other: int, got: int) -> None:
    if not was:
        assert got == mine + other, f"{name} is new on one side, and comes {got} times"
    elif mine == was or other == was:
        changed = other if mine == was else mine
        assert got == changed, f"{name}: one side made it {changed} of {was}, it comes {got} times"
    elif mine == 0 and other == 0:
        assert got == 0, f"{name} is gone on both sides"
    else:
        assert got <= mine + other - was or got <= max(mine, other), f"{name} comes too often"
        assert got >= min(mine, other), f"{name} comes too rarely"


def _check_equal_cells(base: Cells, ours: Cells, theirs: Cells, result: Cells) -> None:
    was, mine, other, got = (lines_of(one)[SAME[0]] for one in (base, ours, theirs, result))
    if mine == was or other == was or (mine > was) != (other > was):
        lowest = highest = mine + other - was
    else:
        ends = (mine + other - was, max(mine, other) if mine > was else min(mine, other))
        lowest, highest = min(ends), max(ends)
    assert lowest <= got <= highest, "equal cells are lost, or come from nowhere"


def _check_kinds(base: Cells, ours: Cells, theirs: Cells, result: Cells) -> None:
    """A kind that a side changed is changed; one that nobody changed is not."""
    was, mine, other, got = (kinds_of(one) for one in (base, ours, theirs, result))
    copied = lines_of(ours) + lines_of(theirs)
    for line in set(got) & set(was) - set(SAME):
        if copied[line] > 2:
            continue  # each copy may have become something else
        changed = [one for one in (mine.get(line), other.get(line)) if one and one != was[line]]
        if changed:
            assert not got[line] & was[line], f"{line} is {got[line]} still, not {changed}"
        else:
            assert got[line] == was[line], f"{line} became {got[line]}"


def _check_tags(base: Cells, ours: Cells, theirs: Cells, result: Cells) -> None:
    was, mine, other, got = (tags_of(one) for one in (base, ours, theirs, result))
    for tag in {*was, *mine, *other, *got}:
        before = _cells_with(tag, base)
        # Empty and equal cells cannot be told apart.
        whole = all(lines not in ((), SAME) for lines, _ in before)
        if whole and all(_cells_with(tag, one) in ([], before) for one in (ours, theirs)):
            _check_count(tag, was[tag], mine[tag], other[tag], got[tag])
        else:  # the cell that has it was rewritten, moved or copied
            assert got[tag] <= mine[tag] + other[tag], f"{tag} comes from nowhere"
            both = tag in mine and tag in other
            new = tag not in was
            assert got[tag] or not (both or new), f"{tag} is lost"


def _cells_with(tag: str, cells: Cells) -> list[tuple[tuple[str, ...], int]]:
    """Return what the cells with a tag say, and how many cells say that."""
    found = [cell.lines for cell in cells if tag in cell.tags]
    return [(lines, sum(cell.lines == lines for cell in cells)) for lines in found]


def script_of(header: str, cells: Sequence[Model]) -> str:
    """Return a script as a person types it, without jupytext."""
    parts = []
    for cell in cells:
        tags = f" tags={list(cell.tags)}".replace("'", '"') if cell.tags else ""
        mark = "" if cell.kind == "code" else f" [{cell.kind}]"
        comment = "" if cell.kind == "code" else "# "
        lines = [f"{comment}{line}".rstrip() for line in cell.lines] or ["#"] * bool(comment)
        parts.append("\n".join([f"# %%{mark}{tags}", *lines]) + "\n")
    return header + "\n".join(parts)
