"""What a notebook says not to report: by a cell's tag, by a comment, or in its metadata.

Only judgements about cells can be suppressed so (see ``Rule.judges``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlv_hooks.analysis.comments import comments_of
from mlv_hooks.diagnostics import ListEdit, TextEdit
from mlv_hooks.rules import judgements

if TYPE_CHECKING:
    from mlv_hooks.diagnostics import Diagnostic, Edit
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
    found = list(_of_metadata(notebook.metadata.get("mlv")))
    for number, cell in enumerate(notebook.cells, 1):
        if "tags" in cell.metadata:
            found += _of_tags(cell, number)
        if "mlv:" in cell.source and cell.kind == "code":
            found += _of_comments(cell, number)
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


def without_code(notebook: Notebook, one: Suppression, code: str) -> Edit | None:
    """Return the edit that takes a code out of a suppression, and all of it with its last code.

    None where a tag says more than the suppression.
    """
    if one.cell is None:
        return ListEdit(None, ("mlv", "ignore"), remove=(code,))
    cell = notebook.cells[one.cell - 1]
    if one.line is None:
        return _without_tag(cell.metadata.get("tags", ()), one.cell, code)
    for line, text, _ in comments_of(cell.source):
        for found in _COMMENT.finditer(text):
            if line == one.line and code in _codes(found[1]):
                return _without_comment(cell.source, one.cell, line, text, found, code)
    return None


def _without_tag(tags: Sequence[str], number: int, code: str) -> ListEdit | None:
    text = " ".join(tags)
    starts = [sum(len(tag) + 1 for tag in tags[:place]) for place in range(len(tags))]
    for found in _TAG.finditer(text):
        codes = _codes(found[1])
        if code not in codes:
            continue
        inside = [
            place
            for place, start in enumerate(starts)
            if start < found.end() and start + len(tags[place]) > found.start()
        ]
        whole = " ".join(tags[place] for place in inside)
        if whole.strip(" ,") != found[0]:
            return None
        left = ",".join(each for each in codes if each != code)
        add = (f"mlv:ignore={left}",) if left else ()
        return ListEdit(number, ("tags",), add, tuple(tags[place] for place in inside))
    return None


def _without_comment(
    source: str, number: int, line: int, text: str, found: re.Match[str], code: str
) -> TextEdit:
    from mlv_hooks.checks.fixes import lines_of, without_comment

    # A comment goes up to the end of its line.
    start = len(lines_of(source)[line - 1].rstrip("\r\n")) - len(text)
    left = [each for each in _codes(found[1]) if each != code]
    if left:
        places = (start + place + 1 for place in found.span(1))
        first, end = places
        return TextEdit(number, line, first, line, end, ", ".join(left))
    # The reason behind it goes too, up to the next comment.
    following = text.find("#", found.end())
    end = following if following >= 0 else len(text)
    return without_comment(source, number, line, range(start + found.start(), start + end))


def _of_metadata(own: Any) -> Iterator[Suppression]:
    if not isinstance(own, dict) or "ignore" not in own:
        return
    codes = own["ignore"]
    sound = isinstance(codes, list) and all(isinstance(one, str) for one in codes)
    yield Suppression("metadata", tuple(codes) if sound else ())


def _of_tags(cell: Cell, number: int) -> Iterator[Suppression]:
    for found in _TAG.finditer(" ".join(cell.metadata["tags"])):
        yield Suppression("tag", _codes(found[1]), number)


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(word for word in _SEPARATOR.split(text or "") if word)


def _of_comments(cell: Cell, number: int) -> Iterator[Suppression]:
    for line, text, lines in comments_of(cell.source):
        for found in _COMMENT.finditer(text):
            yield Suppression("comment", _codes(found[1]), number, line, lines)
