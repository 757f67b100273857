"""The notebook's file is larger than 100 MiB.

## Why

GitHub refuses files of this size, and each commit would store it again. Nearly always the size is
in the outputs: plots with millions of points, printed tables, embedded video.

## Bad

    fig = px.scatter(frame)          # ten million points, all of them saved in the notebook
    fig.show()

## Good

    fig = px.scatter(frame.sample(5_000, random_state=0))
    fig.show()

## How to fix

Clear the outputs of the large cells in Jupyter (Edit > Clear Output) and save. A notebook that
must stay as it is can be left out with `exclude` in `[tool.mlv]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule("MLV005", name="too-large", summary="The notebook is larger than 100 MiB.")
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    return subject.found("MLV005")
