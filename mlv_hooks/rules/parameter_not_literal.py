"""The docstring declares a parameter whose value is not a literal.

## Why

A parameter needs a default that can be shown in `--help` and written to params.yaml. Literals can:
numbers, strings, true and false, None, lists, tuples and dicts of these, `Path("data")`,
`date(2024, 5, 1)`, a member of an enumeration. What is computed is no argument: the step computes
it from its arguments, which is right as long as nobody declares it.

This is checked in notebooks that have a cell tagged `parameters` (the setting `parameters-tag`
gives the tag another name).

## Bad

    '''
    :param str name: name of the run
    :param str report: where the report goes
    '''
    name = "first"
    report = f"reports/{name}.html"

## Good

`report` follows `--name`:

    '''
    :param str name: name of the run
    '''
    name = "first"
    report = f"reports/{name}.html"

## How to fix

Take the name out of the docstring, or write its value as a literal.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV104",
    name="parameter-not-literal",
    summary="A declared parameter has a computed value.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.problems("MLV104", settings)
