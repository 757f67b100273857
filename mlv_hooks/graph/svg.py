"""A drawing as SVG: one file, for light and dark pages, with no script and no font of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from xml.sax.saxutils import escape

from mlv_hooks.graph.drawing import Box, Drawing, standings
from mlv_hooks.graph.layout import MOST, Layout, TooLarge, arrange
from mlv_hooks.graph.model import Standing
from mlv_hooks.graph.width import drawn, fitted

__all__ = ("TooLarge", "svg")

_TITLE, _TEXT = 14.0, 12.0
_WIDEST = 300.0
_LINE = 17.0
_MARGIN, _PAD = 24.0, 14.0
_ROUND = 8
_PAGE = (1000.0, 1400.0)  # what a README shows without shrinking
_CLASSES = {
    Standing.PLAIN: "plain",
    Standing.CURRENT: "current",
    Standing.STALE: "stale",
    Standing.NEVER: "never",
    Standing.AFTER: "after",
    Standing.DIFFERS: "differs",
    Standing.FROZEN: "frozen",
    Standing.UNKNOWN: "unknown",
    Standing.MISSING: "missing",
}
_LIGHT = {
    "page": "fill:#ffffff;stroke:#d0d7de",
    "link": "stroke:#8c959f",
    "head": "fill:#8c959f",
    "file": "fill:#f6f8fa;stroke:#afb8c1",
    "changed": "fill:#ffebe9;stroke:#cf222e",
    "name": "fill:#1f2328",
    "note": "fill:#57606a",
    "plain": "fill:#ddf4ff;stroke:#54aeff",
    "current": "fill:#dafbe1;stroke:#2da44e",
    "stale,never": "fill:#ffebe9;stroke:#cf222e",
    "after,differs": "fill:#fff8c5;stroke:#bf8700",
    "frozen,unknown": "fill:#eaeef2;stroke:#6e7781",
    "missing": "fill:#fbefff;stroke:#8250df",
    "word-stale,word-never": "fill:#b3121f",
    "word-after,word-differs": "fill:#7d4e00",
    "word-frozen,word-unknown": "fill:#424a53",
    "word-missing": "fill:#6639ba",
    "circle": "stroke:#cf222e",
    "circle-head": "fill:#cf222e",
}
_DARK = {
    "page": "fill:#0d1117;stroke:#30363d",
    "link": "stroke:#6e7681",
    "head": "fill:#6e7681",
    "file": "fill:#161b22;stroke:#484f58",
    "changed": "fill:#3c1618;stroke:#f85149",
    "name": "fill:#e6edf3",
    "note": "fill:#9198a1",
    "plain": "fill:#0c2d6b;stroke:#388bfd",
    "current": "fill:#0f2d1a;stroke:#2ea043",
    "stale,never": "fill:#3c1618;stroke:#f85149",
    "after,differs": "fill:#3a2a04;stroke:#d29922",
    "frozen,unknown": "fill:#21262d;stroke:#8b949e",
    "missing": "fill:#2a1a4a;stroke:#a371f7",
    "word-stale,word-never": "fill:#ff8f87",
    "word-after,word-differs": "fill:#e3b341",
    "word-frozen,word-unknown": "fill:#b1bac4",
    "word-missing": "fill:#c297ff",
    "circle": "stroke:#f85149",
    "circle-head": "fill:#f85149",
}
FAMILIES = (
    "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans',"
    "'Noto Sans',Ubuntu,'DejaVu Sans',sans-serif"
)
_SHAPES = (
    f"text{{font-family:{FAMILIES};font-size:12px;text-anchor:middle}}"
    ".name{font-size:14px;font-weight:600}.word{font-weight:600}.legend{text-anchor:start}"
    "rect{stroke-width:1.25}.stale,.changed{stroke-width:2}.link{fill:none;stroke-width:1.4}"
    ".never,.missing,.unknown,.circle{stroke-dasharray:5 3}"
)


def svg(found: Drawing) -> str:
    """Return a picture; raise TooLarge for what nobody could look at."""
    numbers = {box.id: at for at, box in enumerate(found.boxes)}
    sizes = [_size(box) for box in found.boxes]
    arrows = [(numbers[one.start], numbers[one.end], one.back) for one in found.arrows]
    try:
        if len(sizes) > MOST:
            raise TooLarge
        pages = [
            _Page(found, arrange(sizes, arrows), sizes, down=True),
            _Page(found, arrange([(b, a) for a, b in sizes], arrows), sizes, down=False),
        ]
    except TooLarge:
        stages = sum(box.is_stage for box in found.boxes)
        message = (
            f"{stages} stages are too many for a picture: "
            "name a part, `mlv graph STAGE`, or use --format dot"
        )
        raise TooLarge(message) from None
    return min(pages, key=_Page.shrunk).text()


def _size(box: Box) -> tuple[float, float]:
    """Return width and height of a box."""
    wide = max(drawn(one, _TEXT, bold=box.is_stage) for one in (*box.lines, ""))
    wide = min(max(wide, drawn(box.title, _TITLE, bold=True)), _WIDEST)
    if box.is_stage:
        return max(wide + 2 * _PAD, 84.0), _LINE * (1 + len(box.lines)) + 16
    return wide + 20, _LINE * len(box.lines) + 9


@dataclass(frozen=True)
class _Page:
    """A layout, from top to bottom (``down``) or from left to right."""

    found: Drawing
    layout: Layout
    sizes: list[tuple[float, float]]
    down: bool

    @cached_property
    def size(self) -> tuple[float, float]:
        across, along = self.layout.across, self.layout.along
        wide, high = (across, along) if self.down else (along, across)
        legend, rows = self._legend_size(wide)
        return max(wide, legend) + 2 * _MARGIN, high + 2 * _MARGIN + 20 + 22 * rows

    def shrunk(self) -> float:
        """Return how much too large the picture is for a page."""
        wide, high = self.size
        return max(wide / _PAGE[0], high / _PAGE[1])

    def text(self) -> str:
        wide, high = (round(one) for one in self.size)
        names = ", ".join(box.title for box in self.found.boxes if box.is_stage)
        body = [*self._links(), *self._boxes(), *self._legend(high)]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
                f'viewBox="0 0 {wide} {high}" role="img" aria-labelledby="title desc">',
                '<title id="title">Pipeline</title>',
                f'<desc id="desc">{escape(self._description(names))}</desc>',
                f"<style>{_SHAPES}{_rules(_LIGHT)}"
                f"@media (prefers-color-scheme:dark){{{_rules(_DARK)}}}</style>",
                f'<rect class="page" x="0.5" y="0.5" width="{wide - 1}" height="{high - 1}" '
                'rx="10"/>',
                *body,
                "</svg>\n",
            ]
        )

    def _description(self, names: str) -> str:
        said = [
            f"{box.title}: {box.standing.value}"
            for box in self.found.boxes
            if box.is_stage and box.standing not in (Standing.PLAIN, Standing.CURRENT)
        ]
        more = f" {'; '.join(said)}." if said else ""
        return f"The stages {names}, in the order of their work, with their files.{more}"

    def _at(self, across: float, along: float) -> tuple[float, float]:
        """Return x and y."""
        wide = self.layout.across if self.down else self.layout.along
        free = max(self.size[0] - 2 * _MARGIN - wide, 0) / 2
        x, y = (across, along) if self.down else (along, across)
        return x + _MARGIN + free, y + _MARGIN

    def _point(self, across: float, along: float) -> str:
        x, y = self._at(across, along)
        return f"{_short(x)} {_short(y)}"

    # --- boxes

    def _boxes(self) -> Iterator[str]:
        for box, item, size in zip(self.found.boxes, self.layout.items, self.sizes, strict=False):
            middle = self.layout.starts[item.layer] + self.layout.depths[item.layer] / 2
            x, y = self._at(item.middle, middle)
            yield from _box(box, x, y, *size)

    # --- arrows

    def _links(self) -> Iterator[str]:
        layout = self.layout
        ports = self._ports()
        for number, (start, end, back) in enumerate(layout.links):
            one, other = layout.items[start], layout.items[end]
            kind = "link circle" if back else "link"
            begin, stop = self._edge(start, 1), self._edge(end, -1)
            into = other.box is not None and not back
            tip = stop - 7 if into else stop
            place = other.middle + ports.get(number, 0.0)
            band = layout.starts[one.layer] + layout.depths[one.layer]
            top = layout.starts[other.layer]
            path = [f"M{self._point(one.middle, begin)}"]
            if begin < band - 0.5:
                path.append(f"L{self._point(one.middle, band)}")
            bend = (top - band) * 0.5
            low = min(top, tip)
            path.append(
                f"C{self._point(one.middle, band + bend)} {self._point(place, low - bend)} "
                f"{self._point(place, low)}"
            )
            if tip > low + 0.5:
                path.append(f"L{self._point(place, tip)}")
            yield f'<path class="{kind}" d="{"".join(path)}"/>'
            if into:
                yield self._head(place, stop, 1, "head")
            if back and one.box is not None:
                yield self._head(one.middle, begin, -1, "circle-head")

    def _edge(self, number: int, side: int) -> float:
        """Return where an item's side is along: the one before (-1) or behind it (1)."""
        item = self.layout.items[number]
        start, depth = self.layout.starts[item.layer], self.layout.depths[item.layer]
        if item.box is None:
            return start  # the way through its layer is part of the arrow that goes on
        return start + depth / 2 + side * item.along / 2

    def _ports(self) -> dict[int, float]:
        """Return how far from a box's middle each arrow comes in."""
        into: dict[int, list[int]] = {}
        for number, (_, end, _) in enumerate(self.layout.links):
            if self.layout.items[end].box is not None:
                into.setdefault(end, []).append(number)
        found = {}
        items = self.layout.items
        for end, numbers in into.items():
            numbers.sort(key=lambda one: items[self.layout.links[one][0]].middle)
            step = min(14.0, items[end].across * 0.7 / len(numbers))
            for at, number in enumerate(numbers):
                found[number] = (at - (len(numbers) - 1) / 2) * step
        return found

    def _head(self, across: float, along: float, way: int, kind: str) -> str:
        back = along - 8 * way
        sides = [self._point(across + side, back) for side in (-3.8, 3.8)]
        return f'<path class="{kind}" d="M{self._point(across, along)}L{sides[0]}L{sides[1]}Z"/>'

    # --- legend

    def _entries(self) -> Iterator[tuple[str, str]]:
        for one in standings(self.found):
            yield _CLASSES[one], one.value
        if any(not box.is_stage for box in self.found.boxes):
            yield "file", "file"

    def _legend_size(self, wide: float) -> tuple[float, int]:
        rows = [0.0]
        for _, word in self._entries():
            width = 24 + drawn(word, _TEXT) + 18
            if rows[-1] and rows[-1] + width > max(wide, 320):
                rows.append(0.0)
            rows[-1] += width
        return max(rows), len(rows)

    def _legend(self, high: float) -> Iterator[str]:
        wide = self.size[0] - 2 * _MARGIN
        x, y = _MARGIN, high - _MARGIN - 22 * (self._legend_size(wide)[1] - 1) + 4
        for kind, word in self._entries():
            width = 24 + drawn(word, _TEXT) + 18
            if x > _MARGIN and x + width > _MARGIN + max(wide, 320):
                x, y = _MARGIN, y + 22
            yield (
                f'<rect class="{kind}" x="{_short(x)}" y="{_short(y - 10)}" width="17" '
                f'height="12" rx="3"/><text class="note legend" x="{_short(x + 24)}" '
                f'y="{_short(y)}">{escape(word)}</text>'
            )
            x += width


def _box(box: Box, x: float, y: float, wide: float, high: float) -> Iterator[str]:
    changed = "changed" if box.standing is Standing.STALE else "file"
    kind = _CLASSES[box.standing] if box.is_stage else changed
    corner = _ROUND if box.is_stage else 4
    yield f"<g><title>{escape(box.tip)}</title>"
    yield (
        f'<rect class="{kind}" x="{_short(x - wide / 2)}" y="{_short(y - high / 2)}" '
        f'width="{_short(wide)}" height="{_short(high)}" rx="{corner}"/>'
    )
    lines = [("name", box.title, _TITLE)] if box.is_stage else []
    lines += [(_look(box, one), one, _TEXT) for one in box.lines]
    at = y - _LINE * (len(lines) - 1) / 2 + 4.2
    for look, text, size in lines:
        said = escape(fitted(text, _WIDEST, size, bold="word" in look or look == "name"))
        yield f'<text class="{look}" x="{_short(x)}" y="{_short(at)}">{said}</text>'
        at += _LINE
    yield "</g>"


def _look(box: Box, line: str) -> str:
    if box.is_stage and line == box.standing.value and line is box.lines[-1]:
        return f"word word-{_CLASSES[box.standing]}"
    return "note"


def _rules(colours: dict[str, str]) -> str:
    return "".join(
        ",".join(f".{name}" for name in names.split(",")) + f"{{{said}}}"
        for names, said in colours.items()
    )


def _short(number: float) -> str:
    return re.sub(r"\.?0+\Z", "", f"{number:.1f}") if number % 1 else f"{number:.0f}"
