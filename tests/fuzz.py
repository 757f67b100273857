"""Notebooks that are broken in many ways, each of which must be checked without an exception.

``python tests/fuzz.py [COUNT] [--seed N]`` tries COUNT mutated notebooks (``make fuzz``: 100,000)
and then prints how the time of a check grows with the size of a notebook. The notebook of a number
is the same on each machine, so that what fails can be tried again: ``--only NUMBER``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import jupytext
from packages_support import projects
from support import ROOT

from mlv_hooks.checks.linter import Subject, lint
from mlv_hooks.checks.selection import Choice
from mlv_hooks.config import Settings
from mlv_hooks.content import Content
from mlv_hooks.packages.project_packages import Packages
from mlv_hooks.pair.pairing import Outcome, Status
from mlv_hooks.reporters import render
from mlv_hooks.rules import all_rules
from mlv_hooks.step.step_of import translate

SETTINGS = Settings(require_parameters="all", require_no_effect="all")
EVERYTHING = Choice(select=tuple(one.code for one in all_rules()))
LIMIT = 20.0
"""Seconds of this process that a check of one notebook may take."""

ODD: list[str] = json.loads((ROOT / "fixtures" / "fuzz" / "odd.json").read_text())
TAGS = [
    "parameters",
    "no-effect",
    "raises-exception",
    "mlv:ignore=MLV205",
    "",
    " ",
    "é",
    "\x1b",
    "a,b",
]
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1e308,
        10**400,
        "",
        "x",
        [],
        {},
        [None],
        {"a": None},
        [[[[]]]],
        "\x00",
    ),
    *({"tags": "no-effect"}, {"tags": [1]}, {"step": True}, {"stages": {"x": {}}}, {"stages": []}),
    *({"ignore": ["MLV205"]}, {"language": "R"}, {"name": 3}, "\ud800", "🐍" * 50),
]


@cache
def originals() -> tuple[dict[str, Any], ...]:
    """Return the notebooks that are mutated: those of the corpus, the demo and of looking cells."""
    found = [
        json.loads(path.read_text()) for path in sorted((ROOT / "fixtures/demo").rglob("*.ipynb"))
    ]
    scripts = [ROOT / "fixtures" / name for name in ("equivalence", "looking")]
    for path in sorted(path for folder in scripts for path in folder.glob("*.py")):
        found.append(
            json.loads(jupytext.writes(jupytext.read(path, fmt="py:percent"), fmt="ipynb"))
        )
    return tuple(one for one in found if len(one["cells"]) < 100)


def mutated(number: int, seed: int = 0) -> bytes:
    """Return the notebook of a number."""
    chance = random.Random(f"{seed} {number}")
    document = json.loads(json.dumps(chance.choice(originals())))
    for _ in range(chance.randint(1, 4)):
        chance.choice(MUTATIONS)(document, chance)
    data = json.dumps(document, indent=1, ensure_ascii=chance.random() < 0.5)
    raw = data.encode("utf-8", "surrogatepass")
    return chance.choice(BYTES)(raw, chance) if chance.random() < 0.15 else raw


def _source(document: dict[str, Any], chance: random.Random) -> None:
    """Change the text of a cell: lines of others, odd ones, or characters that go."""
    cell = _some_cell(document, chance)
    text = (
        cell["source"] if isinstance(cell.get("source"), str) else "".join(cell.get("source", []))
    )
    other = "".join(_some_cell(document, chance).get("source", []))
    lines = text.split("\n")
    place = chance.randint(0, len(lines))
    what = chance.randint(0, 5)
    if what == 0:
        lines[place:place] = [chance.choice(ODD)]
    elif what == 1:
        lines[place:place] = chance.sample(other.split("\n"), k=1)
    elif what == 2:
        del lines[place : place + chance.randint(1, 3)]
    elif what == 3:
        lines = ["    " * chance.randint(0, 3) + line for line in lines]
    elif what == 4 and text:
        start = chance.randrange(len(text))
        lines = (text[:start] + text[start + chance.randint(1, 5) :]).split("\n")
    else:
        lines[place:place] = [
            chance.choice(ODD) + chance.choice([" ", "\n", ";", ""]) + chance.choice(ODD)
        ]
    cell["source"] = "\n".join(lines) if chance.random() < 0.5 else [f"{line}\n" for line in lines]


def _tags(document: dict[str, Any], chance: random.Random) -> None:
    cell = _some_cell(document, chance)
    if isinstance(cell.get("metadata"), dict):
        cell["metadata"]["tags"] = chance.sample(TAGS, chance.randint(0, 3))


def _cells(document: dict[str, Any], chance: random.Random) -> None:
    """Move, double or take out cells."""
    cells = document.get("cells")
    if isinstance(cells, list) and cells:
        place = chance.randrange(len(cells))
        cell = cells.pop(place) if chance.random() < 0.7 else cells[place]
        if chance.random() < 0.7:
            cells.insert(chance.randint(0, len(cells)), cell)


def _value(document: dict[str, Any], chance: random.Random) -> None:
    """Put another value in the place of some value, or take a key out."""
    holders = list(_holders(document))
    holder = chance.choice(holders) if holders else document
    keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    if not keys:
        return
    key = chance.choice(keys)
    if chance.random() < 0.2:
        del holder[key]
    else:
        holder[key] = json.loads(json.dumps(chance.choice(VALUES)))


def _metadata(document: dict[str, Any], chance: random.Random) -> None:
    metadata = document.get("metadata")
    if isinstance(metadata, dict):
        metadata[chance.choice(["mlv", "kernelspec", "language_info", "jupytext"])] = chance.choice(
            VALUES
        )


def _some_cell(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    cells = document.get("cells")
    sound = [one for one in cells if isinstance(one, dict)] if isinstance(cells, list) else []
    sound = [one for one in sound if _is_text(one.get("source"))]
    return chance.choice(sound) if sound else {"source": []}


def _is_text(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(one, str) for one in value)
    )


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _holders(inner)


MUTATIONS = [_source, _source, _source, _source, _tags, _cells, _value, _metadata]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randint(0, len(data))]


def _hole(data: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    return data[:start] + data[start + chance.randint(1, 50) :]


def _noise(data: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    noise = chance.choice([b"<<<<<<< HEAD\n", b"\xff", b"\x00", b"]", b"}", b'"', b"\r\n", b"NaN"])
    return data[:start] + noise + data[start:]


BYTES: list[Callable[[bytes, random.Random], bytes]] = [
    _cut,
    _hole,
    _noise,
    lambda data, chance: b"\xef\xbb\xbf" + data,
    lambda data, chance: data.replace(b"\n", b"\r\n"),
]


PROJECT = '[project]\nname = "n"\nversion = "1"\ndependencies = ["numpy", "ray[tune]"]\n'
LISTED = "numpy>=1  # why\n-r requirements/more.in\npandas @ https://example.org/p.zip\n"
DECLARING = {
    "pyproject.toml": PROJECT,
    "requirements.txt": LISTED,
    "requirements/more.in": "-r ../requirements.txt\n-e .\nscikit-learn[x] ; os_name == 'nt'\n",
    "work/environment.yml": "dependencies:\n  - python=3.11\n  - pytorch\n  - pip: [numpy]\n",
    "setup.cfg": "[options]\ninstall_requires =\n  numpy\n",
    "setup.py": "from setuptools import setup\nsetup(install_requires=['numpy'])\n",
    "Pipfile": "[packages]\nnumpy = '*'\n",
    "uv.lock": "[[package]]\nname = 'numpy'\n",
}


def surroundings(number: int, seed: int = 0) -> Packages:
    """Return what the project of a number's notebook declares, in files that may be broken."""
    chance = random.Random(f"packages {seed} {number}")
    files: dict[str, str | bytes] = {}
    for path in chance.sample(sorted(DECLARING), chance.randint(0, 3)):
        data = DECLARING[path].encode()
        for _ in range(chance.randint(0, 2)):
            data = chance.choice(BYTES)(data, chance)
        files[path] = data
    return projects(files, "work").of("work/n.ipynb")


def check(data: bytes, packages: Packages | None = None) -> int:
    """Check a notebook as `mlv check` does, make its step, and return the number of findings.

    Raises whatever the product raises, which must be nothing, and AssertionError for a report that
    is not JSON or a check that takes too long.
    """
    start = time.process_time()
    content = Content(lambda: data)
    outcome = Outcome("work/n.ipynb", None, Status.IN_SYNC)
    subject = Subject("work/n.ipynb", outcome, content, packages)
    found = lint([subject], lambda path: SETTINGS, EVERYTHING)
    assert len(json.loads(render(found, "json"))) == len(found)
    render(found, "text").encode()
    if content.notebook and content.is_python:
        translate(content, "work/n.ipynb", SETTINGS)
    taken = time.process_time() - start
    assert taken < LIMIT, f"took {taken:.1f} s"
    return len(found)


def try_all(numbers: range, seed: int = 0) -> tuple[int, int]:
    """Check the notebooks of these numbers: how many had findings, and how many in all."""
    counts = []
    for number in numbers:
        try:
            counts.append(check(mutated(number, seed), surroundings(number, seed)))
        except BaseException:
            print(f"try it again: python tests/fuzz.py --only {number} --seed {seed}")
            raise
    return sum(map(bool, counts)), sum(counts)


# --- size


def notebook(*sources: str) -> bytes:
    cells = [
        {"cell_type": "code", "execution_count": None, "id": f"c{k}", "metadata": {}, "outputs": [],
         "source": source}
        for k, source in enumerate(sources)
    ]  # fmt: skip
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def seconds(data: bytes) -> float:
    start = time.process_time()
    check_only(data)
    return time.process_time() - start


def check_only(data: bytes) -> None:
    content = Content(lambda: data)
    packages = projects({"requirements.txt": "numpy"}).of("n.ipynb")
    subject = Subject("n.ipynb", Outcome("n.ipynb", None, Status.IN_SYNC), content, packages)
    lint([subject], lambda path: SETTINGS, EVERYTHING)


def curve() -> Iterator[str]:
    """Give a line for each size: the seconds of a check."""
    line = "total = total + value if value > 3 else len(str(total))\nprint(total)"
    for cells in (100, 1_000, 10_000, 100_000):
        yield f"{cells:>7} cells: {seconds(notebook('total = value = 1', *[line] * cells)):8.2f} s"
    for size in (10_000, 100_000, 1_000_000, 10_000_000):
        text = "x = 1\n" * (size // 6)
        yield f"{size:>8} characters in a cell: {seconds(notebook(text)):8.2f} s"
    for depth in (10, 100, 1_000, 10_000):
        text = "x = " + "[" * depth + "]" * depth
        yield f"{depth:>6} brackets deep: {seconds(notebook(text)):8.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    args = parser.parse_args()
    if args.only is not None:
        packages = surroundings(args.only, args.seed)
        print(check(mutated(args.only, args.seed), packages), "findings")
        sys.exit()
    start = time.monotonic()
    step = max(1, args.count // 20)
    bad = total = 0
    for first in range(0, args.count, step):
        numbers = range(first, min(first + step, args.count))
        some, all_ = try_all(numbers, args.seed)
        bad, total = bad + some, total + all_
        print(f"{numbers.stop:>7} notebooks, {bad} with findings, {total} findings", flush=True)
    print(f"no exception; {time.monotonic() - start:.0f} s")
    for one in curve():
        print(one, flush=True)


if __name__ == "__main__":
    main()
