"""The lines of .gitignore by which git leaves out what DVC keeps, as DVC itself writes them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterator
from io import BytesIO

from mlv_hooks.plan import Change

_FILE = ".gitignore"
_SPECIAL = re.compile(r"([\\\[\]!*#?])")


def ignore_changes(
    kept: Collection[str], dropped: Collection[str], read: Callable[[str], bytes | None]
) -> Iterator[Change]:
    """Give the changes after which git ignores ``kept``, and has no line for ``dropped``.

    Each has its line in the folder that it is in. A file without a line left goes.
    """
    places = {posixpath.join(posixpath.dirname(path), _FILE) for path in (*kept, *dropped)}
    for place in sorted(places):
        folder = posixpath.dirname(place)
        more, less = (
            sorted(posixpath.basename(one) for one in paths if posixpath.dirname(one) == folder)
            for paths in (kept, dropped)
        )
        old = read(place)
        new = edited(old or b"", more, less)
        if new != (old or b""):
            notes = [f"git ignores {one}, which DVC keeps" for one in more]
            notes += [f"no stage writes {one} any more" for one in less]
            yield Change(place, old, new or None, f"{place}: {'; '.join(notes)}")


def edited(text: bytes, kept: Collection[str], dropped: Collection[str]) -> bytes:
    """Return a .gitignore with lines for the names in ``kept``, and none for ``dropped``."""
    gone = {_line(name) for name in dropped}
    lines = [one for one in BytesIO(text) if one.rstrip(b"\r\n") not in gone]
    held = {one.rstrip(b"\r\n") for one in lines}
    newline = b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"
    new = [line + newline for line in map(_line, kept) if line not in held]
    if new and lines and not lines[-1].endswith(b"\n"):
        lines[-1] += newline
    return b"".join((*lines, *new))


def _line(name: str) -> bytes:
    """Return the line for a name: as DVC writes it, but for a space at its end, which git drops."""
    escaped = _SPECIAL.sub(r"\\\1", name)
    if escaped.endswith(" "):
        escaped = f"{escaped[:-1]}\\ "
    return f"/{escaped}".encode("utf-8", "surrogateescape")
