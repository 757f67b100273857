"""A cell of a notebook with a step does something that means one thing in a kernel and another, or
nothing, in a module: `%run`, `%%sql`, `get_ipython()`, `In` and `Out`, `input()`.

## Why

A step does just what the notebook does, or there is none: one that differs in silence would be
worse.

## Bad

    %run helpers.ipynb

## Good

    from helpers import clean

## How to fix

The message says what to write instead. When the cell only looks at results, tag it `no-effect`:
it is left out of the step. docs/step.md lists what becomes what.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule("MLV011", name="step-construct", summary="A cell does what a step cannot do.")
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV011")
