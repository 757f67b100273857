"""Files of a pipeline that can't be read or written: told before anything is, one finding each."""

from __future__ import annotations

import os

from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.repository.files import WriteRefused, locate, obstacle


def unreadable(error: OSError, top: str) -> Diagnostic:
    """Return the finding for a file below ``top`` that the system does not let us read."""
    path = os.path.relpath(os.fsdecode(error.filename or top), top).replace(os.sep, "/")
    message = f"cannot be read ({error.strerror}): mend its permissions with `chmod`, or move it"
    return Diagnostic("MLV405", message, Location(path))


def unwritable(top: str, path: str) -> Diagnostic | None:
    """Return why the file at a path below ``top`` can't be written; may raise OSError."""
    try:
        target = locate(top, path)
    except WriteRefused:
        message = "lies in a linked folder that leaves the repository: put a real folder there"
        return Diagnostic("MLV007", message, Location(path))
    found = obstacle(target) or _above(top, path)
    return Diagnostic("MLV405", ": ".join(found), Location(path)) if found else None


def is_no_file(top: str, path: str) -> bool:
    """Say whether something is at a path that DVC can't open: a folder, a pipe, a broken link."""
    target = os.path.join(top, path)
    return os.path.lexists(target) and not os.path.isfile(target)


def _above(top: str, path: str) -> tuple[str, str] | None:
    """Return what is wrong with the nearest folder above a path that is there, and what to do."""
    folder = os.path.dirname(path)
    while folder and not os.path.lexists(os.path.join(top, folder)):
        folder = os.path.dirname(folder)
    place = os.path.join(top, folder)
    if not os.path.isdir(place):
        return f"can't be there, since {folder} is no folder", "move that away"
    if not os.access(place, os.W_OK | os.X_OK):
        return "is in a read-only folder", f"`chmod u+w {folder or '.'}` and run again"
    return None
