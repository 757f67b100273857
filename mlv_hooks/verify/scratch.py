"""Copies of a worktree to run code in, and what a run changed there."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

Stamp = tuple[int, int, int]
"""When a file was last written, its size, and which file it is."""

# Caches, environments and version control: nothing that a notebook reads as data.
_LEFT_OUT = frozenset(
    {
        ".git", ".hg", ".svn", ".venv", "venv", ".tox", ".nox", "node_modules", "__pycache__",
        ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis",
    }
)  # fmt: skip
_OF_DVC = frozenset({"cache", "tmp"})
# ioctl of Linux: share the blocks of a file until one side writes (btrfs, XFS, bcachefs).
_FICLONE = 0x40049409


def copy_worktree(top: str, target: str) -> None:
    """Copy the files below ``top``, tracked or not, to the new folder ``target``.

    No run in the copy can reach the original by it: files are shared copy-on-write where the file
    system can do that and copied where not, never hard-linked; a symbolic link that leads out of
    what is copied becomes the file or folder that it leads to.
    """
    _copy_folder(os.path.realpath(top), os.path.realpath(top), target, ())


def snapshot(top: str) -> dict[str, Stamp]:
    """Return the stamp of each file below ``top``, by path with slashes, without caches."""
    found = {}
    for folder, names, files in os.walk(top):
        names[:] = [name for name in names if not _is_left_out(folder, name)]
        for name in files:
            path = os.path.join(folder, name)
            try:
                stat = os.lstat(path)
            except FileNotFoundError:
                continue
            inner = os.path.relpath(path, top).replace(os.sep, "/")
            found[inner] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


def changed(before: Mapping[str, Stamp], after: Mapping[str, Stamp]) -> set[str]:
    """Return the paths that were written, made or removed between two snapshots."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def _copy_folder(top: str, source: str, target: str, outer: tuple[str, ...]) -> None:
    """Copy ``source``; ``outer`` are the real folders around it: no link shall go in circles."""
    outer = (*outer, os.path.realpath(source))
    os.makedirs(target)
    for entry in sorted(os.scandir(source), key=lambda one: one.name):
        if _is_left_out(source, entry.name):
            continue
        copy = os.path.join(target, entry.name)
        if entry.is_symlink() and _stays_inside(top, entry.path):
            os.symlink(_relative_link(entry.path), copy)
        elif entry.is_dir():
            if os.path.realpath(entry.path) not in outer:
                _copy_folder(top, entry.path, copy, outer)
        elif entry.is_file():
            _copy_file(entry.path, copy)


def _is_left_out(folder: str, name: str) -> bool:
    if os.path.basename(folder) == ".dvc" and name in _OF_DVC:
        return True
    return name in _LEFT_OUT or os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))


def _stays_inside(top: str, link: str) -> bool:
    """Tell whether the link leads to something that is copied too."""
    inner = os.path.relpath(os.path.realpath(link), top)
    folder = top
    for name in Path(inner).parts:
        if name == os.pardir or _is_left_out(folder, name):
            return False
        folder = os.path.join(folder, name)
    return os.path.exists(link)


def _relative_link(link: str) -> str:
    real = os.path.realpath(link)
    return os.path.relpath(real, os.path.realpath(os.path.dirname(link)))


def _copy_file(source: str, target: str) -> None:
    if not _share(source, target):
        shutil.copyfile(source, target)
    shutil.copystat(source, target)


def _share(source: str, target: str) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl

    with open(source, "rb") as old, open(target, "wb") as new:
        try:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        except OSError as error:
            if error.errno in (errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY,
                               errno.ENOSYS, errno.EPERM, errno.EACCES, errno.ETXTBSY):  # fmt: skip
                return False
            raise
    return True


def files_below(top: str, path: str) -> Iterator[str]:
    """Yield the files that ``path``, from ``top``, is or holds."""
    whole = os.path.join(top, path)
    if os.path.isfile(whole):
        yield path
    for folder, names, files in os.walk(whole):
        names[:] = [name for name in names if not _is_left_out(folder, name)]
        for name in files:
            yield os.path.relpath(os.path.join(folder, name), top).replace(os.sep, "/")
