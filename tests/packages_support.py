"""Files of a repository held in memory, and what MLV505 finds in a notebook among them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cells_support import cell, checked, notebook

from mlv_hooks.checks.selection import Choice
from mlv_hooks.packages.project_packages import ProjectPackages

UNDECLARED = Choice(select=("MLV505",))


@dataclass
class Held:
    """Files by path; ``read_paths`` are those that somebody read."""

    files: Mapping[str, str | bytes]
    read_paths: list[str] = field(default_factory=list)

    def read(self, path: str) -> bytes | None:
        self.read_paths.append(path)
        data = self.files.get(path)
        return data.encode() if isinstance(data, str) else data

    def exists(self, path: str) -> bool:
        return path in self.files

    def blob(self, path: str) -> str | None:
        data = self.files.get(path)
        raw = data.encode() if isinstance(data, str) else data
        return None if raw is None else hashlib.sha1(raw).hexdigest()

    def names(self, folder: str) -> set[str]:
        start = f"{folder}/" if folder else ""
        return {
            path[len(start) :].partition("/")[0] for path in self.files if path.startswith(start)
        }

    @property
    def tracked(self) -> Iterable[str]:
        return self.files.keys()


def projects(files: Mapping[str, str | bytes], *roots: str) -> ProjectPackages:
    """Return the packages of the projects at ``roots`` and at the top."""

    def root_of(path: str) -> str:
        above = [one for one in roots if path.startswith(f"{one}/")]
        return max(above, key=len, default="")

    return ProjectPackages(Held(files), root_of)


def undeclared(
    *sources: str,
    files: Mapping[str, str | bytes],
    path: str = "train.ipynb",
    roots: Iterable[str] = (),
) -> list[str]:
    """Return what MLV505 says of a notebook of these cells: cell, line and message."""
    data = notebook(*map(cell, sources))
    packages = projects(files, *roots).of(path)
    found = checked(data, choice=UNDECLARED, path=path, packages=packages)
    return [f"{one.location.cell}:{one.location.line} {one.message}" for one in found]


def missing(*sources: str, requirements: str) -> set[str]:
    """Return the names that are declared nowhere, with these requirements."""
    found = undeclared(*sources, files={"requirements.txt": requirements})
    return {one.split()[1] for one in found}
