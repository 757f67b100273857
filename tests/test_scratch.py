"""Copies of a worktree: all that a run may read is there, and nothing leads back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlv_hooks.verify.scratch import changed, copy_worktree, files_below, snapshot

_FILES = (
    ".dvc/cache/ab",
    ".dvc/config",
    ".git/HEAD",
    ".hidden/x",
    ".venv/x",
    "data/raw.csv",
    "env/lib/big.py",
    "env/pyvenv.cfg",
    "src/__pycache__/a.pyc",
)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "project"
    for name in _FILES:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return top


def test_the_copy_holds_untracked_data_and_no_caches_environments_or_git(
    top: Path, tmp_path: Path
) -> None:
    copy_worktree(str(top), str(tmp_path / "copy"))

    assert set(snapshot(str(tmp_path / "copy"))) == {"data/raw.csv", ".hidden/x", ".dvc/config"}


def test_a_write_in_the_copy_never_reaches_the_original(top: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "far.csv").write_text("far")
    (top / "cached.csv").symlink_to(top / ".dvc/cache/ab")
    (top / "far").symlink_to(outside)
    os.link(outside / "far.csv", top / "hard.csv")
    (top / "inside.csv").symlink_to(top / "data/raw.csv")
    (top / "dangling").symlink_to("nowhere")
    before = {path: path.read_bytes() for path in [*top.rglob("*"), *outside.rglob("*")]
              if path.is_file()}  # fmt: skip
    copy = tmp_path / "copy"

    copy_worktree(str(top), str(copy))

    assert (copy / "cached.csv").read_text() == ".dvc/cache/ab"
    assert (copy / "far/far.csv").read_text() == "far"
    assert not (copy / "dangling").exists()
    for name in ("cached.csv", "far/far.csv", "hard.csv", "inside.csv"):
        (copy / name).write_text("changed")
    assert (copy / "data/raw.csv").read_text() == "changed"
    assert {path: path.read_bytes() for path in before} == before


def test_links_that_go_in_circles_end(top: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "self").symlink_to(outside)
    (outside / "back").symlink_to(top)
    (top / "far").symlink_to(outside)

    copy_worktree(str(top), str(tmp_path / "copy"))

    assert (tmp_path / "copy/far").is_dir()
    assert not (tmp_path / "copy/far/self").exists()


def test_a_read_only_file_and_its_time_come_along(top: Path, tmp_path: Path) -> None:
    (top / "data/raw.csv").chmod(0o444)
    os.utime(top / "data/raw.csv", (1000, 1000))

    copy_worktree(str(top), str(tmp_path / "copy"))

    stat = (tmp_path / "copy/data/raw.csv").stat()
    assert (stat.st_mode & 0o777, stat.st_mtime) == (0o444, 1000)


def test_what_was_written_made_and_removed_is_told(top: Path) -> None:
    before = snapshot(str(top))
    (top / "data/raw.csv").write_text("other text")
    (top / "new.txt").write_text("new")
    (top / ".hidden/x").unlink()
    (top / "src/__pycache__/b.pyc").write_text("cache")

    assert changed(before, snapshot(str(top))) == {"data/raw.csv", "new.txt", ".hidden/x"}
    assert list(files_below(str(top), "data")) == ["data/raw.csv"]
    assert list(files_below(str(top), "new.txt")) == ["new.txt"]
    assert list(files_below(str(top), "nowhere")) == []
