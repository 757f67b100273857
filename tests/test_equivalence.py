"""Each notebook of the corpus and its step do the same work, or the step is refused as stated.

Change expected.json only by hand or by ``python tests/corpus.py --update [NAME...]``.
"""

from __future__ import annotations

import corpus
import pytest

NAMES = corpus.names()
EXPECTED = corpus.expected()


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_and_its_step_do_the_same_or_the_step_is_refused(name: str) -> None:
    outcome, differences = corpus.settle(name, corpus.product_step, EXPECTED[name])

    assert differences == []
    assert outcome == EXPECTED[name]


def test_every_notebook_has_an_expectation_and_every_expectation_a_notebook() -> None:
    assert sorted(EXPECTED) == NAMES
    assert len(NAMES) >= 60
