"""A script's file: its bytes as text and back."""

from __future__ import annotations

_CHOOSE = "choose what stays, then `git add` it"


class ScriptError(ValueError):
    """A script that cannot be read: which rule says so, why, and what to do.

    ``line`` counts from 1.
    """

    def __init__(self, code: str, reason: str, advice: str, line: int | None = None) -> None:
        where = f" (line {line})" if line else ""
        self.message = f"{reason}{where}: {advice}"
        super().__init__(self.message)
        self.code = code
        self.reason = reason
        self.line = line


def decode_script(data: bytes) -> str:
    """Return a script's text with LF line ends; raise ScriptError for what is no sound text."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise ScriptError("MLV009", "starts with a byte order mark", "save it as UTF-8 without one")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScriptError("MLV009", "is not UTF-8", "save it as UTF-8", line) from None
    text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    starts = [line[:7] for line in lines]
    if "<<<<<<<" in starts and ">>>>>>>" in starts:
        line = starts.index("<<<<<<<") + 1
        raise ScriptError("MLV002", "holds merge markers", _CHOOSE, line)
    return text


def encode_script(text: str, like: bytes | None) -> bytes:
    """Return the bytes of a script's text, with the line ends of the file that it replaces."""
    data = text.encode()
    return data.replace(b"\n", b"\r\n") if like and b"\r\n" in like else data
