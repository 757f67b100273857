"""The text of a code cell as a syntax tree, with its IPython syntax told apart.

``parse_cell`` takes the text of a cell and gives a ``CellSource``. Nothing is raised: what is not
Python (nor IPython) gives a ``CellSource`` whose ``error`` says why and where.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlv_hooks.analysis.masking import AUTOMAGICS, PLACEHOLDER, Magic, mask
from mlv_hooks.analysis.refused import RARE, may_be_refused, rare_in
from mlv_hooks.analysis.trees import children, walk

__all__ = ["CellSource", "Magic", "SourceError", "parse_cell", "parse_cells"]

# Deeper than any that people write, and well below where Python's own limits differ by version.
DEPTH = 200
# A statement this short can't nest that deep.
SHORT = 2 * DEPTH
SILENT_MAGICS = frozenset({"time", "timeit"})


@dataclass(frozen=True, slots=True)
class SourceError:
    """Why a cell is no Python; ``line`` and ``column`` count from 1 within the cell."""

    message: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class CellSource:
    """A code cell.

    ``number`` counts from 1 over all cells of the notebook. Positions in ``tree`` are the cell's
    own lines; where IPython would take an indent or prompts off the lines, columns count without
    them. ``tree`` is empty when ``error`` is set. ``ends_silently`` says that a trailing ``;``
    keeps the last value from being shown.
    """

    number: int
    text: str
    tree: ast.Module
    magics: tuple[Magic, ...]
    error: SourceError | None
    ends_silently: bool

    def magic(self, node: ast.AST) -> Magic | None:
        """Return the magic for which a statement is the placeholder, or None."""
        call = getattr(node, "value", None)
        if not self.magics or not isinstance(call, ast.Call) or not _is_placeholder(call):
            return None
        number = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else -1
        if not isinstance(number, int) or not 0 <= number < len(self.magics):
            return None
        magic = self.magics[number]
        return magic if magic.line == call.lineno else None


def parse_cell(text: str, number: int) -> CellSource:
    """Return the cell as a tree; ``number`` counts from 1 over all cells of the notebook."""
    return parse_cells([(text, number)])[0]


def parse_cells(cells: Sequence[tuple[str, int]]) -> list[CellSource]:
    """Return cells as trees, each given by its text and number, without a warning of Python."""
    rare = rare_in(text for text, _ in cells)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [_cell(text, number, rare) for text, number in cells]


def _cell(text: str, number: int, rare: tuple[str, ...]) -> CellSource:
    # Python's own tokenizer reads all three line ends alike, so lines keep their numbers.
    plain = text
    if "\r" in text:
        plain, rare = text.replace("\r\n", "\n").replace("\r", "\n"), RARE
    magics: tuple[Magic, ...] = ()
    tree, error = (None, None) if _must_mask(plain) else _parse(plain, rare)
    if tree is None:
        plain, magics = mask(plain)
        tree, error = _parse(plain)  # other text than ``rare`` was looked for in
        if error and not magics:
            error = _hint(plain, error)
    if tree is None:
        return CellSource(number, text, ast.Module(body=[], type_ignores=[]), magics, error, False)
    if magics:
        magics = _with_targets(plain, tree, magics)
    silent = _ends_silently(plain, tree, magics)
    return CellSource(number, text, tree, magics, None, silent)


def _must_mask(text: str) -> bool:
    """Say whether a text is no Python, or may well be but means something else to IPython."""
    start = text.lstrip()
    if start.startswith(("%", "!", "?", ">>>")):
        return True
    if len(text) > 80 or "\n" in text.strip():
        return False
    word, _, rest = start.strip().partition(" ")
    return word in AUTOMAGICS and (not rest or rest.startswith("-"))


def _parse(text: str, rare: tuple[str, ...] = RARE) -> tuple[ast.Module | None, SourceError | None]:
    """Return the tree, or why there is none."""
    if "\0" in text:
        line = text.count("\n", 0, text.find("\0")) + 1
        return None, SourceError("a NUL byte", line, 1)
    try:
        tree = ast.parse(text)
        if may_be_refused(text, tree, rare):
            _compile(text, tree)
    except SyntaxError as error:
        message = error.msg.partition(" (<")[0]
        return None, SourceError(message, max(1, error.lineno or 1), max(1, error.offset or 1))
    except (RecursionError, MemoryError):
        return None, SourceError("nested too deeply", 1, 1)
    except UnicodeError:
        return None, SourceError("half a surrogate pair, which is no character", 1, 1)
    return _not_too_deep(text, tree)


def _compile(text: str, tree: ast.Module) -> None:
    """Raise what Python says of a cell that parses and can't run all the same."""
    # A kernel compiles each statement by itself, so `from __future__` may stand anywhere.
    parts: list[Any] = [text]
    if "__future__" in text:
        parts = [ast.Module([statement], type_ignores=[]) for statement in tree.body]
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for part in parts:
        compile(part, "<cell>", "exec", flags=flags, dont_inherit=True, optimize=0)


def _not_too_deep(text: str, tree: ast.Module) -> tuple[ast.Module | None, SourceError | None]:
    """Return the tree, or the error at the statement that nests deeper than ``DEPTH``."""
    if len(text) < SHORT:
        return tree, None
    for statement in tree.body:
        end = statement.end_lineno or statement.lineno
        if end == statement.lineno:
            if (statement.end_col_offset or 0) - statement.col_offset < SHORT:
                continue
        elif end - statement.lineno < DEPTH // 2 and len(text) < 20 * SHORT:
            lines = text.split("\n")[statement.lineno - 1 : end]
            if sum(map(len, lines)) < SHORT:
                continue
        if _deeper(statement):
            return None, SourceError(
                "nested too deeply", statement.lineno, statement.col_offset + 1
            )
    return tree, None


def _deeper(statement: ast.stmt) -> bool:
    """Say whether a statement nests deeper than ``DEPTH``."""
    level: list[ast.AST] = [statement]
    for _ in range(DEPTH):
        level = [child for node in level for child in children(node)]
        if not level:
            return False
    return True


def _hint(text: str, error: SourceError) -> SourceError:
    """Say what to write where a line is a magic without its sign, among other lines."""
    lines = text.split("\n")
    words = lines[min(error.line, len(lines)) - 1].split()
    if len(words) > 1 and words[0] in AUTOMAGICS and words[1] not in ("=", "(", "."):
        return SourceError(
            f"`{words[0]} {words[1]} ...` is a magic: write `%{words[0]}`", error.line, error.column
        )
    return error


def _with_targets(text: str, tree: ast.Module, magics: tuple[Magic, ...]) -> tuple[Magic, ...]:
    """Return the magics with the targets of their assignments as the tree has them."""
    if not any(magic.target for magic in magics):
        return magics
    lines = {magic.line for magic in magics if magic.target}
    found: dict[int, str] = {}
    for node in walk(tree):
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        if node.value.lineno in lines and _is_placeholder(node.value):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            found[node.value.lineno] = ast.get_source_segment(text, target) or ""
    return tuple(
        replace(magic, target=found.get(magic.line, magic.target)) if magic.target else magic
        for magic in magics
    )


def _is_placeholder(node: ast.expr) -> bool:
    """Say whether an expression stands for a magic."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == PLACEHOLDER
    )


def _ends_silently(text: str, tree: ast.Module, magics: tuple[Magic, ...]) -> bool:
    """Say whether a `;` stands behind the last statement."""
    if not tree.body or (";" not in text and not magics):
        return False
    if magics and magics[-1].name in SILENT_MAGICS and magics[-1].kind == "line":
        last = tree.body[-1]
        if last.lineno == magics[-1].line:
            return magics[-1].argument.endswith(";")
    last = _innermost_last(tree.body[-1])
    lines = text.split("\n")[(last.end_lineno or 1) - 1 :]
    rest = lines[0].encode()[last.end_col_offset or 0 :].decode()
    return "\n".join([rest, *lines[1:]]).lstrip(" \t\f\\\n").startswith(";")


def _innermost_last(statement: ast.stmt) -> ast.stmt:
    """Return the simple statement with which a statement ends; a block's end may count the `;`."""
    while True:
        blocks = ("finalbody", "orelse", "handlers", "cases", "body")
        inner = next((block for name in blocks if (block := getattr(statement, name, None))), None)
        if not inner:
            return statement
        statement = inner[-1]
