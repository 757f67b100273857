"""Notebook files, edited so that every byte not meant stays as it was."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mlv_hooks.jsonspans import (
    Container,
    Style,
    inner_indent,
    rebuild,
    replace_value,
    splice,
    style_of,
)
from mlv_hooks.notebook import Layout, Notebook, NotebookError, check_metadata, check_source


class CellEdit(NamedTuple):
    """One cell of the notebook wanted.

    ``origin`` is the index, from 0, of the cell that it continues; None makes a new cell.
    ``metadata`` is all that the cell shall have. ``keep_outputs`` counts for code with an origin.
    """

    origin: int | None
    kind: str
    source: str
    metadata: Mapping[str, Any]
    keep_outputs: bool


def edit_notebook(
    notebook: Notebook, cells: Sequence[CellEdit], metadata: Mapping[str, Any]
) -> bytes:
    """Return the file with these cells, in this order, and this metadata.

    What does not change keeps its bytes. Each origin may come once. Raises NotebookError for
    text or metadata that JSON or UTF-8 cannot hold; its cell counts in ``cells``.
    """
    for number, edit in enumerate(cells, 1):
        check_source(edit.source, number)
        check_metadata(edit.metadata, number)
    check_metadata(metadata)
    origins = [edit.origin for edit in cells if edit.origin is not None]
    if len(set(origins)) < len(origins):
        raise ValueError("two cells continue the same one")
    try:
        return _written(notebook, cells, metadata).encode()
    except RecursionError:
        what = "metadata is nested too deeply"
        raise NotebookError("MLV004", what, "use fewer levels") from None


def _written(notebook: Notebook, cells: Sequence[CellEdit], metadata: Mapping[str, Any]) -> str:
    text, layout = notebook.text, notebook.layout
    style = style_of(text, layout.root)
    margin = inner_indent(text, layout.root, style, None)
    fresh = _FreshCells(notebook, layout, style, margin)
    pieces = [
        (
            edit.origin,
            fresh.text(edit)
            if edit.origin is None
            else _edited(notebook, edit, layout.objects[edit.origin], style),
        )
        for edit in cells
    ]
    changes: dict[str, str | None] = {
        "cells": rebuild(text, layout.cells, pieces, style, margin),
        "metadata": replace_value(text, layout.root.member("metadata"), metadata, style, margin),
    }
    body = splice(text, layout.root, changes, style, None)
    return text[: layout.root.start] + body + text[layout.root.end :]


def _edited(notebook: Notebook, edit: CellEdit, spans: Container, style: Style) -> str:
    """Return the text of a cell that continues the one of the notebook's at ``spans``."""
    assert edit.origin is not None
    text, old = notebook.text, notebook.cells[edit.origin]
    indent = inner_indent(text, spans, style, None)
    changes: dict[str, str | None] = {}
    if edit.source != old.source:
        source = spans.member("source")
        listed = text[source.value] == "["
        changes["source"] = replace_value(
            text, source, _source_value(edit.source, listed), style, indent
        )
    item = spans.find("metadata")
    if item is not None:
        changes["metadata"] = replace_value(text, item, edit.metadata, style, indent)
    elif edit.metadata:
        changes["metadata"] = style.dump(edit.metadata, indent)
    bare: dict[str, str | None] = {"execution_count": "null", "outputs": "[]"}
    if edit.kind != old.kind:
        changes["cell_type"] = style.dump(edit.kind, indent)
        if edit.kind == "code":
            # The format allows no attachments there: Jupyter would call the notebook invalid.
            changes |= bare | {"attachments": None}
        else:
            changes |= dict.fromkeys(bare)
    elif old.has_outputs and not edit.keep_outputs:
        changes |= {key: value for key, value in bare.items() if spans.find(key)}
    return splice(text, spans, changes, style, indent)


def _source_value(source: str, listed: bool) -> str | list[str]:
    """Return a source as the file spells it: one text, or a list of its lines."""
    return [line for line in re.split(r"(?<=\n)", source) if line] if listed else source


class _FreshCells:
    """Writes cells that the notebook does not have yet, as its own cells are written."""

    def __init__(
        self, notebook: Notebook, layout: Layout, style: Style, margin: str | None
    ) -> None:
        text = notebook.text
        self._style = style
        self._indent = inner_indent(text, layout.cells, style, margin)
        if layout.objects and inner_indent(text, layout.objects[0], style, None) is None:
            self._indent = None  # a cell a line
        listed = [text[spans.member("source").value] == "[" for spans in layout.objects]
        self._listed = 2 * sum(listed) >= len(listed)
        self._with_id = notebook.nbformat_minor >= 5
        self._ids = {cell.id for cell in notebook.cells}
        self._seen: dict[str, int] = {}

    def text(self, edit: CellEdit) -> str:
        """Return the text of one new cell, ids counted on."""
        value: dict[str, Any] = {
            "cell_type": edit.kind,
            "metadata": edit.metadata,
            "source": _source_value(edit.source, self._listed),
        }
        if edit.kind == "code":
            value |= {"execution_count": None, "outputs": []}
        if self._with_id:
            value["id"] = self._new_id(edit.source)
        return self._style.dump(value, self._indent)

    def _new_id(self, source: str) -> str:
        """Return an id that is the same on every machine, and no other cell's."""
        while True:
            count = self._seen[source] = self._seen.get(source, 0) + 1
            id_ = hashlib.sha256(f"{count}\n{source}".encode()).hexdigest()[:8]
            if id_ not in self._ids:
                self._ids.add(id_)
                return id_
