"""`mlv check --since REF`: what a branch changed, and what hangs on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cells_support import cell, check, found, notebook
from click.testing import CliRunner
from users import User

from mlv_hooks.commands.cli import main

# Each notebook has a finding of its own, which tells that it was looked at.
IDLE = cell("idle = 1", "parameters")
FILES = ":dvc-in: data/raw.txt\n:dvc-out clean: data/clean.txt"
STAGE = f'"""Prepare.\n\n{FILES}\n"""\nidle = 1\nclean = "data/clean.txt"'
DEEP, HELPER = "src/deep.py", "helper.py"
ALL = {"a.ipynb", "b.ipynb", "prep.ipynb", "steps.ipynb"}


@pytest.fixture
def branch(at_home: User) -> User:
    """A repository whose main holds four notebooks, and the script of a fifth that is gone.

    It is on a branch without commits.
    """
    user = at_home
    for name in ("a", "b", "gone"):
        user.write(f"{name}.ipynb", notebook(IDLE, cell(f"print('{name}')")))
    work = "import tools\nopen(clean, 'w').write(tools.text())"
    user.write("prep.ipynb", notebook(cell(STAGE, "parameters"), cell(work)))
    uses = cell("import helper\nprint(helper.x)")
    user.write("steps.ipynb", notebook(IDLE, uses, mlv={"step": True}))
    user.write("src/tools.py", "import deep\n\n\ndef text():\n    return deep.x\n")
    user.write(DEEP, "x = 'a'\n")
    user.write(HELPER, "x = 1\n")
    user.write("data/raw.txt", "x\n")
    user.git("add", ".")
    user.mlv("sync")
    user.git("add", ".")
    user.commit()
    remove("gone.ipynb")(user)
    user.git("switch", "--quiet", "-c", "branch")
    return user


def commit(user: User) -> None:
    user.git("add", "--all")
    user.commit("--no-verify")


def edit_script(user: User) -> None:
    user.edit("a.py", "print('a')", "print('c')")
    commit(user)


def rename(user: User) -> None:
    for end in ("ipynb", "py"):
        user.git("mv", f"a.{end}", f"c.{end}")
    commit(user)


def remove(*paths: str) -> Callable[[User], None]:
    def act(user: User) -> None:
        user.git("rm", "--quiet", *paths)
        commit(user)

    return act


def write(path: str, text: str) -> Callable[[User], None]:
    def act(user: User) -> None:
        user.write(path, text)
        user.git("add", "--force", path)

    return act


def came_and_goes(user: User) -> None:
    user.write("c.ipynb", notebook(IDLE))
    assert CliRunner().invoke(main, ["sync", "c.ipynb"]).exit_code == 0
    commit(user)
    user.git("rm", "--quiet", "c.ipynb")


def came_and_went(user: User) -> None:
    came_and_goes(user)
    commit(user)


def twin(user: User) -> None:
    """Add a notebook that pairs with a.py, and equals it."""
    formats = {"formats": ".nb.ipynb,py:percent"}
    user.write("a.nb.ipynb", notebook(IDLE, cell("print('a')"), jupytext=formats))
    commit(user)


def later(path: str, text: str) -> Callable[[User], None]:
    """Change main after the branch has left it."""

    def act(user: User) -> None:
        user.git("switch", "--quiet", "main")
        write(path, text)(user)
        commit(user)
        user.git("switch", "--quiet", "branch")

    return act


def test_what_a_branch_changed_is_looked_at_with_what_hangs_on_it(branch: User) -> None:
    prep = {("prep.ipynb", "MLV107")}
    a, c, steps = ({(f"{name}.ipynb", "MLV107")} for name in ("a", "c", "steps"))
    everything = {(one, "MLV107") for one in ALL} | {("gone.py", "MLV304")}
    assert found() == everything
    cases: list[tuple[str, Callable[[User], None], set[tuple[str, str]]]] = [
        ("nothing", lambda user: None, set()),
        ("an edit", lambda user: user.edit("a.ipynb", "'a'", "'c'"), a | {("a.ipynb", "MLV302")}),
        ("an edit of a script", edit_script, a | {("a.ipynb", "MLV306")}),
        ("a rename", rename, c),
        ("a deleted notebook", remove("a.ipynb"), {("a.py", "MLV304")}),
        ("a notebook that came and went", came_and_went, {("c.py", "MLV304")}),
        ("one that goes just now", came_and_goes, {("c.py", "MLV304")}),
        (
            "one for the same script",
            twin,
            {(one, code) for one in ("a.ipynb", "a.nb.ipynb") for code in ("MLV107", "MLV307")},
        ),
        (
            "a deleted owner",
            remove("prep.ipynb", "prep.py", "steps/prep.py"),
            {("dvc.yaml", "MLV408")},
        ),
        ("a module of a module", write(DEEP, "x = 'b'\n"), prep),
        ("a module of a step", write(HELPER, "x = 2\n"), steps),
        ("a deleted module", remove(HELPER), steps),
        ("params.yaml", write("params.yaml", "prep:\n  idle: 2\n"), prep),
        ("an input", write("data/raw.txt", "y\n"), prep),
        ("a deleted input", remove("data/raw.txt"), prep | {("prep.ipynb", "MLV418")}),
        ("an output in git", write("data/clean.txt", "x"), prep),
        ("packages", write("requirements.txt", "pip\n"), {(one, "MLV107") for one in ALL}),
        ("any other file", write("notes.txt", "x"), set()),
        ("settings", write("mlv.toml", "stage-generated = false\n"), everything),
        ("the baseline", remove_baseline, everything),
        ("main went on", later("notes.txt", "x"), set()),
    ]
    for name, act, expected in cases:
        branch.git("switch", "--quiet", "-C", "branch", "main")
        act(branch)
        shown = found("--since", "main")
        whole = found()
        assert shown == expected, name
        assert shown <= whole and whole - shown <= everything, name
        branch.git("reset", "--quiet", "--hard")
        branch.git("clean", "--quiet", "-d", "--force")


def remove_baseline(user: User) -> None:
    user.git("switch", "--quiet", "main")
    user.write(".mlv-baseline.json", '{"version": 1, "findings": []}\n')
    commit(user)
    user.git("switch", "--quiet", "-C", "branch")
    remove(".mlv-baseline.json")(user)


def test_a_base_that_cannot_be_used_is_one_line_that_says_what_to_type(
    at_home: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = at_home

    def refusal(ref: str) -> str:
        done = check("--since", ref)
        assert (done.exit_code, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        return line.removeprefix("mlv: --since: ")

    assert refusal("nope") == (
        "there is no commit 'nope': `git fetch` it, or name another branch or commit"
    )
    assert refusal("--all").startswith("there is no commit '--all': ")
    user.git("switch", "--quiet", "--orphan", "alone")
    assert refusal("main") == "there is no commit yet"
    user.git("commit", "--quiet", "--allow-empty", "-m", "alone")
    assert refusal("main") == (
        "main and HEAD have no commit in common: name the branch that this one shall be merged into"
    )
    assert check("--since", "main", "a.ipynb").exit_code == 2

    user.git("switch", "--quiet", "-c", "branch", "main")
    user.write("notes.txt", "x")
    commit(user)
    clone = tmp_path / "clone"
    source = f"file://{user.top}"
    user.git("clone", "--quiet", "--depth=1", "--no-single-branch", source, str(clone))
    monkeypatch.chdir(clone)
    shallow = "this clone is shallow: `git fetch --unshallow`, in CI `fetch-depth: 0`"
    assert refusal("main") == "there is no commit 'main': write origin/main"
    assert refusal("nope") == f"there is no commit 'nope': {shallow}"
    assert refusal("origin/main") == f"origin/main and HEAD have no commit in common: {shallow}"
