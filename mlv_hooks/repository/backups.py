"""What mlv overwrote and git did not hold, kept as commits on a ref of our own.

Each backup is one commit on ``refs/mlv/backups``; its tree holds the saved files under their
paths, its parent is the backup before. No branch, index or worktree is touched, and the ref
keeps everything alive through ``git gc``.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mlv_hooks.repository.git import Git, GitError

REF = "refs/mlv/backups"

_ATTEMPTS = 100
_NOT_TAKEN = {"", ".", "..", ".git"}
_ID = re.compile("[0-9a-f]{4,64}")


class BackupNotFound(LookupError):
    """No backup, or no such file in it; the text says what to type."""


class Backup(NamedTuple):
    """One backup: a short ``id``, the time in seconds since 1970, why, and the saved paths."""

    id: str
    when: int
    reason: str
    paths: tuple[str, ...]
    commit: str


def save(git: Git, files: Sequence[tuple[str, bytes]], reason: str) -> str:
    """Keep ``files`` (path and content) as a new backup; return its commit id.

    Works beside other processes that do the same, without a configured user, and in a
    repository without commits. Raises GitError.
    """
    refused = [path for path, _ in files if _NOT_TAKEN & {*path.lower().split("/")}]
    if refused:
        raise GitError(f"git fast-import: cannot keep {refused[0]!r}")
    for _ in range(_ATTEMPTS):
        tip = _tip(git)
        try:
            made = git.run("fast-import", "--quiet", input=_stream(files, reason, tip))
        except GitError:
            if _tip(git) == tip:
                time.sleep(0.02)  # another process holds the ref's lock
        else:
            return made.decode().strip()
    raise GitError(f"git fast-import: cannot move {REF}")


def entries(git: Git) -> list[Backup]:
    """Return all backups, newest first. Raises GitError."""
    if not _tip(git):
        return []
    listing = git.run(
        "rev-list", "--first-parent", "--encoding=UTF-8", "--format=%H %T %h %ct %s", REF, "--"
    )
    # rev-list prints a line "commit ID" before each line of ours.
    rows = [line.split(" ", 4) for line in listing.decode(errors="replace").split("\n")[1::2]]
    paths = _paths(git, [tree for _, tree, *_ in rows])
    return [
        Backup(short, int(when), reason, saved, commit)
        for (commit, _, short, when, reason), saved in zip(rows, paths, strict=True)
    ]


def find(git: Git, id: str) -> Backup:
    """Return the backup whose commit id starts with ``id``; raise BackupNotFound."""
    known = entries(git) if _ID.fullmatch(id) else []
    found = [backup for backup in known if backup.commit.startswith(id)]
    if len(found) != 1:
        what = "more than one backup starts with" if found else "there is no backup"
        raise BackupNotFound(f"{what} {id!r}: `mlv backups list` shows them all")
    return found[0]


def read(git: Git, id: str, path: str) -> bytes:
    """Return the content of ``path`` in a backup, byte for byte; raise BackupNotFound."""
    backup = find(git, id)
    if path not in backup.paths:
        raise BackupNotFound(f"backup {backup.id} has no {path!r}: `mlv backups list` shows them")
    return git.run("cat-file", "blob", f"{backup.commit}:{path}")


def _tip(git: Git) -> str:
    return git.run("rev-parse", "--quiet", "--verify", REF, check=False).decode().strip()


def _stream(files: Sequence[tuple[str, bytes]], reason: str, parent: str) -> bytes:
    """Return the commit as git's fast-import takes it: all by one process."""
    message = " ".join(reason.split()).encode(errors="replace") + b"\n"
    parts = [
        b"commit %b\n" % REF.encode(),
        b"mark :1\n",
        b"committer mlv <mlv@localhost> %d +0000\n" % time.time(),
        b"data %d\n%b\n" % (len(message), message),
        b"from %b\n" % parent.encode() if parent else b"",
        b"deleteall\n",
    ]
    for path, content in files:
        parts.append(b"M 100644 inline %b\n" % _quoted(path))
        parts.append(b"data %d\n%b\n" % (len(content), content))
    return b"".join([*parts, b"get-mark :1\n"])


def _quoted(path: str) -> bytes:
    """Return a path in quotes, each byte that is no plain letter escaped."""
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-"
    return b'"%b"' % b"".join(
        bytes([one]) if one in plain else b"\\%03o" % one for one in os.fsencode(path)
    )


def _paths(git: Git, trees: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Give the paths of each tree, by one call of git: as what was added to the empty tree."""
    empty = git.run("hash-object", "-t", "tree", "--stdin", input=b"").decode().strip()
    headers = [f"{empty} {tree}\n" for tree in trees]
    diff = git.run(
        *("diff-tree", "--stdin", "-r", "-z", "--no-renames", "--name-only"),
        input="".join(headers).encode(),
    )
    rest = os.fsdecode(diff)
    for header, following in zip(headers, [*headers[1:], None], strict=True):
        rest = rest.removeprefix(header)
        # A NUL ends every path, so that only a true header can follow one.
        end = len(rest) if following is None else rest.index("\0" + following) + 1
        yield tuple(rest[:end].split("\0")[:-1])
        rest = rest[end:]
