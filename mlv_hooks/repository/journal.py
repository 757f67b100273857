"""The record of a transaction.

It stands in the state folder before the first temporary file appears in the worktree,
so that whatever a killed run leaves behind has a name that the next run knows.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from typing import NamedTuple

from mlv_hooks.repository.files import flush_folder

TEMP_NAME = re.compile(r"\.[^/]*\.mlv-[0-9a-f]{8}")

# prepare: no target is touched yet. commit: to be finished. check, undo: to be put back.
STATES = ("prepare", "commit", "check", "undo")


class JournalDamaged(ValueError):
    """The record is there and cannot be read."""


class Entry(NamedTuple):
    """One file of a transaction.

    ``old`` and ``new`` are its SHA-256 before and after, None where there is no file. ``temp``
    is the name, in the same folder, of the file that holds the new content; ``kept`` that of a
    second name for the old file, from which it is put back.
    """

    path: str
    old: str | None
    new: str | None
    temp: str | None
    kept: str | None


class Journal(NamedTuple):
    """A transaction: its state, its files, and the folders made for them, outermost first."""

    state: str
    entries: tuple[Entry, ...]
    folders: tuple[str, ...]

    def save(self, state_dir: str) -> None:
        """Write the record, whole and durable, over the former one."""
        # ASCII with \u escapes also carries the lone surrogates of names that are not UTF-8.
        record = {**self._asdict(), "entries": [one._asdict() for one in self.entries]}
        data = json.dumps(record).encode("ascii")
        fresh = _file(state_dir) + ".new"
        with open(fresh, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, _file(state_dir))
        flush_folder(state_dir)


def is_recorded(state_dir: str) -> bool:
    """Tell whether a transaction is under way, or was when its process died."""
    return os.path.lexists(_file(state_dir))


def load(state_dir: str) -> Journal | None:
    """Return the recorded transaction, None without one; raise JournalDamaged."""
    try:
        with open(_file(state_dir), "rb") as file:
            data = json.loads(file.read())
        journal = Journal(
            data["state"],
            tuple(Entry(**entry) for entry in data["entries"]),
            tuple(data["folders"]),
        )
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise JournalDamaged(str(error)) from error
    if not _is_sound(journal):
        raise JournalDamaged("a field has a wrong value")
    return journal


def drop(state_dir: str) -> None:
    """Forget the recorded transaction."""
    for name in (_file(state_dir), _file(state_dir) + ".new"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
    flush_folder(state_dir)


def _file(state_dir: str) -> str:
    return os.path.join(state_dir, "journal.json")


def _is_sound(journal: Journal) -> bool:
    return (
        journal.state in STATES
        and all(isinstance(folder, str) for folder in journal.folders)
        and all(_is_sound_entry(entry) for entry in journal.entries)
    )


def _is_sound_entry(entry: Entry) -> bool:
    optional = entry[1:]
    return (
        isinstance(entry.path, str)
        and all(value is None or isinstance(value, str) for value in optional)
        and all(name is None or TEMP_NAME.fullmatch(name) for name in (entry.temp, entry.kept))
    )
