"""Commits beside edits that are not staged: pre-commit puts those aside while the hook runs."""

from __future__ import annotations

import pytest
from samples import code, notebook, sources
from support import Repo


def stage(repo: Repo, path: str, old: str, new: str) -> None:
    """Edit a file and stage that edit."""
    repo.edit(path, old, new)
    repo.add(path)


def test_unstaged_edits_of_other_files_stay_unstaged(repo: Repo) -> None:
    stage(repo, "train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("notes.txt", "one", "two")
    repo.write("scratch.txt", "untracked\n")
    repo.commits(left={"notes.txt": " M", "scratch.txt": "??"})
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_an_unstaged_delete_of_another_file_stays(repo: Repo) -> None:
    stage(repo, "train.ipynb", "rate = 0.1", "rate = 0.5")
    (repo.top / "notes.txt").unlink()
    repo.commits(left={"notes.txt": " D"})
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_unstaged_edits_of_the_same_script_are_refused_and_kept(repo: Repo) -> None:
    stage(repo, "train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.py", "print(model)", "print(model, rate)")
    said = repo.refuses()
    assert "train.py" in said and "`git add` it" in said
    repo.add("train.py")
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_unstaged_edits_of_the_same_notebook_stay_when_only_the_script_is_written(
    repo: Repo,
) -> None:
    stage(repo, "train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.ipynb", "print(model)", "print(model, rate)")
    repo.commits(left={"train.ipynb": " M"})
    assert "rate = 0.5" in repo.head("train.py")
    assert "print(model, rate)" not in repo.head("train.py")
    repo.commits("-a")
    assert "print(model, rate)" in repo.head("train.py")


def test_unstaged_edits_of_the_notebook_are_kept_when_the_script_is_committed(repo: Repo) -> None:
    stage(repo, "train.py", "rate = 0.1", "rate = 0.5")
    repo.edit("train.ipynb", "print(model)", "print(model, rate)")
    said = repo.refuses()
    assert "train.ipynb" in said and "`git add` it" in said
    repo.add("train.ipynb")
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_partly_staged_notebook_commits_the_staged_part(repo: Repo) -> None:
    whole = repo.read("train.ipynb").decode()
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.ipynb", "print(model)", "print(model, rate)")
    part = whole.replace("rate = 0.1", "rate = 0.5")
    blob = repo.git("hash-object", "-w", "--stdin", input=part).strip()
    repo.git("update-index", "--cacheinfo", f"100644,{blob},train.ipynb")
    repo.commits(left={"train.ipynb": " M"})
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model)"]


def test_a_partly_staged_script_is_refused_while_the_notebook_changed(repo: Repo) -> None:
    stage(repo, "train.ipynb", "# Train", "# Train it")
    stage(repo, "train.py", "rate = 0.1", "rate = 0.5")
    repo.edit("train.py", "print(model)", "print(model, rate)")
    assert "train.py" in repo.refuses()


def test_a_partly_staged_script_takes_its_notebook_along(repo: Repo) -> None:
    stage(repo, "train.py", "rate = 0.1", "rate = 0.5")
    repo.edit("train.py", "print(model)", "print(model, rate)")
    repo.commits(left={"train.py": " M"})
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model)"]
    repo.commits("-a")
    assert sources(repo.blob("train.ipynb"))[3] == "print(model, rate)"


def test_both_sides_partly_staged_alike_commit_the_staged_part(repo: Repo) -> None:
    stage(repo, "train.ipynb", "rate = 0.1", "rate = 0.5")
    stage(repo, "train.py", "rate = 0.1", "rate = 0.5")
    repo.edit("train.ipynb", "print(model)", "print(model, rate)")
    repo.edit("train.py", "print(model)", "print(rate)")
    repo.commits(left={"train.ipynb": " M", "train.py": " M"})
    assert "rate = 0.5" in repo.head("train.py")
    assert "--prefer" in repo.refuses("-a")


def test_add_p_of_one_hunk_of_a_notebook(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.ipynb", "print(model)", "print(model, rate)")
    repo.git("-c", "diff.context=0", "add", "-p", "train.ipynb", input="y\nn\n")
    repo.commits(left={"train.ipynb": " M"})
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model)"]


def test_commit_p_of_one_hunk_of_a_notebook(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.ipynb", "print(model)", "print(model, rate)")
    before = repo.state()
    done = repo.run("git", "-c", "diff.context=0", "commit", "-m", "w", "-p", input="y\nn\n")
    assert done.code == 0, done.said
    repo.rests(before, {"train.ipynb": " M"})
    assert "rate = 0.5" in repo.head("train.py")


def test_a_notebook_announced_by_intent_to_add_waits_for_its_commit(repo: Repo) -> None:
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.git("add", "-N", "eda.ipynb")
    stage(repo, "train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits(left={"eda.ipynb": " A"})
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}
    assert not repo.exists("eda.py")


def test_a_script_announced_by_intent_to_add_is_kept(repo: Repo) -> None:
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.write("eda.py", "a = 2\n")
    repo.add("eda.ipynb")
    repo.git("add", "-N", "eda.py")
    said = repo.refuses()
    assert "eda.py" in said
    assert repo.read("eda.py") == b"a = 2\n"


def test_an_untracked_script_in_the_way_is_refused_and_kept(repo: Repo) -> None:
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.write("eda.py", "a = 2\n")
    repo.add("eda.ipynb")
    assert "--prefer" in repo.refuses()


def test_a_commit_by_path_beside_unstaged_edits_of_its_script_is_refused(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.py", "print(model)", "print(model, rate)")
    assert "train.py" in repo.refuses("train.ipynb")
    repo.commits("train.ipynb", "train.py")
    assert sources(repo.blob("train.ipynb"))[3] == "print(model, rate)"


def test_a_commit_by_path_beside_a_staged_edit_of_its_script_loses_nothing(repo: Repo) -> None:
    stage(repo, "train.py", "print(model)", "print(model, rate)")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    assert "train.py" in repo.refuses("train.ipynb")
    repo.commits("-a")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


@pytest.mark.parametrize("mode", ["100755", "100644"])
def test_the_mode_of_a_script_stays(repo: Repo, mode: str) -> None:
    if mode == "100755":
        repo.git("update-index", "--chmod=+x", "train.py")
        (repo.top / "train.py").chmod(0o755)
        repo.commits()
    stage(repo, "train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits()
    assert repo.git("ls-tree", "HEAD", "train.py").startswith(mode)
