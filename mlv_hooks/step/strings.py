"""Strings, bytes, numbers and f-strings as Python text, the same on each Python version.

What may stand in a string as it is does not depend on the Unicode tables of the running Python:
a fixed list of invisible characters is escaped and all others are written as they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence

INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\ufeff\ufff0-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Control characters, odd spaces, marks that turn the reading direction, lone surrogates."""

NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\"}
WORTH_LINES = 60
"""A text of several lines is written as such when its one-line form is longer than this."""
HEX_BITS = 8192
"""Python refuses to write or read longer integers in decimal."""


def number(value: complex) -> str:
    """Write a number; an infinite one as a literal that overflows."""
    if isinstance(value, int):
        return hex(value) if value.bit_length() > HEX_BITS else repr(value)
    return repr(value).replace("inf", "1e309").replace("nan", "(1e309 - 1e309)")


def text(value: str) -> str:
    """Write a string: over several lines where that reads better and is exact."""
    if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    if reads_as_lines(value):
        return '"""' + _in_triple_quotes(value) + '"""'
    quote = preferred_quote(value)
    return quote + _escaped(value, quote) + quote


def documentation(value: str) -> str:
    """Write a documentation string, in triple quotes, with its lines as they are."""
    return '"""' + _in_triple_quotes(value) + '"""'


def one_line(value: str) -> str:
    """Write a string on one line, with spaces at its ends escaped: no formatter touches it."""
    body = _escaped(value, '"')
    if body.startswith(" "):
        body = "\\x20" + body[1:]
    if body.endswith(" "):
        body = body[:-1] + "\\x20"
    return f'"""{body}"""' if body else '""'


def data(value: bytes) -> str:
    """Write a byte string."""
    decoded = value.decode("latin-1")
    quote = preferred_quote(decoded)
    named = {**NAMED, quote: "\\" + quote}
    body = "".join(
        named.get(char) or (char if " " <= char <= "~" else f"\\x{ord(char):02x}")
        for char in decoded
    )
    return f"b{quote}{body}{quote}"


def preferred_quote(value: str) -> str:
    """Return the quote that needs fewer escapes, the double one when in doubt."""
    return "'" if value.count('"') > value.count("'") else '"'


def reads_as_lines(value: str) -> bool:
    """Say whether a string should be, and can exactly be, written over several lines."""
    lines = value.split("\n")
    if len(lines) < 2 or (len(lines) == 2 and not (lines[0] and lines[1])):
        return False
    if len(lines) < 4 and len(value) < WORTH_LINES:
        return False
    return not any(line.endswith((" ", "\t", "\r")) for line in lines)


def _in_triple_quotes(value: str) -> str:
    body = _escaped(value, "").replace("\\n", "\n") if "\\" not in value else _lines(value)
    body = body.replace('"""', '\\"\\"\\"')
    if body.endswith('"'):
        body = body[:-1] + '\\"'
    return body


def _lines(value: str) -> str:
    return "\n".join(_escaped(line, "") for line in value.split("\n"))


def _escaped(value: str, quote: str) -> str:
    body = value.replace("\\", "\\\\")
    if quote:
        body = body.replace(quote, "\\" + quote)
    return INVISIBLE.sub(_escape, body)


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if char in NAMED:
        return NAMED[char]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


Piece = str | tuple[ast.expr, str, "Sequence[Piece] | None"]
"""Text, or an expression with its conversion (`!r`) and its format, itself pieces."""

Write = Callable[[ast.expr, str], str]
"""How to write an expression in which the given quotes must not stand."""


def f_string(pieces: Sequence[Piece], write: Write, taken: str, prefix: str = "f") -> str:
    """Write an f-string that Python 3.10 can read, where there is one.

    Python 3.10 reads no backslash and no quote of the outer string within the braces.
    ``taken`` are the quotes of the f-strings around this one.
    """
    literal = "".join(piece for piece in pieces if isinstance(piece, str))
    several = not taken and reads_as_lines(literal)
    first = preferred_quote(literal)
    second = "'" if first == '"' else '"'
    candidates = [first, second, '"""', "'''"]
    if several:
        candidates = ['"""', "'''", first, second]
    for quote in candidates:
        if any(quote[0] * 3 == old or quote == old for old in taken.split()):
            continue
        if taken and quote[0] in taken.split():
            continue
        body = _f_body(pieces, write, quote, f"{taken} {quote}".strip())
        if body is not None:
            return f"{prefix}{quote}{body}{quote}"
    body = _f_body(pieces, write, '"', "")
    return f'{prefix}"{body}"'


def _f_body(pieces: Sequence[Piece], write: Write, quote: str, taken: str) -> str | None:
    """Return the text between the quotes; None when Python 3.10 could not read it."""
    parts = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(_f_literal(piece, quote))
            continue
        node, conversion, spec = piece
        inner = write(node, taken)
        if taken and not _readable(inner, quote):
            return None
        format_text = ""
        if spec is not None:
            nested = _f_body(spec, write, quote, taken)
            if nested is None:
                return None
            format_text = ":" + nested
        space = " " if inner.startswith("{") else ""
        parts.append(f"{{{space}{inner}{conversion}{format_text}}}")
    body = "".join(parts)
    if len(quote) == 3 and body.endswith(quote[0]):
        return None
    return body


def _f_literal(value: str, quote: str) -> str:
    body = value.replace("{", "{{").replace("}", "}}")
    if len(quote) == 1:
        return _escaped(body, quote)
    return _lines(body).replace(quote, ("\\" + quote[0]) * 3)


def _readable(inner: str, quote: str) -> bool:
    return "\\" not in inner and quote not in inner and (len(quote) == 3 or "\n" not in inner)


def inner_text(value: str, taken: str) -> str:
    """Write a string within an f-string: without backslash and without the quotes ``taken``."""
    quotes = taken.split()
    if "\\" not in value and not INVISIBLE.search(value.replace("\n", "")):
        for quote in ['"', "'"] if "\n" not in value else ['"""', "'''"]:
            clash = any(quote in old or old in quote for old in quotes)
            if not clash and quote not in value and not value.endswith(quote[0]):
                return quote + value + quote
    return text(value)
