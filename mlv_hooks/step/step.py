"""Notebook -> the text of a module that does the same work.

``generate`` gives text that is canonical but not laid out; ``format_modules`` lays it out, many
texts at once. Where the notebook's meaning can't be kept there is no text, and a problem says why.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mlv_hooks.analysis.source import CellSource
from mlv_hooks.declared.parameters import Parameters
from mlv_hooks.step import hoisting
from mlv_hooks.step.blank_lines import MESSAGE, lines_in_texts
from mlv_hooks.step.expressions import CannotWrite
from mlv_hooks.step.lowering import Lowered, Lowering, Trouble, uses_of_slists
from mlv_hooks.step.module_text import WIDTH, Frame, write_module
from mlv_hooks.step.plots import closes_all, closing, plots_of
from mlv_hooks.step.unparse import INDENT

DEEP = "\n" + INDENT * 16
"""Python refuses blocks nested too deeply, and a step nests two deeper than the notebook."""

DOC_WORDS = ("__doc__", "help(", "getdoc", "docopt", "click", "typer", "fire", "doctest")
READS_DOCS = re.compile("|".join(rf"(?<!\w){re.escape(word)}" for word in DOC_WORDS))
"""What reads documentation strings, so that they must keep each blank."""

UNNOTICED = frozenset({"output", "plot", "random", "time"})
"""Kinds of effects that no library looks for when it is imported."""


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
        self.text = "\n\n".join(cell.text for cell in kept)
        self.plots = plots_of(kept, self.text)

    def result(self) -> StepResult:
        lowered = self.lower()
        plan = hoisting.plan(
            lowered.pieces,
            self.given,
            {self.wanted.name, "main"},
            self.noisy(),
            lowered.reflective,
        )
        troubles = [*lowered.troubles, *plan.troubles, *self.early(lowered), *self.blanks()]
        text = None
        if not troubles:
            try:
                text = write_module(self.frame(lowered), lowered, plan)
                if DEEP in text:
                    compile(text, "<step>", "exec", dont_inherit=True)
            except (CannotWrite, SyntaxError, RecursionError) as error:
                text = None
                troubles.append(Trouble("MLV011", str(error), self.kept[0].number, 1))
        problems = sorted(
            {(one.code, one.message, one.cell, one.line) for one in troubles},
            key=lambda one: (one[2], one[3], one[1]),
        )
        return StepResult(text, tuple(problems), tuple(one.number for one in self.kept))

    def frame(self, lowered: Lowered) -> Frame:
        wanted = self.wanted
        draws = self.plots.imported or "plt" in lowered.needs
        exact = self.reads_docs
        return Frame(wanted.notebook, wanted.path, wanted.name, self.parameters, exact, draws)

    @cached_property
    def reads_docs(self) -> bool:
        """Whether something may look at documentation strings."""
        may_read = any(map(self.text.__contains__, DOC_WORDS))
        return may_read and bool(READS_DOCS.search(self.text))

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
            if new and cell.number in closes and not closes_all(new[-1].node):
                lowering.close_figures(new[-1].line)
        for piece, what in uses_of_slists(lowering.result.pieces, lowering.slists):
            lowering.cell = piece.cell
            lowering.trouble(f"{what}: the output of a command is a plain list here", piece.line)
        self.captured(lowering)
        return lowering.result

    def captured(self, lowering: Lowering) -> None:
        """What `%%capture` has swallowed can't be used later."""
        for piece in lowering.result.pieces if lowering.captured else ():
            for name in sorted(piece.facts.touched & set(lowering.captured)):
                lowering.cell = piece.cell
                lowering.trouble(
                    f"{name} holds what %%capture swallowed: print to a file", piece.line
                )

    def _facts(self) -> list[Any]:
        numbers = {cell.number for cell in self.kept}
        return [one for one in self.analysis.cells if one.number in numbers]

    def noisy(self) -> set[tuple[int, int]]:
        """Cell and line of the statements that a library may notice when it is imported."""
        return {
            (cell.number, one.line)
            for cell in self._facts()
            for one in cell.statements
            if not all(effect.kind in UNNOTICED or effect.only_reads for effect in one.effects)
        }

    def blanks(self) -> Iterator[Trouble]:
        """Lines of texts that one IPython takes for another than the next."""
        for cell in self.kept:
            for line in lines_in_texts(cell, self.reads_docs):
                yield Trouble("MLV011", MESSAGE, cell.number, line)

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


def format_modules(texts: Sequence[str]) -> list[str]:
    """Lay out modules with one run of ruff, whatever its configuration says elsewhere."""
    import subprocess
    import tempfile
    from pathlib import Path

    from ruff.__main__ import find_ruff_bin

    if not texts:
        return []
    command = [find_ruff_bin(), "format", "--isolated", "--no-cache", "--quiet"]
    command += ["--target-version", "py310", "--line-length", str(WIDTH)]
    if len(texts) == 1:
        given = texts[0].encode()
        done = subprocess.run([*command, "-"], check=True, capture_output=True, input=given)
        return [done.stdout.decode()]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"m{number}.py") for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text.encode())
        subprocess.run([*command, folder], check=True, capture_output=True)
        return [path.read_bytes().decode() for path in paths]
