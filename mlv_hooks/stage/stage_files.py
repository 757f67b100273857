"""The files that a notebook's stages declare, held against those that its code reads and writes."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlv_hooks.analysis.touched_files import FileUse, Touched, file_use
from mlv_hooks.declared.parameter_use import never_used
from mlv_hooks.declared.project_paths import covers, meet, templates

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content
    from mlv_hooks.declared.parameters import Parameters
    from mlv_hooks.declared.stage_spec import StageSpec


class Undeclared(NamedTuple):
    """A file that a cell touches and no stage declares, and how to declare it."""

    path: str
    cell: int
    line: int
    remedy: str


class Unwritten(NamedTuple):
    """An output of a stage that no kept cell writes, and where that is to be mended.

    ``by`` is the cell without effect that does write it, 0 for none.
    """

    path: str
    stage: str
    cell: int | None
    line: int | None
    by: int = 0


def undeclared_outputs(content: Content, settings: Settings, notebook: str) -> Iterator[Undeclared]:
    """Give the files that kept cells write, each once; none where files are removed again."""
    found = _StageFiles.of(content, settings, notebook)
    if found and not found.use.removes:
        yield from found.undeclared(found.of_kind(writes=True), "out", "outs")


def undeclared_inputs(content: Content, settings: Settings, notebook: str) -> Iterator[Undeclared]:
    """Give the files that kept cells read, each once, and that the notebook does not make."""
    found = _StageFiles.of(content, settings, notebook)
    if found:
        made = {one.path for one in found.of_kind(writes=True)}
        read = [one for one in found.of_kind(writes=False) if one.path not in made and one.before]
        yield from found.undeclared(read, "in", "deps")


def unwritten_outputs(content: Content, settings: Settings, notebook: str) -> Iterator[Unwritten]:
    """Give the declared outputs that no cell writes, where nothing else could."""
    found = _StageFiles.of(content, settings, notebook)
    if found and not found.use.hidden:
        yield from (one for one in found.unwritten() if not one.by)


def dropped_outputs(content: Content, settings: Settings, notebook: str) -> Iterator[Unwritten]:
    """Give the declared outputs that a cell without effect writes, and no kept one."""
    found = _StageFiles.of(content, settings, notebook)
    if found:
        yield from (one for one in found.unwritten() if one.by)


class _StageFiles(NamedTuple):
    content: Content
    settings: Settings
    specs: tuple[StageSpec, ...]
    parameters: Parameters | None
    use: FileUse

    @classmethod
    def of(cls, content: Content, settings: Settings, notebook: str) -> _StageFiles | None:
        """Return what there is to compare; None for a notebook without stages that can be read."""
        from mlv_hooks.declared.metadata import stages_of

        if not content.is_python or not content.declares_step(settings):
            return None
        specs, mistakes = stages_of(content, notebook, settings)
        if mistakes or not specs:
            return None
        use = file_use(content, settings, notebook)
        return cls(content, settings, specs, content.parameters(settings), use)

    def of_kind(self, writes: bool) -> list[Touched]:
        """Return what kept cells touch of one kind."""
        return [one for one in self.use.touched if one.kept and one.writes == writes]

    def undeclared(self, touched: Sequence[Touched], word: str, key: str) -> Iterator[Undeclared]:
        """Give those that no stage declares; ``word`` and ``key`` are how they would be."""
        names = [path for one in self.specs for path in _declared(one)]
        given = self._given()
        seen = {*self.settings.files.values()}
        for one in touched:
            known = one.parameters & given or any(covers(name, one.path) for name in names)
            if not known and one.path not in seen:
                remedy = self._remedy(one, word, key)
                yield Undeclared(one.path, one.cell, one.line, remedy)
            seen.add(one.path)

    def _remedy(self, touched: Touched, word: str, key: str) -> str:
        if self.specs[0].cell is None:
            return f"add it to {key} in mlv.stages.{self.specs[0].name}"
        said = f" {touched.whole}:" if touched.whole else f": {touched.path}"
        return f"add `:dvc-{word}{said}` to the docstring"

    def _given(self) -> set[str]:
        """Return the parameters whose value in a stage may not be that of the cell's path."""
        names = self.parameters.names if self.parameters else frozenset()
        given: set[str] = set()
        for spec in self.specs:
            by_name = {one.parameter for one in spec.arguments} | {key for key, _ in spec.matrix}
            sent = names - by_name if spec.params is None else set(spec.params)
            given |= names if spec.cmd else names - sent
        return given

    def unwritten(self) -> Iterator[Unwritten]:
        """Give the outputs that no kept cell writes, as far as can be seen."""
        found = self.parameters
        unused = never_used(self.content, self.settings, found) if found else ()
        unread = {one.name for one in unused}
        blind = any(cell.whole.sees_all for cell in self.content.analysis.cells)
        for spec in self.specs if not blind else ():
            paths = {one.parameter: one.path.rstrip("/") for one in spec.arguments}
            if spec.cmd or any(one.parameters - paths.keys() for one in self.of_kind(writes=True)):
                continue
            for path in dict.fromkeys(one.path for one in spec.outs if not templates(one.path)):
                naming = {name for name, value in paths.items() if value == path}
                if naming <= unread and not self._is_mentioned(path, naming):
                    yield from self._unwritten(path, spec, paths)

    def _unwritten(self, path: str, spec: StageSpec, paths: dict[str, str]) -> Iterator[Unwritten]:
        writing = [
            one
            for one in self.use.touched
            if one.writes and any(meet(path, other) for other in _paths_of(one, paths))
        ]
        if not writing:
            yield Unwritten(path, spec.name, spec.cell, spec.line_of(path))
        elif not any(one.kept for one in writing):
            first = writing[0]
            yield Unwritten(path, spec.name, first.cell, first.line, first.cell)

    def _is_mentioned(self, path: str, naming: set[str]) -> bool:
        """Say whether kept code has the file's name in it, so that it may build the path."""
        name = posixpath.basename(path)
        dropped = set(self.content.tagged(self.settings.no_effect_tag))
        own = self.parameters.cell if self.parameters else 0
        texts = [
            cell.source
            for number, cell in self.content.code_cells.items()
            if number not in dropped and number != own
        ]
        if self.parameters:
            others = [one for one in self.parameters.parameters if one.name not in naming]
            texts += [str(one.default) for one in others]
            texts += [ast.unparse(one) for one in self.parameters.rest]
        return any(name in text for text in texts)


def _paths_of(touched: Touched, paths: dict[str, str]) -> list[str]:
    """Return where a file is written: as the cell says, and as the stage's arguments say."""
    return [touched.path, *(paths[one] for one in touched.parameters if one in paths)]


def _declared(spec: StageSpec) -> Iterator[str]:
    yield from spec.deps
    yield from (one.path for one in spec.outs)
    yield from (file for file, _ in spec.param_files)
