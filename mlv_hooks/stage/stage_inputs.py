"""Inputs of stages that are nowhere: not in git, not in the worktree, and of no stage or .dvc file.

The repository is asked only when all else gives no answer.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from mlv_hooks.config import nearest
from mlv_hooks.declared.project_paths import Owners, covers, is_url, templates
from mlv_hooks.diagnostics import Diagnostic, Location

if TYPE_CHECKING:
    from mlv_hooks.stage.stages import Declared

ALIKE = 0.8
"""How like a path must be to be taken for what was meant: two letters of ten differ."""

_OUT = re.compile(r"^[ -]*path:[ ]*(?P<quote>['\"]?)(.+?)(?P=quote)[ ]*\r?$", re.MULTILINE)


class Places(Protocol):
    """Where else inputs may come from."""

    def lacking(self, paths: Sequence[str]) -> list[str]:
        """Return those of some paths that neither git nor the worktree has."""

    def made_elsewhere(self) -> list[str]:
        """Return what .dvc files keep, and what the stages of other folders' dvc.yaml write."""

    def beside(self, folder: str) -> list[str]:
        """Return the paths of what lies in a folder."""


def missing_inputs(
    declared: Iterable[Declared], made: Iterable[str], places: Places
) -> Iterator[Diagnostic]:
    """Give the inputs that nobody has; ``made`` are the outputs of dvc.yaml."""
    specs = [(one.notebook, spec) for one in declared for spec, _ in one.stages]
    outs = [*made, *(out.path for _, spec in specs for out in spec.outs)]
    made_by = _Made(outs)
    wanted = dict.fromkeys(
        path
        for _, spec in specs
        for path in spec.deps
        if not (is_url(path) or templates(path) or made_by.has(path))
    )
    missing = set(places.lacking(list(wanted)))
    if not missing:
        return
    elsewhere = places.made_elsewhere()
    made_by = _Made(elsewhere)
    missing = {path for path in missing if not made_by.has(path)}
    known = [one for one in (*outs, *elsewhere) if not templates(one)]
    for notebook, spec in specs:
        for path in spec.deps:
            if path in missing:
                own = {out.path for out in spec.outs}
                there = (*places.beside(posixpath.dirname(path)), *known)
                message = _message(path, spec.name, [one for one in there if one not in own])
                place = Location(notebook, spec.cell, spec.line_of(path))
                yield Diagnostic("MLV418", message, place)


class _Made:
    """Outputs, to be asked whether one of them is, holds or is in a path."""

    def __init__(self, outs: Sequence[str]) -> None:
        self._owners = Owners((path, path) for path in outs)
        self._open = {path for path in outs if templates(path)}

    def has(self, path: str) -> bool:
        return any(self._owners.meeting(path)) or any(covers(one, path) for one in self._open)


def _message(path: str, stage: str, known: list[str]) -> str:
    what = f"{path}, an input of the stage {stage}, is not there, and no stage writes it"
    like = _like(path, known)
    return f"{what}: write {like}, or add the file" if like else f"{what}: add the file"


def _like(path: str, known: list[str]) -> str:
    """Return what may have been meant: the same name in another folder, or nearly this path."""
    name = posixpath.basename(path)
    moved = (one for one in known if posixpath.basename(one) == name)
    return next(moved, "") or nearest(path, known, ALIKE)


def all_outputs(stage: Mapping[str, object]) -> Iterator[str]:
    """Give the outputs of a stage of dvc.yaml, templates and those of a ``foreach`` included."""
    inner = stage.get("do")
    data = inner if isinstance(inner, Mapping) else stage
    folder = data.get("wdir")
    for kind in ("outs", "metrics", "plots"):
        listed = data.get(kind)
        for one in listed if isinstance(listed, list) else ():
            for path in one if isinstance(one, Mapping) else (one,):
                base = folder if isinstance(folder, str) else ""
                yield posixpath.normpath(posixpath.join(base, str(path)))


def kept_by(dvc_file: str, text: str) -> Iterator[str]:
    """Give what a .dvc file keeps, from the project's root."""
    folder = posixpath.dirname(dvc_file)
    for found in _OUT.finditer(text):
        yield posixpath.normpath(posixpath.join(folder, found[2]))
