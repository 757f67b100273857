"""Which edits the runner above a hook has put aside, by the patch file that it wrote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# The runner: it writes its patch, and only after a while starts what looks for it. The last command
# must be another: bash would become that process.
RUNNER = """
git diff > "$PRE_COMMIT_HOME/patch1700000000-$$"
{then}
"$1" -c '
from mlv_hooks.repository.git import Git
from mlv_hooks.repository.stash import stashed_paths
print(sorted(stashed_paths(Git("."))))
'
:
"""


@pytest.mark.parametrize(
    ("then", "found"),
    [
        ("", "['a b.txt']"),
        ("sleep 2", "['a b.txt']"),
        # Left by an earlier process of the same number.
        ('touch -d "10 seconds ago" "$PRE_COMMIT_HOME"/patch*', "[]"),
        ('mv "$PRE_COMMIT_HOME"/patch* "$PRE_COMMIT_HOME/patch1700000000-1"', "[]"),
    ],
)
def test_the_patch_of_a_process_above_is_found_whenever_the_hook_looks(
    then: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    top = tmp_path / "repo"
    top.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=top, check=True)
    (top / "a b.txt").write_text("1\n")
    subprocess.run(["git", "add", "."], cwd=top, check=True)
    (top / "a b.txt").write_text("2\n")

    command = ["bash", "-c", RUNNER.format(then=then), "bash", sys.executable]
    done = subprocess.run(command, cwd=top, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == found, done.stderr
