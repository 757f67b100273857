"""A suppression in the notebook that suppresses nothing, or that can't be read.

## Why

A suppression is a decision about one finding. When that finding is gone, the suppression would
hide the next one, which nobody has looked at. One with a slip in it hides nothing, and its author
thinks that it does.

Suppressions are a cell's tag `mlv: ignore=MLV202`, a comment `# mlv: ignore[MLV202]`, and
`"mlv": {"ignore": ["MLV101"]}` in the notebook's metadata. Each names rules by their codes. They
can name rules that judge cells (MLV1, MLV2, MLV5, and MLV414 to MLV417): a notebook that can't be
read or a script that is out of line stays so, whatever a comment says. This rule itself can't be
suppressed so either.

A suppression counts as unused only when all rules that it names did run, and all cells are Python.

## Bad

    rate = 0.7    # mlv: ignore[MLV107]

and below it:

    model = fit(rate)

## Good

    rate = 0.7

## How to fix

Take the suppression out, or the code that it needn't name, which the fix does; mend a code with a
slip.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.checks.suppressions import Suppression, without_code
from mlv_hooks.config import Settings, nearest
from mlv_hooks.diagnostics import Diagnostic, Fix, Location
from mlv_hooks.rules import Subject, all_rules, judgements, rule

_FORMS = {
    "tag": "the tag as `mlv:ignore=MLV202`",
    "comment": "`# mlv: ignore[MLV202]`",
    "metadata": '`"mlv": {"ignore": ["MLV101"]}` in the metadata',
}


@rule(
    "MLV014",
    name="unused-suppression",
    summary="A suppression suppresses nothing, or can't be read.",
    cells=True,
    fix="safe",
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    for one in subject.content.suppressions if subject.content else ():
        if not one.codes:
            yield _report(subject, one, f"it names no rule: write {_FORMS[one.kind]}")
        for code in one.codes:
            problem = _problem(code)
            if problem:
                # What is no code may be a slip of one that somebody meant.
                known = any(code == each.code for each in all_rules())
                yield _report(subject, one, problem, code if known else None)


def unused(subject: Subject, one: Suppression, code: str) -> Diagnostic:
    """Return the finding that a suppression names ``code`` for nothing."""
    message = f"there is no finding of {code} to ignore here: take it out"
    return _report(subject, one, message, code)


def _problem(code: str) -> str | None:
    """Return why a suppression can't name ``code``, None when it can."""
    known = {each.code: each.name for each in all_rules()}
    if code not in known:
        named = (one for one, name in known.items() if name == code)
        like = next(named, None) or nearest(code, sorted(judgements()))
        return f"there is no rule {code}: write {like}, or take it out"
    if code not in judgements():
        return f"{code} is not about cells and can't be ignored here: take it out"
    return None


def _report(
    subject: Subject, one: Suppression, message: str, idle: str | None = None
) -> Diagnostic:
    """Return the finding; ``idle`` is the code that can go."""
    text = f"suppression by {one.kind}: {message}"
    notebook = subject.content.notebook if subject.content else None
    edit = without_code(notebook, one, idle) if notebook and idle else None
    fix = Fix(f"Take {idle} out of the suppression", (edit,)) if edit else None
    return Diagnostic("MLV014", text, Location(subject.path, one.cell, one.line), fix)
