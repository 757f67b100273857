"""Picks, rebases, reverts, and commits past the hooks."""

from __future__ import annotations

from samples import code, notebook, sources, train
from support import FIRST, LAST, Repo, branch, edit_notebook, is_stopped, take

# --- cherry-pick, rebase, revert


def test_a_cherry_pick(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, LAST, "print(model, rate)")
    repo.does("git", "cherry-pick", "side")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_cherry_pick_with_conflict_resolved_in_the_script(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, FIRST, "rate = 0.7")
    is_stopped(repo, "cherry-pick", "side")
    take(repo, "ours", "train.ipynb")
    take(repo, "theirs", "train.py")
    repo.edit("train.py", "rate = 0.5", "rate = 0.6")
    repo.add()
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1] == "rate = 0.6"


def test_a_cherry_pick_with_conflict_resolved_in_the_notebook(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, FIRST, "rate = 0.7")
    is_stopped(repo, "cherry-pick", "side")
    take(repo, "ours", "train.py")
    take(repo, "theirs", "train.ipynb")
    repo.edit("train.ipynb", "rate = 0.5", "rate = 0.6")
    repo.add()
    repo.commits()
    assert "rate = 0.6" in repo.head("train.py")


def test_a_cherry_pick_that_is_not_committed_yet(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, LAST, "print(model, rate)")
    repo.git("cherry-pick", "--no-commit", "side")
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_rebase(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, LAST, "print(model, rate)")
    repo.git("switch", "--quiet", "side")
    repo.does("git", "rebase", "--quiet", "main")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_rebase_with_conflict_committed_before_it_goes_on(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, FIRST, "rate = 0.7")
    repo.git("switch", "--quiet", "side")
    is_stopped(repo, "rebase", "main")
    take(repo, "ours", "train.ipynb")
    take(repo, "theirs", "train.py")
    repo.edit("train.py", "rate = 0.5", "rate = 0.6")
    repo.add()
    repo.commits()
    repo.git("rebase", "--continue")
    repo.is_paired()
    assert sources(repo.blob("train.ipynb"))[1] == "rate = 0.6"


def test_a_rebase_that_goes_on_past_the_hooks_is_mended_by_the_next_commit(repo: Repo) -> None:
    branch(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, FIRST, "rate = 0.7")
    repo.git("switch", "--quiet", "side")
    is_stopped(repo, "rebase", "main")
    take(repo, "ours", "train.ipynb")
    take(repo, "theirs", "train.py")
    repo.add()
    repo.git("rebase", "--continue")
    repo.edit("train.ipynb", LAST, "print(model, rate)")
    repo.commits("-a")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_commit_edited_within_an_interactive_rebase(repo: Repo) -> None:
    edit_notebook(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, LAST, "print(model, rate)")
    editing = repo.having(GIT_SEQUENCE_EDITOR="sed -i '1s/^pick/edit/'")
    editing.git("rebase", "--quiet", "--interactive", "HEAD~2")
    repo.edit("train.py", "rate = 0.5", "rate = 0.6")
    repo.commits("-a", "--amend")
    repo.git("rebase", "--continue")
    repo.is_paired()
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.6", "print(model, rate)"]


def test_a_fixup_commit_squashed_by_rebase(repo: Repo) -> None:
    edit_notebook(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, LAST, "print(model, rate)")
    repo.edit("train.ipynb", "rate = 0.5", "rate = 0.6")
    repo.does("git", "commit", "-a", "--fixup", "HEAD~1")
    editing = repo.having(GIT_SEQUENCE_EDITOR="true")
    editing.git("rebase", "--quiet", "--interactive", "--autosquash", "HEAD~3")
    repo.is_paired()
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.6", "print(model, rate)"]


def test_a_revert(repo: Repo) -> None:
    edit_notebook(repo, FIRST, "rate = 0.5")
    repo.does("git", "revert", "--no-edit", "HEAD")
    assert "rate = 0.1" in repo.head("train.py")


def test_a_revert_with_conflict_resolved_in_the_script(repo: Repo) -> None:
    edit_notebook(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, "rate = 0.5", "rate = 0.7")
    is_stopped(repo, "revert", "--no-edit", "HEAD~1")
    take(repo, "ours", "train.ipynb")
    take(repo, "theirs", "train.py")
    repo.edit("train.py", FIRST, "rate = 0.2")
    repo.add()
    repo.commits()
    assert sources(repo.blob("train.ipynb"))[1] == "rate = 0.2"


def test_a_revert_with_conflict_resolved_in_the_notebook(repo: Repo) -> None:
    edit_notebook(repo, FIRST, "rate = 0.5")
    edit_notebook(repo, "rate = 0.5", "rate = 0.7")
    is_stopped(repo, "revert", "--no-edit", "HEAD~1")
    take(repo, "ours", "train.py")
    take(repo, "theirs", "train.ipynb")
    repo.edit("train.ipynb", FIRST, "rate = 0.2")
    repo.add()
    repo.commits()
    assert "rate = 0.2" in repo.head("train.py")


def test_a_revert_of_a_deleted_notebook(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.ipynb")
    repo.commits()
    repo.does("git", "revert", "--no-edit", "HEAD")
    assert repo.read("train.ipynb") == train()


def test_a_stash_that_is_applied_again(repo: Repo) -> None:
    repo.edit("train.ipynb", FIRST, "rate = 0.5")
    repo.git("stash", "--quiet")
    edit_notebook(repo, LAST, "print(model, rate)")
    repo.git("stash", "pop", "--quiet")
    repo.commits("-a")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


# --- past the hooks


def past(repo: Repo, *args: str) -> None:
    repo.git("commit", "--quiet", "--no-verify", "-m", "past the hooks", *args)


def test_a_notebook_edited_past_the_hooks_then_its_script_with_them(repo: Repo) -> None:
    repo.edit("train.ipynb", FIRST, "rate = 0.5")
    past(repo, "-a")
    repo.edit("train.py", LAST, "print(model, rate)")
    repo.commits("-a")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]
    assert "rate = 0.5" in repo.head("train.py")


def test_a_script_edited_past_the_hooks_then_its_notebook_with_them(repo: Repo) -> None:
    repo.edit("train.py", FIRST, "rate = 0.5")
    past(repo, "-a")
    repo.edit("train.ipynb", LAST, "print(model, rate)")
    repo.commits("-a")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_both_sides_edited_past_the_hooks_in_one_cell_then_refused(repo: Repo) -> None:
    repo.edit("train.ipynb", FIRST, "rate = 0.5")
    repo.edit("train.py", FIRST, "rate = 0.7")
    past(repo, "-a")
    repo.edit("train.ipynb", LAST, "print(model, rate)")
    assert "--prefer" in repo.refuses("-a")


def test_several_commits_past_the_hooks_then_one_with_them(repo: Repo) -> None:
    for number in (1, 2, 3):
        repo.edit("train.ipynb", f"rate = 0.{number}", f"rate = 0.{number + 1}")
        past(repo, "-a")
    repo.edit("train.py", LAST, "print(model, rate)")
    past(repo, "-a")
    repo.edit("train.ipynb", "# Train", "# Train it")
    repo.commits("-a")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.4", "print(model, rate)"]


def test_a_new_notebook_committed_past_the_hooks_then_edited(repo: Repo) -> None:
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.add()
    past(repo)
    repo.edit("eda.ipynb", "a = 1", "a = 2")
    repo.commits("-a")
    assert repo.changed() == {"eda.ipynb": "M", "eda.py": "A"}


def test_a_notebook_deleted_past_the_hooks_then_a_commit_of_something_else(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.ipynb")
    past(repo)
    repo.edit("notes.txt", "one", "two")
    repo.commits("-a")
    assert repo.changed() == {"notes.txt": "M", "train.py": "D"}


def test_two_notebooks_of_one_name_deleted_past_the_hooks(repo: Repo) -> None:
    for path in ("a/fit.ipynb", "b/fit.ipynb"):
        repo.write(path, notebook(code("a = 1")))
    repo.add()
    repo.commits()
    repo.git("rm", "--quiet", "a/fit.ipynb", "b/fit.ipynb")
    past(repo)
    repo.edit("notes.txt", "one", "two")
    repo.commits("-a")
    assert repo.changed() == {"a/fit.py": "D", "b/fit.py": "D", "notes.txt": "M"}


def test_unstaged_edits_of_a_script_without_its_notebook_stop_no_other_commit(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.ipynb")
    past(repo)
    repo.edit("train.py", FIRST, "rate = 0.5")
    repo.edit("notes.txt", "one", "two")
    repo.add("notes.txt")
    repo.commits(left={"train.py": " M"})
    assert repo.changed() == {"notes.txt": "M"}


def test_a_notebook_deleted_past_the_hooks_then_its_script_edited(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.ipynb")
    past(repo)
    repo.edit("train.py", FIRST, "rate = 0.5")
    repo.commits("-a")
    assert "rate = 0.5" in repo.head("train.py")
    assert "train.ipynb" not in repo.paths()


def test_a_notebook_renamed_past_the_hooks_then_edited(repo: Repo) -> None:
    repo.git("mv", "train.ipynb", "fit.ipynb")
    past(repo)
    repo.edit("fit.ipynb", FIRST, "rate = 0.5")
    repo.commits("-a")
    assert "rate = 0.5" in repo.head("fit.py")


def test_a_script_deleted_past_the_hooks_then_its_notebook_edited(repo: Repo) -> None:
    repo.git("rm", "--quiet", "train.py")
    past(repo)
    repo.edit("train.ipynb", FIRST, "rate = 0.5")
    repo.commits("-a")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "A"}


def test_a_hook_that_is_skipped_leaves_the_pair_to_the_next_commit(repo: Repo) -> None:
    repo.edit("train.ipynb", FIRST, "rate = 0.5")
    repo.having(SKIP="mlv").git("commit", "--quiet", "-a", "-m", "skipped")
    repo.edit("train.ipynb", LAST, "print(model, rate)")
    repo.commits("-a")
    assert "rate = 0.5" in repo.head("train.py")
