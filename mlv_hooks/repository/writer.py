"""Write a set of files whole or not at all, whatever kills the process in between.

`apply` writes every new content beside its target, looks once more whether each target still
holds what the caller had read, and only then moves them in, one by one. The journal says at each
moment what a killed run meant, and `recover` finishes or undoes that.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence

from mlv_hooks.plan import Change
from mlv_hooks.repository import journal as log
from mlv_hooks.repository.files import (
    NOT_A_FILE,
    WriteRefused,
    digest,
    digest_of,
    locate,
    refusing,
    require_writable,
    shown,
    temp_name,
)
from mlv_hooks.repository.journal import Entry, Journal, JournalDamaged
from mlv_hooks.repository.transaction import CHANGED, Backup, Step, Transaction

__all__ = ["WriteRefused", "apply", "recover"]

LOCK_SECONDS = 30.0


def apply(
    top: str,
    state_dir: str,
    changes: Sequence[Change],
    *,
    held: Callable[[str, bytes], bool],
    backup: Backup,
    check: Callable[[], None] | None = None,
    stage: Callable[[Sequence[str]], None] | None = None,
    on_step: Step | None = None,
) -> None:
    """Make all ``changes`` in the worktree ``top``, or none of them.

    ``held(path, content)`` tells whether git holds a content that is about to go; what it does
    not hold is given to ``backup`` first. ``check`` is called when all is in its place; a run that
    was killed before it said yes is undone by the next one. ``stage`` then gets every path of
    ``changes``, also those that hold their new content already. When either raises, the files are
    put back and the error goes on to the caller. ``on_step`` hears of each step, for tests. Raises
    WriteRefused.
    """
    if not changes:
        return
    with refusing(), _locked(state_dir):
        if log.is_recorded(state_dir):
            raise WriteRefused(None, "an earlier mlv run was interrupted: run again")
        pending = _pending(top, changes)
        run = Transaction(top, state_dir, _plan(top, pending), backup, on_step or _nothing)
        with contextlib.ExitStack() as on_failure:
            if pending:
                on_failure.callback(run.undo)
                run.prepare(pending, held)
                run.commit(check)
            if stage is not None:
                stage([change.path for change in changes])
            on_failure.pop_all()
        run.on_step("staged")
        if pending:
            run.close()


def recover(top: str, state_dir: str, *, backup: Backup, on_step: Step | None = None) -> list[str]:
    """Finish or undo what a killed `apply` left; return the lines that people should see.

    A file that somebody edited since stays as it is, and what the killed run would have written
    goes to ``backup``. Costs one look at the state folder when there is nothing to do. Raises
    WriteRefused when another run holds the lock, or the disk does not let us.
    """
    if not log.is_recorded(state_dir):
        return []
    with refusing(), _locked(state_dir):
        try:
            journal = log.load(state_dir)
        except JournalDamaged:
            told = _sweep(top, backup)
            log.drop(state_dir)
            return told
        if journal is None:  # the run that held the lock has ended well
            return []
        return Transaction(top, state_dir, journal, backup, on_step or _nothing).recover()


def _pending(top: str, changes: Sequence[Change]) -> list[Change]:
    """Return the changes that are still to be made, deletions last; refuse what cannot be."""
    pending = []
    seen: set[str] = set()
    for change in changes:
        if change.path in seen:
            raise WriteRefused(change.path, "would be written twice: nothing was written")
        seen.add(change.path)
        with refusing(change.path):
            target = locate(top, change.path)
            found = digest(target)
            # Another run, with the same inputs, may have been first: that is as good.
            if found == digest_of(change.new):
                continue
            require_writable(target, change.path)
        if found != digest_of(change.old):
            raise WriteRefused(change.path, CHANGED)
        pending.append(change)
    return sorted(pending, key=lambda change: change.new is None)


def _plan(top: str, changes: Sequence[Change]) -> Journal:
    entries = []
    folders: set[str] = set()
    for change in changes:
        parent, _, name = change.path.rpartition("/")
        entries.append(
            Entry(
                change.path,
                digest_of(change.old),
                digest_of(change.new),
                temp=None if change.new is None else temp_name(name),
                kept=None if change.old is None else temp_name(name),
            )
        )
        while parent and not os.path.lexists(os.path.join(top, parent)):
            folders.add(parent)
            parent = parent.rpartition("/")[0]
    return Journal("prepare", tuple(entries), tuple(sorted(folders)))


def _sweep(top: str, backup: Backup) -> list[str]:
    """Remove temporary files that no readable record names, their content backed up."""
    told = ["the record of an interrupted run was damaged and is removed: run `mlv sync`"]
    for folder, inner, names in os.walk(top):
        if ".git" in (*inner, *names) and folder != top:
            inner.clear()  # another repository: its temporary files may be at work
            continue
        if ".git" in inner:
            inner.remove(".git")
        for name in filter(log.TEMP_NAME.fullmatch, names):
            target = os.path.join(folder, name)
            if digest(target) == NOT_A_FILE:
                continue
            path = os.path.relpath(target, top).replace(os.sep, "/")
            with open(target, "rb") as file:
                backup([(path, file.read())])
            os.unlink(target)
            told.append(f"{shown(path)} was a temporary file: it is in `mlv backups` now")
    return told


@contextlib.contextmanager
def _locked(state_dir: str) -> Iterator[None]:
    os.makedirs(state_dir, exist_ok=True)
    path = os.path.join(state_dir, "lock")
    free = _lock_at_once(path)
    if free is not None:
        try:
            yield
        finally:
            os.close(free)
        return
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        message = "another mlv run is still writing here: wait for its end, then run again"
        raise WriteRefused(None, message) from None
    try:
        yield
    finally:
        lock.release()


def _lock_at_once(path: str) -> int | None:
    """Take a lock that nobody holds, as filelock does it, and return what to close at the end.

    None where that is not possible: filelock, which takes longer to load than a small write,
    knows how to wait, and other systems.
    """
    try:
        import fcntl
    except ImportError:
        return None
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _nothing(step: str) -> None:
    pass
