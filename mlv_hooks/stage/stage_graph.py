"""What DVC would refuse of a pipeline as a whole: outputs that meet, and cycles."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from mlv_hooks.declared.project_paths import Owners

_OUTS = ("outs", "metrics", "plots")

Data = Mapping[str, object]
_Paths = Mapping[str, Sequence[str]]


class Problem(NamedTuple):
    """One thing that DVC refuses: the rule's code, the stage that it is about, and what to do."""

    code: str
    stage: str
    message: str


def problems(
    stages: Mapping[str, Data], ours: Collection[str], folder: str = ""
) -> Iterator[Problem]:
    """Give what is wrong with the stages of a dvc.yaml, as far as those named ``ours`` have part.

    ``folder`` is that of dvc.yaml, from the project's root, as all paths are. Those that DVC fills
    in (``${item.x}``) are not judged.
    """
    outs = {name: list(outputs(data, folder)) for name, data in stages.items()}
    owners = Owners((path, name) for name, paths in outs.items() for path in paths)
    yield from _overlaps(outs, owners, ours)
    deps = {name: list(_paths(data, "deps", folder)) for name, data in stages.items()}
    yield from _cycle(deps, owners, ours)


def outputs(data: Data, folder: str) -> Iterator[str]:
    """Give the outputs of a stage of the dvc.yaml in ``folder``, from the project's root."""
    for kind in _OUTS:
        yield from _paths(data, kind, folder)


def cached_outputs(data: Data, folder: str) -> Iterator[str]:
    """Give the outputs that DVC keeps, so that git must not."""
    for kind in _OUTS:
        listed = data.get(kind)
        for one in listed if isinstance(listed, list) else ():
            if path_and_flags(one)[1].get("cache") is not False:
                yield from _paths({**data, kind: [one]}, kind, folder)


def path_and_flags(out: object) -> tuple[object, dict[str, object]]:
    """Return an out of dvc.yaml, which is a path or has flags below it, as both."""
    if isinstance(out, Mapping) and len(out) == 1:
        path, flags = next(iter(out.items()))
        return path, dict(flags) if isinstance(flags, Mapping) else {}
    return out, {}


def _paths(data: Data, kind: str, folder: str) -> Iterator[str]:
    listed = data.get(kind)
    for one in listed if isinstance(listed, list) else ():
        for path in one if isinstance(one, Mapping) else (one,):
            if isinstance(path, str) and "${" not in path and "://" not in path:
                yield place(data, path, folder)


def place(data: Data, path: str, folder: str) -> str:
    """Return where a path of a stage of the dvc.yaml in ``folder`` is, from the project's root."""
    wdir = data.get("wdir")
    base = posixpath.join(folder, wdir if isinstance(wdir, str) else "")
    return posixpath.normpath(posixpath.join(base, path))


def _overlaps(outs: _Paths, owners: Owners, ours: Collection[str]) -> Iterator[Problem]:
    written = [(path, name) for name, paths in outs.items() if name in ours for path in paths]
    for path, name in written:
        for other, second in owners.meeting(path):
            if name != second:
                both = f"{path} and {other}" if path != other else path
                message = f"the stages {name} and {second} both write {both}: give one its own path"
                yield Problem("MLV409", name, message)


def _cycle(deps: _Paths, owners: Owners, ours: Collection[str]) -> Iterator[Problem]:
    needs = {
        name: {maker for dep in paths for _, maker in owners.meeting(dep)}
        for name, paths in deps.items()
    }
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        round_ = [str(one) for one in error.args[1]]
        mine = [name for name in round_ if name in ours]
        if mine:
            way = " -> ".join(round_)
            message = f"the stages run in a circle, {way}: one must read what none of them writes"
            yield Problem("MLV410", mine[0], message)
