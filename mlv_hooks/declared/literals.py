"""Which expressions of a parameters cell are values by themselves, and what they are.

A value is a Python literal, also in a list, tuple or dict, ``Path("x")``, ``date(2024, 5, 1)``,
``datetime(...)``, a member of an enumeration that the notebook defines, an f-string without
fields. All else is computed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath

from mlv_hooks.analysis.name_use import bound_names

_PATHS = ("Path", "PurePath", "PosixPath", "PurePosixPath")
_DATES = {"datetime.date": date, "datetime.datetime": datetime}
_ENUMS = ("Enum", "StrEnum", "IntEnum")
_SCALARS = (str, int, float, bool, complex, bytes)


class NotALiteral(ValueError):
    """The expression has to be computed."""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """An enumeration of plain values: name of the class, and its members' values by name."""

    name: str
    members: Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Names:
    """What names stand for: ``imported`` as dotted paths, ``own`` ones that the notebook makes."""

    imported: Mapping[str, str]
    own: frozenset[str]
    enums: Mapping[str, Enumeration]

    def dotted(self, node: ast.expr) -> str:
        """Return the full dotted path of ``node``, empty when it is something else."""
        if isinstance(node, ast.Attribute):
            before = self.dotted(node.value)
            return f"{before}.{node.attr}" if before else ""
        if not isinstance(node, ast.Name) or node.id in self.own:
            return ""
        return self.imported.get(node.id) or _KNOWN.get(node.id, node.id)


# A cell may use what is imported elsewhere.
_KNOWN = {name: f"pathlib.{name}" for name in _PATHS}
_KNOWN |= {"date": "datetime.date", "datetime": "datetime.datetime"}


def names_in(trees: Iterable[ast.Module]) -> Names:
    """Return what the top-level statements of ``trees`` make names stand for."""
    imported: dict[str, str] = {}
    own: set[str] = set()
    enums: dict[str, Enumeration] = {}
    for statement in (one for tree in trees for one in tree.body):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            imported.update(_imports(statement))
            continue
        own |= bound_names(statement)
        if isinstance(statement, ast.ClassDef) and (found := _enumeration(statement)):
            enums[found.name] = found
    return Names(imported, frozenset(own), enums)


def _imports(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    for alias in statement.names:
        if isinstance(statement, ast.ImportFrom):
            yield alias.asname or alias.name, f"{statement.module or ''}.{alias.name}"
        elif alias.asname:
            yield alias.asname, alias.name
        else:
            root = alias.name.partition(".")[0]
            yield root, root


def _enumeration(node: ast.ClassDef) -> Enumeration | None:
    bases = [
        one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in node.bases
    ]
    if not any(one in _ENUMS for one in bases):
        return None
    members: dict[str, str | int | float] = {}
    for statement in node.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        name, value = statement.targets[0].id, statement.value
        if isinstance(value, ast.Constant) and isinstance(value.value, (str, int, float)):
            members[name] = value.value
        elif "StrEnum" in bases and isinstance(value, ast.Call) and not value.args:
            members[name] = name.lower()
        else:
            return None
    return Enumeration(node.name, members) if members else None


def read_value(node: ast.expr, names: Names) -> object:
    """Return the value of a literal expression; raise NotALiteral for any other."""
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, _SCALARS)):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return _signed(node, names)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        values = [read_value(one, names) for one in node.elts]
        return _collected(node, values)
    if isinstance(node, ast.Dict):
        return _dict(node, names)
    if isinstance(node, ast.JoinedStr) and all(
        isinstance(one, ast.Constant) for one in node.values
    ):
        return "".join(str(one.value) for one in node.values if isinstance(one, ast.Constant))
    if isinstance(node, ast.Call):
        return _call(node, names)
    raise NotALiteral


def _signed(node: ast.UnaryOp, names: Names) -> object:
    value = read_value(node.operand, names)
    if isinstance(value, bool) or not isinstance(value, (int, float, complex)):
        raise NotALiteral
    return -value if isinstance(node.op, ast.USub) else value


def _collected(node: ast.List | ast.Tuple | ast.Set, values: list[object]) -> object:
    if isinstance(node, ast.List):
        return values
    try:
        return tuple(values) if isinstance(node, ast.Tuple) else set(values)
    except TypeError:
        raise NotALiteral from None


def _dict(node: ast.Dict, names: Names) -> dict[object, object]:
    if None in node.keys:
        raise NotALiteral
    keys = [read_value(key, names) for key in node.keys if key is not None]
    values = [read_value(value, names) for value in node.values]
    try:
        return dict(zip(keys, values, strict=True))
    except TypeError:
        raise NotALiteral from None


def _call(node: ast.Call, names: Names) -> object:
    dotted = names.dotted(node.func)
    keywords = {one.arg: one.value for one in node.keywords}
    if not all(isinstance(one, ast.Constant) for one in (*node.args, *keywords.values())):
        raise NotALiteral
    if dotted.removeprefix("pathlib.") in _PATHS and dotted.startswith("pathlib."):
        parts = [read_value(one, names) for one in node.args]
        if keywords or not all(isinstance(one, str) for one in parts):
            raise NotALiteral
        return PurePosixPath(*map(str, parts))
    if dotted in _DATES:
        return _date(_DATES[dotted], node, names)
    raise NotALiteral


def _date(make: type[date], node: ast.Call, names: Names) -> date:
    parts = [read_value(one, names) for one in node.args]
    named = {one.arg: read_value(one.value, names) for one in node.keywords if one.arg}
    if len(named) != len(node.keywords):
        raise NotALiteral
    try:
        return make(*parts, **named)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise NotALiteral from None


def read_member(node: ast.expr, names: Names) -> tuple[Enumeration, str | int | float] | None:
    """Return enumeration and value for ``Mode.FAST``, ``Mode["FAST"]`` and ``Mode("fast")``."""
    if isinstance(node, ast.Attribute):
        holder, key = node.value, ast.Constant(node.attr)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        holder, key = node.value, node.slice
    elif isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        return _by_value(node, names)
    else:
        return None
    enum = names.enums.get(holder.id) if isinstance(holder, ast.Name) else None
    return (enum, enum.members[str(key.value)]) if enum and key.value in enum.members else None


def _by_value(node: ast.Call, names: Names) -> tuple[Enumeration, str | int | float] | None:
    enum = names.enums.get(node.func.id) if isinstance(node.func, ast.Name) else None
    given = node.args[0]
    if enum is None or not isinstance(given, ast.Constant):
        return None
    return next(((enum, one) for one in enum.members.values() if one == given.value), None)
