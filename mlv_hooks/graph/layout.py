"""Where the boxes of a drawing stand: in layers, each below what it needs, with few crossings.

Sugiyama's way: layers by the longest path, places for arrows that pass a layer, an order in each
layer by the middle of the neighbours, and positions that put neighbours straight below each
other. ``across`` is within a layer, ``along`` from layer to layer.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

GAP = 22.0
_SWEEPS = 16
_LANE = 10.0  # the room of an arrow that passes a layer
_LEAST_STEP, _MOST_STEP = 34.0, 96.0


class TooLarge(Exception):
    """More than a picture can show; ``str`` says what to do instead."""


MOST = 6000


@dataclass(slots=True)
class Item:
    """A box, or a place where an arrow passes a layer (``box`` is then None)."""

    box: int | None
    layer: int
    across: float
    along: float
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    middle: float = 0.0


@dataclass(slots=True)
class Layout:
    """Items with their places; ``starts`` and ``depths`` are those of the layers, by number.

    ``links`` go from a layer to the next one: two items, and whether the arrow points back.
    """

    items: list[Item]
    layers: list[list[int]]
    links: list[tuple[int, int, bool]]
    starts: list[float] = field(default_factory=list)
    depths: list[float] = field(default_factory=list)
    across: float = 0.0
    along: float = 0.0


def arrange(
    sizes: Sequence[tuple[float, float]], arrows: Sequence[tuple[int, int, bool]]
) -> Layout:
    """Return the layout of boxes of these sizes (across, along).

    An arrow has its start, its end, and whether it closes a circle. Raises TooLarge.
    """
    ranks = _ranks(len(sizes), [(b, a) if back else (a, b) for a, b, back in arrows])
    layout = _with_lanes(sizes, arrows, ranks)
    _sort(layout)
    _place(layout)
    return layout


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for start, end in edges:
        after[start].append(end)
        waiting[end] += 1
    ranks = [0] * count
    sources = [one for one in range(count) if not waiting[one]]
    ready = list(sources)
    while ready:
        one = ready.pop()
        for other in after[one]:
            ranks[other] = max(ranks[other], ranks[one] + 1)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    for one in sources:  # a source stands near to what reads it
        ranks[one] = min((ranks[other] - 1 for other in after[one]), default=0)
    return ranks


def _with_lanes(
    sizes: Sequence[tuple[float, float]],
    arrows: Sequence[tuple[int, int, bool]],
    ranks: Sequence[int],
) -> Layout:
    """Return the items; arrows from one box share their lane until they part."""
    items = [Item(at, ranks[at], *size) for at, size in enumerate(sizes)]
    links: dict[tuple[int, int, bool], None] = {}
    lanes: dict[tuple[int, int, bool], int] = {}
    for start, end, back in arrows:
        if back:
            start, end = end, start
        last = start
        for layer in range(ranks[start] + 1, ranks[end]):
            lane = lanes.get((start, layer, back))
            if lane is None:
                lane = lanes[start, layer, back] = len(items)
                items.append(Item(None, layer, _LANE, 0.0))
                if len(items) > MOST:
                    raise TooLarge
            links[last, lane, back] = None
            last = lane
        links[last, end, back] = None
    layers: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for at, item in enumerate(items):
        layers[item.layer].append(at)
    for start, end, _ in links:
        items[start].after.append(end)
        items[end].before.append(start)
    return Layout(items, layers, list(links))


def _sort(layout: Layout) -> None:
    """Put each layer in the order with the fewest crossings that was found."""
    items, layers = layout.items, layout.layers
    _first_order(layout)
    best, fewest = [list(one) for one in layers], _crossings(layout)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        numbers = range(1, len(layers)) if down else range(len(layers) - 2, -1, -1)
        for number in numbers:
            place = {one: at for at, one in enumerate(layers[number - 1 if down else number + 1])}
            mine = {one: float(at) for at, one in enumerate(layers[number])}
            for one in layers[number]:
                near = items[one].before if down else items[one].after
                if near:
                    mine[one] = _median([place[other] for other in near])
            layers[number].sort(key=mine.__getitem__)
        _swap(layout)
        found = _crossings(layout)
        if found < fewest:
            best, fewest = [list(one) for one in layers], found
        if not fewest:
            break
    layout.layers[:] = best


def _first_order(layout: Layout) -> None:
    """Order the layers as a walk from the first items meets them."""
    items = layout.items
    seen: dict[int, None] = {}
    for first in (one for layer in layout.layers for one in layer):
        pending = [first]
        while pending:
            one = pending.pop()
            if one not in seen:
                seen[one] = None
                pending += reversed(items[one].after)
                pending += [other for other in reversed(items[one].before) if other not in seen]
    order = {one: at for at, one in enumerate(seen)}
    for layer in layout.layers:
        layer.sort(key=order.__getitem__)


def _median(places: list[int]) -> float:
    places.sort()
    half = len(places) // 2
    if len(places) % 2:
        return float(places[half])
    return (places[half - 1] + places[half]) / 2


def _swap(layout: Layout) -> None:
    """Exchange neighbours where that takes crossings away."""
    items, layers = layout.items, layout.layers
    if len(items) > 1500:
        return
    places = [{one: at for at, one in enumerate(layer)} for layer in layers]
    for number, layer in enumerate(layers):
        above = places[number - 1] if number else {}
        below = places[number + 1] if number + 1 < len(layers) else {}
        for at in range(len(layer) - 1):
            one, other = layer[at], layer[at + 1]
            gain = 0
            for near, place in (("before", above), ("after", below)):
                left = sorted(place[each] for each in getattr(items[one], near))
                right = sorted(place[each] for each in getattr(items[other], near))
                gain += _inversions(left, right) - _inversions(right, left)
            if gain > 0:
                layer[at], layer[at + 1] = other, one
        places[number] = {one: at for at, one in enumerate(layer)}


def _inversions(left: Sequence[int], right: Sequence[int]) -> int:
    """Count the crossings of two neighbours, whose own neighbours are at these places, sorted."""
    return sum(bisect_left(right, one) for one in left)


def _crossings(layout: Layout) -> int:
    total = 0
    for upper, lower in zip(layout.layers, layout.layers[1:], strict=False):
        place = {one: at for at, one in enumerate(lower)}
        seen: list[int] = []
        for one in upper:
            ends = sorted(place[other] for other in layout.items[one].after)
            total += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _place(layout: Layout) -> None:
    """Give each item its middle across, and each layer its start along."""
    items, layers = layout.items, layout.layers
    for layer in layers:
        at = 0.0
        for one in layer:
            items[one].middle = at + items[one].across / 2
            at += items[one].across + GAP
        for one in layer:
            items[one].middle -= at / 2
    for sweep in range(min(max(_SWEEPS, 20_000 // max(len(items), 1)), 200)):
        numbers = range(len(layers)) if sweep % 2 == 0 else range(len(layers) - 1, -1, -1)
        for number in numbers:
            _settle(layout, layers[number], ("before", "after", "both")[min(sweep, 2)])
    _straighten(layout)
    left = min((one.middle - one.across / 2 for one in items), default=0.0)
    for item in items:
        item.middle -= left
    layout.across = max((one.middle + one.across / 2 for one in items), default=0.0)
    at = 0.0
    for number, layer in enumerate(layers):
        depth = max(items[one].along for one in layer)
        layout.starts.append(at)
        layout.depths.append(depth)
        at += depth
        if number + 1 < len(layers):
            at += _step(layout, layer)
    layout.along = at


def _straighten(layout: Layout) -> None:
    """Let arrows pass as many layers as they can on one line."""
    items, layers = layout.items, layout.layers
    place = {one: at for layer in layers for at, one in enumerate(layer)}
    for first, item in enumerate(items):
        if item.box is not None or items[item.before[0]].box is None:
            continue
        lanes = [first]
        while lanes:
            run, low, high = [], float("-inf"), float("inf")
            while lanes:
                left, right = _free(layout, lanes[0], place[lanes[0]])
                if max(low, left) > min(high, right):
                    break
                low, high = max(low, left), min(high, right)
                run.append(lanes.pop(0))
                lanes = [one for one in items[run[-1]].after if items[one].box is None]
            near = items[items[run[0]].before[0]].middle
            for one in run:
                items[one].middle = min(max(near, low), high)


def _free(layout: Layout, lane: int, at: int) -> tuple[float, float]:
    """Return how far an item may be moved to the left and to the right."""
    items, layer = layout.items, layout.layers[layout.items[lane].layer]
    low, high = float("-inf"), float("inf")
    if at:
        low = items[layer[at - 1]].middle + _apart(items[layer[at - 1]], items[lane])
    if at + 1 < len(layer):
        high = items[layer[at + 1]].middle - _apart(items[lane], items[layer[at + 1]])
    middle = items[lane].middle
    return min(low, middle), max(high, middle)


def _apart(one: Item, other: Item) -> float:
    """Return how far the middles of two neighbours must be from each other."""
    lanes = one.box is None and other.box is None
    return (one.across + other.across) / 2 + (GAP / 2 if lanes else GAP)


def _step(layout: Layout, layer: Sequence[int]) -> float:
    """Return the room below a layer: more where arrows go far to the side."""
    items = layout.items
    far = max(
        (abs(items[one].middle - items[end].middle) for one in layer for end in items[one].after),
        default=0.0,
    )
    return min(_LEAST_STEP + far / 8, _MOST_STEP)


def _settle(layout: Layout, layer: Sequence[int], towards: str) -> None:
    """Move the items of a layer to the middle of their neighbours, in order and without overlap.

    That is least squares with an order: neighbours that would overlap become one block.
    """
    items = layout.items
    blocks: list[list[float]] = []  # position, weight, number of items
    offsets: list[float] = []
    offset = 0.0
    for at, one in enumerate(layer):
        item = items[one]
        if at:
            offset += _apart(items[layer[at - 1]], item)
        offsets.append(offset)
        wanted, weight = _wanted(layout, item, towards)
        blocks.append([wanted - offset, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            place, more, count = blocks.pop()
            last = blocks[-1]
            last[0] = (last[0] * last[1] + place * more) / (last[1] + more)
            last[1] += more
            last[2] += count
    places = [place for place, _, count in blocks for _ in range(int(count))]
    for one, place, offset in zip(layer, places, offsets, strict=True):
        items[one].middle = place + offset


def _wanted(layout: Layout, item: Item, towards: str) -> tuple[float, float]:
    near = [] if towards == "after" else list(_weighed(layout, item, item.before))
    near += [] if towards == "before" else list(_weighed(layout, item, item.after))
    weight = sum(one for _, one in near)
    if not weight:
        return item.middle, 0.05
    return sum(place * one for place, one in near) / weight, weight


def _weighed(layout: Layout, item: Item, near: Sequence[int]) -> Iterator[tuple[float, float]]:
    for one in near:
        other = layout.items[one]
        straight = (item.box is None) + (other.box is None)
        yield other.middle, (1.0, 2.0, 8.0)[straight]
