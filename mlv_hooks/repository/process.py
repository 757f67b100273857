"""Start git and go on meanwhile.

The standard library's ``subprocess`` takes longer to load than git takes to answer.
"""

from __future__ import annotations

import os
import sys

OTHER_HEADS = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD")
"""What git calls the other side while a merge, pick, revert or rebase is under way."""

MOST_INPUT = 16_384
"""Bytes; a pipe takes so many before anybody reads them."""


class Running:
    """A git command under way; one that fails prints None."""

    __slots__ = ("_out", "_pid", "_status")

    def __init__(self, folder: str, *command: str, given: bytes = b"") -> None:
        """Start ``git *command`` in ``folder`` and give it ``given``; raise OSError without git."""
        self._status: int | None = None
        self._out, theirs = os.pipe()
        source, ours = os.pipe()
        try:
            self._pid = os.posix_spawnp(
                "git",
                ["git", "-C", folder, *command],
                os.environ,
                file_actions=(
                    (os.POSIX_SPAWN_DUP2, source, 0),
                    (os.POSIX_SPAWN_DUP2, theirs, 1),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ),
            )
        except OSError:
            os.close(self._out)
            raise
        else:
            try:  # noqa: SIM105  contextlib takes as long to load as git to answer
                os.write(ours, given)
            except BrokenPipeError:  # it has failed already
                pass
        finally:
            for descriptor in (source, theirs, ours):
                os.close(descriptor)

    def has_ended(self) -> bool:
        """Say whether the command is done; never waits."""
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._status = status
        return self._status is not None

    def output(self) -> bytes | None:
        """Wait for the end, and return what was printed, None when the command failed."""
        with open(self._out, "rb") as stream:
            printed = stream.read()
        if self._status is None:
            self._status = os.waitpid(self._pid, 0)[1]
        return None if self._status else printed


def is_possible() -> bool:
    """Say whether this system can start commands so."""
    return sys.platform != "win32" and hasattr(os, "posix_spawnp")
