"""A cell of a notebook with a stage reads a file of the repository, and no stage declares it as an
input.

## Why

DVC does not look at the file: when it changes, `dvc repro` says that all is up to date, and the
results are those of the old one.

Said only where each run reads just that file: its path is made of literals, of parameters and of
names that the notebook binds once, and the call stands in no branch and no loop. A declared folder
covers what is in it. Files that the notebook itself writes, that lie outside of the repository, or
have a URL are left alone, and params.yaml is. Below a call that mlv does not know, or a command of
the shell, nothing is said: it may have made the file.

## Bad

    '''
    :dvc-out model: models/model.bin
    '''
    model = "../models/model.bin"

and below it:

    rows = pd.read_csv("../data/rows.csv")

## Good

    '''
    :dvc-in: data/rows.csv
    :dvc-out model: models/model.bin
    '''

## How to fix

Declare it as the message says. A table that only a look needs is read in a cell tagged `no-effect`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV415",
    name="stage-input-undeclared",
    summary="A cell reads a file that the stage does not declare.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    from mlv_hooks.stage.stage_files import undeclared_inputs

    for one in undeclared_inputs(subject.content, settings, subject.path):
        message = f"reads {one.path}, which no stage declares as its input: {one.remedy}"
        yield subject.report_cell("MLV415", message, one.cell, one.line)
