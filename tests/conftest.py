"""What tests share: a home of their own, and a repository in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Repo, environment, new_repo


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home folder that all tests of a process share, hook environments included."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def repo(tmp_path: Path, home: Path) -> Repo:
    """Return a new repository without hooks."""
    return new_repo(tmp_path / "repo", environment(home))
