"""The TOML files that declare packages: pyproject.toml, pixi.toml, Pipfile and the lock files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlv_hooks.packages.known import on_index
from mlv_hooks.packages.requirement import Need, Unreadable, inside, normal
from mlv_hooks.packages.stated import Stated, all_asked
from mlv_hooks.toml import loads

Table = dict[str, Any]
_OF_CONDA = ("dependencies", "host-dependencies", "build-dependencies")
_NO_PACKAGES = frozenset({"source", "requires", "scripts", "pipenv"})


def read_pyproject(text: str, folder: str) -> Stated:
    """Return what a pyproject.toml states, by the standards and by each of the known tools.

    Raises Unreadable for what is broken.
    """
    document = _load(text)
    project, tool = _table(document, "project"), _table(document, "tool")
    poetry, pixi = _table(tool, "poetry"), _table(tool, "pixi")
    needs, folders = all_asked(_main_lists(project, tool), folder)
    needs += (*_keys(_table(poetry, "dependencies")), *_pixi(pixi))
    rest, more = all_asked(_other_lists(document, project, tool), folder)
    groups = [_table(one, "dependencies") for one in _tables(_table(poetry, "group"))]
    for table in (_table(poetry, "dev-dependencies"), *groups):
        rest += tuple(_keys(table))
    files = tuple(_dynamic_files(_table(_table(tool, "setuptools"), "dynamic"), folder))
    name = project.get("name") or poetry.get("name")
    is_dynamic = "dependencies" in _list(project, "dynamic")
    return Stated(
        (*needs, *rest),
        files,
        (*folders, *more),
        normal(name) if isinstance(name, str) else "",
        is_main=bool(needs or files),
        is_whole="name" in project and not is_dynamic,
        is_open=is_dynamic and not (needs or files),
    )


def read_pixi(text: str, folder: str) -> Stated:
    """Return what a pixi.toml states."""
    return Stated(tuple(_pixi(_load(text))))


def read_pipfile(text: str, folder: str) -> Stated:
    """Return what a Pipfile states, in all of its categories."""
    document = _load(text)
    categories = [document[key] for key in document if key not in _NO_PACKAGES]
    tables = [one for one in categories if isinstance(one, dict)]
    return Stated(tuple(need for one in tables for need in _keys(one)))


def read_lock(text: str, folder: str) -> Stated:
    """Return what a lock file of uv, Poetry or PDM holds."""
    names = (one.get("name") for one in _list(_load(text), "package") if isinstance(one, dict))
    needs = tuple(Need(normal(name)) for name in names if isinstance(name, str))
    return Stated(needs, is_main=False)


def _main_lists(project: Table, tool: Table) -> Iterator[object]:
    """Give the lists of requirements without which the project does nothing."""
    yield _list(project, "dependencies")
    flit = _table(_table(tool, "flit"), "metadata")
    yield _list(flit, "requires")
    for one in _tables(_table(_table(tool, "hatch"), "envs")):
        yield [*_list(one, "dependencies"), *_list(one, "extra-dependencies")]


def _other_lists(document: Table, project: Table, tool: Table) -> Iterator[object]:
    """Give the lists of requirements that are asked for by name, or by developers."""
    yield from _table(project, "optional-dependencies").values()
    for group in _table(document, "dependency-groups").values():
        if not isinstance(group, list):
            raise Unreadable
        # What a group includes is a group of this file, and all of them count.
        yield [one for one in group if not isinstance(one, dict)]
    yield from _table(_table(tool, "pdm"), "dev-dependencies").values()
    yield from _table(_table(_table(tool, "flit"), "metadata"), "requires-extra").values()
    for name in ("uv", "rye"):
        yield _list(_table(tool, name), "dev-dependencies")


def _dynamic_files(dynamic: Table, folder: str) -> Iterator[str]:
    """Give the requirements files from which setuptools takes dependencies and extras."""
    tables = [_table(dynamic, "dependencies"), *_tables(_table(dynamic, "optional-dependencies"))]
    for one in tables:
        named = one.get("file", [])
        for path in [named] if isinstance(named, str) else named:
            found = inside(folder, path) if isinstance(path, str) else None
            if found is None:
                raise Unreadable
            yield found


def _pixi(table: Table) -> Iterator[Need]:
    """Give the packages of a pixi workspace, of its features and of its platforms."""
    waiting = [table]
    while waiting:
        one = waiting.pop()
        for key in _OF_CONDA:
            for name in _table(one, key):
                yield from on_index(name)
        yield from _keys(_table(one, "pypi-dependencies"))
        waiting += [*_tables(_table(one, "feature")), *_tables(_table(one, "target"))]


def _keys(table: Table) -> list[Need]:
    """Return the packages of a table whose keys they are, with the extras that it names."""
    return [
        Need(normal(name), tuple(normal(x) for x in _extras(value) if isinstance(x, str)))
        for name, value in table.items()
        if name != "python"
    ]


def _extras(value: object) -> list[object]:
    found = value.get("extras") if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _load(text: str) -> Table:
    try:
        return loads(text)
    except (ValueError, RecursionError):
        raise Unreadable from None


def _table(table: Table, key: str) -> Table:
    found = table.get(key, {})
    return found if isinstance(found, dict) else {}


def _tables(table: Table) -> list[Table]:
    return [one for one in table.values() if isinstance(one, dict)]


def _list(table: Table, key: str) -> list[Any]:
    found = table.get(key, [])
    return found if isinstance(found, list) else []
