"""Files and folders held against what dvc.lock says of them, by DVC's hashes and without DVC."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import NamedTuple

_PIECE = 1 << 20
_PASSED_OVER = frozenset({".git", ".hg", ".dvc"})  # as DVC does

Info = Mapping[str, object]


class Verdict(Enum):
    """What a comparison says; the value follows the file's name."""

    SAME = "as it was"
    CHANGED = "changed"
    MISSING = "is missing"
    UNKNOWN = "can't be compared"


class _Digest(NamedTuple):
    md5: str
    crlf: bool  # it has line ends that DVC 2 did not count


class Hashes:
    """Compares the files below ``top`` with entries of dvc.lock; reads each once."""

    def __init__(self, top: str) -> None:
        self.top = top
        self._digest = cache(_digest)
        self._says_something = cache(_says_something)

    def verdict(self, path: str, info: Info) -> Verdict:
        """Compare what is at ``path`` with its entry."""
        target = os.path.join(self.top, path)
        wanted = info.get("md5")
        try:
            mode = os.stat(target).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return Verdict.MISSING
        except (OSError, ValueError):
            return Verdict.UNKNOWN
        folder = stat.S_ISDIR(mode)
        if not isinstance(wanted, str) or not (folder or stat.S_ISREG(mode)):
            return Verdict.UNKNOWN  # opening a pipe would wait for ever
        if folder != wanted.endswith(".dir"):
            return Verdict.CHANGED
        try:
            return (self._folder if folder else self._file)(target, wanted, info)
        except (OSError, UnicodeEncodeError):
            return Verdict.UNKNOWN

    def _file(self, target: str, wanted: str, info: Info) -> Verdict:
        old, size = "hash" not in info, info.get("size")
        if not old and isinstance(size, int) and size != os.path.getsize(target):
            return Verdict.CHANGED
        return _said(self._digest(target), wanted, old)

    def _folder(self, target: str, wanted: str, info: Info) -> Verdict:
        files = sorted(_below(target))
        old, size, count = "hash" not in info, info.get("size"), info.get("nfiles")
        ignoring = self._ignores(target)
        if not (old or ignoring):
            if isinstance(count, int) and count != len(files):
                return Verdict.CHANGED
            if isinstance(size, int) and size != sum(os.path.getsize(path) for _, path in files):
                return Verdict.CHANGED
        each = [(name, self._digest(path)) for name, path in files]
        listing = [{"md5": one.md5, "relpath": name} for name, one in each]
        text = json.dumps(listing, sort_keys=True).encode()
        md5 = hashlib.md5(text, usedforsecurity=False).hexdigest() + ".dir"
        if ignoring and md5 != wanted:
            return Verdict.UNKNOWN
        return _said(_Digest(md5, any(one.crlf for _, one in each)), wanted, old)

    def _ignores(self, target: str) -> bool:
        """Say whether a .dvcignore may leave out files of a folder: DVC alone knows which."""
        folders, folder = [], target
        while len(folder) >= len(self.top):
            folders.append(folder)
            folder = os.path.dirname(folder)
        folders += [one for one, _, names in os.walk(target) if ".dvcignore" in names]
        return any(self._says_something(os.path.join(one, ".dvcignore")) for one in folders)


def _said(found: _Digest, wanted: str, old: bool) -> Verdict:
    if found.md5 == wanted:
        return Verdict.SAME
    return Verdict.UNKNOWN if old and found.crlf else Verdict.CHANGED


def _below(target: str) -> Iterator[tuple[str, str]]:
    """Give the files of a folder: their names as DVC lists them, and where they are."""
    for folder, folders, names in os.walk(target):
        folders[:] = [one for one in folders if one not in _PASSED_OVER]
        for name in names:
            path = os.path.join(folder, name)
            if name not in _PASSED_OVER and os.path.isfile(path):
                yield os.path.relpath(path, target).replace(os.sep, "/"), path


def _digest(target: str) -> _Digest:
    md5, crlf, last = hashlib.md5(usedforsecurity=False), False, b""
    with open(target, "rb") as file:
        while piece := file.read(_PIECE):
            md5.update(piece)
            crlf = crlf or b"\r\n" in piece or (last == b"\r" and piece[:1] == b"\n")
            last = piece[-1:]
    return _Digest(md5.hexdigest(), crlf)


def _says_something(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return any(line.strip() and not line.startswith(b"#") for line in file)
    except OSError:
        return False
