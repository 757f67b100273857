"""The parameters cell: which parameters a notebook has, their types, values and help.

An assignment of a literal is a parameter. Any other statement of the cell stays in the step's
body, so that a value computed from parameters follows them: with ``out = f"{name}.csv"`` the
caller gives ``--name``, and ``out`` is made from it. Where the docstring declares a computed value
as a parameter, that is a mistake.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from mlv_hooks.analysis.name_use import bound_names, read_names
from mlv_hooks.analysis.source import CellSource
from mlv_hooks.declared.docstring import Declared, Docstring, Field, read_docstring
from mlv_hooks.declared.literals import (
    Enumeration,
    Names,
    NotALiteral,
    names_in,
    read_member,
    read_value,
)
from mlv_hooks.declared.parameter_types import (
    Type,
    basic,
    fits,
    from_annotation,
    from_words,
    list_of,
    on_command_line,
    optional,
    tuple_of,
    type_of,
)

__all__ = ["Field", "Parameter", "Parameters", "Problem", "Type", "read_parameters"]

_PATH_FIELDS = ("dvc-in", "dvc-out", "dvc-out-persist", "dvc-metric", "dvc-plot")
_SAYABLE = ("str", "int", "float", "bool", "path", "date", "datetime", "dict", "list", "tuple")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: ``default`` is the value of the expression ``node``."""

    name: str
    type: Type
    default: object
    node: ast.expr
    help: str
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake: the rule that reports it, what to say, and the line in the cell."""

    code: str
    message: str
    line: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the parameters cell says. ``rest`` are its statements that stay in the step's body."""

    cell: int
    summary: str
    description: str
    fields: tuple[Field, ...]
    parameters: tuple[Parameter, ...]
    rest: tuple[ast.stmt, ...]
    problems: tuple[Problem, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of the parameters."""
        return frozenset(one.name for one in self.parameters)


def read_parameters(cell: CellSource, others: Sequence[CellSource] = ()) -> Parameters:
    """Read the parameters cell; ``others`` are cells that may define enumerations and imports.

    A cell that is no Python has no parameters; its ``error`` is another rule's.
    """
    own_docstring, statements = _docstring(cell)
    reader = _Reader(own_docstring, names_in([*(one.tree for one in others), cell.tree]))
    for statement in statements:
        reader.read(statement)
    return Parameters(
        cell=cell.number,
        summary=own_docstring.summary,
        description=own_docstring.description,
        fields=own_docstring.fields,
        parameters=tuple(reader.parameters),
        rest=tuple(reader.rest),
        problems=tuple(sorted(reader.all_problems(), key=lambda one: (one.line, one.code))),
    )


def _docstring(cell: CellSource) -> tuple[Docstring, list[ast.stmt]]:
    """Return the docstring and the other statements; magics and imports may stand before it."""
    body = cell.tree.body
    for position, statement in enumerate(body):
        text = _text(statement)
        if text is not None:
            line = statement.lineno
            return read_docstring(text, line), [*body[:position], *body[position + 1 :]]
        imports = isinstance(statement, (ast.Import, ast.ImportFrom))
        if not (imports or cell.magic(statement)):
            break
    return Docstring(), list(body)


def cell_docstring(cell: CellSource) -> Docstring:
    """Return what the cell's docstring says, nothing when it has none."""
    return _docstring(cell)[0]


def _text(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        value = statement.value.value
        return value if isinstance(value, str) else None
    return None


@dataclass
class _Reader:
    """Goes through the cell's statements and sorts them."""

    docstring: Docstring
    names: Names
    parameters: list[Parameter] = field(default_factory=list)
    rest: list[ast.stmt] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    assigned: set[str] = field(default_factory=set)
    read_early: dict[str, int] = field(default_factory=dict)
    annotated: dict[str, ast.AnnAssign] = field(default_factory=dict)

    def read(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.AnnAssign) and statement.value is None:
            if isinstance(statement.target, ast.Name):
                self.annotated[statement.target.id] = statement
            return
        pairs = list(_assignments(statement))
        values = [(name, node, self._value(node)) for name, node in pairs]
        fresh = [name for name, _ in pairs if name not in self.assigned]
        is_parameters = bool(pairs) and all(value for _, _, value in values)
        if not is_parameters or len(fresh) < len(pairs) or len(set(fresh)) < len(fresh):
            self._keep(statement)
            return
        self.assigned.update(fresh)
        annotation = statement.annotation if isinstance(statement, ast.AnnAssign) else None
        for name, node, value in values:
            assert value is not None
            self._parameter(name, node, value, annotation, statement)

    def _keep(self, statement: ast.stmt) -> None:
        self.rest.append(statement)
        for name in read_names(statement).now - self.assigned:
            self.read_early.setdefault(name, statement.lineno)
        bound = bound_names(statement)
        for one in self.docstring.declared:
            if one.name in bound - self.assigned:
                message = (
                    f"{one.name} is declared as a parameter, but its value is computed: "
                    f"write a literal, or take it out of the docstring"
                )
                self.problems.append(Problem("MLV104", message, statement.lineno))
        self.assigned |= bound

    def _value(self, node: ast.expr) -> _Value | None:
        member = read_member(node, self.names)
        if member:
            return _Value(member[1], member[0])
        try:
            return _Value(read_value(node, self.names))
        except (NotALiteral, RecursionError):
            return None

    def _parameter(
        self,
        name: str,
        node: ast.expr,
        value: _Value,
        annotation: ast.expr | None,
        statement: ast.stmt,
    ) -> None:
        if name in self.read_early:
            message = f"{name} is used before it is set: move the parameter to the cell's top"
            self.problems.append(Problem("MLV103", message, self.read_early[name]))
        early = self.annotated.pop(name, None)
        annotation = annotation or (early.annotation if early else None)
        type_ = self._type(name, value, annotation, statement.lineno)
        enum = value.enum or self._enum_of(annotation, value)
        if value.enum:
            node = ast.copy_location(ast.Constant(value.value), node)  # type: ignore[arg-type]
        if enum:
            self.rest.append(_conversion(name, enum, type_.optional, statement))
        declared = self._declared(name)
        text = declared.help if declared else ""
        self.parameters.append(Parameter(name, type_, value.value, node, text, statement.lineno))

    def _declared(self, name: str) -> Declared | None:
        return next((one for one in self.docstring.declared if one.name == name), None)

    def _enum_of(self, annotation: ast.expr | None, value: _Value) -> Enumeration | None:
        """Return the enumeration that an annotation names, where the value is None."""
        if annotation is None or value.value is not None:
            return None
        found = (one.id for one in ast.walk(annotation) if isinstance(one, ast.Name))
        return next((self.names.enums[name] for name in found if name in self.names.enums), None)

    def _type(self, name: str, value: _Value, annotation: ast.expr | None, line: int) -> Type:
        choices = {key: tuple(one.members.values()) for key, one in self.names.enums.items()}
        declared = self._declared(name)
        noted = from_annotation(annotation, choices) if annotation else None
        written = from_words(declared.type_name, choices) if declared else None
        if value.enum:
            noted = noted or from_annotation(ast.Name(value.enum.name), choices)
        if noted and written and _differ(noted, written):
            message = (
                f"{name} is {_said(written)} in the docstring and {_said(noted)} in its "
                f"annotation: make them equal"
            )
            self.problems.append(Problem("MLV109", message, line))
        wanted = noted or written
        if wanted and not fits(wanted, value.value):
            message = (
                f"{name} is declared as {_said(wanted)}, but its value is {_short(value.value)}"
            )
            self.problems.append(Problem("MLV109", f"{message}: change one of the two", line))
            wanted = None
        type_ = _settled(wanted, value.value)
        if name in self._path_names():
            type_ = _as_path(type_)
        return on_command_line(_spelled(type_, value.value, noted is not None), value.value)

    def _path_names(self) -> set[str]:
        return {one.argument for one in self.docstring.fields if one.name in _PATH_FIELDS}

    def all_problems(self) -> Iterator[Problem]:
        """Yield what is wrong, also what only the end of the cell shows."""
        yield from self.problems
        for name, statement in self.annotated.items():
            if name not in self.assigned:
                message = f"{name} has a type but no value: write `{name} = ...`, or remove it"
                yield Problem("MLV105", message, statement.lineno)
        declared: dict[str, Declared] = {}
        for one in self.docstring.declared:
            first = declared.setdefault(one.name, one)
            if first is not one:
                message = f"{one.name} is declared twice in the docstring: keep one"
                yield Problem("MLV109", message, one.line)
            elif one.name not in self.assigned and one.name not in self.annotated:
                message = f"{one.name} is declared, but the cell does not assign it"
                yield Problem("MLV105", f"{message}: write `{one.name} = ...`", one.line)
        if declared:
            yield from self._undeclared(declared)

    def _undeclared(self, declared: Mapping[str, Declared]) -> Iterator[Problem]:
        for parameter in self.parameters:
            if parameter.name not in declared:
                kind = parameter.type.kind
                line = f":param {f'{kind} ' if kind in _SAYABLE else ''}{parameter.name}: ..."
                message = f"{parameter.name} is a parameter, but the docstring does not say so"
                yield Problem("MLV106", f"{message}: add `{line}`", parameter.line)


@dataclass(frozen=True, slots=True)
class _Value:
    """A literal's value; with ``enum``, the value of one of its members."""

    value: object
    enum: Enumeration | None = None


def _assignments(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield names and values of an assignment, nothing for what a parameter cannot be."""
    if isinstance(statement, ast.AnnAssign):
        if isinstance(statement.target, ast.Name) and statement.value is not None:
            yield statement.target.id, statement.value
    elif isinstance(statement, ast.Assign):
        # `a = b = []` makes one list of two names.
        if len(statement.targets) > 1 and not isinstance(statement.value, ast.Constant):
            return
        pairs = [_unpacked(target, statement.value) for target in statement.targets]
        if all(pairs):
            yield from (pair for one in pairs for pair in one)


def _unpacked(target: ast.expr, value: ast.expr) -> list[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        return [(target.id, value)]
    both = isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List))
    if not both or len(target.elts) != len(value.elts):  # type: ignore[attr-defined]
        return []
    pairs = zip(target.elts, value.elts, strict=True)  # type: ignore[attr-defined]
    found = [(one.id, inner) for one, inner in pairs if isinstance(one, ast.Name)]
    return found if len(found) == len(target.elts) else []  # type: ignore[attr-defined]


def _conversion(name: str, enum: Enumeration, or_none: bool, statement: ast.stmt) -> ast.stmt:
    """Return ``mode = Mode(mode)``: the caller gives the value, the body works with the member."""
    text = f"{name} = {enum.name}({name})"
    if or_none:
        text = f"{name} = None if {name} is None else {enum.name}({name})"
    made = ast.parse(text).body[0]
    for node in ast.walk(made):
        ast.copy_location(node, statement)
    return made


def _settled(wanted: Type | None, value: object) -> Type:
    """Return the type that is declared, made exact by the value."""
    shown = type_of(value)
    if wanted is None:
        return shown
    if value is None:
        return optional(wanted)
    if wanted.kind == "str" and shown.kind == "path":
        return optional(shown) if wanted.optional else shown
    open_list = wanted.kind in ("list", "tuple") and wanted.item is None
    if open_list and shown.kind == wanted.kind:
        return optional(shown) if wanted.optional else shown
    return wanted


def _as_path(type_: Type) -> Type:
    if type_.kind in ("str", "any"):
        return optional(basic("path")) if type_.optional else basic("path")
    if type_.item is not None and type_.kind in ("list", "tuple"):
        item = _as_path(type_.item)
        made = list_of(item) if type_.kind == "list" else tuple_of(item, type_.length)
        return optional(made) if type_.optional else made
    return type_


def _spelled(type_: Type, value: object, annotated: bool) -> Type:
    """Return ``type_`` with ``str`` for paths that the notebook's code has as strings."""
    values = value if isinstance(value, (list, tuple)) else [value]
    as_paths = any(isinstance(one, PurePath) for one in values)
    unknown = all(one is None for one in values)
    if not type_.has_paths or as_paths or (unknown and annotated):
        return type_
    plain = replace(basic("path"), annotation="str")
    if type_.kind == "path":
        made = plain
    else:
        made = list_of(plain) if type_.kind == "list" else tuple_of(plain, type_.length)
    return optional(made) if type_.optional else made


def _differ(one: Type, other: Type) -> bool:
    kinds = {one.kind, other.kind}
    loose = "any" in kinds or kinds <= {"str", "path", "choice"} or kinds <= {"list", "tuple"}
    return len(kinds) > 1 and not loose


def _said(type_: Type) -> str:
    return type_.annotation or type_.kind


def _short(value: object) -> str:
    text = f'Path("{value}")' if isinstance(value, PurePath) else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
