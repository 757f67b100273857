"""`mlv init` in a repository that has a history: what it says, and the first commit after it."""

from __future__ import annotations

import json
import os
import sys

import pytest
from users import MLV, OURS, User, code, notebook

COUNT = 300


@pytest.fixture
def lab(user: User) -> User:
    """Return a repository with many committed notebooks and no scripts."""
    for number in range(COUNT):
        user.write(f"nb/{number}.ipynb", notebook(code(f"x = {number}", id="x")))
    user.git("add", ".")
    user.commit("--quiet")
    return user


def test_existing_notebooks_are_counted_and_paired_by_one_command(lab: User) -> None:
    said = lab.mlv("init").out.splitlines()
    assert f"{COUNT} notebooks would be paired: run `mlv sync`" in said
    assert said[-1] == "to pair on every commit: run `pre-commit install`"
    assert not list(lab.top.glob("nb/*.py")), "init itself pairs nothing"
    written = lab.status()

    assert "would be paired" in lab.mlv("init").out
    assert lab.status() == written, "a second run changes nothing"

    assert lab.mlv("sync").out.count("\n") == COUNT
    assert len(list(lab.top.glob("nb/*.py"))) == COUNT
    assert "would be paired" not in lab.mlv("init").out


@pytest.mark.parametrize("kernel", [{}, {"name": "python3", "display_name": "Python 3"}])
def test_notebooks_that_name_no_language_are_paired_as_python(
    user: User, kernel: dict[str, str]
) -> None:
    # Colab saves a kernel and no language, cleaners may leave neither.
    colab = json.loads(notebook(code("x = 1", id="x")))
    colab["metadata"] = {"kernelspec": kernel} if kernel else {}
    user.write("train.ipynb", json.dumps(colab))
    user.git("add", ".")
    user.commit("--quiet")

    assert "1 notebook would be paired: run `mlv sync`" in user.mlv("init").out
    assert user.mlv("sync").out == "train.py <- train.ipynb\n"

    assert user.read("train.py").endswith("# %%\nx = 1\n")
    assert user.mlv("check", "--select", "MLV3", code=0).out == ""
    user.write("train.py", user.read("train.py").replace("x = 1", "x = 2"))
    assert user.mlv("sync").out == "train.ipynb <- train.py\n"
    assert json.loads(user.read("train.ipynb"))["metadata"] == colab["metadata"]


def test_counting_makes_no_script_to_throw_away(lab: User) -> None:
    # Rendering many notebooks starts a pool of processes; asking where scripts live does not.
    def modules(command: str) -> set[str]:
        done = lab.run(sys.executable, "-X", "importtime", MLV, command)
        return {line.rpartition("|")[2].strip() for line in done.err.splitlines()}

    pool = "concurrent.futures.process"
    assert pool not in modules("init")
    assert (pool in modules("sync")) == ((os.cpu_count() or 1) > 1)


def test_a_dry_run_shows_a_diff_that_git_can_apply(user: User) -> None:
    user.write("pyproject.toml", '[project]\nname = "churn"\n')
    user.git("add", ".")
    user.commit()

    done = user.mlv("init", "--dry-run", code=0)

    assert user.status() == ""
    patch = done.out[: done.out.index("would write ")]
    user.write("../init.patch", patch)
    user.git("apply", "../init.patch")
    applied = {path: user.read(path) for path in (".pre-commit-config.yaml", "pyproject.toml")}
    assert "[tool.mlv]" in applied["pyproject.toml"]
    assert not any(line.startswith("wrote") for line in user.mlv("init").out.splitlines())


def test_from_a_subfolder_it_sets_up_the_whole_repository(user: User) -> None:
    user.write("nb/a.ipynb", notebook(code("x = 1", id="x")))
    user.mlv("init", cwd="nb")
    assert user.path(".pre-commit-config.yaml").exists()
    assert not user.path("nb/.pre-commit-config.yaml").exists()


def test_a_file_that_cannot_be_added_to_stops_it_before_it_writes(user: User) -> None:
    user.write(".pre-commit-config.yaml", "repos: [\n")
    done = user.mlv("init", code=2)
    assert done.err.startswith("mlv: .pre-commit-config.yaml is not valid YAML")
    assert done.err.count("\n") == 1
    assert user.status() == "?? .pre-commit-config.yaml"


def test_init_install_commit_is_all_that_it_takes(user: User) -> None:
    user.write("train.ipynb", notebook(code("x = 1", id="x")))
    user.mlv("init")
    # The published hook needs a network: this one is the same with what is installed here.
    config = {"repos": [{"repo": "local", "hooks": [OURS]}]}
    text = user.read(".pre-commit-config.yaml")
    head = text[: text.index("repos:")]
    user.write(".pre-commit-config.yaml", head + f"repos: {json.dumps(config['repos'])}\n")
    user.run("pre-commit", "install")
    assert user.path(".git/hooks/pre-merge-commit").exists()
    user.git("add", ".")

    user.commit()

    assert "train.py" in user.files()
    assert user.status() == ""
