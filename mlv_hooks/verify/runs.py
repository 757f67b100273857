"""Run a notebook in a fresh kernel, or a step by its module's name."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

Progress = Callable[[int, int], None]

_NULL = subprocess.DEVNULL
INSTALL = "pip install 'mlv-hooks[verify]'"


# Two kernels that start at a time may be given the same port; then one of them dies at once, before
# it has run anything (https://github.com/jupyter/jupyter_client/issues/487).
_STARTS = 3


class _NotStarted(Exception):
    """A kernel ended before it was ready."""


class KernelError(Exception):
    """No kernel could be started; the text says what to type."""


@dataclass(frozen=True, slots=True)
class CellFailure:
    """Where a notebook stopped: the cell counts from 1 over all cells, ``last`` is one line."""

    cell: int
    last: str


@dataclass(frozen=True, slots=True)
class NotebookRun:
    """What a notebook did: what each code cell printed (by number), and where it failed."""

    printed: Mapping[int, str]
    failure: CellFailure | None


@dataclass(frozen=True, slots=True)
class StepRun:
    """What a step printed, and the last line of its error when it failed."""

    printed: str
    failure: str | None


def check_installed() -> None:
    """Raise KernelError when what runs notebooks is not installed."""
    try:
        import ipykernel
        import nbclient
    except ImportError as error:
        raise KernelError(f"running a notebook needs {error.name}: `{INSTALL}`") from None
    del ipykernel, nbclient


def run_step(
    python: str, module: str, top: str, env: Mapping[str, str], timeout: float | None = None
) -> StepRun:
    """Run ``python -m module`` in the folder ``top``; it and what it started end with this call."""
    with subprocess.Popen(
        [python, "-m", module],
        cwd=top,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            printed, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _end_group(process)
            return StepRun("", f"not done after {timeout:g} s")
        except BaseException:
            _end_group(process)
            raise
    text = printed.decode(errors="replace")
    if not process.returncode:
        return StepRun(text, None)
    lines = errors.decode(errors="replace").strip().splitlines()
    return StepRun(text, lines[-1] if lines else f"exit code {process.returncode}")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def kernel_python(text: str) -> str:
    """Return the interpreter behind the kernel of the notebook with JSON ``text``."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    name = _kernel_name(json.loads(text).get("metadata", {}))
    try:
        first = KernelSpecManager().get_kernel_spec(name).argv[0]
    except NoSuchKernel:
        raise KernelError(_no_kernel(name)) from None
    # As jupyter_client does it: a bare name is the interpreter that starts the kernel.
    return first if os.path.isabs(first) else sys.executable


def _kernel_name(metadata: Mapping[str, Any]) -> str:
    return str(metadata.get("kernelspec", {}).get("name", "python3"))


def _no_kernel(name: str) -> str:
    return f"there is no kernel {name!r} here: `jupyter kernelspec list` names those that are"


def run_notebook(
    text: str,
    folder: str,
    env: Mapping[str, str],
    timeout: float | None = None,
    progress: Progress = lambda done, total: None,
) -> NotebookRun:
    """Run the notebook with JSON ``text`` in a kernel that works in ``folder``.

    ``timeout`` is for the whole run, in seconds. ``progress`` gets cells done and their number.
    Raises KernelError when there is no nbclient, or no such kernel.
    """
    for _ in range(_STARTS):
        client, errors = _client(text)
        try:
            return asyncio.run(_run(client, errors, folder, dict(env), timeout, progress))
        except _NotStarted as error:
            last = str(error)
    raise KernelError(f"the kernel {client.kernel_name!r} does not start: {last}")


def _client(text: str) -> tuple[Any, Any]:
    check_installed()
    import nbformat
    from nbclient import NotebookClient, exceptions

    notebook = nbformat.reads(text, as_version=4)
    return NotebookClient(notebook, kernel_name=_kernel_name(notebook.metadata)), exceptions


async def _run(
    client: Any,
    errors: Any,
    folder: str,
    env: dict[str, str],
    timeout: float | None,
    progress: Progress,
) -> NotebookRun:
    from jupyter_client.kernelspec import NoSuchKernel

    async with AsyncExitStack() as ending:
        setup = client.async_setup_kernel(cwd=folder, env=env, stdout=_NULL, stderr=_NULL)
        client.reset_execution_trackers()
        try:
            await ending.enter_async_context(setup)
        except NoSuchKernel as error:
            atexit.unregister(client._cleanup_kernel)
            raise KernelError(_no_kernel(error.name)) from None
        except RuntimeError as error:
            # nbclient would clean up again at exit, and then fail on what is gone.
            atexit.unregister(client._cleanup_kernel)
            raise _NotStarted(error) from None
        return await _run_cells(client, errors, timeout, progress)


async def _run_cells(
    client: Any, errors: Any, timeout: float | None, progress: Progress
) -> NotebookRun:
    deadline = None if timeout is None else time.monotonic() + timeout
    printed: dict[int, str] = {}
    cells = client.nb.cells
    for number, cell in enumerate(cells, 1):
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                return NotebookRun(printed, _too_slow(number, timeout))
            client.timeout = max(1, round(left))
        try:
            await client.async_execute_cell(cell, number - 1)
        except errors.CellExecutionError as error:
            printed[number] = _stdout(cell)
            return NotebookRun(printed, CellFailure(number, _last_line(error)))
        except errors.CellTimeoutError:
            return NotebookRun(printed, _too_slow(number, timeout))
        except errors.DeadKernelError:
            return NotebookRun(printed, CellFailure(number, "the kernel died"))
        if cell.cell_type == "code":
            printed[number] = _stdout(cell)
        progress(number, len(cells))
    return NotebookRun(printed, None)


def _too_slow(cell: int, timeout: float | None) -> CellFailure:
    return CellFailure(cell, f"not done after {timeout:g} s")


def _stdout(cell: Any) -> str:
    return "".join(
        one.text for one in cell.outputs if one.output_type == "stream" and one.name == "stdout"
    )


def _last_line(error: Any) -> str:
    lines = str(error.evalue).strip().splitlines()
    return f"{error.ename}: {lines[0]}" if lines else str(error.ename)
