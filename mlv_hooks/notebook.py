"""Notebook files, read from bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.jsonspans import (
    JSON_SPACE,
    Container,
    JsonError,
    canonical,
    decode,
    decode_all,
    scan,
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


class Layout(NamedTuple):
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
    def layout(self) -> Layout:
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


def _scan_notebook(text: str) -> tuple[dict[str, Any], Layout]:
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
    return root.pair(values), Layout(root, arrays[0] if arrays else root, tuple(objects))


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
    check_metadata(metadata)
    _expect(isinstance(values.get("cells"), list), "`cells` is not a list")


def _cell(value: Any, number: int) -> Cell:
    _expect(isinstance(value, dict), "a cell is not an object", number)
    kind = value.get("cell_type")
    _expect(kind in _KINDS, "`cell_type` is not one of code, markdown, raw", number)
    source = value.get("source")
    if _are(str, source):
        source = "".join(source)
    _expect(isinstance(source, str), "`source` is neither text nor a list of lines", number)
    check_source(source, number)
    metadata = value.get("metadata", {})
    _expect(isinstance(metadata, dict), "`metadata` is not an object", number)
    _expect(_are(str, metadata.get("tags", [])), "`tags` is not a list of texts", number)
    if metadata:
        check_metadata(metadata, number)
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


def check_source(source: str, cell: int) -> None:
    """Raise NotebookError for a source that UTF-8 can't hold."""
    if source.isascii():
        return
    try:
        source.encode()
    except UnicodeEncodeError as error:
        line = source.count("\n", 0, error.start) + 1
        raise NotebookError("MLV001", _SURROGATE, _RETYPE, cell, line) from None


def check_metadata(metadata: Mapping[str, Any], cell: int | None = None) -> None:
    """Raise NotebookError for metadata that JSON or UTF-8 can't hold; none is the notebook's."""
    try:
        canonical(metadata)
    except UnicodeEncodeError:
        raise NotebookError("MLV001", f"{_SURROGATE}, in metadata", _RETYPE, cell) from None
    except (TypeError, ValueError, RecursionError):
        what = "metadata holds what JSON cannot"
        advice = "use texts as keys; texts, finite numbers, lists and mappings as values"
        raise NotebookError("MLV004", what, advice, cell) from None


def may_declare_step(data: bytes) -> bool:
    """Say whether a notebook may ask for a step, without reading it: most do not."""
    return b"dvc-" in data or b'"mlv"' in data
