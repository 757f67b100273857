"""Which files of the repository a module imports, directly or through others."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Iterator, Sequence

Read = Callable[[str], bytes | None]

_SOURCES = ("", "src")
"""Where modules are looked for, beside the notebook's folder."""


def module_roots(notebook: str) -> tuple[str, ...]:
    """Return the folders in which the modules that a notebook imports are looked for."""
    return tuple(dict.fromkeys((posixpath.dirname(notebook), *_SOURCES)))


def has_module(name: str, roots: Sequence[str], read: Read) -> bool:
    """Say whether a dotted name is, or begins with, a module or package in one of the folders."""
    return next(_files(name, roots, read), None) is not None


def local_modules(source: str, roots: Sequence[str], read: Read) -> tuple[str, ...]:
    """Return the paths of the repository's modules that ``source`` needs, sorted.

    ``roots`` are the folders in which modules are looked for, in order. Found without running
    anything: what is imported under a computed name is not seen.
    """
    found: set[str] = set()
    waiting = list(_imports(source, ""))
    while waiting:
        for path in _files(waiting.pop(), roots, read):
            if path in found:
                continue
            found.add(path)
            data = read(path) or b""
            waiting += _imports(data.decode("utf-8", "replace"), _package(path, roots))
    return tuple(sorted(found))


def _imports(source: str, package: str) -> Iterator[str]:
    """Give the dotted names that a module imports; those of ``from a import b`` may be modules."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: -(node.level - 1) or None] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{one.name}" for one in node.names)


def _package(path: str, roots: Sequence[str]) -> str:
    """Return the dotted name of the package that the module at ``path`` is in."""
    root = next((one for one in roots if one and path.startswith(f"{one}/")), "")
    inner = posixpath.dirname(path[len(root) :].lstrip("/"))
    return inner.replace("/", ".")


def _files(name: str, roots: Sequence[str], read: Read) -> Iterator[str]:
    """Give the files that importing a dotted name loads: packages on the way, and the module."""
    parts = [one for one in name.split(".") if one]
    for root in roots:
        files = list(_files_below(parts, root, read))
        if files:
            yield from files
            return


def _files_below(parts: Sequence[str], root: str, read: Read) -> Iterator[str]:
    folder = root
    for part in parts:
        folder = posixpath.join(folder, part)
        for path in (f"{folder}.py", f"{folder}/__init__.py"):
            if read(path) is not None:
                yield path
