"""How two commands race: run, timed, in repositories of their own; and the row that tells."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
SYNC = (str(BIN / "mlv"), "sync", "--quiet")
STATUS = ("git", "status", "--porcelain")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: who ran, the seconds of each pair of runs, and what is wanted."""

    title: str
    other: str
    seconds: Sequence[tuple[float, float]]
    faster: float | None = None
    cost: float | None = None

    def ratio(self) -> float:
        """How many times faster than the other, or how many times its cost."""
        if self.faster is not None:
            return statistics.median(theirs / ours for ours, theirs in self.seconds)
        return statistics.median(ours / theirs for ours, theirs in self.seconds)

    def met(self) -> bool:
        """Whether the ratio is what is wanted."""
        if self.faster is not None:
            return self.ratio() >= self.faster
        return self.cost is None or self.ratio() < self.cost

    def markdown(self) -> str:
        """Return the row of the table."""
        ours, theirs = (statistics.median(column) for column in zip(*self.seconds, strict=True))
        if self.faster is not None:
            measured, wanted = f"{self.ratio():.1f} times faster", f"≥ {self.faster:g} times faster"
        else:
            measured, wanted = f"{self.ratio():.1f} times its cost", f"< {self.cost:g} times"
        return (
            f"| {self.title} | {ours:.3f} s | `{self.other}` {theirs:.3f} s "
            f"| {measured} | {wanted} | {'yes' if self.met() else '**no**'} |"
        )


def started(top: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command without anybody's own git settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        command,
        cwd=top,
        env={**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
    )


def run(top: Path, command: Sequence[str]) -> str:
    """Run a command; return its output, exit when it fails."""
    done = started(top, command)
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
