"""The packages and modules of the projects of a repository, found when somebody asks, and once."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from mlv_hooks.packages.declaration_files import listed
from mlv_hooks.stage.local_modules import has_module, module_roots

if TYPE_CHECKING:
    from mlv_hooks.packages.declared import Declared

_DECLARED, _TOP, _FILE, _OWN, _ANYWHERE = "?declared", "?top", "?file ", "?own ", "?anywhere "
_MODULES = (".py", ".pyi", ".pyx", ".so", ".pyd", ".ipynb")


class Files(Protocol):
    """The files of a repository, by paths from its top."""

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, None when there is none; may raise OSError."""

    def exists(self, path: str) -> bool:
        """Say whether there is a file."""

    def blob(self, path: str) -> str | None:
        """Return an id of the content of a file."""

    def names(self, folder: str) -> Collection[str]:
        """Return the names of the files in a folder."""

    @property
    def tracked(self) -> Iterable[str]:
        """The paths of all files that git tracks."""


def is_fact(word: str) -> bool:
    """Say whether a word is that of a fact, and no code of a rule."""
    return word.startswith("?")


class ProjectPackages:
    """What counts in the repository whose ``files`` these are.

    ``root_of`` gives the root of the project that a notebook belongs to.
    """

    def __init__(self, files: Files, root_of: Callable[[str], str]) -> None:
        self.files = files
        self._root_of = root_of
        self._declared: dict[tuple[str, ...], tuple[Declared | None, dict[str, str]]] = {}
        self._listed: dict[str, list[str]] = {}

    def of(self, notebook: str) -> Packages:
        """Return what counts for a notebook, given from git's top as all paths."""
        return Packages(self, notebook, self._root_of(notebook))

    def declared_in(self, folders: tuple[str, ...]) -> tuple[Declared | None, dict[str, str]]:
        """Return what the files of folders declare, and the ids of all others that were read."""
        if folders not in self._declared:
            from mlv_hooks.packages.declared import declared_by

            paths = self.paths_in(folders)
            others: dict[str, str] = {}

            def read(path: str) -> bytes | None:
                if path not in paths:
                    others[path] = self.id_of(path)
                return self.files.read(path)

            self._declared[folders] = declared_by(paths, read), others
        return self._declared[folders]

    def digest(self, folders: tuple[str, ...]) -> str:
        """Return a digest of the files of folders that may declare packages."""
        rows = [f"{path}\0{self.id_of(path)}" for path in self.paths_in(folders)]
        text = "\0\0".join(rows).encode("utf-8", "surrogateescape")
        return hashlib.sha256(text).hexdigest()[:20]

    def paths_in(self, folders: tuple[str, ...]) -> list[str]:
        """Return the files of folders that may declare packages."""
        for one in folders:
            if one not in self._listed:
                self._listed[one] = listed(one, self.files.names)
        return [path for one in folders for path in self._listed[one]]

    def id_of(self, path: str) -> str:
        """Return an id of a file's content, a word of its own where there is no such file."""
        return self.files.blob(path) or "none"

    @cached_property
    def folders(self) -> frozenset[str]:
        """The folders that hold a module, or a folder that does."""
        found = {""}
        for path in self.files.tracked:
            folder = posixpath.dirname(path) if path.endswith(".py") else ""
            while folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    @cached_property
    def modules(self) -> frozenset[str]:
        """The names that something in the repository might be imported by."""
        files = (posixpath.basename(one) for one in self.files.tracked if one.endswith(_MODULES))
        names = {one.partition(".")[0] for one in files}
        return frozenset(names | {posixpath.basename(one) for one in self.folders})


class Packages:
    """The packages and modules that count for one notebook.

    ``facts`` has what was asked, each with its answer: with other answers a rule might find
    something else.
    """

    def __init__(self, project: ProjectPackages, notebook: str, root: str) -> None:
        self._project = project
        self._notebook = notebook
        self._root = root
        self.facts: dict[str, str] = {}

    @cached_property
    def declared(self) -> Declared | None:
        """The packages that the project declares, None where it declares none.

        What is declared between the notebook's folder and the project's root counts together,
        and what is at git's top where that is nothing.
        """
        found = self._declared(_DECLARED)
        return found or (self._declared(_TOP) if self._root else None)

    def _declared(self, fact: str) -> Declared | None:
        folders = self._folders(fact)
        found, others = self._project.declared_in(folders)
        self.facts[fact] = self._project.digest(folders)
        self.facts.update((f"{_FILE}{path}", blob) for path, blob in others.items())
        return found

    def _folders(self, fact: str) -> tuple[str, ...]:
        if fact == _TOP:
            return ("",)
        folders = [posixpath.dirname(self._notebook)]
        while folders[-1] not in (self._root, ""):
            folders.append(posixpath.dirname(folders[-1]))
        return tuple(folders)

    def owns(self, name: str, *, anywhere: bool) -> bool:
        """Say whether a module is the project's own.

        That is one beside the notebook, at the project's root or in src/; with ``anywhere`` each
        in the repository, since people have more ways to put folders on the path.
        """
        fact = f"{_ANYWHERE if anywhere else _OWN}{name}"
        if fact not in self.facts:
            self.facts[fact] = self._answer(fact)
        return self.facts[fact] == "yes"

    def holds(self, fact: str, answer: str) -> bool:
        """Say whether the answer is still the same."""
        return self._answer(fact) == answer

    def _answer(self, fact: str) -> str:
        if fact in (_DECLARED, _TOP):
            return self._project.digest(self._folders(fact))
        if fact.startswith(_FILE):
            return self._project.id_of(fact.removeprefix(_FILE))
        name = fact.partition(" ")[2]
        found = self._is_beside(name)
        if not found and fact.startswith(_ANYWHERE):
            found = name in self._project.modules
        return "yes" if found else "no"

    def _is_beside(self, name: str) -> bool:
        project = self._project
        inner = self._notebook[len(self._root) :].lstrip("/")
        roots = [posixpath.join(self._root, one) for one in module_roots(inner)]
        roots = [one.rstrip("/") for one in roots]

        def read(path: str) -> bytes | None:
            return b"" if project.files.exists(path) else None

        return has_module(name, roots, read) or any(
            posixpath.join(one, name) in project.folders for one in roots
        )
