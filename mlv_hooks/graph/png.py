"""A picture as PNG, by resvg."""

from __future__ import annotations

from mlv_hooks.graph.svg import FAMILIES

_SHARP = 2.0
_FRAME = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'
_LETTER = f'<text x="2" y="16" font-family="{FAMILIES}" font-size="16">M</text>'


class NoPng(Exception):
    """There is no PNG to be had here; ``str`` says what to do."""


def png(picture: str) -> bytes:
    """Return an SVG as PNG, twice its size; raise NoPng."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise NoPng("a PNG takes resvg: `pip install 'mlv-hooks[png]'`, or write .svg") from None
    shown, empty = (svg_to_bytes(svg_string=_FRAME.format(one)) for one in (_LETTER, ""))
    if shown == empty:
        raise NoPng("there is no font here to write text with: install one, or write .svg")
    return bytes(svg_to_bytes(svg_string=picture, zoom=_SHARP))
