"""dvc.lock text in which stages have other names, or are gone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress

from mlv_hooks.stage.stage_spans import Layout, Place, layout
from mlv_hooks.stage.yaml_edits import Edit, apply, emptied
from mlv_hooks.stage.yaml_spans import PipelineError, refuse_markers
from mlv_hooks.stage.yaml_text import scalar

_STAGES = re.compile(r"^stages:[ \t]*\r?\n", re.MULTILINE)
_HEAD = re.compile(r"^  ([A-Za-z_][^\s:#'\"]*):[ \t]*\r?$", re.MULTILINE)
_OTHER = re.compile(r"^(?:  [^\s]|[^\s])", re.MULTILINE)


def move_lock(text: str, moved: Mapping[str, str], removed: Collection[str]) -> str:
    """Return a dvc.lock in which stages have new names (old to new), and some are gone.

    A stage of a group, as `train@one`, goes with its group. An entry that has a new name already
    is one of a stage that is no more, and gone. Raises PipelineError for a broken file.
    """
    if not (moved or removed):
        return text
    refuse_markers(text)
    with suppress(PipelineError, _Irregular):
        return _by_lines(text, moved, removed)
    return _by_parser(text, moved, removed)


class _Irregular(Exception):
    """The file is not laid out as DVC does it."""


def _new_name(name: str, moved: Mapping[str, str], removed: Collection[str]) -> str | None:
    group, at, key = name.rpartition("@")
    group = group if at else name
    if name in removed or group in removed:
        return None
    if name in moved:
        return moved[name]
    if group in moved:
        return moved[group] + at + key
    taken = name in moved.values() or group in moved.values()
    return None if taken else name


def _by_lines(text: str, moved: Mapping[str, str], removed: Collection[str]) -> str:
    """Do it without parsing what stays: DVC's own layout gives each stage its lines."""
    edits: list[Edit] = []
    left = 0
    for key, stop in _entries(text):
        name = _new_name(key[1], moved, removed)
        left += name is not None
        if name != key[1]:
            _require_whole(text[key.start() : stop], key[1])
            edits.append(_edit(key.start(1), key.end(1), key.start(), stop, name))
    if not left:
        raise _Irregular
    return apply(text, edits)


def lines_of(text: str, stage: str) -> tuple[int, int] | None:
    """Return where the lines of a stage begin and end, None unless DVC laid the file out."""
    with suppress(PipelineError, _Irregular):
        for key, stop in _entries(text):
            if key[1] == stage:
                _require_whole(text[key.start() : stop], stage)
                return key.start(), stop
    return None


def _entries(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Give the line of each stage's name, and where its lines end."""
    begin = _STAGES.search(text)
    if begin is None or len(_STAGES.findall(text)) != 1:
        raise _Irregular
    heads = list(_OTHER.finditer(text, begin.end()))
    stops = [*(head.start() for head in heads[1:]), len(text)]
    for head, stop in zip(heads, stops[: len(heads)], strict=True):
        if head[0][0] != " ":
            return
        key = _HEAD.match(text, head.start())
        if key is None:
            raise _Irregular
        yield key, stop


def _require_whole(lines: str, name: str) -> None:
    """Raise unless lines are one stage by themselves, with no comment behind it."""
    head = "stages:\n"
    stages = layout(head + lines).pipeline.stages
    if list(stages) != [name] or stages[name].end != len(head + lines):
        raise _Irregular


def _edit(key_start: int, key_end: int, start: int, end: int, name: str | None) -> Edit:
    if name is None:
        return Edit(start, end, "")
    return Edit(key_start, key_end, scalar(name))


def _by_parser(text: str, moved: Mapping[str, str], removed: Collection[str]) -> str:
    found = layout(text)
    edits: list[Edit] = []
    left = False
    for place in found.places:
        name = _new_name(place.stage.name, moved, removed)
        left = left or name is not None
        if name != place.stage.name:
            edits.append(_edit(*_key(found, place), place.stage.start, place.stage.end, name))
    if edits and not left and found.stages is not None:
        edits.append(emptied(text, found.stages))
    return apply(text, edits)


def _key(found: Layout, place: Place) -> tuple[int, int]:
    """Return where the key of a stage stands."""
    start, entry = place.stage.start, place.entry
    if entry is None:
        start += found.style.indent
        return start, start + len(scalar(place.stage.name))
    return start + entry.key_start - entry.start, start + entry.key_end - entry.start
