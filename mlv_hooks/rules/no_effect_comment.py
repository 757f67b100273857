"""A cell begins with MLV-tools' comment `# No effect`, and does not have the tag `no-effect`.

## Why

The comment alone leaves nothing out: only the tag counts. It is looked for as a comment of its
own above the cell's code; the same words inside a string, as in MLV-tools, mean nothing.

## Bad

    # No effect
    df.describe()

## Good

    # tagged no-effect
    df.describe()

## How to fix

Give the cell the tag, or delete the comment. The fix puts the tag in place of the comment; it is
safe for a cell that is proved to only look, and there is none where MLV202, MLV203 or MLV204 would
say at once that the tag is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mlv_hooks.analysis.no_effect import changes, commented, losses, provable, reaches
from mlv_hooks.checks.fixes import edited, tag_on, without_comment
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic, Fix
from mlv_hooks.rules import Subject, rule

if TYPE_CHECKING:
    from mlv_hooks.content import Content


@rule(
    "MLV207",
    name="no-effect-comment",
    summary="A comment says that a cell has no effect, and the cell has no tag.",
    cells=True,
    fix="either",
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    content = subject.content
    found = [*commented(content, settings)] if content else []
    if content is None or not found:
        return
    fixes = _fixes(content, settings, found)
    for cell, line in found:
        message = (
            f"the comment leaves nothing out: give the cell the tag `{settings.no_effect_tag}`"
        )
        yield subject.report_cell("MLV207", message, cell, line, fixes.get(cell))


def _fixes(
    content: Content, settings: Settings, found: Sequence[tuple[int, int]]
) -> dict[int, Fix]:
    """Return the fixes by cell; none where a rule would say at once that the tag is wrong."""
    from mlv_hooks.content import Content

    tag = settings.no_effect_tag
    tags = {cell: tag_on(tag, cell).edits for cell, _ in found}
    notebook = content.notebook
    assert notebook is not None
    after = Content(lambda: edited(notebook, [one for edits in tags.values() for one in edits]))
    wrong = {one.cell for what in (losses, changes, reaches) for one in what(after, settings)}
    proved = provable(content, settings, tags)
    message = f"Put the tag `{tag}` in place of the comment"
    return {
        cell: Fix(
            message,
            (*tags[cell], without_comment(content.code_cells[cell].source, cell, line)),
            cell in proved,
        )
        for cell, line in found
        if cell not in wrong
    }
