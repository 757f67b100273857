"""Syntax tree -> canonical text, the same on each Python version.

``ast.unparse`` differs from version to version, in f-strings most of all. This one writes what
each of them reads as the same tree. Lines are not broken: `ruff format` does that. Text of several
lines keeps its bytes however deep it stands, since only the first line of a statement is indented.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from mlv_hooks.step import strings
from mlv_hooks.step.expressions import (
    ATOM,
    BINARY,
    BITOR,
    NAMED,
    TEST,
    TUPLE,
    YIELD,
    CannotWrite,
    arguments,
    expression,
    parameters,
)

INDENT = "    "


def unparse(tree: ast.Module) -> str:
    """Write a whole module."""
    lines = block(tree.body, 0, documented=True)
    return "\n".join(lines) + "\n" if lines else ""


def block(
    body: Sequence[ast.stmt],
    depth: int,
    documented: bool = False,
    exact: bool = False,
    remarks: bool = True,
) -> list[str]:
    """Write statements, one item of the result per line.

    ``documented``: a string at the start is documentation. ``exact``: documentation must keep
    each space, since something reads it. ``remarks`` False leaves out strings that are nothing
    but a statement.
    """
    out = _Lines(exact, remarks)
    out.block(body, depth, documented)
    return out.lines


class _Lines:
    def __init__(self, exact: bool, remarks: bool) -> None:
        self.lines: list[str] = []
        self.exact = exact
        self.remarks = remarks

    def add(self, depth: int, text: str) -> None:
        self.lines.append(INDENT * depth + text)

    def block(self, body: Sequence[ast.stmt], depth: int, documented: bool = False) -> None:
        before = len(self.lines)
        for place, node in enumerate(body):
            kind = type(node)
            doc = documentation_of(node) if kind is ast.Expr else None
            if doc is not None and documented and not place:
                write = strings.one_line if self.exact else strings.documentation
                self.add(depth, write(doc))
            elif doc is None or self.remarks:
                writer = _STATEMENTS.get(kind)
                if writer is None:
                    raise CannotWrite(f"no text for {kind.__name__}")
                writer(self, node, depth)
        if depth and len(self.lines) == before:
            self.add(depth, "pass")


def documentation_of(node: ast.stmt) -> str | None:
    """Return the text of a statement that is nothing but a string."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        value = node.value.value
        return value if isinstance(value, str) else None
    return None


def _expression(out: _Lines, node: ast.Expr, depth: int) -> None:
    out.add(depth, expression(node.value, YIELD))


def _value(node: ast.expr) -> str:
    """Write what stands right of an equal sign or `return`: a tuple there needs no parentheses."""
    starred = type(node) is ast.Tuple and any(isinstance(e, ast.Starred) for e in node.elts)
    return expression(node, TEST if starred else YIELD)


def _assign(out: _Lines, node: ast.Assign, depth: int) -> None:
    targets = "".join(f"{expression(target, TUPLE)} = " for target in node.targets)
    out.add(depth, targets + _value(node.value))


def _augmented(out: _Lines, node: ast.AugAssign, depth: int) -> None:
    sign = BINARY[type(node.op)][0]
    out.add(depth, f"{expression(node.target, ATOM)} {sign}= {_value(node.value)}")


def _annotated(out: _Lines, node: ast.AnnAssign, depth: int) -> None:
    target = expression(node.target, ATOM)
    if isinstance(node.target, ast.Name) and not node.simple:
        target = f"({target})"
    value = "" if node.value is None else f" = {_value(node.value)}"
    out.add(depth, f"{target}: {expression(node.annotation, TEST)}{value}")


def _return(out: _Lines, node: ast.Return, depth: int) -> None:
    if node.value is None:
        out.add(depth, "return")
    elif isinstance(node.value, (ast.Yield, ast.YieldFrom)):
        out.add(depth, "return " + expression(node.value))
    else:
        out.add(depth, "return " + _value(node.value))


def _delete(out: _Lines, node: ast.Delete, depth: int) -> None:
    out.add(depth, "del " + ", ".join(expression(target) for target in node.targets))


def _raise(out: _Lines, node: ast.Raise, depth: int) -> None:
    text = "raise"
    if node.exc:
        text += " " + expression(node.exc)
    if node.cause:
        text += " from " + expression(node.cause)
    out.add(depth, text)


def _assert(out: _Lines, node: ast.Assert, depth: int) -> None:
    message = f", {expression(node.msg)}" if node.msg else ""
    out.add(depth, f"assert {expression(node.test)}{message}")


def _import(out: _Lines, node: ast.Import, depth: int) -> None:
    out.add(depth, "import " + _aliases(node.names))


def _import_from(out: _Lines, node: ast.ImportFrom, depth: int) -> None:
    module = "." * (node.level or 0) + (node.module or "")
    out.add(depth, f"from {module} import {_aliases(node.names)}")


def _aliases(names: Sequence[ast.alias]) -> str:
    return ", ".join(f"{one.name} as {one.asname}" if one.asname else one.name for one in names)


def _global(out: _Lines, node: ast.Global, depth: int) -> None:
    out.add(depth, "global " + ", ".join(node.names))


def _nonlocal(out: _Lines, node: ast.Nonlocal, depth: int) -> None:
    out.add(depth, "nonlocal " + ", ".join(node.names))


def _word(word: str) -> Callable[[_Lines, ast.stmt, int], None]:
    return lambda out, node, depth: out.add(depth, word)


def _if(out: _Lines, node: ast.If, depth: int) -> None:
    word = "if"
    while True:
        out.add(depth, f"{word} {expression(node.test, NAMED)}:")
        out.block(node.body, depth + 1)
        if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            break
        word, node = "elif", node.orelse[0]
    _else(out, node.orelse, depth)


def _else(out: _Lines, body: Sequence[ast.stmt], depth: int) -> None:
    if body:
        out.add(depth, "else:")
        out.block(body, depth + 1)


def _for(out: _Lines, node: ast.For | ast.AsyncFor, depth: int) -> None:
    word = "async for" if isinstance(node, ast.AsyncFor) else "for"
    target = expression(node.target, TUPLE)
    out.add(depth, f"{word} {target} in {expression(node.iter)}:")
    out.block(node.body, depth + 1)
    _else(out, node.orelse, depth)


def _while(out: _Lines, node: ast.While, depth: int) -> None:
    out.add(depth, f"while {expression(node.test, NAMED)}:")
    out.block(node.body, depth + 1)
    _else(out, node.orelse, depth)


def _with(out: _Lines, node: ast.With | ast.AsyncWith, depth: int) -> None:
    word = "async with" if isinstance(node, ast.AsyncWith) else "with"
    items = []
    for item in node.items:
        text = expression(item.context_expr)
        if item.optional_vars:
            text += " as " + expression(item.optional_vars)
        items.append(text)
    joined = ", ".join(items)
    if len(node.items) == 1 and not node.items[0].optional_vars and joined.startswith("("):
        # `with (a, b):` is two managers, `with ((a, b)):` is a tuple.
        joined = f"({joined})"
    out.add(depth, f"{word} {joined}:")
    out.block(node.body, depth + 1)


def _try(out: _Lines, node: Any, depth: int) -> None:
    star = "*" if type(node).__name__ == "TryStar" else ""
    out.add(depth, "try:")
    out.block(node.body, depth + 1)
    for handler in node.handlers:
        kind = f" {expression(handler.type)}" if handler.type else ""
        name = f" as {handler.name}" if handler.name else ""
        out.add(depth, f"except{star}{kind}{name}:")
        out.block(handler.body, depth + 1)
    _else(out, node.orelse, depth)
    if node.finalbody:
        out.add(depth, "finally:")
        out.block(node.finalbody, depth + 1)


def _decorators(out: _Lines, nodes: Sequence[ast.expr], depth: int) -> None:
    for node in nodes:
        out.add(depth, "@" + expression(node, NAMED))


def _function(out: _Lines, node: ast.FunctionDef | ast.AsyncFunctionDef, depth: int) -> None:
    _decorators(out, node.decorator_list, depth)
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {expression(node.returns)}" if node.returns else ""
    kinds = _type_parameters(node)
    out.add(depth, f"{word} {node.name}{kinds}({parameters(node.args)}){returns}:")
    out.block(node.body, depth + 1, documented=True)


def _class(out: _Lines, node: ast.ClassDef, depth: int) -> None:
    _decorators(out, node.decorator_list, depth)
    bases = arguments(node.bases, node.keywords)
    brackets = f"({bases})" if bases else ""
    out.add(depth, f"class {node.name}{_type_parameters(node)}{brackets}:")
    out.block(node.body, depth + 1, documented=True)


def _type_alias(out: _Lines, node: Any, depth: int) -> None:
    name = expression(node.name, ATOM)
    out.add(depth, f"type {name}{_type_parameters(node)} = {expression(node.value)}")


def _type_parameters(node: Any) -> str:
    parts = []
    for one in getattr(node, "type_params", ()):
        stars = {"TypeVarTuple": "*", "ParamSpec": "**"}.get(type(one).__name__, "")
        bound = getattr(one, "bound", None)
        default = getattr(one, "default_value", None)
        text = stars + one.name
        text += f": {expression(bound)}" if bound else ""
        text += f" = {expression(default)}" if default else ""
        parts.append(text)
    return "[" + ", ".join(parts) + "]" if parts else ""


def _match(out: _Lines, node: ast.Match, depth: int) -> None:
    out.add(depth, f"match {expression(node.subject)}:")
    for case in node.cases:
        guard = f" if {expression(case.guard, NAMED)}" if case.guard else ""
        out.add(depth + 1, f"case {pattern(case.pattern)}{guard}:")
        out.block(case.body, depth + 2)


def pattern(node: ast.pattern, nested: bool = False) -> str:
    """Write what stands after `case`; ``nested``: within an `or` or before an `as`."""
    if isinstance(node, ast.MatchValue):
        return expression(node.value, BITOR)
    if isinstance(node, ast.MatchSingleton):
        return str(node.value)
    if isinstance(node, ast.MatchSequence):
        return "[" + ", ".join(pattern(one) for one in node.patterns) + "]"
    if isinstance(node, ast.MatchStar):
        return "*" + (node.name or "_")
    if isinstance(node, ast.MatchMapping):
        parts = [
            f"{expression(key)}: {pattern(value)}"
            for key, value in zip(node.keys, node.patterns, strict=True)
        ]
        return "{" + ", ".join(parts + ([f"**{node.rest}"] if node.rest else [])) + "}"
    if isinstance(node, ast.MatchClass):
        parts = [pattern(one) for one in node.patterns]
        named = zip(node.kwd_attrs, node.kwd_patterns, strict=True)
        parts += [f"{name}={pattern(value)}" for name, value in named]
        return f"{expression(node.cls, ATOM)}({', '.join(parts)})"
    if isinstance(node, ast.MatchOr):
        text = " | ".join(pattern(one, nested=True) for one in node.patterns)
        return f"({text})" if nested else text
    if isinstance(node, ast.MatchAs):
        if node.pattern is None:
            return node.name or "_"
        text = f"{_before_as(node.pattern)} as {node.name}"
        return f"({text})" if nested else text
    raise CannotWrite(f"no text for {type(node).__name__}")


def _before_as(node: ast.pattern) -> str:
    return pattern(node) if isinstance(node, ast.MatchOr) else pattern(node, nested=True)


_STATEMENTS: dict[type[ast.stmt], Callable[[_Lines, Any, int], None]] = {
    ast.AnnAssign: _annotated,
    ast.Assert: _assert,
    ast.Assign: _assign,
    ast.AsyncFor: _for,
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _with,
    ast.AugAssign: _augmented,
    ast.Break: _word("break"),
    ast.ClassDef: _class,
    ast.Continue: _word("continue"),
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.For: _for,
    ast.FunctionDef: _function,
    ast.Global: _global,
    ast.If: _if,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Match: _match,
    ast.Nonlocal: _nonlocal,
    ast.Pass: _word("pass"),
    ast.Raise: _raise,
    ast.Return: _return,
    ast.Try: _try,
    ast.While: _while,
    ast.With: _with,
}
for _later, _writer in (("TryStar", _try), ("TypeAlias", _type_alias)):
    if hasattr(ast, _later):
        _STATEMENTS[getattr(ast, _later)] = _writer
