"""Run commands on repositories of notebooks, and time them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

BIN = Path(sys.executable).parent
SYNC = (str(BIN / "mlv"), "sync", "--quiet")
STATUS = ("git", "status", "--porcelain")


def run(top: Path, command: Sequence[str]) -> str:
    """Run a command without anybody's own git settings; return its output, exit when it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        command,
        cwd=top,
        env={**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)[:200]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def timed(top: Path, command: Sequence[str]) -> float:
    """Return the seconds that a command takes."""
    start = time.perf_counter()
    run(top, command)
    return time.perf_counter() - start


def check(condition: bool, what: str) -> None:
    """Exit when a command did not do the work that was measured."""
    if not condition:
        sys.exit(f"not a fair race: {what}")


def commit(top: Path) -> None:
    """Commit everything in the folder, packed as in a repository of some age."""
    name = ("-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "gc.auto=0")
    run(top, ("git", "add", "."))
    run(top, ("git", *name, "commit", "--quiet", "-m", "bench"))
    run(top, ("git", "gc", "--quiet"))


def repository(top: Path, fill: Callable[[Path], object]) -> Path:
    """Make a repository of notebooks, set up by `mlv init`, not paired yet."""
    top.mkdir()
    run(top, ("git", "init", "--quiet"))
    fill(top / "notebooks")
    run(top, (str(BIN / "mlv"), "init"))
    commit(top)
    return top


def settle(top: Path) -> None:
    """Let git note the files' times: it reads again what it wrote in the same second."""
    time.sleep(1.1)
    run(top, STATUS)


def clone(source: Path, top: Path) -> Path:
    """Make a fresh clone, in place of the one that was there."""
    shutil.rmtree(top, ignore_errors=True)
    run(source.parent, ("git", "clone", "--quiet", str(source), str(top)))
    run(top, STATUS)
    return top
