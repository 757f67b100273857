"""Our hook beside the hooks that people have already: real pre-commit, real tools.

A hook that changes a file stops the commit: `git add -u` and the same commit again is then the
one try that it takes. Where the others have nothing to change, the first one goes through.
"""

from __future__ import annotations

import json
import shlex
import sys

import pytest
from users import (
    OURS,
    Done,
    User,
    cells_of,
    code,
    hook,
    markdown,
    notebook,
    source_of,
)

CODE = {"types_or": ["python", "jupyter"], "require_serial": True}
RUFF = hook("ruff", "ruff check --fix --force-exclude", **CODE)
FORMAT = hook("ruff-format", "ruff format --force-exclude", **CODE)
BLACK = hook("black", "black --quiet", **CODE)
STRIP = hook("nbstripout", "nbstripout", types=["jupyter"])
CLEAN = hook("nb-clean", "nb-clean clean", types=["jupyter"])
FIX_LINES = (
    "import sys,re;[open(f,'w',newline='').write(re.sub('[ \\t]+\\n','\\n',s).rstrip()+'\\n')\
 for f in sys.argv[1:] for s in [open(f,newline='').read()]\
 if s!=re.sub('[ \\t]+\\n','\\n',s).rstrip()+'\\n']"
)
WHITESPACE = hook(
    "trailing-whitespace", f"{sys.executable} -c {shlex.quote(FIX_LINES)}", types=["text"]
)

SETS = {
    "ruff-format": [FORMAT],
    "ruff and ruff-format": [RUFF, FORMAT],
    "black": [BLACK],
    "nbstripout": [STRIP],
    "nb-clean": [CLEAN],
    "trailing-whitespace": [WHITESPACE],
    "all": [STRIP, RUFF, FORMAT, BLACK, WHITESPACE],
}

# As people leave it: unformatted, run, with what formatters treat otherwise in a script.
RAW = notebook(
    markdown("# Churn  \nby week", id="title"),
    code("import os\nimport json", id="imports", count=1),
    code("%matplotlib inline\nconfig = {  'a':1 }", id="config", count=2),
    code("def double( x ):\n  return x+x", id="double", count=3),
    markdown("Now  \n\nlook", id="look"),
    code("double( 1 );", id="quiet", count=4),
    code(
        "class Model:\n  size=1\nprint( double(3), config, json, os )",
        id="show",
        count=5,
        out="6\n",
    ),
)


DOUBLE, QUIET = 3, 5


def cell(user: User, number: int) -> str:
    return source_of(cells_of(user.read("train.ipynb"))[number])


def settle(user: User) -> list[Done]:
    """Commit, and `git add -u` and commit again until it goes through."""
    tries = [user.commit(code=None)]
    while tries[-1].code and len(tries) < 5:
        user.git("add", "--update")
        tries.append(user.commit(code=None))
    assert tries[-1].code == 0, tries[-1].text
    return tries


def expect_rest(user: User, **env: str) -> None:
    """Check that nothing is left to do, for no hook."""
    assert user.status() == ""
    done = user.run("pre-commit", "run", "--all-files", env=env, code=None)
    assert done.code == 0, done.text + user.git("diff")
    assert user.status() == ""


def start(user: User, *hooks: dict[str, object]) -> None:
    user.mlv("init")
    user.hooks(*hooks)
    user.git("add", ".")
    user.commit("--no-verify")


sets = pytest.mark.parametrize("hooks", SETS.values(), ids=SETS)


@sets
def test_a_new_notebook_is_committed_by_the_try_after_the_one_that_changed_it(
    user: User, hooks: list[dict[str, object]]
) -> None:
    start(user, *hooks, OURS)
    user.write("train.ipynb", RAW)
    user.git("add", "train.ipynb")

    first, *more = settle(user)

    assert len(more) <= 1
    if more:
        assert "train.ipynb: MLV303 was changed by another hook: `git add` it" in first.text
    assert user.files() == ["train.ipynb", "train.py"]
    expect_rest(user)

    user.write("notes.md", "Later.\n")
    user.git("add", "notes.md")
    user.commit(code=0)
    assert user.files() == ["notes.md"]


@sets
def test_a_notebook_that_needs_no_fixing_is_committed_by_the_first_try(
    user: User, hooks: list[dict[str, object]]
) -> None:
    start(user, *hooks, OURS)
    user.write("train.ipynb", RAW)
    for one in [*hooks, *hooks]:
        user.run(*shlex.split(str(one["entry"])), "train.ipynb", code=None)
    user.git("add", "train.ipynb")

    user.commit(code=0)

    assert user.files() == ["train.ipynb", "train.py"]
    expect_rest(user, CI="true")


@sets
def test_edits_of_either_side_take_one_more_try_at_most(
    user: User, hooks: list[dict[str, object]]
) -> None:
    start(user, *hooks, OURS)
    user.write("train.ipynb", RAW)
    user.git("add", "train.ipynb")
    settle(user)

    user.edit("train.ipynb", cell(user, QUIET), "double( 21 );")
    user.git("add", "--update")
    assert len(settle(user)) <= 2
    assert "double(21)" in user.read("train.py").replace("( ", "(").replace(" )", ")")

    user.write("train.py", user.read("train.py").replace("return x", "return 2 *  x if x else x"))
    user.git("add", "--update")
    assert len(settle(user)) <= 2
    assert "if x else x" in cell(user, DOUBLE)
    expect_rest(user)


def test_the_semicolon_that_hides_an_output_stays_in_the_notebook(user: User) -> None:
    start(user, FORMAT, OURS)
    user.write("train.ipynb", RAW)
    user.git("add", "train.ipynb")
    settle(user)
    assert "double(1);" in user.read("train.ipynb")
    assert "double(1)\n" in user.read("train.py")


def test_a_run_that_was_stopped_by_a_formatter_has_written_no_script(user: User) -> None:
    # The reason to stand last: who gives up now has no half-made pair in the index.
    start(user, FORMAT, OURS)
    user.write("train.ipynb", RAW)
    user.git("add", "train.ipynb")

    user.commit(code=1)

    assert not user.path("train.py").exists()
    assert user.git("diff", "--cached", "--name-only") == "train.ipynb"
    assert user.backups() == ""


def test_before_a_formatter_the_script_of_the_unformatted_notebook_is_left_staged(
    user: User,
) -> None:
    start(user, OURS, FORMAT)
    user.write("train.ipynb", RAW)
    user.git("add", "train.ipynb")

    user.commit(code=1)

    assert "double( 1 )" in user.git("show", ":train.py")
    assert "double(1);" in user.read("train.ipynb")
    assert len(settle(user)) <= 2
    expect_rest(user)


def test_all_files_that_were_never_formatted_come_to_rest_in_two_runs(user: User) -> None:
    start(user, RUFF, FORMAT, OURS)
    user.write("train.ipynb", RAW)
    user.mlv("sync", "train.ipynb", code=None)
    user.git("add", ".")
    user.commit("--no-verify")

    user.run("pre-commit", "run", "--all-files", code=1)
    user.run("pre-commit", "run", "--all-files", code=None)

    user.git("add", ".")
    user.commit(code=0)
    expect_rest(user)


def test_ci_says_what_a_commit_without_hooks_left_and_writes_it_for_the_log(user: User) -> None:
    start(user, FORMAT, OURS)
    user.write("train.ipynb", notebook(code("x = 1", id="x")))
    user.git("add", ".")
    user.commit("--no-verify")

    done = user.run("pre-commit", "run", "--all-files", env={"CI": "true"}, code=1)

    assert "train.py <- train.ipynb" in done.text
    assert "to commit them: git add train.py" in done.text
    assert user.git("diff", "--cached", "--name-only") == ""


# --- nbstripout as a filter of git


def test_with_nbstripout_as_a_filter_outputs_stay_in_the_worktree_and_out_of_git(
    user: User,
) -> None:
    start(user, OURS)
    user.run("nbstripout", "--install", "--attributes", ".gitattributes")
    user.write("train.ipynb", RAW)
    user.git("add", ".")
    user.commit(code=0)
    assert "train.py" in user.files()
    assert '"6\\n"' in user.read("train.ipynb")
    assert '"6\\n"' not in user.git("show", "HEAD:train.ipynb")
    expect_rest(user)

    # A run of the notebook alone changes nothing that git sees.
    user.edit("train.ipynb", "6\n", "7\n")
    assert user.mlv("sync").text == ""
    assert user.status() == ""

    user.edit("train.py", "return x+x", "return 2 * x")
    user.git("add", "--update")
    user.commit(code=0)
    assert "return 2 * x" in user.git("show", "HEAD:train.ipynb")
    assert '"7\\n"' in user.read("train.ipynb"), "the outputs of the other cells stay"
    expect_rest(user)


# --- jupytext's own hook


def test_jupytexts_own_hook_agrees_with_what_we_write(user: User) -> None:
    # It is one hook too many, but no fight: after it has added its block, both rest.
    sync = hook(
        "jupytext",
        "jupytext --sync --pre-commit-mode",
        types_or=["jupyter", "python"],
        require_serial=True,
    )
    start(user, sync, OURS)
    user.write("train.ipynb", RAW)
    user.git("add", "train.ipynb")

    for _ in range(4):
        if user.commit(code=None).code == 0:
            break
        user.git("add", ".")

    assert user.files() == ["train.ipynb", "train.py"]
    assert user.status() == ""
    assert [source_of(one) for one in cells_of(user.read("train.ipynb"))] == [
        source_of(one) for one in cells_of(RAW)
    ]
    assert user.mlv("check").text == ""
    assert user.commit("--allow-empty").code == 0


def test_init_says_to_remove_jupytexts_own_hook(user: User) -> None:
    user.write(
        ".pre-commit-config.yaml",
        "repos:\n- repo: local\n  hooks:\n"
        "  - id: jupytext\n    name: j\n    entry: jupytext --sync\n    language: system\n",
    )
    said = user.mlv("init").out
    assert "jupytext's own hook stands in .pre-commit-config.yaml: remove it" in said


# --- prek


def test_prek_runs_the_same_hooks_to_the_same_rest(user: User) -> None:
    user.mlv("init")
    user.hooks(STRIP, FORMAT, OURS, runner="prek")
    user.git("add", ".")
    user.commit("--no-verify")
    user.write("train.ipynb", RAW)
    user.git("add", "train.ipynb")

    assert len(settle(user)) == 2

    assert user.files() == ["train.ipynb", "train.py"]
    user.run("prek", "run", "--all-files")
    assert user.status() == ""
    assert json.loads(user.read("train.ipynb"))["nbformat"] == 4
