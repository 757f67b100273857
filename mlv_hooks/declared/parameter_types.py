"""The types that a parameter can have: read from annotations, docstrings and literal values.

A type that is not known here is ``None`` for the readers, and the literal decides.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import PurePath

Choice = str | int | float | bool
Enums = Mapping[str, tuple[Choice, ...]]

_SCALARS = ("str", "int", "float", "bool", "path", "date", "datetime", "choice", "any")


@dataclass(frozen=True, slots=True)
class Type:
    """A parameter's type.

    ``kind`` is one of str, int, float, bool, path, date, datetime, dict, list, tuple, choice, any.
    ``annotation`` is how a signature spells it, empty when there is nothing to say. ``item`` is
    the type of what a list or tuple holds, None when that varies; ``length`` is set for a tuple
    of so many values.
    """

    kind: str
    annotation: str = ""
    optional: bool = False
    item: Type | None = None
    choices: tuple[Choice, ...] = ()
    length: int | None = None

    @property
    def is_flat(self) -> bool:
        """Say whether values of this type are words on the command line, one or several."""
        if self.kind in ("list", "tuple"):
            return self.item is not None and self.item.kind in _SCALARS and not self.item.optional
        return self.kind in _SCALARS

    @property
    def has_paths(self) -> bool:
        """Say whether a value is a path, or holds paths."""
        return self.kind == "path" or (self.item is not None and self.item.has_paths)


ANY = Type("any")
_BASIC = {kind: Type(kind, kind) for kind in ("str", "int", "float", "bool", "date", "datetime")}
_BASIC |= {"path": Type("path", "Path"), "dict": Type("dict", "dict")}


def basic(kind: str) -> Type:
    """Return the plain type of that kind."""
    return _BASIC.get(kind, ANY)


def optional(type_: Type) -> Type:
    """Return ``type_`` that may be None as well."""
    if type_.optional:
        return type_
    spelled = f"{type_.annotation} | None" if type_.annotation else ""
    return replace(type_, optional=True, annotation=spelled)


def list_of(item: Type | None) -> Type:
    """Return the list type for such items."""
    return Type(
        "list", f"list[{item.annotation}]" if item and item.annotation else "list", item=item
    )


def tuple_of(item: Type | None, length: int | None = None) -> Type:
    """Return the type of a tuple of equal items, of ``length`` when that is fixed."""
    if item is None or not item.annotation:
        return Type("tuple", "tuple", item=item, length=length)
    inner = ", ".join([item.annotation] * length) if length else f"{item.annotation}, ..."
    return Type("tuple", f"tuple[{inner}]", item=item, length=length)


def choice_of(choices: Sequence[Choice]) -> Type:
    """Return the type that allows these values alone."""
    unique = tuple(dict.fromkeys(choices))
    return Type("choice", f"Literal[{', '.join(map(repr, unique))}]", choices=unique)


# --- from the value


def type_of(value: object) -> Type:
    """Return the type that a literal value shows by itself."""
    if value is None:
        return optional(ANY)
    if isinstance(value, (list, tuple)):
        item = _common([type_of(one) for one in value])
        return list_of(item) if isinstance(value, list) else tuple_of(item)
    if isinstance(value, dict):
        return _BASIC["dict"] if _is_json(value) else ANY
    return next(basic(kind) for kind, fits in _FITS if fits(value))


def _common(types: list[Type]) -> Type | None:
    """Return the one type of a list's items, None when they differ."""
    kinds = {one.kind for one in types}
    if not types:
        return ANY
    if kinds == {"int", "float"}:
        return _BASIC["float"]
    return types[0] if all(one == types[0] for one in types) else None


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(_is_json, value.values()))
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, (bool, int, float, str))


_FITS: tuple[tuple[str, Callable[[object], bool]], ...] = (
    ("bool", lambda value: isinstance(value, bool)),
    ("int", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    ("float", lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)),
    ("str", lambda value: isinstance(value, str)),
    ("path", lambda value: isinstance(value, (str, PurePath))),
    ("datetime", lambda value: isinstance(value, datetime)),
    ("date", lambda value: isinstance(value, date) and not isinstance(value, datetime)),
    ("dict", lambda value: isinstance(value, dict)),
    ("any", lambda value: True),
)


def on_command_line(type_: Type, value: object) -> Type:
    """Return ``type_``, or "any" with its spelling where words or JSON cannot give it back."""
    as_json = type_.kind in ("dict", "list") and _takes_json(type_) and _is_json(value)
    if type_.is_flat or as_json:
        return type_
    return Type("any", type_.annotation, type_.optional)


def _takes_json(type_: Type | None) -> bool:
    if type_ is None or type_.kind in ("str", "int", "float", "bool", "dict", "any"):
        return True
    return type_.kind == "list" and _takes_json(type_.item)


def fits(type_: Type, value: object) -> bool:
    """Say whether ``value`` may be the default of a parameter declared as ``type_``."""
    if value is None or (type_.kind == "str" and isinstance(value, PurePath)):
        return True
    if type_.kind == "choice":
        return any(value == one and type(value) is type(one) for one in type_.choices)
    if type_.kind in ("list", "tuple"):
        if not isinstance(value, list if type_.kind == "list" else tuple):
            return False
        if type_.length is not None and len(value) != type_.length:
            return False
        return type_.item is None or all(fits(type_.item, one) for one in value)
    return dict(_FITS)[type_.kind](value)


# --- from an annotation

_NAMES = {
    "str": "str",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "Path": "path",
    "PurePath": "path",
    "PosixPath": "path",
    "PurePosixPath": "path",
    "PathLike": "path",
    "date": "date",
    "datetime": "datetime",
    "dict": "dict",
    "Dict": "dict",
    "Mapping": "dict",
    "MutableMapping": "dict",
    "Any": "any",
    "object": "any",
}
_LISTS = ("list", "List", "Sequence", "MutableSequence", "Iterable", "Collection")
_WRAPPERS = ("Annotated", "Final", "ClassVar", "Required")


def from_annotation(node: ast.expr, enums: Enums) -> Type | None:
    """Return the type that an annotation names, None when it names none of ours.

    ``enums`` are the notebook's own enumerations: name -> values.
    """
    if isinstance(node, ast.Constant):
        return _from_constant(node.value, enums)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union([from_annotation(one, enums) for one in (node.left, node.right)])
    if isinstance(node, ast.Subscript):
        return _from_subscript(_last(node.value), _elements(node.slice), enums)
    name = _last(node)
    if name in enums:
        return choice_of(enums[name])
    if name in _LISTS:
        return list_of(None)
    if name in ("tuple", "Tuple"):
        return tuple_of(None)
    return basic(_NAMES[name]) if name in _NAMES else None


def _from_constant(value: object, enums: Enums) -> Type | None:
    if value is None:
        return optional(ANY)
    if not isinstance(value, str):
        return None
    try:
        return from_annotation(ast.parse(value.strip(), mode="eval").body, enums)
    except (SyntaxError, ValueError):
        return None


def _from_subscript(name: str, inner: list[ast.expr], enums: Enums) -> Type | None:
    if name == "Literal":
        return _literal(inner)
    if name == "Optional":
        found = from_annotation(inner[0], enums)
        return optional(found) if found else None
    if name == "Union":
        return _union([from_annotation(one, enums) for one in inner])
    if name in _WRAPPERS:
        return from_annotation(inner[0], enums)
    if name in _LISTS:
        return list_of(from_annotation(inner[0], enums))
    if name in ("tuple", "Tuple"):
        return _tuple_annotation(inner, enums)
    return basic(_NAMES[name]) if _NAMES.get(name) in ("dict", "path") else None


def _tuple_annotation(inner: list[ast.expr], enums: Enums) -> Type | None:
    endless = len(inner) == 2 and isinstance(inner[1], ast.Constant) and inner[1].value is ...
    if endless:
        return tuple_of(from_annotation(inner[0], enums))
    items = [from_annotation(one, enums) for one in inner]
    same = items and items[0] is not None and all(one == items[0] for one in items)
    return tuple_of(items[0], len(items)) if same else tuple_of(None)


def _literal(inner: list[ast.expr]) -> Type | None:
    values: list[object] = []
    for node in inner:
        try:
            values.append(ast.literal_eval(node))
        except ValueError:
            return None
    choices = [one for one in values if isinstance(one, (str, int, float, bool))]
    if not choices:
        return None
    return optional(choice_of(choices)) if None in values else choice_of(choices)


def _union(types: list[Type | None]) -> Type | None:
    known = [one for one in types if one is not None]
    if len(known) != len(types):
        return None
    may_be_none = any(one.optional for one in known)
    rest = list(dict.fromkeys(_bare(one) for one in known if one != optional(ANY)))
    if {one.kind for one in rest} == {"str", "path"}:
        rest = [_BASIC["path"]]
    if all(one.kind == "choice" for one in rest) and len(rest) > 1:
        rest = [choice_of([value for one in rest for value in one.choices])]
    spelled = " | ".join(one.annotation for one in rest) if all(o.annotation for o in rest) else ""
    joined = rest[0] if len(rest) == 1 else Type("any", spelled)
    return optional(joined) if may_be_none else joined


def _bare(type_: Type) -> Type:
    return replace(type_, optional=False, annotation=type_.annotation.removesuffix(" | None"))


def _last(node: ast.expr) -> str:
    """Return ``List`` for ``List`` and for ``typing.List``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _elements(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) and node.elts else [node]


# --- from a docstring

_WORDS = {
    "str": "str",
    "string": "str",
    "text": "str",
    "int": "int",
    "integer": "int",
    "float": "float",
    "double": "float",
    "number": "float",
    "real": "float",
    "bool": "bool",
    "boolean": "bool",
    "flag": "bool",
    "path": "path",
    "file": "path",
    "folder": "path",
    "directory": "path",
    "filename": "path",
    "date": "date",
    "datetime": "datetime",
    "dict": "dict",
    "dictionary": "dict",
    "mapping": "dict",
    "json": "dict",
    "any": "any",
    "object": "any",
}
_OF = re.compile(r"(list|sequence|iterable|tuple|array)s?(?: of |\()\s*(.+?)s?\)?", re.IGNORECASE)
_NOTES = re.compile(r",\s*(?:optional\b.*|default(?:s to)?\b.*|required\b.*)$", re.IGNORECASE)


def from_words(text: str, enums: Enums) -> Type | None:
    """Return the type that a docstring names, in Python or in words, None when it is unknown."""
    text = _NOTES.sub("", text.strip().replace("`", "").lstrip(":")).strip()
    if re.search(r"\bor none$", text, re.IGNORECASE):
        found = from_words(text[: -len(" or none")], enums)
        return optional(found) if found else None
    if text.lower() in _WORDS:
        return basic(_WORDS[text.lower()])
    if text.startswith("{") and text.endswith("}"):
        return _from_constant(f"Literal[{text[1:-1]}]", enums)
    many = _OF.fullmatch(text)
    if many:
        item = from_words(many[2], enums)
        return tuple_of(item) if many[1].lower() == "tuple" else list_of(item)
    if " or " in text:
        return _union([from_words(one, enums) for one in text.split(" or ")])
    return _from_constant(text, enums)
