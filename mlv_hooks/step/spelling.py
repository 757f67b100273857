"""How values are written in Python source, the same on every Python version."""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import PurePath

_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Controls, halves of pairs, and characters that nobody sees; `repr` asks each Python's own tables.
_HIDDEN = re.compile(
    '[\\\\"\x00-\x1f\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202f\u205f-\u206f\ud800-\uf8ff'
    "\ufeff\ufff0-\uffff\U000e0000-\U000e0fff]"
)
_OWN = {"Path": "Path", "date": "date", "datetime": "datetime"}


def spell(value: object, names: Mapping[str, str] = _OWN) -> str:
    """Return an expression for a parameter's value.

    ``names`` says what Path, date and datetime are called where it will stand.
    """
    if isinstance(value, str):
        return text_literal(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, (list, tuple, set)):
        return _items(value, names)
    if isinstance(value, dict):
        pairs = (f"{spell(key, names)}: {spell(one, names)}" for key, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, PurePath):
        return f"{names['Path']}({text_literal(str(value))})"
    if isinstance(value, datetime):
        return repr(value).replace("datetime.datetime", names["datetime"], 1)
    if isinstance(value, date):
        return repr(value).replace("datetime.date", names["date"], 1)
    return repr(value)


def _items(value: list[object] | tuple[object, ...] | set[object], names: Mapping[str, str]) -> str:
    spelled = [spell(one, names) for one in value]
    if isinstance(value, set):
        return f"{{{', '.join(sorted(spelled))}}}"
    if isinstance(value, list):
        return f"[{', '.join(spelled)}]"
    return f"({spelled[0]},)" if len(spelled) == 1 else f"({', '.join(spelled)})"


def text_literal(text: str) -> str:
    """Return a string literal in double quotes on one line."""
    return f'"{_HIDDEN.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def rebase(value: object, folder: str) -> object:
    """Return a path, or list of paths, that counts from ``folder``, counted from the root.

    Absolute paths, addresses such as ``s3://...`` and ``~`` stay as they are.
    """
    if isinstance(value, (list, tuple)):
        return type(value)(rebase(one, folder) for one in value)
    if isinstance(value, PurePath):
        return type(value)(str(rebase(str(value), folder)))
    if not isinstance(value, str) or value == "" or re.match(r"/|~|[A-Za-z][\w+.-]*:", value):
        return value
    joined = posixpath.normpath(posixpath.join(folder, value))
    return f"{joined}/" if value.endswith("/") else joined
