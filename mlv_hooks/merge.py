"""Align the cells of two versions, and merge three versions cell by cell.

The base stands there twice: as its notebook says it and as its script says it. Each side is
compared with its own, so that what a formatter did to one of them alone is no edit. The merge is
diff3's (Khanna, Kunal, Pierce, "A formal investigation of diff3", 2007) with cells for lines.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlv_hooks.script import MergeText, ScriptText, TextCell, same_value

SIMILAR = 0.6
"""From this ratio of equal characters on, two cells of one kind are versions of one."""


TOO_MANY = 2500
"""More comparisons than these would take seconds."""


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

    keys, others = [_key(one) for one in old], [_key(one) for one in new]
    # Among equal cells those at both ends are the same ones, which difflib alone would not see.
    head = _common(keys, others)
    tail = _common(keys[head:][::-1], others[head:][::-1])
    end, other_end = len(old) - tail, len(new) - tail
    found: list[int | None] = [None] * len(old)
    found[:head] = range(head)
    found[end:] = range(other_end, len(new))
    matcher = SequenceMatcher(None, keys[head:end], others[head:other_end], False)
    for tag, *places in matcher.get_opcodes():
        i, i_end, j, j_end = (head + place for place in places)
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


def _key(cell: TextCell) -> tuple[str, str]:
    return cell.kind, cell.source.rstrip("\n")


def _common(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return how many items two sequences have in common at their start."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _ratio(one: TextCell, other: TextCell) -> float:
    """Return how alike two cells are, 0 for cells that are not versions of one."""
    from difflib import SequenceMatcher

    if one.kind == other.kind:
        discount = 1.0
    elif one.source.strip():
        discount = 0.9
    else:
        return 0.0
    matcher = SequenceMatcher(None, one.source[:4000], other.source[:4000], False)
    if matcher.real_quick_ratio() < SIMILAR or matcher.quick_ratio() < SIMILAR:
        return 0.0
    ratio = matcher.ratio()
    return discount * ratio if ratio >= SIMILAR else 0.0


def _pair_up(old: Sequence[TextCell], new: Sequence[TextCell]) -> list[tuple[int, int]]:
    """Return which cells of two differing runs are versions of each other, in order.

    Those that are alike; and, between them, those of the same kinds, rewritten in place.
    """
    pairs: list[tuple[int, int]] = []
    i = j = 0
    for one, other in [*_alike(old, new), (len(old), len(new))]:
        if [cell.kind for cell in old[i:one]] == [cell.kind for cell in new[j:other]]:
            pairs += zip(range(i, one), range(j, other), strict=True)
        pairs.append((one, other))
        i, j = one + 1, other + 1
    return pairs[:-1]


def _alike(old: Sequence[TextCell], new: Sequence[TextCell]) -> list[tuple[int, int]]:
    """Return the pairs of the heaviest common subsequence, with likeness for weight."""
    if len(old) * len(new) > TOO_MANY:
        return []
    best = [[(0.0, ()) for _ in range(len(new) + 1)] for _ in range(len(old) + 1)]
    table: list[list[tuple[float, tuple[Any, ...]]]] = best
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            choices = [table[i + 1][j], table[i][j + 1]]
            likeness = _ratio(old[i], new[j])
            if likeness:
                weight, rest = table[i + 1][j + 1]
                choices.append((weight + likeness, ((i, j), rest)))
            table[i][j] = max(choices, key=lambda choice: choice[0])
    pairs = []
    chain = table[0][0][1]
    while chain:
        pair, chain = chain
        pairs.append(pair)
    return pairs


def _moves(
    base: Sequence[TextCell], new: Sequence[TextCell], found: Sequence[int | None]
) -> dict[int, int]:
    """Return where cells of ``base`` that left their place stand in ``new``."""
    kept = set(found)
    gone = [n for n, at in enumerate(found) if at is None and base[n].source.strip()]
    added = [j for j in range(len(new)) if j not in kept and new[j].source.strip()]
    moves: dict[int, int] = {}
    for n in gone:
        same = next((j for j in added if _key(new[j]) == _key(base[n])), None)
        if same is not None:
            moves[n] = same
            added.remove(same)
    if len(gone) * len(added) > TOO_MANY:
        return moves
    for n in gone:
        likeness = {j: _ratio(base[n], new[j]) for j in added} if n not in moves else {}
        close = max(likeness, key=lambda j: likeness[j], default=None)
        if close is not None and likeness[close]:
            moves[n] = close
            added.remove(close)
    return moves


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
        self.moved_ours = _moves(base_ours, ours, self.in_ours)
        self.moved_theirs = _moves(base_theirs, theirs, self.in_theirs)
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
        if ours and theirs and [_key(self.ours[i]) for i in ours] != list(map(_key, added)):
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
        bases = _lines(self.base_ours), _lines(self.base_theirs)
        ours, theirs = _lines(self.ours), _lines(self.theirs)
        merged = _lines([one.cell for one in result])
        for line in {*bases[0], *bases[1], *ours, *theirs}:
            low, high = _range(ours[line] - bases[0][line], theirs[line] - bases[1][line])
            if not low <= merged[line] - bases[0][line] <= high:
                cells = [n for n, cell in enumerate(self.ours, 1) if line in _lines([cell])]
                raise Conflict("each side changed lines that the other moved", cells[:1])


def _lines(cells: Sequence[TextCell]) -> Counter[str]:
    """Count the lines of some cells; a semicolon at the end is a matter of form."""
    lines = (line.rstrip("; \t") for cell in cells for line in cell.source.split("\n"))
    return Counter(line for line in lines if line)


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
                places[_key(cells[index])].append((gap, index))
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
