"""One requirement, as pip reads it: the package's name and its extras."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


class Unreadable(ValueError):
    """A file of declarations from which nobody can tell which packages it declares."""


@dataclass(frozen=True, slots=True)
class Need:
    """A package that is asked for; ``name`` is empty where only the installer could tell it."""

    name: str
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of the same repository whose project is asked for, as ``-e ./common``."""

    folder: str


_MOST = 2_000  # characters that a requirement may have
_NAMED = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\])?"
    r"\s*(?:$|[@=<>!~;(].*)",
    re.DOTALL,
)
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?")
_ARCHIVE = re.compile(r"(?P<name>.+?)-\d[^-]*(?:-.*\.whl|\.tar\.gz|\.zip|\.tgz|\.tar\.bz2)")
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tgz", ".tar.bz2")
_VERSIONED = re.compile(r"(?:git|hg|svn|bzr)\+")
_PATH = re.compile(r"\.{1,2}(?=$|[/\\\[])|[/\\]|file:|[A-Za-z]:[/\\]")


def normal(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_requirement(text: str, folder: str = "") -> tuple[Need | Place, ...]:
    """Return what a requirement asks for; one without a name may be one of unknown name too.

    ``text`` has neither comments nor options; ``folder`` is where its paths begin. Raises
    Unreadable for what pip would not read either.
    """
    text = text.strip()
    if len(text) > _MOST:
        raise Unreadable
    found = _NAMED.fullmatch(text)
    if found and not found["name"].endswith(_ARCHIVES):
        return (Need(normal(found["name"]), _extras(found["extras"])),)
    egg = _EGG.search(text)
    if egg:
        return (Need(normal(egg[1]), _extras(egg[2])),)
    archive = _ARCHIVE.fullmatch(_last(text))
    if archive:
        return (Need(normal(archive["name"])),)
    if _VERSIONED.match(text):
        # The name of the repository is often that of the package, and often not.
        name = normal(_last(text).partition("@")[0].removesuffix(".git"))
        return (Need(name), Need("")) if name else (Need(""),)
    if _PATH.match(text) or (("/" in text or "\\" in text) and "://" not in text):
        return (_place(text, folder),)
    if "://" in text:
        return (Need(""),)
    raise Unreadable


def inside(folder: str, path: str) -> str | None:
    """Return a path from git's top, given from a folder; None for one outside of the repository."""
    joined = posixpath.normpath(posixpath.join(folder, path.replace("\\", "/")))
    is_outside = joined.startswith(("/", "../")) or joined == ".." or "\0" in joined
    if is_outside or joined[1:2] == ":":
        return None
    return "" if joined == "." else joined


def _extras(text: str | None) -> tuple[str, ...]:
    return tuple(normal(one.strip()) for one in (text or "").split(",") if one.strip())


def _last(text: str) -> str:
    """Return the last part of the path of a URL or file."""
    try:
        path = urlsplit(text).path
    except ValueError:
        path = text
    return unquote(path.replace("\\", "/").rstrip("/").rpartition("/")[2])


def _place(text: str, folder: str) -> Need | Place:
    path = text.partition(";")[0].strip()
    path = re.sub(r"\[[^\]]*\]$", "", path).partition("#")[0]
    path = path.removeprefix("file://").removeprefix("file:")
    found = inside(folder, path)
    return Need("") if found is None else Place(found)
