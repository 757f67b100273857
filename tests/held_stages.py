"""What must hold of dvc.yaml in each commit, told without mlv."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ruamel.yaml import YAML

Blob = Callable[[str], bytes]


def declares_stage(content: bytes) -> bool:
    """Say whether a notebook declares a stage."""
    read = json.loads(content)
    texts = ["".join(cell["source"]) for cell in read["cells"]]
    named = read["metadata"].get("mlv", {}).get("stages")
    return bool(named) or any("\n:dvc-" in text for text in texts)


def wrong_stages(paths: set[str], blob: Blob) -> Iterator[str]:
    """Give what is wrong with the stages of a commit that holds ``paths``."""
    data = YAML(typ="safe").load(blob("dvc.yaml")) if "dvc.yaml" in paths else {}
    stages: dict[str, Any] = data.get("stages") or {}
    owners = {name: _owner(stage) for name, stage in stages.items()}
    for path in sorted(paths):
        if path.endswith(".ipynb") and declares_stage(blob(path)) and path not in owners.values():
            yield f"{path} has no stage"
    for name, notebook in owners.items():
        if notebook is not None:
            yield from _wrong(name, stages[name], notebook, paths, blob)


def _wrong(
    name: str, stage: dict[str, Any], notebook: str, paths: set[str], blob: Blob
) -> Iterator[str]:
    if notebook not in paths or not declares_stage(blob(notebook)):
        yield f"the stage {name} belongs to {notebook}, which declares none"
    steps = [one for one in stage["deps"] if one.startswith("steps/")]
    if not any(one in paths and f"from {notebook}".encode() in blob(one) for one in steps):
        yield f"the stage {name} has no step of {notebook}"
    if not any(stage["cmd"].startswith(f"python -m steps.{one[6:-3]}") for one in steps):
        yield f"the stage {name} does not run its step"
    params = YAML(typ="safe").load(blob("params.yaml")) if "params.yaml" in paths else {}
    if f"${{{name}}}" in stage["cmd"] and not isinstance(params.get(name), dict):
        yield f"params.yaml holds nothing of the stage {name}"


def _owner(stage: dict[str, Any]) -> str | None:
    found: str | None = stage.get("meta", {}).get("mlv", {}).get("notebook")
    return found
