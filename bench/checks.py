"""Measure `mlv check` beside ruff, and beside flake8 and pylint by nbQA."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import step
from race import BIN, SYNC, check, clone, commit, run, settle, started

PACKAGES = ("nbqa", "flake8", "pylint")
EACH = 8
"""Of so many notebooks, pylint looks at one: it takes long."""
MOST_COLD, MOST_WARM = 10, 0.15
CHECK = (str(BIN / "mlv"), "check")
RUFF = (str(BIN / "ruff"), "check", "--no-cache")

TEXT = """
## Checks

| | all | each notebook | beside `mlv check`, cold |
|---|---|---|---|
{rows}

- **Cold**: what the rules found is forgotten before each run, which judges all {count} notebooks.
  **Warm**: nothing changed since. Whole commands, in turn, the start of Python included; medians
  of {pairs} runs. ruff keeps no cache here. pylint looks at each {each}th notebook.
- The notebooks are random code, with {found:,} findings. Each tool looks for something else; ruff
  is the floor, nbQA is what people use.
- In one process, loaded before the clock starts, the median notebook, each the median of {rounds}
  runs, takes **{cold:.1f} ms** from its bytes to its findings; wanted are at most {most_cold} ms:
  {cold_met}. A warm run with nothing new takes **{warm:.3f} s** for all; wanted are at most
  {most_warm} s: {warm_met}.
"""


@dataclass(frozen=True, slots=True)
class Tool:
    """A command that looks at so many notebooks, and what is done before each run of it."""

    name: str
    command: Sequence[str]
    count: int
    before: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Runs:
    """The seconds of each run of a tool, and what the last one printed."""

    tool: Tool
    seconds: Sequence[float]
    printed: str

    @property
    def median(self) -> float:
        """Seconds of the median run."""
        return statistics.median(self.seconds)

    @property
    def each(self) -> float:
        """Seconds of the median run for each notebook."""
        return self.median / self.tool.count

    def markdown(self, ours: Runs) -> str:
        """Return the row of the table."""
        ratio = self.each / ours.each
        times = f"{ratio:.1f} times as long" if ratio >= 1 else f"{1 / ratio:.1f} times faster"
        times = "" if self is ours else times
        return f"| {self.tool.name} | {self.median:.3f} s | {self.each * 1000:.1f} ms | {times} |"


class Checked:
    """A repository of pairs, with what `mlv check` keeps in it."""

    def __init__(self, corpus: Path, top: Path) -> None:
        self.top = clone(corpus, top)
        run(top, SYNC)
        commit(top)
        settle(top)
        told(top, CHECK)
        run(top, (*CHECK, "--write-baseline"))
        self.baseline = top / ".mlv-baseline.json"
        self.accepted = self.baseline.read_bytes()
        self.paths = sorted(str(one.relative_to(top)) for one in top.glob("notebooks/*.ipynb"))

    def accept(self) -> None:
        """Have a baseline of all that is found."""
        self.baseline.write_bytes(self.accepted)

    def report(self) -> None:
        """Have no baseline."""
        self.baseline.unlink(missing_ok=True)

    def forget(self) -> None:
        """Have no baseline, and no memory of findings; that of pairs stays."""
        self.report()
        for path in (self.top / ".git" / "mlv").glob("known-found-*"):
            path.unlink()

    def tools(self, python: Path | None) -> list[Tool]:
        """Return what takes turns: ours cold, warm and with a baseline first."""
        paths, few = self.paths, self.paths[::EACH]
        found = [
            Tool("`mlv check`, cold", CHECK, len(paths), self.forget),
            Tool("warm, all told again", CHECK, len(paths), self.report),
            Tool("warm, nothing new", CHECK, len(paths), self.accept),
            Tool("`ruff check`", (*RUFF, *paths), len(paths), self.report),
        ]
        if python:
            nbqa = (str(python), "-m", "nbqa")
            found += [
                Tool("`nbqa flake8`", (*nbqa, "flake8", *paths), len(paths), self.report),
                Tool("`nbqa pylint`", (*nbqa, "pylint", *few), len(few), self.report),
            ]
        return found

    def race(self, tools: Sequence[Tool], pairs: int) -> list[Runs]:
        """Let tools take turns."""
        seconds: dict[str, list[float]] = {tool.name: [] for tool in tools}
        printed: dict[str, str] = {}
        for _ in range(pairs):
            for tool in tools:
                tool.before()
                took, printed[tool.name] = told(self.top, tool.command)
                seconds[tool.name].append(took)
        return [Runs(tool, seconds[tool.name], printed[tool.name]) for tool in tools]


def told(top: Path, command: Sequence[str]) -> tuple[float, str]:
    """Run a checker; return its seconds and what it printed. It may end with any code."""
    start = time.perf_counter()
    done = started(top, command)
    return time.perf_counter() - start, done.stdout


def section(folder: Path, corpus: Path, pairs: int) -> tuple[str, bool]:
    """Measure; return the part of the page about checks, and whether what is wanted is met."""
    repository = Checked(corpus, folder / "checked")
    tools = repository.tools(step.environment(folder / "nbqa", PACKAGES))
    runs = repository.race(tools, pairs)
    cold, again, nothing = runs[:3]
    check(cold.printed == again.printed != "", "a warm run told something else")
    check(nothing.printed == "", "a run with a baseline told something")
    for one in runs[3:]:
        check(".ipynb" in one.printed, f"{one.tool.name} found nothing")
    paths = [repository.top / one for one in repository.paths]
    (judged,) = step.measure({"check": Path(sys.executable)}, paths, step.ROUNDS)
    median = judged.typical
    fast, quick = median <= MOST_COLD, nothing.median <= MOST_WARM
    page = TEXT.format(
        rows="\n".join(one.markdown(cold) for one in runs),
        count=len(paths),
        pairs=pairs,
        each=EACH,
        found=sum(": MLV" in line for line in cold.printed.splitlines()),
        cold=median,
        rounds=step.ROUNDS,
        warm=nothing.median,
        most_cold=MOST_COLD,
        most_warm=MOST_WARM,
        cold_met="yes" if fast else "**no**",
        warm_met="yes" if quick else "**no**",
    )
    return page, fast and quick
