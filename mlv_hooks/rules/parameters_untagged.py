"""The first code cell has a docstring with `:param` or `:dvc-...:` fields, as MLV-tools wanted it,
and no cell is tagged `parameters`.

## Why

MLV-tools took its parameters from the first cell. Here, as for papermill and others, the tag says
which cell it is, wherever that stands. Without the tag the docstring is only text: no arguments, no
stage.

This is checked in Python notebooks without the tag, whatever `require-parameters` says.

## Bad

The first cell, without a tag:

    '''
    :param float rate: step size
    :dvc-out: models/model.bin
    '''
    rate = 0.7

## Good

The same cell with the tag `parameters`.

## How to fix

Give the cell the tag `parameters`: in JupyterLab with the gear at the right (Common Tools, Cell
Tags), in VS Code with `...` on the cell, Add Cell Tag.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.checks.fixes import tag_on
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV110",
    name="parameters-untagged",
    summary="The first cell declares parameters but has no tag.",
    cells=True,
    fix="safe",
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    content = subject.content
    if content is None or not content.is_python or content.tagged(settings.parameters_tag):
        return
    if content.untagged_docstring:
        number, docstring = content.untagged_docstring
        lines = [one.line for one in docstring.fields]
        lines += [one.line for one in docstring.declared]
        tag = settings.parameters_tag
        message = f"declares parameters or a stage: give the cell the tag `{tag}`"
        yield subject.report_cell("MLV110", message, number, min(lines), tag_on(tag, number))
