"""`make demo` tells its story, to its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from users import ROOT, environment

LINES = [
    "$ mlv init",
    "$ git commit --quiet -m 'Who is about to leave?'",
    "notebooks/train.py <- notebooks/train.ipynb",
    "+learning_rate = 0.2",
    '+    words = set(row["comment"].split())',
    "+epochs = 300",
    "steps/train.py <- notebooks/train.ipynb",
    "$ python -m steps.train --learning-rate 0.1 --epochs 50",
    "notebooks/train.ipynb: equal (1 file)",
    '+# %% tags=["no-effect"]',
    "Data and pipelines are up to date.",
    "$ git clone --quiet . ../colleague",
    "│   why    params.yaml: train.decay changed",
    "> python -m steps.train --train-rows data/train.csv --model models/model.json "
    "--learning_rate 0.5 --epochs 200 --decay 0.1",
    "$ mlv sync --prefer notebook",
    " rename notebooks/{train.py => fit.py} (100%)",
    " delete mode 100644 notebooks/evaluate.py",
]


def test_the_demo_shows_each_chapter_and_leaves_a_repository(tmp_path: Path) -> None:
    env = {**environment(tmp_path), "TMPDIR": str(tmp_path)}
    command = [sys.executable, str(ROOT / "demo" / "run.py")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, encoding="utf-8")

    assert (done.returncode, done.stderr) == (0, "")
    told = done.stdout.splitlines()
    assert [line for line in LINES if line not in told] == []
    assert any("cell 10 is the cause" in line for line in told)
    assert any("train.ipynb:cell 10:2: MLV202 gives table, which" in line for line in told)
    assert any(line.endswith("| table = [features(row) for row in rows]") for line in told)
    assert any("MLV303" in line and "--prefer" in line for line in told)
    last = told[-1].split()
    assert last[:3] == ["Look", "around:", "cd"]
    top = Path(last[3])
    assert top.is_relative_to(tmp_path)
    assert (top / "notebooks" / "fit.py").is_file()
    drawn = (top.parent / "pipeline.svg").read_bytes()
    assert drawn == (ROOT / "docs" / "pipeline.svg").read_bytes(), "copy the new one to docs/"
