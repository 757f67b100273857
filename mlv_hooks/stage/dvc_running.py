"""DVC at work in the same worktree: which files it uses, and its lock.

DVC holds ``.dvc/tmp/lock`` while it reads and writes its own files, but not while the command of a
stage runs. Then ``.dvc/tmp/rwlock`` names the files that the stage reads and writes, and who runs
it. When the command has ended, DVC notes in dvc.lock what those files hold *at that moment*: a step
that changed meanwhile would be taken for the one that ran.

- A file that a running stage reads or writes is not written. In params.yaml sync only adds keys;
  where they belong to the stage, its command is another one then, and DVC runs it again.
- dvc.yaml has been read when a stage runs, and no run writes it.
- dvc.lock is changed by DVC after each stage, so that it is written under DVC's lock only, and not
  while a stage runs: its entry would come back under the former name.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from mlv_hooks.repository.files import WriteRefused
from mlv_hooks.stage.dvc_files import DVC_FOLDER, LOCK_FILE, PARAMS_FILE

WAIT_SECONDS = 3.0
"""As long as DVC itself waits."""

_AGAIN = "nothing was written; try again when it has ended"
_PAUSE = 0.1


class Use(NamedTuple):
    """A process of DVC that runs a stage, and a file or folder that this stage uses."""

    pid: int
    command: str
    path: str

    def __str__(self) -> str:
        words = self.command.split()
        name = " ".join([os.path.basename(words[0]), *words[1:3]]) if words else "dvc"
        return f"`{name}` (process {self.pid})"


def refuse_used(root: str, top: str, paths: Sequence[str]) -> None:
    """Raise WriteRefused when a stage that DVC runs in ``root`` uses one of ``paths`` of ``top``.

    For dvc.lock it is enough that any stage runs.
    """
    used = list(_used(root))
    here = os.path.realpath(top)
    for path in paths if used else ():
        name = os.path.basename(path)
        target = os.path.join(here, path)
        for one in used:
            if name == LOCK_FILE:
                raise WriteRefused(path, f"{one} is running a stage and writes it: {_AGAIN}")
            if name != PARAMS_FILE and f"{target}/".startswith(f"{one.path.rstrip('/')}/"):
                raise WriteRefused(path, f"{one} is running a stage that uses it: {_AGAIN}")


@contextlib.contextmanager
def locked(root: str, path: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Hold DVC's lock of ``root`` while ``path`` is written; raise WriteRefused without it."""
    name = _temporary(root, "lock")
    if not os.path.isdir(os.path.dirname(name)):  # DVC has not run here
        yield
        return
    with open(name, "ab+") as file:
        if not _is_taken(file):
            tell("waiting for DVC, which is at work here")
            end = time.monotonic() + WAIT_SECONDS
            while not _is_taken(file):
                if time.monotonic() > end:
                    raise WriteRefused(path, f"DVC is at work here and has its lock: {_AGAIN}")
                time.sleep(_PAUSE)
        yield


def _is_taken(file: BinaryIO) -> bool:
    """Try to take the lock, as zc.lockfile does; closing the file gives it back."""
    file.seek(0)
    words = file.read().split(b"|")
    # With `core.hardlink_lock` the file names its holder: PATH|HOST|PID|NUMBER.
    if len(words) > 3 and words[-2].isdigit() and _is_alive(int(words[-2])):
        return False
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _used(root: str) -> Iterator[Use]:
    """Give what running stages use; a record that can't be read is as good as none."""
    try:
        with open(_temporary(root, "rwlock"), "rb") as file:
            data = json.load(file)
    except (OSError, ValueError):
        return
    for kind in ("write", "read"):
        named = data.get(kind) if isinstance(data, dict) else None
        for path, users in named.items() if isinstance(named, dict) else ():
            for user in users if isinstance(users, list) else [users]:
                pid = user.get("pid") if isinstance(user, dict) else None
                # DVC leaves the entries of a killed process too, and asks whether it lives.
                if isinstance(pid, int) and _is_alive(pid):
                    yield Use(pid, str(user.get("cmd", "")), path)


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":  # where asking would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _temporary(root: str, name: str) -> str:
    return os.path.join(root, DVC_FOLDER, "tmp", name)
