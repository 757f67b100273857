"""Entries in our own form within a YAML text: found without a parser, and left out for it.

What is found counts only when the parser, that reads the rest, finds the short line which stands
for a run of them where it should.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from mlv_hooks.stage.yaml_text import Style

STANDS_FOR = "0"
"""The value of the short line."""

Read = Callable[[Sequence[str], Style], tuple[str, dict[str, object]] | None]


class Own(NamedTuple):
    """An entry, and the offsets of its lines (comments around it are not its)."""

    name: str
    data: dict[str, object]
    start: int
    end: int


class Run(NamedTuple):
    """Entries that follow each other.

    In the text without them, ``key`` is where the short line's key stands, and ``shift`` what to
    add to a place behind it.
    """

    entries: list[Own]
    key: int
    shift: int


def own_runs(
    text: str, region: tuple[int, int], column: int, style: Style, read: Read
) -> Iterator[list[Own]]:
    """Yield the entries at a column of a region that follow each other without another between."""
    head = re.compile(rf"^ {{{column}}}[^\s#-]", re.MULTILINE)
    starts = [match.start() for match in head.finditer(text, *region)]
    run: list[Own] = []
    for start, stop in pairwise([*starts, region[1]]):
        found = _read(text[start:stop], column, style, read)
        if found:
            name, data, length = found
            run.append(Own(name, data, start, start + length))
        elif run:
            yield run
            run = []
    if run:
        yield run


@lru_cache(maxsize=10_000)
def _read(
    text: str, column: int, style: Style, read: Read
) -> tuple[str, dict[str, object], int] | None:
    """Return an entry's name and data, and how long it is without what follows it."""
    lines = text.split("\n")
    if lines.pop():
        return None  # without its end of line the last value may be another
    while lines and _is_between(lines[-1], column):
        lines.pop()
    found = read([line.removesuffix("\r") for line in lines], style)
    return found and (*found, sum(map(len, lines)) + len(lines))


def _is_between(line: str, column: int) -> bool:
    """Say whether a line can't be part of the entry above it."""
    said = line.lstrip(" ")
    return not said.strip("\r") or (said[0] == "#" and len(line) - len(said) <= column)


def without(
    text: str, runs: Sequence[list[Own]], column: int, style: Style
) -> tuple[str, list[Run]]:
    """Return the text with one line for each run."""
    parts: list[str] = []
    done = length = 0
    found: list[Run] = []
    for entries in runs:
        first, last = entries[0], entries[-1]
        head = text[first.start : text.index("\n", first.start)].removesuffix("\r")
        line = f"{head} {STANDS_FOR}{style.newline}"
        parts += [text[done : first.start], line]
        length += first.start - done
        key = length + column
        length += len(line)
        done = last.end
        found.append(Run(entries, key, done - length))
    return "".join([*parts, text[done:]]), found
