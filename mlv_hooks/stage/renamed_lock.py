"""dvc.lock of a stage whose notebook was renamed and does the same work: DVC need not run it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlv_hooks.stage.lock_text import lines_of
from mlv_hooks.stage.pipeline import read_pipeline, splice


@dataclass(frozen=True, slots=True)
class Rename:
    """A step that was ``before`` and is ``after``, and holds ``content``: only its name changed."""

    before: str
    after: str
    content: bytes


def rename_in_lock(text: str, stage: str, former: str, rename: Rename) -> str:
    """Return a dvc.lock in which ``stage``, which was ``former``, has run as it is called now.

    The entry stands under its new name already. Raises PipelineError.
    """
    place = lines_of(text, stage)
    if place is None:
        return _renamed(text, stage, former, rename)
    start, stop = place
    head = "stages:\r\n" if "\r\n" in text[start:stop] else "stages:\n"
    new = _renamed(head + text[start:stop], stage, former, rename)
    return text[:start] + new.removeprefix(head) + text[stop:]


def _renamed(text: str, stage: str, former: str, rename: Rename) -> str:
    entry = read_pipeline(text).stages.get(stage)
    if entry is None:
        return text
    data = dict(entry.data)
    command, call = data.get("cmd"), f"python -m {_module(rename.before)} "
    if isinstance(command, str) and f"{command} ".startswith(call):
        data["cmd"] = f"python -m {_module(rename.after)} {command[len(call) :]}".rstrip()
    deps = data.get("deps")
    if isinstance(deps, Sequence):
        data["deps"] = [_dep(one, rename) for one in deps]
    params = data.get("params")
    if isinstance(params, Mapping):
        data["params"] = {file: _section(keys, former, stage) for file, keys in params.items()}
    return splice(text, {stage: data})


def _module(step: str) -> str:
    return step.removesuffix(".py").replace("/", ".")


def _dep(dep: object, rename: Rename) -> object:
    if not isinstance(dep, Mapping) or dep.get("path") != rename.before:
        return dep
    digest = hashlib.md5(rename.content, usedforsecurity=False).hexdigest()
    size = len(rename.content)
    return {**dep, "path": rename.after, "md5": digest, "size": size}


def _section(keys: object, former: str, stage: str) -> object:
    if not isinstance(keys, Mapping):
        return keys
    return {stage if key == former else key: value for key, value in keys.items()}
