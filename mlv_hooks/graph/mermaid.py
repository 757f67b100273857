"""A drawing as Mermaid, which GitHub, GitLab and JupyterLab show as a picture."""

from __future__ import annotations

import re

from mlv_hooks.graph.drawing import Box, Drawing
from mlv_hooks.graph.model import Standing

_PLAIN = re.compile(r"(?<=[^\W_])_(?=[^\W_])|[^\W_]|[ /]|(?<=.)[.-]")
_STYLES = {
    "data": "fill:#f6f8fa,stroke:#8c959f,color:#1f2328",
    "data_changed": "fill:#f6f8fa,stroke:#cf222e,color:#1f2328,stroke-width:2px",
    "plain": "fill:#ddf4ff,stroke:#0969da,color:#0a3069",
    Standing.CURRENT: "fill:#dafbe1,stroke:#1a7f37,color:#0f3d1e",
    Standing.STALE: "fill:#ffebe9,stroke:#cf222e,color:#82071e,stroke-width:2px",
    Standing.NEVER: "fill:#ffebe9,stroke:#cf222e,color:#82071e,stroke-dasharray:4 3",
    Standing.AFTER: "fill:#fff8c5,stroke:#9a6700,color:#4d2d00",
    Standing.DIFFERS: "fill:#fff8c5,stroke:#9a6700,color:#4d2d00,stroke-width:2px",
    Standing.FROZEN: "fill:#eaeef2,stroke:#57606a,color:#24292f",
    Standing.UNKNOWN: "fill:#eaeef2,stroke:#57606a,color:#24292f,stroke-dasharray:4 3",
    Standing.MISSING: "fill:#fbefff,stroke:#8250df,color:#512a97,stroke-dasharray:4 3",
}


def mermaid(drawn: Drawing) -> str:
    """Return the text of a flowchart."""
    lines = ["flowchart TD"]
    used: dict[str, str] = {}
    for box in drawn.boxes:
        kind, style = _class(box)
        used[kind] = style
        text = "<br/>".join(map(_escaped, (box.title, *box.lines) if box.title else box.lines))
        shape = f'["{text}"]' if box.is_stage else f'("{text}")'
        lines.append(f"  {box.id}{shape}:::{kind}")
    for arrow in drawn.arrows:
        line = "-. circle .->" if arrow.back else "-->"
        lines.append(f"  {arrow.start} {line} {arrow.end}")
    lines += [f"  classDef {kind} {style}" for kind, style in sorted(used.items())]
    return "\n".join(lines) + "\n"


def _class(box: Box) -> tuple[str, str]:
    if not box.is_stage:
        kind = "data_changed" if box.standing is Standing.STALE else "data"
        return kind, _STYLES[kind]
    if box.standing is Standing.PLAIN:
        return "plain", _STYLES["plain"]
    return box.standing.name.lower(), _STYLES[box.standing]


def _escaped(text: str) -> str:
    """Return text in which Mermaid finds neither syntax, nor Markdown, nor links."""
    parts = []
    for at, one in enumerate(text):
        plain = _PLAIN.match(text, at) and not (at == 0 and one.isdigit())
        web = one == "." and text[max(0, at - 3) : at].lower() == "www"
        parts.append(one if plain and not web else f"#{ord(one)};")
    return "".join(parts)
