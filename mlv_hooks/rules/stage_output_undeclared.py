"""A cell of a notebook with a stage writes a file, and the stage does not declare it as an output.

## Why

DVC knows nothing of the file: `dvc pull` does not bring it on another machine, the next stage may
read an old one, and a stage that is not run again leaves it as it is.

Said only where each run writes just that file: its path is made of literals, of parameters and of
names that the notebook binds once, and the write stands in no branch and no loop. A declared
folder covers what is in it. Nothing is said of notebooks that may remove or rename files
(`os.remove`, a command of the shell), or that work in another folder (`os.chdir`, `%cd`).

## Bad

    '''
    :dvc-out model: models/model.bin
    '''
    model = "../models/model.bin"

and below it:

    joblib.dump(fitted, model)
    scores.to_csv("../metrics/scores.csv")

## Good

    '''
    :dvc-out model: models/model.bin
    :dvc-out: metrics/scores.csv
    '''

## How to fix

Declare it as the message says: `:dvc-out:`, `:dvc-metric:` or `:dvc-plot:`, or
`:dvc-out-persist:` for a log that grows. What is only for a look belongs in a cell tagged
`no-effect`, or into a folder of `tempfile`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV414",
    name="stage-output-undeclared",
    summary="A cell writes a file that the stage does not declare.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    from mlv_hooks.stage.stage_files import undeclared_outputs

    for one in undeclared_outputs(subject.content, settings, subject.path):
        message = f"writes {one.path}, which no stage declares as its output: {one.remedy}"
        yield subject.report_cell("MLV414", message, one.cell, one.line)
