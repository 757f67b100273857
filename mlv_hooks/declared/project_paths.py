"""Paths as people declare them -> paths from the project's root, or why they are none."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePath

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_TEMPLATE = re.compile(r"(?<!\\)\$\{.*?\}")
_SHELL_VARIABLE = re.compile(r"(?:^|/)\$\w")
_ABSOLUTE = re.compile(r"/|~|[A-Za-z]:[\\/]")


class NoPathError(Exception):
    """Says in one line why a text is no path of the project, and what to write."""


def from_root(text: str, depth: int = 0) -> str:
    """Return the path ``text``, that counts from the root, normalised; raise NoPathError.

    ``depth`` says how many folders above the root are in the repository.
    """
    path = _unquoted(text)
    if "\n" in path:
        first = path.partition("\n")[0]
        raise NoPathError(f"{first} goes on in the next line: write one path, then a blank line")
    if not path:
        raise NoPathError("it names no path: write one")
    if _URL.match(path):
        return path
    if "{{" in path:
        raise NoPathError(f"{path} is a template of MLV-tools: write ${{key}}, key in params.yaml")
    if _SHELL_VARIABLE.search(path):
        raise NoPathError(f"{path}: DVC knows no shell variables: write ${{key}}, or the path")
    if _ABSOLUTE.match(path):
        raise NoPathError(f"{path} is outside the project: write a path from the project's root")
    return _inside(path, path, depth)


def from_folder(text: str, folder: str, depth: int = 0) -> str:
    """Return the path that code in ``folder`` calls ``text``, from the root; raise NoPathError."""
    if _URL.match(text):
        return text
    if _ABSOLUTE.match(text):
        raise NoPathError(f"{text} is outside the project: write it from the notebook's folder")
    return _inside(posixpath.join(folder, text), text, depth)


def _inside(path: str, said: str, depth: int) -> str:
    outside_templates = _TEMPLATE.sub("", path)
    if "\\" in outside_templates:
        raise NoPathError(f"{said}: write / between folders, not \\")
    if re.search(r"[*?]", outside_templates):
        raise NoPathError(f"{said}: DVC takes no wildcards: name the folder")
    path = posixpath.normpath(path)
    parts = path.split("/")
    if parts.count("..") > depth:
        raise NoPathError(f"{said} leaves the repository: write a path inside it")
    if parts[-1] in (".", ".."):
        raise NoPathError(f"{said} is the whole project: name a file or folder in it")
    return path


def is_url(path: str) -> bool:
    """Say whether a path is one of another store, such as ``s3://bucket/x``."""
    return _URL.match(path) is not None


def templates(path: str) -> list[str]:
    """Return DVC's templates in the text, ``${item.subset}`` as ``item.subset``."""
    return [one[2:-1].strip() for one in _TEMPLATE.findall(path)]


def covers(declared: str, path: str) -> bool:
    """Say whether a declared path is this one, or a folder that holds it; templates may be any."""
    pattern = ".*".join(map(re.escape, _TEMPLATE.split(declared)))
    return re.fullmatch(f"{pattern}(?:/.*)?", path) is not None


def meet(one: str, other: str) -> bool:
    """Say whether two paths are the same, or one is in the other."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


class Owners:
    """Paths and who has each, by which those that meet a path are found without comparing all."""

    def __init__(self, owned: Iterable[tuple[str, str]]) -> None:
        self._owned = list(owned)
        self._at: dict[str, list[int]] = defaultdict(list)
        self._below: dict[str, list[int]] = defaultdict(list)
        for number, (path, _) in enumerate(self._owned):
            self._at[path].append(number)
            for folder in _folders(path):
                self._below[folder].append(number)

    def meeting(self, path: str) -> Iterator[tuple[str, str]]:
        """Give each path that meets this one, and its owner, in their order."""
        found = [*self._at.get(path, ()), *self._below.get(path, ())]
        for folder in _folders(path):
            found += self._at.get(folder, ())
        return (self._owned[number] for number in sorted(found))


def _folders(path: str) -> Iterator[str]:
    return (path[:end] for end, sign in enumerate(path) if sign == "/")


def relative_to(path: str, folder: str) -> str:
    """Return how code in ``folder`` calls the path."""
    return path if is_url(path) else posixpath.relpath(path, folder or ".")


def as_texts(value: object) -> list[str] | None:
    """Return the paths that a parameter's value holds, None when it is no path nor paths."""
    if isinstance(value, (str, PurePath)):
        text = value if isinstance(value, str) else value.as_posix()
        return [text] if text else []
    if isinstance(value, (list, tuple)):
        inner = [as_texts(one) for one in value if isinstance(one, (str, PurePath))]
        return [one for texts in inner for one in texts or ()] if len(inner) == len(value) else None
    return [] if value is None else None


def _unquoted(text: str) -> str:
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`"
    return text[1:-1].strip() if quoted else text
