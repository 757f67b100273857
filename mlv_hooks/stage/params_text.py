"""params.yaml text: what it holds, and with parameters added that it did not hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mlv_hooks.stage.own_form import STANDS_FOR, Own, own_runs, without
from mlv_hooks.stage.same_data import same
from mlv_hooks.stage.stage_lines import read_section
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
from mlv_hooks.stage.yaml_spans import (
    BOM,
    Document,
    Entry,
    PipelineError,
    in_brackets,
    line_of,
    parse,
    refuse_foreign,
)
from mlv_hooks.stage.yaml_text import Style, Unwritable, entry, flow, style_of

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node


def read_params(text: str) -> dict[str, object]:
    """Return the values of a params.yaml; raise PipelineError."""
    refuse_foreign(text)
    style = style_of(text)
    ours = list(own_runs(text, (0, len(text)), 0, style, read_section))
    if ours:
        # An error is told by the whole text, which has its lines where they are.
        with suppress(PipelineError):
            values = _put_back(text, style, ours)
            if values is not None:
                return values
    return _values(parse(text))


def _put_back(text: str, style: Style, ours: Sequence[list[Own]]) -> dict[str, object] | None:
    """Return the values of the rest and those of our own form; None when they do not fit."""
    rest, runs = without(text, ours, 0, style)
    document = parse(rest)
    heads = {one.key_start: one for one in document.members_of_root()}
    if any(run.key not in heads or heads[run.key].value.value != STANDS_FOR for run in runs):
        return None
    by_name = {run.entries[0].name: run.entries for run in runs}
    values: dict[str, object] = {}
    for name, value in _values(document).items():
        more = {one.name: one.data for one in by_name[name]} if name in by_name else {name: value}
        if len(more) < len(by_name.get(name, more)) or more.keys() & values.keys():
            return None
        values |= more
    return values


def add_params(text: str, section: str, values: Mapping[str, object]) -> str:
    """Return the text of a params.yaml in which a section has these keys; see `add_sections`."""
    return add_sections(text, {section: values}, ())


def add_sections(
    text: str, sections: Mapping[str, Mapping[str, object]], beside: Collection[str]
) -> str:
    """Return the text of a params.yaml in which each section has these keys.

    What is there is never changed, whatever its value. A new section comes among those ``beside``
    it by its name, or last. Raises PipelineError.
    """
    if text.startswith(BOM):  # it is no part of the first line's indent
        return BOM + add_sections(text.removeprefix(BOM), sections, beside)
    document = parse(text)
    old = _values(document)
    edits: list[Edit] = []
    wanted = dict(old)
    for section in sorted(sections):
        missing = _missing(document, section, old.get(section), sections[section])
        if missing is None:
            continue
        wanted[section] = {**(old.get(section) or {}), **missing}
        try:
            edits += _edits(document, section, missing, beside)
        except Unwritable as error:
            raise PipelineError(str(error)) from None
    if not edits:
        return text
    new = apply(text, edits)
    if not _says(new, wanted):
        if len(sections) > 1:  # one by one they have their place, or it is told which has none
            for section in sorted(sections):
                text = add_sections(text, {section: sections[section]}, beside)
            return text
        (section,) = sections
        message = f"can't take more parameters in {section!r}: write it more plainly"
        raise PipelineError(message, _line(document, section))
    return new


def _missing(
    document: Document, section: str, there: object, values: Mapping[str, object]
) -> dict[str, object] | None:
    """Return what a section lacks, None when it is there and lacks nothing."""
    if there is not None and not isinstance(there, Mapping):
        message = f"has a value at {section!r}, where parameters are wanted"
        raise PipelineError(message, _line(document, section))
    missing = {key: value for key, value in values.items() if key not in (there or {})}
    return None if isinstance(there, Mapping) and not missing else missing


def key_line(text: str, section: str, key: object) -> int | None:
    """Return the line of a key in a section of a params.yaml; raise PipelineError."""
    document = parse(text)
    found = _section(document, section)
    members = document.members(found) if found else []
    return next((line_of(text, one.key_start) for one in members if one.key == key), None)


def _values(document: Document) -> dict[str, Any]:
    if document.data is None and not (document.root and document.root.value):
        return {}
    if not isinstance(document.data, dict):
        raise PipelineError("is no mapping of parameters", 1)
    return document.data


def _edits(
    document: Document, section: str, missing: Mapping[str, object], beside: Collection[str]
) -> list[Edit]:
    style = style_of(document.text)
    found = _section(document, section)
    if found is None:
        return _new_section(document, section, missing, beside)
    if found.aliased:
        message = f"has {section!r} by an alias: write out what it stands for"
        raise PipelineError(message, line_of(document.text, found.key_start))
    members = document.members(found)
    if not members:
        return _first_keys(document, found, missing, style)
    if in_brackets(found.value):
        return _within_brackets(document, found.value, missing)
    column = members[0].key_start - members[0].start
    end = below(document.text, found.end, max(column, 1))
    return [_lines(end, missing, column, style)]


def _new_section(
    document: Document, section: str, missing: Mapping[str, object], beside: Collection[str]
) -> list[Edit]:
    root, text = document.root, document.text
    if root is not None and in_brackets(root) and root.value:
        return _within_brackets(document, root, {section: missing})
    cuts = []
    if root is not None and not root.value:
        cuts = [Edit(root.start_mark.index, root.end_mark.index, "")]
    members = document.members_of_root()
    column = members[0].key_start - members[0].start if members else 0
    place = _place(document, members, section, beside)
    return [*cuts, _lines(place, {section: missing}, column, style_of(text))]


def _place(
    document: Document, members: Sequence[Entry], section: str, beside: Collection[str]
) -> int:
    """Return where a new section belongs: beside its neighbour by name, or last."""
    text = document.text
    found = {str(one.key): one for one in members if one.key in beside and one.alone}
    lower, upper = neighbours(section, sorted(found))
    if lower and found[lower].key != members[-1].key:
        entry = found[lower]
        return below(text, entry.end, entry.key_start - entry.start + 1)
    if upper and not lower and not has_comment_above(text, found[upper].start):
        return found[upper].start
    return document_end(text)


def _first_keys(
    document: Document, found: Entry, missing: Mapping[str, object], style: Style
) -> list[Edit]:
    start, end = found.value.start_mark.index, found.value.end_mark.index
    if not found.alone or (start != end and not missing):
        return [Edit(start, end, flow(missing) if start != end else f" {flow(missing)}")]
    if not missing:
        return [emptied(document.text, found)]
    cuts, end = filled(document.text, found)
    column = found.key_start - found.start
    end = below(document.text, end, column + 1)
    return [*cuts, _lines(end, missing, column + style.indent, style)]


def _within_brackets(document: Document, node: Node, missing: Mapping[str, object]) -> list[Edit]:
    """Return the edit that adds keys to a mapping in brackets that holds some already."""
    last = document.last_end(node.end_mark.index - 1)
    return [Edit(last, last, ", " + flow(missing)[1:-1])]


def _lines(place: int, values: Mapping[str, object], column: int, style: Style) -> Edit:
    lines = [line for key in values for line in entry(key, values[key], column, style)]
    return Edit(place, place, as_text(lines, style), on_line=True)


def _says(text: str, values: Mapping[str, object]) -> bool:
    try:
        return same(read_params(text), values)
    except PipelineError:
        return False


def _line(document: Document, section: str) -> int | None:
    found = _section(document, section)
    return None if found is None else line_of(document.text, found.key_start)


def _section(document: Document, section: str) -> Entry | None:
    return next((each for each in document.members_of_root() if each.key == section), None)
