"""Run a notebook and its step, each in a copy of the worktree, and compare what they wrote."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial

from mlv_hooks.repository.files import content_of
from mlv_hooks.verify.compare import Difference, compare
from mlv_hooks.verify.runs import KernelError, StepRun, kernel_python, run_notebook, run_step
from mlv_hooks.verify.scratch import Stamp, changed, copy_worktree, files_below, snapshot

Progress = Callable[[int, int], None]
MakeStep = Callable[[frozenset[int]], str]
"""Gives the step's text with these dropped cells put back; raises StepRefused."""

PARTS = 100
"""Into how many parts of progress the work on a notebook falls."""


class StepRefused(Exception):
    """There is no step: ``problems`` are (code, message, cell, line)."""

    def __init__(self, problems: Sequence[tuple[str, str, int, int]]) -> None:
        super().__init__(tuple(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Request:
    """What to verify: the notebook at ``path`` in the repository ``top``.

    ``root`` is the project's folder, from which ``step_path`` counts. ``outputs`` are the declared
    ones, from ``top``; None takes all files that either side writes.
    ``dropped`` are the cells that the step leaves out. ``timeout`` is for each run, in seconds.
    """

    top: str
    path: str
    text: str
    dropped: frozenset[int]
    step_path: str
    make: MakeStep
    root: str = ""
    outputs: tuple[str, ...] | None = None
    timeout: float | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it went: ``problems`` is empty when notebook and step did the same."""

    path: str
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    compared: int = 0

    def lines(self) -> list[str]:
        """Return what to say of it, a line for each thing."""
        if self.problems:
            return [*self.problems, *self.notes]
        wrote = f"{self.compared} file{'s' * (self.compared != 1)}"
        return [
            f"equal ({wrote})" if self.compared else "equal (neither wrote a file)",
            *self.notes,
        ]


def verify_all(
    requests: Sequence[Request], jobs: int, progress: Progress = lambda done, total: None
) -> list[Verdict]:
    """Verify each; ``jobs`` notebooks at a time, each in a process of its own when more than 1."""
    total = PARTS * len(requests)
    if jobs == 1 or len(requests) == 1:
        return [
            verify(one, partial(_forward, progress, PARTS * number, total))
            for number, one in enumerate(requests)
        ]
    with ProcessPoolExecutor(min(jobs, len(requests))) as pool:
        running = [pool.submit(verify, one) for one in requests]
        for count, _ in enumerate(as_completed(running), 1):
            progress(PARTS * count, total)
        return [one.result() for one in running]


def _forward(progress: Progress, start: int, total: int, done: int) -> None:
    progress(start + done, total)


def verify(request: Request, progress: Callable[[int], None] = lambda done: None) -> Verdict:
    """Run both sides and compare. ``progress`` gets the parts done, of PARTS."""
    scratch = tempfile.mkdtemp(prefix="mlv-verify-")
    try:
        verdict = _Verification(request, scratch, progress).verdict()
    except KernelError as error:
        verdict = Verdict(request.path, (str(error),))
    finally:
        if not request.keep:
            shutil.rmtree(scratch, ignore_errors=True)
    if request.keep:
        notes = (*verdict.notes, f"kept {scratch}")
        return Verdict(verdict.path, verdict.problems, notes, verdict.compared)
    return verdict


@dataclass(frozen=True, slots=True)
class _Ran:
    """One side after its run: its copy of the project, and the files that it wrote there."""

    top: str
    written: frozenset[str]
    failure: str | None


class _Verification:
    def __init__(self, request: Request, scratch: str, progress: Callable[[int], None]) -> None:
        self.request = request
        self.scratch = scratch
        self.progress = progress
        self.tried: dict[frozenset[int], bool] = {frozenset(): False}

    def verdict(self) -> Verdict:
        path = self.request.path
        original = snapshot(self.request.top)
        try:
            text = self.request.make(frozenset())
        except StepRefused as error:
            return Verdict(path, tuple(_refusals(error)))
        notebook = self._run_notebook("notebook")
        if notebook.failure:
            return Verdict(path, (notebook.failure, *self._strays(original)))
        step = self._run_step("step", text)
        self.progress(PARTS - 5)
        found, notes = self._differences(notebook, step)
        if found:
            found += self._blame(notebook)
        found += self._strays(original)
        self.progress(PARTS)
        return Verdict(path, tuple(found), tuple(notes), len(self._compared(notebook, step)))

    # --- the runs

    def _run_notebook(self, name: str) -> _Ran:
        request = self.request
        top, before = self._copy(name)
        folder = os.path.join(top, os.path.dirname(request.path))
        run = run_notebook(
            request.text,
            folder,
            _environ(),
            request.timeout,
            lambda done, total: self.progress(60 * done // total),
        )
        failure = f"cell {run.failure.cell}: {run.failure.last}" if run.failure else None
        return _Ran(top, frozenset(changed(before, snapshot(top))), failure)

    def _run_step(self, name: str, text: str) -> _Ran:
        request = self.request
        top, _ = self._copy(name)
        root = os.path.join(top, request.root)
        path = os.path.join(root, request.step_path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        before = snapshot(top)
        module = os.path.splitext(request.step_path)[0].replace("/", ".")
        run: StepRun = run_step(
            kernel_python(request.text), module, root, _environ(), request.timeout
        )
        failure = f"the step: {run.failure}" if run.failure else None
        return _Ran(top, frozenset(changed(before, snapshot(top))), failure)

    def _copy(self, name: str) -> tuple[str, dict[str, Stamp]]:
        top = os.path.join(self.scratch, name, os.path.basename(self.request.top))
        copy_worktree(self.request.top, top)
        return top, snapshot(top)

    # --- comparing

    def _differences(self, notebook: _Ran, step: _Ran) -> tuple[list[str], list[str]]:
        """Return what is wrong, and what is not but may be good to know."""
        if step.failure:
            return [step.failure], []
        found, notes = [], []
        for path in self._compared(notebook, step):
            one, other = (content_of(side.top, path) for side in (notebook, step))
            difference = compare(path, one, other)
            if difference and difference.same_content:
                notes.append(f"{path}: {difference.lines[0]}")
            elif difference:
                found += _told(difference)
        for path in self.request.outputs or ():
            if not any(list(files_below(side.top, path)) for side in (notebook, step)):
                found.append(f"{path}: declared, but the notebook does not write it")
        return found, notes

    def _compared(self, notebook: _Ran, step: _Ran) -> list[str]:
        if self.request.outputs is None:
            return sorted(notebook.written | step.written)
        declared = self.request.outputs
        return sorted(
            {inner for path in declared for side in (notebook, step)
             for inner in files_below(side.top, path)}
        )  # fmt: skip

    def _strays(self, original: dict[str, Stamp]) -> list[str]:
        return [
            f"{path}: changed in your worktree meanwhile; "
            "if not by you, the notebook uses an absolute path"
            for path in sorted(changed(original, snapshot(self.request.top)))
        ]

    # --- the cause

    def _blame(self, notebook: _Ran) -> list[str]:
        """Say which dropped cells make the difference, or why none can be named."""
        again = self._run_notebook("again")
        unsteady = [] if again.failure else self._differences(notebook, again)[0]
        if unsteady:
            return ["two runs of the notebook itself differ: seed what is random, write no times"]
        causes = self._causes(notebook) if self.request.dropped else []
        return [
            f"cell {cell} is the cause: it is tagged no-effect, but the outputs need it; "
            "remove the tag"
            for cell in causes
        ]

    def _causes(self, notebook: _Ran) -> list[int]:
        """Return the fewest dropped cells found that, put back, make the step do the same.

        With all put back it must do the same, else they are not the cause. Then bisection: the
        shortest start of the list that is enough ends in a cell that is needed; again with that
        one always put back, until the needed ones are enough by themselves.
        """
        rest = sorted(self.request.dropped)
        needed: list[int] = []
        if not self._is_equal_with(notebook, rest):
            return []
        while rest and not self._is_equal_with(notebook, needed):
            low, high = 1, len(rest)
            while low < high:
                middle = (low + high) // 2
                if self._is_equal_with(notebook, [*needed, *rest[:middle]]):
                    high = middle
                else:
                    low = middle + 1
            needed.append(rest[high - 1])
            rest = rest[: high - 1]
        return sorted(needed)

    def _is_equal_with(self, notebook: _Ran, cells: Sequence[int]) -> bool:
        back = frozenset(cells)
        if back not in self.tried:
            name = f"try-{len(self.tried) + 1}"
            self.tried[back] = self._try(notebook, back, name)
            if not self.request.keep:
                shutil.rmtree(os.path.join(self.scratch, name), ignore_errors=True)
        return self.tried[back]

    def _try(self, notebook: _Ran, back: frozenset[int], name: str) -> bool:
        try:
            text = self.request.make(back)
        except StepRefused:
            return False
        return not self._differences(notebook, self._run_step(name, text))[0]


def _environ() -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def _told(difference: Difference) -> list[str]:
    return [f"{difference.path}: {line}" for line in difference.lines]


def _refusals(error: StepRefused) -> list[str]:
    return [f"cell {cell}:{line}: {code} {message}" for code, message, cell, line in error.problems]
