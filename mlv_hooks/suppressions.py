"""What a notebook says not to report: by a cell's tag, by a comment, or in its metadata.

Only judgements about cells can be suppressed so (see ``Rule.judges``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlv_hooks.comments import comments_of
from mlv_hooks.rules import judgements

if TYPE_CHECKING:
    from mlv_hooks.diagnostics import Diagnostic
    from mlv_hooks.notebook import Cell, Notebook

_COMMENT = re.compile(r"#\s*mlv:\s*ignore\b(?:\s*\[([^\[\]]*)\])?")
# JupyterLab splits what is typed as a tag at blanks and commas.
_TAG = re.compile(r"(?:^|(?<=\s))mlv:\s*ignore\b(?:=([^\s,]+(?:\s*,\s*[^\s,]+|\s+MLV\w+)*))?")
_SEPARATOR = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One place that says which ``codes`` not to report; without codes it can't be read.

    ``kind`` is "tag", "comment" or "metadata". It is about the whole notebook when ``cell`` is
    None, and about the whole cell when ``lines`` is. ``line`` is where it stands itself.
    """

    kind: str
    codes: tuple[str, ...]
    cell: int | None = None
    line: int | None = None
    lines: range | None = None

    def covers(self, finding: Diagnostic) -> bool:
        """Say whether a finding about this notebook is one that it names, at its place."""
        place = finding.location
        if finding.code not in self.codes or finding.code not in judgements():
            return False
        if self.cell is None:
            return True
        return self.cell == place.cell and (self.lines is None or place.line in self.lines)


def read_suppressions(notebook: Notebook) -> tuple[Suppression, ...]:
    """Return all suppressions of a notebook, in the order of its cells."""
    if "mlv" not in notebook.text:
        return ()
    found = list(_of_metadata(notebook.metadata.get("mlv")))
    for number, cell in enumerate(notebook.cells, 1):
        found += [*_of_tags(cell, number), *_of_comments(cell, number)]
    return tuple(found)


def suppress(
    findings: Iterable[Diagnostic], path: str, suppressions: tuple[Suppression, ...]
) -> tuple[set[Diagnostic], set[tuple[Suppression, str]]]:
    """Return the findings that stay, and which suppression has suppressed which code.

    ``path`` is that of the notebook which the suppressions are of.
    """
    stay, used = set(), set()
    for one in findings:
        about = one.location.path == path
        covering = [(each, one.code) for each in suppressions if about and each.covers(one)]
        used.update(covering)
        if not covering:
            stay.add(one)
    return stay, used


def _of_metadata(own: Any) -> Iterator[Suppression]:
    if not isinstance(own, dict) or "ignore" not in own:
        return
    codes = own["ignore"]
    sound = isinstance(codes, list) and all(isinstance(one, str) for one in codes)
    yield Suppression("metadata", tuple(codes) if sound else ())


def _of_tags(cell: Cell, number: int) -> Iterator[Suppression]:
    for found in _TAG.finditer(" ".join(cell.metadata.get("tags", ()))):
        yield Suppression("tag", _codes(found[1]), number)


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(word for word in _SEPARATOR.split(text or "") if word)


def _of_comments(cell: Cell, number: int) -> Iterator[Suppression]:
    if cell.kind != "code" or "mlv:" not in cell.source:
        return
    for line, text, lines in comments_of(cell.source):
        for found in _COMMENT.finditer(text):
            yield Suppression("comment", _codes(found[1]), number, line, lines)
