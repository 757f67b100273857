"""Run mlv in a process of its own that dies between two of its writes.

    killed_runs.py at STEP ARGS...        run `mlv ARGS`, die at its step number STEP
    killed_runs.py from STEP TEMPLATE SCRATCH ARGS...
        run `mlv ARGS` in copies of a repository below SCRATCH, one dying at STEP, the next one
        step later, and so on up to one that comes to its end; then take a file `refuse` away and
        run `mlv sync` in each. Print a JSON line for each: at which step it died, and the copy's
        files after each of the two runs.

Steps are what changes a file that people have, and what comes before and after all these.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

from click.testing import CliRunner

from mlv_hooks.commands.cli import main
from mlv_hooks.repository import writer

BETWEEN = (
    *("prepare", "backed up", "check", "move ", "asked", "commit", "staged"),
    *("undo", "put back params.yaml", "put back dvc.", "done"),
)


def dying_at(step: int, tell: Callable[[str], object]) -> Callable[[str], None]:
    steps = count(1)

    def on_step(name: str) -> None:
        if name.startswith(BETWEEN) and next(steps) == step:
            tell(name)
            os.kill(os.getpid(), signal.SIGKILL)

    return on_step


def run(top: Path, args: Sequence[str], step: int = 0) -> str:
    """Run mlv in a child; return at which step it died, "" for none."""
    told = top.parent / "step"
    told.write_text("")
    child = os.fork()
    if not child:
        os.chdir(top)
        os.dup2(os.open(top.parent / "said", os.O_CREAT | os.O_WRONLY | os.O_TRUNC), 1)
        os.dup2(1, 2)
        writer._nothing = dying_at(step, told.write_text)
        main(args)
    os.waitpid(child, 0)
    return told.read_text()


def files(top: Path) -> dict[str, str]:
    """Return the digest of each file that people have, and of each temporary one of a run."""
    found = {}
    for folder, inner, names in os.walk(top):
        inner[:] = [one for one in inner if one not in (".git", "cache", "tmp", "__pycache__")]
        for path in (Path(folder, name) for name in names if name != "refuse"):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[path.relative_to(top).as_posix()] = digest
    return found


def each_step(first: int, template: Path, scratch: Path, args: Sequence[str]) -> Iterator[object]:
    warm(template, scratch / "0", args)
    for step in count(first):
        top = scratch / str(step) / "repo"
        shutil.copytree(template, top, symlinks=True)
        died = run(top, args, step)
        left, locked = files(top), (top / ".git/index.lock").exists()
        (top / "refuse").unlink(missing_ok=True)
        run(top, ["sync"])
        said = (top.parent / "said").read_text()
        yield {"died": died, "left": left, "locked": locked, "said": said, "healed": files(top)}
        shutil.rmtree(top.parent)
        if not died:
            return


def warm(template: Path, top: Path, args: Sequence[str]) -> None:
    """Run all once in this process, so that its children have loaded what they need."""
    shutil.copytree(template, top, symlinks=True)
    os.chdir(top)
    CliRunner().invoke(main, args)
    gc.freeze()


if __name__ == "__main__":
    if sys.argv[1] == "at":
        writer._nothing = dying_at(int(sys.argv[2]), lambda name: None)
        main(sys.argv[3:])
    for one in each_step(int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5:]):
        print(json.dumps(one))
