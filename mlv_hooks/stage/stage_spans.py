"""dvc.yaml text -> its stages, what they say and where they stand; dvc.lock has the same shape."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mlv_hooks.stage.own_form import STANDS_FOR, Run, own_runs, without
from mlv_hooks.stage.stage_lines import read_stage
from mlv_hooks.stage.yaml_spans import (
    Document,
    Entry,
    PipelineError,
    in_brackets,
    line_of,
    parse,
    refuse_foreign,
)
from mlv_hooks.stage.yaml_text import Style, style_of

_STAGES = re.compile(r"^stages:[ \t]*(?:#[^\n]*)?\r?$", re.MULTILINE)
_TOP_LEVEL = re.compile(r"^[^\s#]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: its plain values, and the offsets of its lines (comments around it are not its)."""

    name: str
    data: Mapping[str, object]
    notebook: str | None  # the one that owns it
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a dvc.yaml holds: ``stages`` by name, in order, and all ``other`` keys."""

    stages: dict[str, Stage]
    other: Mapping[str, object]
    newline: str
    indent: int
    dash: int  # spaces between a key and the dashes of its list


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stage stands in the parsed rest of the text; ``entry`` is None for our own form."""

    stage: Stage
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A dvc.yaml taken apart.

    ``rest`` is the text in which each run of stages in our own form has become one short line,
    parsed. ``stages`` is the place of the key ``stages`` itself, the same in both texts.
    """

    text: str
    style: Style
    rest: Document
    places: list[Place]
    stages: Entry | None
    other: dict[str, object]

    @property
    def pipeline(self) -> Pipeline:
        """Return what others need to know."""
        stages = {place.stage.name: place.stage for place in self.places}
        style = self.style
        return Pipeline(stages, self.other, style.newline, style.indent, style.dash)


@lru_cache(maxsize=4)
def layout(text: str) -> Layout:
    """Take a dvc.yaml apart; raise PipelineError for one that DVC would not read either."""
    refuse_foreign(text)
    style, region = _style(text)
    column = style.indent
    ours = list(own_runs(text, region, column, style, read_stage)) if region else []
    if ours:
        rest, runs = without(text, ours, column, style)
        # An error is told by the whole text, which has its lines where they are.
        with suppress(PipelineError):
            found = _assemble(text, style, parse(rest), {run.key: run for run in runs})
            if found:
                return found
    found = _assemble(text, style, parse(text), {})
    assert found is not None  # nothing was left out
    return found


def _style(text: str) -> tuple[Style, tuple[int, int] | None]:
    """Return how a file is laid out, and where the lines of its stages stand."""
    heads = list(_STAGES.finditer(text))
    if len(heads) != 1:
        return style_of(text), None
    begin = heads[0].end()
    after = _TOP_LEVEL.search(text, begin)
    stop = after.start() if after else len(text)
    return style_of(text, begin, stop), (begin, stop)


def _stage(name: str, data: Mapping[str, object], start: int, end: int) -> Stage:
    return Stage(name, data, owner(data), start, end)


def owner(data: Mapping[str, object]) -> str | None:
    """Return the notebook that owns a stage, None for a stage of somebody's own."""
    found: Any = data
    for key in ("meta", "mlv", "notebook"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def _assemble(text: str, style: Style, rest: Document, runs: Mapping[int, Run]) -> Layout | None:
    """Put the stages in order; None when a run turns out not to be what it looked like."""
    entry = _stages_entry(rest)
    other = {key: value for key, value in (rest.data or {}).items() if key != "stages"}
    data = (rest.data or {}).get("stages")
    if data is not None and not isinstance(data, Mapping):
        place = entry.key_start if entry else 0
        raise PipelineError("has `stages` that is no mapping", line_of(rest.text, place))
    if entry is None or entry.aliased or not data:
        return None if runs else Layout(text, style, rest, [], entry, other)
    if runs and in_brackets(entry.value):
        return None
    places: list[Place] = []
    shift, seen = 0, 0
    for each in rest.members(entry):
        run = runs.get(each.key_start)
        if run and each.value.value == STANDS_FOR:
            places += [Place(_stage(*one)) for one in run.entries]
            shift, seen = run.shift, seen + 1
        elif each.key != "<<":
            places.append(Place(_parsed_stage(text, data, each, shift), each))
    if seen < len(runs):
        return None
    _refuse_twins(text, places)
    return Layout(text, style, rest, places, entry, other)


def _stages_entry(rest: Document) -> Entry | None:
    """Return the key ``stages``; raise PipelineError for a file that can't have one."""
    if rest.data is None and not (rest.root and rest.root.value):
        return None
    if not isinstance(rest.data, Mapping):
        raise PipelineError("is no mapping: `stages:` belongs at its top", 1)
    return next((each for each in rest.members_of_root() if each.key == "stages"), None)


def _parsed_stage(text: str, data: Mapping[str, Any], entry: Entry, shift: int) -> Stage:
    name = entry.key
    if not isinstance(name, str) or name not in data:
        message = f"has the stage name {name}, which is no text: quote it"
    elif not isinstance(data[name], Mapping):
        message = f"has the stage {name!r} that is no mapping"
    else:
        return _stage(name, data[name], entry.start + shift, entry.end + shift)
    raise PipelineError(message, line_of(text, entry.key_start + shift))


def _refuse_twins(text: str, places: Sequence[Place]) -> None:
    seen: set[str] = set()
    for place in places:
        if place.stage.name in seen:
            message = f"has the key {place.stage.name[:40]!r} twice in one place"
            raise PipelineError(message, line_of(text, place.stage.start))
        seen.add(place.stage.name)
