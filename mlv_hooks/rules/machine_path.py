"""Code names a file by a path that only one machine has: below somebody's home (`/home/ada/…`,
`/Users/ada/…`, `C:\\\\…`, `~/…`), on a mounted drive, or absolute where a file is read or
written.

## Why

The notebook runs on no other machine, and in no CI.

## Bad

    frame = pd.read_csv("/home/ada/project/data/prices.csv")

## Good

    frame = pd.read_csv("../data/prices.csv")

## How to fix

Write the path from the notebook's folder, and keep the file in the repository or in DVC; or make
the path a parameter. System paths (`/tmp`, `/dev`, `/etc`, `/usr`, `/opt`, `/var`) are no
finding, nor is what stands in cells tagged `no-effect`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.machine_paths import machine_paths
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV503",
    name="machine-path",
    summary="A path is that of one machine.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None or not subject.content.is_python:
        return
    for one in machine_paths(subject.content, settings):
        message = f"only this machine has {one.path!r}: write it from the notebook's folder"
        yield subject.report_cell("MLV503", message, one.cell, one.line)
