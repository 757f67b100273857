"""What a notebook says not to report: by a cell's tag, by a comment, or in its metadata.

Only judgements about cells can be suppressed so (see ``selection.is_judgement``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlv_hooks.masking import CLOSING, OPENING, TOKEN, Magic, mask
from mlv_hooks.selection import is_judgement

if TYPE_CHECKING:
    from mlv_hooks.diagnostics import Diagnostic
    from mlv_hooks.notebook import Cell, Notebook

UNUSED = "MLV014"
"""The rule that tells of suppressions which suppress nothing."""

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
        if finding.code not in self.codes or not is_judgement(finding.code):
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


# --- comments


def _of_comments(cell: Cell, number: int) -> Iterator[Suppression]:
    if cell.kind != "code" or "mlv:" not in cell.source:
        return
    for line, text, lines in _comments(cell.source):
        for found in _COMMENT.finditer(text):
            yield Suppression("comment", _codes(found[1]), number, line, lines)


def _comments(text: str) -> list[tuple[int, str, range | None]]:
    """Return line and text of each comment, and the lines that it is about; None is all."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    masked, magics = mask(plain)
    lines, raw = masked.split("\n"), plain.split("\n")
    for one in magics:
        if one.kind == "cell":
            lines[one.line - 1] = ""
            if one.end_line > one.line:  # the body is of another language
                lines[one.line :] = raw[one.line :]
    scan = _Scan()
    scan.run("\n".join(lines))
    beside = (each for one in magics if one.kind != "cell" for each in _beside(one, raw))
    return sorted([*scan.found(), *beside], key=lambda one: one[0])


def _beside(magic: Magic, raw: list[str]) -> Iterator[tuple[int, str, range]]:
    """Give the comments in the lines of a magic, which masking takes away."""
    lines = range(magic.line, magic.end_line + 1)
    for number in lines:
        for token in TOKEN.finditer(raw[number - 1]):
            if token.group().startswith("#"):
                yield number, token.group(), lines


class _Scan:
    """Goes over the tokens of a cell; logical lines are statements, or the heads of blocks."""

    def __init__(self) -> None:
        self._comments: list[tuple[int, str, int]] = []
        self._logical: list[range] = []
        self._start: int | None = None

    def run(self, text: str) -> None:
        """Find the comments and the logical lines of a text."""
        line, depth = 1, 0
        for found in TOKEN.finditer(text):
            token = found.group()
            if token == "\n" and not depth:
                self._end(line)
            elif token.startswith("#"):
                self._comments.append((line, token, len(self._logical)))
            elif not token.isspace() and token != "\\\n":
                self._start = self._start or line
                depth = max(0, depth + (token in OPENING) - (token in CLOSING))
            line += token.count("\n")
        self._end(line)

    def _end(self, line: int) -> None:
        if self._start is not None:
            self._logical.append(range(self._start, line + 1))
            self._start = None

    def found(self) -> Iterator[tuple[int, str, range | None]]:
        """Give each comment: in a logical line or above it it is about that one.

        On a line of its own above all code it is about the whole cell, below all about nothing.
        """
        for line, text, index in self._comments:
            about = self._logical[index] if index < len(self._logical) else range(0)
            above = index == 0 and line not in about and (not about or line < about.start)
            yield line, text, None if above else about
