"""The ways in which people commit a pair; after each, all that must hold is checked.

`Repo.commits` and `Repo.does` check it: the pairs in HEAD are in line, the status is clean or
holds what was left out, no byte is lost, and a second commit has nothing to do.
"""

from __future__ import annotations

from samples import code, notebook, outputs, sources, text, train
from support import Repo


def test_a_new_notebook_brings_its_script(repo: Repo) -> None:
    repo.write("eda.ipynb", notebook(text("# Look"), code("a = 1")))
    repo.add("eda.ipynb")
    repo.commits()
    assert repo.changed() == {"eda.ipynb": "A", "eda.py": "A"}


def test_the_first_commit_of_a_repository(new_repo: Repo) -> None:
    new_repo.write("train.ipynb", train())
    new_repo.add()
    new_repo.commits()
    assert new_repo.paths() == {".pre-commit-config.yaml", "train.ipynb", "train.py"}


def test_an_edited_notebook_takes_its_script_along(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.add("train.ipynb")
    repo.commits()
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}
    assert "rate = 0.5" in repo.head("train.py")


def test_an_edited_script_takes_its_notebook_along(repo: Repo) -> None:
    repo.edit("train.py", "rate = 0.1", "rate = 0.5")
    repo.add("train.py")
    repo.commits()
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}
    assert sources(repo.blob("train.ipynb"))[1] == "rate = 0.5"
    assert outputs(repo.blob("train.ipynb")) == ["", "0.2\n", "0.2\n"]


def test_both_sides_edited_in_different_cells_are_merged(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.py", "print(model)", "print(model, rate)")
    repo.add("train.ipynb", "train.py")
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]
    assert "rate = 0.5" in repo.head("train.py")
    assert "print(model, rate)" in repo.head("train.py")


def test_both_sides_edited_in_the_same_cell_are_refused(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.py", "rate = 0.1", "rate = 0.7")
    repo.add("train.ipynb", "train.py")
    said = repo.refuses()
    assert "--prefer" in said and "cell 2" in said


def test_two_notebooks_of_which_one_conflicts_are_both_left_alone(repo: Repo) -> None:
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.py", "rate = 0.1", "rate = 0.7")
    repo.add()
    assert "--prefer" in repo.refuses()
    assert not repo.exists("eda.py")


def test_a_refused_commit_goes_through_after_prefer(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.py", "rate = 0.1", "rate = 0.7")
    repo.add()
    repo.refuses()
    assert repo.mlv("sync", "--prefer", "script", "train.ipynb").code == 0
    repo.add()
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1] == "rate = 0.7"


def test_commit_a_takes_edits_of_notebook_and_script(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.py", "print(model)", "print(model, rate)")
    repo.edit("notes.txt", "one", "two")
    repo.commits("-a")
    assert repo.changed() == {"notes.txt": "M", "train.ipynb": "M", "train.py": "M"}
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_commit_of_one_path_takes_its_script_along(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits("train.ipynb")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_commit_of_a_script_by_path_takes_its_notebook_along(repo: Repo) -> None:
    repo.edit("train.py", "rate = 0.1", "rate = 0.5")
    repo.commits("train.py")
    assert sources(repo.blob("train.ipynb"))[1] == "rate = 0.5"


def test_commit_of_a_path_leaves_what_is_staged_beside_it(repo: Repo) -> None:
    repo.edit("notes.txt", "one", "two")
    repo.write("new.txt", "new\n")
    repo.add()
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits("train.ipynb", left={"notes.txt": "M ", "new.txt": "A "})
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_commit_only_takes_the_script_along_and_leaves_the_rest_staged(repo: Repo) -> None:
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.add("eda.ipynb")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits("--only", "train.ipynb", left={"eda.ipynb": "A "})
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}
    repo.commits()
    assert repo.changed() == {"eda.ipynb": "A", "eda.py": "A"}


def test_commit_include_takes_what_is_staged_and_the_path(repo: Repo) -> None:
    repo.edit("notes.txt", "one", "two")
    repo.add("notes.txt")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits("--include", "train.ipynb")
    assert repo.changed() == {"notes.txt": "M", "train.ipynb": "M", "train.py": "M"}


def test_a_new_notebook_committed_by_path_brings_its_script(repo: Repo) -> None:
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.add("eda.ipynb")
    repo.commits("eda.ipynb")
    assert repo.changed() == {"eda.ipynb": "A", "eda.py": "A"}


def test_amend_adds_the_pair_to_the_last_commit(repo: Repo) -> None:
    repo.edit("notes.txt", "one", "two")
    repo.commits("-a")
    parent = repo.git("rev-parse", "HEAD~1")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.add("train.ipynb")
    repo.commits("--amend")
    assert repo.git("rev-parse", "HEAD~1") == parent
    assert repo.changed() == {"notes.txt": "M", "train.ipynb": "M", "train.py": "M"}


def test_amend_of_the_commit_that_brought_the_notebook(repo: Repo) -> None:
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.add("eda.ipynb")
    repo.commits()
    repo.edit("eda.py", "a = 1", "a = 2")
    repo.commits("-a", "--amend")
    assert repo.changed() == {"eda.ipynb": "A", "eda.py": "A"}
    assert sources(repo.blob("eda.ipynb")) == ["a = 2"]


def test_amend_of_a_first_commit(new_repo: Repo) -> None:
    new_repo.write("train.ipynb", train())
    new_repo.add()
    new_repo.commits()
    new_repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    new_repo.commits("--amend", "-a")
    assert new_repo.run("git", "rev-parse", "-q", "--verify", "HEAD~1").code != 0
    assert "rate = 0.5" in new_repo.head("train.py")


def test_a_commit_whose_message_is_written_in_an_editor(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    editor = "printf 'Higher rate\\n' >"
    repo.having(GIT_EDITOR=editor).does("git", "commit", "-a", "-v")
    assert repo.git("log", "-1", "--format=%s") == "Higher rate\n"
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_a_commit_that_the_editor_gives_up_can_be_made_again(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    assert repo.having(GIT_EDITOR="false").run("git", "commit", "-a").code != 0
    repo.commits("-a")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_a_path_commit_that_the_editor_gives_up_can_be_made_again(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    assert repo.having(GIT_EDITOR="false").run("git", "commit", "train.ipynb").code != 0
    repo.commits("train.ipynb", "train.py")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_a_notebook_that_was_only_run_again_leaves_its_script_alone(repo: Repo) -> None:
    repo.write("train.ipynb", repo.read("train.ipynb").replace(b"0.2\\n", b"0.3\\n"))
    repo.add("train.ipynb")
    repo.commits()
    assert repo.changed() == {"train.ipynb": "M"}


def test_a_commit_of_other_files_touches_no_pair(repo: Repo) -> None:
    repo.edit("notes.txt", "one", "two")
    repo.commits("-a")
    assert repo.changed() == {"notes.txt": "M"}
