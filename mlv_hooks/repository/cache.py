"""What is known good: pairs that were in line, by the ids of their blobs.

A file per set of settings under git's common folder. It may be deleted at any time; a damaged one
is as good as none; two runs at once each replace it whole, and the worst is a forgotten entry.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field

_LIMIT = 200_000
_FILES = 8
"""So many sets of settings are remembered: branches may differ in theirs."""


@dataclass
class Cache:
    """Known pairs: path and blob id of a notebook and of each of its scripts.

    ``key`` stands for all that decides what "in line" means: versions, settings, configuration.
    Of each notebook the version seen last is kept.
    """

    folder: str
    key: str
    _rows: dict[bytes, bytes] = field(default_factory=dict)
    _added: dict[bytes, bytes] = field(default_factory=dict)

    def load(self) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
        """Return the known pairs: by path and blob of the notebook, those of its scripts."""
        self._rows = {}
        try:
            with open(self._file, "rb") as file:
                digest, _, body = file.read().partition(b"\n")
        except OSError:
            return {}
        if self._digest(body) != digest:
            return {}
        known = {}
        for row in body.split(b"\0\0")[:-1]:
            self._rows[row.partition(b"\0")[0]] = row
            path, blob, *rest = os.fsdecode(row).split("\0")
            known[path, blob] = tuple(zip(rest[::2], rest[1::2], strict=True))
        return known

    def add(self, notebook: str, blob: str, scripts: Iterable[tuple[str, str]]) -> None:
        """Remember one more pair as known good."""
        parts = [notebook, blob, *(part for script in scripts for part in script)]
        self._added[os.fsencode(notebook)] = os.fsencode("\0".join(parts))

    def save(self) -> None:
        """Write what was added; never fails: the cache is only for speed."""
        if self._added.items() <= self._rows.items():
            return
        rows = self._added if len(self._rows) > _LIMIT else self._rows | self._added
        body = b"".join(row + b"\0\0" for _, row in sorted(rows.items()))
        temporary = f"{self._file}.{os.getpid()}"
        try:
            os.makedirs(self.folder, exist_ok=True)
            with open(temporary, "wb") as file:
                file.write(self._digest(body) + b"\n" + body)
            os.replace(temporary, self._file)
            self._forget_oldest()
        except OSError:
            return

    def _digest(self, body: bytes) -> bytes:
        return hashlib.sha256(self.key.encode() + b"\0" + body).hexdigest().encode()

    def _forget_oldest(self) -> None:
        """Remove the files of settings, and of killed runs, that nobody used for longest."""
        with os.scandir(self.folder) as entries:
            ours = [one for one in entries if one.name.startswith("known-")]
        ours.sort(key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for one in ours[_FILES:]:
            os.unlink(one.path)

    @property
    def _file(self) -> str:
        return os.path.join(self.folder, f"known-{self.key}")
