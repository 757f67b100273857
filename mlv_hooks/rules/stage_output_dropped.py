"""A stage declares an output, and the only cell that writes it has the tag `no-effect`.

## Why

The step leaves the cell out, so `dvc repro` fails: the output does not exist. In Jupyter nobody
sees it, since there the cell runs.

Said when the tagged cell surely writes the file, and kept cells neither write it nor read the
parameter that names it nor have its name in them. MLV204 speaks of tagged cells that write any
file, and refuses a commit.

## Bad

    '''
    :dvc-plot curve: plots/loss.png
    '''
    curve = "../plots/loss.png"

and below it, tagged `no-effect`:

    plt.plot(losses)
    plt.savefig(curve)

## Good

The same cell without the tag.

## How to fix

Take the tag from the cell. When it also looks at other things, split it in two and tag these.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV417",
    name="stage-output-dropped",
    summary="Only a cell tagged no-effect writes an output of the stage.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None:
        return
    from mlv_hooks.stage.stage_files import dropped_outputs

    for one in dropped_outputs(subject.content, settings, subject.path):
        message = (
            f"writes {one.path}, an output of the stage {one.stage}, and is left out of the step: "
            f"take the tag {settings.no_effect_tag} from the cell"
        )
        yield subject.report_cell("MLV417", message, one.by, one.line)
