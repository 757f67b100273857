"""dvc.yaml meets DVC itself: which one, what it refuses, and what it is doing at the moment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from stage_support import FIT, LEARN, dvc, fit, path_with, refuses
from support import BIN, Repo, copy_repo

from mlv_hooks.commands.cli import main
from mlv_hooks.repository.files import WriteRefused
from mlv_hooks.stage import dvc_program, dvc_running

SLOW = f"""import os, time
open('.git/runs', 'w').close()
while not os.path.exists('.git/go'):
    time.sleep(0.05)
{LEARN}"""


@pytest.fixture(scope="session")
def dvc_template(
    tmp_path_factory: pytest.TempPathFactory, committed_template: Path, people_env: dict[str, str]
) -> Path:
    """A repository with DVC and a notebook whose stage has run; all is committed."""
    repo = copy_repo(committed_template, tmp_path_factory.mktemp("dvc") / "repo", people_env)
    dvc(repo, "init", "--quiet")
    repo.write("raw.txt", "raw")
    repo.write(".git/go", "")
    repo.write("out/.gitkeep", "")
    repo.write("fit.ipynb", fit(SLOW))
    assert repo.mlv("sync", "fit.ipynb").code == 0
    dvc(repo, "repro", "--quiet")
    repo.add()
    repo.git("commit", "--quiet", "--no-verify", "-m", "fit")
    return repo.top


@pytest.fixture
def repo(tmp_path: Path, dvc_template: Path, people_env: dict[str, str]) -> Repo:
    """A repository with DVC and a notebook whose stage has run; all is committed."""
    return copy_repo(dvc_template, tmp_path / "repo", people_env)


# --- what DVC refuses


def test_what_dvc_refuses_is_undone_and_told_in_its_words(repo: Repo) -> None:
    pipeline = repo.read("dvc.yaml").decode()
    repo.write("new.ipynb", fit(parameters=FIT.replace("out/model", "out/new")))
    repo.add()
    for broken, said in (
        ("  own:\n    cmd: echo ${nowhere.x}\n", "(stage own)|'stages.own.cmd'|'nowhere.x'"),
        ("  own:\n    cmd: echo\n    outts: [x]\n", "(stage own)|extra keys not allowed|outts"),
    ):
        repo.write("dvc.yaml", pipeline + broken)
        line = refuses(repo)
        assert line.startswith("mlv: dvc.yaml: DVC refuses it"), line
        assert all(part in line for part in said.split("|")), line
    # An output that DVC shall not see is nothing that the file itself says.
    repo.write("dvc.yaml", pipeline)
    repo.write(".dvcignore", "new.txt\n")
    repo.add()
    assert "ignored by .dvcignore:1:new.txt" in repo.refuses()


def test_a_run_killed_while_dvc_looks_is_undone_by_the_next(repo: Repo, tmp_path: Path) -> None:
    before = repo.state()
    repo.write("new.ipynb", fit(parameters=FIT.replace("out/model", "out/new")))
    path = path_with(
        tmp_path / "bin", f'case $1 in stage) kill -9 $PPID;; *) {BIN}/dvc "$@";; esac'
    )
    done = repo.having(PATH=path).run("mlv", "sync", "new.ipynb")
    assert done.code == -9
    assert b"new.ipynb" in repo.read("dvc.yaml") and repo.exists("steps/new.py")
    repo.write("new.ipynb", "")  # what the next run would write is no matter here
    next_run = repo.mlv("sync", "fit.ipynb")
    assert next_run.out == "undid what an interrupted run had begun to write\n", next_run.said
    (repo.top / "new.ipynb").unlink()
    assert repo.state() == before


# --- which dvc


def test_without_dvc_the_stage_is_written_and_one_line_says_so(repo: Repo, tmp_path: Path) -> None:
    # No dvc on PATH nor beside this Python: an environment that has the package alone.
    site = next(path for path in sys.path if path.endswith("site-packages"))
    code = f"import sys; sys.path.append({site!r}); sys.path.append({str(Path.cwd())!r})"
    run = f"{code}; sys.argv[0] = 'mlv'; from mlv_hooks.__main__ import run; run()"
    python = tmp_path / "bare" / "python"
    python.parent.mkdir()
    python.symlink_to(Path(sys.executable).resolve())
    bare = repo.having(PATH="/usr/bin:/bin", PYTHONPATH=os.pathsep.join([str(Path.cwd()), site]))

    def sync() -> tuple[int, list[str]]:
        done = bare.run(str(python), "-c", run, "sync")
        return done.code, done.said.splitlines()

    missing = "dvc was not found, so dvc.yaml is not checked by it: pip install dvc"
    repo.edit("fit.ipynb", ":dvc-out", ":dvc-in: more.txt\n:dvc-out")
    assert sync() == (0, [missing, "fit.py <- fit.ipynb", "dvc.yaml: stage fit <- fit.ipynb"])
    assert sync() == (0, [])
    # The one of the repository's own environment is found.
    repo.edit("fit.ipynb", "more.txt", "others.txt")
    inside = repo.top / ".venv" / "bin"
    inside.mkdir(parents=True)
    path_with(inside, "echo 3.60.0")
    assert sync() == (0, ["fit.py <- fit.ipynb", "dvc.yaml: stage fit <- fit.ipynb"])


@pytest.mark.parametrize("version", ["0.94.1", "2.58.2", "3.49.0"])
def test_a_dvc_of_a_wrong_version_ends_the_run(repo: Repo, tmp_path: Path, version: str) -> None:
    path = path_with(tmp_path / "bin", f"echo {version}")
    repo.edit("fit.ipynb", ":dvc-out", ":dvc-in: more.txt\n:dvc-out")
    said = refuses(repo.having(PATH=path))
    assert f"/bin/dvc is dvc {version.rpartition('.')[0]}, and mlv needs 3.50 or newer" in said
    assert "nothing was written; pip install 'dvc>=3.50'" in said


def test_a_dvc_that_does_not_answer_ends_the_run(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dvc_program, "SECONDS", 0.2)
    for script, said in (
        (
            "test $1 = --version && echo 3.67.1 || exec sleep 60",
            "`dvc stage list dvc.yaml` took over",
        ),
        ("exec sleep 60", "`dvc --version` took over"),
        ("echo 'ERROR: no module' >&2; exit 1", "does not say its version: no module"),
    ):
        monkeypatch.setenv("PATH", path_with(tmp_path / "bin", script))
        with pytest.raises(WriteRefused) as refused:
            found = dvc_program.find_dvc(str(repo.top))
            assert found
            found.refuses(str(repo.top))
        assert said in str(refused.value) and "nothing was written" in str(refused.value)
    # DVC takes its time for a large file: so has mlv.
    monkeypatch.setenv(
        "PATH", path_with(tmp_path / "bin", "echo 3.67.1; test $1 != stage || sleep 0.5")
    )
    repo.write("dvc.yaml", "#" * 60_000)
    found = dvc_program.find_dvc(str(repo.top))
    assert found and found.refuses(str(repo.top)) is None


def test_a_dvc_that_breaks_or_hangs_when_it_is_asked_leaves_all_as_it_was(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.edit("fit.ipynb", ":dvc-out", ":dvc-in: more.txt\n:dvc-out")
    before = repo.state()
    crash = """{ echo 'Traceback (most recent call last):'
echo '  File "/dvc/__main__.py", line 3, in <module>'
echo "ImportError: cannot import name '_DIR_MARK'"; } >&2; exit 1"""
    for script, said in (
        (
            f"test $1 = --version && echo 3.67.1 || {crash}",
            "mlv: dvc.yaml: DVC refuses it, so that nothing was written: "
            "ImportError: cannot import name '_DIR_MARK'",
        ),
        (
            crash,
            f"mlv: {tmp_path}/bin/dvc does not say its version: ImportError: cannot import name "
            "'_DIR_MARK': nothing was written; see `dvc --version`",
        ),
        (
            "test $1 = --version && echo 3.67.1 || kill -9 $$",
            "mlv: dvc.yaml: DVC refuses it, so that nothing was written: no message",
        ),
    ):
        assert refuses(repo.having(PATH=path_with(tmp_path / "bin", script))) == f"{said}\n"
    # What hangs is ended: mlv waits no minute here.
    monkeypatch.setattr(dvc_program, "SECONDS", 0.2)
    hangs = path_with(tmp_path / "bin", "test $1 = --version && echo 3.67.1 || exec sleep 60")
    for name, value in {**repo.env, "PATH": hangs}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(repo.top)
    done = CliRunner().invoke(main, ["sync"])
    assert done.exit_code == 1
    said = "`dvc stage list dvc.yaml` took over 0 seconds: nothing was written; try it by hand"
    assert done.output == f"mlv: {said}\n"
    assert repo.state() == before


def test_dvc_is_asked_only_when_dvc_yaml_changes_and_hears_nothing_of_the_commit(
    repo: Repo, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    asked = repo.having(
        PATH=path_with(tmp_path / "bin", f'echo "$@" >> {log}; env >> {log}; exec {BIN}/dvc "$@"')
    )
    repo.edit("fit.ipynb", "sleep(0.05)", "sleep(0.01)")
    assert "steps/fit.py" in asked.mlv("sync").out and not log.exists()
    repo.edit("fit.ipynb", ":dvc-out", ":dvc-in: notes.txt\n:dvc-out")
    assert asked.run("git", "commit", "-a", "-m", "one more input").code == 0
    lines = log.read_text().splitlines()
    assert "--version" in lines and "stage list dvc.yaml" in lines
    assert "DVC_NO_ANALYTICS=true" in lines
    assert [one for one in lines if one.startswith("GIT_")] == []


# --- while DVC runs


@contextmanager
def running(repo: Repo) -> Iterator[None]:
    """Let `dvc repro` run the stage anew, and let that end well behind the block."""
    for name in ("go", "runs"):
        (repo.top / ".git" / name).unlink()
    repo.write("raw.txt", "new")
    repo.add("raw.txt")  # pre-commit would take an unstaged edit away for a moment
    env = {**repo.env, "DVC_NO_ANALYTICS": "1"}
    with subprocess.Popen(["dvc", "repro", "--quiet"], cwd=repo.top, env=env) as process:
        try:
            end = time.monotonic() + 60
            while not (repo.top / ".git/runs").exists():
                assert time.monotonic() < end and process.poll() is None
                time.sleep(0.05)
            yield
        finally:
            repo.write(".git/go", "")
        assert process.wait(60) == 0


def test_while_a_stage_runs_what_it_uses_is_not_written(repo: Repo) -> None:
    ran = repo.read("steps/fit.py")
    with running(repo):
        repo.edit("fit.ipynb", "{rate}", "{rate * 2}")
        said = refuses(repo)
        assert said.startswith("mlv: steps/fit.py: `dvc repro --quiet` (process ")
        assert "is running a stage that uses it: nothing was written; try again when it" in said
        repo.git("checkout", "--quiet", "fit.ipynb")
        repo.git("mv", "fit.ipynb", "learn.ipynb")
        assert "`dvc repro --quiet`" in refuses(repo)
        repo.git("mv", "learn.ipynb", "fit.ipynb")
        # What the stage does not use goes its way: dvc.yaml and params.yaml were read at its start.
        repo.write("new.ipynb", fit(parameters=FIT.replace("out/model", "out/new")))
        repo.add("new.ipynb")
        assert repo.run("git", "commit", "-m", "new").code == 0
        assert {"dvc.yaml", "params.yaml", "steps/new.py"} <= repo.changed().keys()
    assert repo.read("steps/fit.py") == ran
    assert repo.read("out/model.txt").startswith(b"new")
    assert "fit" not in dvc(repo, "status", "fit")


def test_the_lock_of_dvc_is_waited_for_a_moment_and_then_refused(repo: Repo) -> None:
    repo.git("mv", "fit.ipynb", "learn.ipynb")
    hold = (
        "import sys, time, zc.lockfile as z; l = z.LockFile('.dvc/tmp/lock'); print(flush=True); "
    )
    wait = "sys.stdin.read(1); time.sleep(0.5)"
    command = [sys.executable, "-c", hold + wait]
    with subprocess.Popen(
        command, cwd=repo.top, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout and holder.stdin
        holder.stdout.readline()
        before = repo.state()
        done = repo.mlv("sync")
        assert (done.code, done.out) == (1, "waiting for DVC, which is at work here\n")
        assert (
            "mlv: dvc.lock: DVC is at work here and has its lock: nothing was written" in done.err
        )
        assert repo.state() == before
        holder.stdin.write(b"x")
        holder.stdin.flush()
        done = repo.mlv("sync")
    assert done.code == 0 and "learn" in done.out, done.said
    assert "Data and pipelines are up to date" in dvc(repo, "status")


def test_what_a_killed_dvc_left_behind_stops_nobody(repo: Repo) -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    user = f'{{"pid": {gone.pid}, "cmd": "dvc repro"}}'
    path = repo.top / "steps/fit.py"
    repo.write(".dvc/tmp/rwlock", f'{{"write": {{}}, "read": {{"{path}": [{user}]}}}}')
    repo.write(".dvc/tmp/lock", f"{repo.top}/.dvc/tmp/x.lock|host|{gone.pid}|123")
    repo.git("mv", "fit.ipynb", "learn.ipynb")
    assert repo.mlv("sync").code == 0
    for record in ("", "{", "[]", '{"read": [1], "write": {"x": 3, "y": {"pid": "z"}}}'):
        repo.write(".dvc/tmp/rwlock", record)
        dvc_running.refuse_used(str(repo.top), str(repo.top), ["dvc.lock", "steps/fit.py"])


def test_the_hardlink_lock_of_a_living_dvc_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dvc_running, "WAIT_SECONDS", 0.2)
    lock = tmp_path / ".dvc/tmp/lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(f"{lock.parent}/x.lock|host|{os.getpid()}|123")
    told: list[str] = []
    with (
        pytest.raises(WriteRefused, match="DVC is at work here"),
        dvc_running.locked(str(tmp_path), "dvc.lock", told.append),
    ):
        pass
    assert told == ["waiting for DVC, which is at work here"]
