"""Measure what stages cost: beside DVC, and in repositories of growing size."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from race import BIN, STATUS, SYNC, Row, check, commit, repository, run, settle, timed

DVC = str(BIN / "dvc")
COUNT = 200
SIZES = ((100, 20), (1_000, 200), (10_000, 2_000))
"""Notebooks of a repository, and how many of them declare a stage."""
WRITE_FASTER, READ_FASTER, MOST_GROWTH = 50, 20, 3.0

TEXT = """
## Stages

| | mlv | beside it | measured | wanted | met |
|---|---|---|---|---|---|
{rows}

| notebooks | stages | nothing changed | one comment changed | one input added | `git status` |
|---|---|---|---|---|---|
{curve}

- **Stages written**: `mlv sync` of {count} new notebooks writes their scripts, steps, stages and
  parameters; `dvc stage add` adds one such stage to the first {half}. Times are those of one stage.
- **Stages unchanged**: {count} stages whose outputs `dvc commit` has noted as those of their run.
- The second table: of so many notebooks, all in line, a comment or an input of one with a stage is
  edited, and `mlv sync` brings its script, step and stage in line. From the first row to the last
  the cost of an edit above that of nothing grows {comment:.1f} and {added:.1f} times, and that of
  `git status` {git:.1f} times, while the repository grows 100 times.
"""


PARAMETERS = '''"""Work {k}.

:param float rate: step size
:dvc-in raw: data/raw.csv
:dvc-out made: out/{k}.txt
"""
raw = "../data/raw.csv"
made = "../out/{k}.txt"
rate = 0.5'''
WORK = "with open(made, 'w') as file:\n    file.write(f'{open(raw).read()} {rate}')"


@dataclass(frozen=True, slots=True)
class Point:
    """A repository of the curve, and the seconds of each run in it."""

    notebooks: int
    stages: int
    nothing: Sequence[float]
    comment: Sequence[float]
    added: Sequence[float]
    git: Sequence[float]

    def median(self, name: str) -> float:
        """The median of one column."""
        return statistics.median(getattr(self, name))

    def above(self, name: str) -> float:
        """What an edit costs above a run with nothing to do."""
        return self.median(name) - self.median("nothing")

    def markdown(self) -> str:
        """Return the row of the table."""
        names = ("nothing", "comment", "added", "git")
        times = " | ".join(f"{self.median(name):.3f} s" for name in names)
        return f"| {self.notebooks:,} | {self.stages:,} | {times} |"


def notebook(k: int, *, stage: bool) -> str:
    """Return a small notebook, with a stage or without."""
    sources = [PARAMETERS.format(k=k), WORK] if stage else [f"x = {k}", "y = x + 1"]
    tags = [["parameters"] if stage else [], []]
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"{k}-{number}",
            "metadata": {"tags": tags[number]} if tags[number] else {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        for number, source in enumerate(sources)
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    whole = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1) + "\n"


def write_notebooks(folder: Path, count: int, stages: int) -> None:
    """Write so many notebooks, of which so many declare a stage, and the data of these."""
    folder.mkdir()
    for k in range(count):
        text = notebook(k, stage=k % (count // stages) == 0)
        (folder / f"n{k:05}.ipynb").write_text(text, encoding="utf-8", newline="\n")
    data = folder.parent / "data"
    data.mkdir()
    (data / "raw.csv").write_text("1\n", encoding="utf-8")


def fill(count: int, stages: int) -> Callable[[Path], None]:
    """Return what fills a new repository."""
    return lambda folder: write_notebooks(folder, count, stages)


def written(template: Path, pairs: int) -> Row:
    """Write all stages at once, beside one more by DVC; the time of one stage."""
    seconds = []
    for pair in range(pairs):
        top = _copy(template, "write")
        ours = timed(top, SYNC) / COUNT
        text = (top / "dvc.yaml").read_text(encoding="utf-8")
        check(text.count("    meta:\n") == COUNT, "`mlv sync` did not write all stages")
        (top / "dvc.yaml").write_text(text[: text.index(f"  n{COUNT // 2:05}:")], encoding="utf-8")
        add = ("stage", "add", "--quiet", "-n", f"new{pair}", "-d", "data/raw.csv")
        more = ("-d", "steps/n00000.py", "-p", "n00000", "-o", f"out/new{pair}.txt")
        seconds.append((ours, timed(top, (DVC, *add, *more, "python -m steps.n00000"))))
    title = f"{COUNT} stages written, each"
    return Row(title, "dvc stage add", seconds, faster=WRITE_FASTER)


def unchanged(template: Path, pairs: int) -> Row:
    """Look at stages that have all run."""
    top = _copy(template, "unchanged")
    timed(top, SYNC)
    (top / "out").mkdir(exist_ok=True)
    for k in range(COUNT):
        (top / "out" / f"{k}.txt").write_text(f"{k}\n", encoding="utf-8")
    run(top, (DVC, "commit", "--quiet", "--force"))
    commit(top)
    settle(top)
    status = (DVC, "status", "--quiet")
    timed(top, SYNC)
    seconds = [(timed(top, SYNC), timed(top, status)) for _ in range(pairs)]
    check(run(top, STATUS) == "", "something was left to do")
    return Row(f"{COUNT} stages unchanged", "dvc status", seconds, faster=READ_FASTER)


def point(folder: Path, size: tuple[int, int], pairs: int) -> Point:
    """Edit one notebook with a stage in a repository of a size, and take it back."""
    top = repository(folder / f"curve-{size[0]}", fill(*size))
    run(top, SYNC)
    commit(top)
    settle(top)
    path = max(top.glob("notebooks/*.ipynb"), key=lambda one: b":dvc-in" in one.read_bytes())
    old = path.read_text(encoding="utf-8")
    edits = {
        "comment": lambda k: old.replace("rate = 0.5", f"rate = 0.5  # {k}"),
        "added": lambda k: old.replace(":dvc-out", f":dvc-in: data/{k}.csv\\n:dvc-out"),
    }
    for command in (SYNC, STATUS):
        timed(top, command)
    columns: dict[str, list[float]] = {name: [] for name in ("nothing", "git", *edits)}
    for k in range(pairs):
        columns["nothing"].append(timed(top, SYNC))
        columns["git"].append(timed(top, STATUS))
        for name, edit in edits.items():
            path.write_text(edit(k), encoding="utf-8", newline="\n")
            columns[name].append(timed(top, SYNC))
            said = run(top, STATUS)
            check(path.with_suffix(".py").name in said, f"no script after {name}")
            check((" dvc.yaml" in said) == (name == "added"), f"dvc.yaml after {name}: {said}")
            run(top, ("git", "checkout", "--quiet", "."))
            timed(top, SYNC)
    shutil.rmtree(top)
    return Point(*size, **columns)


def section(folder: Path, pairs: int) -> tuple[str, bool]:
    """Measure; return the part of the page about stages, and whether what is wanted is met."""
    template = repository(folder / "stages", fill(COUNT, COUNT))
    run(template, (DVC, "init", "--quiet"))
    commit(template)
    rows = [written(template, pairs), unchanged(template, pairs)]
    curve = [point(folder, size, pairs) for size in SIZES]
    growth = {name: curve[-1].above(name) / curve[0].above(name) for name in ("comment", "added")}
    text = TEXT.format(
        rows="\n".join(row.markdown() for row in rows),
        curve="\n".join(one.markdown() for one in curve),
        count=COUNT,
        half=COUNT // 2,
        git=curve[-1].median("git") / curve[0].median("git"),
        **growth,
    )
    return text, all(row.met() for row in rows) and max(growth.values()) < MOST_GROWTH


def _copy(template: Path, name: str) -> Path:
    top = template.parent / name
    shutil.rmtree(top, ignore_errors=True)
    shutil.copytree(template, top, symlinks=True)
    run(top, STATUS)
    return top
