"""The oldest DVC that pyproject.toml takes does the main work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from piped import dvc, is_settled
from support import ROOT, Repo

PROMISED = re.search(r'^dvc = \["dvc>=([\d.]+)"\]$', (ROOT / "pyproject.toml").read_text(), re.M)


@pytest.mark.slow
def test_the_oldest_dvc_runs_what_we_write_and_nothing_again(piped: Repo, tmp_path: Path) -> None:
    assert PROMISED
    oldest = f"{PROMISED[1]}.0"
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    # DVC before 3.66 does not start beside the pathspec of today.
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, f"dvc=={oldest}", "pathspec<1"], check=True)
    repo = piped.having(PATH=os.pathsep.join([str(venv / "bin"), piped.env["PATH"]]))
    assert dvc(repo, "--version").strip() == oldest

    dvc(repo, "init", "--quiet")
    dvc(repo, "repro", "--quiet")
    repo.add()
    repo.commits()
    is_settled(repo)

    repo.git("mv", "fit.ipynb", "learn.ipynb")
    repo.commits()
    is_settled(repo)
    assert "Running stage" not in dvc(repo, "repro")

    dvc(repo, "exp", "run", "--quiet", "-S", "learn.rate=0.1")
    assert repo.read("model.txt").split()[2] == b"0.1"
    repo.write("new.ipynb", repo.read("prepare.ipynb").replace(b"clean.txt", b"new.txt"))
    repo.add()
    repo.commits()
    assert "Running stage 'new'" in dvc(repo, "repro")
