"""The projects of a repository: which settings count where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mlv_hooks.config import OWN_FILE, SHARED_FILE, ConfigError, Settings, find_settings


class Projects:
    """The projects of the repository whose files ``read`` gives (None: no file).

    A folder with settings is the root of a project, and so is git's top. A file belongs to the
    nearest root above it, and no project takes anything from another. ``lenient`` takes settings
    that can't be used for none; else each method may raise ConfigError. ``values`` are settings
    that count in all projects before their own.
    """

    def __init__(
        self, read: Callable[[str], bytes | None], *, lenient: bool = False, **values: Any
    ) -> None:
        self.read = read
        self._lenient = lenient
        self._values = values
        self.top = self._find("") or Settings(**values)
        self._at = {"": self.top}

    def of(self, path: str) -> Settings:
        """Return the settings of the project that a file belongs to; paths are from git's top."""
        folder = path.rpartition("/")[0]
        return self._at.get(folder) or self._in(folder)

    def _in(self, folder: str) -> Settings:
        found = self._find(folder) or self.of(folder)
        self._at[folder] = found
        return found

    def _find(self, folder: str) -> Settings | None:
        try:
            found = find_settings(self.read, folder)
        except ConfigError:
            if self._lenient:
                return None
            raise
        return replace(found, **self._values) if found else None

    def covers(self, path: str) -> bool:
        """Say whether ``path`` is a notebook that its project looks after."""
        return path.endswith(".ipynb") and self.of(path).covers(path)

    def having(self, **values: Any) -> Projects:
        """Return the same projects, with ``values`` before the settings of each."""
        other = Projects(self.read, lenient=self._lenient, **values)
        for folder in self._at:
            other.of(f"{folder}/")
        return other

    def all(self) -> list[Settings]:
        """Return the settings of all projects that were asked for, by their roots."""
        return sorted({*self._at.values()}, key=lambda one: one.root)


def holds_settings(path: str) -> bool:
    """Say whether a file of that path may hold settings of a project."""
    return path.rpartition("/")[2] in (OWN_FILE, SHARED_FILE)
