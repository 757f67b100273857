"""A progress bar for people who wait: on a terminal, after a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

PATIENCE = 1.0
"""Seconds."""


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function to call with what is done and the total."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    began = time.monotonic()
    with ExitStack() as shown:
        updates: list[Callable[[int, int], None]] = []

        def update(done: int, total: int) -> None:
            if not updates and time.monotonic() - began > PATIENCE:
                updates.append(_start(shown, label))
            for one in updates:
                one(done, total)

        yield update


def _start(shown: ExitStack, label: str) -> Callable[[int, int], None]:
    from rich.console import Console
    from rich.progress import Progress

    bar = shown.enter_context(Progress(console=Console(stderr=True), transient=True))
    task = bar.add_task(label)
    return lambda done, total: bar.update(task, completed=done, total=total)
