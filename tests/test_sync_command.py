"""`mlv sync` as people type it: paths, options, exit codes, and what it says."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from users import MLV, User, code, new_user, notebook

from mlv_hooks.commands import progress

NOTEBOOK = notebook(code("x = 1", id="x", count=1, out="1\n"), code("y = 2", id="y"))


@pytest.fixture
def pair(user: User) -> User:
    """Return a repository with a committed pair in `nb/` and one at the top."""
    for path in ("nb/train.ipynb", "top.ipynb"):
        user.write(path, NOTEBOOK)
    user.git("add", ".")
    user.mlv("sync")
    user.git("add", ".")
    user.commit()
    return user


def test_all_that_git_tracks_is_brought_in_line(user: User) -> None:
    for path in ("a.ipynb", "nb/b.ipynb", "c.ipynb"):
        user.write(path, NOTEBOOK)
    user.git("add", "a.ipynb", "nb")

    done = user.mlv("sync", code=0)

    assert done.out == "a.py <- a.ipynb\nnb/b.py <- nb/b.ipynb\n"
    assert done.err == ""
    assert not user.path("c.py").exists()
    assert user.git("diff", "--cached", "--name-only") == "a.ipynb\nnb/b.ipynb", "nothing is staged"


def test_a_second_run_has_nothing_to_say_and_writes_nothing(pair: User) -> None:
    before = {path: path.stat().st_mtime_ns for path in pair.top.rglob("*.py")}
    assert pair.mlv("sync").text == ""
    assert {path: path.stat().st_mtime_ns for path in pair.top.rglob("*.py")} == before


@pytest.mark.parametrize("path", ["nb/train.ipynb", "nb/train.py", "nb", "./nb/", "nb/../nb"])
def test_a_path_is_a_notebook_a_script_or_a_folder(pair: User, path: str) -> None:
    for one in ("nb/train.ipynb", "top.ipynb"):
        pair.edit(one, "x = 1", "x = 3")

    assert pair.mlv("sync", path).out == "nb/train.py <- nb/train.ipynb\n"

    assert "x = 3" in pair.read("nb/train.py")
    assert "x = 1" in pair.read("top.py")


def test_paths_count_from_the_folder_where_people_are(pair: User) -> None:
    for one in ("nb/train.ipynb", "top.ipynb"):
        pair.edit(one, "x = 1", "x = 3")
    assert pair.mlv("sync", "train.py", cwd="nb").out == "nb/train.py <- nb/train.ipynb\n"
    assert pair.mlv("sync", "../top.ipynb", cwd="nb").out == "top.py <- top.ipynb\n"


def test_from_a_subfolder_without_paths_it_is_still_the_whole_repository(pair: User) -> None:
    pair.edit("top.ipynb", "x = 1", "x = 3")
    assert pair.mlv("sync", cwd="nb").out == "top.py <- top.ipynb\n"


@pytest.mark.parametrize("path", ["new.ipynb", "."])
def test_a_notebook_that_git_does_not_track_is_paired_when_it_is_named(
    user: User, path: str
) -> None:
    user.write("new.ipynb", NOTEBOOK)
    assert user.mlv("sync", path).out == "new.py <- new.ipynb\n"


def test_a_script_that_stands_where_the_pair_would_be_is_not_overwritten(user: User) -> None:
    user.write("new.ipynb", NOTEBOOK)
    user.write("new.py", "x = 2\n")
    done = user.mlv("sync", "new.py", code=1)
    assert "mlv sync --prefer notebook|script new.ipynb" in done.err
    assert user.read("new.py") == "x = 2\n"


def test_what_gitignore_leaves_out_of_a_folder_is_left_out(user: User) -> None:
    user.write(".gitignore", "drafts/\n")
    user.write("drafts/a.ipynb", NOTEBOOK)
    user.write("b.ipynb", NOTEBOOK)
    assert user.mlv("sync", ".").out == "b.py <- b.ipynb\n"


def test_without_a_tracked_notebook_it_says_what_to_do(user: User) -> None:
    user.write("a.ipynb", NOTEBOOK)
    done = user.mlv("sync", code=0)
    assert done.out == ""
    assert done.err.splitlines() == [
        "git tracks no notebook here: `git add` them, or name them: `mlv sync .`"
    ]
    assert user.mlv("sync", "--quiet").text == ""


@pytest.mark.parametrize("staged", [False, True])
@pytest.mark.parametrize("path", ["nb/train.ipynb", "nb"])
def test_a_path_that_was_deleted_takes_its_script_along(
    pair: User, path: str, staged: bool
) -> None:
    if staged:
        pair.git("rm", "--quiet", "nb/train.ipynb")
    else:
        pair.path("nb/train.ipynb").unlink()
    done = pair.mlv("sync", path)
    assert done.out == "nb/train.py deleted: its notebook nb/train.ipynb is gone\n"
    assert not pair.path("nb/train.py").exists()
    assert pair.path("top.py").exists()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nope.ipynb", "mlv: there is no file nope.ipynb\n"),
        ("nope/", "mlv: there is no file nope/\n"),
        ("../x.ipynb", "mlv: ../x.ipynb is outside of this repository\n"),
        ("/etc/hosts", "mlv: /etc/hosts is outside of this repository\n"),
    ],
)
def test_a_path_that_cannot_be_meant_is_refused_in_one_line(
    pair: User, path: str, says: str
) -> None:
    pair.edit("top.ipynb", "x = 1", "x = 3")
    done = pair.mlv("sync", "top.ipynb", path, code=2)
    assert (done.out, done.err) == ("", says)
    assert "x = 1" in pair.read("top.py"), "nothing was written"


def test_a_link_to_the_repository_is_as_good_as_its_own_path(pair: User, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(pair.top)
    pair.edit("top.ipynb", "x = 1", "x = 3")
    assert pair.mlv("sync", str(tmp_path / "link" / "top.py")).out == "top.py <- top.ipynb\n"


def test_check_writes_nothing_and_exits_1_when_there_is_something_to_do(pair: User) -> None:
    pair.edit("top.ipynb", "x = 1", "x = 3")
    pair.path("nb/train.ipynb").unlink()
    before = pair.status()

    done = pair.mlv("sync", "--check", code=1)

    assert done.out.splitlines() == [
        "to do: nb/train.py deleted: its notebook nb/train.ipynb is gone",
        "to do: top.py <- top.ipynb",
    ]
    assert pair.status() == before
    assert pair.mlv("sync", "--check", "-q", code=1).text == ""
    pair.mlv("sync", code=0)
    assert pair.mlv("sync", "--check", code=0).text == ""


@pytest.mark.parametrize("option", ["--diff", "--dry-run"])
def test_the_diff_is_one_that_git_can_apply(pair: User, option: str) -> None:
    pair.edit("top.ipynb", "x = 1", "x = 3")
    pair.write("new.ipynb", NOTEBOOK)
    pair.git("add", "new.ipynb")
    before = pair.status()

    done = pair.mlv("sync", option, code=1)

    assert pair.status() == before
    assert "--- /dev/null\n+++ b/new.py\n" in done.out
    assert "--- a/top.py\n+++ b/top.py\n" in done.out
    assert "-x = 1\n+x = 3\n" in done.out
    pair.write("../the.patch", done.out)
    pair.git("apply", "../the.patch")
    assert pair.mlv("sync").text == ""


def test_a_conflict_is_refused_and_prefer_decides(pair: User) -> None:
    pair.edit("top.ipynb", "x = 1", "x = 3")
    pair.edit("top.py", "x = 1", "x = 4")
    mine = pair.read("top.py")

    refused = pair.mlv("sync", code=1)
    assert refused.out == ""
    assert "mlv sync --prefer notebook|script top.ipynb" in refused.err
    assert pair.read("top.py") == mine

    assert pair.mlv("sync", "--prefer", "notebook", code=0).out == "top.py <- top.ipynb\n"
    assert "x = 3" in pair.read("top.py")
    assert "mlv sync: top.py" in pair.backups()


def test_prefer_script_takes_the_script_and_keeps_the_notebook_in_the_backups(pair: User) -> None:
    pair.edit("top.ipynb", "x = 1", "x = 3")
    pair.edit("top.py", "x = 1", "x = 4")
    done = pair.mlv("sync", "--prefer", "script", "top.py", code=0)
    assert done.out.startswith("top.ipynb <- top.py (outputs dropped: cell 1, run again)")
    assert "x = 4" in pair.read("top.ipynb")
    assert "mlv sync: top.ipynb" in pair.backups()


def test_one_refused_pair_does_not_hold_up_the_others(pair: User) -> None:
    pair.edit("top.ipynb", "x = 1", "x = 3")
    pair.write("nb/train.ipynb", "{")
    done = pair.mlv("sync", code=1)
    assert done.out == "top.py <- top.ipynb\n"
    assert done.err.startswith("nb/train.ipynb")
    assert done.err.endswith("Found 1 problem.\n")


def test_dropped_outputs_are_told(pair: User) -> None:
    pair.edit("top.py", "x = 1", "x = 5")
    assert pair.mlv("sync").out == "top.ipynb <- top.py (outputs dropped: cell 1, run again)\n"


def test_quiet_prints_problems_only(pair: User) -> None:
    pair.edit("top.ipynb", "x = 1", "x = 3")
    pair.write("nb/train.ipynb", "{")
    done = pair.mlv("sync", "-q", code=1)
    assert done.out == ""
    assert "nb/train.ipynb" in done.err
    assert "x = 3" in pair.read("top.py")


# --- where it cannot run


def test_outside_of_a_repository(user: User, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    env = {**user.env, "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    for command in ("init", "sync", "check", "backups list", "hook all"):
        done = user.run(MLV, *command.split(), code=2, cwd=tmp_path / "empty", env=env)
        assert done.out == ""
        assert done.err == "mlv: this is no git repository: run `git init`, or go to one\n"


def test_in_a_bare_repository_and_inside_of_git(user: User, tmp_path: Path) -> None:
    user.git("init", "--quiet", "--bare", str(tmp_path / "bare.git"))
    bare = user.run(MLV, "sync", code=2, cwd=tmp_path / "bare.git")
    assert bare.err == "mlv: this is a bare repository: go to a clone of it\n"
    inside = user.mlv("sync", cwd=".git", code=2)
    assert inside.err == "mlv: this is the inside of .git: go to the repository's own folder\n"


def test_a_repository_without_commits(tmp_path: Path, user: User) -> None:
    fresh = User(tmp_path / "fresh", user.env)
    fresh.top.mkdir()
    fresh.git("init", "--quiet")
    fresh.write("a.ipynb", NOTEBOOK)
    assert fresh.mlv("sync", "a.ipynb").out == "a.py <- a.ipynb\n"
    assert fresh.mlv("check", "a.ipynb").text == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sync", "--xyz"], "no such option '--xyz': see `mlv sync --help`"),
        (["frob"], "no such command 'frob': see `mlv --help`"),
        (["sync", "--prefer", "both"], "see `mlv sync --help`"),
        (["check", "--output-format", "xml"], "see `mlv check --help`"),
        (["check", "--select", "MVL301"], "--select: no rule 'MVL301', did you mean 'MLV301'?"),
        (["rule", "MLV999"], "there is no rule 'MLV999': `mlv rule` lists them"),
        (["backups", "show"], "missing argument 'ID': see `mlv backups show --help`"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(user: User, arguments: list[str], says: str) -> None:
    done = user.mlv(*arguments, code=2)
    assert done.out == ""
    assert done.err.startswith("mlv: ")
    assert says.lower() in done.err.lower()
    assert done.err.count("\n") == 1


def test_a_mistake_in_the_settings_is_one_line_and_exit_2(user: User) -> None:
    user.write("mlv.toml", "inclde = []\n")
    for command in ("sync", "check", "hook all"):
        done = user.mlv(*command.split(), code=2)
        assert done.err == "mlv: mlv.toml: unknown key 'inclde', did you mean 'include'?\n"


# --- help


COMMANDS = ["", "init", "sync", "check", "rule", "backups", "backups list", "backups show"]


@pytest.mark.parametrize("command", [*COMMANDS, "backups restore"])
def test_help_is_whole_and_fits_a_terminal(user: User, command: str) -> None:
    done = user.mlv(*command.split(), "--help")
    assert done.err == ""
    assert "..." not in done.out.replace("[PATHS]...", "").replace("[ARGS]...", "")
    assert max(map(len, done.out.splitlines())) <= 80
    assert user.mlv(*command.split(), "-h").out == done.out


def test_help_and_a_warm_run_import_nothing_heavy(pair: User) -> None:
    pair.mlv("check")
    for arguments in (["--help"], ["check", "--help"], ["check"], ["sync"], ["hook", "all"]):
        command = [sys.executable, "-X", "importtime", MLV, *arguments]
        done = pair.run(*command, code=0)
        loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.err.splitlines()}
        assert "mlv_hooks" in loaded
        assert not loaded & {"jupytext", "nbformat", "ruamel", "rich", "yaml", "asyncio"}


# --- the progress bar


def clock(*seconds: float) -> SimpleNamespace:
    """Return a stand-in for `time` as the progress bar sees it; the terminal's own goes on."""
    return SimpleNamespace(monotonic=iter(seconds).__next__)


def bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, seconds: list[float]) -> str:
    """Return what a terminal shows of a run whose steps happen at these times."""
    master, slave = pty.openpty()
    with open(slave, "w", encoding="utf-8") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        patch.setattr(progress, "time", clock(0.0, *seconds))
        patch.setenv("TERM", "xterm")
        with progress.progress_bar("pairing") as update:
            for number in range(1, len(seconds) + 1):
                update(number, len(seconds))
        terminal.flush()
        os.set_blocking(master, False)
        shown = b""
        try:
            while True:
                shown += os.read(master, 65536)
        except BlockingIOError:
            return shown.decode()
        finally:
            os.close(master)


def test_a_run_of_under_a_second_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bar_on_a_terminal(monkeypatch, [0.1, 0.5, 0.9]) == ""


def test_a_longer_run_shows_a_bar_and_takes_it_away_again(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = bar_on_a_terminal(monkeypatch, [0.4, 1.2, 1.6, 2.0])
    assert "pairing" in shown
    assert "100%" in shown
    assert shown.rstrip().endswith("\x1b[2K"), "the line is cleared"


def test_without_a_terminal_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(progress, "time", clock(0.0, 5.0, 9.0))
    with progress.progress_bar("pairing") as update:
        update(1, 2)
        update(2, 2)
    assert sys.stderr.getvalue() == ""


def test_output_into_a_closed_pipe_is_no_traceback(pair: User) -> None:
    command = f"'{MLV}' rule --all | head -1"
    done = subprocess.run(["sh", "-c", command], env=pair.env, cwd=pair.top, capture_output=True)
    assert done.stdout == b"# The rules\n"
    assert b"Traceback" not in done.stderr


def test_a_file_name_steers_no_terminal(tmp_path: Path, user: User) -> None:
    other = new_user(tmp_path / "other", user.env)
    other.write("a\x1b[2Jb.ipynb", NOTEBOOK)
    assert other.mlv("sync", ".").out == "a\\x1b[2Jb.py <- a\\x1b[2Jb.ipynb\n"
