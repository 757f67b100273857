"""Guarded file operations: inside the repository, whole, durable.

What the operating system refuses, and what mlv refuses to touch, ends in `WriteRefused`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import sys
from collections.abc import Iterator

NOT_A_FILE = "not a regular file"

# Far below the 255 bytes of most file systems, since encrypting ones take 143 only.
_TEMP_STEM_BYTES = 100

_NO_SPACE = "no space left on the disk: nothing was written; free some space and run again"


class WriteRefused(Exception):
    """Nothing was written; ``message`` says why, and ``path`` which file is at fault, if one is."""

    def __init__(self, path: str | None, message: str) -> None:
        super().__init__(message if path is None else f"{shown(path)}: {message}")
        self.path = path
        self.message = message


def shown(path: str) -> str:
    """Return a path for a line of text: as it is, or escaped when it would break the line."""
    if path.isprintable():
        return path
    return path.encode("unicode_escape").decode("ascii")


@contextlib.contextmanager
def refusing(path: str | None = None) -> Iterator[None]:
    """Turn an error of the operating system into WriteRefused."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise WriteRefused(path, _NO_SPACE) from error
        reason = error.strerror or str(error)
        raise WriteRefused(path, f"cannot be written ({reason}): nothing was written") from error


def content_of(top: str, path: str) -> bytes | None:
    """Return what a file below ``top`` holds, None when there is none; may raise OSError."""
    try:
        with open(os.path.join(top, path), "rb") as file:
            return file.read()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


def folders_above(path: str) -> Iterator[str]:
    """Give the folders that hold a file, the nearest first, git's top at last."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def locate(top: str, path: str) -> str:
    """Return where ``path`` is on the disk; raise WriteRefused when it leaves the repository."""
    parts = path.split("/")
    outside = WriteRefused(path, "lies outside the repository: nothing was written")
    if {"", ".", ".."} & {*parts} or os.path.isabs(path) or "\0" in path:
        raise outside
    folder = os.path.realpath(os.path.dirname(os.path.join(top, path)))
    inner = os.path.relpath(folder, os.path.realpath(top)).split(os.sep)
    if ".." in inner:
        raise outside
    if ".git" in {part.lower() for part in (*parts, *inner)}:
        raise WriteRefused(path, "lies in git's own folder: nothing was written")
    return os.path.join(top, path)


def obstacle(target: str) -> tuple[str, str] | None:
    """Return what is at ``target`` instead of a file that may be written, and what to do.

    None for an ordinary file with write permission, and where nothing is.
    """
    try:
        mode = os.lstat(target).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(mode):
        return "is a symbolic link", "put a real file there"
    if not stat.S_ISREG(mode):
        return "is not a regular file", "move it away"
    if not mode & stat.S_IWUSR:
        return "is read-only", "`chmod u+w` it and run again"
    return None


def require_writable(target: str, path: str) -> None:
    """Raise WriteRefused unless ``target`` is an ordinary file with write permission, or absent."""
    found = obstacle(target)
    if found:
        what, remedy = found
        raise WriteRefused(path, f"{what}: nothing was written; {remedy}")


def temp_name(name: str) -> str:
    """Return a new name for a file that stands beside ``name`` for a moment."""
    while len(os.fsencode(name)) > _TEMP_STEM_BYTES:
        name = name[:-1]
    return f".{name}.mlv-{os.urandom(4).hex()}"


def digest_of(content: bytes | None) -> str | None:
    """Return what `digest` gives for a file that holds ``content``; None stands for no file."""
    return None if content is None else hashlib.sha256(content).hexdigest()


def content_id(data: bytes, width: int = 40) -> str:
    """Return the id that git gives to ``data``; ``width`` 64 means a SHA-256 repository."""
    make = hashlib.sha256 if width == 64 else hashlib.sha1
    return make(b"blob %d\0" % len(data) + data).hexdigest()


def digest(target: str) -> str | None:
    """Return the SHA-256 of a file, None when nothing is there, NOT_A_FILE for all else."""
    try:
        if not stat.S_ISREG(os.lstat(target).st_mode):
            return NOT_A_FILE
        with open(target, "rb") as file:
            return digest_of(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_new(target: str, content: bytes, like: os.stat_result | None) -> None:
    """Write a file that must not be there yet, with mode and owner of ``like``.

    `flush_file` makes it durable: of many files, all at their end takes a tenth of the time.
    """
    with open(target, "xb") as file:
        file.write(content)
        if like is not None:
            if sys.platform != "win32" and (like.st_uid, like.st_gid) != (os.getuid(), os.getgid()):
                # Root in a container must not take the file away from the person.
                with contextlib.suppress(PermissionError):
                    os.chown(file.fileno(), like.st_uid, like.st_gid)
            os.chmod(target, stat.S_IMODE(like.st_mode))


def move_new(source: str, target: str) -> None:
    """Move a file to a name that must not be there yet; raise FileExistsError when it is."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links; the caller has just looked
        os.rename(source, target)
    else:
        os.unlink(source)


def flush_file(target: str) -> None:
    """Bring the content of a file to the disk."""
    descriptor = os.open(target, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(folder: str) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
