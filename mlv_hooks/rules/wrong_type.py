"""A field of the notebook is missing or is not of the type that the notebook format asks for, for
example tags that are one string instead of a list.

## Why

Jupyter, nbconvert and we would each understand something else by it. Tools that edit notebooks as
plain JSON are the usual cause.

## Bad

    {"cell_type": "code", "metadata": {"tags": "parameters"}, "source": 7}

## Good

    {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": ["rate = 0.7"],
     "outputs": [], "execution_count": null}

## How to fix

Correct the field that the message names, in the cell that it names.
`jupyter nbconvert --to notebook --inplace NOTEBOOK` repairs some of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV004", name="wrong-type", summary="A field of the notebook is missing or has the wrong type."
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV004")
