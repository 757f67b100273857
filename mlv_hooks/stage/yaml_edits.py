"""Changes of a YAML text at places in it, and where lines may be added."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlv_hooks.stage.yaml_spans import Entry, line_after
from mlv_hooks.stage.yaml_text import Style

_COLON = re.compile(r"[^:]*:(?:[ \t]+[&!]\S*)*")
_LINE = re.compile(r"([ \t]*)(#?)[^\n]*(?:\n|\Z)")
_END_MARKER = re.compile(r"^\.\.\.(?=\s|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Edit:
    """``new`` in place of ``start`` to ``end``; ``on_line``: on lines of its own."""

    start: int
    end: int
    new: str
    on_line: bool = False


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with edits that do not overlap."""
    parts: list[str] = []
    done, last = 0, "\n"
    newline = "\r\n" if "\r\n" in text else "\n"
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        for part in (text[done : edit.start], edit.new):
            if part is edit.new and edit.on_line and last != "\n":
                parts.append(newline)
            parts.append(part)
            last = part[-1:] or last
        done = edit.end
    return "".join([*parts, text[done:]])


def as_text(lines: Sequence[str], style: Style) -> str:
    """Return lines with the file's ends of line."""
    return "".join(line + style.newline for line in lines)


def below(text: str, place: int, column: int) -> int:
    """Return where to add a line: behind the comments that begin at a column or further in."""
    place = at = line_after(text, place)
    while at < len(text):
        line = _LINE.match(text, at)
        assert line is not None  # it matches any line
        if line[2]:
            if len(line[1]) < column:
                break
            place = line.end()
        elif line[0].strip():
            break
        at = line.end()
    return place


def neighbours(name: str, others: Sequence[str]) -> tuple[str | None, str | None]:
    """Return between which of the other names, in order, one comes, wherever these stand.

    What branches add beside different neighbours git merges; at one end it would meet.
    """
    lower, upper = bisect_left(others, name), bisect_right(others, name)
    return others[lower - 1] if lower else None, others[upper] if upper < len(others) else None


def has_comment_above(text: str, place: int) -> bool:
    """Say whether the line above one that begins at a place is a comment."""
    return text[text.rfind("\n", 0, max(place - 1, 0)) + 1 : place].lstrip().startswith("#")


def document_end(text: str) -> int:
    """Return where a document ends, which is where its last key may be added."""
    marker = _END_MARKER.search(text)
    return marker.start() if marker else len(text)


def filled(text: str, entry: Entry) -> tuple[list[Edit], int]:
    """Return the edits that make room for lines below a key whose value is empty, and where."""
    start, end = entry.value.start_mark.index, entry.value.end_mark.index
    if start == end:
        colon = _COLON.match(text, entry.key_end)
        return [], colon.end() if colon else end
    begin = len(text[:start].rstrip(" \t"))
    return [Edit(begin, end, "")], end


def emptied(text: str, entry: Entry) -> Edit:
    """Return the edit that gives a key the empty mapping; its lines below go by other edits."""
    colon = _COLON.match(text, entry.key_end)
    assert colon is not None  # a key without a colon has no value either
    return Edit(colon.end(), colon.end(), " {}")
