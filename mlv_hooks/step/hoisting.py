"""Which imports, functions and classes may stand at module level, and which names are global.

Sound first: what is not known to mean the same at module level stays where it was.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

from mlv_hooks.analysis.known_names import BUILTINS, LIBRARIES, STANDARD
from mlv_hooks.analysis.trees import walk
from mlv_hooks.step.at_start import DEFS, AtStart, is_lively
from mlv_hooks.step.lowering import Piece, Trouble
from mlv_hooks.step.plots import closes_all

WORD = re.compile(r"[^\W\d]\w*")
AT_WORD = re.compile(r"@([^\W\d]\w*)")
IMPORTS = (ast.Import, ast.ImportFrom)
FUTURES = frozenset({"annotations", "barry_as_FLUFL"})
"""What ``from __future__`` still changes: the other features are part of Python 3 by now."""

Alias = tuple[str, str, str]
"""An import's module, its member (empty for the module itself) and the name that it binds."""


@dataclass(slots=True)
class Plan:
    """Where each piece goes. ``globals``: names that the step's function declares global.

    ``together`` says that the parameters are global too, so that the function must be two.
    """

    imports: list[Alias] = field(default_factory=list)
    future: list[str] = field(default_factory=list)
    stars: bool = False
    defs: list[Piece] = field(default_factory=list)
    body: list[Piece] = field(default_factory=list)
    globals: set[str] = field(default_factory=set)
    together: bool = False
    beside: bool = False
    troubles: list[Trouble] = field(default_factory=list)


def plan(
    pieces: Sequence[Piece],
    parameters: Collection[str],
    fenced: Collection[str],
    noisy: Collection[tuple[int, int]],
    reflective: bool,
) -> Plan:
    """Decide for each piece. ``fenced`` are names of the module that no piece may take.

    ``noisy``: cell and line of statements that an import may notice.
    """
    return _Planner(pieces, set(parameters), set(fenced), noisy, reflective).plan()


class _Planner:
    def __init__(
        self,
        pieces: Sequence[Piece],
        parameters: set[str],
        fenced: set[str],
        noisy: Collection[tuple[int, int]],
        reflective: bool,
    ) -> None:
        self.pieces = pieces
        self.parameters = parameters
        self.reflective = reflective
        self.noisy = noisy
        self.result = Plan()
        facts = [piece.facts for piece in pieces]
        self.count = Counter(chain.from_iterable([one.binds for one in facts]))
        self.bound = set(self.count)
        self.declared: set[str] = set().union(*[one.declared for one in facts])
        self.fenced = fenced & (self.bound | self.declared)
        self.deleted: set[str] = set().union(*[one.deletes for one in facts])
        self.has_star = any(one.stars for one in facts)
        self.unsure = self._read_before_bound()
        self.by_text = self._named_in_text()

    def plan(self) -> Plan:
        must = self.declared | self.by_text | (self.unsure & self._other_meaning())
        must |= self._asked_for()
        if self.reflective:
            must |= self.bound | self.parameters
        in_class = set().union(*(piece.facts.in_class for piece in self.pieces))
        must |= in_class & (self.bound | self.parameters)
        self.result.together = bool(must & self.parameters)
        self.closed = self.fenced | (set() if self.result.together else self.parameters)
        hoisted = set() if self.reflective else self._hoistable_imports()
        self._future()
        self._stars()
        self._imports(hoisted)
        chosen = {} if self.reflective else self._hoistable_defs()
        self.result.defs = list(chosen.values())
        places = {id(piece) for piece in self.result.defs}
        self.result.body = [piece for piece in self.result.body if id(piece) not in places]
        self._globals(must)
        return self.result

    # --- names that mean something before the notebook binds them

    def _read_before_bound(self) -> set[str]:
        """Names that may be read where the notebook has not bound them, or not any more."""
        unsure, seen = set(self.deleted), set(self.parameters)
        for piece in self.pieces:
            found = piece.facts
            early = found.touched - seen
            if early:
                unsure |= early & self.bound
            if found.binds:
                unsure |= found.binds - found.sure - seen
                seen |= found.sure
                seen |= found.binds & unsure
        return unsure

    def _asked_for(self) -> set[str]:
        """Names whose absence is caught: a local one that is not bound says so in other words."""
        found: set[str] = set()
        for piece in self.pieces:
            if type(piece.node) is ast.Try and "NameError" in piece.facts.reads:
                found |= piece.facts.touched & self.bound
        return found

    def _other_meaning(self) -> set[str]:
        return self.bound if self.has_star else set(BUILTINS)

    def _named_in_text(self) -> set[str]:
        """Names in strings that a function may hand to what looks them up by text."""
        called = set().union(*(piece.facts.by_text for piece in self.pieces))
        if not called:
            return set()
        pattern = AT_WORD if called <= {"query", "eval"} else WORD
        found = {
            name
            for piece in self.pieces
            for one in ast.walk(piece.node)
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
            for name in pattern.findall(one.value)
        }
        return found & (self.bound | self.parameters)

    # --- imports

    def _future(self) -> None:
        before: list[Piece] = []
        for piece in self.pieces:
            node = piece.node
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                names = [one.name for one in node.names]
                self.result.future += names
                if not FUTURES.isdisjoint(names) and any(map(_has_annotations, before)):
                    self._refuse(piece, "move from __future__ above all functions and classes")
            else:
                before.append(piece)

    def _hoistable_imports(self) -> set[Alias]:
        """Return the imports that may run when the module is loaded."""
        quiet, early, read, others = True, Counter[Alias](), set[str](), set[str]()
        all_of = Counter[Alias]()
        for piece in self.pieces:
            node = piece.node
            if isinstance(node, IMPORTS):
                aliases = [one for one in _aliases(node) if one[0] != "__future__"]
                all_of.update(aliases)
                if quiet:
                    early.update(one for one in aliases if one[2] not in read)
                    if any(not _is_library(one[0]) for one in aliases):
                        quiet = False
                continue
            others |= piece.facts.binds
            read |= piece.facts.touched
            quiet = quiet and not self._is_noisy(piece)
        good = {one for one in early if self._may_move(one) and one[2] not in others}
        names: dict[str, set[tuple[str, str]]] = {}
        for module, member, name in all_of:
            # `import a.b` and `import a.c` bind the same.
            top = module if member or name != module.partition(".")[0] else name
            names.setdefault(name, set()).add((top, member))
        clear = {one for one in good if len(names[one[2]]) == 1}
        kept = {one[2] for one in all_of if one not in clear}
        return {one for one in clear if one[2] not in kept}

    def _may_move(self, alias: Alias) -> bool:
        module, _, name = alias
        taken = self.parameters | self.fenced | self.deleted | self.declared
        return _is_library(module) and name not in taken and name not in BUILTINS

    def _is_noisy(self, piece: Piece) -> bool:
        node = piece.node
        if piece.own:
            return not closes_all(node)
        if (piece.cell, piece.line) in self.noisy:
            return True
        return isinstance(node, DEFS) and bool(node.decorator_list)

    def _imports(self, hoisted: set[Alias]) -> None:
        """Move the imports that may move; the others stay in the body."""
        order: list[Alias] = []
        for piece in self.pieces:
            node = piece.node
            if not isinstance(node, IMPORTS):
                self.result.body.append(piece)
                continue
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                continue
            if piece.facts.stars:
                order += _aliases(node)
                continue
            stay = [
                one
                for one, alias in zip(node.names, _aliases(node), strict=True)
                if alias not in hoisted
            ]
            order += [alias for alias in _aliases(node) if alias in hoisted]
            if stay:
                self.result.beside |= any(not _is_library(one[0]) for one in _aliases(node))
                self.result.body.append(_with_names(piece, node, stay))
        self.result.imports = list(dict.fromkeys(order))

    def _stars(self) -> None:
        alone = True
        for piece in self.pieces if self.has_star else ():
            node = piece.node
            if isinstance(node, ast.ImportFrom) and piece.facts.stars:
                module = node.module or ""
                if not alone or not _is_library(module) or self.parameters or node.level:
                    self._refuse(
                        piece,
                        f"from {module} import * can't stand in a function: name what you need",
                    )
                else:
                    self.result.stars = True
            elif not isinstance(node, IMPORTS) or any(
                not _is_library(one[0]) for one in _aliases(node)
            ):
                alone = False

    # --- functions and classes

    def _hoistable_defs(self) -> dict[str, Piece]:
        chosen: dict[str, Piece] = {}
        moved = {alias[2] for alias in self.result.imports}
        modules = {alias[2]: alias[0].partition(".")[0] for alias in self.result.imports}
        read, lively, known = set[str](), set[str](), self.bound | self.parameters
        for piece in self.pieces:
            node = piece.node
            if isinstance(node, ast.ClassDef) and is_lively(node, lively):
                lively.add(node.name)
            if isinstance(node, DEFS) and not piece.own:
                name = node.name
                alone = self.count[name] == 1 and name not in self.deleted | self.parameters
                free = name not in BUILTINS and name not in self.fenced and name not in read
                reads = piece.facts.touched
                checker = AtStart(moved | set(chosen), modules, known, lively)
                if alone and free and not reads & self.closed and checker.definition(node):
                    chosen[name] = piece
            read |= piece.facts.reads
        return chosen

    # --- globals

    def _globals(self, must: set[str]) -> None:
        here = set().union(*(piece.facts.binds for piece in self.result.body))
        wanted = set(must)
        for piece in self.result.defs:
            wanted |= piece.facts.touched | piece.facts.declared
        for piece in self.result.body:
            if isinstance(piece.node, DEFS) and piece.node.name not in self.fenced:
                wanted.add(piece.node.name)
        self.result.globals = wanted & here
        if self.result.together:
            self.result.globals |= self.parameters
        for name in sorted((self.result.globals | self.declared) & self.fenced):
            touching = (one for one in self.pieces if name in one.facts.binds | one.facts.declared)
            piece = next(touching)
            self._refuse(piece, f"{name} is what the step itself defines: take another name")
        if not self.result.together:
            for name in sorted(self.result.globals & self.parameters):
                self.result.globals.discard(name)

    def _refuse(self, piece: Piece, message: str) -> None:
        self.result.troubles.append(Trouble("MLV011", message, piece.cell, piece.line))


def _is_library(module: str) -> bool:
    top = module.partition(".")[0]
    return top in STANDARD or top in LIBRARIES


def _aliases(node: ast.Import | ast.ImportFrom) -> list[Alias]:
    if isinstance(node, ast.Import):
        return [(one.name, "", one.asname or one.name.partition(".")[0]) for one in node.names]
    module = "." * node.level + (node.module or "")
    return [(module, one.name, one.asname or one.name) for one in node.names]


def _with_names(piece: Piece, node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> Piece:
    if len(names) == len(node.names):
        return piece
    new: ast.stmt = (
        ast.Import(names)
        if isinstance(node, ast.Import)
        else ast.ImportFrom(node.module, names, node.level)
    )
    from mlv_hooks.analysis.scopes import Scopes
    from mlv_hooks.analysis.touched_names import facts

    ast.copy_location(new, node)
    return Piece(new, piece.cell, piece.line, facts(new, Scopes()), piece.own)


@cache
def aliases_of(line: str) -> tuple[Alias, ...]:
    """Return what an import line imports."""
    node = ast.parse(line).body[0]
    assert isinstance(node, IMPORTS)
    return tuple(_aliases(node))


def _has_annotations(piece: Piece) -> bool:
    """Say whether a statement has, or may have, annotations somewhere."""
    return any(isinstance(node, (*DEFS, ast.AnnAssign)) for node in walk(piece.node))
