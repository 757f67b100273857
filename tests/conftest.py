"""What tests share: a home of their own, and a repository in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from users import User, environment, new_user


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home folder that all tests of a process share, hook environments included."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def user(tmp_path: Path, home: Path) -> User:
    """Return a new repository without hooks."""
    return new_user(tmp_path / "user", environment(home))
