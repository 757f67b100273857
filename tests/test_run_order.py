"""Which cells were run before those that they build on, and in which words that is told."""

from __future__ import annotations

import pytest
from cells_support import cell, checked, notebook


def told(*cells: tuple[int, str]) -> list[tuple[int | None, str]]:
    data = notebook(*({**cell(source), "execution_count": count} for count, source in cells))
    found = [one for one in checked(data) if one.code == "MLV502"]
    return [(one.location.cell, one.message.partition(", whose ")[2]) for one in found]


@pytest.mark.parametrize(
    ("names", "spoken"),
    [
        ("a", "a"),
        ("a b", "a and b"),
        ("a b c", "a, b and c"),
        ("a b c d", "a, b and 2 more"),
    ],
)
def test_a_cell_is_told_once_with_the_names_that_it_uses(names: str, spoken: str) -> None:
    first = "\n".join(f"{name} = 1" for name in names.split())
    assert told((9, first), (2, f"print({', '.join(names.split())})"), (3, "print(a)")) == [
        (2, f"{spoken} it uses: restart the kernel and run all cells")
    ]


@pytest.mark.parametrize(
    ("first", "is_told"),
    [
        ("import json", False),
        ("import os.path as json\nimport re", False),
        ("import json\nrate = 1", False),
        ("import json\nprint(json.__version__)", False),
        ("import json, random\nrandom.seed(1)", False),
        ("import random as json\njson.seed(1)", True),
        ("import helpers as json\njson.start()", True),
        ("import json\njson = json.dumps", True),
        ("if 1:\n    import json", True),
    ],
)
def test_imports_that_were_run_again_are_the_same(first: str, is_told: bool) -> None:
    assert bool(told((9, first), (2, "print(json)"))) is is_told


def test_of_several_cells_that_were_run_later_the_last_is_told() -> None:
    cells = [(5, "a = 1"), (9, "b = 1"), (7, "c = 1"), (2, "print(a, b, c)")]
    assert told(*cells) == [(4, "b it uses: restart the kernel and run all cells")]


def test_a_count_of_0_is_none() -> None:
    assert told((5, "a = 1"), (0, "print(a)")) == []
    assert told((5, "a = 1"), (0, "a = 2"), (3, "print(a)")) == []
