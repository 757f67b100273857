"""The comments of a cell, and the statements that they stand at."""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.analysis.masking import CLOSING, OPENING, TOKEN, Magic, mask


def comments_of(text: str) -> list[tuple[int, str, range | None]]:
    """Return line and text of each comment of a code cell, and the lines it is about; None is all.

    What looks like one inside a string is none.
    """
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
