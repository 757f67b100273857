"""The import lines of a step, in an import sorter's order."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mlv_hooks.hoisting import Alias
from mlv_hooks.known_names import STANDARD

UNUSED = "  # noqa: F401"
"""An import that no one reads may still do something, such as register a projection."""


def import_lines(
    imports: Iterable[Alias], used: Collection[str] | None
) -> tuple[list[str], list[str]]:
    """Return the lines for the standard library and those for the rest.

    Modules of the standard library that nobody uses are left out; ``used`` None: all may be.
    """
    groups: tuple[list[Alias], list[Alias]] = ([], [])
    for one in dict.fromkeys(imports):
        standard = one[0].partition(".")[0] in STANDARD
        if standard and used is not None and one[2] not in used:
            continue
        groups[not standard].append(one)
    return _lines(groups[0], used), _lines(groups[1], used)


def _lines(imports: Iterable[Alias], used: Collection[str] | None) -> list[str]:
    plain, members, renamed = [], dict[str, list[str]](), list[Alias]()
    for module, member, name in imports:
        noqa = UNUSED if used is not None and name not in used else ""
        if not member:
            bound = module.partition(".")[0]
            plain.append((module.lower(), f"import {module}" + _as(bound, name) + noqa))
        elif member != name or noqa:
            renamed.append((module, member, name))
        else:
            members.setdefault(module, []).append(member)
    lines = [line for _, line in sorted(plain)]
    froms: list[tuple[str, int, tuple[int, str], str]] = []
    for module, names in members.items():
        names.sort(key=_order)
        froms.append(
            (module.lower(), 0, _order(names[0]), f"from {module} import {', '.join(names)}")
        )
    for module, member, name in renamed:
        noqa = UNUSED if used is not None and name not in used else ""
        line = f"from {module} import {member}" + _as(member, name) + noqa
        froms.append((module.lower(), 0, _order(member), line))
    return lines + [line for *_, line in sorted(froms)]


def _as(own: str, name: str) -> str:
    return "" if own == name else f" as {name}"


def _order(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name
