"""Notebook -> the text of a module that does the same work.

``generate`` gives text that is canonical but not laid out; ``format_modules`` lays it out, many
texts at once. Where the notebook's meaning can't be kept there is no text, and a problem says why.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mlv_hooks import hoisting, importing, strings
from mlv_hooks.command_line import CommandLine, main_function
from mlv_hooks.expressions import CannotWrite
from mlv_hooks.known_names import STANDARD
from mlv_hooks.lowering import OURS, Lowered, Lowering, Trouble, uses_of_slists
from mlv_hooks.own_code import HELPERS, MODULES
from mlv_hooks.parameters import Parameters
from mlv_hooks.plots import closing, plots_of
from mlv_hooks.source import CellSource
from mlv_hooks.unparse import INDENT, block

WIDTH = 88
OWN = re.compile(OURS + r"(\w+)")
READS_DOCS = re.compile(
    r"__doc__|\bhelp\(|\bgetdoc\b|\bdocopt\b|\bclick\b|\btyper\b|\bfire\b|\bdoctest\b"
)


@dataclass(frozen=True, slots=True)
class StepInput:
    """A notebook to translate.

    ``notebook`` and ``path`` (of the step) count from the project's root. ``cells`` are all code
    cells, ``dropped`` the numbers of those tagged no-effect.
    """

    notebook: str
    name: str
    cells: tuple[CellSource, ...]
    dropped: frozenset[int]
    parameters: Parameters | None
    path: str


@dataclass(frozen=True, slots=True)
class StepResult:
    """The module's text, None when there are problems: code, message, cell and line each."""

    text: str | None
    problems: tuple[tuple[str, str, int, int], ...]
    kept: tuple[int, ...]


def step_name(path: str) -> str:
    """Return the identifier made of a notebook's file name."""
    stem = posixpath.basename(path).rsplit(".", 1)[0]
    name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
    return f"_{name}" if name[:1].isdigit() or not name else name


def generate(wanted: StepInput, analysis: Any) -> StepResult:
    """Return the step of a notebook, or why there is none."""
    kept = [cell for cell in wanted.cells if cell.number not in wanted.dropped]
    broken = [
        ("MLV013", one.error.message, one.number, one.error.line) for one in kept if one.error
    ]
    if broken:
        return StepResult(None, tuple(broken), ())
    return _Module(wanted, kept, analysis).result()


def same_step(one: str, other: str) -> bool:
    """Say whether two modules are the same but for layout and comments."""
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except (SyntaxError, ValueError):
        return False


class _Module:
    """Puts the parts of one module together."""

    def __init__(self, wanted: StepInput, kept: list[CellSource], analysis: Any) -> None:
        self.wanted = wanted
        self.kept = kept
        self.analysis = analysis
        self.parameters = wanted.parameters
        self.given = {one.name for one in self.parameters.parameters} if self.parameters else set()
        self.folder = posixpath.dirname(wanted.notebook)
        self.plots = plots_of(kept)
        self.exact = any(READS_DOCS.search(cell.text) for cell in kept)

    def result(self) -> StepResult:
        lowered = self.lower()
        plan = hoisting.plan(
            lowered.pieces,
            self.given,
            {self.wanted.name, "main"},
            self.noisy(),
            lowered.reflective,
        )
        troubles = [*lowered.troubles, *plan.troubles, *self.early(lowered)]
        text = None
        if not troubles:
            try:
                text = _Text(self, lowered, plan).module()
            except CannotWrite as error:
                troubles.append(Trouble("MLV011", str(error), self.kept[0].number, 1))
        problems = sorted(
            {(one.code, one.message, one.cell, one.line) for one in troubles},
            key=lambda one: (one[2], one[3], one[1]),
        )
        return StepResult(text, tuple(problems), tuple(one.number for one in self.kept))

    def lower(self) -> Lowered:
        bound = set().union(*(one.whole.binds for one in self._facts()))
        lowering = Lowering(self.analysis, bound, self.given, self.plots)
        closes = closing(self.kept, self.analysis, self.plots)
        for cell in self.kept:
            own = self.parameters is not None and cell.number == self.parameters.cell
            body = self.parameters.rest if own and self.parameters else cell.tree.body
            before = len(lowering.result.pieces)
            lowering.cell_statements(cell, body)
            new = lowering.result.pieces[before:]
            if new and cell.number in closes and not _ends_closed(new[-1].node):
                call = f"{lowering.use('plt')}.close('all')"
                lowering.add(ast.parse(call).body[0], new[-1].line, own=True)
        for piece, what in uses_of_slists(lowering.result.pieces, lowering.slists):
            lowering.cell = piece.cell
            lowering.trouble(f"{what}: the output of a command is a plain list here", piece.line)
        self.captured(lowering)
        return lowering.result

    def captured(self, lowering: Lowering) -> None:
        """What `%%capture` has swallowed can't be used later."""
        for piece in lowering.result.pieces:
            for name in sorted(piece.facts.touched & set(lowering.captured)):
                lowering.cell = piece.cell
                lowering.trouble(
                    f"{name} holds what %%capture swallowed: print to a file", piece.line
                )

    def _facts(self) -> list[Any]:
        numbers = {cell.number for cell in self.kept}
        return [one for one in self.analysis.cells if one.number in numbers]

    def noisy(self) -> set[tuple[int, int]]:
        """Cell and line of the statements that change more than the names that they bind."""
        return {
            (cell.number, one.line)
            for cell in self._facts()
            for one in cell.statements
            if one.effects or one.changes - one.binds
        }

    def early(self, lowered: Lowered) -> Iterable[Trouble]:
        """Parameters that are something else before their cell."""
        if self.parameters is None:
            return
        for piece in lowered.pieces:
            if piece.cell >= self.parameters.cell:
                return
            for name in sorted((piece.facts.binds | piece.facts.reads) & self.given):
                yield Trouble(
                    "MLV011",
                    f"{name} is used before the parameters: move their cell up",
                    piece.cell,
                    piece.line,
                )


class _Text:
    """Writes a module whose parts are settled."""

    def __init__(self, whole: _Module, lowered: Lowered, plan: hoisting.Plan) -> None:
        self.whole = whole
        self.wanted = whole.wanted
        self.parameters = whole.parameters
        self.lowered = lowered
        self.plan = plan
        self.needs = set(lowered.needs)
        self.exact = whole.exact
        self.read = set().union(*(one.facts.touched for one in lowered.pieces))
        self.taken = self._taken()
        self.names: dict[str, str] = {}
        self.moved = {alias: alias[2] for alias in plan.imports}
        self.imports: list[hoisting.Alias] = list(plan.imports)

    def _taken(self) -> set[str]:
        bound = set().union(*(one.facts.binds for one in self.lowered.pieces))
        inner = {
            name
            for piece in self.lowered.pieces
            for node in ast.walk(piece.node)
            for name in _own_names(node)
        }
        return bound | self.read | inner | self.whole.given

    def draws(self) -> bool:
        """Say whether matplotlib is in play."""
        return self.whole.plots.imported or "plt" in self.lowered.needs

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
        while free in self.taken or free in (self.wanted.name, "main"):
            free += "_"
        self.names[name] = free
        if alias is not None:
            self.imports.append((alias[0], alias[1], free))
            self.moved[alias] = free
        return free

    def settle(self, text: str) -> str:
        return OWN.sub(lambda match: self.use(match.group(1)), text)

    def module(self) -> str:
        folder = bool(self.whole.folder)
        line = self.command_line()
        body = self.settle("\n".join(self.function(line)))
        defs = [
            self.settle("\n".join(block([piece.node], 0, exact=self.exact)))
            for piece in self.plan.defs
        ]
        helpers, constants = self.helpers(folder, body)
        self.read |= {name for name in self.names.values()}
        parts = [
            self.docstring(),
            self.import_text(line),
            *constants,
            *helpers,
            *([line.helpers] if line.helpers else []),
            *defs,
            body,
            line.main,
            'if __name__ == "__main__":\n    main()',
        ]
        return "\n\n\n".join(part.strip("\n") for part in parts if part) + "\n"

    def command_line(self) -> CommandLine:
        same = {
            one[2]
            for one in self.plan.imports
            if one
            in {
                ("argparse", "", "argparse"),
                ("pathlib", "Path", "Path"),
                ("json", "", "json"),
                ("re", "", "re"),
                ("copy", "", "copy"),
                ("ast", "", "ast"),
            }
        }
        return main_function(
            self.wanted.name,
            self.parameters,
            prog=f"python -m {self.wanted.path.removesuffix('.py').replace('/', '.')}",
            folder=self.whole.folder,
            taken=self.taken - same,
        )

    # --- the parts

    def docstring(self) -> str:
        summary = self.parameters.summary if self.parameters else ""
        summary = summary or f"The work of {posixpath.basename(self.wanted.notebook)}."
        text = (
            f"{summary}\n\nGenerated from {self.wanted.notebook}: to change it, edit the notebook."
        )
        description = self.parameters.description if self.parameters else ""
        if description:
            text += f"\n\n{description}"
        return strings.documentation(text + "\n")

    def import_text(self, line: CommandLine) -> str:
        ours = [one for text in line.imports for one in hoisting.aliases_of(text)]
        used = None if self.lowered.reflective else self.read | {one[2] for one in ours}
        if used is not None:
            used |= {name for name in self.names.values()}
        standard, rest = importing.import_lines([*self.imports, *ours], used)
        for module in self.plan.stars:
            group = standard if module.partition(".")[0] in STANDARD else rest
            group.append(f"from {module} import *  # noqa: F403")
        future = [f"from __future__ import {', '.join(sorted(set(self.plan.future)))}"]
        groups = [future if self.plan.future else [], standard]
        if self.draws():
            backend = f'{self.use("os")}.environ.setdefault("MPLBACKEND", "Agg")'
            groups.append([backend])
        groups.append(rest)
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
            ups = self.wanted.path.count("/")
            where = f"{self.use('Path')}(__file__).resolve().parents[{ups}]"
            if self.whole.folder:
                where += f" / {strings.text(self.whole.folder)}"
            constants.append(f"{self.names['FOLDER']} = {where}")
        if self.draws():
            self.use("os")
        return texts, constants

    def function(self, line: CommandLine) -> list[str]:
        """Return the lines of the step's function, or of the two that it must be."""
        plan, name = self.plan, self.wanted.name
        waits = self.lowered.runs_loop or any(one.facts.awaits for one in self.lowered.pieces)
        head = [f"def {name}({', '.join(line.signature)}) -> None:", *self.documentation()]
        start = [INDENT + one for text in line.fresh for one in text.split("\n")]
        start += self.paths()
        if not plan.together and not waits:
            return [*head, *self.declarations(), *start, *self.work()]
        run = self.use("run_cells")
        given = [] if plan.together else sorted(self.whole.given)
        call = f"{run}({', '.join(given)})"
        if plan.together and self.whole.given:
            pairs = ", ".join(f"{one}={one}" for one in sorted(self.whole.given))
            start.append(f"{INDENT}globals().update({pairs})")
        start.append(INDENT + (f"{self.use('asyncio')}.run({call})" if waits else call))
        word = "async def" if waits else "def"
        inner = [f"{word} {run}({', '.join(given)}):", *self.declarations(), *self.work()]
        return [*inner, "", "", *head, *start]

    def documentation(self) -> list[str]:
        lines = [f"Run the notebook {self.wanted.notebook} from top to bottom."]
        found = [one for one in (self.parameters.parameters if self.parameters else ()) if one.help]
        if found:
            lines += ["", "Args:"]
            lines += [f"    {one.name}: {' '.join(one.help.split())}" for one in found]
            lines.append("")
        text = strings.documentation("\n".join(lines)).split("\n")
        return [(INDENT + one).rstrip() for one in text]

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
        if not self.whole.folder or self.parameters is None:
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
            line = f"{name} = {value}"
            if one.type.optional:
                lines += [f"{INDENT}if {name} is not None:", INDENT * 2 + line]
            else:
                lines.append(INDENT + line)
        return lines

    def work(self) -> list[str]:
        """Return the lines of the notebook's own statements."""
        depth = 2 if self.whole.folder else 1
        lines: list[str] = []
        if self.plan.beside:
            insert = f"{self.use('sys')}.path.insert(0, str({self.use('FOLDER')}))"
            lines.append(INDENT * depth + insert)
        for piece in self.plan.body:
            node = self.plain(piece.node)
            if node is None:
                continue
            new = block([node], depth, exact=self.exact)
            if isinstance(node, hoisting.IMPORTS) and not piece.facts.binds & self.used():
                new[-1] += importing.UNUSED
            lines += new
        if not self.whole.folder or not lines:
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


def _own_names(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg


def _ends_closed(node: ast.stmt) -> bool:
    """Say whether a statement has just closed all figures."""
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "close"
        and [getattr(one, "value", None) for one in call.args] == ["all"]
    )


def format_modules(texts: Sequence[str]) -> list[str]:
    """Lay out modules with one run of ruff, whatever its configuration says elsewhere."""
    import subprocess
    import tempfile
    from pathlib import Path

    from ruff.__main__ import find_ruff_bin

    if not texts:
        return []
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"m{number}.py") for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text.encode())
        command = [find_ruff_bin(), "format", "--isolated", "--no-cache", "--quiet"]
        options = ["--target-version", "py310", "--line-length", str(WIDTH)]
        subprocess.run([*command, *options, folder], check=True, capture_output=True)
        return [path.read_bytes().decode() for path in paths]
