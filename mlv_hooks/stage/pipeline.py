"""dvc.yaml text with other stages in it, and every byte kept that is no matter of theirs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mlv_hooks.stage.lock_text import move_lock
from mlv_hooks.stage.params_text import add_params, add_sections, key_line, read_params
from mlv_hooks.stage.same_data import same, same_key, same_stage
from mlv_hooks.stage.stage_spans import Layout, Pipeline, Place, Stage, layout, owner
from mlv_hooks.stage.stage_text import key_lines, rank, stage_lines
from mlv_hooks.stage.yaml_edits import (
    Edit,
    apply,
    as_text,
    below,
    document_end,
    emptied,
    filled,
    has_comment_above,
    neighbours,
)
from mlv_hooks.stage.yaml_spans import Entry, MergeMarkers, PipelineError, in_brackets, line_of
from mlv_hooks.stage.yaml_text import Unwritable, scalar

__all__ = (
    "MergeMarkers",
    "Pipeline",
    "PipelineError",
    "Stage",
    "add_params",
    "add_sections",
    "key_line",
    "move_lock",
    "read_params",
    "read_pipeline",
    "splice",
)
_Data = Mapping[str, object]


def read_pipeline(text: str) -> Pipeline:
    """Return what a dvc.yaml says; raise PipelineError."""
    return layout(text).pipeline


def splice(
    text: str,
    changes: Mapping[str, _Data | None],
    moved: Mapping[str, str] | None = None,
) -> str:
    """Return the text of a dvc.yaml with other stages.

    ``changes`` gives the data of a stage, or None to remove it; one that is not there comes among
    those of notebooks by its name, or last. ``moved`` gives stages new names, before ``changes``
    is looked at, which speaks of the new ones. What is equal stays byte for byte, down to each key
    of a stage. Raises PipelineError where that is not possible, and for values that YAML does not
    hold.
    """
    old = layout(text)
    names = _names(old, moved or {})
    try:
        new = _spliced(old, names, changes)
    except Unwritable as error:
        raise PipelineError(str(error)) from None
    if new != text:
        _check(old, new, names, changes)
    return new


def _names(old: Layout, moved: Mapping[str, str]) -> list[str]:
    """Return the name that each stage shall have."""
    names = [moved.get(place.stage.name, place.stage.name) for place in old.places]
    count = Counter(names)
    for place, name in zip(old.places, names, strict=True):
        if count[name] > 1 and name != place.stage.name:
            line = line_of(old.text, place.stage.start)
            message = f"has a stage {name!r} already: {place.stage.name!r} can't take its name"
            raise PipelineError(message, line)
    return names


def _spliced(old: Layout, names: Sequence[str], changes: Mapping[str, _Data | None]) -> str:
    edits: list[Edit] = []
    left: dict[str, Place] = {}
    for place, name in zip(old.places, names, strict=True):
        data = changes.get(name, place.stage.data)
        if data is not None:
            left[name] = place
        if name != place.stage.name or data is None or not same_stage(place.stage.data, data):
            edits.append(_edit(old, place, name, data))
    there = set(names)
    added = {name: data for name, data in changes.items() if data is not None and name not in there}
    if added:
        edits += _additions(old, left, added)
    elif edits and not left:
        edits += _emptied(old)
    if edits:
        _refuse_odd(old)
    return apply(old.text, edits)


def _text(old: Layout, name: str, data: _Data) -> str:
    return as_text(stage_lines(name, data, old.style), old.style)


def _edit(old: Layout, place: Place, name: str, data: _Data | None) -> Edit:
    stage, entry = place.stage, place.entry
    if entry and not entry.alone:
        message = f"has the stage {stage.name!r} among others on a line: give it its own lines"
        raise PipelineError(message, line_of(old.text, stage.start))
    if data is None:
        return Edit(_with_gap(old, stage), stage.end, "")
    kept = entry and _rewritten(old, stage, entry, name, data)
    return Edit(stage.start, stage.end, kept or _text(old, name, data))


def _with_gap(old: Layout, stage: Stage) -> int:
    """Return where to cut: with the blank lines above, unless they part two other stages."""
    text, start = old.text, stage.start
    if re.match(rf" {{{old.style.indent}}}\S", text[stage.end : stage.end + 200]):
        return start
    gap = re.search(r"\n((?:[ \t]*\r?\n)+)\Z", text[max(0, start - 200) : start])
    return start - len(gap[1]) if gap else start


def _rewritten(old: Layout, stage: Stage, entry: Entry, name: str, data: _Data) -> str | None:
    """Return a stage with other data whose equal keys keep their lines, and their comments.

    None for one that is not written one key below the other.
    """
    text = old.rest.text
    members = old.rest.members(entry)
    if not members or not all(m.alone and m.key in stage.data for m in members):
        return None
    column = members[0].key_start - members[0].start
    new = sorted((key for key in data if key not in stage.data), key=rank)
    parts = [_renamed(text, entry, members[0].start, stage.name, name)]
    done = members[0].start
    for member in members:
        key = str(member.key)
        while new and rank(new[0]) < rank(key):
            parts.append(as_text(key_lines(new[0], data[new.pop(0)], old.style, column), old.style))
        parts.append(text[done : member.start])
        done = member.end
        if key in data and same_key(key, data[key], stage.data[key]):
            parts.append(text[member.start : member.end])
        elif key in data:
            parts.append(as_text(key_lines(key, data[key], old.style, column), old.style))
    for key in new:
        if not parts[-1].endswith("\n"):
            parts.append(old.style.newline)
        parts.append(as_text(key_lines(key, data[key], old.style, column), old.style))
    return "".join(parts)


def _renamed(text: str, entry: Entry, stop: int, name: str, new: str) -> str:
    """Return the lines from a stage's key to its first member, under another name."""
    key = text[entry.key_start : entry.key_end] if name == new else scalar(new)
    return text[entry.start : entry.key_start] + key + text[entry.key_end : stop]


def _refuse_odd(old: Layout) -> None:
    """Raise PipelineError for a file that has no place for lines of a stage."""
    stages, root = old.stages, old.rest.root
    for entry in old.rest.members_of_root():
        if entry.key_start != entry.start and old.text[entry.start] != "\ufeff":
            raise PipelineError("has keys that do not begin their line: move them", 1)
    if stages and (stages.aliased or (old.places and in_brackets(stages.value))):
        message = "has its stages within brackets or by an alias: write them one below the other"
        raise PipelineError(message, line_of(old.text, stages.key_start))
    if not stages and root and root.value and in_brackets(root):
        raise PipelineError("is written within brackets: write it one key below the other", 1)


def _additions(
    old: Layout, left: Mapping[str, Place], added: Mapping[str, _Data]
) -> Iterator[Edit]:
    """Give the edits that add stages: one of a notebook beside its neighbour by name."""
    owned = {name: place.stage for name, place in left.items() if place.stage.notebook is not None}
    gap = old.style.newline if _apart(old) else ""
    by_name = sorted(owned)
    last: list[str] = []
    for name in sorted(added, key=lambda name: name if owner(added[name]) else ""):
        text = _text(old, name, added[name])
        lower, upper = neighbours(name, by_name) if owner(added[name]) is not None else (None, None)
        if lower and owned[lower] is not old.places[-1].stage:
            place = below(old.text, owned[lower].end, old.style.indent + 1)
            yield Edit(place, place, gap + text)
        elif upper and not lower and not has_comment_above(old.text, owned[upper].start):
            yield Edit(owned[upper].start, owned[upper].start, text + gap)
        else:
            last.append(text)
    if last:
        yield from _addition(old, last)


def _addition(old: Layout, texts: Sequence[str]) -> list[Edit]:
    """Return the edits that put stages behind the last one."""
    text, style, stages = old.text, old.style, old.stages
    if stages is None:
        root = old.rest.root
        cut = [Edit(root.start_mark.index, root.end_mark.index, "")] if root else []
        end = document_end(text)
        cut = [] if old.other else cut
        return [*cut, Edit(end, end, f"stages:{style.newline}" + "".join(texts), on_line=True)]
    if not old.rest.members(stages):
        cut, end = filled(text, stages)
        end = below(text, end, 1)
        return [*cut, Edit(end, end, "".join(texts), on_line=True)]
    gap = style.newline if _apart(old) else ""
    end = old.places[-1].stage.end if old.places else stages.end
    end = below(text, end, style.indent)
    return [Edit(end, end, "".join(gap + each for each in texts), on_line=True)]


def _apart(old: Layout) -> bool:
    """Say whether a blank line stands between the last two stages."""
    ends = [place.stage for place in old.places[-2:]]
    between = old.text[ends[0].end : ends[-1].start] if len(ends) == 2 else ""
    return bool(re.match(r"[ \t]*\r?\n", between))


def _emptied(old: Layout) -> list[Edit]:
    """Return the edit without which `stages:` would say nothing, which DVC refuses."""
    stages = old.stages
    assert stages is not None
    if any(entry.key == "<<" for entry in old.rest.members(stages)):
        return []
    return [emptied(old.text, stages)]


def _check(
    old: Layout, new: str, names: Sequence[str], changes: Mapping[str, _Data | None]
) -> None:
    """Raise PipelineError unless the new text says what was asked for, and nothing else."""
    data: Iterable[tuple[str, _Data | None]] = (
        (name, place.stage.data) for name, place in zip(names, old.places, strict=True)
    )
    wanted = {name: value for name, value in {**dict(data), **changes}.items() if value is not None}
    try:
        found = layout(new).pipeline
        right = found.stages.keys() == wanted.keys() and same(found.other, old.other)
        if right and all(same_stage(found.stages[name].data, wanted[name]) for name in wanted):
            return
    except PipelineError:
        pass
    used = {name for name, _ in old.rest.aliases}
    for anchor, place in old.rest.anchors:
        if anchor in used:
            message = f"uses `*{anchor}` of a stage that changes: write out what it stands for"
            raise PipelineError(message, line_of(old.rest.text, place))
    raise PipelineError("can't be changed here without changing more: write it more plainly")
