"""Notebooks that run from top to bottom have no finding that they would not run elsewhere."""

from __future__ import annotations

import corpus
from cells_support import checked
from support import ROOT

from mlv_hooks.checks.selection import Choice

ELSEWHERE = Choice(select=("MLV5",))
# What these notebooks do is what the page of the rule says not to do.
DESERVED = {("magic-run", "MLV506"), ("magic-sql", "MLV506"), ("magic-timeit", "MLV506")}


def findings(data: bytes) -> set[str]:
    return {one.code for one in checked(data, choice=ELSEWHERE)}


def test_the_notebooks_of_the_corpus_have_no_finding_but_deserved_ones() -> None:
    cases = [(name, corpus.load(name).text(replaced=True)) for name in corpus.names()]

    found = {(name, code) for name, text in cases for code in findings(text.encode())}

    assert found == DESERVED


def test_the_notebooks_of_the_demo_have_none() -> None:
    paths = sorted((ROOT / "fixtures" / "demo").rglob("*.ipynb"))

    assert {path.name: findings(path.read_bytes()) for path in paths} == {
        path.name: set() for path in paths
    }
    assert paths
