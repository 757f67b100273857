"""How often each rule was broken."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from mlv_hooks.diagnostics import Diagnostic

FORMATS = ("text", "json")


def render(diagnostics: Sequence[Diagnostic], fmt: str) -> str:
    """Return a line for each rule, the most frequent first, or a JSON list of the same."""
    from mlv_hooks.rules import find_rule

    counts = Counter(one.code for one in diagnostics)
    rows = [
        {"code": code, "count": count, "name": rule.name if (rule := find_rule(code)) else ""}
        for code, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]
    if fmt == "json":
        return json.dumps(rows, indent=2) + "\n"
    width = len(str(max(counts.values(), default=0)))
    lines = [f"{row['count']:>{width}}  {row['code']}  {row['name']}" for row in rows]
    return "".join(f"{line}\n" for line in lines)
