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
safe for a cell that is proved to only look.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic, Fix
from mlv_hooks.fixes import tag_on, without_comment
from mlv_hooks.no_effect import commented, provable
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV207",
    name="no-effect-comment",
    summary="A comment says that a cell has no effect, and the cell has no tag.",
    cells=True,
    fix="either",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    content, tag = subject.content, settings.no_effect_tag
    found = [*commented(content, settings)] if content else []
    if content is None or not found:
        return
    proved = provable(content, settings, [cell for cell, _ in found])
    for cell, line in found:
        message = f"the comment leaves nothing out: give the cell the tag `{tag}`"
        edit = without_comment(content.code_cells[cell].source, cell, line)
        edits = (*tag_on(tag, cell).edits, edit)
        fix = Fix(f"Put the tag `{tag}` in place of the comment", edits, cell in proved)
        yield subject.report_cell("MLV207", message, cell, line, fix)
