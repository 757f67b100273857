"""Where people commit: subfolders, worktrees, submodules, clones, and paths of every kind."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from samples import code, notebook, sources, train
from support import Repo

ODD_NAMES = [
    "a b/train it.ipynb",
    'it\'s "quoted".ipynb',
    "été/Ω-🦉.ipynb",
    "-dash.ipynb",
    "two\nlines.ipynb",
    "[a-z]*?.ipynb",
    ":(top)x.ipynb",
    "back\\slash.ipynb",
    "tab\there.ipynb",
    ".hidden.ipynb",
    "UPPER.v1.2.ipynb",
]


@pytest.mark.parametrize("path", ODD_NAMES)
def test_paths_of_every_kind(repo: Repo, path: str) -> None:
    script = f"{path[: -len('.ipynb')]}.py"
    repo.write(path, train())
    repo.add()
    repo.commits()
    assert repo.changed() == {path: "A", script: "A"}
    repo.edit(script, "rate = 0.1", "rate = 0.5")
    repo.commits("--", f"./{path}", f"./{script}") if path[0] not in ":[" else repo.commits("-a")
    assert sources(repo.blob(path))[1] == "rate = 0.5"
    (repo.top / path).unlink()
    repo.commits("-a")
    assert repo.changed() == {path: "D", script: "D"}


def test_a_name_that_is_not_utf8(repo: Repo) -> None:
    # pre-commit 4 cannot read such names: git calls our hook itself.
    hook = repo.top / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexec mlv hook all\n")
    path = os.fsdecode(b"caf\xe9.ipynb")
    repo.write(path, train())
    repo.git("add", ".")
    done = repo.run("git", "commit", "-m", "work")
    assert done.code == 0, done.said
    assert repo.exists(os.fsdecode(b"caf\xe9.py"))
    assert repo.git("status", "--porcelain") == ""


def test_a_commit_from_a_subfolder(repo: Repo) -> None:
    repo.write("sub/deep/eda.ipynb", notebook(code("a = 1")))
    below = repo.at("sub/deep")
    below.git("add", "eda.ipynb")
    below.commits()
    assert repo.changed() == {"sub/deep/eda.ipynb": "A", "sub/deep/eda.py": "A"}
    repo.edit("sub/deep/eda.ipynb", "a = 1", "a = 2")
    below.commits("eda.ipynb")
    assert "a = 2" in repo.head("sub/deep/eda.py")


def test_a_commit_with_git_c(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    outside = repo.at("..")
    before = repo.state()
    done = outside.run("git", "-C", "repo", "commit", "-m", "work", "train.ipynb")
    assert done.code == 0, done.said
    repo.rests(before)
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_a_commit_with_git_dir_and_work_tree_named(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    named = repo.having(GIT_DIR=str(repo.top / ".git"), GIT_WORK_TREE=str(repo.top))
    named.at("data").does("git", "commit", "-a", "-m", "work")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


@pytest.mark.parametrize("how", [("-a",), ("train.ipynb",)])
def test_a_commit_in_a_linked_worktree(repo: Repo, how: tuple[str, ...]) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "side", "../linked tree")
    linked = replace(repo, top=repo.top.parent / "linked tree")
    linked.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    linked.commits(*how)
    assert linked.changed() == {"train.ipynb": "M", "train.py": "M"}
    assert repo.status() == {}
    repo.edit("train.py", "print(model)", "print(model, rate)")
    repo.commits("-a")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.1", "print(model, rate)"]
    repo.commits("side", command="merge")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


@pytest.mark.parametrize("how", [("-a",), ("train.ipynb",)])
def test_a_commit_in_a_submodule(repo: Repo, people_env: dict[str, str], how: tuple[str]) -> None:
    outer = Repo(repo.top.parent / "outer", people_env)
    outer.top.mkdir()
    outer.git("init", "--quiet")
    add = ("submodule", "--quiet", "add", "../repo", "vendor/inner")
    outer.git("-c", "protocol.file.allow=always", *add)
    inner = replace(repo, top=outer.top / "vendor" / "inner")
    assert inner.run("pre-commit", "install").code == 0
    inner.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    inner.commits(*how)
    assert inner.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_a_commit_around_a_submodule(repo: Repo, new_repo_beside: Repo) -> None:
    add = ("submodule", "--quiet", "add", str(new_repo_beside.top), "vendor/inner")
    repo.git("-c", "protocol.file.allow=always", *add)
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.add("train.ipynb")
    repo.git("commit", "--quiet", "-m", "work")
    assert repo.status() == {}
    assert "rate = 0.5" in repo.head("train.py")
    assert repo.exists("vendor/inner/theirs.ipynb")
    assert not repo.exists("vendor/inner/theirs.py")


@pytest.fixture
def new_repo_beside(tmp_path: Path, people_env: dict[str, str]) -> Repo:
    """A repository without hooks that holds a notebook."""
    other = Repo(tmp_path / "other", people_env)
    other.top.mkdir()
    other.git("init", "--quiet")
    other.write("theirs.ipynb", train())
    other.add()
    other.git("commit", "--quiet", "-m", "theirs")
    return other


def cloned(repo: Repo, *options: str) -> Repo:
    """Return a clone, made with ``options``, that has the hooks."""
    top = repo.top.parent / "clone"
    repo.git("clone", "--quiet", *options, f"file://{repo.top}", str(top))
    clone = replace(repo, top=top)
    assert clone.run("pre-commit", "install").code == 0
    return clone


def test_a_shallow_clone(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.3")
    repo.commits("-a")
    clone = cloned(repo, "--depth", "1")
    clone.edit("train.ipynb", "rate = 0.3", "rate = 0.5")
    clone.edit("train.py", "print(model)", "print(model, rate)")
    clone.commits("-a")
    assert sources(clone.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_shallow_clone_that_ends_before_the_base_is_refused(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.3")
    repo.git("commit", "--quiet", "-a", "--no-verify", "-m", "past the hooks")
    clone = cloned(repo, "--depth", "1")
    clone.edit("train.py", "print(model)", "print(model, rate)")
    assert "--prefer" in clone.refuses("-a")


def test_a_clone_without_blobs(repo: Repo) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = cloned(repo, "--filter=blob:none")
    clone.edit("train.py", "rate = 0.1", "rate = 0.5")
    clone.commits("-a")
    assert sources(clone.blob("train.ipynb"))[1] == "rate = 0.5"


def test_a_sparse_checkout_keeps_what_it_leaves_out(repo: Repo) -> None:
    repo.write("far/away.ipynb", train())
    repo.write("near/here.ipynb", train())
    repo.add()
    repo.commits()
    repo.git("sparse-checkout", "set", "near")
    assert not repo.exists("far")
    repo.edit("near/here.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.py", "rate = 0.1", "rate = 0.7")
    repo.commits("-a")
    assert repo.changed() == {
        "near/here.ipynb": "M", "near/here.py": "M", "train.ipynb": "M", "train.py": "M"
    }  # fmt: skip
    assert not repo.exists("far")


def test_a_sparse_checkout_that_leaves_out_the_script(repo: Repo) -> None:
    repo.write("jupytext.toml", 'formats = "notebooks///ipynb,scripts///py:percent"\n')
    repo.write("notebooks/a.ipynb", train())
    repo.git("rm", "--quiet", "train.ipynb")
    repo.add()
    repo.commits()
    repo.git("sparse-checkout", "set", "notebooks")
    assert not repo.exists("scripts/a.py")
    repo.edit("notebooks/a.ipynb", "rate = 0.1", "rate = 0.5")
    repo.git("add", "notebooks")
    done = repo.run("git", "commit", "-m", "work")
    assert done.code == 0, done.said
    repo.is_paired()
    assert "rate = 0.5" in repo.head("scripts/a.py")
    assert repo.status() == {}


def test_a_sparse_checkout_that_leaves_out_the_notebook(repo: Repo) -> None:
    repo.write("jupytext.toml", 'formats = "notebooks///ipynb,scripts///py:percent"\n')
    repo.write("notebooks/a.ipynb", train())
    repo.git("rm", "--quiet", "train.ipynb")
    repo.add()
    repo.commits()
    repo.git("sparse-checkout", "set", "scripts")
    assert not repo.exists("notebooks/a.ipynb")
    repo.edit("scripts/a.py", "rate = 0.1", "rate = 0.5")
    repo.git("add", "scripts")
    done = repo.run("git", "commit", "-m", "work")
    assert done.code == 0, done.said
    repo.is_paired()
    assert sources(repo.blob("notebooks/a.ipynb"))[1] == "rate = 0.5"
    assert repo.status() == {}


def test_a_sha256_repository(tmp_path: Path, people_env: dict[str, str], new_repo: Repo) -> None:
    repo = Repo(tmp_path / "sha256", people_env)
    repo.top.mkdir()
    repo.git("init", "--quiet", "--object-format=sha256")
    repo.write(".pre-commit-config.yaml", new_repo.read(".pre-commit-config.yaml"))
    assert repo.run("pre-commit", "install").code == 0
    repo.write("train.ipynb", train())
    repo.add()
    repo.commits()
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.edit("train.py", "print(model)", "print(model, rate)")
    repo.commits("-a")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_repository_reached_through_a_link(repo: Repo) -> None:
    (repo.top.parent / "link").symlink_to(repo.top, target_is_directory=True)
    linked = replace(repo, top=repo.top.parent / "link")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    linked.commits("train.ipynb")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_a_repository_whose_git_folder_is_elsewhere(repo: Repo) -> None:
    subprocess.run(["mv", repo.top / ".git", repo.top.parent / "store.git"], check=True)
    repo.write(".git", f"gitdir: {repo.top.parent / 'store.git'}\n")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits("train.ipynb")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_a_detached_head(repo: Repo) -> None:
    repo.git("switch", "--quiet", "--detach")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits("-a")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}


def test_an_orphan_branch(repo: Repo) -> None:
    repo.git("switch", "--quiet", "--orphan", "fresh")
    repo.write("eda.ipynb", notebook(code("a = 1")))
    repo.git("checkout", "main", "--", ".pre-commit-config.yaml")
    repo.add()
    repo.commits()
    assert repo.paths() == {".pre-commit-config.yaml", "eda.ipynb", "eda.py"}
