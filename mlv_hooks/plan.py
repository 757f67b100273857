"""What a run would write, as plain values."""

from __future__ import annotations

from typing import NamedTuple


class Change(NamedTuple):
    """One file to write or delete.

    ``path`` is relative to the repository's top, with ``/``. ``old`` is what the file held when
    it was read (``None``: there was none), ``new`` what it shall hold (``None``: delete it).
    ``note`` tells people in one line what happens.
    """

    path: str
    old: bytes | None
    new: bytes | None
    note: str
