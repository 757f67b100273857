"""The parts of a step, put together as text."""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass

from mlv_hooks.declared.parameters import Parameter, Parameters
from mlv_hooks.step import hoisting, importing, strings
from mlv_hooks.step.command_line import CommandLine, main_function
from mlv_hooks.step.lowering import OURS, Lowered
from mlv_hooks.step.own_code import HELPERS, MODULES
from mlv_hooks.step.spelling import rebase
from mlv_hooks.step.step_of import MADE_FROM
from mlv_hooks.step.unparse import INDENT, block

WIDTH = 88
OWN = re.compile(OURS + r"(\w+)")
GLOBAL_AFFAIRS = frozenset({ast.AnnAssign, ast.Global})
SHARED = frozenset(
    {
        ("argparse", "", "argparse"),
        ("ast", "", "ast"),
        ("copy", "", "copy"),
        ("datetime", "date", "date"),
        ("datetime", "datetime", "datetime"),
        ("json", "", "json"),
        ("pathlib", "Path", "Path"),
        ("re", "", "re"),
        ("typing", "Literal", "Literal"),
    }
)
"""Imports of the command line that may be the notebook's own."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a module is about: paths count from the project's root.

    ``exact``: something reads documentation strings. ``draws``: matplotlib is in play.
    """

    notebook: str
    path: str
    name: str
    parameters: Parameters | None
    exact: bool
    draws: bool

    @property
    def folder(self) -> str:
        """The notebook's folder, empty at the root."""
        return posixpath.dirname(self.notebook)

    @property
    def given(self) -> tuple[Parameter, ...]:
        """The parameters."""
        return self.parameters.parameters if self.parameters else ()

    @property
    def names(self) -> list[str]:
        """The parameters' names, sorted."""
        return sorted(one.name for one in self.given)


def write_module(frame: Frame, lowered: Lowered, plan: hoisting.Plan) -> str:
    """Return the module's text, not yet laid out; raise ``CannotWrite``."""
    return _Text(frame, lowered, plan).module()


class _Text:
    """Writes a module whose parts are settled."""

    def __init__(self, frame: Frame, lowered: Lowered, plan: hoisting.Plan) -> None:
        self.frame = frame
        self.parameters = frame.parameters
        self.lowered = lowered
        self.plan = plan
        self.needs = set(lowered.needs)
        self.exact = frame.exact
        self.read = set().union(*(one.facts.touched for one in lowered.pieces))
        self.taken = self._taken()
        self.names: dict[str, str] = {}
        self.moved = {alias: alias[2] for alias in plan.imports}
        self.imports: list[hoisting.Alias] = list(plan.imports)

    def _taken(self) -> set[str]:
        bound = set().union(*(one.facts.binds for one in self.lowered.pieces))
        inner = set().union(*(one.facts.names for one in self.lowered.pieces))
        return bound | self.read | inner | set(self.frame.names)

    def use(self, name: str) -> str:
        """Return what one of our modules or helpers is called here."""
        if name in self.names:
            return self.names[name]
        alias = MODULES.get(name)
        if alias is not None:
            for known, bound in self.moved.items():
                if known[:2] == alias[:2]:
                    self.names[name] = bound
                    return bound
        free = alias[2] if alias else name
        while free in self.taken or free in (self.frame.name, "main"):
            free += "_"
        self.names[name] = free
        if alias is not None:
            self.imports.append((alias[0], alias[1], free))
            self.moved[alias] = free
        return free

    def settle(self, text: str) -> str:
        return OWN.sub(lambda match: self.use(match.group(1)), text)

    def module(self) -> str:
        folder = bool(self.frame.folder)
        line = self.command_line()
        body = self.settle("\n".join(self.function(line)))
        defs = [
            self.settle("\n".join(block([piece.node], 0, exact=self.exact, remarks=False)))
            for piece in self.plan.defs
        ]
        helpers, constants = self.helpers(folder, body)
        self.read |= set(self.names.values())
        top = "\n\n".join([self.docstring(), self.import_text(line), *constants])
        parts = [
            top,
            *helpers,
            *([line.helpers] if line.helpers else []),
            *defs,
            body,
            line.main,
            'if __name__ == "__main__":\n    main()',
        ]
        return "\n\n\n".join(part.strip("\n") for part in parts if part) + "\n"

    def command_line(self) -> CommandLine:
        same = {one[2] for one in self.plan.imports if one in SHARED}
        return main_function(
            self.frame.name,
            self.parameters,
            prog=f"python -m {self.frame.path.removesuffix('.py').replace('/', '.')}",
            folder=self.frame.folder,
            taken=self.taken - same,
        )

    # --- the parts

    def docstring(self) -> str:
        summary = self.parameters.summary if self.parameters else ""
        summary = summary or f"The work of {posixpath.basename(self.frame.notebook)}."
        made = MADE_FROM.format(self.frame.notebook)
        text = f"{summary}\n\n{_wrapped(made, WIDTH)}"
        description = self.parameters.description if self.parameters else ""
        if description:
            text += f"\n\n{description}"
        return strings.documentation(text + "\n")

    def import_text(self, line: CommandLine) -> str:
        ours = [one for text in line.imports for one in hoisting.aliases_of(text)]
        used = None if self.lowered.reflective else {*self.read, *(one[2] for one in ours)}
        future = f"from __future__ import {', '.join(sorted(set(self.plan.future)))}"
        groups = [[future] if self.plan.future else []]
        backend = f'{self.names.get("os", "os")}.environ.setdefault("MPLBACKEND", "Agg")'
        backends = [backend] if self.frame.draws else []
        if self.plan.stars:
            own = [one for one in [*self.imports, *ours] if one not in self.plan.imports]
            first = (
                [importing.in_order([(*MODULES["os"][:2], self.names["os"])])] if backends else []
            )
            groups += [*first, backends, importing.in_order(self.plan.imports)]
            groups += importing.import_lines(own, used)
        else:
            standard, rest = importing.import_lines([*self.imports, *ours], used)
            groups += [standard, backends, rest]
        return "\n\n".join("\n".join(group) for group in groups if group)

    def helpers(self, folder: bool, body: str) -> tuple[list[str], list[str]]:
        """Return the definitions that are used, and the constants."""
        texts, done = [], set[str]()
        for name in HELPERS:
            if name in self.names and name not in done:
                done.add(name)
                text = HELPERS[name].replace(f"def {name}(", f"def {self.names[name]}(")
                texts.append(self.settle(text))
        constants = []
        if "FOLDER" in self.names:
            ups = self.frame.path.count("/")
            where = f"{self.use('Path')}(__file__).resolve().parents[{ups}]"
            if self.frame.folder:
                where += f" / {strings.text(self.frame.folder)}"
            constants.append(f"{self.names['FOLDER']} = {where}")
        if self.frame.draws:
            self.use("os")
        return texts, constants

    def function(self, line: CommandLine) -> list[str]:
        """Return the lines of the step's function, or of the two that it must be."""
        plan, name = self.plan, self.frame.name
        waits = self.lowered.runs_loop or any(one.facts.awaits for one in self.lowered.pieces)
        head = [f"def {name}({', '.join(line.signature)}) -> None:", *self.documentation()]
        start = [INDENT + one for text in line.fresh for one in text.split("\n")]
        start += self.paths()
        if not plan.together and not waits:
            return [*head, *self.declarations(), *start, *self.work()]
        run = self.use("run_cells")
        given = [] if plan.together else self.frame.names
        call = f"{run}({', '.join(given)})"
        if plan.together and self.frame.names:
            pairs = ", ".join(f"{one}={one}" for one in self.frame.names)
            start.append(f"{INDENT}globals().update({pairs})")
        start.append(INDENT + (f"{self.use('asyncio')}.run({call})" if waits else call))
        word = "async def" if waits else "def"
        inner = [f"{word} {run}({', '.join(given)}):", *self.declarations(), *self.work()]
        return [*inner, "", "", *head, *start]

    def documentation(self) -> list[str]:
        lines = ["Run the cells of the notebook from top to bottom."]
        found = [one for one in self.frame.given if one.help]
        if found:
            lines += ["", "Args:"]
            for one in found:
                text = f"    {one.name}: {' '.join(one.help.split())}"
                lines += _wrapped(text, WIDTH - len(INDENT), " " * 8).split("\n")
            lines.append("")
        written = strings.documentation("\n".join(lines)).split("\n")
        return [(INDENT + one).rstrip() for one in written]

    def declarations(self) -> list[str]:
        """Return the `global` lines, none longer than a line may be."""
        lines: list[str] = []
        for name in sorted(self.plan.globals):
            if lines and len(lines[-1]) + len(name) + 2 <= WIDTH:
                lines[-1] += f", {name}"
            else:
                lines.append(f"{INDENT}global {name}")
        return lines

    def paths(self) -> list[str]:
        """Return the lines by which path parameters count from the notebook's folder."""
        if not self.frame.folder or self.parameters is None:
            return []
        lines = []
        for one in self.parameters.parameters:
            if not one.type.has_paths:
                continue
            name, call = one.name, f"{self.use('from_folder')}({{}}, {self.use('FOLDER')})"
            value = call.format(name)
            if one.type.kind != "path":
                kind = "tuple" if one.type.kind == "tuple" else "list"
                value = f"{kind}({call.format('one')} for one in {name})"
            line = f"{name} = {self._as_written(one)}{value}"
            if one.type.optional:
                lines += [f"{INDENT}if {name} is not None:", INDENT * 2 + line]
            else:
                lines.append(INDENT + line)
        return lines

    def _as_written(self, one: Parameter) -> str:
        """Return what keeps a default such as "./x.csv", which no other path would become."""
        value = one.default
        if not isinstance(value, str) or not value:
            return ""
        if value.removesuffix("/") == posixpath.normpath(value):
            return ""
        same = strings.text(str(rebase(value, self.frame.folder)))
        return f"{strings.text(value)} if {one.name} == {same} else "

    def work(self) -> list[str]:
        """Return the lines of the notebook's own statements."""
        depth = 2 if self.frame.folder else 1
        lines: list[str] = []
        if self.plan.beside:
            insert = f"{self.use('sys')}.path.insert(0, str({self.use('FOLDER')}))"
            lines.append(INDENT * depth + insert)
        for piece in self.plan.body:
            node: ast.stmt | None = piece.node
            if type(node) in GLOBAL_AFFAIRS:
                node = self.plain(piece.node)
            if node is None:
                continue
            new = block([node], depth, exact=self.exact, remarks=False)
            if type(node) in hoisting.IMPORTS and not piece.facts.binds & self.used():
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("IPython"):
                    continue
                new[-1] += importing.UNUSED
            lines += new
        if not self.frame.folder or not lines:
            return lines
        call = f"{self.use('working_in')}({self.use('FOLDER')})"
        return [f"{INDENT}with {call}:", *lines]

    def used(self) -> set[str]:
        return self.read | (self.plan.globals if self.lowered.reflective else set())

    def plain(self, node: ast.stmt) -> ast.stmt | None:
        """Return a statement without what a `global` name can't have."""
        if isinstance(node, ast.Global):
            return None
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            return node
        if node.target.id not in self.plan.globals:
            return node if node.value is not None else None
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def _wrapped(text: str, width: int, indent: str = "") -> str:
    from textwrap import fill

    return fill(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
