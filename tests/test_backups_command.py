"""`mlv backups`: what was overwritten is listed, shown and had back, from the command line."""

from __future__ import annotations

import re

import pytest
from users import User, code, notebook

NOTEBOOK = notebook(code("x = 1", id="x", count=1, out="1\n"))


@pytest.fixture
def overwritten(user: User) -> User:
    """Return a repository in which a script's own edit was given up for the notebook's."""
    user.write("nb/a b.ipynb", NOTEBOOK)
    user.git("add", ".")
    user.mlv("sync")
    user.git("add", ".")
    user.commit()
    user.edit("nb/a b.ipynb", "x = 1", "x = 3")
    user.edit("nb/a b.py", "x = 1", "x = 4  # mine")
    user.mlv("sync", "--prefer", "notebook")
    return user


def newest(user: User) -> str:
    return user.backups().split()[0]


def test_without_backups_it_says_so_and_prints_no_list(user: User) -> None:
    done = user.mlv("backups", "list", code=0)
    assert done.out == ""
    assert done.err == "there are no backups: nothing was overwritten that git did not hold\n"


def test_the_list_has_id_time_reason_and_files(overwritten: User) -> None:
    (line,) = overwritten.backups().splitlines()
    assert re.fullmatch(
        r"[0-9a-f]{7,} {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}mlv sync: nb/a b\.py", line
    )


def test_show_prints_the_file_byte_for_byte(overwritten: User) -> None:
    id = newest(overwritten)
    assert "x = 4  # mine" in overwritten.mlv("backups", "show", id).out
    assert (
        overwritten.mlv("backups", "show", id, "a b.py", cwd="nb").out
        == overwritten.mlv("backups", "show", id, "nb/a b.py").out
    )


def test_show_lists_the_names_when_there_are_several(overwritten: User) -> None:
    overwritten.write("other.ipynb", NOTEBOOK)
    overwritten.mlv("sync", "other.ipynb")
    for path in ("nb/a b.py", "other.py"):
        overwritten.edit(path, "x = ", "x = 9  # ")
    overwritten.mlv("sync", "nb", "other.py")
    id = newest(overwritten)
    assert overwritten.mlv("backups", "show", id).out == "nb/a b.ipynb\nother.ipynb\n"


def test_restore_puts_the_file_back_and_keeps_what_it_replaces(overwritten: User) -> None:
    id = newest(overwritten)
    overwritten.edit("nb/a b.py", "x = 3", "x = 5")
    edited = overwritten.read("nb/a b.py")

    done = overwritten.mlv("backups", "restore", id, code=0)

    assert done.out == f"nb/a b.py <- backup {id}\n"
    assert "x = 4  # mine" in overwritten.read("nb/a b.py")
    assert f"before the restore of {id}: nb/a b.py" in overwritten.backups()
    overwritten.mlv("backups", "restore", newest(overwritten))
    assert overwritten.read("nb/a b.py") == edited


def test_a_file_that_was_deleted_comes_back_with_its_folder(overwritten: User) -> None:
    id = newest(overwritten)
    for path in ("nb/a b.py", "nb/a b.ipynb"):
        overwritten.path(path).unlink()
    overwritten.path("nb").rmdir()

    overwritten.mlv("backups", "restore", id, "nb/a b.py", code=0)

    assert "x = 4  # mine" in overwritten.read("nb/a b.py")


def test_restoring_twice_says_that_there_is_nothing_to_do(overwritten: User) -> None:
    id = newest(overwritten)
    overwritten.mlv("backups", "restore", id)
    count = overwritten.backups().count("\n")
    again = overwritten.mlv("backups", "restore", id, code=0)
    assert again.out == f"nb/a b.py is as in backup {id} already\n"
    assert overwritten.backups().count("\n") == count


def test_after_a_restore_the_next_sync_takes_the_script_as_edited(overwritten: User) -> None:
    overwritten.mlv("backups", "restore", newest(overwritten))
    overwritten.mlv("sync", code=0)
    assert "x = 4  # mine" in overwritten.read("nb/a b.ipynb")


@pytest.mark.parametrize("command", ["show", "restore"])
def test_an_unknown_id_or_file_is_one_line(overwritten: User, command: str) -> None:
    for id in ("abcdef0", "nonsense", "HEAD"):
        done = overwritten.mlv("backups", command, id, code=1)
        assert done.err == f"mlv: there is no backup {id!r}: `mlv backups list` shows them all\n"
    id = newest(overwritten)
    done = overwritten.mlv("backups", command, id, "nb/nope.py", code=1)
    assert done.err == f"mlv: backup {id} has no 'nb/nope.py': `mlv backups list` shows them\n"
    outside = overwritten.mlv("backups", command, id, "../x.py", code=2)
    assert outside.err == "mlv: ../x.py is outside of this repository\n"
