"""The notebook has no cell tagged `parameters`, and the settings ask for one.

## Why

The parameters cell says what can be changed from outside: its names become the arguments of the
step and the `params` of the stage. Without it every run is the same run.

`require-parameters` says which notebooks must have one: those that declare a stage or a step in
their metadata (`"stages"`, the default), `"all"` that are Python, or `"none"`.

## Bad

A notebook whose metadata has `{"mlv": {"step": true}}`, and no tagged cell:

    model = fit(learning_rate=0.7)

## Good

A cell with the tag `parameters`:

    learning_rate = 0.7

and below it:

    model = fit(learning_rate=learning_rate)

## How to fix

Collect the values that may change in one cell near the top, and give it the tag `parameters`: in
JupyterLab with the gear at the right (Common Tools, Cell Tags), in VS Code with `...` on the cell,
Add Cell Tag.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV101",
    name="parameters-missing",
    summary="A notebook that must have a parameters cell has none.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    content = subject.content
    if content is None or not content.is_python or not content.code_cells:
        return
    if content.tagged(settings.parameters_tag) or content.untagged_docstring:
        return
    if content.must(settings.require_parameters, settings):
        tag = settings.parameters_tag
        yield subject.report("MLV101", f"has no parameters cell: give one cell the tag `{tag}`")
