"""What the formats of CI systems have in common: how a finding is named, worded and known again."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

from mlv_hooks.checks.places import Places
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.reporters.escapes import printable

_NUMBER = re.compile(r"\d+")


def where(location: Location) -> str:
    """Return a location as people read it, and as editors do: ``a.ipynb:cell 3:2``."""
    cell = None if location.cell is None else f"cell {location.cell}"
    parts = (location.path, cell, location.line, location.column)
    return ":".join(str(part) for part in parts if part is not None)


def title(code: str) -> str:
    """Return a rule's code and name."""
    from mlv_hooks.rules import find_rule

    rule = find_rule(code)
    return f"{code} {rule.name}" if rule else code


def message(one: Diagnostic) -> str:
    """Return a finding's message; of one in a cell it says in which, as people mend it there."""
    cell, line = one.location.cell, one.location.line
    words = [f"cell {cell}"] * bool(cell) + [f"line {line}"] * bool(cell and line)
    return printable(": ".join([*[", ".join(words)] * bool(words), one.message]))


def fingerprints(diagnostics: Sequence[Diagnostic], places: Places) -> list[str]:
    """Return what tells each finding from all others and stays when lines and cells move."""
    seen: Counter[str] = Counter()
    result = []
    for one in diagnostics:
        line = places.line(one.location)
        text = " ".join(line.text.split()) if line else ""
        parts = (one.code, one.location.path, _NUMBER.sub("0", one.message), text)
        key = "\0".join(parts)
        # Of equal ones the first, second and so on are the same again.
        full = f"{key}\0{seen[key]}".encode("utf-8", "surrogatepass")
        seen[key] += 1
        result.append(hashlib.sha256(full).hexdigest()[:32])
    return result
