"""Whether two plain values of a YAML file are the same to DVC."""

from __future__ import annotations

from collections.abc import Mapping

# The stages that DVC makes of these are named in the order of their keys.
_ORDERED = ("matrix", "foreach")


def same(one: object, other: object) -> bool:
    """Say whether two values are equal; unlike ``==`` this tells 1 from True and from 1.0."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    # "!=" to itself is how a number says that it is none
    return type(one) is type(other) and (one == other or (one != one and other != other))


def same_key(key: str, one: object, other: object) -> bool:
    """Say whether two values are the same as what a stage has at a key."""
    if key in _ORDERED and isinstance(one, Mapping) and isinstance(other, Mapping):
        return list(one) == list(other) and same(one, other)
    return same(one, other)


def same_stage(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Say whether two stages are the same."""
    return one.keys() == other.keys() and all(same_key(key, one[key], other[key]) for key in one)
