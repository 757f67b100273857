"""Repositories to begin a story with; each is made once a session and copied."""

from __future__ import annotations

import compileall
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings
from piped import CLEAN, FIT, LEARN, PREPARE, cells, dvc
from samples import train
from served import Served, take_from_path
from support import BIN, ROOT, Repo, copy_repo, environment, hooks_config
from users import User, new_user
from users import environment as user_environment


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package once, as an installation does, not in each process that a test starts."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(ROOT / "mlv_hooks", quiet=1)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for PATH, with mlv, pre-commit and DVC that start at once."""
    served = Served(tmp_path_factory.mktemp("served"), BIN)
    yield served.folder
    served.stop()


@pytest.fixture(scope="session")
def people_env(tmp_path_factory: pytest.TempPathFactory, served: Path) -> Mapping[str, str]:
    """An environment that nothing of the machine changes, with a home for the session."""
    env = environment(tmp_path_factory.mktemp("home"))
    return {**env, "PATH": os.pathsep.join([str(served), env["PATH"]])}


@pytest.fixture(scope="session")
def hooked_template(tmp_path_factory: pytest.TempPathFactory, people_env: dict[str, str]) -> Path:
    """A repository with the hooks, and no commit."""
    repo = Repo(tmp_path_factory.mktemp("hooked"), people_env)
    repo.git("init", "--quiet", "--initial-branch=main")
    repo.write(".pre-commit-config.yaml", hooks_config())
    done = repo.run("pre-commit", "install")
    assert done.code == 0, done.said
    take_from_path(repo.top / ".git" / "hooks")
    return repo.top


@pytest.fixture
def new_repo(tmp_path: Path, hooked_template: Path, people_env: dict[str, str]) -> Repo:
    """A repository with the hooks, and no commit."""
    return copy_repo(hooked_template, tmp_path / "repo", people_env)


@pytest.fixture(scope="session")
def committed_template(
    tmp_path_factory: pytest.TempPathFactory, hooked_template: Path, people_env: dict[str, str]
) -> Path:
    """A repository whose first commit holds a pair and two other files."""
    top = tmp_path_factory.mktemp("committed") / "repo"
    repo = copy_repo(hooked_template, top, people_env)
    repo.write("train.ipynb", train())
    repo.write("notes.txt", "one\n")
    repo.write("data/a.csv", "1\n")
    repo.add()
    repo.commits()
    return top


@pytest.fixture
def repo(tmp_path: Path, committed_template: Path, people_env: dict[str, str]) -> Repo:
    """A repository with the hooks, whose first commit holds train.ipynb and train.py."""
    return copy_repo(committed_template, tmp_path / "repo", people_env)


@pytest.fixture(scope="session")
def piped_template(
    tmp_path_factory: pytest.TempPathFactory, committed_template: Path, people_env: dict[str, str]
) -> Path:
    """A repository whose last commit holds two notebooks, each with its stage."""
    top = tmp_path_factory.mktemp("piped") / "repo"
    repo = copy_repo(committed_template, top, people_env)
    repo.write(".gitattributes", ".gitignore merge=union\n")  # as `mlv init` writes it
    repo.write("data/raw.txt", "one\ntwo\nthree\n")
    repo.write("prepare.ipynb", cells(PREPARE, CLEAN))
    repo.write("fit.ipynb", cells(FIT, LEARN))
    repo.add()
    repo.commits()
    return top


@pytest.fixture
def piped(tmp_path: Path, piped_template: Path, people_env: dict[str, str]) -> Repo:
    """A repository whose last commit holds two notebooks, each with its stage."""
    return copy_repo(piped_template, tmp_path / "repo", people_env)


@pytest.fixture
def bare(piped: Repo) -> Repo:
    """The same, and git itself calls the hook, which costs less than pre-commit."""
    for name in ("pre-commit", "pre-merge-commit"):
        hook = piped.top / ".git" / "hooks" / name
        hook.write_text("#!/bin/sh\nexec mlv hook all\n")
    return piped


@pytest.fixture(scope="session")
def run_template(
    tmp_path_factory: pytest.TempPathFactory, piped_template: Path, people_env: dict[str, str]
) -> Path:
    """The same, and DVC has run all."""
    top = tmp_path_factory.mktemp("run") / "repo"
    repo = copy_repo(piped_template, top, people_env)
    dvc(repo, "init", "--quiet")
    dvc(repo, "repro", "--quiet")
    repo.add()
    repo.commits()
    return top


@pytest.fixture
def run(tmp_path: Path, run_template: Path, people_env: dict[str, str]) -> Repo:
    """The same, and DVC has run all."""
    return copy_repo(run_template, tmp_path / "repo", people_env)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder that all tests of a process share, hook environments included."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def user(tmp_path: Path, home: Path, served: Path) -> User:
    """A new repository of somebody, without hooks."""
    env = user_environment(home)
    return new_user(tmp_path / "user", {**env, "PATH": os.pathsep.join([str(served), env["PATH"]])})


@pytest.fixture
def at_home(user: User, monkeypatch: pytest.MonkeyPatch) -> User:
    """A new repository of somebody, in which commands of this very process work."""
    for name in [name for name in os.environ if name not in user.env]:
        monkeypatch.delenv(name)
    for name, value in user.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(user.top)
    return user


# `MLV_HYPOTHESIS=large` tries many more examples than a run of the whole suite can.
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("large", max_examples=5000, deadline=None)
settings.load_profile(os.environ.get("MLV_HYPOTHESIS", "ci"))
