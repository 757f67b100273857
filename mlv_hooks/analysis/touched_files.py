"""Which files of the project a notebook's cells surely read and write, by paths that can be read.

A path is known when it is made of literals and of names that the notebook binds once, to such
paths. All else (what comes of a function, a loop, a branch) is passed over in silence.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlv_hooks.declared.project_paths import NoPathError, from_folder, is_url

if TYPE_CHECKING:
    from mlv_hooks.analysis.dataflow import Effect
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content

_PATHS = frozenset({"Path", "PurePath", "pathlib.Path", "pathlib.PurePath", "os.path.join"})
_MOVES = frozenset({"cd", "pushd", "popd"})
_INSTALLS = re.compile(r"[!%](?:pip|conda|mamba|uv pip)\d? |%(?:pip|conda|mamba|uv)$").match
_NO_NAME = re.compile(r"[\[\]{}<>|\"\n]|^$")
_ADDED = {"numpy.save": ".npy", "numpy.savez": ".npz", "numpy.savez_compressed": ".npz"}
_REMOVING = frozenset({"os.remove", "os.unlink", "os.rename", "os.renames", "os.replace"})
_REMOVING |= {"shutil.move", "shutil.rmtree"}
_REMOVING |= {f"stdlib.Path.{name}" for name in ("unlink", "rename", "replace")}
_FOLDERS = frozenset({"os.mkdir", "os.makedirs", "stdlib.Path.mkdir"})
_TO_OPEN_FILES = ("json.dump", "pickle.dump", "stdlib.WritableFile.", "stdlib.CsvWriter.")


class Touched(NamedTuple):
    """A file that a cell reads or ``writes``: its path from the project's root.

    ``parameters`` are those whose values are in the path, ``whole`` the one that is the path.
    ``kept`` is False for a cell tagged as without effect, ``before`` True where no kept cell may
    have made the file by then, in a way that is not known.
    """

    path: str
    cell: int
    line: int
    writes: bool
    kept: bool
    before: bool
    parameters: frozenset[str]
    whole: str


class FileUse(NamedTuple):
    """What a notebook does with files; ``touched`` are those whose paths are known.

    ``hidden``: kept cells may write others as well; ``removes``: they may remove or rename files.
    """

    touched: tuple[Touched, ...] = ()
    hidden: bool = True
    removes: bool = True


def file_use(content: Content, settings: Settings, notebook: str) -> FileUse:
    """Return what the cells of the Python notebook at that path do with files."""
    if not _stays_in_its_folder(content):
        return FileUse()
    dropped = set(content.tagged(settings.no_effect_tag))
    parameters = content.parameters(settings)
    reader = _Reader(content, parameters.names if parameters else frozenset())
    folder = posixpath.dirname(settings.inside(notebook))
    touched, hidden, removes, before = [], False, False, True
    for cell in content.analysis.cells:
        kept = cell.number not in dropped
        for effect in cell.whole.effects:
            path = _path(effect, reader, folder, settings.depth)
            if path is not None:
                used, writes = frozenset(reader.used), not effect.only_reads
                whole = effect.path.id if isinstance(effect.path, ast.Name) else ""
                whole = whole if whole in used else ""
                place = (path, cell.number, effect.line)
                touched.append(Touched(*place, writes, kept, before, used, whole))
            elif kept and _may_write(effect):
                hidden = True
                removes = removes or effect.kind == "process" or _name(effect) in _REMOVING
                before = before and effect.what.startswith("import ")
    return FileUse(tuple(touched), hidden, removes)


def _path(effect: Effect, reader: _Reader, folder: str, depth: int) -> str | None:
    """Return the file that an effect is on, from the project's root, None where not known."""
    if effect.kind != "file" or effect.path is None:
        return None
    text = reader.read(effect.path)
    return None if text is None else _in_project(text, folder, depth, _name(effect))


def _name(effect: Effect) -> str:
    """Return the function that has the effect."""
    return effect.what.rpartition(": ")[2]


def _may_write(effect: Effect) -> bool:
    """Say whether an effect whose path is not known may make a file."""
    if effect.kind != "file" or effect.only_reads:
        return effect.kind == "unknown" or (effect.kind == "process" and not _INSTALLS(effect.what))
    name = _name(effect)
    return effect.path is not None or not (name in _FOLDERS or name.startswith(_TO_OPEN_FILES))


def _stays_in_its_folder(content: Content) -> bool:
    """Say whether all cells run in the notebook's folder, so that paths count from there."""
    return not any(
        "chdir" in cell.source or any(one.name in _MOVES for one in content.source(number).magics)
        for number, cell in content.code_cells.items()
    )


def _in_project(text: str, folder: str, depth: int, function: str) -> str | None:
    """Return a path from the project's root, None for what is no file in it."""
    if _NO_NAME.search(text):
        return None
    if function.endswith("savefig") and not posixpath.splitext(text)[1]:
        return None  # pyplot adds the suffix that it is set to
    added = _ADDED.get(function, "")
    try:
        path = from_folder(text if text.endswith(added) else text + added, folder, depth)
    except NoPathError:
        return None
    return None if is_url(path) else path


class _Reader:
    """Reads paths; ``used`` are the parameters that were in the last one."""

    def __init__(self, content: Content, parameters: frozenset[str]) -> None:
        self._values = _bound_once(content)
        self._parameters = parameters
        self._open: set[str] = set()
        self.used: set[str] = set()

    def read(self, node: ast.expr) -> str | None:
        """Return the text or path that an expression gives, None when it is not known."""
        self.used = set()
        return self._text(node)

    def _text(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.JoinedStr):
            parts = [_plain_part(one) for one in node.values]
            known = [one for one in parts if one is not None]
            return self._joined(known, "".join) if len(known) == len(parts) else None
        if isinstance(node, ast.BinOp):
            joins = {ast.Add: "".join, ast.Div: _path_of}
            join = joins.get(type(node.op))
            return self._joined([node.left, node.right], join) if join else None
        if isinstance(node, ast.Call) and not node.keywords and node.args:
            name = ast.unparse(node.func)
            if name in _PATHS:
                return self._joined(node.args, _path_of)
            if name in ("str", "os.fspath"):
                return self._joined(node.args[:1], _path_of)
        return None

    def _joined(
        self, nodes: Sequence[ast.expr], join: Callable[[Sequence[str]], str]
    ) -> str | None:
        texts = [text for one in nodes if (text := self._text(one)) is not None]
        return join(texts) if texts and len(texts) == len(nodes) else None

    def _named(self, name: str) -> str | None:
        node = self._values.get(name)
        if node is None or name in self._open:
            return None
        if name in self._parameters:
            self.used.add(name)
        self._open.add(name)
        text = self._text(node)
        self._open.discard(name)
        return text


def _plain_part(node: ast.expr) -> ast.expr | None:
    """Return a part of an f-string, None for one that is laid out in some way."""
    if not isinstance(node, ast.FormattedValue):
        return node
    return node.value if node.conversion == -1 and node.format_spec is None else None


def _path_of(texts: Sequence[str]) -> str:
    return posixpath.join(*texts)


def _bound_once(content: Content) -> dict[str, ast.expr]:
    """Return the values of the names that a notebook binds once, by a plain assignment."""
    found: dict[str, ast.expr | None] = {}
    for cell in content.analysis.cells:
        body = content.source(cell.number).tree.body
        for node, facts in zip(body, cell.statements, strict=False):
            for name in facts.binds | facts.deletes:
                found[name] = None if name in found else _value(node, name)
    return {name: node for name, node in found.items() if node is not None}


def _value(node: ast.stmt, name: str) -> ast.expr | None:
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
    only = targets[0] if len(targets) == 1 else None
    is_name = isinstance(only, ast.Name) and only.id == name
    return node.value if is_name and isinstance(node, (ast.Assign, ast.AnnAssign)) else None
