"""How the ways through an ``if``, a ``try`` or a loop come together."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

from mlv_hooks.analysis.machine import Machine
from mlv_hooks.analysis.notes import BUILTINS
from mlv_hooks.analysis.values import FAR, Names, Value, or_none

# Rounds through a loop before it is taken as doing anything.
TURNS = 8
# Loops within each other, also by calls, of which the innermost get one round only.
NESTED = 8

Outcome = dict[tuple[int, str], tuple[Names, Value | None]]
"""What a way has set: by scope and name, the scope and the value that the name has then."""


class Ways(Machine):
    """A machine that goes through several ways from one start, and on with what any may leave."""

    @property
    def is_sure(self) -> bool:
        """Whether what happens here happens in each run: in no branch and no loop."""
        return self._log is None

    def ways(self, *ways: Callable[[], None]) -> None:
        """Go through each way from the same start, then on with what all of them may have left."""
        start = set(self.notes.sure)
        outcomes: list[Outcome] = []
        sures: list[set[str]] = []
        outer, self._log = self._log, []
        for way in ways:
            self.notes.sure = set(start)
            mark = len(self._log)
            way()
            sures.append(self.notes.sure)
            outcomes.append(self._undo(mark))
        self._log = outer
        self.notes.sure = set.intersection(*sures) if sures else start
        self._meet(outcomes)

    def _undo(self, mark: int) -> Outcome:
        """Take back what was set since ``mark``; return what it was set to."""
        outcome: Outcome = {}
        log = self._log or []
        between: dict[tuple[int, str], list[Value]] = {}
        for names, name, old in log[mark:]:
            key = (id(names), name)
            if key in outcome and old is not None:
                between.setdefault(key, []).append(old)
            outcome[key] = (names, names.get(name))
        if self.fragile:
            for key, values in between.items():
                names, final = outcome[key]
                for value in values:
                    final = value if final is None else self.join(final, value)
                outcome[key] = (names, final)
        written, self._log = log[mark:], None
        for names, name, old in reversed(written):
            self.set(names, name, old)
        del log[mark:]
        self._log = log
        return outcome

    def _meet(self, outcomes: Sequence[Outcome]) -> None:
        for key in {key: None for outcome in outcomes for key in outcome}:
            held = next(outcome[key] for outcome in outcomes if key in outcome)[0]
            name = key[1]
            joined: Value | None = None
            missing = False
            for outcome in outcomes:
                value = outcome[key][1] if key in outcome else held.get(name)
                if value is None:
                    missing = True
                else:
                    joined = value if joined is None else self.join(joined, value)
            if joined is not None and missing:
                joined = self._perhaps_unbound(joined, name, held)
            self.set(held, name, joined)

    def _perhaps_unbound(self, value: Value, name: str, names: Names) -> Value:
        """Return what is known of a name that holds a value only if some way was taken."""
        if names is self.globals and (self.stars or name in BUILTINS):
            return self.join(value, Value(None, self.regions.new()))
        return value._replace(type=or_none(value.type))

    def perhaps(self, *steps: Callable[[], None]) -> None:
        """Go through steps of which one, or none, is taken."""
        self.ways(*steps, lambda: None)

    def again(self, step: Callable[[], None], own: Set[str] = frozenset()) -> None:
        """Go through the body of a loop until what is known at its start no longer grows.

        ``own`` are names where the loop stands that a round reads only once it has bound them. What
        else may read them, a function that a round made, is news of the loop by itself.
        """
        self.loops += 1
        self.fragile += 1
        deep, start = self.loops > NESTED, self.regions.new()
        for turn in range(TURNS):
            before, self.regions.oldest_loss = self.regions.oldest_loss, FAR
            hidden = self._hidden()
            outcome = self._discover(step)
            lost = self.regions.oldest_loss
            self.regions.oldest_loss = min(before, lost)
            grew = self._grow(outcome, start, forget=turn >= 2 or deep, own=own)
            grew = grew or lost < start or self._hidden() != hidden
            if not grew or deep:
                break
        if grew:
            self.effect("unknown", "loops nested too deeply to look into")
        self.loops -= 1
        self.fragile -= 1

    def _hidden(self) -> tuple[int, int, bool]:
        """Return what only ever grows, and changes what things do."""
        return len(self.pool), len(self.hazards), self.redirected

    def _discover(self, step: Callable[[], None]) -> Outcome:
        """Go through a step and take back what it set; return that."""
        start = set(self.notes.sure)
        outer, self._log = self._log, []
        step()
        outcome = self._undo(0)
        self._log = outer
        self.notes.sure = start
        return outcome

    def _grow(self, outcome: Outcome, start: int, forget: bool, own: Set[str]) -> bool:
        """Let names be what they were or what a step sets; say whether less is known then.

        What the names in ``own`` are means nothing to the next round, nor what is in scopes younger
        than ``start``: of functions that the step called.

        Less is known also where a name may now hold something older than ``start`` that it did
        not hold: what the step changes, it changes there too.
        """
        grew = False
        here = self.frame.names if self.frame else self.globals
        for (_, name), (names, value) in outcome.items():
            old = names.get(name)
            if value is None or value == old:
                continue
            if names.born > start or (names is here and name in own):
                self.set(names, name, value if old is None else self.join(old, value))
                continue
            grew = grew or self._reaches_more(old, value, start)
            joined = value if old is None else self.join(old, value)
            known = old and (old.type, old.path, old.code)
            if forget and known != (joined.type, joined.path, joined.code):
                self.escape(joined)
                joined = Value(None, joined.region or self.regions.new())
            grew = grew or known != (joined.type, joined.path, joined.code)
            self.set(names, name, joined)
        return grew

    def _reaches_more(self, old: Value | None, value: Value, start: int) -> bool:
        """Say whether a value holds something older than ``start`` that the old one did not."""
        if not value.region:
            return False
        if old and self.regions.find(old.region) == self.regions.find(value.region):
            return False
        older = self.regions.born(value.region) < start
        return older or bool(old and old.region and self.regions.names(value.region))
