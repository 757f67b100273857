"""The findings that a repository had when it took the checks up: they are not reported again.

An entry is rule, notebook and content, never a line or a number: edits elsewhere, moved cells and
renamed notebooks keep their entries.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlv_hooks.config import ConfigError
from mlv_hooks.diagnostics import Diagnostic

if TYPE_CHECKING:
    from mlv_hooks.notebook import Notebook

_VERSION = 1
_WHOLE = "all-"
_ANEW = "restore it with `git checkout`, or write it anew: `mlv check --write-baseline`"


class Entry(NamedTuple):
    """One finding. ``content`` is a digest of its cell, or of all code where it is of no cell."""

    notebook: str
    rule: str
    content: str

    @property
    def key(self) -> Entry:
        """What tells it apart in its notebook: one about all cells outlives edits of them."""
        return self._replace(content=_WHOLE) if self.content.startswith(_WHOLE) else self


def entry_of(finding: Diagnostic, notebook: Notebook) -> Entry:
    """Return the entry of a finding about the notebook."""
    place = finding.location
    if place.cell is not None and place.cell <= len(notebook.cells):
        content = _digest([notebook.cells[place.cell - 1].source])
    else:
        content = _WHOLE + _digest(one.source for one in notebook.cells if one.kind == "code")
    return Entry(place.path, finding.code, content)


def _digest(sources: Iterable[str]) -> str:
    plain = (one.replace("\r\n", "\n").rstrip() for one in sources)
    text = "\0".join(plain).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:16]


def holds_all(baseline: Counter[Entry], found: Iterable[Entry]) -> bool:
    """Say whether a baseline, as a count of keys, has all of ``found`` under their own notebook."""
    return all(baseline[key] >= count for key, count in Counter(one.key for one in found).items())


def match(
    found: Sequence[Entry], baseline: Iterable[Entry], stands: Callable[[str], bool]
) -> tuple[list[bool], list[Entry]]:
    """Say of each finding whether the baseline has it, and which entries are left without one.

    Each entry is good for one finding. Entries of a notebook that does not stand any more are
    good for findings of the same content in any other: it was renamed.
    """
    left: dict[Entry, list[Entry]] = defaultdict(list)
    for one in baseline:
        left[one.key].append(one)
    known = [bool(left[one.key]) and bool(left[one.key].pop()) for one in found]
    rest = [one for entries in left.values() for one in entries]
    moved: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for one in rest:
        if not stands(one.notebook):
            moved[one[1:]].append(one)
    gone = Counter[Entry]()
    for number, one in enumerate(found):
        if not known[number] and moved[one[1:]]:
            known[number] = True
            gone[moved[one[1:]].pop()] += 1
    return known, list((Counter(rest) - gone).elements())


# --- the file


def write_baseline(entries: Iterable[Entry]) -> bytes:
    """Return the file of a baseline: sorted, an entry a line."""
    rows = ",\n".join(f"    {json.dumps(one._asdict())}" for one in sorted(entries))
    return f'{{\n  "version": {_VERSION},\n  "findings": [\n{rows}\n  ]\n}}\n'.encode()


def load_baseline(read: Callable[[str], bytes | None], path: str) -> list[Entry]:
    """Return the entries of the file at ``path``, none without such a file; raise ConfigError."""
    try:
        data = read(path)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}): mend it, or delete it"
        ) from None
    return [] if data is None else read_baseline(data, path)


def read_baseline(data: bytes, path: str) -> list[Entry]:
    """Return the entries in ``data``, the file at ``path``; raise ConfigError."""
    try:
        table = json.loads(data)
        if table["version"] != _VERSION:
            raise ConfigError(f"{path} is of another version of mlv: update it, or {_ANEW}")
        entries = [Entry(**row) for row in table["findings"]]
        if any(not isinstance(word, str) for one in entries for word in one):
            raise TypeError
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path} is not JSON (line {error.lineno}): {_ANEW}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8: {_ANEW}") from None
    except (TypeError, KeyError, RecursionError):
        raise ConfigError(f"{path} is no baseline: {_ANEW}") from None
    return entries
