"""A run that writes a script, steps and all files of a pipeline is killed at any point of it."""

from __future__ import annotations

import sys
from json import loads
from pathlib import Path
from typing import Any

import pytest
from killed_runs import files
from stage_support import path_with
from support import BIN, Repo, copy_repo

WORKER = str(Path(__file__).parent / "killed_runs.py")
WRITTEN = [
    *("learn.py", "steps/learn.py", "dvc.yaml", "dvc.lock", "params.yaml", ".gitignore"),
    "steps/fit.py",
]
MINE = b"# mine, and in no commit\n"
DVC = f"""case $1 in
--version) echo 3.67.1;;
stage) test ! -e refuse || {{ echo "ERROR: no" >&2; exit 1; }};;
*) exec {BIN}/dvc "$@";;
esac"""


@pytest.fixture
def edited(run: Repo, tmp_path: Path) -> Repo:
    """A repository in which a run shall write each kind of file, and a dvc that answers at once.

    While a file `refuse` is there, that dvc refuses dvc.yaml.
    """
    run.git("mv", "fit.ipynb", "learn.ipynb")
    run.git("mv", "fit.py", "learn.py")
    run.edit("learn.ipynb", "model: model.txt", "model: best.txt")
    run.edit("learn.ipynb", 'model = "model.txt"', 'model = "best.txt"')
    run.edit("learn.ipynb", "rate = 0.5", "rate = 0.5\nlimit = 7")
    run.edit("learn.ipynb", "{rate}", "{rate} {limit}")
    run.write("params.yaml", run.read("params.yaml") + MINE)
    (run.top / "model.txt").unlink()
    run.write(".git/info/exclude", "refuse\n")
    return run.having(PATH=path_with(tmp_path / "bin", DVC))


def killed(repo: Repo, scratch: Path, first: int = 1) -> list[dict[str, Any]]:
    """Kill `mlv sync` at each step from the first one; return what each left, and the whole one."""
    command = (sys.executable, WORKER, "from", str(first), str(repo.top), str(scratch), "sync")
    done = repo.run(*command)
    assert done.code == 0, done.said
    return [loads(line) for line in done.out.splitlines()]


def test_killed_between_any_two_writes_the_next_sync_brings_the_same_bytes(
    edited: Repo, tmp_path: Path
) -> None:
    before = files(edited.top)
    moves = [f"move {path}" for path in WRITTEN]
    asked = ["prepare", "backed up", "check", *moves, "asked"]
    edited.write("refuse", "")
    refused = killed(edited, tmp_path / "refused")
    (edited.top / "refuse").unlink()
    accepted = killed(edited, tmp_path / "accepted", len(asked) + 1)
    assert edited.mlv("sync").code == 0
    after = files(edited.top)

    back = [f"put back {path}" for path in ("params.yaml", "dvc.lock", "dvc.yaml")]
    assert [one["died"] for one in refused] == [*asked, "undo", *back, "done", ""]
    assert [one["died"] for one in accepted] == ["commit", "staged", "done", ""]
    assert refused[-1]["left"] == before and accepted[-1]["left"] == after
    changed = {one for one in before.keys() | after.keys() if before.get(one) != after.get(one)}
    assert changed == set(WRITTEN)
    assert MINE in edited.read("params.yaml")
    for one in (*refused, *accepted):
        assert one["healed"] == after, one["died"]
        assert not one["locked"]
        for path in before.keys() | after.keys():
            assert one["left"].get(path) in (before.get(path), after.get(path))
        asks = one["died"] in ("commit", "staged")
        told = "finished" if asks else "undid"
        if one["died"] not in ("done", ""):
            assert one["said"].startswith(f"{told} what an interrupted run had begun to write\n")


def test_killed_in_a_commit_the_next_one_holds_the_same(edited: Repo, tmp_path: Path) -> None:
    hook, ours = edited.top / ".git/hooks/pre-commit", "#!/bin/sh\nexec mlv hook all\n"
    hook.write_text(ours)
    edited.add()

    def commit(repo: Repo) -> str:
        done = repo.run("git", "commit", "-m", "work")
        assert done.code == 0, done.said
        return repo.git("rev-parse", "HEAD^{tree}")

    whole = commit(copy_repo(edited.top, tmp_path / "undisturbed", edited.env))
    for step, name in ((6, "move dvc.yaml"), (12, "commit"), (13, "staged")):
        repo = copy_repo(edited.top, tmp_path / name, edited.env)
        hook = repo.top / ".git/hooks/pre-commit"
        hook.write_text(f"#!/bin/sh\nexec {sys.executable} {WORKER} at {step} hook all\n")
        assert "signal 9" in repo.run("git", "commit", "-m", "work").err
        assert not repo.exists(".git/index.lock")
        hook.write_text(ours)
        if name == "commit":  # what it had been about to stage is written, and staged by nobody
            said = repo.run("git", "commit", "-m", "work").said.splitlines()
            assert said[0] == "finished what an interrupted run had begun to write"
            wants = ": MLV303 was written by the interrupted run: `git add` it, then commit again"
            assert f"dvc.yaml{wants}" in said and f"params.yaml{wants}" in said
            repo.add()
        assert commit(repo) == whole, name
        assert repo.status() == {}
