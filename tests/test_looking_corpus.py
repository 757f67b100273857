"""The notebooks of the corpus end the same without the cells that MLV205 would tag."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import corpus
import pytest

from mlv_hooks.analysis.no_effect import looking
from mlv_hooks.config import Settings
from mlv_hooks.content import Content

EXPECTED = corpus.expected()
NAMES = [name for name in corpus.names() if EXPECTED[name]["outcome"] == "equal"]


def content(case: corpus.Case) -> Content:
    data = case.text(replaced=True).encode()
    return Content(lambda: data)


def found(name: str) -> list[int]:
    return list(looking(content(corpus.load(name)), Settings()))


def without(case: corpus.Case, numbers: list[int]) -> corpus.Case:
    cells = [
        (kind, source, (*tags, "no-effect") if number in numbers else tags)
        for number, (kind, source, tags) in enumerate(case.cells, 1)
    ]
    return replace(case, cells=tuple(cells))


@pytest.mark.parametrize("name", [name for name in NAMES if found(name)])
def test_a_run_without_the_cells_that_only_look_ends_the_same(name: str, tmp_path: Path) -> None:
    case, dropped = corpus.load(name), found(name)
    analysis = content(case).analysis
    gone = {one for number in dropped for one in analysis.facts(number).whole.binds}
    names = [one for one in EXPECTED[name]["names"] if one not in gone]
    runs = []
    for place, one in enumerate((case, without(case, dropped))):
        step = corpus.product_step(one.with_probe(names))
        assert step.text is not None, step.problems
        runs.append(corpus.run_step(one, step.text, tmp_path / str(place)))
    whole, lean = (replace(run, printed="") for run in runs)

    assert corpus.differences(whole, lean) == []
