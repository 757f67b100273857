"""JSON text with the places of its parts, so that an edit keeps every other byte.

Objects and arrays are walked here only where somebody asks for their spans; all other values go
through the decoder of the standard library, at C speed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

JSON_SPACE = " \t\n\r"
_SPACE = r"[ \t\n\r]*"
_GAP = re.compile(_SPACE)
_FIRST = re.compile(rf"[{{\[]{_SPACE}")
_KEY = re.compile(rf'"([^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*)"{_SPACE}:{_SPACE}')
_NEXT = re.compile(rf"{_SPACE}([,}}\]]){_SPACE}")
# \u001b is no choice of style: every writer escapes it.
_WIDE_ESCAPE = re.compile(r"\\u(?!00[0-7])")


class JsonError(ValueError):
    """Text that is not the JSON asked for; ``line`` counts from 1, None where it is not known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def syntax_error(text: str, position: int) -> JsonError:
    """Return the error for text that stops being JSON at ``position``, or behind its spaces."""
    gap = _GAP.match(text, position)
    end = gap.end() if gap else position
    return JsonError("is not JSON", text.count("\n", 0, end) + 1)


def _refuse_constant(name: str) -> NoReturn:
    raise JsonError(f"holds {name}, which is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _duplicate(key for key, _ in pairs)
    return value


def _duplicate(keys: Iterable[str]) -> JsonError:
    seen: set[str] = set()
    key = next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return JsonError(f"has the key {key[:40]!r} twice in one place")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_UNIQUE_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_unique)


def decode(text: str, position: int, *, unique: bool = False) -> tuple[Any, int]:
    """Return the value that starts at ``position`` and where it ends; raise JsonError.

    With ``unique`` a key that comes twice in any object is an error; else the last one counts.
    """
    decoder = _UNIQUE_DECODER if unique else _DECODER
    try:
        return decoder.raw_decode(text, position)
    except JsonError:
        raise
    except json.JSONDecodeError as error:
        raise JsonError("is not JSON", error.lineno) from None
    except RecursionError:
        raise JsonError("is nested too deeply") from None
    except ValueError:  # int() refuses more than some thousand digits
        raise JsonError("holds a number with too many digits") from None


def decode_all(text: str) -> Any:
    """Return the one value of a text in which no object has a key twice; else raise JsonError."""
    start = len(text) - len(text.lstrip(JSON_SPACE))
    value, end = decode(text, start, unique=True)
    if text[end:].strip(JSON_SPACE):
        raise syntax_error(text, end)
    return value


def canonical(value: Any) -> bytes:
    """Return one spelling of a value: equal bytes for what JSON holds to be the same.

    Unlike ``==`` it tells 1 from True and from 1.0. Raises TypeError or ValueError for what JSON
    cannot hold, UnicodeEncodeError for a lone surrogate, RecursionError for endless nesting.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True).encode()


class Item(NamedTuple):
    """One member of an object, or one element of an array (``key`` is "", no key is there)."""

    key: str
    start: int  # of the key, or of the element
    value: int  # where the value starts
    end: int


class Container(NamedTuple):
    """An object or array, brackets included, and its items in the order of the text."""

    start: int
    end: int
    items: tuple[Item, ...]

    def find(self, key: str) -> Item | None:
        """Return the member of that key."""
        return next((item for item in self.items if item.key == key), None)

    def member(self, key: str) -> Item:
        """Return the member of that key, which is known to be there."""
        return next(item for item in self.items if item.key == key)

    def pair(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return the object itself, of the values in order."""
        return {item.key: value for item, value in zip(self.items, values, strict=True)}


def scan(
    text: str, start: int, read: Callable[[str | int, int], tuple[Any, int]]
) -> tuple[Container, list[Any]]:
    """Walk the object or array at ``start``; return its spans, and its values in order.

    ``read(key or index, position)`` returns the value at a position, and its end. Raises
    JsonError for what is not JSON and for a key that comes twice.
    """
    opening = _FIRST.match(text, start)
    if opening is None:
        raise syntax_error(text, start)
    keyed, closing = (True, "}") if text[start] == "{" else (False, "]")
    items: list[Item] = []
    values: list[Any] = []
    position = opening.end()
    if text.startswith(closing, position):
        return Container(start, position + 1, ()), values
    while True:
        key, place = _read_key(text, position) if keyed else ("", position)
        value, end = read(key if keyed else len(items), place)
        values.append(value)
        items.append(Item(key, position, place, end))
        after = _NEXT.match(text, end)
        if after is None or after[1] not in (",", closing):
            raise syntax_error(text, end)
        if after[1] == closing:
            break
        position = after.end()
    if keyed and len({item.key for item in items}) < len(items):
        raise _duplicate(item.key for item in items)
    return Container(start, after.end(1), tuple(items)), values


def _read_key(text: str, position: int) -> tuple[str, int]:
    match = _KEY.match(text, position)
    if match is None:
        raise syntax_error(text, position)
    key = match[1] if "\\" not in match[1] else decode(text, position)[0]
    return key, match.end()


class Style(NamedTuple):
    """How a file spells JSON: what new values are written in.

    An ``indent`` in the methods is the white space that starts the line on which the value
    starts; None puts the value on one line.
    """

    unit: str  # one level of indent
    eol: str
    comma: str  # within a line
    last_comma: str  # at the end of a line
    colon: str
    ascii: bool  # escape all else

    def dump(self, value: Any, indent: str | None) -> str:
        """Return the text of a value; its keys are sorted, as nbformat does."""
        text = json.dumps(
            value,
            ensure_ascii=self.ascii,
            indent=None if indent is None else self.unit,
            separators=(self.comma if indent is None else self.last_comma, self.colon),
            sort_keys=True,
        )
        return text if indent is None else text.replace("\n", self.eol + indent)

    def deeper(self, indent: str | None) -> str | None:
        """Return the indent one level further in."""
        return None if indent is None else indent + self.unit


def style_of(text: str, root: Container) -> Style:
    """Find the style of a file whose outermost object, ``root``, has at least two members."""
    first, second = root.items[:2]
    gap = text[root.start + 1 : first.start]
    colon = text[first.start : first.value].rpartition('"')[2]
    if "\n" in colon:
        colon = ": "
    comma, newline, _ = text[first.end : second.start].partition("\n")
    last_comma = ","
    if newline:
        last_comma = comma.rstrip("\r") if "," in comma else ","
        comma = ", " if colon.endswith(" ") else ","
    return Style(
        unit=gap.rpartition("\n")[2] if "\n" in gap else " ",
        eol="\r\n" if "\r\n" in gap else "\n",
        comma=comma,
        last_comma=last_comma,
        colon=colon,
        ascii=text.isascii() and _escapes(text),
    )


def _escapes(text: str) -> bool:
    r"""Say whether text holds an escape for what is not ASCII; ``\\u00e9`` only talks of one."""
    for match in _WIDE_ESCAPE.finditer(text):
        before = text[max(0, match.start() - 64) : match.start()]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            return True
    return False


def inner_indent(text: str, container: Container, style: Style, indent: str | None) -> str | None:
    """Return the indent of a container's items, or None when they share its line.

    ``indent`` is that of the container, and tells only when the container is empty.
    """
    if not container.items:
        return style.deeper(indent)
    _, newline, rest = text[container.start + 1 : container.items[0].start].rpartition("\n")
    return rest if newline else None


def rebuild(
    text: str,
    container: Container,
    pieces: Sequence[tuple[int | None, str]],
    style: Style,
    indent: str | None,
) -> str:
    """Return the container's text with other items.

    ``pieces`` are the items wanted: the place each had (None for a new one), and its text. Items
    that follow each other as before keep what stands between them.
    """
    items, start, end = container.items, container.start, container.end
    if not pieces:
        return text[start] + text[end - 1] if items else text[start:end]
    if items:
        before = text[start + 1 : items[0].start]
        behind = text[items[-1].end : end - 1]
    else:
        inner = style.deeper(indent)
        before = "" if inner is None else style.eol + inner
        behind = "" if indent is None else style.eol + indent
    if len(items) > 1:
        between = text[items[0].end : items[1].start]
    else:
        between = style.last_comma + before if "\n" in before else style.comma
    parts = [text[start], before]
    previous: int | None = None
    for number, (origin, piece) in enumerate(pieces):
        if previous is not None and origin == previous + 1:
            parts.append(text[items[previous].end : items[origin].start])
        elif number:
            parts.append(between)
        parts.append(piece)
        previous = origin
    return "".join([*parts, behind, text[end - 1]])


def splice(
    text: str,
    container: Container,
    changes: Mapping[str, str | None],
    style: Style,
    indent: str | None,
) -> str:
    """Return the object's text with some members changed.

    ``changes`` maps a key to the text of its new value, or to None to remove it. New keys come
    last or, where the keys are sorted (as nbformat writes them), where they belong.
    """
    members: list[tuple[str, int | None, str]] = []
    for place, item in enumerate(container.items):
        value = changes.get(item.key, text[item.value : item.end])
        if value is not None:
            members.append((item.key, place, text[item.start : item.value] + value))
    known = [item.key for item in container.items]
    in_order = known == sorted(known)
    for key, value in changes.items():
        if key in known or value is None:
            continue
        later = (n for n, member in enumerate(members) if in_order and member[0] > key)
        member = (key, None, style.dump(key, None) + style.colon + value)
        members.insert(next(later, len(members)), member)
    pieces = [(place, piece) for _, place, piece in members]
    return rebuild(text, container, pieces, style, indent)


def replace_value(text: str, item: Item, new: Any, style: Style, indent: str | None) -> str:
    """Return the text of ``new`` where ``item``'s value stands; raises as ``canonical`` does.

    In objects, at any depth, the members that are the same keep their bytes. Keys must be unique.
    """
    old, end = decode(text, item.value)
    written = text[item.value : end]
    wanted = canonical(new)
    if canonical(old) == wanted:
        return written
    new = json.loads(wanted)  # keys that are numbers have become texts
    if not (isinstance(old, dict) and isinstance(new, dict)):
        one_line = old and isinstance(old, (dict, list)) and "\n" not in written
        return style.dump(new, None if one_line else indent)
    container, _ = scan(text, item.value, lambda _, position: decode(text, position))
    inner = inner_indent(text, container, style, indent)
    members = {member.key: member for member in container.items}
    changes: dict[str, str | None] = dict.fromkeys(members.keys() - new.keys())
    for key, value in new.items():
        member = members.get(key)
        if member is None:
            changes[key] = style.dump(value, inner)
        else:
            changes[key] = replace_value(text, member, value, style, inner)
    return splice(text, container, changes, style, indent)
