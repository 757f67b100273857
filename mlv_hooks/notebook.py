"""Notebook files: read from bytes, and edited so that every byte not meant stays as it was."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.jsonspans import (
    JSON_SPACE,
    Container,
    JsonError,
    Style,
    canonical,
    decode,
    decode_all,
    inner_indent,
    rebuild,
    replace_value,
    scan,
    splice,
    style_of,
    syntax_error,
)

NOTEBOOK_LIMIT = 100 * 2**20
"""Bytes; the largest file that GitHub takes."""

# Outputs full of data: passing over them is faster than looking at the keys of each object.
_MANY_OBJECTS = 5_000
_KINDS = ("code", "markdown", "raw")
_RESTORE = "restore it with `git checkout`, or open and save it in Jupyter"
_RESAVE = "open it in an editor and save it as UTF-8 without a byte order mark"
_RETYPE = "mend it, or open and save the notebook in Jupyter"
_REMERGE = "merge it again with `git checkout --merge`, or keep one side whole"
_SURROGATE = "holds half of a surrogate pair, which UTF-8 cannot write"
_MARKER = re.compile(r"^(?:<{7}|={7}|>{7})", re.MULTILINE)


class NotebookError(ValueError):
    """A notebook that cannot be used: which rule says so, where, and what to do.

    ``cell`` counts from 1; ``line`` too, in the cell's source, or in the file without a cell.
    """

    def __init__(
        self, code: str, what: str, advice: str, cell: int | None = None, line: int | None = None
    ) -> None:
        places = [f"cell {cell}"] * bool(cell) + [f"line {line}"] * bool(line)
        where = f" ({', '.join(places)})" if places else ""
        self.message = f"{what}{where}: {advice}"
        super().__init__(self.message)
        self.code = code
        self.cell = cell
        self.line = line

    def diagnostic(self, path: str) -> Diagnostic:
        """Return the finding for the file at ``path``."""
        return Diagnostic(self.code, self.message, Location(path, self.cell, self.line))


class Cell(NamedTuple):
    """What people write in a cell. ``has_outputs``: there are outputs or an execution count.

    ``run_as`` is that execution count: the number which Jupyter shows beside the cell.
    """

    kind: str
    source: str
    metadata: Mapping[str, Any]
    id: str | None
    has_outputs: bool
    run_as: int | None = None


class _Layout(NamedTuple):
    """Where in the text things stand."""

    root: Container
    cells: Container
    objects: tuple[Container, ...]


class Notebook(NamedTuple):
    """A notebook of format 4: its whole text, and what it says."""

    text: str
    cells: tuple[Cell, ...]
    metadata: Mapping[str, Any]
    nbformat_minor: int

    @property
    def layout(self) -> _Layout:
        """Where in the text things stand; only edits ask, and the text is walked for it."""
        return _scan_notebook(self.text)[1]


def parse_notebook(data: bytes) -> Notebook:
    """Read an ``.ipynb`` file; raise NotebookError for whatever is not a sound notebook."""
    text = _decode_bytes(data)
    values = _values(text)
    _check_types(values)
    return Notebook(
        text=text,
        cells=tuple(_cell(value, number) for number, value in enumerate(values["cells"], 1)),
        metadata=values["metadata"],
        nbformat_minor=values["nbformat_minor"],
    )


def _values(text: str) -> dict[str, Any]:
    """Return the notebook's object; what is wrong with it is looked for only where anything is."""
    if text.count("{") < _MANY_OBJECTS:
        with suppress(JsonError):
            value = decode_all(text)
            if isinstance(value, dict):
                return value
    try:
        return _scan_notebook(text)[0]
    except JsonError as error:
        marker = _MARKER.search(text)
        if marker is None:
            raise NotebookError("MLV001", error.message, _RESTORE, line=error.line) from None
        line = text.count("\n", 0, marker.start()) + 1
        raise NotebookError("MLV002", "holds merge markers", _REMERGE, line=line) from None


def _decode_bytes(data: bytes) -> str:
    if len(data) > NOTEBOOK_LIMIT:
        what = f"is larger than {NOTEBOOK_LIMIT / 2**20:.4g} MiB"
        raise NotebookError("MLV005", what, "clear its largest outputs in Jupyter and save it")
    if not data.strip():
        raise NotebookError("MLV001", "is empty", _RESTORE)
    if data.startswith(b"version https://git-lfs"):
        raise NotebookError("MLV001", "is a Git LFS pointer", "get the file with `git lfs pull`")
    if data.startswith(b"\xef\xbb\xbf"):
        raise NotebookError("MLV001", "starts with a byte order mark", _RESAVE)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4]:
        raise NotebookError("MLV001", "is UTF-16 or UTF-32, not UTF-8", _RESAVE)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotebookError("MLV001", "is not UTF-8", _RESAVE, line=line) from None


def _scan_notebook(text: str) -> tuple[dict[str, Any], _Layout]:
    arrays: list[Container] = []
    objects: list[Container] = []

    def read_member(key: str | int, position: int) -> tuple[Any, int]:
        if key != "cells" or text[position : position + 1] != "[":
            return decode(text, position, unique=key == "metadata")
        array, cells = scan(text, position, read_cell)
        arrays.append(array)
        return cells, array.end

    def read_cell(number: str | int, position: int) -> tuple[Any, int]:
        try:
            if text[position : position + 1] != "{":
                return decode(text, position)
            spans, values = scan(text, position, read_field)
        except JsonError as error:
            if error.line is not None:
                raise
            advice = "mend the cell in an editor, or clear its outputs and run it again"
            raise NotebookError("MLV001", error.message, advice, int(number) + 1) from None
        objects.append(spans)
        return spans.pair(values), spans.end

    def read_field(key: str | int, position: int) -> tuple[Any, int]:
        return decode(text, position, unique=key == "metadata")

    start = len(text) - len(text.lstrip(JSON_SPACE))
    if text[start] != "{":
        decode(text, start)
        raise NotebookError("MLV001", "is JSON, but no object as notebooks are", _RESTORE)
    root, values = scan(text, start, read_member)
    if text[root.end :].strip(JSON_SPACE):
        raise syntax_error(text, root.end)
    return root.pair(values), _Layout(root, arrays[0] if arrays else root, tuple(objects))


def _check_types(values: Mapping[str, Any]) -> None:
    """Check what stands beside the cells; the format first, since it decides the rest."""
    nbformat: Any = values.get("nbformat")
    _expect(_is_int(nbformat), "`nbformat` is not a whole number")
    if nbformat != 4:
        advice = (
            "save it in Jupyter, or `jupyter nbconvert --to notebook --inplace PATH`"
            if nbformat < 4
            else "save it as notebook format 4, or update mlv-hooks"
        )
        raise NotebookError("MLV003", f"is in notebook format {str(nbformat)[:20]}, not 4", advice)
    _expect(_is_int(values.get("nbformat_minor")), "`nbformat_minor` is not a whole number")
    metadata: Any = values.get("metadata")
    _expect(isinstance(metadata, dict), "`metadata` is not an object")
    for key in ("kernelspec", "language_info", "jupytext"):
        _expect(isinstance(metadata.get(key, {}), dict), f"`metadata.{key}` is not an object")
    _metadata_check(metadata)
    _expect(isinstance(values.get("cells"), list), "`cells` is not a list")


def _cell(value: Any, number: int) -> Cell:
    _expect(isinstance(value, dict), "a cell is not an object", number)
    kind = value.get("cell_type")
    _expect(kind in _KINDS, "`cell_type` is not one of code, markdown, raw", number)
    source = value.get("source")
    if _are(str, source):
        source = "".join(source)
    _expect(isinstance(source, str), "`source` is neither text nor a list of lines", number)
    _source_check(source, number)
    metadata = value.get("metadata", {})
    _expect(isinstance(metadata, dict), "`metadata` is not an object", number)
    _expect(_are(str, metadata.get("tags", [])), "`tags` is not a list of texts", number)
    if metadata:
        _metadata_check(metadata, number)
    outputs = value.get("outputs", [])
    if outputs or not isinstance(outputs, list):
        sound = _are(dict, outputs) and _are(str, [one.get("output_type") for one in outputs])
        _expect(sound, "`outputs` is not a list of objects with an `output_type`", number)
    count = value.get("execution_count")
    _expect(count is None or _is_int(count), "`execution_count` is not a whole number", number)
    attached = value.get("attachments", {})
    _expect(isinstance(attached, dict), "`attachments` is not an object", number)
    id_ = value.get("id")
    _expect("id" not in value or isinstance(id_, str), "`id` is not a text", number)
    has_outputs = kind == "code" and (bool(outputs) or count is not None)
    return Cell(kind, source, metadata, id_, has_outputs, count if kind == "code" else None)


def _expect(sound: bool, what: str, cell: int | None = None) -> None:
    if not sound:
        raise NotebookError("MLV004", what, _RETYPE, cell)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are(kind: type, values: object) -> bool:
    return isinstance(values, list) and set(map(type, values)) <= {kind}


def _source_check(source: str, cell: int) -> None:
    if source.isascii():
        return
    try:
        source.encode()
    except UnicodeEncodeError as error:
        line = source.count("\n", 0, error.start) + 1
        raise NotebookError("MLV001", _SURROGATE, _RETYPE, cell, line) from None


def _metadata_check(metadata: Mapping[str, Any], cell: int | None = None) -> None:
    try:
        canonical(metadata)
    except UnicodeEncodeError:
        raise NotebookError("MLV001", f"{_SURROGATE}, in metadata", _RETYPE, cell) from None
    except (TypeError, ValueError, RecursionError):
        what = "metadata holds what JSON cannot"
        advice = "use texts as keys; texts, finite numbers, lists and mappings as values"
        raise NotebookError("MLV004", what, advice, cell) from None


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
        _source_check(edit.source, number)
        _metadata_check(edit.metadata, number)
    _metadata_check(metadata)
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
        self, notebook: Notebook, layout: _Layout, style: Style, margin: str | None
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


def may_declare_step(data: bytes) -> bool:
    """Say whether a notebook may ask for a step, without reading it: most do not."""
    return b"dvc-" in data or b'"mlv"' in data
