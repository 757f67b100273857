"""Cells that people look with, by library: found where a careful person would, and never wrong.

`fixtures/looking/*.py` are notebooks as jupytext writes them: cells without a tag are the notebook,
each tagged one stands in it alone, as "looks" (nothing is lost without it) or as "works".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jupytext
import pytest
from cells_support import cell, checked, notebook
from support import ROOT

from mlv_hooks.analysis.dataflow import analyse
from mlv_hooks.analysis.source import parse_cell
from mlv_hooks.checks.selection import Choice

LIBRARIES = sorted((ROOT / "fixtures" / "looking").glob("*.py"))
UNSAFE = Choice(select=("MLV202", "MLV203", "MLV204"))


class Story(NamedTuple):
    """A notebook in which one cell is judged; ``place`` counts from 0."""

    texts: list[str]
    place: int
    looks: bool

    @property
    def cell(self) -> str:
        return self.texts[self.place]

    def is_found(self) -> bool:
        analysis = analyse([parse_cell(text, k) for k, text in enumerate(self.texts, start=1)])
        return analysis.only_looks(self.place + 1)

    def warnings(self) -> list[str]:
        """Return what the rules say of the cell when it is tagged as without effect."""
        cells = [
            cell(text, *(["no-effect"] if place == self.place else []))
            for place, text in enumerate(self.texts)
        ]
        return [one.code for one in checked(notebook(*cells), choice=UNSAFE)]


@cache
def stories(path: Path) -> list[Story]:
    return [*_stories(path)]


def _stories(path: Path) -> Iterator[Story]:
    cells = [
        (cell.source, cell.metadata.get("tags", []))
        for cell in jupytext.read(path, fmt="py:percent").cells
        if cell.cell_type == "code"
    ]
    for place, (source, tags) in enumerate(cells):
        if tags:
            before = [text for text, tag in cells[:place] if not tag]
            after = [text for text, tag in cells[place:] if not tag]
            yield Story([*before, source, *after], len(before), tags == ["looks"])


@pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: path.stem)
def test_no_cell_that_works_is_taken_for_one_that_only_looks(path: Path) -> None:
    assert [one.cell for one in stories(path) if not one.looks and one.is_found()] == []


def test_nine_of_ten_cells_that_only_look_are_found() -> None:
    looking = [one for path in LIBRARIES for one in stories(path) if one.looks]
    missed = [one.cell for one in looking if not one.is_found()]

    assert len(looking) >= 120
    assert len(missed) <= len(looking) / 10, missed


@pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: path.stem)
def test_a_tag_on_a_cell_that_works_is_told_and_no_other(path: Path) -> None:
    planted = [one for one in stories(path) if not one.looks]

    assert [one.cell for one in planted if not one.warnings()] == []
    assert [one.cell for one in stories(path) if one.looks and one.warnings()] == []
