"""What is known of packages, from the tables in ``known``; README.md there says how to add."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from mlv_hooks.analysis.known_names import STDLIB
from mlv_hooks.packages.requirement import Need, normal

FOLDER = Path(__file__).parent / "known"
# They bring nothing that code imports: hints of types, and parts of programs.
_ASIDE = re.compile(r"types-.+|.+-stubs|(?:pytest|flake8|sphinx|mkdocs|nvidia|r)-.+|_.+")
_VARIANT = re.compile(
    r"-(?:cpu|gpu|nightly|binary|base|core|headless|lite|full|bin|cuda\w*|cu\d+|rocm[\w-]*)$"
)


@cache
def table(name: str) -> dict[str, Any]:
    """Return one of the tables."""
    data: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return data


@cache
def words(file: str, key: str) -> frozenset[str]:
    """Return the names of a list in one of the tables."""
    found = table(file)[key]
    texts = found.values() if isinstance(found, dict) else [found]
    return frozenset(name for text in texts for name in text.split())


def is_given(name: str) -> bool:
    """Say whether a dotted name comes with Python, or from where no project can declare it."""
    top = name.partition(".")[0]
    if top.startswith("_") or top in STDLIB:
        return True
    hosted = words("imports", "hosted")
    return top in words("imports", "python2") or any(one in hosted for one in _above(name))


def providers(name: str) -> tuple[str, tuple[str, ...]]:
    """Return which part of a dotted name is that of a package, and the packages that bring it.

    There is none for a name that is in no table; the part is empty where many packages share it.
    """
    found = table("imports")["imports"]
    shared = words("imports", "namespaces")
    for one in _above(name):
        if one in found:
            return one, tuple(found[one].split())
        if one in shared:
            return "", ()
    top = name.partition(".")[0]
    return top, ((normal(top),) if top in words("imports", "same") else ())


def _above(name: str) -> list[str]:
    """Return a dotted name and all above it, the longest first."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]


@cache
def _all_known() -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the packages of the tables, and how the names of others begin."""
    brought = table("brings")
    found = {name for text in table("imports")["imports"].values() for name in text.split()}
    found |= set(map(normal, words("imports", "same"))) | words("brings", "tools")
    found |= {one.partition("[")[0] for one in brought["brings"]} | words("brings", "brings")
    found |= words("brings", "conda")
    starts = tuple(one[:-1] for one in found if one.endswith("*"))
    return frozenset(found), starts


def is_known(package: str) -> bool:
    """Say whether the tables have all that a package brings under names unlike its own."""
    names, starts = _all_known()
    return package in names or package.startswith(starts) or is_aside(package)


def is_aside(package: str) -> bool:
    """Say whether a package brings nothing to import, by its name."""
    return _ASIDE.fullmatch(package) is not None


def is_tool(package: str) -> bool:
    """Say whether a package is there for the people, and not for the notebooks."""
    return package in words("brings", "tools") or is_aside(package)


def brings_everything(package: str) -> bool:
    """Say whether a package brings more than can be listed."""
    return package in words("brings", "everything")


def with_all(needs: Iterable[Need]) -> frozenset[str]:
    """Return the packages that come with those that are asked for, these included."""
    brings = table("brings")["brings"]
    found: set[str] = set()
    waiting = list(needs)
    while waiting:
        one = waiting.pop()
        for key in (one.name, *(f"{one.name}[{extra}]" for extra in one.extras)):
            if key not in found:
                found.add(key)
                waiting += [Need(name) for name in brings.get(key, "").split()]
    return frozenset(found)


@cache
def of_kernel() -> frozenset[str]:
    """Return the packages that are wherever a notebook runs."""
    return with_all([Need(name) for name in words("brings", "kernel")])


def on_index(conda: str) -> tuple[Need, ...]:
    """Return what a conda package is on PyPI; none where it is no package of Python."""
    name = conda.lower()
    found = table("brings")["conda"]
    known = found.get(name, found.get(normal(name)))
    names = [normal(name)] if known is None else known.split()
    return () if name == "python" else tuple(Need(one) for one in names)


def on_conda(package: str) -> str:
    """Return what conda calls a package of PyPI."""
    names = table("brings")["conda"]
    return next((conda for conda in names if names[conda] == package), package)


def covers(packages: Iterable[str], name: str, providers: Sequence[str]) -> bool:
    """Say whether one of the packages brings a name: by the tables, or by how both are spelled."""
    starts = tuple(one[:-1] for one in providers if one.endswith("*"))
    wanted = {normal(name), *providers}
    spelled = {_squashed(normal(name))}
    return any(
        one in wanted or (starts and one.startswith(starts)) or _spellings(one) & spelled
        for one in packages
    )


def names_itself_after(package: str, providers: Sequence[str]) -> bool:
    """Say whether a package is called by one of these: a fork, or what is made for it and needs it.

    Hints of types need nothing.
    """
    names = "|".join(re.escape(one.rstrip("*")) for one in providers)
    return not is_aside(package) and re.search(rf"(?:^|-)(?:{names})(?:-|$)", package) is not None


@cache
def _spellings(package: str) -> frozenset[str]:
    """Return the names, without hyphens, that a package may well have in an import."""
    plain = {package, _VARIANT.sub("", package)}
    plain |= {one.removeprefix("python-") for one in plain} | {
        one.removesuffix(end) for one in plain for end in ("-python", "-py")
    }
    squashed = set(map(_squashed, plain))
    return frozenset(squashed | {one.removeprefix("py") for one in squashed})


def _squashed(name: str) -> str:
    return name.replace("-", "")
