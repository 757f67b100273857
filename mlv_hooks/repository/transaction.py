"""One transaction over files of the worktree: the steps forward, and the way back.

Each step leaves every file whole, and a state that the journal names. Up to ``commit`` a new
content stands beside its target under a temporary name; a hard link keeps the old file until
the end, so that it can be put back as it was, owner, mode and all.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence

from mlv_hooks.plan import Change
from mlv_hooks.repository import files
from mlv_hooks.repository import journal as log
from mlv_hooks.repository.files import WriteRefused, digest, refusing
from mlv_hooks.repository.journal import Entry, Journal

Backup = Callable[[Sequence[tuple[str, bytes]]], object]
Step = Callable[[str], None]

CHANGED = "changed while mlv was at work: nothing was written; run again"


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """Say what to do when the end of a transaction cannot be reached: the journal stays."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"a run that writes was interrupted ({reason}): run `mlv sync` to end it"
        raise WriteRefused(None, message) from error


class Transaction:
    """One transaction under the lock."""

    def __init__(
        self, top: str, state_dir: str, journal: Journal, backup: Backup, on_step: Step
    ) -> None:
        self.top = top
        self.state_dir = state_dir
        self.journal = journal
        self.backup = backup
        self.on_step = on_step
        self.told: list[str] = []

    def prepare(self, changes: Sequence[Change], held: Callable[[str, bytes], bool]) -> None:
        """Write all new contents beside their targets, and back up what git does not hold."""
        self._enter("prepare")
        for folder in self.journal.folders:
            with refusing(folder), contextlib.suppress(FileExistsError):
                os.mkdir(self._at(folder))
            self.on_step(f"folder {folder}")
        for change, entry in zip(changes, self.journal.entries, strict=True):
            with refusing(change.path):
                self._write_beside(change, entry)
        for entry in self.journal.entries:
            with refusing(entry.path):
                for name in filter(None, (entry.temp, entry.kept)):
                    files.flush_file(self._beside(entry, name))
        self._flush_folders()
        for entry in self.journal.entries:
            self._check(entry)
        olds = [(change.path, change.old) for change in changes if change.old is not None]
        lost = [(path, old) for path, old in olds if not held(path, old)]
        if lost:
            self.backup(lost)
        self.on_step("backed up")

    def commit(self, check: Callable[[], None] | None) -> None:
        """Move the new contents in, and ask ``check``, if any, whether they may stay.

        Until it has said so, a recovery puts the old ones back.
        """
        self._enter("check" if check else "commit")
        for entry in self.journal.entries:
            with refusing(entry.path):
                self._check(entry)
                self._move_in(entry)
        for entry in self.journal.entries:
            # An edit in place, between the last look and the move, went into the old file.
            if entry.kept and digest(self._beside(entry, entry.kept)) != entry.old:
                raise WriteRefused(entry.path, CHANGED)
        self._flush_folders()
        if check:
            self.on_step("asked")
            check()
            self._enter("commit")

    def undo(self) -> None:
        """Put back what was moved in, and remove every trace."""
        if self.journal.state != "prepare":
            with _ending():
                self._enter("undo")
                for entry in reversed(self.journal.entries):
                    self._put_back(entry)
                self._flush_folders()
        self.close()

    def close(self) -> None:
        """Remove temporary files, folders that stayed empty, and the journal."""
        with _ending():
            for entry in self.journal.entries:
                self._clean(entry)
            for folder in reversed(self.journal.folders):
                with contextlib.suppress(OSError):  # it holds something, or is gone
                    os.rmdir(self._at(folder))
            log.drop(self.state_dir)
        self.on_step("done")

    def recover(self) -> list[str]:
        """Bring the transaction of a killed process to its end."""
        entries = tuple(entry for entry in self.journal.entries if self._is_reachable(entry))
        self.journal = self.journal._replace(entries=entries)
        if self.journal.state == "commit":
            with _ending():
                for entry in entries:
                    self._finish(entry)
                self._flush_folders()
            self.close()
            return ["finished what an interrupted run had begun to write", *self.told]
        self.undo()
        return ["undid what an interrupted run had begun to write", *self.told]

    def _enter(self, state: str) -> None:
        journal = self.journal._replace(state=state)
        journal.save(self.state_dir)
        self.journal = journal
        self.on_step(state)

    def _write_beside(self, change: Change, entry: Entry) -> None:
        target = self._at(entry.path)
        try:
            like = None if change.old is None else os.lstat(target)
        except FileNotFoundError:
            raise WriteRefused(entry.path, CHANGED) from None
        if entry.temp and change.new is not None:
            files.write_new(self._beside(entry, entry.temp), change.new, like)
            self.on_step(f"temp {entry.path}")
        if entry.kept and change.old is not None:
            kept = self._beside(entry, entry.kept)
            try:
                os.link(target, kept)
            except OSError:  # a file system without hard links, or a file of somebody else
                files.write_new(kept, change.old, like)
            self.on_step(f"keep {entry.path}")

    def _check(self, entry: Entry) -> None:
        if digest(self._at(entry.path)) != entry.old:
            raise WriteRefused(entry.path, CHANGED)

    def _move_in(self, entry: Entry) -> None:
        target = self._at(entry.path)
        if entry.temp is None:
            os.unlink(target)
        elif entry.old is None:
            try:
                files.move_new(self._beside(entry, entry.temp), target)
            except FileExistsError:
                raise WriteRefused(entry.path, CHANGED) from None
        else:
            os.replace(self._beside(entry, entry.temp), target)
        self.on_step(f"move {entry.path}")

    def _put_back(self, entry: Entry) -> None:
        target = self._at(entry.path)
        if digest(target) != entry.new or not self._was_moved_in(entry):
            return
        if entry.kept is None:
            os.unlink(target)
        elif entry.new is None:
            files.move_new(self._beside(entry, entry.kept), target)
        else:
            os.replace(self._beside(entry, entry.kept), target)
        self.on_step(f"put back {entry.path}")

    def _was_moved_in(self, entry: Entry) -> bool:
        # Somebody else may have made the very same file: that one is not ours to remove.
        if entry.temp is None:
            return True
        temp = self._beside(entry, entry.temp)
        return not os.path.lexists(temp) or os.path.samefile(temp, self._at(entry.path))

    def _finish(self, entry: Entry) -> None:
        found = digest(self._at(entry.path))
        if found == entry.new:
            return
        ready = entry.temp is None or digest(self._beside(entry, entry.temp)) == entry.new
        if found == entry.old and ready:
            self._move_in(entry)
            return
        if entry.temp and self._rescue(entry, entry.temp):
            where = "; what the interrupted run wanted to write is in `mlv backups`"
        else:
            where = ": run `mlv sync`"
        self.told.append(f"{files.shown(entry.path)} stays as it is{where}")

    def _clean(self, entry: Entry) -> None:
        if entry.kept and self.journal.state != "prepare":
            self._rescue(entry, entry.kept)
        for name in (entry.temp, entry.kept):
            if name is not None:
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    os.unlink(self._beside(entry, name))
                self.on_step(f"clean {entry.path}")

    def _rescue(self, entry: Entry, name: str) -> bool:
        """Back up a file that is about to be removed, unless its content is safe elsewhere."""
        source = self._beside(entry, name)
        found = digest(source)
        if found in (None, files.NOT_A_FILE, entry.old) or found == digest(self._at(entry.path)):
            return False
        with open(source, "rb") as file:
            self.backup([(entry.path, file.read())])
        return True

    def _is_reachable(self, entry: Entry) -> bool:
        try:
            files.locate(self.top, entry.path)
        except WriteRefused as refused:
            self.told.append(f"{files.shown(entry.path)} {refused.message}")
            return False
        return True

    def _flush_folders(self) -> None:
        inside = {self._at(entry.path) for entry in self.journal.entries}
        inside |= {self._at(folder) for folder in self.journal.folders}
        for folder in sorted({os.path.dirname(path) for path in inside}):
            with contextlib.suppress(FileNotFoundError):  # removed with what was in it
                files.flush_folder(folder)

    def _at(self, path: str) -> str:
        return os.path.join(self.top, path)

    def _beside(self, entry: Entry, name: str) -> str:
        return os.path.join(os.path.dirname(self._at(entry.path)), name)
