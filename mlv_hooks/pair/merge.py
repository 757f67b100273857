"""Merge three versions of a pair cell by cell.

The base stands there twice: as its notebook says it and as its script says it. Each side is
compared with its own, so that what a formatter did to one of them alone is no edit. The merge is
diff3's (Khanna, Kunal, Pierce, "A formal investigation of diff3", 2007) with cells for lines.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlv_hooks.pair.align import align, find_moves, key_of
from mlv_hooks.pair.script import MergeText, ScriptText, TextCell, same_value


class Conflict(Exception):
    """Both sides changed the same; ``cells`` are numbers in the notebook, from 1."""

    def __init__(self, what: str, cells: Sequence[int]) -> None:
        super().__init__(what)
        self.what = what
        self.cells = tuple(cells)


@dataclass(frozen=True, slots=True)
class Merged:
    """One cell of a result. ``origin``: the index of our cell that it continues.

    ``metadata_edits`` is what their side did to the metadata, None for a removed key.
    """

    origin: int | None
    cell: TextCell
    metadata_edits: Mapping[str, Any]


def merge_cells(
    base_notebook: ScriptText,
    base_script: ScriptText,
    ours: ScriptText,
    theirs: ScriptText,
    merge_text: MergeText,
) -> list[Merged]:
    """Merge the notebook's side (``ours``) and the script's (``theirs``) of one pair.

    The two bases have the same number of cells. Raises Conflict; never drops an edit of either
    side and never gives a cell twice.
    """
    sides = _Sides(base_notebook.cells, base_script.cells, ours.cells, theirs.cells, merge_text)
    sides.refuse_double_adds()
    result = sides.merge()
    sides.refuse_losses(result)
    return result


def metadata_edits(
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    base_ours: Mapping[str, Any],
    ours: Mapping[str, Any],
    cells: Sequence[int] = (),
) -> dict[str, Any]:
    """Return what the script's side did to metadata: the new value by key, None for a removed one.

    ``base`` and ``theirs`` are the script's, ``base_ours`` and ``ours`` the notebook's. Raises
    Conflict when the notebook's side did something else to the same key.
    """
    edits = {}
    for key in [*theirs, *(key for key in base if key not in theirs)]:
        new = theirs.get(key)
        if same_value(new, base.get(key)) or same_value(new, ours.get(key)):
            continue
        if not same_value(ours.get(key), base_ours.get(key)):
            raise Conflict(f"both sides changed {key!r}", cells)
        edits[key] = new
    return edits


class _Sides:
    """The three versions and how their cells correspond."""

    def __init__(
        self,
        base_ours: Sequence[TextCell],
        base_theirs: Sequence[TextCell],
        ours: Sequence[TextCell],
        theirs: Sequence[TextCell],
        merge_text: MergeText,
    ) -> None:
        self.base_ours, self.base_theirs = base_ours, base_theirs
        self.ours, self.theirs = ours, theirs
        self.merge_text = merge_text
        self.in_ours = align(base_ours, ours)
        self.in_theirs = align(base_theirs, theirs)
        self.new_ours = _inserted(self.in_ours, len(ours))
        self.new_theirs = _inserted(self.in_theirs, len(theirs))
        self.moved_ours = find_moves(base_ours, ours, self.in_ours)
        self.moved_theirs = find_moves(base_theirs, theirs, self.in_theirs)
        self.source_of_theirs = {j: n for n, j in self.moved_theirs.items()}

    def merge(self) -> list[Merged]:
        result = self._insertions(0)
        for number in range(len(self.base_ours)):
            kept = self._cell(number)
            if kept is not None:
                result.append(kept)
            result.extend(self._insertions(number + 1))
        return result

    def _insertions(self, gap: int) -> list[Merged]:
        ours, theirs = self.new_ours.get(gap, []), self.new_theirs.get(gap, [])
        added = [self.theirs[j] for j in theirs]
        if ours and theirs and [key_of(self.ours[i]) for i in ours] != list(map(key_of, added)):
            raise Conflict("both sides added cells in the same place", [i + 1 for i in ours])
        if ours and theirs:
            return [self._added_twice(i, j) for i, j in zip(ours, theirs, strict=True)]
        if ours:
            return [Merged(i, self.ours[i], {}) for i in ours]
        return [self._added(j) for j in theirs]

    def _added_twice(self, i: int, j: int) -> Merged:
        number = self.source_of_theirs.get(j)
        known = number is not None and self.moved_ours.get(number) == i
        base_theirs = self.base_theirs[number].metadata if known and number is not None else {}
        base_ours = self.base_ours[number].metadata if known and number is not None else {}
        ours, theirs = self.ours[i], self.theirs[j]
        edits = metadata_edits(base_theirs, theirs.metadata, base_ours, ours.metadata, [i + 1])
        return Merged(i, ours, edits)

    def _added(self, j: int) -> Merged:
        """Give a cell that the script moved its notebook cell back: outputs, id, metadata."""
        cell, number = self.theirs[j], self.source_of_theirs.get(j)
        i = None if number is None else self.in_ours[number]
        if number is None or i is None:
            return Merged(None, cell, dict(cell.metadata))
        return self._both(number, i, j)

    def _cell(self, number: int) -> Merged | None:
        i, j = self.in_ours[number], self.in_theirs[number]
        if i is not None and j is not None:
            return self._both(number, i, j)
        if i is not None and self._differs(self.base_ours[number], self.ours[i]):
            raise Conflict("the script dropped or moved a cell that the notebook changed", [i + 1])
        if j is not None and self._differs(self.base_theirs[number], self.theirs[j]):
            what = "the notebook dropped or moved a cell that the script changed"
            raise Conflict(what, [number + 1])
        if i is None and j is None:
            self._refuse_strayed(number)
        return None

    def _refuse_strayed(self, number: int) -> None:
        """Raise Conflict unless both sides did the same with a cell that left its place."""
        i, j = self.moved_ours.get(number), self.moved_theirs.get(number)
        if (i is None) != (j is None):
            what = "one side dropped a cell that the other moved"
            raise Conflict(what, [number + 1 if i is None else i + 1])
        if i is not None and _gap_of(i, self.new_ours) != _gap_of(j, self.new_theirs):
            raise Conflict("both sides moved a cell", [i + 1])

    def _both(self, number: int, i: int, j: int) -> Merged:
        base_ours, base_theirs = self.base_ours[number], self.base_theirs[number]
        ours, theirs = self.ours[i], self.theirs[j]
        kind = self._choose(base_ours.kind, ours.kind, base_theirs.kind, theirs.kind, i)
        source = self._source(base_ours, ours, base_theirs, theirs, i)
        edits = metadata_edits(
            base_theirs.metadata, theirs.metadata, base_ours.metadata, ours.metadata, [i + 1]
        )
        return Merged(i, TextCell(kind, source, ours.metadata), edits)

    @staticmethod
    def _differs(base: TextCell, now: TextCell) -> bool:
        return key_of(base) != key_of(now) or base.metadata != now.metadata

    @staticmethod
    def _choose(base_ours: str, ours: str, base_theirs: str, theirs: str, i: int) -> str:
        if theirs in (base_theirs, ours):
            return ours
        if ours == base_ours:
            return theirs
        raise Conflict("both sides changed the kind of a cell", [i + 1])

    def _source(
        self, base_ours: TextCell, ours: TextCell, base_theirs: TextCell, theirs: TextCell, i: int
    ) -> str:
        if key_of(theirs)[1] in (key_of(base_theirs)[1], key_of(ours)[1]):
            return ours.source
        if key_of(ours)[1] == key_of(base_ours)[1]:
            return theirs.source
        texts = (base_theirs.source, ours.source, theirs.source)
        merged = self.merge_text(*(text.rstrip("\n") + "\n" for text in texts))
        if merged is None:
            raise Conflict("both sides changed the same lines", [i + 1])
        return merged[:-1]

    def refuse_double_adds(self) -> None:
        """Raise Conflict when both sides put a cell in different places: it would come twice."""
        ours = _places(self.ours, self.new_ours)
        theirs = _places(self.theirs, self.new_theirs)
        for key in ours.keys() & theirs.keys():
            if {gap for gap, _ in ours[key]} != {gap for gap, _ in theirs[key]}:
                cells = [i + 1 for _, i in ours[key]]
                raise Conflict("both sides put a cell in different places", cells)

    def refuse_losses(self, result: Sequence[Merged]) -> None:
        """Raise Conflict unless the lines of the result are those that both sides meant.

        Lines may cross the borders of cells (split, merged), where no cell tells what became of
        them: what one side did to a line must be done in the result, whatever the other did.
        """
        cells = [one.cell for one in result]
        versions = (self.base_ours, self.ours, self.base_theirs, self.theirs, cells)
        counts = [_lines(one) for one in versions]
        for line in set().union(*counts):
            self._check_count(line, *(count[line] for count in counts))
        counts = [_lines(one, kinds=True) for one in versions]
        for line in counts[0]:
            self._check_count(line, *(count[line] for count in counts))

    def _check_count(
        self, line: str, base_ours: int, ours: int, base_theirs: int, theirs: int, merged: int
    ) -> None:
        low, high = _range(ours - base_ours, theirs - base_theirs)
        if not low <= merged - base_ours <= high:
            found = _places_of(line, self.ours) or _places_of(line, self.base_ours)
            raise Conflict("each side changed lines that the other moved", found[:1])


def _lines(cells: Sequence[TextCell], *, kinds: bool = False) -> Counter[str]:
    """Count the lines of some cells, or those of each kind by themselves."""
    lines = Counter[str]()
    for cell in cells:
        prefix = f"{cell.kind}: " if kinds else ""
        lines.update(prefix + line for line in _meant(cell))
    return lines


def _meant(cell: TextCell) -> Iterator[str]:
    """Give the lines of a cell that are not blank; a semicolon at the end is a matter of form."""
    lines = (line.rstrip("; \t") for line in cell.source.split("\n"))
    return (line for line in lines if line)


def _places_of(line: str, cells: Sequence[TextCell]) -> list[int]:
    """Return the numbers of the cells with a line, its kind before it or not."""
    found = enumerate(cells, 1)
    return [n for n, cell in found if line in {*_meant(cell), *_lines([cell], kinds=True)}]


def _range(ours: int, theirs: int) -> tuple[int, int]:
    """Return by how much the count of a line may change, when both sides changed it so.

    Sides that went the same way may have done the same thing, or two.
    """
    total = ours + theirs
    if ours > 0 and theirs > 0:
        return max(ours, theirs), total
    if ours < 0 and theirs < 0:
        return total, min(ours, theirs)
    return total, total


def _places(
    cells: Sequence[TextCell], gaps: Mapping[int, Sequence[int]]
) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Return gap and index of the cells that were added, but for empty ones, by what they say."""
    places = defaultdict(list)
    for gap, added in gaps.items():
        for index in added:
            if cells[index].source.strip():
                places[key_of(cells[index])].append((gap, index))
    return places


def _gap_of(index: int | None, gaps: Mapping[int, Sequence[int]]) -> int | None:
    return next((gap for gap, added in gaps.items() if index in added), None)


def _inserted(found: Sequence[int | None], count: int) -> dict[int, list[int]]:
    """Return which of ``count`` new cells stand in which gap: gap n follows base cell n."""
    after = {index: number + 1 for number, index in enumerate(found) if index is not None}
    gaps: dict[int, list[int]] = {}
    gap = 0
    for index in range(count):
        if index in after:
            gap = after[index]
        else:
            gaps.setdefault(gap, []).append(index)
    return gaps
