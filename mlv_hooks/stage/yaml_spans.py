"""YAML text -> its data, and where in the text each part stands."""

from __future__ import annotations

import re
import warnings
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.nodes import Node

BOM = "\ufeff"
_MOST_VALUES = 10_000_000  # what a file may hold after its aliases are followed
_MERGE_MARKERS = re.compile(r"^(<{7} |={7}\r?$|>{7} |\|{7} )", re.MULTILINE)
# The reader would give up as well, after seconds.
_DEEP = re.compile(r"(?:[\[{]\s*){200}")
_TOO_DEEP = "is nested too deeply"
_DUPLICATE = re.compile(r'found duplicate key "(.*)" with value', re.DOTALL)


class PipelineError(Exception):
    """A file that can't be read or changed: ``str`` says why, ``line`` where (from 1, or None)."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class MergeMarkers(PipelineError):
    """A file that git left a conflict in."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of a mapping in a text: offsets of its key, and of its end.

    ``start`` is the beginning of the line of its key, ``end`` that of the line below the last one
    that says something: comments and blank lines behind it are not part of it. ``alone`` says
    that no other member shares its lines.
    """

    key: object
    key_start: int
    key_end: int
    start: int
    end: int
    alone: bool
    value: Node
    aliased: bool


@dataclass(slots=True)
class Document:
    """A parsed text; ``data`` is None and ``root`` too when it says nothing."""

    text: str
    data: Any = None
    root: Node | None = None
    ends: list[int] = field(default_factory=list)  # of all that is not white space or comment
    members_of: dict[int, list[tuple[Node, Node]]] = field(default_factory=dict)
    anchors: list[tuple[str, int]] = field(default_factory=list)
    aliases: list[tuple[str, int]] = field(default_factory=list)

    def members_of_root(self) -> list[Entry]:
        """Return the members of the outermost mapping, none when there is no mapping."""
        return [] if self.root is None else self._entries(self.root, len(self.text))

    def members(self, entry: Entry) -> list[Entry]:
        """Return the members of a mapping; of one by an alias none, they stand elsewhere."""
        return [] if entry.aliased else self._entries(entry.value, entry.end)

    def _entries(self, node: Node, stop: int) -> list[Entry]:
        pairs = self.members_of.get(id(node), [])
        starts = [key.start_mark.index for key, _ in pairs]
        stops = [*starts, stop][1:]
        return [
            self._entry(key, value, start, stop)
            for (key, value), start, stop in zip(pairs, starts, stops, strict=True)
        ]

    def _entry(self, key: Node, value: Node, start: int, stop: int) -> Entry:
        line = self.text.rfind("\n", 0, start) + 1
        end = line_after(self.text, self.last_end(stop))
        before = self.text[line:start].removeprefix(BOM)
        alone = not before.strip(" ") and end <= stop
        aliased = value.start_mark.index < start
        return Entry(key.value, start, key.end_mark.index, line, end, alone, value, aliased)

    def last_end(self, stop: int) -> int:
        """Return where the last thing before ``stop`` ends."""
        place = bisect_right(self.ends, stop)
        return self.ends[place - 1] if place else 0


def in_brackets(node: Node) -> bool:
    """Say whether a mapping or sequence is written in brackets."""
    from ruamel.yaml.nodes import CollectionNode

    return isinstance(node, CollectionNode) and bool(node.flow_style)


def line_after(text: str, place: int) -> int:
    """Return where the line below a place begins; the place itself when a line begins there."""
    if place == 0 or text[place - 1] == "\n":
        return place
    end = text.find("\n", place)
    return len(text) if end < 0 else end + 1


def line_of(text: str, place: int) -> int:
    """Return the number of a place's line, from 1."""
    return text.count("\n", 0, place) + 1


@lru_cache(maxsize=4)
def parse(text: str) -> Document:
    """Read a YAML text; raise PipelineError for what DVC would not read either.

    A second time costs nothing, and takes seconds for a large file: so the result is not to be
    changed.
    """
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    refuse_markers(text)
    refuse_foreign(text)
    if _DEEP.search(text):
        raise PipelineError(_TOO_DEEP)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor used twice is fine
            return _parsed(text)
    except MarkedYAMLError as error:
        raise _refusal(text, error) from None
    except ReaderError as error:
        raise _foreign(text, error.position) from None
    except RecursionError:
        raise PipelineError(_TOO_DEEP) from None
    except (YAMLError, ValueError) as error:  # the latter: the 30th of February
        reason = " ".join(str(error).split())[:120]
        raise PipelineError(f"is not valid YAML: {reason}") from None


def refuse_markers(text: str) -> None:
    """Raise MergeMarkers for a text that git left a conflict in."""
    marker = _MERGE_MARKERS.search(text)
    if marker:
        message = "has merge markers: resolve the conflict first"
        raise MergeMarkers(message, line_of(text, marker.start()))


def refuse_foreign(text: str) -> None:
    """Raise PipelineError for a text with bytes that are no UTF-8, or NUL."""
    place = -1
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            place = error.start
    place = text.find("\0") if place < 0 else place
    if place >= 0:
        raise _foreign(text, place)


def _foreign(text: str, place: int) -> PipelineError:
    """Return the error for a character that YAML does not know."""
    code = ord(text[place])
    if 0xDC80 <= code <= 0xDCFF:  # as Python stands for a byte that is no UTF-8
        message = f"is not UTF-8 (byte 0x{code - 0xDC00:02X}): save it as UTF-8"
    else:
        message = f"has the character U+{code:04X}, which YAML does not allow: take it out"
    return PipelineError(message, line_of(text, place))


def _parsed(text: str) -> Document:
    from ruamel.yaml import YAML
    from ruamel.yaml.composer import Composer
    from ruamel.yaml.events import AliasEvent, MappingStartEvent, ScalarEvent

    document = Document(text)

    class Spans(Composer):
        """Keeps what nodes forget: where they end, and where an alias stands."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            event = self.parser.peek_event()
            anchor, start = event.anchor, event.start_mark.index
            node = super().compose_node(parent, index)
            if isinstance(event, AliasEvent):
                document.aliases.append((anchor, start))
                document.ends.append(event.end_mark.index)
                return node
            if anchor is not None:
                document.anchors.append((anchor, start))
            if isinstance(event, ScalarEvent):
                document.ends.append(_scalar_end(text, event))
                return node
            if isinstance(event, MappingStartEvent):
                # Without a copy the constructor puts merged members of others in between.
                document.members_of[id(node)] = list(node.value)
            if node.flow_style:
                document.ends.append(node.end_mark.index)
            return node

    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = Spans
    document.root = yaml.compose(text)
    if document.root is not None:
        _weigh(document.root, {})
        document.data = yaml.constructor.construct_document(document.root)
    return document


def _scalar_end(text: str, event: Any) -> int:
    """Return where a scalar ends: a block's last line breaks count only if they are kept."""
    end: int = event.end_mark.index
    if event.style not in ("|", ">"):
        return end
    start = event.start_mark.index
    header = text[start : line_after(text, start + 1)].partition("#")[0]
    return end if "+" in header else start + len(text[start:end].rstrip())


def _weigh(node: Node, weights: dict[int, int]) -> int:
    """Return how many values a node stands for; RecursionError when it holds itself."""
    from ruamel.yaml.nodes import ScalarNode

    if isinstance(node, ScalarNode):
        return 1
    weight = weights.get(id(node))
    if weight is None:
        parts = (part for each in node.value for part in (each if type(each) is tuple else [each]))
        weight = weights[id(node)] = 1 + sum(_weigh(part, weights) for part in parts)
        if weight > _MOST_VALUES:
            raise ValueError("its aliases stand for too many values")
    return weight


def _refusal(text: str, error: MarkedYAMLError) -> PipelineError:
    mark = error.problem_mark or error.context_mark
    line = None if mark is None else line_of(text, mark.index)
    problem = str(error.problem or error.context or "")
    duplicate = _DUPLICATE.search(problem)
    if duplicate:
        return PipelineError(f"has the key {duplicate[1][:40]!r} twice in one place", line)
    if "\\t" in problem or (mark is not None and text[mark.index : mark.index + 1] == "\t"):
        return PipelineError("has a tab where YAML wants spaces", line)
    if "single document" in str(error.context):
        return PipelineError("holds several documents: keep one", line)
    return PipelineError(f"is not valid YAML: {' '.join(problem.split())[:120]}", line)
