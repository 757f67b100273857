"""Measure `mlv` beside what else does its work, and write docs/benchmarks.md.

Both commands of a row run in turn on copies of the same files, A B A B, so that whatever else the
machine does falls on both; a row's ratio is the median of the ratios of these pairs of runs.
"""

from __future__ import annotations

import compileall
import os
import platform
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import checks
import stages
import step
from notebooks import COUNT, TOTAL, write_corpus, write_small
from race import BIN, STATUS, SYNC, Row, check, clone, commit, repository, run, settle, timed

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"

TEXT = """\
# Benchmarks

Written by `make bench`: {cores} cores ({machine}), Python {python}, git {git}, jupytext {jupytext},
mlv-hooks {mlv}. Whole commands are measured but where it says else, with the start of Python. What
is compared takes turns; times are medians, and a ratio is the median of the ratios of neighbouring
runs. Times change with the machine and its load; the ratios are what is promised.
"""

PAIRS = """
## Pairs

{table}

- **Nothing changed**, **first pairing**: the same {count} notebooks ({megabytes:.0f} MB with their
  outputs, made by `bench/notebooks.py`, the same on every machine), all given to one
  `jupytext --sync`. Each first pairing starts from a fresh clone. Three of ten notebooks hold
  shell cells, magics, or code blocks in their text.
- **One notebook changed**: {small:,} small notebooks are tracked, each with its script; the title
  of one is edited before each run, and `mlv sync` writes its script.
- Medians of {pairs} runs each. While this was measured, {load:.1f} processes on average wanted a
  core.
"""


def jupytext(top: Path) -> tuple[str, ...]:
    """Return the command that syncs all notebooks of a small repository."""
    paths = sorted(str(path.relative_to(top)) for path in top.glob("notebooks/*.ipynb"))
    return (str(BIN / "jupytext"), "--sync", *paths)


def first_pairing(template: Path, pairs: int) -> Row:
    """Pair all notebooks, each time from a fresh clone."""
    seconds = []
    for _ in range(pairs):
        both = []
        for tool in ("mlv", "jupytext"):
            top = clone(template, template.parent / f"fresh-{tool}")
            both.append(timed(top, SYNC if tool == "mlv" else jupytext(top)))
            made, wanted = (len(list(top.glob(f"notebooks/*.{end}"))) for end in ("py", "ipynb"))
            check(made == wanted, f"{tool} wrote {made} of {wanted} scripts")
        seconds.append((both[0], both[1]))
    return Row("First pairing", "jupytext --sync", seconds, faster=1.5)


def nothing_changed(template: Path, pairs: int) -> Row:
    """Sync notebooks that are all in sync, after a run of each tool that is not measured."""
    paired = clone(template, template.parent / "paired")
    timed(paired, SYNC)
    commit(paired)
    ours, theirs = (clone(paired, template.parent / f"warm-{tool}") for tool in ("mlv", "jupytext"))
    command = jupytext(theirs)
    # Twice: jupytext adds its block to the notebooks in its first run, and is stable then.
    for _ in range(2):
        timed(ours, SYNC)
        timed(theirs, command)
    settle(ours)
    seconds = [(timed(ours, SYNC), timed(theirs, command)) for _ in range(pairs)]
    check(run(ours, STATUS) == "", "`mlv sync` changed a file")
    return Row("Nothing changed", "jupytext --sync", seconds, faster=100)


def one_of_many(top: Path, pairs: int) -> Row:
    """Edit one notebook of thousands, then sync them all."""
    timed(top, SYNC)
    commit(top)
    settle(top)
    for command in (STATUS, SYNC):
        timed(top, command)
    notebook = sorted(top.glob("notebooks/*/*.ipynb"))[-1]
    seconds = []
    for k in range(pairs):
        title = f'"# Version {k}: '
        text = notebook.read_text(encoding="utf-8").replace('"# ', title, 1)
        notebook.write_text(text, encoding="utf-8", newline="\n")
        theirs, ours = timed(top, STATUS), timed(top, SYNC)
        script = notebook.with_suffix(".py").read_text(encoding="utf-8")
        check(title.strip('"') in script, "`mlv sync` did not write the script")
        seconds.append((ours, theirs))
    return Row("One notebook changed of many", "git status", seconds, cost=3)


def pairs_section(folder: Path, corpus: Path, options: Namespace) -> Part:
    """Measure pairing."""
    rows = [nothing_changed(corpus, options.pairs), first_pairing(corpus, options.pairs)]
    size = sum(path.stat().st_size for path in corpus.glob("notebooks/*.ipynb"))
    check(size >= TOTAL, f"the notebooks are {size} bytes, fewer than {TOTAL}")
    many = repository(folder / "many", lambda top: write_small(top, options.small))
    rows.append(one_of_many(many, options.pairs))
    head = "| | `mlv sync` | beside it | measured | wanted | met |\n|---|---|---|---|---|---|"
    text = PAIRS.format(
        table="\n".join([head, *(row.markdown() for row in rows)]),
        count=COUNT,
        megabytes=size / 10**6,
        small=options.small,
        pairs=options.pairs,
        load=os.getloadavg()[1] if hasattr(os, "getloadavg") else 0,
    )
    return text, all(row.met() for row in rows)


Part = tuple[str, bool]
PARTS: dict[str, Callable[[Path, Path, Namespace], Part]] = {
    "pairs": pairs_section,
    "steps": lambda folder, corpus, _: step.section(folder, corpus),
    "stages": lambda folder, _, options: stages.section(folder, options.pairs),
    "checks": lambda folder, corpus, options: checks.section(folder, corpus, options.pairs),
}


def head() -> str:
    """Return the beginning of the page: the machine, and how is measured."""
    return TEXT.format(
        cores=os.cpu_count(),
        machine=f"{platform.system()}, {platform.machine()}",
        python=platform.python_version(),
        git=run(PAGE.parent.parent, ("git", "--version")).split()[2],
        jupytext=version("jupytext"),
        mlv=version("mlv-hooks"),
    )


def read_parts(page: Path) -> dict[str, str]:
    """Return the parts of a page that was written before."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    found = [f"\n## {one}" for one in text.split("\n## ")[1:]]
    return {one.split()[1].lower(): one for one in found}


def main() -> int:
    """Measure, print and write the page; return 1 when something is not what is wanted.

    Each part is written when it is measured: what fails later takes nothing with it.
    """
    parser = ArgumentParser(description="Measure mlv beside what else does its work.")
    parser.add_argument("--only", action="append", choices=PARTS, help="a part to measure")
    parser.add_argument("--pairs", type=int, default=7, help="pairs of runs in each row")
    parser.add_argument("--small", type=int, default=10_000, help="notebooks in the last row")
    parser.add_argument("--output", type=Path, default=PAGE, help="the page to write")
    options = parser.parse_args()
    # As pip does when it installs; a checkout has it not, where Python may write no bytecode.
    compileall.compile_dir(str(PAGE.parent.parent / "mlv_hooks"), quiet=1)
    texts, met = read_parts(options.output), []
    with tempfile.TemporaryDirectory(prefix="mlv-bench-") as name:
        corpus = repository(Path(name) / "corpus", write_corpus)
        for part in options.only or PARTS:
            folder = Path(name) / part
            folder.mkdir()
            texts[part], is_met = PARTS[part](folder, corpus, options)
            met.append(is_met)
            print(texts[part], flush=True)
            options.output.parent.mkdir(exist_ok=True)
            page = head() + "".join(texts[one] for one in PARTS if one in texts)
            options.output.write_text(page, encoding="utf-8", newline="\n")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
