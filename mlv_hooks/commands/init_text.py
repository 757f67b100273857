"""Existing files as ``mlv init`` adds to them: as text, line by line, line ends kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class InitRefused(Exception):
    """A file of the repository cannot be added to; the text is one line with the remedy."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is wanted of one file: its new content (None: as it is), and lines to tell."""

    path: str
    new: bytes | None = None
    note: str = ""
    stood: str = ""
    notes: tuple[str, ...] = ()


def decode(data: bytes, path: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InitRefused(f"{path} is not UTF-8 (line {line}): save it as UTF-8") from None


def lines_of(text: str) -> list[str]:
    # Not splitlines(): form feeds and their like end no line in these files.
    return [*text.split("\n")[:-1], *filter(None, [text.rpartition("\n")[2]])]


def line_at(text: str, index: int) -> int:
    return text.count("\n", 0, index)


def eol_of(text: str) -> str:
    return "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"


def insert(text: str, line: int, new: Sequence[str]) -> str:
    eol, at = eol_of(text), 0
    for _ in range(line):
        at = text.find("\n", at) + 1 or len(text)
    before = text[:at] if not at or text[at - 1] == "\n" else text[:at] + eol
    return before + "".join(f"{one}{eol}" for one in new) + text[at:]


def append(text: str, block: str) -> str:
    """Return ``text`` and, an empty line below it, ``block``, with the line ends of ``text``."""
    lines = lines_of(text)
    gap = [""] if lines and lines[-1].strip() else []
    return insert(text, len(lines), [*gap, *lines_of(block)])
