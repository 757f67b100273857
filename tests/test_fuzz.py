"""Broken notebooks are checked without an exception; `make fuzz` tries many more."""

from __future__ import annotations

import fuzz
import pytest

PART = 500


@pytest.mark.parametrize("first", range(0, 2_000, PART))
def test_two_thousand_broken_notebooks_are_checked(first: int) -> None:
    bad, findings = fuzz.try_all(range(first, first + PART))

    assert PART / 3 < bad < PART
    assert findings > bad
