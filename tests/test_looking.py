"""Cells that people look with, by library: found where a careful person would, and never wrong.

`fixtures/looking/*.py` are notebooks as jupytext writes them: cells without a tag are the notebook,
each tagged one stands in it alone, as "looks" (nothing is lost without it) or as "works".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jupytext
import pytest
from support import ROOT

from mlv_hooks.dataflow import analyse
from mlv_hooks.source import parse_cell

LIBRARIES = sorted((ROOT / "fixtures" / "looking").glob("*.py"))


class Verdict(NamedTuple):
    cell: str
    looks: bool
    found: bool


def verdicts(path: Path) -> Iterator[Verdict]:
    cells = [
        (cell.source, cell.metadata.get("tags", []))
        for cell in jupytext.read(path, fmt="py:percent").cells
        if cell.cell_type == "code"
    ]
    for place, (source, tags) in enumerate(cells):
        if tags:
            before = [text for text, tag in cells[:place] if not tag]
            after = [text for text, tag in cells[place:] if not tag]
            texts = [*before, source, *after]
            analysis = analyse([parse_cell(text, k) for k, text in enumerate(texts, start=1)])
            yield Verdict(source, tags == ["looks"], analysis.only_looks(len(before) + 1))


@pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: path.stem)
def test_no_cell_that_works_is_taken_for_one_that_only_looks(path: Path) -> None:
    assert [one.cell for one in verdicts(path) if one.found and not one.looks] == []


def test_nine_of_ten_cells_that_only_look_are_found() -> None:
    looking = [one for path in LIBRARIES for one in verdicts(path) if one.looks]
    missed = [one.cell for one in looking if not one.found]

    assert len(looking) >= 120
    assert len(missed) <= len(looking) / 10, missed
