"""Branches, picks and clones in which notebooks with stages come together again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from piped import CLEAN, PREPARE, cells, stages
from support import Repo, is_stopped, take

NOTES = (":dvc-out model", ":dvc-in: notes.txt\n:dvc-out model")
BOTH = ("dvc.yaml", "params.yaml")


def adds(repo: Repo, *names: str) -> None:
    """Commit new notebooks, each with its stage."""
    for name in names:
        repo.write(f"{name}.ipynb", cells(PREPARE.replace("clean.txt", f"{name}.txt"), CLEAN))
    repo.add()
    repo.commits()


def on_branch(repo: Repo, name: str) -> None:
    repo.git("switch", "--quiet", "-c", name, "main")


def merged(repo: Repo, side: str) -> None:
    """Merge, which git can do alone, and check that no hand was needed."""
    repo.commits("--no-edit", side, command="merge")


def test_branches_whose_notebooks_are_no_neighbours_merge_without_conflict(bare: Repo) -> None:
    for name in ("ada", "learn", "zoe"):
        on_branch(bare, f"with-{name}")
        adds(bare, name)
    bare.git("switch", "--quiet", "main")
    for name in ("zoe", "ada", "learn"):
        merged(bare, f"with-{name}")
    assert list(stages(bare)) == ["ada", "fit", "learn", "prepare", "zoe"]
    held = bare.head("params.yaml")
    assert [line for line in held.splitlines() if line[0] != " "] == [
        *("ada:", "fit:", "learn:", "prepare:", "zoe:")
    ]


def test_neighbours_meet_and_the_commit_of_either_side_has_both(bare: Repo) -> None:
    for name in ("one", "two"):
        on_branch(bare, name)
        adds(bare, f"learn_{name}")

    def meet() -> None:
        is_stopped(bare, "merge", "--no-edit", "one")
        assert bare.status()["dvc.yaml"] == bare.status()["params.yaml"] == "UU"

    def commits_both() -> None:
        bare.commits()
        assert list(stages(bare)) == ["fit", "learn_one", "learn_two", "prepare"]
        sections = set(bare.head("params.yaml").splitlines())
        assert sections >= {"learn_one:", "learn_two:"}

    # Somebody adds the markers as they are, and does what the finding says.
    meet()
    bare.add()
    for path in BOTH:
        said = bare.refuses()
        assert f"{path}:" in said and "merge markers" in said
        bare.git("checkout", "HEAD", path)
        assert f"git checkout HEAD {path}`" in said
    commits_both()

    for by_hand in (False, True):
        bare.git("reset", "--quiet", "--hard", "HEAD~1")
        meet()
        for path in BOTH:
            take(bare, "theirs", path)
        bare.add()
        if by_hand:
            assert bare.mlv("sync").code == 0
            bare.add()
        commits_both()


def test_edits_of_different_stages_merge_and_what_a_branch_left_stale_is_healed(bare: Repo) -> None:
    on_branch(bare, "side")
    bare.edit("fit.ipynb", *NOTES)
    bare.commits("-a")
    bare.git("mv", "prepare.ipynb", "ready.ipynb")
    bare.git("commit", "--quiet", "--no-verify", "-m", "past the hooks")
    bare.git("switch", "--quiet", "main")
    adds(bare, "learn")
    bare.edit("fit.ipynb", "{text} {rate}", "{text}: {rate}")
    bare.commits("-a")
    done = bare.run("git", "merge", "--no-edit", "side")
    assert done.code != 0 and "`git commit` to finish it" in done.said
    bare.commits()
    assert sorted(stages(bare)) == ["fit", "learn", "ready"]
    assert "notes.txt" in stages(bare)["fit"]["deps"]
    assert "{text}: {rate}" in bare.head("steps/fit.py")


def test_picks_rebases_reverts_and_stashes(bare: Repo) -> None:
    on_branch(bare, "side")
    adds(bare, "learn")
    bare.git("switch", "--quiet", "main")
    adds(bare, "zoe")
    bare.does("git", "cherry-pick", "side")
    assert list(stages(bare)) == ["fit", "learn", "prepare", "zoe"]
    bare.does("git", "revert", "--no-edit", "HEAD")
    assert list(stages(bare)) == ["fit", "prepare", "zoe"]
    assert not bare.exists("steps/learn.py")

    bare.git("switch", "--quiet", "side")
    bare.does("git", "rebase", "--quiet", "HEAD~1", "--onto", "main")
    assert list(stages(bare)) == ["fit", "learn", "prepare", "zoe"]

    bare.edit("fit.ipynb", *NOTES)
    assert bare.mlv("sync").code == 0  # dvc.yaml goes into the stash too
    bare.git("stash", "--quiet")
    adds(bare, "eve")
    bare.git("stash", "pop", "--quiet")
    bare.commits("-a")
    assert list(stages(bare)) == ["eve", "fit", "learn", "prepare", "zoe"]
    assert "notes.txt" in stages(bare)["fit"]["deps"]


def test_a_rebase_stopped_by_neighbours_goes_on_with_both(bare: Repo) -> None:
    for name in ("one", "two"):
        on_branch(bare, name)
        adds(bare, f"learn_{name}")
    is_stopped(bare, "rebase", "one")
    for path in BOTH:
        take(bare, "ours", path)
    bare.add()
    bare.commits()
    bare.git("rebase", "--continue")
    assert list(stages(bare)) == ["fit", "learn_one", "learn_two", "prepare"]


def test_other_places_linked_cloned_and_below(bare: Repo) -> None:
    bare.git("worktree", "add", "--quiet", "-b", "side", "../linked tree")
    linked = replace(bare, top=bare.top.parent / "linked tree")
    linked.edit("fit.ipynb", *NOTES)
    linked.commits("fit.ipynb")
    assert linked.changed() == {"fit.ipynb": "M", "fit.py": "M", "dvc.yaml": "M"}
    assert bare.status() == {}

    below = bare.at("data")
    bare.edit("fit.ipynb", "{text} {rate}", "{text}: {rate}")
    bare.edit("prepare.ipynb", ":dvc-out clean", ":dvc-in: notes.txt\n:dvc-out clean")
    before = bare.state()
    outside = bare.at("..").run("git", "-C", "repo/data", "commit", "-m", "w", "../prepare.ipynb")
    assert outside.code == 0, outside.said
    assert bare.changed() == {"prepare.ipynb": "M", "prepare.py": "M", "dvc.yaml": "M"}
    below.commits("-a")
    assert bare.state().head != before.head

    shallow = replace(bare, top=bare.top.parent / "shallow")
    bare.git("clone", "--quiet", "--depth=1", f"file://{bare.top}", str(shallow.top))
    shallow.write(".git/hooks/pre-commit", "#!/bin/sh\nexec mlv hook all\n")
    (shallow.top / ".git/hooks/pre-commit").chmod(0o755)
    shallow.edit("fit.py", *NOTES)
    shallow.commits("-a")
    assert shallow.changed() == {"fit.ipynb": "M", "fit.py": "M", "dvc.yaml": "M"}


@pytest.mark.parametrize("how", ["as they are", "autocrlf"])
def test_windows_ends_of_line_stay(bare: Repo, how: str) -> None:
    if how == "autocrlf":
        bare.git("config", "core.autocrlf", "true")
    for path in BOTH:
        bare.write(path, bare.read(path).replace(b"\n", b"\r\n"))
    bare.edit("fit.ipynb", *NOTES)
    bare.write("eve.ipynb", cells(PREPARE.replace("clean.txt", "eve.txt"), CLEAN))
    bare.add()
    bare.commits()
    for path in BOTH:
        content = bare.read(path)
        assert content.count(b"\r\n") == content.count(b"\n") > 0
    assert list(stages(bare)) == ["eve", "fit", "prepare"]
    assert "notes.txt" in stages(bare)["fit"]["deps"]
