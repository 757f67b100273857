"""What the files hold now: as staged for the commit under way, or as they stand in the worktree."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from mlv_hooks.repository.files import content_id
from mlv_hooks.repository.git import Git


@dataclass
class View:
    """The files of a repository, read once.

    With ``staged`` a file that is staged is what the index holds; where git says that file and
    index agree, the file itself is read: line ends and outputs are then those that people have
    (``core.autocrlf``, nbstripout as a filter). Without, it is the worktree.
    """

    git: Git
    staged: bool
    _read: dict[str, bytes | None] = field(default_factory=dict)

    @cached_property
    def _index(self) -> tuple[dict[str, str], set[str], set[str]]:
        return self.git.index()

    def narrow(self, paths: Sequence[str], changed: set[str]) -> None:
        """Look at ``paths`` alone, of which those in ``changed`` may differ from the index."""
        self.__dict__["unstaged"] = changed
        self.__dict__["_index"] = self.git.index(paths) if paths else ({}, set(), set())
        self.__dict__.pop("_by_folder", None)

    def widen(self) -> None:
        """Look at all files again."""
        for name in ("_index", "unstaged", "_by_folder"):
            self.__dict__.pop(name, None)

    @property
    def blobs(self) -> dict[str, str]:
        """Blob ids of all tracked files, by path."""
        return self._index[0]

    @property
    def tracked(self) -> Iterable[str]:
        """Paths of all tracked files."""
        return self.blobs.keys()

    @cached_property
    def _by_folder(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for path in self.blobs:
            folder, _, name = path.rpartition("/")
            found.setdefault(folder, set()).add(name)
        return found

    def names(self, folder: str) -> set[str]:
        """Return the names of the files in a folder, tracked or not, and of its folders as well."""
        try:
            there = os.listdir(os.path.join(self.git.top, folder))
        except OSError:
            there = []
        return {*there, *self._by_folder.get(folder, ())}

    @property
    def unmerged(self) -> set[str]:
        """Paths that a merge left in conflict."""
        return self._index[1]

    @property
    def links(self) -> set[str]:
        """Tracked symbolic links."""
        return self._index[2]

    @cached_property
    def unstaged(self) -> set[str]:
        """Tracked paths whose file may differ from the index."""
        return self.git.unstaged()

    @cached_property
    def left_out(self) -> set[str]:
        """Tracked paths that a sparse checkout left out of the worktree."""
        return self.git.skipped()

    def read(self, path: str) -> bytes | None:
        """Return the content of ``path``, None when there is no such file; may raise OSError."""
        if path not in self._read:
            self._read[path] = self._content(path)
        return self._read[path]

    def suppose(self, path: str, data: bytes) -> None:
        """Go on as if the file at ``path`` held ``data``."""
        self.unstaged.add(path)
        self._read[path] = data

    def held(self, path: str, base: str = "HEAD") -> bytes | None:
        """Return what a commit or tree holds at ``path``, None when it has no such file."""
        if base == "HEAD" and self.git.commit("HEAD") is None:
            return None
        blob = self.git.blobs_at(base, [path]).get(path)
        return self.git.blob(blob) if blob else None

    def exists(self, path: str) -> bool:
        """Say whether there is a file at ``path``."""
        if self.staged and path in self.blobs:
            return True
        if path in self.blobs and path not in self.unstaged:
            return True
        return os.path.isfile(os.path.join(self.git.top, path))

    def blob(self, path: str) -> str | None:
        """Return an id of the content of ``path``: git's own where git knows it."""
        known = self.blobs.get(path)
        if known and (self.staged or path not in self.unstaged or path in self.left_out):
            return known
        try:
            data = self.read(path)
        except OSError:
            return None
        return None if data is None else content_id(data, len(next(iter(self.blobs.values()), "")))

    def agrees(self, path: str) -> bool:
        """Say whether index and worktree hold the same at ``path``."""
        if path not in self.blobs:
            return True
        if path not in self.unstaged:
            return True
        target = os.path.join(self.git.top, path)
        if not os.path.isfile(target):
            return False
        made = self.git.line("hash-object", "--", path)
        return made == self.blobs[path]

    def _content(self, path: str) -> bytes | None:
        known = self.blobs.get(path)
        if known and path not in self.links:
            differs = path in self.unstaged
            if (self.staged and differs) or path in self.left_out:
                return self.git.blob(known)
        target = os.path.join(self.git.top, path)
        try:
            if not stat.S_ISREG(os.stat(target).st_mode):
                return None  # opening a pipe would wait for ever
            with open(target, "rb") as file:
                return file.read()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:  # a link to itself leads nowhere, as others do
                return None
            raise


@dataclass(frozen=True, slots=True)
class After:
    """What the files will hold once ``new`` is written, None for those that go."""

    view: View
    new: Mapping[str, bytes | None]

    def read(self, path: str) -> bytes | None:
        """Return the content of ``path``, None when there will be no such file."""
        return self.new[path] if path in self.new else self.view.read(path)

    def exists(self, path: str) -> bool:
        """Say whether there will be a file at ``path``."""
        return self.new[path] is not None if path in self.new else self.view.exists(path)

    @property
    def tracked(self) -> Iterable[str]:
        """Paths of all tracked files."""
        return self.view.tracked

    def names(self, folder: str) -> set[str]:
        """Return the names of what is in a folder."""
        return self.view.names(folder)

    def blob(self, path: str) -> str | None:
        """Return an id of the content of ``path``."""
        if path not in self.new:
            return self.view.blob(path)
        data = self.new[path]
        width = len(next(iter(self.view.blobs.values()), ""))
        return None if data is None else content_id(data, width)
