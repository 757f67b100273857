"""How parameters are written on a command line: the names of their options."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mlv_hooks.declared.parameters import Parameter


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a parameter is written on the command line; ``off`` switches a boolean off."""

    options: tuple[str, ...]
    off: tuple[str, ...] = ()


def spellings(parameters: Sequence[Parameter]) -> dict[str, Spelling]:
    """Return how each parameter is written: with dashes, and as the notebook writes it.

    An exact name always belongs to its own parameter; `no_x` beside a boolean `x` is the
    parameter, and `x` is then switched off by another word.
    """
    exact = {f"--{one.name}" for one in parameters}
    used = {"--help", *exact}
    words: dict[str, tuple[str, ...]] = {}
    for one in parameters:
        dashed = f"--{one.name.strip('_').replace('_', '-')}"
        mine = f"--{one.name}"
        words[one.name] = (mine,) if dashed in (*used, "--") else (dashed, mine)
        used.add(dashed)
    result = {}
    for one in parameters:
        off = _off(words[one.name], used) if one.type.kind == "bool" else ()
        used.update(off)
        result[one.name] = Spelling(words[one.name], off)
    return result


def _off(options: tuple[str, ...], used: Collection[str]) -> tuple[str, ...]:
    prefix = "--no-"
    while any(prefix + one[2:] in used for one in options):
        prefix = "--not-" if prefix == "--no-" else f"{prefix}not-"
    return tuple(prefix + one[2:] for one in options)
