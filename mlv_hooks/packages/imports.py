"""Which modules a notebook imports, and what it does itself to have them."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mlv_hooks.analysis.source import parse_cell
from mlv_hooks.analysis.trees import children, walk
from mlv_hooks.analysis.vanishing_magics import install_commands
from mlv_hooks.packages.known import words
from mlv_hooks.packages.requirement import Need, Place, Unreadable, read_requirement

if TYPE_CHECKING:
    from mlv_hooks.analysis.source import CellSource, Magic
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content

_EXPECTED = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_DYNAMIC = frozenset({"import_module", "__import__"})
# What code asks before it imports what not each machine has.
_WHERE = re.compile(r"version_info|platform|find_spec|modules|colab|kaggle|databricks|^name$", re.I)
# With these a notebook decides itself where its modules are.
_OWN_PLACES = frozenset(
    {
        ("sys", "path"),
        ("sys", "modules"),
        ("sys", "meta_path"),
        ("os", "chdir"),
        ("site", "addsitedir"),
    }
)
_EXTENSIONS = ("load_ext", "reload_ext")
_TIMED = ("time", "timeit", "prun")
_WRITES = ("writefile", "file")
_FETCHES = re.compile(r"\b(?:git\s+clone|wget|curl|unzip|tar|gdown|kaggle|cp|mv|ln)\b")
_MOVES = ("cd", "pushd", "run")
_WITH_VALUE = re.compile(
    r"-[cinpft]|--(?:channel|index-url|extra-index-url|trusted-host|find-links|target|name|prefix|"
    r"platform|python-version)"
)


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """A dotted name that a cell imports; it may end in what a module has and not in a module."""

    cell: int
    line: int
    name: str


@dataclass(slots=True)
class Imports:
    """What a notebook imports, in its order.

    ``made`` are the modules that it may write itself. ``is_loose`` says that it may find modules
    where nobody can tell. ``installed`` is what it installs, None where that can't be told.
    """

    names: list[Import] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    is_loose: bool = False
    installed: list[Need] | None = field(default_factory=list)


def read_imports(content: Content, settings: Settings) -> Imports:
    """Return what the cells of a Python notebook import that are not dropped.

    Left out is what may fail: below ``try`` with a handler for it, under a question about the
    machine, or for type checkers only.
    """
    found = Imports()
    dropped = set(content.tagged(settings.no_effect_tag))
    for number in content.code_cells:
        if number not in dropped:
            _cell(content.source(number), found)
    for _, _, command in install_commands(content, settings):
        _install(command, found)
    found.names = sorted(set(found.names))
    return found


def _cell(source: CellSource, found: Imports) -> None:
    _code(source.tree, source.number, 0, found)
    for magic in source.magics:
        _magic(magic, source.number, found)


def _code(tree: ast.Module, cell: int, above: int, found: Imports) -> None:
    """Add what the code of a cell does, ``above`` whose first line so many others stand."""
    for node in _needed(tree):
        line = getattr(node, "lineno", 1) + above
        found.names += [Import(cell, line, name) for name in _imported(node)]
    for node in walk(tree):
        _look(node, found)


def _needed(tree: ast.Module) -> Iterator[ast.AST]:
    """Give the nodes of a cell without those that may fail."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        handlers = getattr(node, "handlers", None)
        if handlers and any(map(_expects, handlers)):
            waiting += getattr(node, "finalbody", [])
        elif isinstance(node, ast.If):
            waiting += _branches(node)
        elif not (isinstance(node, ast.With) and any(map(_suppresses, node.items))):
            waiting += children(node)


def _expects(handler: ast.ExceptHandler) -> bool:
    """Say whether a handler goes on without what could not be imported."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {_last(one) for one in kinds if one is not None}
    return bool(names & _EXPECTED or handler.type is None) and not isinstance(
        handler.body[-1], ast.Raise
    )


def _branches(node: ast.If) -> list[ast.stmt]:
    asked = {name for one in walk(node.test) if (name := _last(one))}
    if "TYPE_CHECKING" in asked:
        return node.orelse
    if any(map(_WHERE.search, asked)):
        return []
    return [*node.body, *node.orelse]


def _suppresses(item: ast.withitem) -> bool:
    call = item.context_expr
    return (
        isinstance(call, ast.Call)
        and _last(call.func) == "suppress"
        and any(_last(one) in _EXPECTED for one in call.args)
    )


def _last(node: ast.AST) -> str:
    """Return a name, or the last part of a dotted one."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _imported(node: ast.AST) -> list[str]:
    """Return the dotted names that a node imports; relative ones are the project's own."""
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    if isinstance(node, ast.ImportFrom):
        base = "" if node.level else node.module
        return [f"{base}.{one.name}" for one in node.names] if base else []
    if isinstance(node, ast.Call) and _last(node.func) in _DYNAMIC and node.args:
        name = getattr(node.args[0], "value", None)
        return [name] if isinstance(name, str) and _is_dotted(name) else []
    return []


def _is_dotted(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _look(node: ast.AST, found: Imports) -> None:
    """Note what gives a notebook modules of its own."""
    if isinstance(node, ast.Attribute):
        found.is_loose |= (_last(node.value), node.attr) in _OWN_PLACES
    elif isinstance(node, ast.ImportFrom):
        found.is_loose |= any((node.module, one.name) in _OWN_PLACES for one in node.names)
    elif isinstance(node, ast.Constant):
        text = node.value if isinstance(node.value, str) else ""
        if text.endswith(".py"):
            found.made.add(PurePosixPath(text).stem)


def _magic(magic: Magic, cell: int, found: Imports) -> None:
    if magic.kind == "line" and magic.name in _EXTENSIONS:
        name = magic.argument.strip()
        if _is_dotted(name) and name not in words("imports", "extensions"):
            found.names.append(Import(cell, magic.line, name))
    elif magic.kind == "line" and magic.name in _TIMED:
        code = re.sub(r"^(?:-\w+(?:\s+\d+)?\s+)+", "", magic.argument)
        _code(parse_cell(code, cell).tree, cell, magic.line - 1, found)
    elif magic.kind == "line" and magic.name in _MOVES:
        found.is_loose = True
    elif magic.kind == "cell" and magic.name in _WRITES:
        found.made.add(PurePosixPath(magic.argument.strip().strip("\"'")).stem)
    else:
        found.is_loose |= bool(_FETCHES.search(f"{magic.argument}\n{magic.body or ''}"))


def _install(command: str, found: Imports) -> None:
    """Add what a command installs; what it takes from a file or a folder may be anything."""
    rest = iter(_words(command))
    for word in rest:
        if word in ("install", "add"):
            break
    for word in rest:
        if found.installed is None:
            return
        if word in ("-r", "--requirement", "-e", "--editable", "-f", "--file"):
            found.installed = None
        elif _WITH_VALUE.fullmatch(word):
            next(rest, None)
        elif not word.startswith("-"):
            _installed(word, found)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _installed(word: str, found: Imports) -> None:
    try:
        asked = read_requirement(word)
    except Unreadable:
        asked = (Need(""),)
    names = [one for one in asked if not isinstance(one, Place) and one.name]
    if len(names) < len(asked) or found.installed is None:
        found.installed = None
    else:
        found.installed += names
