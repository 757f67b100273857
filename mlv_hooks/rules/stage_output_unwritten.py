"""A stage declares an output, and nothing in the notebook's kept cells can write it.

## Why

`dvc repro` runs the stage to its end and then fails: the output does not exist.

Said only when it is certain: kept cells call nothing unknown and no other program, the paths of all
files that they write are known and are others, the file's name stands nowhere in them, and the
parameter that names it is not read. So a call of a library that mlv does not know, which may write
anything, silences this rule. Where a cell tagged `no-effect` writes it, MLV417 says so instead.

## Bad

    '''
    :dvc-out model: models/model.bin
    :dvc-metric scores: metrics/train.json
    '''
    model = "../models/model.bin"
    scores = "../metrics/train.json"

and in all cells below it:

    joblib.dump(fitted, model)

## Good

    joblib.dump(fitted, model)
    Path(scores).write_text(json.dumps({"accuracy": accuracy}))

## How to fix

Write the file in a cell, or take the output out of the declaration.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV416",
    name="stage-output-unwritten",
    summary="No cell writes an output that the stage declares.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    from mlv_hooks.stage.stage_files import unwritten_outputs

    for one in unwritten_outputs(subject.content, settings, subject.path):
        message = (
            f"no cell writes {one.path}, an output of the stage {one.stage}: write it, or take it "
            "out of the declaration"
        )
        location = Location(subject.path, one.cell, one.line)
        yield Diagnostic("MLV416", message, location)
