"""Notebooks and scripts that are deleted or renamed."""

from __future__ import annotations

import os

from samples import code, notebook, sources, train
from support import Repo


def test_git_rm_of_a_notebook_takes_its_script_along(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.ipynb")
    repo.commits()
    assert repo.changed() == {"train.ipynb": "D", "train.py": "D"}
    assert not repo.exists("train.py")


def test_a_notebook_deleted_in_the_file_manager_takes_its_script_along(repo: Repo) -> None:
    (repo.top / "train.ipynb").unlink()
    repo.commits("-a")
    assert repo.changed() == {"train.ipynb": "D", "train.py": "D"}


def test_a_notebook_deleted_by_path_takes_its_script_along(repo: Repo) -> None:
    (repo.top / "train.ipynb").unlink()
    repo.commits("train.ipynb")
    assert repo.changed() == {"train.ipynb": "D", "train.py": "D"}


def test_a_script_with_edits_stays_when_its_notebook_goes(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.ipynb")
    repo.edit("train.py", "rate = 0.1", "rate = 0.5")
    repo.add("train.py")
    said = repo.refuses()
    assert "train.py" in said and "git rm" in said


def test_a_script_with_unstaged_edits_stays_when_its_notebook_goes(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.ipynb")
    repo.edit("train.py", "rate = 0.1", "rate = 0.5")
    assert "train.py" in repo.refuses()


def test_a_notebook_taken_out_of_git_alone_keeps_its_file(repo: Repo) -> None:
    repo.git("rm", "--quiet", "--cached", "train.ipynb")
    repo.commits(left={"train.ipynb": "??"})
    assert repo.changed() == {"train.ipynb": "D", "train.py": "D"}


def test_delete_of_both(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.ipynb", "train.py")
    repo.commits()
    assert repo.changed() == {"train.ipynb": "D", "train.py": "D"}


def test_a_script_that_alone_was_deleted_comes_back(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.py")
    repo.edit("notes.txt", "one", "two")
    repo.commits("-a")
    assert repo.changed() == {"notes.txt": "M"}
    assert repo.exists("train.py")


def test_a_commit_of_nothing_but_a_deleted_script_brings_it_back(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.py")
    before = repo.state()
    done = repo.run("git", "commit", "-m", "work")
    assert repo.exists("train.py")
    assert repo.git("rev-parse", "HEAD^{tree}") == repo.git("rev-parse", f"{before.head}^{{tree}}")
    assert repo.status() == {}, done.said


def test_an_edited_notebook_whose_script_was_deleted_brings_it_back(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.py")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits("-a")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_git_mv_of_a_notebook_moves_its_script(repo: Repo) -> None:
    repo.git("mv", "train.ipynb", "fit.ipynb")
    repo.commits()
    assert repo.changed() == {
        "fit.ipynb": "A", "fit.py": "A", "train.ipynb": "D", "train.py": "D"
    }  # fmt: skip


def test_git_mv_of_both(repo: Repo) -> None:
    repo.git("mv", "train.ipynb", "fit.ipynb")
    repo.git("mv", "train.py", "fit.py")
    repo.commits()
    assert repo.paths() >= {"fit.ipynb", "fit.py"}
    assert not repo.paths() & {"train.ipynb", "train.py"}


def test_rename_and_edit_of_the_notebook_in_one_commit(repo: Repo) -> None:
    repo.git("mv", "train.ipynb", "fit.ipynb")
    repo.edit("fit.ipynb", "rate = 0.1", "rate = 0.5")
    repo.add("fit.ipynb")
    repo.commits()
    assert "rate = 0.5" in repo.head("fit.py")
    assert not repo.paths() & {"train.ipynb", "train.py"}


def test_rename_of_the_notebook_and_edit_of_the_script_in_one_commit(repo: Repo) -> None:
    repo.git("mv", "train.ipynb", "fit.ipynb")
    repo.edit("train.py", "rate = 0.1", "rate = 0.5")
    repo.add("train.py")
    repo.commits()
    assert sources(repo.blob("fit.ipynb"))[1] == "rate = 0.5"
    assert not repo.paths() & {"train.ipynb", "train.py"}


def test_rename_of_both_and_edits_of_both_in_one_commit(repo: Repo) -> None:
    repo.git("mv", "train.ipynb", "fit.ipynb")
    repo.git("mv", "train.py", "fit.py")
    repo.edit("fit.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("fit.py", "print(model)", "print(model, rate)")
    repo.add()
    repo.commits()
    assert sources(repo.blob("fit.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_rename_beside_unstaged_edits_of_the_old_script_is_refused(repo: Repo) -> None:
    repo.git("mv", "train.ipynb", "fit.ipynb")
    repo.edit("train.py", "rate = 0.1", "rate = 0.5")
    assert "train.py" in repo.refuses()


def test_rename_of_the_script_alone(repo: Repo) -> None:
    repo.git("mv", "train.py", "fit.py")
    repo.commits()
    assert repo.paths() >= {"train.ipynb", "train.py"}


def test_rename_of_a_folder(repo: Repo) -> None:
    repo.write("old/a.ipynb", train())
    repo.write("old/b.ipynb", notebook(code("b = 1")))
    repo.add()
    repo.commits()
    repo.git("mv", "old", "new")
    repo.commits()
    assert {one for one in repo.paths() if "/" in one and not one.startswith("data")} == {
        "new/a.ipynb", "new/a.py", "new/b.ipynb", "new/b.py"
    }  # fmt: skip


def test_rename_of_a_folder_of_notebooks_and_edit_of_a_script(repo: Repo) -> None:
    repo.write("old/a.ipynb", train())
    repo.add()
    repo.commits()
    os.rename(repo.top / "old", repo.top / "new")
    repo.edit("new/a.py", "rate = 0.1", "rate = 0.5")
    repo.add()
    repo.commits()
    assert sources(repo.blob("new/a.ipynb"))[1] == "rate = 0.5"
    assert not any(one.startswith("old/") for one in repo.paths())


def test_delete_of_a_folder(repo: Repo) -> None:
    repo.write("old/a.ipynb", train())
    repo.add()
    repo.commits()
    repo.git("rm", "--quiet", "old/a.ipynb")
    repo.commits()
    assert not any(one.startswith("old/") for one in repo.paths())
    assert not repo.exists("old")


def test_a_notebook_that_replaces_another_under_its_name(repo: Repo) -> None:
    repo.write("eda.ipynb", notebook(code("import csv"), code("csv")))
    repo.add()
    repo.commits()
    repo.git("rm", "--quiet", "train.ipynb")
    repo.git("mv", "eda.ipynb", "train.ipynb")
    repo.commits()
    assert "import csv" in repo.head("train.py")
    assert "eda.py" not in repo.paths()


def test_a_copy_of_a_notebook_gets_a_script_of_its_own(repo: Repo) -> None:
    repo.write("train-copy.ipynb", repo.read("train.ipynb"))
    repo.add()
    repo.commits()
    assert repo.changed() == {"train-copy.ipynb": "A", "train-copy.py": "A"}
