"""One notebook and one script of it: which side changed, and what both shall hold.

Direction comes from what git holds, never from clocks. The base is a version in which both
sides said the same; a side that still equals it did not change. When both changed, they are
merged by cell, or refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Protocol

from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.notebook import Notebook, NotebookError, parse_notebook
from mlv_hooks.notebook_edits import CellEdit, edit_notebook
from mlv_hooks.pair.formats import ScriptFormat
from mlv_hooks.pair.merge import Conflict, Merged, merge_cells, metadata_edits
from mlv_hooks.pair.script import (
    MergeText,
    ScriptText,
    TextCell,
    canonical,
    keep_layout,
    read_script,
    render,
    same_source,
    same_value,
    shows,
)
from mlv_hooks.pair.script_file import ScriptError, decode_script
from mlv_hooks.plan import Change

# A script's header may leave these out, or jupytext writes them; their absence is no edit.
_LASTING = ("kernelspec", "language_info", "jupytext")


class Status(Enum):
    """How a pair stands."""

    IN_SYNC = "in-sync"
    SCRIPT_MISSING = "script-missing"
    SCRIPT_STALE = "script-stale"
    NOTEBOOK_STALE = "notebook-stale"
    MERGED = "merged"
    CONFLICT = "conflict"
    ORPHANED = "orphaned"
    ORPHAN_EDITED = "orphan-edited"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the pair of one notebook stands, and what would bring it in line.

    ``changes`` is empty when nothing is to do or the pair is refused; ``findings`` then say why.
    ``detail`` names cells, for messages. ``step`` is the path of the notebook's step, whose change
    or findings are among the others. ``pending`` is what `mlv check` says of changes to dvc.yaml.
    """

    notebook: str
    script: str | None
    status: Status
    changes: tuple[Change, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    detail: str = ""
    step: str | None = None
    pending: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Base:
    """A version of both sides that somebody kept."""

    notebook: bytes
    script: bytes


class Bases(Protocol):
    """Where versions to compare with come from; asked only when the two sides differ."""

    def heads(self) -> Sequence[Base]:
        """Return the pair in HEAD and, in a merge or the like, in the other heads."""

    def fork(self) -> Base | None:
        """Return the pair where the other head left ours."""

    def recorded(self) -> Base | None:
        """Return what the last ``mlv sync`` since HEAD left."""

    def older(self) -> Iterator[Base]:
        """Give the pair in older commits, newest first."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What both sides shall hold. ``dropped``: cells of the notebook whose outputs go."""

    status: Status
    notebook: bytes
    script: str
    cells: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()


def _plain(notebook: Notebook) -> str | None:
    """Return the script of a notebook of plain cells, None when jupytext has to be asked."""
    from mlv_hooks.pair import percent, standard

    header = standard.header(notebook.metadata)
    return None if header is None else percent.script(header, notebook.cells)


class JupytextNeeded(Exception):
    """A cell that only jupytext can write, in a process that shall not load it."""


class Pair:
    """The two sides as they are now. Errors: NotebookError, ScriptError, Conflict.

    Without ``may_load`` also JupytextNeeded.
    """

    def __init__(
        self,
        data: bytes,
        notebook: Notebook,
        fmt: ScriptFormat,
        script: bytes | None,
        merge_text: MergeText,
        *,
        may_load: bool = True,
    ) -> None:
        self.data = data
        self.notebook = notebook
        self.fmt = fmt
        self.merge_text = merge_text
        self.plain = _plain(notebook) if fmt.standard else None
        if self.plain is None and fmt.standard and not may_load:
            raise JupytextNeeded
        self.rendered = self.plain or render(notebook, fmt)
        self.text = None if script is None else decode_script(script)

    @cached_property
    def canonical(self) -> ScriptText:
        return canonical(self.notebook, self.rendered, self.fmt)

    @cached_property
    def script(self) -> ScriptText:
        return read_script(self.text or "", self.fmt)

    def settle(self, bases: Bases, prefer: str | None = None) -> Settled:
        """Return what both sides shall hold.

        ``prefer`` ("notebook" or "script") takes that side whole where Conflict would be raised.
        """
        if self.text is None:
            if self.plain is None:
                from mlv_hooks.pair import percent

                if not percent.shows(self.rendered, self.notebook.cells):
                    _ = self.canonical
            return Settled(Status.SCRIPT_MISSING, self.data, self.rendered)
        if self.text == self.rendered or self.agrees(self.notebook, self.canonical):
            return Settled(Status.IN_SYNC, self.data, self.text)
        if not self.text.strip() and self.notebook.cells:
            # A full disk or a slip of the shell; nobody deletes all cells of a notebook so.
            advice = "restore it with `git checkout`, or delete it and run `mlv sync`"
            raise ScriptError("MLV009", "is empty", advice)
        try:
            face = self._base(bases)
            if face is None:
                raise Conflict("they differ, and no commit holds both in line", ())
            return self._merged(face)
        except Conflict:
            if prefer == "notebook":
                return self._stale_script()
            if prefer == "script":
                return self._merged(_Face(self.rendered, self.canonical, "", self.canonical))
            raise

    def agrees(self, notebook: Notebook, rendering: ScriptText) -> bool:
        """Say whether the script as it is says what ``notebook``, so rendered, says."""
        return (
            shows(self.script, rendering, self.fmt)
            and _header_within(self.script.metadata, notebook.metadata)
            and _header_within(rendering.metadata, self.script.metadata or rendering.metadata)
            and all(
                key in cell.metadata and same_value(cell.metadata[key], value)
                for one, cell in zip(self.script.cells, notebook.cells, strict=True)
                for key, value in one.metadata.items()
            )
        )

    def _base(self, bases: Bases) -> _Face | None:
        heads = [face for base in bases.heads() if (face := self._face(base))]
        same = [(self._is_notebook_of(face), self._is_script_of(face)) for face in heads]
        if not any(both == (True, True) for both in same):
            mine, theirs = (any(side) for side in zip(*same, strict=True)) if same else (False,) * 2
            if mine and theirs:
                # One side was taken from each head: only the fork tells what both changed.
                fork = bases.fork()
                return self._face(fork) if fork else None
        for face, (notebook_same, script_same) in zip(heads, same, strict=True):
            if notebook_same or script_same:
                return face
        recorded = bases.recorded()
        face = self._face(recorded) if recorded else None
        if face or heads:
            return face or heads[0]
        return next((face for base in bases.older() if (face := self._face(base))), None)

    def _face(self, base: Base) -> _Face | None:
        """Return both sides of a version, None when it was not in line itself."""
        try:
            notebook = parse_notebook(base.notebook)
            rendered = render(notebook, self.fmt)
            text = decode_script(base.script)
            sound = canonical(notebook, rendered, self.fmt)
            script = sound if text == rendered else read_script(text, self.fmt)
        except (NotebookError, ScriptError):
            return None
        return _Face(rendered, sound, text, script) if _same_cells(script, sound) else None

    def _is_notebook_of(self, face: _Face) -> bool:
        return face.rendered == self.rendered

    def _is_script_of(self, face: _Face) -> bool:
        return face.text == self.text or face.script == self.script

    def _stale_script(self) -> Settled:
        text = self.text or ""
        wanted = keep_layout(text, self.rendered, self.fmt, self.merge_text)
        return Settled(Status.SCRIPT_STALE, self.data, wanted, self._differing())

    def _differing(self) -> tuple[int, ...]:
        pairs = zip(self.canonical.cells, self.script.cells, strict=False)
        return tuple(n for n, (one, other) in enumerate(pairs, 1) if one != other)

    def _merged(self, face: _Face) -> Settled:
        cells = merge_cells(
            face.canonical, face.script, self.canonical, self.script, self.merge_text
        )
        edits = [self._edit(one) for one in cells]
        data = edit_notebook(self.notebook, edits, self._metadata(face))
        if data == self.data:
            return self._stale_script()
        notebook = parse_notebook(data)
        rendered = render(notebook, self.fmt)
        rendering = canonical(notebook, rendered, self.fmt)
        changed = tuple(n for n, one in enumerate(edits, 1) if self._is_changed(one))
        if self.agrees(notebook, rendering):
            status, text = Status.NOTEBOOK_STALE, self.text or ""
        else:
            status = Status.MERGED
            text = keep_layout(self.text or "", rendered, self.fmt, self.merge_text)
        return Settled(status, data, text, changed, self._dropped(edits))

    def _edit(self, one: Merged) -> CellEdit:
        if one.origin is None:
            metadata = {
                key: value for key, value in one.metadata_edits.items() if value is not None
            }
            return CellEdit(None, one.cell.kind, one.cell.source, metadata, False)
        own, read = self.notebook.cells[one.origin], self.canonical.cells[one.origin]
        same = same_source(one.cell, read) and one.cell.kind == read.kind
        edits = one.metadata_edits
        metadata = {key: value for key, value in own.metadata.items() if key not in edits}
        for key, value in edits.items():
            if value is not None:
                metadata[key] = value
        source = own.source if same else _with_line_ends_of(own.source, one.cell.source)
        keep = same or (one.cell.kind == own.kind == "code" and _only_formatted(own.source, source))
        return CellEdit(one.origin, one.cell.kind, source, metadata, keep)

    def _is_changed(self, edit: CellEdit) -> bool:
        if edit.origin is None:
            return True
        own = self.notebook.cells[edit.origin]
        return (own.kind, own.source, own.metadata) != (edit.kind, edit.source, edit.metadata)

    def _dropped(self, edits: Sequence[CellEdit]) -> tuple[int, ...]:
        kept = {edit.origin for edit in edits if edit.keep_outputs}
        cells = enumerate(self.notebook.cells)
        return tuple(i + 1 for i, cell in cells if cell.has_outputs and i not in kept)

    def _metadata(self, face: _Face) -> dict[str, object]:
        metadata = dict(self.notebook.metadata)
        if not self.script.metadata:
            return metadata
        edits = metadata_edits(
            face.script.metadata,
            self.script.metadata,
            face.canonical.metadata,
            self.canonical.metadata,
        )
        for key, value in edits.items():
            if value is not None:
                metadata[key] = value
            elif key not in _LASTING:
                metadata.pop(key, None)
        return metadata


@dataclass(frozen=True, slots=True)
class _Face:
    """A base as both sides show it; the two have the same cells."""

    rendered: str
    canonical: ScriptText
    text: str
    script: ScriptText


def _same_cells(script: ScriptText, notebook: ScriptText) -> bool:
    return len(script.cells) == len(notebook.cells) and all(
        one.kind == other.kind and same_source(one, other)
        for one, other in zip(script.cells, notebook.cells, strict=True)
    )


def _header_within(some: dict[str, object] | object, whole: object) -> bool:
    if not isinstance(some, dict) or not isinstance(whole, dict):
        return False
    return all(key in whole and same_value(whole[key], value) for key, value in some.items())


def _with_line_ends_of(old: str, new: str) -> str:
    """Return ``new`` with CRLF where all lines of ``old`` end so."""
    crlf = old.count("\r\n")
    return new.replace("\n", "\r\n") if crlf and crlf == old.count("\n") else new


def _only_formatted(old: str, new: str) -> bool:
    """Say whether two sources are one program, so that the outputs are still its own."""
    import ast

    try:
        return ast.dump(ast.parse(old)) == ast.dump(ast.parse(new))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


__all__ = ["Base", "Bases", "Conflict", "Outcome", "Pair", "Settled", "Status", "TextCell"]
