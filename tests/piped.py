"""Notebooks that declare stages, and what dvc.yaml says of them."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from samples import code, notebook
from support import Done, Repo

PREPARE = '''"""Prepare.

:param int rows: how many
:dvc-in raw: data/raw.txt
:dvc-out clean: data/clean.txt
"""
raw = "data/raw.txt"
clean = "data/clean.txt"
rows = 2'''
FIT = '''"""Fit.

:param float rate: step size
:param bool fast: less work
:param list tags: names
:dvc-in clean: data/clean.txt
:dvc-out model: model.txt
:dvc-metric scores: scores.json
"""
clean = "data/clean.txt"
model = "model.txt"
scores = "scores.json"
rate = 0.5
fast = True
tags = ["a b", "-c"]'''
CLEAN = "lines = open(raw).read().splitlines()[:rows]\nopen(clean, 'w').write('\\n'.join(lines))"
LEARN = (
    "import json\n"
    "text = open(clean).read()\n"
    "open(model, 'w').write(f'{text} {rate} {fast} {tags}')\n"
    "open(scores, 'w').write(json.dumps({'size': len(text)}))"
)


def cells(parameters: str, work: str) -> bytes:
    look = code("print('looking')", metadata={"tags": ["no-effect"]})
    return notebook(code(parameters, metadata={"tags": ["parameters"]}), look, code(work))


def dvc(repo: Repo, *args: str) -> str:
    done = repo.having(DVC_NO_ANALYTICS="1").run("dvc", *args)
    assert done.code == 0, done.said
    return done.out


def stages(repo: Repo) -> dict[str, Any]:
    return dict(YAML(typ="safe").load(repo.read("dvc.yaml"))["stages"])


def sync(repo: Repo, *args: str) -> Done:
    done = repo.mlv("sync", *args)
    assert done.code == 0, done.said
    return done


def is_settled(repo: Repo) -> None:
    assert dvc(repo, "status") == "Data and pipelines are up to date.\n"
