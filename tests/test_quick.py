"""One notebook of many that changed is settled at once, and as the whole survey would do it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pairs import KERNEL, notebook
from users import User

from mlv_hooks import quick, start
from mlv_hooks.pair import records
from mlv_hooks.pair.formats import CONFIG_NAMES, PYPROJECT
from mlv_hooks.pair.layout import Layout, wanted_layout

HEAVY = {"click", "filelock", "jupytext", "nbformat", "subprocess"}


@pytest.fixture
def repo(user: User) -> User:
    """A repository of two pairs in which all is known to be in line."""
    user.write("work/train.ipynb", notebook("x = 1", "y = 2", "z = 3"))
    user.write("work/other.ipynb", notebook("a = 1"))
    user.git("add", ".")
    user.mlv("sync")
    user.git("add", ".")
    user.commit()
    user.mlv("sync")
    return user


def loaded(repo: User, *command: str, code: int = 0) -> set[str]:
    done = repo.mlv(*command, code=code, PYTHONPROFILEIMPORTTIME="1")
    names = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    return names & HEAVY


def edit(old: str, new: str, path: str = "work/train.ipynb") -> Callable[[User], object]:
    return lambda repo: repo.edit(path, old, new)


def kernel(z: str, **more: object) -> Callable[[User], object]:
    """Write the notebook with another last cell and more in its kernel's metadata."""
    cells = ("x = 5", "y = 2", f"z = {z}")
    return lambda repo: repo.write(
        "work/train.ipynb", notebook(*cells, kernelspec={**KERNEL, **more})
    )


def sync(repo: User) -> None:
    repo.mlv("sync")


def back(path: str) -> Callable[[User], object]:
    return lambda repo: repo.git("checkout", "--", path)


STORIES: dict[str, list[Callable[[User], object]]] = {
    "one edit": [edit("x = 1", "x = 5")],
    "two edits": [edit("x = 1", "x = 5"), sync, edit("x = 5", "x = 6")],
    "an edit of another cell": [edit("x = 1", "x = 5"), sync, edit("y = 2", "y = 6")],
    "an edit taken back by hand": [edit("x = 1", "x = 5"), sync, edit("x = 5", "x = 1")],
    "the notebook as it was": [edit("x = 1", "x = 5"), sync, back("work/train.ipynb")],
    "the script as it was": [edit("x = 1", "x = 5"), sync, back("work/train.py")],
    "an edit of the script in between": [
        *(edit("x = 1", "x = 5"), sync, edit("y = 2", "y = 7", "work/train.py")),
        *(sync, edit("z = 3", "z = 8")),
    ],
    "edits of both": [
        *(edit("x = 1", "x = 5"), sync),
        *(edit("y = 2", "y = 7", "work/train.py"), edit("z = 3", "z = 8")),
    ],
    "a layout by hand": [
        *(edit("x = 1", "x = 5"), sync, edit("x = 5\n", "x = 5\n\n\n\n", "work/train.py")),
        edit("y = 2", "y = 6"),
    ],
    "both notebooks": [edit("x = 1", "x = 5"), edit("a = 1", "a = 5", "work/other.ipynb")],
    "staged in between": [
        *(edit("x = 1", "x = 5"), sync, lambda repo: repo.git("add", ".")),
        edit("y = 2", "y = 6"),
    ],
    "committed in between": [
        *(edit("x = 1", "x = 5"), sync, lambda repo: repo.git("add", ".")),
        *(lambda repo: repo.commit(), sync, edit("y = 2", "y = 6")),
    ],
    "HEAD moved back": [
        *(edit("x = 1", "x = 5"), sync, lambda repo: repo.git("add", ".")),
        *(lambda repo: repo.commit(), sync, lambda repo: repo.git("reset", "--soft", "HEAD^")),
        edit("y = 2", "y = 6"),
    ],
    "line ends of Windows": [
        lambda repo: repo.write("work/train.py", repo.read("work/train.py").replace("\n", "\r\n")),
        *(sync, edit("x = 1", "x = 5")),
    ],
    "metadata that Python calls equal": [
        kernel("3", env=1),
        sync,
        kernel("4", env=True),
    ],
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_it_ends_as_the_whole_survey_does(
    repo: User, tmp_path: Path, story: list[Callable[[User], object]]
) -> None:
    shutil.copytree(repo.top, tmp_path / "slow")
    slow = replace(repo, top=tmp_path / "slow")
    ends = []
    for one in (repo, slow):
        for step in story:
            if one is slow:
                one.path(".git/mlv/good-tree").unlink(missing_ok=True)
            step(one)
        if one is slow:
            one.path(".git/mlv/good-tree").unlink(missing_ok=True)
        done = one.mlv("sync", code=None)
        files = {path: one.read(path) for path in ("work/train.ipynb", "work/train.py")}
        ends.append((done, files, one.mlv("sync", "--check", code=None).code))
    assert ends[0] == ends[1]


def test_edit_after_edit_loads_nothing_heavy_but_for_the_backup(repo: User) -> None:
    for number in range(3):
        repo.edit("work/train.ipynb", f"y = {number + 2}", f"y = {number + 3}")
        assert loaded(repo, "sync", "--quiet") <= {"subprocess"}
        assert f"y = {number + 3}\n" in repo.read("work/train.py")
    # What the second and third run overwrote is in no commit.
    listed = repo.mlv("backups", "list").out.splitlines()
    assert [line.rpartition(": ")[2] for line in listed] == ["work/train.py"] * 2
    newest = listed[0].split()[0]
    assert "y = 4\n" in repo.mlv("backups", "show", newest).out


def test_a_check_writes_nothing_and_tells(repo: User) -> None:
    repo.edit("work/train.ipynb", "y = 2", "y = 3")
    assert loaded(repo, "sync", "--check", code=1) == set()
    done = repo.mlv("sync", "--check", code=1)
    assert done.text == "to do: work/train.py <- work/train.ipynb\n"
    assert "y = 2\n" in repo.read("work/train.py")


def test_new_outputs_alone_are_nothing_to_do(repo: User) -> None:
    before = repo.read("work/train.ipynb")
    data = json.loads(before)
    data["cells"][0]["execution_count"] = 7
    repo.write("work/train.ipynb", json.dumps(data, indent=1) + "\n")
    assert loaded(repo, "sync", "--check") == set()
    assert repo.mlv("sync").text == ""


def test_a_script_that_cannot_be_written_is_one_line(repo: User) -> None:
    repo.edit("work/train.ipynb", "y = 2", "y = 3")
    repo.path("work/train.py").chmod(0o444)
    done = repo.mlv("sync", code=1)
    assert done.err.startswith("mlv: work/train.py: is read-only: nothing was written")
    assert done.err.count("\n") == 1
    repo.path("work/train.py").chmod(0o644)
    repo.mlv("sync")
    assert "y = 3\n" in repo.read("work/train.py")


def test_in_a_merge_the_whole_survey_decides(repo: User) -> None:
    head = repo.git("rev-parse", "HEAD")
    repo.write(".git/MERGE_HEAD", head)
    repo.edit("work/train.ipynb", "y = 2", "y = 3")
    assert "click" in loaded(repo, "sync", code=0)


HOOKS = [
    *("ruff-format", "black", "black-jupyter", "ruff", "ruff-check", "autopep8", "yapf"),
    "trailing-whitespace",
]


@pytest.mark.parametrize("hook", HOOKS)
def test_with_a_hook_that_lays_scripts_out_the_whole_survey_decides(repo: User, hook: str) -> None:
    config = f"repos:\n- repo: local\n  hooks:\n  - id: {hook}\n"
    assert wanted_layout({".pre-commit-config.yaml": config.encode()}.get) != Layout()
    repo.write(".pre-commit-config.yaml", config)
    repo.edit("work/train.ipynb", "y = 2", "y = 3")
    assert "click" in loaded(repo, "sync", "--check", code=1)


def test_a_comment_about_such_a_hook_is_no_hook(repo: User) -> None:
    repo.write(".pre-commit-config.yaml", "repos: []\n# ruff and black come first\n")
    repo.edit("work/train.ipynb", "y = 2", "y = 3")
    assert loaded(repo, "sync", "--check", code=1) == set()


def test_every_file_of_settings_is_looked_for() -> None:
    assert {*CONFIG_NAMES, PYPROJECT, "mlv.toml"} == {*start.SETTINGS_FILES}
    assert all(map(start.is_settings, start.SETTINGS_FILES))


def test_the_words_of_git_for_other_heads_are_the_same() -> None:
    from mlv_hooks.repository.git import OTHER_HEADS

    assert quick.OTHER_HEADS == OTHER_HEADS


ONE = records.Record(("a" * 40, "b" * 40), ("c" * 40, "d" * 40))
TWO = records.Record(("a" * 40, "b" * 40), ("e" * 40, "f" * 40))


def test_the_last_record_of_a_pair_counts(tmp_path: Path) -> None:
    for pair, record in ((("n", "s"), ONE), (("m", "t\n\"'é"), ONE), (("n", "s"), TWO)):
        records.Records(str(tmp_path)).add([(pair, record)])
    found = records.Records(str(tmp_path))
    assert found.get("n", "s") == TWO
    assert found.get("m", "t\n\"'é") == ONE
    assert found.get("m", "t") is None


def test_half_a_record_is_none_and_spoils_no_other(tmp_path: Path) -> None:
    records.Records(str(tmp_path)).add([(("m", "t"), ONE), (("n", "s"), TWO)])
    file = tmp_path / "bases.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    assert records.Records(str(tmp_path)).get("n", "s") is None
    records.Records(str(tmp_path)).add([(("o", "u"), ONE)])
    found = records.Records(str(tmp_path))
    assert (found.get("m", "t"), found.get("n", "s"), found.get("o", "u")) == (ONE, None, ONE)


def test_a_long_file_is_written_anew_with_what_counts(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(records, "_LIMIT", 5_000)
    for number in range(200):
        pair = (f"n{number % 3}", "s")
        records.Records(str(tmp_path)).add([(pair, TWO if number > 190 else ONE)])
    assert (tmp_path / "bases.jsonl").stat().st_size < 6_000
    assert [records.Records(str(tmp_path)).get(f"n{one}", "s") for one in range(3)] == [TWO] * 3
