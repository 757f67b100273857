"""Nothing that changed is missed, though most of a repository is not looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pairs import notebook
from users import User


@pytest.fixture
def repo(user: User) -> User:
    """A repository of two pairs in which all is known to be in line."""
    user.write("work/train.ipynb", notebook("x = 1", "y = 2"))
    user.write("work/other.ipynb", notebook("a = 1"))
    user.git("add", ".")
    user.mlv("sync")
    user.git("add", ".")
    user.commit()
    user.mlv("sync")
    assert modules(user, "sync") == set()
    return user


def modules(repo: User, *command: str, code: int = 0) -> set[str]:
    """Return which of the heavy modules a run loads."""
    done = repo.mlv(*command, code=code, PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    return loaded & {"click", "jupytext", "nbformat"}


def test_with_nothing_changed_nothing_is_loaded(repo: User) -> None:
    assert modules(repo, "sync", "--quiet") == modules(repo, "sync", "--check") == set()


def test_one_changed_notebook_needs_no_jupytext(repo: User) -> None:
    repo.edit("work/train.ipynb", "y = 2", "y = 3")
    assert modules(repo, "sync") == set()
    assert "y = 3\n" in repo.read("work/train.py")
    repo.mlv("sync", "--check")
    repo.git("add", ".")
    repo.commit()
    assert repo.mlv("check").text == ""


CHANGES: dict[str, Callable[[User], object]] = {
    "the notebook": lambda repo: repo.edit("work/train.ipynb", "y = 2", "y = 3"),
    "the script": lambda repo: repo.edit("work/train.py", "y = 2", "y = 3"),
    "both": lambda repo: (
        repo.edit("work/train.ipynb", "y = 2", "y = 3"),
        repo.edit("work/train.py", "x = 1", "x = 4"),
    ),
    "a cell with a magic": lambda repo: repo.edit("work/train.ipynb", "y = 2", "%%bash"),
    "the script is gone": lambda repo: repo.path("work/train.py").unlink(),
    "the notebook is gone": lambda repo: repo.path("work/train.ipynb").unlink(),
    "a new notebook": lambda repo: (
        repo.write("new.ipynb", notebook("z = 1")),
        repo.git("add", "new.ipynb"),
    ),
    "formats in the notebook": lambda repo: repo.write(
        "work/train.ipynb",
        notebook("x = 1", "y = 2", jupytext={"formats": "ipynb,md"}),
    ),
    "settings beside the notebooks": lambda repo: repo.write(
        "work/jupytext.toml", 'formats = "ipynb,md"\n'
    ),
    "settings at the top": lambda repo: repo.write("jupytext.toml", 'formats = "ipynb,md"\n'),
    "the index alone": lambda repo: (
        repo.edit("work/train.ipynb", "y = 2", "y = 3"),
        repo.git("add", "."),
    ),
    "a commit past the hooks": lambda repo: (
        repo.edit("work/train.ipynb", "y = 2", "y = 3"),
        repo.git("add", "."),
        repo.commit(),
    ),
    "an older commit": lambda repo: (
        repo.edit("work/train.ipynb", "y = 2", "y = 3"),
        repo.git("add", "."),
        repo.commit(),
        repo.mlv("sync"),
        repo.git("reset", "--hard", "--quiet", "HEAD"),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_changes_is_seen(repo: User, change: Callable[[User], object]) -> None:
    change(repo)
    assert repo.mlv("sync", "--check", code=1).text != ""
    repo.mlv("sync")
    assert repo.mlv("sync", "--check").text == ""


def test_a_damaged_record_is_not_trusted(repo: User) -> None:
    record = repo.path(".git/mlv/good-tree")
    whole = record.read_bytes()
    for damage in (whole[:-1], whole[1:], whole.replace(b"train", b"brain"), b"", b"\xff\0\xff"):
        record.write_bytes(damage)
        assert "click" in modules(repo, "sync")
        assert record.read_bytes() == whole


def test_a_changed_file_that_is_no_script_costs_no_jupytext(repo: User) -> None:
    repo.write("notes.txt", "one\n")
    repo.git("add", ".")
    repo.commit()
    repo.mlv("sync")
    repo.write("notes.txt", "two\n")
    assert modules(repo, "sync") == set()
