"""What tests share: a home of their own, and a repository in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from support import Repo, environment, new_repo


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home folder that all tests of a process share, hook environments included."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def repo(tmp_path: Path, home: Path) -> Repo:
    """Return a new repository without hooks."""
    return new_repo(tmp_path / "repo", environment(home))


# `MLV_HYPOTHESIS=large` tries many more examples than a run of the whole suite can.
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("large", max_examples=5000, deadline=None)
settings.load_profile(os.environ.get("MLV_HYPOTHESIS", "ci"))
