"""How the stages of a graph stand: dvc.lock against files, parameters and commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mlv_hooks.graph.hashes import Info, Verdict
from mlv_hooks.graph.model import KINDS, TO_RUN, Graph, Listed, Node, Standing, listed
from mlv_hooks.graph.templates import Data, Load, Run, Unresolved, Values, select
from mlv_hooks.stage.stage_graph import place

Compare = Callable[[str, Info], Verdict]
_UNREAD = object()
_TEMPLATE = re.compile(r"\$\{.*?\}")


@dataclass(frozen=True, slots=True)
class Lock:
    """What DVC noted after its runs, and what to hold against it.

    ``entries`` is dvc.lock by stage, ``compare`` looks at a file, ``load`` reads one of
    parameters; ``params`` is the name of the usual one.
    """

    entries: Mapping[str, Data]
    compare: Compare
    load: Load
    params: str


def to_compare(graph: Graph, entries: Mapping[str, Data]) -> set[str]:
    """Return the files that `judge` will look at."""
    return {
        one.path
        for node in graph.stages.values()
        if not node.frozen
        for run in node.runs or ()
        for one, info in _entries(run, entries.get(run.name, {}))
        if info and "://" not in one.path
    }


def judge(graph: Graph, lock: Lock) -> None:
    """Say how each stage stands, in the order of their work."""
    for node in graph.stages.values():
        if node.standing is Standing.MISSING:
            continue
        _judge_node(graph, node, lock)
        if node.sync and node.standing is Standing.CURRENT:
            node.standing = Standing.DIFFERS
        before = [one for one in node.needs if graph.stages[one].standing in TO_RUN]
        if before and node.standing is Standing.CURRENT:
            node.standing = Standing.AFTER
            node.why.append(f"after {', '.join(before)}")


def _judge_node(graph: Graph, node: Node, lock: Lock) -> None:
    if node.frozen:
        node.standing = Standing.FROZEN
        return
    if node.runs is None:
        node.standing, node.why = Standing.UNKNOWN, ["its group is made by templates"]
        return
    command = node.body.get("cmd")
    found = [(run, *_judge_run(graph, run, command, lock)) for run in node.runs]
    ranks = (Standing.STALE, Standing.NEVER, Standing.UNKNOWN)
    standings = {standing for _, standing, _ in found}
    node.standing = next((one for one in ranks if one in standings), Standing.CURRENT)
    if node.standing is Standing.NEVER and len(standings) == 1:
        return
    if node.standing is Standing.NEVER:
        node.standing = Standing.STALE
    for run, standing, why in found:
        prefix = f"{run.name.rpartition('@')[2]}: " if node.group else ""
        reasons = ["never run"] if standing is Standing.NEVER else why
        node.why += [prefix + one for one in reasons]


def _judge_run(graph: Graph, run: Run, command: object, lock: Lock) -> tuple[Standing, list[str]]:
    """Say how a run stands, and why; ``command`` is as dvc.yaml has it, with its templates."""
    entry = lock.entries.get(run.name)
    if not isinstance(entry, Mapping) or not entry:
        return Standing.NEVER, []
    changed: list[str] = []
    unknown: list[str] = []
    for word, sure in _params(run, entry, lock):
        (changed if sure else unknown).append(word)
    if "cmd" in run.open:
        unknown.append("its command has templates that name nothing here")
    elif run.data.get("cmd") != entry.get("cmd") and not (
        changed and may_become(command, entry.get("cmd"))
    ):
        changed.append("its command changed")  # a parameter changes what it becomes alone
    if run.data.get("always_changed") is True or not any(
        run.data.get(key) for key in ("deps", "params", *KINDS)
    ):
        changed.append("runs always")
    for one, info in _entries(run, entry):
        said = _verdict(one, info, lock)
        if said is not Verdict.SAME:
            unsure = said is Verdict.UNKNOWN
            (unknown if unsure else changed).append(f"{one.path} {said.value}")
            if not unsure and one.path in graph.files:
                graph.files[one.path].mark = said.value.removeprefix("is ")
    if changed:
        return Standing.STALE, changed
    return (Standing.UNKNOWN, unknown) if unknown else (Standing.CURRENT, [])


def may_become(command: object, noted: object) -> bool:
    """Say whether a command may be what DVC noted, with other values in its templates."""
    if isinstance(command, list) and isinstance(noted, list):
        return len(command) == len(noted) and all(map(may_become, command, noted))
    if not isinstance(command, str) or not isinstance(noted, str):
        return False
    first, *more = _TEMPLATE.split(command.replace("\\${", "$\0{"))
    parts = [one.replace("$\0{", "${") for one in (first, *more)]
    if len(parts) == 1 or not noted.startswith(parts[0]) or not noted.endswith(parts[-1]):
        return noted == parts[0]
    at, end = len(parts[0]), len(noted) - len(parts[-1])
    for part in parts[1:-1]:
        at = noted.find(part, at, end) + len(part)
        if at < len(part):
            return False
    return at <= end


def _verdict(one: Listed, info: Info, lock: Lock) -> Verdict:
    if "://" in one.path or "${" in one.path:
        return Verdict.UNKNOWN
    if not info:
        return Verdict.CHANGED  # dvc.yaml lists it since the last run
    return lock.compare(one.path, info)


def _entries(run: Run, entry: Data) -> Iterator[tuple[Listed, Info]]:
    """Give what a run lists, each with what dvc.lock has of it."""
    for key in ("deps", *KINDS):
        noted = entry.get("deps" if key == "deps" else "outs")
        lines = noted if isinstance(noted, list) else []
        by_path = {one.get("path"): one for one in lines if isinstance(one, Mapping)}
        for one in listed(run.data, key):
            yield one, by_path.get(one.raw, {})


def _params(run: Run, entry: Data, lock: Lock) -> Iterator[tuple[str, bool]]:
    """Give the parameters that differ from those of the last run; False: can't be told."""
    noted = entry.get("params")
    noted = noted if isinstance(noted, Mapping) else {}
    for file, keys in _files_of(run.data, lock.params):
        then = noted.get(file)
        now = lock.load(place(run.data, file, ""))
        if now is None:
            yield f"{file} can't be read", False
            continue
        if not isinstance(then, Mapping):
            yield f"{file} was not among its parameters", True
            continue
        for key in keys or dict.fromkeys([*now, *then]):
            is_now = _value(now, key)
            was = then.get(key, _UNREAD)
            if is_now is _UNREAD or is_now != was:
                yield f"{file}: {_where(key, is_now, was)} changed", True


def _value(values: Values, key: str) -> object:
    if key in values:
        return values[key]
    try:
        return select(values, key)
    except Unresolved:
        return _UNREAD


def _where(key: str, now: object, was: object) -> str:
    """Return which parameter changed: the one of a section, where it is one."""
    if isinstance(now, Mapping) and isinstance(was, Mapping):
        names = [one for one in {**now, **was} if now.get(one, _UNREAD) != was.get(one, _UNREAD)]
        if len(names) == 1:
            return _where(f"{key}.{names[0]}", now.get(names[0]), was.get(names[0]))
        return ", ".join(f"{key}.{one}" for one in names)
    return key


def _files_of(data: Data, usual: str) -> Iterator[tuple[str, list[str]]]:
    """Give the files of parameters that a run depends on, each with its keys; none mean all."""
    params = data.get("params")
    found: dict[str, list[str]] = {}
    for one in params if isinstance(params, list) else ():
        if isinstance(one, str):
            found.setdefault(usual, []).append(one)
        elif isinstance(one, Mapping):
            for file, keys in one.items():
                more = [str(key) for key in keys] if isinstance(keys, list) else []
                found.setdefault(str(file), []).extend(more)
    yield from found.items()
