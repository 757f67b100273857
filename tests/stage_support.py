"""A notebook with a stage, in a repository in which DVC is set up."""

from __future__ import annotations

import os
from pathlib import Path

from samples import code, notebook
from support import BIN, Done, Repo

FIT = '''"""Fit.

:param float rate: step size
:dvc-in raw: raw.txt
:dvc-out model: out/model.txt
"""
raw = "raw.txt"
model = "out/model.txt"
rate = 0.5'''
LEARN = "open(model, 'w').write(f'{open(raw).read()} {rate}')"


def fit(work: str = LEARN, parameters: str = FIT) -> bytes:
    """Return a notebook whose stage runs ``work``."""
    return notebook(code(parameters, metadata={"tags": ["parameters"]}), code(work))


def dvc(repo: Repo, *args: str) -> str:
    """Run DVC, which must end well, and return what it printed."""
    done = repo.having(DVC_NO_ANALYTICS="1").run("dvc", *args)
    assert done.code == 0, done.said
    return done.out


def refuses(repo: Repo, *args: str) -> str:
    """Sync, which must change nothing at all, and return the one line that it says."""
    before = repo.state()
    done: Done = repo.mlv("sync", *args)
    assert done.code == 1, done.said
    assert repo.state() == before
    assert not repo.exists(".git/mlv/journal.json")
    assert len(done.said.splitlines()) == 1, done.said
    return done.said


def path_with(folder: Path, script: str) -> str:
    """Return a PATH whose first ``dvc`` is a shell script."""
    folder.mkdir(exist_ok=True)
    program = folder / "dvc"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return os.pathsep.join([str(folder), str(BIN), os.environ["PATH"]])
