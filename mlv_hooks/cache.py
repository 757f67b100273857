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


@dataclass
class Cache:
    """Known pairs: path and blob id of a notebook and of each of its scripts.

    ``key`` stands for all that decides what "in line" means: versions, settings, configuration.
    """

    folder: str
    key: str
    _lines: set[bytes] = field(default_factory=set)
    _added: set[bytes] = field(default_factory=set)

    def load(self) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
        """Return the known pairs: by path and blob of the notebook, those of its scripts."""
        try:
            with open(self._file, "rb") as file:
                digest, _, body = file.read().partition(b"\n")
        except OSError:
            return {}
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return {}
        known = {}
        rows = body.split(b"\0\0")[:-1]
        self._lines = set(rows)
        for row in rows:
            path, blob, *rest = os.fsdecode(row).split("\0")
            known[path, blob] = tuple(zip(rest[::2], rest[1::2], strict=True))
        return known

    def add(self, notebook: str, blob: str, scripts: Iterable[tuple[str, str]]) -> None:
        """Remember one more pair as known good."""
        parts = [notebook, blob, *(part for script in scripts for part in script)]
        self._added.add(os.fsencode("\0".join(parts)))

    def save(self) -> None:
        """Write what was added; never fails: the cache is only for speed."""
        if self._added <= self._lines:
            return
        rows = self._added if len(self._lines) > _LIMIT else self._lines | self._added
        body = b"".join(row + b"\0\0" for row in sorted(rows))
        temporary = f"{self._file}.{os.getpid()}"
        try:
            os.makedirs(self.folder, exist_ok=True)
            with open(temporary, "wb") as file:
                file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            os.replace(temporary, self._file)
        except OSError:
            return

    @property
    def _file(self) -> str:
        return os.path.join(self.folder, f"known-{self.key}")
