"""Which files may declare packages, told by their names, and in which folder these count."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable

# The earlier a file stands here, the sooner a further package is declared in it.
_KINDS = {
    "pyproject": re.compile(r"pyproject\.toml"),
    "pixi": re.compile(r"pixi\.toml"),
    "sources": re.compile(r"requirements\.in"),
    "requirements": re.compile(r"requirements\.txt"),
    "more requirements": re.compile(r"(?!.*constraints).*requirements.*\.(?:txt|in)"),
    "environment": re.compile(r"(?:environment.*|env|conda)\.ya?ml"),
    "pipfile": re.compile(r"Pipfile"),
    "setup.cfg": re.compile(r"setup\.cfg"),
    "setup.py": re.compile(r"setup\.py"),
    "lock": re.compile(r"(?:uv|poetry|pdm)\.lock"),
}
_RANKS = [*_KINDS, "listed"]
_LISTS = "requirements"
_BELOW = (_LISTS, "binder", ".binder")


def kind_of(path: str) -> str:
    """Return what kind of file declares packages at a path, empty for none that does."""
    folder, _, name = path.rpartition("/")
    for kind, pattern in _KINDS.items():
        if pattern.fullmatch(name):
            return kind
    is_listed = name.endswith((".txt", ".in")) and not name.startswith("constraints")
    return "listed" if is_listed and posixpath.basename(folder) == _LISTS else ""


def counts_in(path: str) -> str:
    """Return the folder whose packages a file declares."""
    folder = posixpath.dirname(path)
    return posixpath.dirname(folder) if posixpath.basename(folder) in _BELOW else folder


def listed(folder: str, names: Callable[[str], Iterable[str]]) -> list[str]:
    """Return the files that may declare the packages of a folder; ``names`` gives those in one."""
    here = set(names(folder))
    folders = [folder, *(posixpath.join(folder, one) for one in _BELOW if one in here)]
    paths = (posixpath.join(one, name) for one in folders for name in names(one))
    ranked = [(_RANKS.index(kind), path) for path in paths if (kind := kind_of(path))]
    return [path for _, path in sorted(ranked)]
