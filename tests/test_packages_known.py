"""The tables of packages: sound, complete where that can be told, and true of what is installed."""

from __future__ import annotations

import json
import sys
from importlib.metadata import packages_distributions, requires, version

import interpreters
import pytest

from mlv_hooks.packages import known
from mlv_hooks.packages.known import FOLDER, covers, is_given, providers, table, words
from mlv_hooks.packages.requirement import Need, normal, read_requirement

IMPORTS: dict[str, str] = table("imports")["imports"]
BRINGS: dict[str, str] = table("brings")["brings"]
SAME = words("imports", "same")
# These differ by version: what older ones bring counts as well.
ONCE_BROUGHT = {("ipykernel", "nest-asyncio"), ("ipython", "decorator"), ("pandas", "pytz")}
# Parts of tools, that nobody imports.
INNER = {"blackd", "mypyc", "grandalf/utils", "jupyterlab_jupytext", "jupytext_config", "py"}
INNER |= {"yaml-stubs", "validate", "pydevd_plugins", "public", "flufl", "antlr4", "zc"}


def test_at_least_150_names_are_known_that_are_not_those_of_their_packages() -> None:
    assert len(IMPORTS) >= 150
    assert len(SAME) >= 300


def test_names_are_listed_once_and_packages_as_indexes_compare_them() -> None:
    for name in FOLDER.glob("*.json"):
        json.loads(name.read_text(), object_pairs_hook=_without_twins)
    listed = [name for text in table("imports")["same"].values() for name in text.split()]
    assert len(listed) == len(set(listed))
    assert not SAME & IMPORTS.keys()
    packages = {one for text in (*IMPORTS.values(), *BRINGS.values()) for one in text.split()}
    packages |= {one.partition("[")[0] for one in BRINGS} | words("brings", "tools")
    packages |= words("brings", "conda") | words("brings", "kernel")
    assert {one for one in packages if normal(one.rstrip("*")) != one.rstrip("*")} == set()
    assert list(IMPORTS) == sorted(IMPORTS, key=lambda one: (one.lower(), one))


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len(dict(pairs)) == len(pairs), [key for key, _ in pairs]
    return dict(pairs)


def test_a_name_of_a_package_that_another_brings_is_found_by_its_import() -> None:
    brought = {one for text in BRINGS.values() for one in text.split()}
    odd = {one for text in IMPORTS.values() for one in text.split()[:1]}

    assert all(covers([one], one.replace("-", "_"), ()) for one in brought - odd)
    assert covers(known.with_all([Need("seaborn")]), *providers("PIL.Image"))


@pytest.mark.parametrize("python", interpreters.pythons())
def test_the_standard_library_of_each_python_is_known(python: str) -> None:
    code = "import sys; print(*sorted(sys.stdlib_module_names))"
    names = interpreters.run(python, code, "").split()

    assert [name for name in names if not is_given(name)] == []
    assert len(names) > 200


def test_what_was_taken_out_of_the_standard_library_is_known_as_what_came_in() -> None:
    gone = "distutils imp asynchat asyncore smtpd binhex lib2to3 cgi crypt telnetlib"
    new = "tomllib annotationlib compression"

    assert all(map(is_given, [*gone.split(), *new.split(), "concurrent.futures"]))
    assert not any(map(is_given, ["numpy", "setuptools", "google.cloud", *SAME]))
    assert "numpy" not in sys.stdlib_module_names


def test_the_tables_are_true_of_all_that_is_installed_here() -> None:
    wrong = []
    for name, packages in packages_distributions().items():
        part, known_for = providers(name)
        if part and not is_given(name) and name not in INNER and "__mypyc" not in name:
            there = set(map(normal, packages))
            wrong += [] if covers(there, part, known_for) else [(name, there)]

    assert wrong == []


def test_what_comes_with_a_package_does_so_with_the_one_that_is_installed_here() -> None:
    looked = 0
    for name, brought in BRINGS.items():
        if "[" not in name and _is_installed(name):
            looked += 1
            there = {one for one in brought.split() if (name, one) not in ONCE_BROUGHT}
            assert there <= _required(name), name
    assert looked > 10


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except ModuleNotFoundError:
        return False


def _required(name: str) -> set[str]:
    """Return what an installed package requires, directly or through others."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        for text in requires(one) or () if _is_installed(one) else ():
            (need,) = read_requirement(text)
            assert isinstance(need, Need)
            if "extra ==" not in text and need.name not in found:
                found.add(need.name)
                waiting.append(need.name)
    return found


def test_every_part_of_the_tables_is_described() -> None:
    text = (FOLDER / "README.md").read_text()

    for path in FOLDER.glob("*.json"):
        assert f"## {path.name}" in text
        assert [key for key in json.loads(path.read_text()) if f"- `{key}`" not in text] == []
