"""The hook itself: settings, runners, arguments, environments, and what kills it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from samples import code, notebook, sources, text, train
from support import ROOT, Repo, hooks_config

CLASSIC = "stage-generated = false\n"


def stage_rate(repo: Repo, path: str = "train.ipynb") -> None:
    repo.edit(path, "rate = 0.1", "rate = 0.5")
    repo.add(path)


# --- the classic way


@pytest.fixture
def classic(repo: Repo) -> Repo:
    """A repository that wants to stage by hand what hooks write."""
    repo.write("mlv.toml", CLASSIC)
    repo.add()
    repo.commits()
    return repo


def test_without_staging_the_script_is_written_and_the_commit_stops(classic: Repo) -> None:
    stage_rate(classic)
    head = classic.state().head
    done = classic.run("git", "commit", "-m", "work")
    assert done.code != 0
    assert "git add train.py" in done.said
    assert classic.state().head == head
    assert classic.status() == {"train.ipynb": "M ", "train.py": " M"}
    classic.add("train.py")
    classic.commits()
    assert classic.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_without_staging_the_printed_line_can_be_typed(classic: Repo) -> None:
    for name in ("a b.ipynb", "-it's.ipynb", "[x].ipynb"):
        classic.write(name, train())
    classic.add()
    done = classic.run("git", "commit", "-m", "work")
    line = next(one for one in done.out.splitlines() + done.err.splitlines() if "git add" in one)
    command = line.partition(": ")[2]
    assert classic.run("sh", "-c", command).code == 0
    classic.commits()
    assert classic.paths() >= {"a b.py", "-it's.py", "[x].py"}


def test_without_staging_unstaged_edits_of_the_script_are_kept(classic: Repo) -> None:
    stage_rate(classic)
    classic.edit("train.py", "print(model)", "print(model, rate)")
    assert "train.py" in classic.refuses()


def test_without_staging_a_deleted_notebook_takes_its_script_along_in_two_tries(
    classic: Repo,
) -> None:
    classic.git("rm", "--quiet", "train.ipynb")
    done = classic.run("git", "commit", "-m", "work")
    assert done.code != 0 and "git add train.py" in done.said
    classic.git("add", "train.py")
    classic.commits()
    assert not classic.paths() & {"train.ipynb", "train.py"}


def test_in_ci_nothing_is_staged(repo: Repo) -> None:
    stage_rate(repo)
    before = repo.state()
    done = repo.having(CI="true").run("git", "commit", "-m", "work")
    assert done.code != 0
    assert repo.state().index == before.index
    assert repo.status() == {"train.ipynb": "M ", "train.py": " M"}


def test_all_files_writes_and_stages_nothing(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.add()
    repo.git("commit", "--quiet", "--no-verify", "-m", "past the hooks")
    index = repo.state().index
    done = repo.run("pre-commit", "run", "--all-files")
    assert done.code == 1, done.said
    assert repo.state().index == index
    assert repo.status() == {"eda.py": "??", "train.py": " M"}
    repo.add()
    repo.commits()
    assert repo.changed() == {"eda.py": "A", "train.py": "M"}
    done = repo.run("pre-commit", "run", "--all-files")
    assert done.code == 0, done.said


# --- prek


@pytest.fixture
def prek(repo: Repo) -> Repo:
    """The same repository, its hooks run by prek."""
    shutil.rmtree(repo.top / ".git" / "hooks")
    done = repo.run("prek", "install")
    assert done.code == 0, done.said
    return repo


def test_prek_a_new_notebook(prek: Repo) -> None:
    prek.write("eda.ipynb", notebook(text("# Look"), code("a = 1")))
    prek.add("eda.ipynb")
    prek.commits()
    assert prek.changed() == {"eda.ipynb": "A", "eda.py": "A"}


def test_prek_both_sides_edited(prek: Repo) -> None:
    prek.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    prek.edit("train.py", "print(model)", "print(model, rate)")
    prek.commits("-a")
    assert sources(prek.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_prek_both_sides_edited_alike_are_refused(prek: Repo) -> None:
    prek.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    prek.edit("train.py", "rate = 0.1", "rate = 0.7")
    assert "--prefer" in prek.refuses("-a")


def test_prek_commit_of_one_path(prek: Repo) -> None:
    prek.edit("notes.txt", "one", "two")
    prek.add()
    prek.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    prek.commits("train.ipynb", left={"notes.txt": "M "})
    assert prek.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_prek_unstaged_edits_of_the_same_script_are_refused_and_kept(prek: Repo) -> None:
    stage_rate(prek)
    prek.edit("train.py", "print(model)", "print(model, rate)")
    assert "train.py" in prek.refuses()


def test_prek_unstaged_edits_of_other_files_stay(prek: Repo) -> None:
    stage_rate(prek)
    prek.edit("notes.txt", "one", "two")
    prek.commits(left={"notes.txt": " M"})
    assert prek.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_prek_a_deleted_notebook(prek: Repo) -> None:
    prek.git("rm", "--quiet", "train.ipynb")
    prek.commits()
    assert prek.changed() == {"train.ipynb": "D", "train.py": "D"}


def test_prek_a_merge_with_conflict_resolved_in_the_script(prek: Repo) -> None:
    prek.git("switch", "--quiet", "-c", "side")
    prek.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    prek.commits("-a")
    prek.git("switch", "--quiet", "main")
    prek.edit("train.ipynb", "rate = 0.1", "rate = 0.7")
    prek.commits("-a")
    assert prek.run("git", "merge", "side").code != 0
    prek.git("checkout", "--quiet", "--ours", "train.ipynb", "train.py")
    prek.edit("train.py", "rate = 0.7", "rate = 0.6")
    prek.add()
    prek.commits()
    assert sources(prek.blob("train.ipynb"))[1] == "rate = 0.6"


# --- how it is called


def test_a_runner_that_passes_no_names(repo: Repo) -> None:
    config = hooks_config().replace("require_serial: true", "pass_filenames: false")
    repo.write(".pre-commit-config.yaml", config)
    stage_rate(repo)
    repo.commits("-a")
    assert repo.changed().keys() == {".pre-commit-config.yaml", "train.ipynb", "train.py"}


def test_git_alone_calls_the_hook(repo: Repo) -> None:
    hook = repo.top / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexec mlv hook all\n")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits("train.ipynb")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_git_alone_beside_unstaged_edits_of_the_notebook(repo: Repo) -> None:
    hook = repo.top / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexec mlv hook all\n")
    stage_rate(repo)
    repo.edit("train.ipynb", "print(model)", "print(model, rate)")
    repo.commits(left={"train.ipynb": " M"})
    assert sources(repo.blob("train.ipynb"))[3] == "print(model)"
    assert "rate = 0.5" in repo.head("train.py")


def test_names_that_do_not_exist_do_no_harm(repo: Repo) -> None:
    done = repo.mlv("hook", "all", "gone.ipynb", "gone.py", "no/where.ipynb", "-h.ipynb")
    assert "Traceback" not in done.said and "internal" not in done.said
    assert repo.status() == {}


def test_hooks_that_run_in_parallel(repo: Repo) -> None:
    for number in range(6):
        repo.write(f"n{number}.ipynb", notebook(code(f"a = {number}")))
    repo.add()
    names = [f"n{number}.ipynb" for number in range(6)]
    runs = [
        subprocess.Popen(
            ["mlv", "hook", "all", *part], cwd=repo.top, env=dict(repo.env), stderr=-1, stdout=-1
        )
        for part in (names[:3], names[3:], names)
    ]
    ends = [(one.communicate(), one.returncode) for one in runs]
    assert all(b"internal" not in err and b"Traceback" not in err for (_, err), _ in ends), ends
    assert {code_ for _, code_ in ends} <= {0, 1}
    repo.commits()
    assert {f"n{number}.py" for number in range(6)} <= repo.paths()


def test_another_hook_that_stages_after_ours_finds_the_script_staged(repo: Repo) -> None:
    second = "      - {id: show, name: show, language: system, entry: git diff --cached --stat, "
    config = hooks_config(f"{second}pass_filenames: false, verbose: true}}\n")
    repo.write(".pre-commit-config.yaml", config)
    stage_rate(repo)
    said = repo.commits("-a")
    assert "train.py" in said.partition("show")[2]


# --- what kills it


@pytest.mark.parametrize("when", ["prepare", "commit", "temp", "move", "backed up"])
def test_a_commit_after_a_killed_hook(repo: Repo, tmp_path: Path, when: str) -> None:
    repo.edit("train.py", "print(model)", "print(model, rate)")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.add()
    had = {repo.read("train.ipynb"), repo.read("train.py")}
    killer = tmp_path / "site" / "sitecustomize.py"
    killer.parent.mkdir()
    killer.write_text(
        "import os, signal\n"
        "from mlv_hooks.repository import writer\n"
        "def die(step):\n"
        f"    if step.startswith({when!r}):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "writer._nothing = die\n"
    )
    dying = repo.having(PYTHONPATH=str(killer.parent))
    done = dying.run("git", "commit", "-m", "work")
    assert done.code != 0
    again = repo.run("git", "commit", "-m", "work")
    if again.code:
        # What had begun to move in was moved in whole; the index does not hold it yet.
        assert "written by the interrupted run: `git add` it" in again.said
        repo.add()
        repo.commits()
    repo.rests(repo.state())
    repo.keeps(had)
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_commit_after_a_hook_killed_from_outside(repo: Repo) -> None:
    for number in range(40):
        repo.write(f"n{number}.ipynb", train())
    repo.add()
    for wait in (0.2, 0.5, 0.8):
        run = subprocess.Popen(
            ["mlv", "hook", "all"], cwd=repo.top, env=dict(repo.env), start_new_session=True
        )
        time.sleep(wait)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    repo.commits()
    assert {f"n{number}.py" for number in range(40)} <= repo.paths()


def test_the_manifest_is_what_these_tests_run(repo: Repo) -> None:
    manifest = (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert "entry: mlv hook all" in manifest
    assert 'entry: "mlv hook all"' in hooks_config()
    done = replace(repo, inside="data").run("pre-commit", "run", "mlv", "--all-files")
    assert done.code == 0, done.said
