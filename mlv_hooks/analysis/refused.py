"""Which code may be refused by Python's compiler though it follows the grammar.

Compiling takes as long as parsing, so it is worth knowing where it can't find anything.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

# Where one of these stands, the compiler must say.
RARE = (
    *("nonlocal", "global", "await", "async", "lambda", "case", "__future__"),
    *("__debug__", ":=", "except*", "except *", "\n" + " " * 20),
)
# Statements that stand in the wrong place, and parameters that are there twice.
PLACED = ("return", "break", "continue", "def", "except", "import")
STAR = re.compile(r"\*(?!\*|\s*,)")
BEFORE_STARRED = re.compile(r"(?:[\n=,;:(\[]|\b(?:in|for|del|return|yield))\s*$")
KEYWORD = re.compile(r"(?:[(,\\]|^)\s*(\w+)\s*\\?\s*=(?!=)", re.MULTILINE)
LINE_OF_VALUE = re.compile(r"^\s*=", re.MULTILINE)
PLAIN = frozenset({ast.Assign, ast.AugAssign, ast.Expr, ast.Import})
LOOPS = (ast.For, ast.While, ast.AsyncFor)
BLOCKS = ("body", "orelse", "finalbody")


def rare_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the rare words that stand in any of some texts: of most, none does."""
    whole = "\n\n".join(texts)
    return tuple(filter(whole.__contains__, RARE))


def may_be_refused(text: str, tree: ast.Module, rare: tuple[str, ...] = RARE) -> bool:
    """Say whether the compiler may refuse code that has been parsed.

    ``rare``: the rare words that it may have.
    """
    if any(map(text.__contains__, rare)):
        return True
    if _repeats_a_keyword(text):
        return True
    if "yield" in text and text.count("yield") != _plain_yields(tree.body, False):
        return True
    if "*" in text and _has_starred(text):
        return True
    return any(map(text.__contains__, PLACED)) and _misplaced(tree.body, False, False, True)


def _has_starred(text: str) -> bool:
    """Say whether a star may be something else than a product, a power or a mark for keywords."""
    for found in STAR.finditer(text):
        before = text[max(0, found.start() - 20) : found.start()]
        if not before.strip() or BEFORE_STARRED.search(before):
            return True
    return False


def _repeats_a_keyword(text: str) -> bool:
    """Say whether a call may have an argument twice; names of lines count in any call."""
    if text.count("=") < 2:
        return False
    if "#" in text and LINE_OF_VALUE.search(text):
        return True
    if text.isascii() and "\\" not in text and not _repeats_a_word(text):
        return False
    names = KEYWORD.findall(text)
    return len(names) > 1 and (not text.isascii() or len(set(names)) < len(names))


def _repeats_a_word(text: str) -> bool:
    """Say whether a word stands before more than one ``=``: quickly, and most often it does not."""
    words: set[str] = set()
    for part in text.replace("(", " ").replace(",", " ").split("=")[:-1]:
        last = part.rsplit(None, 1)
        if last:
            if last[-1] in words:
                return True
            words.add(last[-1])
    return False


def _misplaced(body: list[ast.stmt], function: bool, loop: bool, top: bool) -> bool:
    """Say whether a statement, or one in it, stands where it can't; ``top``: not in a scope."""
    for node in body:
        kind = type(node)
        if kind in PLAIN or (function and kind is ast.Return):
            continue
        if _is_misplaced(node, function, loop, top):
            return True
    return False


def _is_misplaced(node: ast.AST, function: bool, loop: bool, top: bool) -> bool:
    if getattr(node, "type_params", ()):
        return True
    if isinstance(node, ast.Return):
        return not function
    if isinstance(node, (ast.Break, ast.Continue)):
        return not loop
    if isinstance(node, ast.ImportFrom):
        return not top and node.names[0].name == "*"
    if isinstance(node, ast.FunctionDef):
        return _has_twins(node.args) or _misplaced(node.body, True, False, False)
    if isinstance(node, ast.ClassDef):
        return _misplaced(node.body, False, False, False)
    if isinstance(node, LOOPS):
        return _misplaced(node.body, function, True, top) or _misplaced(
            node.orelse, function, loop, top
        )
    handlers = getattr(node, "handlers", ())
    if any(one.type is None for one in handlers[:-1]):
        return True
    return _misplaced(_inside(node), function, loop, top)


def _plain_yields(body: list[ast.stmt], function: bool) -> int:
    """Count the ``yield`` that are statements of functions, or what such a statement assigns."""
    count = 0
    for node in body:
        if isinstance(node, (ast.Expr, ast.Assign)):
            count += function and isinstance(node.value, (ast.Yield, ast.YieldFrom))
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            count += _plain_yields(node.body, isinstance(node, ast.FunctionDef))
        else:
            count += _plain_yields(_inside(node), function)
    return count


def _inside(node: ast.AST) -> list[ast.stmt]:
    """Return the statements of all blocks of one that opens no scope."""
    inner = [one for name in BLOCKS for one in getattr(node, name, ())]
    handlers = getattr(node, "handlers", ())
    return inner + [one for handler in handlers for one in handler.body]


def _has_twins(spec: ast.arguments) -> bool:
    """Say whether two parameters have the same name."""
    places = [*spec.posonlyargs, *spec.args, spec.vararg, *spec.kwonlyargs, spec.kwarg]
    names = [one.arg for one in places if one]
    return len(set(names)) < len(names)
