"""Which code may be refused by Python's compiler though it follows the grammar.

Compiling takes as long as parsing, so it is worth knowing where it can't find anything.
"""

from __future__ import annotations

import ast
import re

# Where one of these stands, the compiler must say.
RARE = (
    *("yield", "nonlocal", "global", "await", "async", "lambda", "case", "__future__"),
    *("__debug__", ":=", "except*", "except *", "\n" + " " * 20),
)
# Statements that stand in the wrong place, and parameters that are there twice.
PLACED = ("return", "break", "continue", "def", "except", "import")
STAR = re.compile(r"(?:^|[=,;:(\[]|\bin|\bfor|\bdel|\breturn)\s*\*(?!\*|\s*,)", re.MULTILINE)
TYPE_PARAMETERS = re.compile(r"\b(?:def|class|type)\s+\w+\s*\[")
KEYWORD = re.compile(r"(?:[(,\\]|^)\s*(\w+)\s*\\?\s*=(?!=)", re.MULTILINE)
LINE_OF_VALUE = re.compile(r"^\s*=", re.MULTILINE)
LOOPS = (ast.For, ast.While, ast.AsyncFor)
BLOCKS = ("body", "orelse", "finalbody")


def may_be_refused(text: str, tree: ast.Module) -> bool:
    """Say whether the compiler may refuse code that has been parsed."""
    if any(word in text for word in RARE) or _repeats_a_keyword(text):
        return True
    if "*" in text and STAR.search(text):
        return True
    if not any(word in text for word in PLACED):
        return False
    return bool(TYPE_PARAMETERS.search(text)) or _misplaced(tree.body, False, False, True)


def _repeats_a_keyword(text: str) -> bool:
    """Say whether a call may have an argument twice; names of lines count in any call."""
    if text.count("=") < 2:
        return False
    if "#" in text and LINE_OF_VALUE.search(text):
        return True
    names = KEYWORD.findall(text)
    return len(names) > 1 and (not text.isascii() or len(set(names)) < len(names))


def _misplaced(body: list[ast.stmt], function: bool, loop: bool, top: bool) -> bool:
    """Say whether a statement, or one in it, stands where it can't; ``top``: not in a scope."""
    return any(_is_misplaced(node, function, loop, top) for node in body)


def _is_misplaced(node: ast.AST, function: bool, loop: bool, top: bool) -> bool:
    if isinstance(node, (ast.Expr, ast.Assign)):
        return False
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
    inner = [one for name in BLOCKS for one in getattr(node, name, ())]
    inner += [one for handler in handlers for one in handler.body]
    return _misplaced(inner, function, loop, top)


def _has_twins(spec: ast.arguments) -> bool:
    """Say whether two parameters have the same name."""
    places = [*spec.posonlyargs, *spec.args, spec.vararg, *spec.kwonlyargs, spec.kwarg]
    names = [one.arg for one in places if one]
    return len(set(names)) < len(names)
