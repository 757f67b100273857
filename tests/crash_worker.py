"""Run the writer in a process of its own, and let it die at a given step.

    crash_worker.py TOP STATE PLAN apply STEP      run `apply`, die after its step number STEP
    crash_worker.py TOP STATE PLAN recover STEP    run `recover`, the same way
    crash_worker.py TOP STATE PLAN recoveries 1    die after step 1 of `recover`, then after
                                                   step 2, and so on, until it comes to its end

PLAN is a JSON list of [path, old, new], contents as latin-1 text. Step 0 never comes. What
the writer backs up lands in STATE.saved, as JSON lines of [path, content].
"""

from __future__ import annotations

import json
import os
import signal
import sys
from itertools import count
from pathlib import Path

from mlv_hooks.plan import Change
from mlv_hooks.repository import writer


class Worker:
    def __init__(self, top: str, state: str, plan: str) -> None:
        self.top, self.state = top, state
        self.changes = [
            Change(path, content(old), content(new), path)
            for path, old, new in json.loads(Path(plan).read_text())
        ]

    def backup(self, files):
        with open(self.state + ".saved", "a") as saved:
            for path, content in files:
                saved.write(json.dumps([path, content.decode("latin-1")]) + "\n")

    def apply(self, step: int) -> None:
        writer.apply(
            self.top,
            self.state,
            self.changes,
            held=lambda path, content: False,
            backup=self.backup,
            stage=lambda paths: None,
            on_step=dying_at(step),
        )

    def recover(self, step: int) -> None:
        writer.recover(self.top, self.state, backup=self.backup, on_step=dying_at(step))

    def recoveries(self, first: int) -> None:
        for step in count(first):
            child = os.fork()
            if not child:
                self.recover(step)
                os._exit(0)
            if os.waitpid(child, 0)[1] == 0:
                return
            self.assert_whole()

    def assert_whole(self) -> None:
        for change in self.changes:
            try:
                found = Path(self.top, change.path).read_bytes()
            except FileNotFoundError:
                found = None
            assert found in (change.old, change.new), change.path


def content(text: str | None) -> bytes | None:
    return None if text is None else text.encode("latin-1")


def dying_at(step: int):
    steps = count(1)

    def on_step(name: str) -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return on_step


if __name__ == "__main__":
    action, at = sys.argv[4:6]
    getattr(Worker(*sys.argv[1:4]), action)(int(at))
