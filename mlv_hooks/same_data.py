"""Whether two plain values of a YAML file are the same to DVC."""

from __future__ import annotations

from collections.abc import Mapping

# The names of the stages that DVC makes of these follow the order of their keys.
_ORDERED = ("matrix", "foreach")


def same(one: object, other: object) -> bool:
    """Say whether two values are equal; unlike ``==`` this tells 1 from True and from 1.0."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(
            same(one[key], other[key]) and (key not in _ORDERED or _order(one, other, key))
            for key in one
        )
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    # "!=" to itself is how a number says that it is none
    return type(one) is type(other) and (one == other or (one != one and other != other))


def _order(one: Mapping[str, object], other: Mapping[str, object], key: str) -> bool:
    first, second = one[key], other[key]
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return list(first) == list(second)
    return True
