"""Measure how long the step of a notebook takes, beside what else makes Python of notebooks.

Each tool converts all notebooks in one process of its own, in turn, several times; what can't be
installed beside mlv-hooks gets a virtual environment that lives as long as the measuring.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import commands

CONVERTERS = Path(__file__).with_name("converters.py")
ROUNDS = 3
MOST = 10
"""Milliseconds that a step may take."""
FASTER = 20
"""How many times faster than mlvtools a step is made."""

NBCONVERT = ("nbconvert",)
# mlvtools 2.1.1 runs with releases of its own time only.
MLVTOOLS = (
    *("mlvtools==2.1.1", "pydantic<2", "nbconvert<6", "jinja2<3.1", "docstring_parser<0.8"),
    *("ipython<8", "ipython_genutils"),
)

TEXT = """
## Steps

### In process

| | each notebook | beside the step | made |
|---|---|---|---|
{rows}

- The same {count} notebooks; the median of the notebooks, each the median of {rounds} runs. A step
  takes **{ours:.1f} ms**; wanted are at most {most} ms: {met}. {old}
- Every tool converts all notebooks in one process, which has loaded it before the clock starts.
  Nothing is kept from one notebook or run to the next. `ruff format` lays out all steps in one
  run, whose time is shared among them and counted.
- A tool may make nothing of a notebook: mlvtools can't read some cells.
- mlvtools is installed with `{pins}`: newer releases of these break it.
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a tool took: the median seconds of each notebook that it converted."""

    name: str
    seconds: dict[str, float]

    @property
    def typical(self) -> float:
        """Milliseconds of the median notebook."""
        return statistics.median(self.seconds.values()) * 1000

    def times(self, ours: Measured) -> float:
        """How many times longer than ours it takes, over the notebooks that both converted."""
        both = self.seconds.keys() & ours.seconds.keys()
        return statistics.median(self.seconds[one] / ours.seconds[one] for one in both)


def environment(folder: Path, packages: Sequence[str]) -> Path | None:
    """Return the Python of a new virtual environment with packages, None when that fails."""
    python = folder / "bin" / "python"
    pip = (str(python), "-m", "pip", "install", "--quiet", *packages)
    for command in ((sys.executable, "-m", "venv", str(folder)), pip):
        if subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode:
            return None
    return python


def run_once(python: Path, tool: str, notebooks: Sequence[Path]) -> list[float | None]:
    """Convert notebooks by a tool in a new process; exit when that fails."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(python), str(CONVERTERS), tool, folder, *map(str, notebooks)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=folder)
        if done.returncode:
            sys.exit(f"{tool} ended with {done.returncode}: {done.stderr[-2000:]}")
        seconds: list[float | None] = json.loads(done.stdout.splitlines()[-1])
        made = len(os.listdir(folder))
        if made != sum(one is not None for one in seconds) or len(seconds) != len(notebooks):
            sys.exit(f"not a fair race: {tool} wrote {made} of {len(notebooks)} files")
    return seconds


def measure(tools: dict[str, Path], notebooks: Sequence[Path], rounds: int) -> list[Measured]:
    """Let the tools take turns; a notebook that a tool can't convert is left out of its times."""
    runs: dict[str, list[list[float | None]]] = {tool: [] for tool in tools}
    for _ in range(rounds):
        for tool, python in tools.items():
            runs[tool].append(run_once(python, tool, notebooks))
    found = []
    for tool, lists in runs.items():
        columns = zip(notebooks, zip(*lists, strict=True), strict=True)
        times = {path.name: [one for one in column if one is not None] for path, column in columns}
        found.append(Measured(tool, {n: statistics.median(ts) for n, ts in times.items() if ts}))
    return found


def section(folder: Path, corpus: Path, rounds: int = ROUNDS) -> tuple[str, bool]:
    """Measure; return the part of the page about steps, and whether what is wanted is met."""
    notebooks = sorted(corpus.glob("notebooks/*.ipynb"))
    here = Path(sys.executable)
    tools = {"mlv": here, "jupytext": here}
    wanted = {"nbconvert": NBCONVERT, "mlvtools": MLVTOOLS}
    made = {tool: environment(folder / tool, packages) for tool, packages in wanted.items()}
    tools |= {tool: python for tool, python in made.items() if python}
    results = {one.name: one for one in measure(tools, notebooks, rounds)}
    page, met = text(results, len(notebooks), rounds)
    if made["mlvtools"]:
        program = made["mlvtools"].with_name("ipynb_to_python")
        found = commands.measure(folder, program, notebooks, rounds)
        page += found.text(len(notebooks), rounds)
    return page, met


NAMES = {
    "mlv": "the step",
    "jupytext": "`jupytext --to py`",
    "nbconvert": "`jupyter nbconvert --to python`",
    "mlvtools": "mlvtools 2.1.1, `ipynb_to_python`",
}


def text(results: dict[str, Measured], count: int, rounds: int) -> tuple[str, bool]:
    """Return the part of the page, and whether what is wanted is met."""
    ours = results["mlv"]
    rows = []
    for tool, name in NAMES.items():
        one = results.get(tool)
        if one is None:
            rows.append(f"| {name} | could not be installed here | | |")
            continue
        times = "" if one is ours else f"{one.times(ours):.1f} times as long"
        rows.append(f"| {name} | {one.typical:.1f} ms | {times} | {len(one.seconds)} of {count} |")
    fast, old, quicker = ours.typical <= MOST, "", True
    if "mlvtools" in results:
        times = results["mlvtools"].times(ours)
        quicker = times >= FASTER
        old = (
            f"It is made {times:.1f} times faster than by mlvtools; "
            f"wanted are {FASTER} times: {'yes' if quicker else '**no**'}."
        )
    page = TEXT.format(
        rows="\n".join(rows),
        count=count,
        rounds=rounds,
        ours=ours.typical,
        most=MOST,
        met="yes" if fast else "**no**",
        old=old,
        pins=" ".join(MLVTOOLS[1:]),
    )
    return page, fast and quicker and len(ours.seconds) == count
