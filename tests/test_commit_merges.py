"""Merges: without conflict, and with conflicts that people resolve on either side."""

from __future__ import annotations

from samples import code, notebook, outputs, sources
from support import FIRST, LAST, Repo, branch, edit_notebook, is_stopped, take


def test_a_fast_forward_merge(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    repo.commits("--ff-only", "side", command="merge")
    assert "rate = 0.5" in repo.head("train.py")


def test_a_merge_without_conflict(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, LAST, "print(model, rate)")
    repo.commits("side", command="merge")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]
    assert len(repo.git("rev-list", "--parents", "-1", "HEAD").split()) == 3


def test_a_merge_without_conflict_pairs_what_a_branch_left_unpaired(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "side")
    repo.edit("train.py", FIRST, "rate = 0.5")
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.add()
    repo.git("commit", "--quiet", "--no-verify", "-m", "past the hooks")
    repo.git("switch", "--quiet", "main")
    edit_notebook(repo, LAST, "print(model, rate)")
    done = repo.run("git", "merge", "side")
    assert done.code != 0
    assert "`git commit` to finish it" in done.said
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]
    assert "eda.py" in repo.paths()
    assert len(repo.git("rev-list", "--parents", "-1", "HEAD").split()) == 3


def test_a_merge_that_brings_and_deletes_notebooks(repo: Repo) -> None:
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.add()
    repo.commits()
    repo.git("switch", "--quiet", "-c", "side")
    repo.git("rm", "--quiet", "eda.ipynb")
    repo.write("more.ipynb", notebook(code("b = 1")))
    repo.add()
    repo.commits()
    repo.git("switch", "--quiet", "main")
    edit_notebook(repo, FIRST, "rate = 0.5")
    repo.commits("side", command="merge")
    assert repo.paths() >= {"more.ipynb", "more.py"}
    assert not repo.paths() & {"eda.ipynb", "eda.py"}


def test_a_squash_merge(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, LAST, "print(model, rate)")
    repo.git("merge", "--quiet", "--squash", "side")
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_merge_stopped_for_review_and_edited_before_its_commit(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, LAST, "print(model, rate)")
    repo.git("merge", "--quiet", "--no-commit", "side")
    repo.edit("notes.txt", "one", "two")
    repo.edit("train.py", "model = rate * 2", "model = rate * 3")
    repo.git("commit", "--quiet", "-a", "-m", "work")
    repo.is_paired()
    assert repo.status() == {}
    assert sources(repo.blob("train.ipynb"))[2] == "model = rate * 3\nmodel"


def conflict(repo: Repo) -> None:
    """Begin a merge in which both branches changed the first code cell."""
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, FIRST, "rate = 0.7")
    is_stopped(repo, "merge", "side")


def test_a_merge_with_conflict_resolved_in_the_script(repo: Repo) -> None:
    conflict(repo)
    take(repo, "ours", "train.ipynb")
    take(repo, "ours", "train.py")
    repo.edit("train.py", "rate = 0.7", "rate = 0.6")
    repo.add()
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1] == "rate = 0.6"
    assert outputs(repo.blob("train.ipynb")) == ["", "0.2\n", "0.2\n"]


def test_a_merge_with_conflict_resolved_in_the_notebook(repo: Repo) -> None:
    conflict(repo)
    take(repo, "theirs", "train.ipynb")
    take(repo, "ours", "train.py")
    repo.edit("train.ipynb", "rate = 0.5", "rate = 0.6")
    repo.add()
    repo.commits()
    assert "rate = 0.6" in repo.head("train.py")


def test_a_merge_with_conflict_resolved_by_taking_theirs_whole(repo: Repo) -> None:
    conflict(repo)
    take(repo, "theirs", "train.ipynb")
    take(repo, "theirs", "train.py")
    repo.add()
    repo.commits()
    assert "rate = 0.5" in repo.head("train.py")


def test_a_merge_with_a_notebook_left_in_conflict_is_refused_by_git(repo: Repo) -> None:
    conflict(repo)
    assert "nmerged" in repo.refuses()


def test_merge_markers_that_were_added_are_refused(repo: Repo) -> None:
    conflict(repo)
    repo.add()
    assert "train.ipynb" in repo.refuses()


def test_merge_markers_added_in_the_script_alone_are_refused(repo: Repo) -> None:
    conflict(repo)
    take(repo, "ours", "train.ipynb")
    repo.add()
    assert "train.py" in repo.refuses()


def conflict_of_outputs(repo: Repo) -> None:
    """Begin a merge whose script merges, while both branches ran the notebook again."""
    for name, old, new, shown in (
        ("side", FIRST, "rate = 0.5", "0.5"),
        ("main", LAST, "print(model, rate)", "0.7"),
    ):
        repo.git("switch", "--quiet", *(["-c", name] if name == "side" else [name]))
        repo.edit("train.ipynb", old, new)
        repo.write("train.ipynb", repo.read("train.ipynb").replace(b"0.2\\n", shown.encode()))
        repo.commits("-a")
    is_stopped(repo, "merge", "side")
    assert repo.status() == {"train.ipynb": "UU", "train.py": "M "}


def test_a_merge_whose_script_git_merged_needs_one_side_of_the_notebook(repo: Repo) -> None:
    conflict_of_outputs(repo)
    take(repo, "ours", "train.ipynb")
    repo.add()
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]
    assert outputs(repo.blob("train.ipynb"))[1] == "0.7"


def test_a_merge_whose_script_git_merged_takes_their_notebook_too(repo: Repo) -> None:
    conflict_of_outputs(repo)
    take(repo, "theirs", "train.ipynb")
    repo.add()
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]
    assert outputs(repo.blob("train.ipynb"))[1] == "0.5"


def test_a_merge_with_a_notebook_of_one_side_and_a_script_of_the_other(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, LAST, "print(model, rate)")
    repo.git("merge", "--quiet", "--no-commit", "side")
    repo.git("checkout", "--quiet", "HEAD", "train.ipynb")
    repo.git("checkout", "--quiet", "side", "train.py")
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_merge_in_which_one_branch_deleted_the_notebook(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "side")
    repo.git("rm", "--quiet", "train.ipynb")
    repo.commits()
    repo.git("switch", "--quiet", "main")
    edit_notebook(repo, FIRST, "rate = 0.5")
    is_stopped(repo, "merge", "side")
    repo.git("rm", "--quiet", "train.ipynb", "train.py")
    repo.commits()
    assert not repo.paths() & {"train.ipynb", "train.py"}


def test_a_merge_in_which_one_branch_deleted_the_notebook_and_it_stays(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "side")
    repo.git("rm", "--quiet", "train.ipynb")
    repo.commits()
    repo.git("switch", "--quiet", "main")
    edit_notebook(repo, FIRST, "rate = 0.5")
    is_stopped(repo, "merge", "side")
    repo.add("train.ipynb", "train.py")
    repo.commits()
    assert "rate = 0.5" in repo.head("train.py")


def test_a_merge_of_a_rename_and_an_edit(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "side")
    repo.git("mv", "train.ipynb", "fit.ipynb")
    repo.commits()
    repo.git("switch", "--quiet", "main")
    edit_notebook(repo, FIRST, "rate = 0.5")
    repo.commits("side", command="merge")
    assert "rate = 0.5" in repo.head("fit.py")
    assert not repo.paths() & {"train.ipynb", "train.py"}


def test_an_octopus_merge(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5", "one")
    branch(repo, LAST, "print(model, rate)", "two")
    edit_notebook(repo, "# Train", "# Train it")
    repo.commits("one", "two", command="merge")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_conflict_answered_by_each_side_in_its_own_way_is_refused(repo: Repo) -> None:
    conflict(repo)
    take(repo, "ours", "train.ipynb")
    take(repo, "theirs", "train.py")
    repo.add()
    assert "--prefer" in repo.refuses()
