"""Where in a script the lines of a notebook's cells stand, in any of jupytext's formats.

A line of a script that shows a line of a cell holds it as it is, or as a comment. That is looked
at for each line, so what is said of a line is true; of a line that is not found nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_MARKER = re.compile(r"^(?:#|//|--|%|;+|') %%(?: .*)?$")
_HEADER = re.compile(r"\A((?:\S+ )?---)\n(?:.*\n)*?\1\n")
_COMMENT = re.compile(r"^([ \t]*)(?:#'|#|//|--|%|;+|') ?(.*)$")
# What may stand between two cells, blank lines aside: the end of one, and a marker or two.
_BETWEEN = 4


class CellLines(NamedTuple):
    """Where a cell stands in a script, as lines of it that count from 1.

    ``start`` is the cell's marker where it has one, else its first line; ``lines`` has a number for
    each line of the cell's source, None for one that the script does not show.
    """

    start: int
    lines: tuple[int | None, ...]


def cell_lines(script: str, sources: Sequence[str]) -> Sequence[CellLines | None]:
    """Return where the cells with these sources stand in their script; None for one not found."""
    lines = [line.rstrip() for line in script.replace("\r\n", "\n").split("\n")]
    header = _HEADER.match(script.replace("\r\n", "\n"))
    first = header.group().count("\n") if header else 0
    starts = [at for at in range(first, len(lines)) if _MARKER.match(lines[at])]
    if not starts or len(starts) != len(sources) or any(lines[first : starts[0]]):
        return list(_one_by_one(lines, first, sources))
    blocks = zip(starts, [*starts[1:], len(lines)], sources, strict=True)
    marked = [_in_block(lines, *block) for block in blocks]
    if not _is_whole(marked, sources):
        # In other formats a comment of a cell may look like a marker.
        others = list(_one_by_one(lines, first, sources))
        if _is_whole(others, sources):
            return others
    return marked


def _is_whole(cells: Sequence[CellLines | None], sources: Sequence[str]) -> bool:
    """Say whether all cells with text were found."""
    return all(
        (cell and any(cell.lines)) or not source.strip()
        for cell, source in zip(cells, sources, strict=True)
    )


def _in_block(lines: Sequence[str], start: int, end: int, source: str) -> CellLines:
    """Return where a cell stands below its marker, which is there even when its lines are not."""
    wanted = _split(source)
    found = _find(lines, start + 1, end, wanted)
    return CellLines(start + 1, found or (None,) * len(wanted))


def _one_by_one(
    lines: Sequence[str], position: int, sources: Sequence[str]
) -> Iterator[CellLines | None]:
    """Give where each cell stands, looked for below the one before.

    Behind a cell that is not found nothing is: some line of it could be taken for another's.
    """
    empty = 0
    for source in sources:
        wanted = _split(source)
        if not any(wanted):
            empty += 1
            yield None
            continue
        found = _find(lines, position, len(lines), wanted, _BETWEEN * (1 + empty))
        empty = 0
        if found is None:
            position = len(lines)
            yield None
        else:
            numbers = [number for number in found if number is not None]
            position = numbers[-1]
            yield CellLines(numbers[0], found)


def _split(source: str) -> list[str]:
    return [line.rstrip() for line in source.replace("\r\n", "\n").split("\n")]


def _find(
    lines: Sequence[str], start: int, end: int, wanted: Sequence[str], room: int = _BETWEEN
) -> tuple[int | None, ...] | None:
    """Return the numbers of the lines within ``start`` and ``end`` that show a cell's lines.

    ``room`` is how many lines with other text may stand above them.
    """
    text = [number for number, line in enumerate(wanted) if line]
    if not text:
        return (None,) * len(wanted)
    first, last = text[0], text[-1] + 1
    above = 0
    for at in range(start, end):
        if not lines[at]:
            continue
        shown = _shown(lines, at, end, wanted[first:last])
        if shown is None and _names_language(lines[at - 1], wanted[first]):
            rest = _shown(lines, at, end, wanted[first + 1 : last])
            shown = [at, *rest] if rest else None
        if shown is not None:
            return (*[None] * first, *shown, *[None] * (len(wanted) - last))
        above += 1
        if above > room:
            return None
    return None


def _shown(lines: Sequence[str], at: int, end: int, wanted: Sequence[str]) -> list[int] | None:
    """Return the numbers of the lines from ``at`` on that show ``wanted``, None if they do not."""
    numbers: list[int] = []
    for line in wanted:
        while at < end and not _shows(lines[at], line):
            # Formatters put an empty line below a docstring.
            if lines[at]:
                return None
            at += 1
        if at >= end:
            return None
        at += 1
        numbers.append(at)
    return numbers


def _names_language(above: str, line: str) -> bool:
    """Say whether a cell's first line, `%%bash`, became a word of the marker or fence above."""
    language = line[2:].split(maxsplit=1)[:1] if line.startswith("%%") else []
    return bool(language) and language[0].lower() in above.lower()


def _shows(shown: str, line: str) -> bool:
    plain = uncommented(shown)
    # What looks like a marker is a comment twice.
    if line in (shown, plain) or uncommented(plain) == line:
        return True
    # Formatters drop a semicolon at the end of a cell.
    return line.endswith(";") and shown == line.rstrip("; \t")


def uncommented(line: str) -> str:
    """Return a line of a script without the mark that makes a comment of it."""
    comment = _COMMENT.match(line)
    return comment[1] + comment[2] if comment else line
