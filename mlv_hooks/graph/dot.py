"""A drawing as DOT, for Graphviz."""

from __future__ import annotations

from mlv_hooks.graph.drawing import Box, Drawing
from mlv_hooks.graph.model import Standing

_COLOURS = {
    Standing.CURRENT: ("#1a7f37", "#dafbe1"),
    Standing.STALE: ("#cf222e", "#ffebe9"),
    Standing.NEVER: ("#cf222e", "#ffebe9"),
    Standing.AFTER: ("#9a6700", "#fff8c5"),
    Standing.DIFFERS: ("#9a6700", "#fff8c5"),
    Standing.FROZEN: ("#57606a", "#eaeef2"),
    Standing.UNKNOWN: ("#57606a", "#eaeef2"),
    Standing.MISSING: ("#8250df", "#fbefff"),
    Standing.PLAIN: ("#0969da", "#ddf4ff"),
}


def dot(drawn: Drawing) -> str:
    """Return the text of a digraph."""
    lines = ["digraph pipeline {", '  node [fontname="sans-serif" style="rounded,filled"];']
    lines += [f"  {box.id} [{_look(box)}];" for box in drawn.boxes]
    for arrow in drawn.arrows:
        look = ' [style=dashed label="circle"]' if arrow.back else ""
        lines.append(f"  {arrow.start} -> {arrow.end}{look};")
    return "\n".join([*lines, "}"]) + "\n"


def _look(box: Box) -> str:
    stroke, fill = _COLOURS[box.standing] if box.is_stage else ("#8c959f", "#f6f8fa")
    lines = (box.title, *box.lines) if box.is_stage else box.lines
    label = "\\n".join(map(_escaped, lines))
    return f'shape=box label="{label}" color="{stroke}" fillcolor="{fill}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
