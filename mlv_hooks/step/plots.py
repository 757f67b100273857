"""How a notebook's figures live and die: the inline backend closes them all with their cell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mlv_hooks.analysis.known_names import PLOTTING
from mlv_hooks.analysis.source import CellSource
from mlv_hooks.analysis.trees import statements, targets

SHOWING = frozenset({"display", "clear_output", "update_display"})
"""Functions of IPython that show values."""
KEEPS = re.compile(
    r"InlineBackend\.close_figures\s*=\s*False|\b(?:matplotlib|mpl)\.use\(|switch_backend\("
    r"|%matplotlib[ \t]+(?!inline\b|--list\b|-l\b)\w"
)
MAY_KEEP = ("%matplotlib", "matplotlib.use(", "mpl.use(", "close_figures", "backend(")


@dataclass(frozen=True, slots=True)
class Plots:
    """How plots behave. ``closes``: figures end with their cell.

    ``pyplot`` and ``shown`` are what the notebook calls matplotlib.pyplot, and the functions with
    which IPython shows values; ``bare`` what it calls pyplot's own `show`. ``imported``:
    the notebook itself imports something that plots.
    """

    closes: bool
    imported: bool
    pyplot: frozenset[str]
    shown: frozenset[str]
    bare: frozenset[str]


def plots_of(cells: Sequence[CellSource], text: str) -> Plots:
    """Return how the plots of these cells behave; ``text`` is that of all of them."""
    pyplot, shown, bare = set[str](), set[str](), set[str]()
    imported = False
    named = [*filter(text.__contains__, (*PLOTTING, "IPython"))]
    for cell in cells:
        if "import" not in cell.text or not any(map(cell.text.__contains__, named)):
            continue
        for module, member, name in _imports(cell.tree):
            imported |= module.partition(".")[0] in PLOTTING
            if (module, member) in (("matplotlib.pyplot", ""), ("matplotlib", "pyplot")):
                pyplot.add(name)
            elif module in ("matplotlib.pyplot", "pylab") and member in ("show", "*"):
                bare.add("show" if member == "*" else name)
            elif module.partition(".")[0] == "IPython" and member in (*SHOWING, "*"):
                shown |= SHOWING if member == "*" else {name}
    for cell in cells:
        if any(map(cell.text.__contains__, shown)):
            shown -= _named_anew(cell.tree)
    asks = [cell.text for cell in cells if _may_keep(cell.text)] if _may_keep(text) else ()
    closes = not any(map(KEEPS.search, asks))
    return Plots(closes, imported, frozenset(pyplot), frozenset(shown), frozenset(bare))


def _named_anew(tree: ast.Module) -> set[str]:
    """Return the names that a cell binds by other statements than imports."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {one.name for one in statements(tree.body) if isinstance(one, kinds)} | {*targets(tree)}


def _may_keep(text: str) -> bool:
    """Say, at once, whether figures may outlive the cells of this text: ``KEEPS`` must look."""
    return any(map(text.__contains__, MAY_KEEP))


def _imports(tree: ast.Module) -> Iterable[tuple[str, str, str]]:
    for node in statements(tree.body):
        if isinstance(node, ast.Import):
            for one in node.names:
                yield one.name, "", one.asname or one.name
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                yield node.module or "", one.name, one.asname or one.name


def closing(cells: Sequence[CellSource], analysis: Any, plots: Plots) -> set[int]:
    """Return the numbers of the cells at whose end figures may have to be closed."""
    if not plots.closes:
        return set()
    facts = {one.number: one for one in analysis.cells}
    kinds = {
        cell.number: {effect.kind for effect in facts[cell.number].whole.effects} for cell in cells
    }
    draws = {number for number, found in kinds.items() if "plot" in found}
    if draws or plots.imported:
        draws |= {number for number, found in kinds.items() if "unknown" in found}
    return draws


def closes_all(node: ast.stmt) -> bool:
    """Say whether a statement closes all figures."""
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "close"
        and [getattr(one, "value", None) for one in call.args] == ["all"]
    )
