"""What one file states of a project's packages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mlv_hooks.packages.requirement import Need, Place, Unreadable, read_requirement


@dataclass(frozen=True, slots=True)
class Stated:
    """What one file states of packages.

    ``needs`` are those it declares, ``files`` the requirements files and ``folders`` the projects
    that count as well, from git's top. ``name`` is the project's own, if it says one. ``is_main``
    says that further packages would be declared here, ``is_whole`` that setup.cfg and setup.py
    beside it count for nothing, and ``is_open`` that one of these has to say the rest.
    """

    needs: tuple[Need, ...] = ()
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    name: str = ""
    is_main: bool = True
    is_whole: bool = False
    is_open: bool = False


def asked(texts: object, folder: str) -> tuple[list[Need], list[str]]:
    """Return the packages and the folders that a list of requirements asks for.

    Raises Unreadable for anything else than a list of texts that pip reads.
    """
    if not isinstance(texts, list | tuple):
        raise Unreadable
    needs: list[Need] = []
    folders: list[str] = []
    for text in texts:
        if not isinstance(text, str):
            raise Unreadable
        for one in read_requirement(text.removeprefix("-e ").strip(), folder):
            if isinstance(one, Place):
                folders.append(one.folder)
            else:
                needs.append(one)
    return needs, folders


def all_asked(lists: Iterable[object], folder: str) -> tuple[tuple[Need, ...], tuple[str, ...]]:
    """Return what several lists of requirements ask for."""
    found = [asked(one, folder) for one in lists]
    return (
        tuple(need for needs, _ in found for need in needs),
        tuple(place for _, places in found for place in places),
    )
