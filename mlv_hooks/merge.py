"""Align the cells of two versions, and merge three versions cell by cell.

The base stands there twice: as its notebook says it and as its script says it. Each side is
compared with its own, so that what a formatter did to one of them alone is no edit. The merge is
diff3's (Khanna, Kunal, Pierce, "A formal investigation of diff3", 2007) with cells for lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlv_hooks.script import MergeText, ScriptText, TextCell

SIMILAR = 0.6
"""From this ratio of equal characters on, two cells of one kind are versions of one."""


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


def align(old: Sequence[TextCell], new: Sequence[TextCell]) -> list[int | None]:
    """Return for each cell of ``old`` the index of its later version in ``new``, in order."""
    from difflib import SequenceMatcher

    found: list[int | None] = [None] * len(old)
    matcher = SequenceMatcher(None, [_key(one) for one in old], [_key(one) for one in new], False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            found[i:i_end] = range(j, j_end)
        elif tag == "replace":
            for one, other in _pair_up(old[i:i_end], new[j:j_end]):
                found[i + one] = j + other
    return found


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
    sides.refuse_double_moves()
    return sides.merge()


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
        if new == base.get(key) or new == ours.get(key):
            continue
        if ours.get(key) != base_ours.get(key):
            raise Conflict(f"both sides changed {key!r}", cells)
        edits[key] = new
    return edits


def _key(cell: TextCell) -> tuple[str, str]:
    return cell.kind, cell.source.rstrip("\n")


def _ratio(one: TextCell, other: TextCell) -> float:
    from difflib import SequenceMatcher

    if one.kind != other.kind:
        return 0.0
    matcher = SequenceMatcher(None, one.source[:4000], other.source[:4000], False)
    return matcher.ratio() if matcher.quick_ratio() >= SIMILAR else 0.0


def _pair_up(old: Sequence[TextCell], new: Sequence[TextCell]) -> list[tuple[int, int]]:
    """Return which cells of two differing runs are versions of each other, in order."""
    if [cell.kind for cell in old] == [cell.kind for cell in new]:
        return [(number, number) for number in range(len(old))]
    if len(old) * len(new) > 2500:
        return []
    # The heaviest common subsequence, with likeness for weight.
    best = [[(0.0, ()) for _ in range(len(new) + 1)] for _ in range(len(old) + 1)]
    table: list[list[tuple[float, tuple[Any, ...]]]] = best
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            choices = [table[i + 1][j], table[i][j + 1]]
            likeness = _ratio(old[i], new[j])
            if likeness >= SIMILAR:
                weight, rest = table[i + 1][j + 1]
                choices.append((weight + likeness, ((i, j), rest)))
            table[i][j] = max(choices, key=lambda choice: choice[0])
    pairs = []
    chain = table[0][0][1]
    while chain:
        pair, chain = chain
        pairs.append(pair)
    return pairs


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

    def merge(self) -> list[Merged]:
        result = self._insertions(0)
        for number in range(len(self.base_ours)):
            kept = self._cell(number)
            if kept is not None:
                result.append(kept)
            result.extend(self._insertions(number + 1))
        return self._follow_moves(result)

    def _insertions(self, gap: int) -> list[Merged]:
        ours, theirs = self.new_ours.get(gap, []), self.new_theirs.get(gap, [])
        added = [self.theirs[j] for j in theirs]
        if ours and theirs and [_key(self.ours[i]) for i in ours] != list(map(_key, added)):
            raise Conflict("both sides added cells in the same place", [i + 1 for i in ours])
        if ours:
            return [Merged(i, self.ours[i], {}) for i in ours]
        return [Merged(None, cell, dict(cell.metadata)) for cell in added]

    def _cell(self, number: int) -> Merged | None:
        i, j = self.in_ours[number], self.in_theirs[number]
        if i is None or j is None:
            if i is not None and self._differs(self.base_ours[number], self.ours[i]):
                raise Conflict("the script dropped a cell that the notebook changed", [i + 1])
            if j is not None and self._differs(self.base_theirs[number], self.theirs[j]):
                raise Conflict("the notebook dropped a cell that the script changed", [number + 1])
            return None
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
        return _key(base) != _key(now) or base.metadata != now.metadata

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
        if _key(theirs)[1] in (_key(base_theirs)[1], _key(ours)[1]):
            return ours.source
        if _key(ours)[1] == _key(base_ours)[1]:
            return theirs.source
        texts = (base_theirs.source, ours.source, theirs.source)
        merged = self.merge_text(*(text.rstrip("\n") + "\n" for text in texts))
        if merged is None:
            raise Conflict("both sides changed the same lines", [i + 1])
        return merged[:-1]

    def _follow_moves(self, result: list[Merged]) -> list[Merged]:
        """Give cells that the script moved their notebook cell back: outputs, id, metadata."""
        used = {one.origin for one in result}
        spare = {i: cell for i, cell in enumerate(self.ours) if i not in used}
        out = list(result)
        for number, one in enumerate(result):
            if one.origin is not None or not one.cell.source.strip():
                continue
            origin = next((i for i, cell in spare.items() if _key(cell) == _key(one.cell)), None)
            if origin is None:
                likeness = {i: _ratio(cell, one.cell) for i, cell in spare.items()}
                close = max(likeness, key=lambda i: likeness[i], default=None)
                origin = close if close is not None and likeness[close] >= SIMILAR else None
            if origin is not None:
                spare.pop(origin)
                gone = dict.fromkeys(self.ours[origin].metadata)
                edits = {**gone, **one.cell.metadata}
                out[number] = Merged(origin, one.cell, edits)
        return out

    def refuse_double_moves(self) -> None:
        """Raise Conflict when both sides put a cell in different places: it would come twice."""
        places_ours = {i: gap for gap, found in self.new_ours.items() for i in found}
        places_theirs = {j: gap for gap, found in self.new_theirs.items() for j in found}
        keys = Counter(_key(self.theirs[j]) for j in places_theirs)
        for i, gap in places_ours.items():
            key = _key(self.ours[i])
            same = [j for j in places_theirs if _key(self.theirs[j]) == key] if keys[key] else []
            if key[1].strip() and any(places_theirs[j] != gap for j in same):
                raise Conflict("both sides put a cell in different places", [i + 1])
        for number, base in enumerate(self.base_ours):
            if self.in_ours[number] is not None or self.in_theirs[number] is not None:
                continue
            ours = [i for i in places_ours if _ratio(base, self.ours[i]) >= SIMILAR]
            theirs = [j for j in places_theirs if _ratio(base, self.theirs[j]) >= SIMILAR]
            if any(places_ours[i] != places_theirs[j] for i in ours for j in theirs):
                raise Conflict("both sides moved a cell", [i + 1 for i in ours])


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
