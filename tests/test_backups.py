"""What is overwritten and git does not hold can be had back."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlv_hooks.plan import Change
from mlv_hooks.repository import backups, writer
from mlv_hooks.repository.git import Git, GitError

ROOT = Path(__file__).parent.parent
ODD_NAMES = [
    "a b.py",
    "q\"uo'te.py",
    "two\nlines.py",
    "-dash.py",
    "été-Ω-🦉.py",
    ".hidden.py",
    "d/e/-f.py",
    "\udcff.py",
    ":(top)x.py",
    "@{1}.py",
]


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path: Path) -> None:
    """Leave git without any configuration of the machine, and without a user."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("HOME", str(tmp_path))


def repository(folder: Path, *options: str) -> Git:
    folder.mkdir(parents=True)
    git = Git(str(folder))
    git.run("init", "-q", "-b", "main", *options)
    git.run("config", "user.useConfigOnly", "true")
    return git


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return repository(tmp_path / "repo")


def commit_all(git: Git) -> None:
    git.run("add", "-A")
    git.run("-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "-m", "all")


def test_a_repository_without_backups_lists_none(git: Git) -> None:
    assert backups.entries(git) == []
    with pytest.raises(backups.BackupNotFound, match="mlv backups list"):
        backups.read(git, "0123abcd", "a.py")


@pytest.mark.parametrize("options", [[], ["--object-format=sha256"]])
def test_a_backup_comes_back_byte_for_byte(tmp_path: Path, options: list[str]) -> None:
    git = repository(tmp_path / "new", *options)
    git.run("config", "core.autocrlf", "input")
    Path(git.top, ".gitattributes").write_text("* text eol=lf\n")
    files = [("nb/a.ipynb", b"a\r\nb\n\xff\0"), ("empty.py", b"")]
    commit = backups.save(git, files, "mlv  sync\nof  a")
    (backup,) = backups.entries(git)
    assert (backup.commit, backup.reason) == (commit, "mlv sync of a")
    assert commit.startswith(backup.id)
    assert set(backup.paths) == {"nb/a.ipynb", "empty.py"}
    for path, content in files:
        assert backups.read(git, backup.id, path) == content


def test_no_branch_index_or_file_is_touched(git: Git) -> None:
    Path(git.top, "a.py").write_bytes(b"staged\n")
    git.run("add", "a.py")
    before = git.run("status", "--porcelain=v2", "--branch"), git.run("ls-files", "-s")
    backups.save(git, [("a.py", b"mine"), ("b.py", b"too")], "sync")
    assert (git.run("status", "--porcelain=v2", "--branch"), git.run("ls-files", "-s")) == before
    assert git.run("for-each-ref", "--format=%(refname)").decode().split() == [backups.REF]
    assert sorted(os.listdir(git.top)) == [".git", "a.py"]


def test_the_newest_backup_comes_first_whatever_the_clock_says(git: Git, monkeypatch) -> None:
    for number, now in enumerate([1_700_000_000, 1_600_000_000, 1_600_000_000]):
        monkeypatch.setattr("time.time", lambda now=now: now + 0.5)
        backups.save(git, [(f"{number}.py", b"%d" % number)], f"run {number}")
    monkeypatch.undo()
    listed = [(b.reason, b.when, b.paths) for b in backups.entries(git)]
    assert listed == [
        ("run 2", 1_600_000_000, ("2.py",)),
        ("run 1", 1_600_000_000, ("1.py",)),
        ("run 0", 1_700_000_000, ("0.py",)),
    ]


def test_the_same_files_saved_twice_are_two_backups(git: Git) -> None:
    for reason in ("first", "second", "first"):
        backups.save(git, [("a.py", b"x"), ("b/c.py", b"y")], reason)
    assert [b.paths for b in backups.entries(git)] == [("a.py", "b/c.py")] * 3
    assert len({b.commit for b in backups.entries(git)}) == 3


@pytest.mark.parametrize("name", ODD_NAMES)
def test_every_name_can_be_saved_and_read(git: Git, name: str) -> None:
    backups.save(git, [(name, b"one"), ("plain.py", b"two")], "sync")
    backups.save(git, [(name, b"three")], "sync")
    newest, oldest = backups.entries(git)
    assert (newest.paths, set(oldest.paths)) == ((name,), {name, "plain.py"})
    assert backups.read(git, newest.id, name) == b"three"
    assert backups.read(git, oldest.id, name) == b"one"


def test_a_path_that_git_does_not_take_is_an_error_and_not_a_silent_loss(git: Git) -> None:
    with pytest.raises(GitError, match=r"cannot keep '\.git/x'"):
        backups.save(git, [("a.py", b"x"), (".git/x", b"y")], "sync")
    assert backups.entries(git) == []


def test_gc_keeps_every_backup(git: Git) -> None:
    for number in range(3):
        backups.save(git, [("a.py", b"content %d" % number)], "sync")
    git.run("reflog", "expire", "--expire=now", "--all")
    git.run("gc", "-q", "--prune=now")
    contents = [backups.read(git, b.id, "a.py") for b in backups.entries(git)]
    assert contents == [b"content 2", b"content 1", b"content 0"]


def test_the_commit_under_way_does_not_lend_its_author_or_index(git: Git, monkeypatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00Z")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z")
    monkeypatch.setenv("GIT_INDEX_FILE", str(Path(git.top, ".git", "next-index-1.lock")))
    backups.save(git, [("a.py", b"x")], "sync")
    who = git.run("log", "-1", "--format=%an %cn %ad", "--date=short", backups.REF).decode()
    assert who.split()[:2] == ["mlv", "mlv"]
    assert not who.endswith("2001-01-01\n")
    assert backups.entries(git)[0].when > 1_600_000_000
    assert not os.path.exists(os.environ["GIT_INDEX_FILE"])


def test_settings_that_change_what_git_log_prints_do_no_harm(git: Git) -> None:
    for setting in (
        *("log.showSignature=true", "log.date=iso", "color.ui=always", "core.abbrev=12"),
        *("i18n.commitEncoding=ISO-8859-1", "i18n.logOutputEncoding=ISO-8859-1"),
        *("diff.renames=copies", "core.quotePath=true", "commit.gpgSign=true"),
    ):
        git.run("config", *setting.split("="))
    backups.save(git, [("é.py", b"x")], "été")
    (backup,) = backups.entries(git)
    assert (backup.reason, backup.paths, len(backup.id)) == ("été", ("é.py",), 12)


def test_a_linked_worktree_shares_the_backups(git: Git, tmp_path: Path) -> None:
    Path(git.top, "a.py").write_bytes(b"x")
    commit_all(git)
    git.run("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = Git(str(tmp_path / "side"))
    backups.save(side, [("a.py", b"of the side")], "sync")
    backups.save(git, [("a.py", b"of the main")], "sync")
    assert [b.commit for b in backups.entries(side)] == [b.commit for b in backups.entries(git)]
    git.run("worktree", "remove", "--force", str(tmp_path / "side"))
    git.run("gc", "-q", "--prune=now")
    contents = [backups.read(git, b.id, "a.py") for b in backups.entries(git)]
    assert contents == [b"of the main", b"of the side"]


SAVE_FIVE = """
import sys
from mlv_hooks.repository import backups
from mlv_hooks.repository.git import Git
for number in range(5):
    path = f"{sys.argv[2]}-{number}.py"
    backups.save(Git(sys.argv[1]), [(path, path.encode())], path)
"""


def test_processes_that_save_at_once_lose_no_backup(git: Git) -> None:
    def save(name: str) -> int:
        command = [sys.executable, "-c", SAVE_FIVE, git.top, name]
        return subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(save, "abc")) == [0, 0, 0]
    paths = [path for backup in backups.entries(git) for path in backup.paths]
    assert sorted(paths) == [f"{name}-{number}.py" for name in "abc" for number in range(5)]
    for name in "abc":
        mine = [path for path in paths if path.startswith(name)]
        assert mine == sorted(mine, reverse=True)


def test_a_backup_that_cannot_be_saved_is_an_error(git: Git, monkeypatch) -> None:
    monkeypatch.setattr(backups, "_ATTEMPTS", 2)
    git.run("config", "core.filesRefLockTimeout", "1")
    lock = Path(git.top, ".git", *f"{backups.REF}.lock".split("/"))
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(GitError, match="refs/mlv/backups"):
        backups.save(git, [("a.py", b"x")], "sync")
    lock.unlink()
    backups.save(git, [("a.py", b"x")], "sync")
    assert len(backups.entries(git)) == 1


@pytest.mark.parametrize("id", ["", "HEAD", "main", "--all", "ab", "0000000", "a/b", "x\ny"])
def test_what_is_not_the_id_of_a_backup_is_not_found(git: Git, id: str) -> None:
    Path(git.top, "a.py").write_bytes(b"x")
    commit_all(git)
    backups.save(git, [("a.py", b"y")], "sync")
    with pytest.raises(backups.BackupNotFound, match="there is no backup"):
        backups.read(git, id, "a.py")
    head = git.run("rev-parse", "HEAD").decode().strip()
    with pytest.raises(backups.BackupNotFound, match="there is no backup"):
        backups.read(git, head, "a.py")


def test_a_path_that_is_not_in_the_backup_is_told(git: Git) -> None:
    commit = backups.save(git, [("a.py", b"x")], "sync")
    with pytest.raises(backups.BackupNotFound, match=r"has no 'b\.py'"):
        backups.read(git, commit[:7], "b.py")


def test_an_ambiguous_id_is_told(git: Git, monkeypatch) -> None:
    twins = [backups.Backup("abcd", 0, "r", (), f"abcd{number}") for number in range(2)]
    monkeypatch.setattr(backups, "entries", lambda git: twins)
    with pytest.raises(backups.BackupNotFound, match="more than one backup starts with 'abcd'"):
        backups.find(git, "abcd")
    assert backups.find(git, "abcd1") == twins[1]


def holder(git: Git):
    """Tell whether git holds a content as a blob that a commit reaches."""

    def held(path: str, content: bytes) -> bool:
        blob = git.run("hash-object", "--stdin", input=content).decode().strip()
        listed = git.run("rev-list", "--objects", "--all", "--not", f"--glob={backups.REF}")
        return blob in listed.decode()

    return held


def test_the_writer_backs_up_what_git_does_not_hold_and_only_that(git: Git) -> None:
    Path(git.top, "held.py").write_bytes(b"committed")
    commit_all(git)
    Path(git.top, "mine.py").write_bytes(b"never added\r\n")
    Path(git.top, "gone.py").write_bytes(b"deleted by the run")
    changes = [
        Change("held.py", b"committed", b"new", ""),
        Change("mine.py", b"never added\r\n", b"new", ""),
        Change("gone.py", b"deleted by the run", None, ""),
        Change("fresh.py", None, b"new", ""),
    ]
    writer.apply(
        git.top,
        os.path.join(git.top, ".git", "mlv"),
        changes,
        held=holder(git),
        backup=lambda files: backups.save(git, files, "mlv sync"),
    )
    (backup,) = backups.entries(git)
    assert set(backup.paths) == {"mine.py", "gone.py"}
    git.run("gc", "-q", "--prune=now")
    assert backups.read(git, backup.id, "mine.py") == b"never added\r\n"
    assert backups.read(git, backup.id, "gone.py") == b"deleted by the run"


def test_a_backup_that_fails_leaves_the_worktree_as_it_was(git: Git) -> None:
    Path(git.top, "mine.py").write_bytes(b"mine")
    objects = Path(git.top, ".git", "objects")
    objects.rename(objects.with_name("moved"))
    with pytest.raises(GitError):
        writer.apply(
            git.top,
            os.path.join(git.top, ".git", "mlv"),
            [Change("mine.py", b"mine", b"new", "")],
            held=lambda path, content: False,
            backup=lambda files: backups.save(git, files, "mlv sync"),
        )
    assert sorted(os.listdir(git.top)) == [".git", "mine.py"]
    assert Path(git.top, "mine.py").read_bytes() == b"mine"
