"""Which packages the files of a folder declare: each kind of file read, and what they include."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mlv_hooks.packages import known
from mlv_hooks.packages.declaration_files import kind_of
from mlv_hooks.packages.requirement import Need, Unreadable
from mlv_hooks.packages.requirements_file import decode, read_requirements
from mlv_hooks.packages.setup_files import read_environment, read_setup_cfg, read_setup_py
from mlv_hooks.packages.stated import Stated
from mlv_hooks.packages.toml_files import read_lock, read_pipfile, read_pixi, read_pyproject

Read = Callable[[str], bytes | None]
Reader = Callable[[str, str], Stated]

_READERS: dict[str, Reader] = {
    "pyproject": read_pyproject,
    "pixi": read_pixi,
    "environment": read_environment,
    "pipfile": read_pipfile,
    "setup.cfg": read_setup_cfg,
    "setup.py": read_setup_py,
    "lock": read_lock,
}
_SETUPTOOLS = ("setup.cfg", "setup.py")
_MOST = 2_000_000  # bytes of a file; locks are longer than what people write
_MOST_LOCKED = 20_000_000
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Declared:
    """The packages that count for a notebook.

    ``named`` are those that its project declares, ``own`` the names of the project itself, and
    ``packages`` all of these with what comes with them. ``target`` is the file in which a further
    one is declared. ``is_open`` says that some are there under names that nobody can tell.
    """

    named: frozenset[str]
    own: frozenset[str]
    packages: frozenset[str]
    target: str
    is_open: bool


def declared_by(paths: Sequence[str], read: Read) -> Declared | None:
    """Return what files declare, None where they declare nothing or it can't be told.

    The paths are in the order in which one of them is chosen for what is missing.
    """
    gathering = _Gathering(read)
    try:
        gathering.files([one for one in paths if kind_of(one) != "lock"])
        if not gathering.needs:
            gathering.files([one for one in paths if kind_of(one) == "lock"])
    except (Unreadable, OSError):
        return NOTHING_KNOWN
    return gathering.result()


NOTHING_KNOWN = Declared(frozenset(), frozenset(), frozenset(), "", True)
"""What counts where it can't be told which packages are declared."""


@dataclass(slots=True)
class _Gathering:
    """What was found so far; raises Unreadable where nobody can tell what is declared."""

    read: Read
    needs: list[Need] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    targets: dict[str, bool] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def files(self, paths: Sequence[str]) -> None:
        """Read files, folder by folder: what one of them says may make another count no more."""
        for folder in dict.fromkeys(map(posixpath.dirname, paths)):
            self._folder([one for one in paths if posixpath.dirname(one) == folder])

    def result(self) -> Declared | None:
        """Return all that was found; None for nothing, or nothing but tools."""
        names = frozenset(one.name for one in self.needs if one.name)
        if any(map(known.brings_everything, names)):
            return NOTHING_KNOWN
        if all(map(known.is_tool, names)):
            return None
        target = next((one for one, is_main in self.targets.items() if is_main), "")
        return Declared(
            names,
            frozenset(self.own),
            known.with_all(self.needs),
            target or next(iter(self.targets)),
            any(not one.name for one in self.needs),
        )

    def _folder(self, paths: Sequence[str]) -> None:
        is_whole = is_open = False
        for path in paths:
            is_setup = posixpath.basename(path) in _SETUPTOOLS
            if is_whole and is_setup:
                continue
            stated = self._one(path)
            if stated:
                is_whole |= stated.is_whole
                is_open = (is_open or stated.is_open) and not (is_setup and stated.is_main)
        if is_open:
            raise Unreadable

    def _one(self, path: str, reader: Reader | None = None) -> Stated | None:
        """Read one file and what it includes; None where it was read, or there is none."""
        data = None if path in self.seen else self.read(path)
        self.seen.add(path)
        if data is None:
            return None
        most = _MOST_LOCKED if kind_of(path) == "lock" else _MOST
        if len(data) > most or len(self.seen) > _MOST_FILES:
            raise Unreadable
        reader = reader or _READERS.get(kind_of(path), read_requirements)
        stated = reader(decode(data), posixpath.dirname(path))
        self.needs += stated.needs
        if stated.name:
            self.own.add(stated.name)
        if stated.needs or stated.files:
            self.targets.setdefault(path, stated.is_main)
        for one in stated.files:
            if one not in self.seen and self._one(one, read_requirements) is None:
                raise Unreadable
        for one in stated.folders:
            self._project(one, is_here=one == posixpath.dirname(path))
        return stated

    def _project(self, folder: str, *, is_here: bool) -> None:
        """Read what a project of the repository declares that is installed with this one.

        ``is_here`` says that it is ``.``: pip means the folder that it is started in, which is
        hardly that of ``requirements/dev.txt``.
        """
        paths = [posixpath.join(folder, name) for name in ("pyproject.toml", *_SETUPTOOLS)]
        if not self.seen.isdisjoint(paths):
            return
        before = len(self.own)
        self._folder(paths)
        if len(self.own) > before:
            return
        if is_here and folder:
            self._project(posixpath.dirname(folder), is_here=True)
        else:
            self.needs.append(Need(""))
