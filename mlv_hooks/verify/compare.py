"""Two versions of a file: whether they hold the same, and if not, where they differ in words."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

SHOWN = 5
"""How many differences of one file are told."""

_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """How two versions of the file at ``path`` differ.

    ``same_content``: only their bytes differ, what a reader gets out of them does not.
    """

    path: str
    lines: tuple[str, ...]
    same_content: bool = False


class Unreadable(Exception):
    """The bytes are not what the file's name says, or the library that reads them is missing."""


Reader = Callable[[bytes, bytes], list[str]]
"""Tells how two contents differ; raises Unreadable when it cannot read one of them."""


def compare(
    path: str,
    one: bytes | None,
    other: bytes | None,
    names: tuple[str, str] = ("notebook", "step"),
) -> Difference | None:
    """Return how two versions of a file differ, None when they do not. None is a missing file.

    ``names`` say whose versions they are.
    """
    if one == other:
        return None
    if one is None or other is None:
        writer, lacking = names if other is None else names[::-1]
        return Difference(path, (f"written by the {writer}, not by the {lacking}",))
    return _compare(path, one, other, names)


def _compare(path: str, one: bytes, other: bytes, names: tuple[str, str]) -> Difference:
    try:
        found = _reader(path, names)(one, other)
    except Unreadable as error:
        found = _text(one, other, names) or _bytes(one, other)
        if str(error):
            found = [*found, f"({error})"]
    if not found:
        return Difference(path, ("same content, other bytes",), same_content=True)
    return Difference(path, tuple(shortened(found)))


def _reader(path: str, names: tuple[str, str]) -> Reader:
    from mlv_hooks.verify import compare_arrays, compare_tables, compare_values

    suffix = PurePosixPath(path).suffix.lower()
    tables = {".csv": ",", ".tsv": "\t"}
    if suffix in tables:
        return lambda one, other: compare_tables.csv_texts(one, other, tables[suffix], names)
    readers: dict[str, Callable[[bytes, bytes, tuple[str, str]], list[str]]] = {
        ".json": compare_values.json_texts,
        ".ipynb": compare_values.json_texts,
        ".pkl": compare_values.pickles,
        ".pickle": compare_values.pickles,
        ".joblib": compare_values.pickles,
        ".parquet": compare_tables.parquets,
        ".npy": compare_arrays.npy,
        ".npz": compare_arrays.npz,
        **dict.fromkeys(
            (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"), _image
        ),
    }
    known = readers.get(suffix, _neither)
    return lambda one, other: known(one, other, names)


def _image(one: bytes, other: bytes, names: tuple[str, str]) -> list[str]:
    from mlv_hooks.verify.compare_arrays import images

    return images(one, other, names)


def _neither(one: bytes, other: bytes, names: tuple[str, str]) -> list[str]:
    raise Unreadable


def _text(one: bytes, other: bytes, names: tuple[str, str]) -> list[str]:
    """Return the lines of a diff; none when either is no text."""
    try:
        sides = [data.decode().splitlines() for data in (one, other)]
    except UnicodeDecodeError:
        return []
    if b"\0" in one + other:
        return []
    if sides[0] == sides[1]:
        return ["only the ends of lines differ"]
    diff = difflib.unified_diff(sides[0], sides[1], *names, lineterm="", n=0)
    return [cut(line, 2 * _WIDTH) for line in list(diff)[2:]]


def _bytes(one: bytes, other: bytes) -> list[str]:
    shorter = min(len(one), len(other))
    first = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    sizes = f"{len(one)} bytes" if len(one) == len(other) else f"{len(one)} and {len(other)} bytes"
    return [f"{sizes}, differ from byte {first + 1} on"]


def versus(one: object, other: object, names: tuple[str, str]) -> str:
    """Return ``notebook 1, step 2`` for two values."""
    return f"{names[0]} {cut(repr(one))}, {names[1]} {cut(repr(other))}"


def cut(text: str, width: int = _WIDTH) -> str:
    """Shorten ``text`` to ``width`` characters."""
    return text if len(text) <= width else text[: width - 1] + "…"


def shortened(lines: Sequence[str]) -> list[str]:
    """Return the first few lines, and how many more there are."""
    rest = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"… and {rest} more"] if rest > 0 else [])]
