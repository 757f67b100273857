"""Expressions -> text; the other half of ``unparse``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mlv_hooks.step import strings

# How tightly an expression binds, after the grammar of Python.
NAMED, YIELD, TUPLE, TEST, OR, AND, NOT, COMPARE, BITOR = range(9)
BITXOR, BITAND, SHIFT, ARITH, TERM, FACTOR, POWER, AWAIT, ATOM = range(9, 18)

BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", ARITH),
    ast.Sub: ("-", ARITH),
    ast.Mult: ("*", TERM),
    ast.MatMult: ("@", TERM),
    ast.Div: ("/", TERM),
    ast.Mod: ("%", TERM),
    ast.FloorDiv: ("//", TERM),
    ast.LShift: ("<<", SHIFT),
    ast.RShift: (">>", SHIFT),
    ast.BitOr: ("|", BITOR),
    ast.BitXor: ("^", BITXOR),
    ast.BitAnd: ("&", BITAND),
    ast.Pow: ("**", POWER),
}
UNARY: dict[type[ast.unaryop], tuple[str, int]] = {
    ast.Invert: ("~", FACTOR),
    ast.Not: ("not ", NOT),
    ast.UAdd: ("+", FACTOR),
    ast.USub: ("-", FACTOR),
}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


class CannotWrite(ValueError):
    """A node for which there is no text: of a Python that this module does not know."""


def expression(node: ast.expr, level: int = TEST, taken: str = "") -> str:
    """Write an expression, in parentheses when it binds less tightly than ``level``.

    ``taken``: the quotes of the f-strings around it, separated by spaces.
    """
    if type(node) is ast.Name:
        return node.id
    writer = _EXPRESSIONS.get(type(node))
    if writer is None:
        raise CannotWrite(f"no text for {type(node).__name__}")
    written, binds = writer(node, taken)
    return f"({written})" if binds < level else written


Written = tuple[str, int]


def _constant(node: ast.Constant, taken: str) -> Written:
    value: Any = node.value
    kind = type(value)
    if kind is str:
        return (strings.inner_text(value, taken) if taken else strings.text(value)), ATOM
    if kind is int or kind is float or kind is complex:
        return strings.number(value), ATOM
    if value is None or kind is bool:
        return str(value), ATOM
    if kind is bytes:
        return strings.data(value), ATOM
    if value is Ellipsis:
        return "...", ATOM
    raise CannotWrite(f"no text for a constant of type {kind.__name__}")


def _attribute(node: ast.Attribute, taken: str) -> Written:
    inner = node.value
    value = expression(inner, ATOM, taken)
    if type(inner) is ast.Constant and type(inner.value) is int:
        value = f"({value})"
    return f"{value}.{node.attr}", ATOM


def _call(node: ast.Call, taken: str) -> Written:
    function = expression(node.func, ATOM, taken)
    if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
        return function + expression(node.args[0], TEST, taken), ATOM
    return f"{function}({arguments(node.args, node.keywords, taken)})", ATOM


def arguments(args: Sequence[ast.expr], keywords: Sequence[ast.keyword], taken: str = "") -> str:
    """Write what stands between the parentheses of a call, or of a class."""
    parts = [expression(arg, NAMED if type(arg) is ast.NamedExpr else TEST, taken) for arg in args]
    for keyword in keywords:
        value = expression(keyword.value, TEST, taken)
        parts.append(f"{keyword.arg}={value}" if keyword.arg else f"**{value}")
    return ", ".join(parts)


def _starred(node: ast.Starred, taken: str) -> Written:
    return "*" + expression(node.value, BITOR, taken), TEST


def _binary(node: ast.BinOp, taken: str) -> Written:
    sign, binds = BINARY[type(node.op)]
    left, right = (POWER + 1, FACTOR) if sign == "**" else (binds, binds + 1)
    return (
        f"{expression(node.left, left, taken)} {sign} {expression(node.right, right, taken)}",
        binds,
    )


def _unary(node: ast.UnaryOp, taken: str) -> Written:
    sign, binds = UNARY[type(node.op)]
    return sign + expression(node.operand, binds, taken), binds


def _boolean(node: ast.BoolOp, taken: str) -> Written:
    word, binds = (" and ", AND) if isinstance(node.op, ast.And) else (" or ", OR)
    return word.join(expression(value, binds + 1, taken) for value in node.values), binds


def _compare(node: ast.Compare, taken: str) -> Written:
    parts = [expression(node.left, BITOR, taken)]
    for operator, other in zip(node.ops, node.comparators, strict=True):
        parts += [COMPARISONS[type(operator)], expression(other, BITOR, taken)]
    return " ".join(parts), COMPARE


def _if_else(node: ast.IfExp, taken: str) -> Written:
    body = expression(node.body, OR, taken)
    test = expression(node.test, OR, taken)
    return f"{body} if {test} else {expression(node.orelse, TEST, taken)}", TEST


def _lambda(node: ast.Lambda, taken: str) -> Written:
    written = parameters(node.args, taken)
    space = " " if written else ""
    return f"lambda{space}{written}: {expression(node.body, TEST, taken)}", TEST


def _named(node: ast.NamedExpr, taken: str) -> Written:
    target = expression(node.target, ATOM, taken)
    return f"{target} := {expression(node.value, TEST, taken)}", NAMED


def _await(node: ast.Await, taken: str) -> Written:
    return "await " + expression(node.value, ATOM, taken), AWAIT


def _yield(node: ast.Yield, taken: str) -> Written:
    value = "" if node.value is None else " " + expression(node.value, TEST, taken)
    return "yield" + value, YIELD


def _yield_from(node: ast.YieldFrom, taken: str) -> Written:
    return "yield from " + expression(node.value, TEST, taken), YIELD


def _tuple(node: ast.Tuple, taken: str) -> Written:
    parts = [expression(item, TEST, taken) for item in node.elts]
    if len(parts) > 1:
        return ", ".join(parts), TUPLE
    return (f"({parts[0]},)" if parts else "()"), ATOM


def _list(node: ast.List, taken: str) -> Written:
    return "[" + ", ".join(expression(item, TEST, taken) for item in node.elts) + "]", ATOM


def _set(node: ast.Set, taken: str) -> Written:
    if not node.elts:
        return "{*()}", ATOM
    return "{" + ", ".join(expression(item, TEST, taken) for item in node.elts) + "}", ATOM


def _dict(node: ast.Dict, taken: str) -> Written:
    parts = [
        "**" + expression(value, BITOR, taken)
        if key is None
        else f"{expression(key, TEST, taken)}: {expression(value, TEST, taken)}"
        for key, value in zip(node.keys, node.values, strict=True)
    ]
    return "{" + ", ".join(parts) + "}", ATOM


def _loops(generators: Iterable[ast.comprehension], taken: str) -> str:
    parts = []
    for loop in generators:
        word = " async for " if loop.is_async else " for "
        target = expression(loop.target, TUPLE, taken)
        parts.append(f"{word}{target} in {expression(loop.iter, OR, taken)}")
        parts += [f" if {expression(test, OR, taken)}" for test in loop.ifs]
    return "".join(parts)


def _list_of(node: ast.ListComp, taken: str) -> Written:
    return f"[{expression(node.elt, TEST, taken)}{_loops(node.generators, taken)}]", ATOM


def _set_of(node: ast.SetComp, taken: str) -> Written:
    return f"{{{expression(node.elt, TEST, taken)}{_loops(node.generators, taken)}}}", ATOM


def _generator(node: ast.GeneratorExp, taken: str) -> Written:
    return f"({expression(node.elt, TEST, taken)}{_loops(node.generators, taken)})", ATOM


def _dict_of(node: ast.DictComp, taken: str) -> Written:
    pair = f"{expression(node.key, TEST, taken)}: {expression(node.value, TEST, taken)}"
    return f"{{{pair}{_loops(node.generators, taken)}}}", ATOM


def _subscript(node: ast.Subscript, taken: str) -> Written:
    value = expression(node.value, ATOM, taken)
    return f"{value}[{_index(node.slice, taken)}]", ATOM


def _index(node: ast.expr, taken: str) -> str:
    if not isinstance(node, ast.Tuple) or not node.elts:
        return expression(node, TEST, taken)
    items = ", ".join(expression(item, TEST, taken) for item in node.elts)
    if len(node.elts) == 1:
        items += ","
    # Python 3.10 takes a star only within parentheses, no Python takes a slice there.
    sliced = any(isinstance(item, ast.Slice) for item in node.elts)
    starred = any(isinstance(item, ast.Starred) for item in node.elts)
    return f"({items})" if starred and not sliced else items


def _slice(node: ast.Slice, taken: str) -> Written:
    lower = expression(node.lower, TEST, taken) if node.lower else ""
    upper = expression(node.upper, TEST, taken) if node.upper else ""
    step = ":" + expression(node.step, TEST, taken) if node.step else ""
    return f"{lower}:{upper}{step}", TEST


def _f_string(node: ast.JoinedStr, taken: str) -> Written:
    return strings.f_string(_pieces(node.values), _in_braces, taken), ATOM


def _pieces(values: Sequence[ast.expr]) -> list[strings.Piece]:
    pieces: list[strings.Piece] = []
    for value in values:
        if isinstance(value, ast.Constant):
            if pieces and isinstance(pieces[-1], str):
                pieces[-1] += str(value.value)
            elif value.value:
                pieces.append(str(value.value))
        elif isinstance(value, ast.FormattedValue):
            conversion = "" if value.conversion < 0 else "!" + chr(value.conversion)
            spec = value.format_spec
            nested = _pieces(spec.values) if isinstance(spec, ast.JoinedStr) else None
            pieces.append((value.value, conversion, nested))
        elif isinstance(value, ast.JoinedStr):
            pieces += _pieces(value.values)
        else:
            raise CannotWrite(f"no text for {type(value).__name__} in an f-string")
    return pieces


def _in_braces(node: ast.expr, taken: str) -> str:
    return expression(node, OR, taken)


def parameters(args: ast.arguments, taken: str = "") -> str:
    """Write what stands between the parentheses of a function's definition."""
    parts: list[str] = []
    positional = [*args.posonlyargs, *args.args]
    without = len(positional) - len(args.defaults)
    for place, arg in enumerate(positional):
        default = args.defaults[place - without] if place >= without else None
        parts.append(_parameter(arg, default, taken))
        if place + 1 == len(args.posonlyargs):
            parts.append("/")
    if args.vararg:
        parts.append("*" + _parameter(args.vararg, None, taken))
    elif args.kwonlyargs:
        parts.append("*")
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        parts.append(_parameter(arg, default, taken))
    if args.kwarg:
        parts.append("**" + _parameter(args.kwarg, None, taken))
    return ", ".join(parts)


def _parameter(arg: ast.arg, default: ast.expr | None, taken: str) -> str:
    text = arg.arg
    if arg.annotation:
        text += ": " + expression(arg.annotation, TEST, taken)
    if default is None:
        return text
    return text + (" = " if arg.annotation else "=") + expression(default, TEST, taken)


_EXPRESSIONS: dict[type[ast.expr], Callable[[Any, str], Written]] = {
    ast.Attribute: _attribute,
    ast.Await: _await,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: _dict_of,
    ast.GeneratorExp: _generator,
    ast.IfExp: _if_else,
    ast.JoinedStr: _f_string,
    ast.Lambda: _lambda,
    ast.List: _list,
    ast.ListComp: _list_of,
    ast.NamedExpr: _named,
    ast.Set: _set,
    ast.SetComp: _set_of,
    ast.Slice: _slice,
    ast.Starred: _starred,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}
