"""Measure the commands by which people make modules of notebooks, the start of Python included.

`mlv sync` takes all notebooks in one command, and writes a script beside each step.
`ipynb_to_python` takes one notebook a command, so some of the notebooks tell for all.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from race import SYNC, check, clone, repository, timed

EACH = 8
"""Of so many notebooks, `ipynb_to_python` converts one."""

TEXT = """
### Whole commands

| | each notebook | beside `mlv sync` |
|---|---|---|
| `mlv sync`, one command for all {count} | {ours:.1f} ms | |
| mlvtools 2.1.1, `ipynb_to_python`, one each | {theirs:.1f} ms | {times:.0f} times as long |

- What people wait for: the start of Python is counted, for `mlv` once for all notebooks, for
  mlvtools with each. `mlv sync` makes the pairs' scripts too, in a fresh clone in which every
  notebook asks for a step. Medians of {rounds} runs in turn; mlvtools converts {some} of the
  notebooks, since it takes so long.
"""


@dataclass(frozen=True, slots=True)
class Commands:
    """Seconds for each notebook: of each run of ours, and of each command of mlvtools."""

    ours: list[float]
    theirs: list[float]

    def text(self, count: int, rounds: int) -> str:
        """Return the part of the page."""
        ours, theirs = statistics.median(self.ours), statistics.median(self.theirs)
        return TEXT.format(
            count=count,
            ours=ours * 1000,
            theirs=theirs * 1000,
            times=theirs / ours,
            rounds=rounds,
            some=len(self.theirs) // rounds,
        )


def asking(notebooks: Sequence[Path], folder: Path) -> None:
    """Write the notebooks to a folder so that each asks for a step."""
    folder.mkdir()
    for path in notebooks:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["metadata"]["mlv"] = {"step": True}
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        (folder / path.name).write_text(text, encoding="utf-8", newline="\n")


def measure(folder: Path, program: Path, notebooks: Sequence[Path], rounds: int) -> Commands:
    """Let both take turns; ``program`` is `ipynb_to_python`."""
    template = repository(folder / "asking", lambda top: asking(notebooks, top))
    ours, theirs = [], []
    for _ in range(rounds):
        top = clone(template, folder / "asking-fresh")
        ours.append(timed(top, SYNC) / len(notebooks))
        made = len(list(top.glob("steps/*.py")))
        check(made == len(notebooks), f"`mlv sync` made {made} of {len(notebooks)} steps")
        theirs += converted(folder / "converted", program, notebooks[::EACH])
    return Commands(ours, theirs)


def converted(folder: Path, program: Path, notebooks: Sequence[Path]) -> list[float]:
    """Convert each notebook by a command of its own; one that can't be converted is left out."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    seconds = []
    for path in notebooks:
        script = folder / f"{path.stem}.py"
        command = [str(program), "-w", str(folder), "-n", str(path), "-o", str(script)]
        start = time.perf_counter()
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
        if script.exists():
            seconds.append(time.perf_counter() - start)
    check(2 * len(seconds) > len(notebooks), f"mlvtools converted {len(seconds)} notebooks")
    return seconds
