"""What the last runs left: the pairs as written, each the base of the edits to come.

A line of JSON for each pair written, the last one counts; a file that only grows lets one pair of
ten thousand be recorded without a look at the others. What cannot be read is as good as none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import NamedTuple

_FILE = "bases.jsonl"
_LIMIT = 16 * 2**20
"""Bytes; a longer file is written anew, without what does not count any more."""


class Record(NamedTuple):
    """The blob ids of notebook and script: as HEAD had them then, and as the run left them."""

    head: tuple[str, str]
    pair: tuple[str, str]


class Records:
    """The lines of one worktree."""

    def __init__(self, private: str) -> None:
        """Read what stands in the folder ``private``; nothing when that is not possible."""
        self._path = os.path.join(private, _FILE)
        try:
            with open(self._path, "rb") as file:
                self._data = b"\n" + file.read()
        except OSError:
            self._data = b"\n"

    def get(self, notebook: str, script: str) -> Record | None:
        """Return what the last run left of a pair, None when there is nothing sound."""
        start = self._data.rfind(b"\n" + _key(notebook, script))
        return _parsed(self._data[start + 1 :].partition(b"\n")[0]) if start >= 0 else None

    def add(self, pairs: Iterable[tuple[tuple[str, str], Record]]) -> None:
        """Write what this run leaves, by the paths of notebook and script; may raise OSError."""
        lines = b"".join(
            _key(*paths) + json.dumps(record).encode("ascii") + b"]\n" for paths, record in pairs
        )
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        if len(self._data) > _LIMIT:
            self._write_anew()
        # A killed run may have left half a line.
        whole = self._data.endswith(b"\n")
        with open(self._path, "ab") as file:
            file.write(lines if whole else b"\n" + lines)

    def _write_anew(self) -> None:
        last = {}
        for line in self._data.split(b"\n"):
            if _parsed(line):
                last[line.partition(b", [[")[0]] = line
        self._data = b"\n" + b"".join(line + b"\n" for line in last.values())
        temporary = f"{self._path}.{os.getpid()}"
        with open(temporary, "wb") as file:
            file.write(self._data[1:])
        os.replace(temporary, self._path)


def _key(notebook: str, script: str) -> bytes:
    # ASCII with \u escapes also carries names that are not UTF-8; no line end is left in them.
    return json.dumps([notebook, script])[:-1].encode("ascii") + b", "


def _parsed(line: bytes) -> Record | None:
    try:
        *_, (head, pair) = json.loads(line)
        record = Record(tuple(head), tuple(pair))
    except (ValueError, TypeError, RecursionError):
        return None
    ids = (*record.head, *record.pair)
    sound = len(record.head) == len(record.pair) == 2 and all(isinstance(one, str) for one in ids)
    return record if sound else None
