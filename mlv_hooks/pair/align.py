"""Find the cells of one version again in another: kept, rewritten in place, or moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlv_hooks.pair.script import TextCell

SIMILAR = 0.6
"""From this ratio of equal characters on, two cells of one kind are versions of one."""


TOO_MANY = 2500
"""More comparisons than these would take seconds."""


def align(old: Sequence[TextCell], new: Sequence[TextCell]) -> list[int | None]:
    """Return for each cell of ``old`` the index of its later version in ``new``, in order."""
    from difflib import SequenceMatcher

    keys, others = [key_of(one) for one in old], [key_of(one) for one in new]
    # Among equal cells those at both ends are the same ones, which difflib alone would not see.
    head = _common(keys, others)
    tail = _common(keys[head:][::-1], others[head:][::-1])
    end, other_end = len(old) - tail, len(new) - tail
    found: list[int | None] = [None] * len(old)
    found[:head] = range(head)
    found[end:] = range(other_end, len(new))
    matcher = SequenceMatcher(None, keys[head:end], others[head:other_end], False)
    blocks = []
    for tag, *places in matcher.get_opcodes():
        i, i_end, j, j_end = (head + place for place in places)
        if tag == "equal":
            found[i:i_end] = range(j, j_end)
        elif tag == "replace":
            blocks.append((range(i, i_end), range(j, j_end)))
    # A cell that stands as it was in another place has moved: it was not rewritten here.
    kept = set(found)
    strayed = {key for key, at in zip(keys, found, strict=True) if at is None and key[1].strip()}
    strayed &= {key for j, key in enumerate(others) if j not in kept}
    for olds, news in blocks:
        mine = [i for i in olds if keys[i] not in strayed]
        theirs = [j for j in news if others[j] not in strayed]
        for one, other in _pair_up([old[i] for i in mine], [new[j] for j in theirs]):
            found[mine[one]] = theirs[other]
    return found


def key_of(cell: TextCell) -> tuple[str, str]:
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


def find_moves(
    base: Sequence[TextCell], new: Sequence[TextCell], found: Sequence[int | None]
) -> dict[int, int]:
    """Return where cells of ``base`` that left their place stand in ``new``."""
    kept = set(found)
    gone = [n for n, at in enumerate(found) if at is None and base[n].source.strip()]
    added = [j for j in range(len(new)) if j not in kept and new[j].source.strip()]
    moves: dict[int, int] = {}
    for n in gone:
        same = next((j for j in added if key_of(new[j]) == key_of(base[n])), None)
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
