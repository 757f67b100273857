"""What setuptools and conda read: setup.cfg, setup.py and environment.yml."""

from __future__ import annotations

import ast
import configparser
import re
import warnings
from collections import Counter
from collections.abc import Iterator

from mlv_hooks.packages.known import on_index
from mlv_hooks.packages.requirement import Need, Unreadable, inside, normal
from mlv_hooks.packages.requirements_file import read_requirements
from mlv_hooks.packages.stated import Stated, asked

_MOST = 100_000  # characters: the YAML reader takes its time
_CONDA = re.compile(r"(?:[^\s:]+::)?([A-Za-z0-9_][\w.-]*)")


def read_setup_cfg(text: str, folder: str) -> Stated:
    """Return what a setup.cfg states; raise Unreadable for a broken one."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        raise Unreadable from None
    values = [parser.get("options", "install_requires", fallback="")]
    extras = "options.extras_require"
    values += [value for _, value in parser.items(extras)] if parser.has_section(extras) else []
    needs: list[Need] = []
    files: list[str] = []
    folders: list[str] = []
    for value in values:
        if value.strip().startswith("file:"):
            files += _listed(value.strip().removeprefix("file:"), folder)
            continue
        found = read_requirements(value, folder)
        needs += found.needs
        folders += found.folders
    name = normal(parser.get("metadata", "name", fallback="").strip())
    is_main = bool(needs or files)
    return Stated(tuple(needs), tuple(files), tuple(folders), name, is_main=is_main)


def _listed(text: str, folder: str) -> Iterator[str]:
    for one in re.split(r"[,\n]", text):
        path = inside(folder, one.strip()) if one.strip() else ""
        if path is None:
            raise Unreadable
        if path:
            yield path


def read_setup_py(text: str, folder: str) -> Stated:
    """Return what a setup.py states in plain values; raise Unreadable where it computes them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unreadable from None
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and _is_setup(one.func)]
    if len(calls) != 1:
        raise Unreadable
    given = {one.arg: one.value for one in calls[0].keywords}
    if None in given:
        raise Unreadable
    names = _plain_names(tree)
    needs, folders = asked(_value(given.get("install_requires"), names, []), folder)
    extras = _value(given.get("extras_require"), names, {})
    if not isinstance(extras, dict):
        raise Unreadable
    for one in extras.values():
        more, places = asked(one, folder)
        needs, folders = needs + more, folders + places
    name = given.get("name")
    own = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""
    return Stated(tuple(needs), (), tuple(folders), normal(own), is_main=bool(needs))


def _is_setup(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return name == "setup"


def _plain_names(tree: ast.Module) -> dict[str, ast.expr]:
    """Return what the names of a module are bound to that are bound at its top and used once."""
    used = Counter(one.id for one in ast.walk(tree) if isinstance(one, ast.Name))
    bound = {
        one.targets[0].id: one.value
        for one in tree.body
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
    }
    # Seen a third time, it may be changed in place.
    return {name: bound[name] for name in bound if used[name] == 2}


def _value(node: ast.expr | None, names: dict[str, ast.expr], default: object) -> object:
    if node is None:
        return default
    if isinstance(node, ast.Name):
        node = names.get(node.id, node)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise Unreadable from None


def read_environment(text: str, folder: str) -> Stated:
    """Return what a conda environment file states; raise Unreadable for a broken one."""
    # What is merged may be merged again, and grow beyond measure.
    if "<<" in text or len(text) > _MOST:
        raise Unreadable
    from mlv_hooks.stage.yaml_spans import PipelineError, parse

    try:
        data = parse(text).data
    except PipelineError:
        raise Unreadable from None
    listed = data.get("dependencies") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        return Stated()
    needs: list[Need] = []
    found = Stated()
    for one in listed:
        if isinstance(one, str):
            name = _CONDA.match(one)
            if not name:
                raise Unreadable
            needs += on_index(name[1])
        elif isinstance(one, dict) and isinstance(one.get("pip"), list):
            found = read_requirements("\n".join(map(str, one["pip"])), folder)
    return Stated((*needs, *found.needs), found.files, found.folders)
