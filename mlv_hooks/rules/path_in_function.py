"""A notebook with a step has a function that reads or writes a file by a relative path of its
own.

## Why

Developers import the functions of a step: `from steps.train import load`. The path counts from
the notebook's folder, where a notebook and its step work, and nowhere else: a call from a test,
or from another module, looks in another folder.

## Bad

    def load():
        return pd.read_csv("../data/prices.csv")

## Good

    def load(path):
        return pd.read_csv(path)

    prices = load("../data/prices.csv")

## How to fix

Hand the path to the function.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.function_paths import function_paths
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV504",
    name="path-in-function",
    summary="A function of a step opens a file by a path that counts from the notebook's folder.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None or not subject.content.is_python:
        return
    if not subject.content.declares_step(settings):
        return
    for one in function_paths(subject.content, settings):
        message = f"{one.function} opens {one.path!r} from the notebook's folder: hand it the path"
        yield subject.report_cell("MLV504", message, one.cell, one.line)
