"""Files of a pipeline that can't be used: one line says so, and all else goes on."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from piped import stages
from support import FIRST, Repo

from mlv_hooks.commands.cli import main

FILES = ("dvc.yaml", "params.yaml", "dvc.lock")
LOCK = "schema: '2.0'\nstages:\n  fit:\n    cmd: python -m steps.fit\n"
OUTSIDE = "../outside.yaml"


def linked(to: str) -> Callable[[Path], None]:
    """Return what moves a file to another place and links it there."""

    def link(path: Path) -> None:
        path.rename(path.parent / to)
        path.symlink_to(to)

    return link


def broken_link(to: str) -> Callable[[Path], None]:
    """Return what puts a link in the place of a file, which leads to none."""

    def link(path: Path) -> None:
        path.unlink()
        path.symlink_to(to)

    return link


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "kept").write_bytes(b"kept")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def holding(make: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(make(path.read_bytes())) and None


LINK = "MLV405 is a symbolic link: put a real file there"
NO_FILE = "MLV405 is not a regular file: move it away"
READ_ONLY = "MLV405 is read-only: `chmod u+w` it and run again"
FAULTS: list[tuple[str, Callable[[Path], None], str]] = [
    ("dvc.yaml", linked("real.yaml"), f"dvc.yaml: {LINK}"),
    ("params.yaml", linked(OUTSIDE), f"params.yaml: {LINK}"),
    ("dvc.lock", broken_link("gone"), f"dvc.lock: {LINK}"),
    ("dvc.yaml", broken_link("dvc.yaml"), f"dvc.yaml: {LINK}"),
    ("data/.gitignore", broken_link(".gitignore"), f"data/.gitignore: {LINK}"),
    ("params.yaml", folder, f"params.yaml: {NO_FILE}"),
    ("dvc.lock", folder, f"dvc.lock: {NO_FILE}"),
    ("dvc.yaml", pipe, f"dvc.yaml: {NO_FILE}"),
    ("dvc.lock", lambda path: path.chmod(0o444), f"dvc.lock: {READ_ONLY}"),
    (
        "params.yaml",
        holding(lambda old: b"# one\n# caf\xe9\n" + old),
        "params.yaml:2: MLV405 is not UTF-8 (byte 0xE9): save it as UTF-8",
    ),
    (
        "dvc.yaml",
        holding(lambda old: old.decode().encode("utf-16")),
        "dvc.yaml:1: MLV405 is not UTF-8 (byte 0xFF): save it as UTF-8",
    ),
    (
        "dvc.lock",
        holding(lambda old: b"#\0\n" + old),
        "dvc.lock:1: MLV405 has the character U+0000, which YAML does not allow: take it out",
    ),
]


@pytest.fixture
def edited(bare: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository where commands of this process work, and three notebooks were edited.

    One that has no stage, one that was renamed with its stage, one with one more input.
    """
    bare.write("dvc.lock", LOCK)
    bare.add()
    bare.git("commit", "--quiet", "--no-verify", "-m", "ran")
    bare.git("mv", "fit.ipynb", "learn.ipynb")
    bare.git("mv", "fit.py", "learn.py")
    bare.edit("prepare.ipynb", ":dvc-out", ":dvc-in: data/more.txt\n:dvc-out")
    bare.write("data/more.txt", "")
    bare.edit("train.ipynb", FIRST, "rate = 0.2")
    bare.add()
    for name in [name for name in os.environ if name not in bare.env]:
        monkeypatch.delenv(name)
    for name, value in bare.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(bare.top)
    return bare


def mlv(*args: str) -> tuple[int, list[str]]:
    """Run mlv here; return its exit code and the lines about what it found."""
    done = CliRunner().invoke(main, args)
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    assert "internal error" not in done.output and "Traceback" not in done.output
    return done.exit_code, [line for line in done.output.splitlines() if " MLV" in line]


def held(top: Path) -> dict[str, str]:
    """Return what each file is: its mode, and what it holds or leads to."""
    found = {}
    for path in top.rglob("*"):
        if ".git" not in path.relative_to(top).parts and not path.is_dir():
            mode = path.lstat().st_mode
            said = os.readlink(path) if stat.S_ISLNK(mode) else ""
            said = path.read_bytes().hex() if stat.S_ISREG(mode) else said
            found[path.relative_to(top).as_posix()] = f"{mode:o} {said}"
    return found


def test_a_file_that_cannot_be_used_is_told_in_one_line_and_others_go_on(edited: Repo) -> None:
    outside = edited.top / OUTSIDE
    for path, spoil, said in FAULTS:
        spoil(edited.top / path)
        kept = outside.read_bytes() if outside.exists() else b""
        edited.run("git", "add", "--all")  # which git refuses for a pipe
        index, before = edited.state().index, held(edited.top)
        assert mlv("hook", "all") == (1, [said])
        assert (held(edited.top), edited.state().index) == (before, index)
        assert mlv("sync") == (1, [said])
        after = held(edited.top)
        made = {one for one in after.keys() | before.keys() if after.get(one) != before.get(one)}
        assert made == {"train.py", "prepare.py", "steps/fit.py", "steps/learn.py"}
        assert (outside.read_bytes() if outside.exists() else b"") == kept
        back_to(edited, path)


def back_to(repo: Repo, path: str) -> None:
    """Take back what a run wrote, and the fault."""
    repo.run("rm", "-r", "--force", path, "real.yaml", OUTSIDE)
    repo.git("reset", "--quiet", "--", path, "real.yaml")
    repo.git("clean", "--quiet", "--force", "steps")
    repo.git("checkout", "--quiet", "--", ".")


def test_an_empty_file_is_filled_and_a_byte_order_mark_stays(edited: Repo) -> None:
    full = {path: edited.read(path) for path in FILES[:2]}
    mark = b"\xef\xbb\xbf"
    for made in (lambda old: mark + old, lambda old: b"", lambda old: b"# nothing\n\n# here\n"):
        for path, old in full.items():
            edited.write(path, made(old))
        edited.add()
        assert mlv("hook", "all") == (0, [])
        for path in full:
            begins = made(b"")
            assert edited.read(path).startswith(begins)
            assert edited.read(path).count(mark) == begins.count(mark)
        assert list(stages(edited)) == ["learn", "prepare"]
        assert b"learn:\n  rate: 0.5\n" in edited.read("params.yaml")
        assert (mlv("sync", "--check"), mlv("hook", "all")) == ((0, []), (0, []))


def test_what_the_rights_on_files_and_folders_forbid_is_told(edited: Repo) -> None:
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []

    def sync() -> list[str]:
        done = edited.run(*drop, sys.executable, "-m", "mlv_hooks", "sync")
        assert done.code == 1, done.said
        return [line for line in done.said.splitlines() if " MLV" in line]

    (edited.top / "params.yaml").chmod(0)
    said = "cannot be read (Permission denied): mend its permissions with `chmod`, or move it"
    assert sync() == [f"params.yaml: MLV405 {said}"]
    (edited.top / "params.yaml").chmod(0o644)
    assert "dvc.yaml" not in edited.status() and edited.read("train.py").count(b"0.2")

    edited.write("mlv.toml", 'dvc-file = "pipelines/dvc.yaml"\n')
    (edited.top / "pipelines").mkdir(0o555)
    said = "is in a read-only folder: `chmod u+w pipelines` and run again"
    assert sync()[:1] == [f"pipelines/dvc.yaml: MLV405 {said}"]
    (edited.top / "pipelines").rmdir()
    edited.write("pipelines", "a file")
    said = "can't be there, since pipelines is no folder: move that away"
    assert sync()[:1] == [f"pipelines/dvc.yaml: MLV405 {said}"]
    (edited.top / "pipelines").unlink()
    (edited.top / "pipelines").symlink_to(edited.top.parent)
    said = "lies in a linked folder that leaves the repository: put a real folder there"
    assert f"pipelines/dvc.yaml: MLV007 {said}" in sync()
    assert not (edited.top.parent / "dvc.yaml").exists()
