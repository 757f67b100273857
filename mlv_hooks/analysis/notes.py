"""What a statement is seen to do, and the names that are there before a notebook binds any."""

from __future__ import annotations

import ast
from collections.abc import Set

from mlv_hooks.analysis import known_names

# Names that IPython binds in every kernel, and what they are.
KERNEL = {
    "display": "IPython.display.display",
    "get_ipython": "IPython.get_ipython",
    "exit": "sys.exit",
    "quit": "sys.exit",
}
DUNDERS = frozenset({"__name__", "__doc__", "__package__", "__spec__", "__loader__"})
BUILTINS = known_names.BUILTINS - KERNEL.keys() | DUNDERS
CONTAINERS = frozenset({"data", "dict", "list", "set"})
# Statements of own functions that are gone through for one cell, and for the whole notebook.
CELL_STEPS = 4_000
NOTEBOOK_STEPS = 400_000


def is_history(name: str) -> bool:
    """Say whether IPython keeps what cells showed or held under a name: ``_``, ``Out``, ``_3``."""
    if name in ("_", "__", "___", "In", "Out", "_ih", "_oh", "_i", "_ii", "_iii"):
        return True
    return name.startswith("_") and name.removeprefix("_i").removeprefix("_").isdigit()


_NO_NAMES: Set[str] = frozenset()


class Notes:
    """What a statement does, as far as it is known so far."""

    __slots__ = (
        "binds",
        "changes",
        "deletes",
        "effects",
        "late",
        "line",
        "oldest",
        "reads",
        "sees_all",
        "sure",
    )

    def __init__(self, line: int) -> None:
        self.line = line
        self.binds: set[str] = set()
        self.sure: set[str] = set()
        self.reads: set[str] = set()
        # Few statements have these: they are sets made anew.
        self.deletes = self.late = self.changes = _NO_NAMES
        self.effects: dict[tuple[str, str, int, ast.expr | None], None] = {}
        self.sees_all = False
        self.oldest = 1 << 60


def is_known_name(name: str) -> bool:
    """Say whether a name is there before a notebook binds it."""
    return name in BUILTINS or name in KERNEL
