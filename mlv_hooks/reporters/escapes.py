"""Text of a repository, made harmless for those who read a report: terminals and CI systems."""

from __future__ import annotations

import json
import re
import unicodedata

# The runners of GitHub and Azure obey `::error::` at the start of a line of any program's output,
# and `##[error]` or `##vso[` anywhere in one.
_COMMAND = re.compile(r"^( *):(?=:.*::)|#(?=#\w*\[)")
_JSON_COMMAND = re.compile(r"#(?=#\w*\[)")
_JOINERS = "\u200c\u200d"


def printable(text: str) -> str:
    """Escape what a terminal would obey or not show, and what a CI system would obey."""
    if not text.isprintable():
        text = "".join(one if one.isprintable() else _escape(one) for one in text)
    if "::" in text or "##" in text:
        text = _COMMAND.sub(_escape_command, text)
    return text


def path_text(path: str) -> str:
    """Return a path for a program: as it is, but for what steers a terminal or is no text."""
    if path.isprintable():
        return path
    return "".join(one if one.isprintable() or _is_harmless(one) else _escape(one) for one in path)


def dump(value: object) -> str:
    """Return JSON in pure ASCII, in which no line is a command of a CI system."""
    text = json.dumps(value, indent=2)
    # DEL is the one control character that JSON leaves as it is.
    return _JSON_COMMAND.sub(r"\\u0023", text).replace("\x7f", "\\u007f") + "\n"


def _is_harmless(one: str) -> bool:
    """Say whether a character is a space of some script, or joins parts of an emoji."""
    return one in _JOINERS or unicodedata.category(one) == "Zs"


def _escape(one: str) -> str:
    return one.encode("unicode_escape").decode()


def _escape_command(found: re.Match[str]) -> str:
    return r"\x23" if found[1] is None else rf"{found[1]}\x3a"
