"""The import lines of a step, in an import sorter's order."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mlv_hooks.analysis.known_names import STANDARD
from mlv_hooks.step.hoisting import Alias

UNUSED = "  # noqa: F401"
"""An import that no one reads may still do something, such as register a projection."""


INERT = STANDARD | {"IPython"}
"""What does nothing when it is imported, so that it may be left out where no one reads it."""


def import_lines(
    imports: Iterable[Alias], used: Collection[str] | None
) -> tuple[list[str], list[str]]:
    """Return the lines for the standard library and those for the rest, each sorted.

    ``used`` None: all may be.
    """
    groups: tuple[list[Alias], list[Alias]] = ([], [])
    for one in dict.fromkeys(imports):
        if used is None or one[2] in used or not is_inert(one[0]):
            groups[one[0].partition(".")[0] not in STANDARD].append(one)
    return _lines(groups[0], used), _lines(groups[1], used)


def is_inert(module: str) -> bool:
    """Say whether importing a module changes nothing."""
    return module.partition(".")[0] in INERT


def in_order(imports: Iterable[Alias]) -> list[str]:
    """Return a line for each import, in their own order: a star may hide what came before it."""
    return [_line(one) + (UNUSED.replace("401", "403") if one[1] == "*" else "") for one in imports]


def _line(alias: Alias) -> str:
    module, member, name = alias
    if not member:
        return f"import {module}" + _as(module.partition(".")[0], name)
    return f"from {module} import {member}" + _as(member, name)


def _lines(imports: Iterable[Alias], used: Collection[str] | None) -> list[str]:
    plain: list[tuple[str, str]] = []
    froms: list[tuple[str, tuple[int, str], str]] = []
    members = dict[str, list[str]]()
    unused = set[str]()
    for one in imports:
        module, member, name = one
        is_unused = used is not None and name not in used
        if not member:
            plain.append((module.lower(), _line(one) + (UNUSED if is_unused else "")))
        elif member == name:
            members.setdefault(module, []).append(member)
            unused.update([module] if is_unused else [])
        else:
            text = _line(one) + (UNUSED if is_unused else "")
            froms.append((module.lower(), _order(member), text))
    for module, names in members.items():
        names.sort(key=_order)
        text = f"from {module} import {', '.join(names)}" + (UNUSED if module in unused else "")
        froms.append((module.lower(), _order(names[0]), text))
    return [line for _, line in sorted(plain)] + [line for *_, line in sorted(froms)]


def _as(own: str, name: str) -> str:
    return "" if own == name else f" as {name}"


def _order(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name
