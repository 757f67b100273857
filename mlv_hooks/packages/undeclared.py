"""What a notebook imports that its project does not declare."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlv_hooks.packages import known
from mlv_hooks.packages.imports import Imports, read_imports

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content
    from mlv_hooks.packages.declared import Declared
    from mlv_hooks.packages.project_packages import Packages


@dataclass(frozen=True, slots=True)
class Undeclared:
    """An import of a package that is not declared.

    ``package`` is what would be declared in the file ``target``; empty where nobody knows the
    package by its import.
    """

    cell: int
    line: int
    name: str
    package: str
    target: str


def undeclared(content: Content, settings: Settings, packages: Packages) -> Iterator[Undeclared]:
    """Give the first import of each package that a notebook's project does not declare.

    Nothing is given where the project declares nothing, or where that can't be told.
    """
    imports = read_imports(content, settings)
    wanted = [one for one in imports.names if not known.is_given(one.name)]
    if not wanted or imports.installed is None:
        return
    declared = packages.declared
    if declared is None or not declared.packages:
        return
    there = declared.packages | declared.own | known.of_kernel()
    there |= known.with_all(imports.installed)
    told = set()
    for one in wanted:
        name, providers = known.providers(one.name)
        if not name or _is_there(name, providers, there, declared):
            continue
        if not providers and not _is_sure(imports, declared):
            continue
        package = providers[0] if providers else ""
        if (package or name) in told or _is_own(name, bool(providers), imports, packages):
            continue
        told.add(package or name)
        yield Undeclared(one.cell, one.line, name, _as_written(package, declared), declared.target)


def _is_there(
    name: str, providers: tuple[str, ...], there: frozenset[str], declared: Declared
) -> bool:
    if known.covers(there, name, providers):
        return True
    return any(known.names_itself_after(one, providers) for one in declared.named if providers)


def _is_sure(imports: Imports, declared: Declared) -> bool:
    """Say whether a module that no table has is surely in no package that is there."""
    if imports.is_loose or declared.is_open:
        return False
    installed = {one.name for one in imports.installed or ()}
    return all(map(known.is_known, declared.named | installed))


def _is_own(name: str, is_known: bool, imports: Imports, packages: Packages) -> bool:
    """Say whether a module is the project's own; one by the name of a package hardly ever is."""
    top = name.partition(".")[0]
    return top in imports.made or packages.owns(top, anywhere=not is_known or imports.is_loose)


def _as_written(package: str, declared: Declared) -> str:
    is_conda = posixpath.basename(declared.target).endswith((".yml", ".yaml"))
    return known.on_conda(package) if is_conda and package else package
