"""What each cell of a notebook binds, reads, changes and does, and which cells need which.

The notebook is taken as run from top to bottom in a fresh kernel. "Safe to drop" is meant to be
never wrong: what is not known counts as doing anything. Values are followed from cell to cell, so a
method is judged by what it is a method of; the notebook's own functions are looked into where they
are called; what libraries do is data (``knowledge/``).

State that no name shows, and how it is counted:

- global random generators: a draw, a seed, an estimator without ``random_state``: ``random``;
- pyplot's current figure: ``plot``. The inline backend closes figures at the end of a cell, so a
  plot dies with its cell, unless the notebook picks another backend;
- rcParams, styles, options of pandas and NumPy, warnings filters, attributes of modules:
  ``settings``; the working folder, ``os.environ``, ``sys.path``: ``environment``;
- open files, iterators, generators: reading, ``next``, going over one changes it;
- look-ups that change (``defaultdict``), ``pop``, ``setdefault``: changes of the object;
- what functions keep: mutable defaults, closures, ``lru_cache``: changes of the function;
- special methods and properties of the notebook's own classes: tried once; where they do anything,
  so does showing, comparing or reading an attribute of whatever may be such an object;
- what an unknown call may run later: functions handed over, methods of own classes.

Taken for granted, of libraries' objects: showing one, reading an attribute, operators, ``len`` and
``bool`` change nothing that anyone sees later; importing a known library only defines things; a
cell that runs does not stop half-way with an error (``assert`` and ``raise`` count as effects);
clocks, memory addresses and the order of sets carry no meaning.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Collection, Sequence, Set
from functools import cached_property
from typing import NamedTuple

from mlv_hooks.analysis.kernel import Kernel
from mlv_hooks.analysis.notes import BUILTINS, CELL_STEPS, Notes, is_history
from mlv_hooks.analysis.scopes import Scopes
from mlv_hooks.analysis.source import CellSource
from mlv_hooks.analysis.values import Value

HARMLESS = frozenset({"output", "time"})


class Effect(NamedTuple):
    """Something that may be seen outside of the notebook's names.

    ``kind``: ``file`` ``network`` ``process`` ``output`` ``random`` ``plot`` ``environment``
    ``settings`` ``input`` ``time`` or ``unknown``. ``what`` says by what; for files it starts with
    ``reads:`` or ``writes:``, and ``path`` is the expression that names the file: only where each
    run uses just that file, and with top-level names only.
    """

    kind: str
    what: str
    line: int
    path: ast.expr | None = None

    @property
    def only_reads(self) -> bool:
        """A file that is read and not changed."""
        return self.kind == "file" and self.what.startswith("reads:")


class Facts(NamedTuple):
    """What one statement or cell does, in top-level names of the notebook.

    ``reads``: at once, before this piece itself has bound them; ``late_reads``: when a function,
    lambda or generator made here runs; ``changes``: the object may be changed in place, under
    whichever name; ``sure``: bound whichever way it takes; ``sees_all``: may look at any name
    (``eval``, ``globals()``, an unknown magic). The name ``*`` stands for a star import's names.
    """

    line: int
    binds: Set[str]
    deletes: Set[str]
    reads: Set[str]
    late_reads: Set[str]
    changes: Set[str]
    effects: tuple[Effect, ...]
    sure: Set[str] = frozenset()
    sees_all: bool = False


class CellFacts(NamedTuple):
    """The facts of a cell: of each top-level statement, and of all of them together.

    ``own``: it changes only objects that it made itself.
    """

    number: int
    statements: tuple[Facts, ...]
    whole: Facts
    own: bool


class Analysis:
    """What ``analyse`` found; cells go by their number. ``scopes``: those of the cells' trees."""

    def __init__(
        self,
        cells: Sequence[CellFacts],
        calm: set[int],
        busy: set[int],
        inline: bool,
        scopes: Scopes,
        trees: tuple[ast.Module, ...],
    ) -> None:
        self.cells = tuple(cells)
        self.scopes = scopes
        self._trees = trees
        self._calm, self._busy = calm, busy
        self.inline = inline
        self._place = {cell.number: k for k, cell in enumerate(self.cells)}

    @cached_property
    def _events(self) -> dict[str, list[int]]:
        """Name → the places of the cells that bind, delete or read it."""
        found: dict[str, list[int]] = {}
        for k, cell in enumerate(self.cells):
            facts = cell.whole
            for name in {*facts.binds, *facts.deletes, *facts.reads}:
                found.setdefault(name, []).append(k)
        return found

    @cached_property
    def _all(self) -> list[int]:
        """The places of the cells that may look at any name."""
        return [k for k, cell in enumerate(self.cells) if cell.whole.sees_all]

    @cached_property
    def _history(self) -> int:
        """The place of the last cell that reads what IPython keeps of cells, or -1."""
        reading = (k for k, cell in enumerate(self.cells) if any(map(is_history, cell.whole.reads)))
        return max(reading, default=-1)

    def facts(self, cell: int) -> CellFacts:
        """Return the facts of a cell."""
        return self.cells[self._place[cell]]

    def is_pure(self, node: ast.expr, cell: int) -> bool:
        """Say whether evaluating ``node`` where it stands changes nothing anyone could see later.

        ``node`` is an expression of that cell's tree.
        """
        if isinstance(node, ast.Constant):
            return cell in self._place
        return cell in self._place and id(node) in self._calm and id(node) not in self._busy

    def only_looks(self, cell: int) -> bool:
        """Say whether a run without this cell could not be told from a run with it.

        What it prints and plots is lost, of course. What it binds is used nowhere later, and it
        changes no object that was there before.
        """
        return self.leaves_nothing(cell) and not self.uses(cell)

    def leaves_nothing(self, cell: int) -> bool:
        """Say whether nothing is left of a cell's run but the names that it binds."""
        found = self.facts(cell)
        facts = found.whole
        if not found.own or "*" in facts.binds:
            return False
        if not all(self.dies(effect) for effect in facts.effects):
            return False
        return self._history <= self._place[cell] and not facts.deletes - facts.binds

    def dies(self, effect: Effect) -> bool:
        """Say whether nothing is left of an effect once its cell has run."""
        plot = effect.kind == "plot" and self.inline
        return plot or effect.only_reads or effect.kind in HARMLESS

    def uses(self, cell: int, kept: Collection[int] | None = None) -> dict[str, int]:
        """Return each name that a cell binds, deletes or changes → the first later cell using it.

        ``kept``: the only cells that count as later ones.
        """
        start = self._place[cell]
        facts = self.facts(cell).whole
        names = facts.binds | facts.deletes | facts.changes
        found = {name: self._next_read(name, start, kept) for name in sorted(names)}
        return {name: number for name, number in found.items() if number is not None}

    def _next_read(self, name: str, place: int, kept: Collection[int] | None) -> int | None:
        events, after = self._events.get(name, []), self._all
        mine = bisect_right(events, place)
        all_of = bisect_right(after, place)
        while mine < len(events) or all_of < len(after):
            if all_of < len(after) and (mine == len(events) or after[all_of] <= events[mine]):
                cell = self.cells[after[all_of]]
                all_of += 1
            else:
                cell = self.cells[events[mine]]
                mine += 1
            if kept is not None and cell.number not in kept:
                continue
            if cell.whole.sees_all or name in cell.whole.reads:
                return cell.number
            if name in cell.whole.sure:
                return None
        return None

    def definitions(self, cell: int, name: str) -> tuple[int, ...]:
        """Return the cells whose binding of a name may be the one that a cell starts with."""
        found: list[int] = []
        events = self._events.get(name, [])
        for place in reversed(events[: bisect_right(events, self._place[cell] - 1)]):
            facts = self.cells[place].whole
            if name in facts.binds:
                found.append(self.cells[place].number)
            if name in facts.sure or (name in facts.deletes and name not in facts.binds):
                break
        return tuple(reversed(found))

    def live(self, cell: int) -> frozenset[str]:
        """Return the names that later cells read before they bind them."""
        start = self._place[cell]
        return frozenset(
            name for name in self._events if self._next_read(name, start, None) is not None
        )


def analyse(cells: Sequence[CellSource]) -> Analysis:
    """Return what the code cells of a notebook, in their order, do."""
    kernel = Kernel()
    runs = [_cell(kernel, cell) for cell in cells]
    hidden = set(BUILTINS)
    for _, notes, _ in runs:
        for one in notes:
            hidden -= one.binds
            hidden -= one.deletes
    found = []
    for number, notes, own in runs:
        statements = tuple([_facts(one, hidden) for one in notes])
        found.append(CellFacts(number, statements, _together(statements), own))
    # What is known of expressions goes by their identity: the trees must live as long.
    trees = tuple(cell.tree for cell in cells)
    return Analysis(found, kernel.calm, kernel.busy, kernel.inline, kernel.scopes, trees)


def _cell(kernel: Kernel, source: CellSource) -> tuple[int, list[Notes], bool]:
    """Run one cell: its number, its statements' notes, and whether it only changes its own."""
    kernel.source = source
    kernel.cell_steps = CELL_STEPS
    start = kernel.regions.count
    timed = any(m.kind == "cell" and m.name == "timeit" for m in source.magics)
    notes = [_statement(kernel, node) for node in source.tree.body]
    if source.error:
        bad = Notes(source.error.line)
        bad.effects[("unknown", "not Python", source.error.line, None)] = None
        notes.append(bad)
    if timed:
        _forget_locals(kernel, notes)
    own = all(note.oldest >= start for note in notes)
    return source.number, notes, own


def _statement(kernel: Kernel, node: ast.stmt) -> Notes:
    """Run one top-level statement; where it nests too deeply to be run, take it as anything."""
    kernel.notes = notes = Notes(node.lineno)
    try:
        kernel.statement(node)
    except RecursionError:
        kernel.leave()
        kernel.anything(node)
    return notes


def _forget_locals(kernel: Kernel, notes: Sequence[Notes]) -> None:
    """Take back what the body of ``%%timeit`` binds: it runs as a function of its own."""
    for note in notes:
        note.changes |= note.binds & kernel.globals.keys()
        note.reads |= note.binds
        for name in note.binds:
            kernel.set(kernel.globals, name, Value(None, kernel.regions.new()))
        note.binds.clear()
        note.sure.clear()


_NO_NAMES: Set[str] = frozenset()


def _facts(notes: Notes, hidden: Set[str]) -> Facts:
    """Return what a statement did, without the builtins which no cell binds."""
    late = notes.late - hidden if notes.late else notes.late
    return Facts(
        notes.line,
        notes.binds or _NO_NAMES,
        notes.deletes,
        notes.reads - hidden or _NO_NAMES,
        late,
        notes.changes,
        tuple(map(Effect._make, notes.effects)) if notes.effects else (),
        notes.sure or _NO_NAMES,
        notes.sees_all,
    )


def _together(statements: Sequence[Facts]) -> Facts:
    """Return the facts of statements that run one after the other."""
    if len(statements) == 1:
        return statements[0]
    binds: set[str] = set()
    reads: set[str] = set()
    sure: set[str] = set()
    deletes = late = changes = _NO_NAMES
    effects: dict[Effect, None] = {}
    for facts in statements:
        reads |= facts.reads - sure if sure else facts.reads
        binds |= facts.binds
        if facts.deletes:
            sure -= facts.deletes
            deletes |= facts.deletes
        sure |= facts.sure
        if facts.late_reads:
            late |= facts.late_reads
        if facts.changes:
            changes |= facts.changes
        for effect in facts.effects:
            effects[effect] = None
    line = statements[0].line if statements else 1
    return Facts(
        line,
        binds,
        deletes,
        reads,
        late,
        changes,
        tuple(effects),
        sure,
        any(facts.sees_all for facts in statements),
    )
