"""Run a notebook, whole and top to bottom, in a fresh kernel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from subprocess import DEVNULL
from typing import Any

Progress = Callable[[int, int], None]

INSTALL = "pip install 'mlv-hooks[verify]'"


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
    client, errors = _client(text)
    return asyncio.run(_run(client, errors, folder, dict(env), timeout, progress))


def _client(text: str) -> tuple[Any, Any]:
    try:
        import nbformat
        from nbclient import NotebookClient, exceptions
    except ImportError as error:
        raise KernelError(f"running a notebook needs {error.name}: `{INSTALL}`") from None
    notebook = nbformat.reads(text, as_version=4)
    name = notebook.metadata.get("kernelspec", {}).get("name", "python3")
    return NotebookClient(notebook, kernel_name=name), exceptions


async def _run(
    client: Any,
    errors: Any,
    folder: str,
    env: dict[str, str],
    timeout: float | None,
    progress: Progress,
) -> NotebookRun:
    from jupyter_client.kernelspec import NoSuchKernel

    deadline = None if timeout is None else time.monotonic() + timeout
    printed: dict[int, str] = {}
    cells = client.nb.cells
    client.reset_execution_trackers()
    number = 0
    try:
        async with client.async_setup_kernel(cwd=folder, env=env, stdout=DEVNULL, stderr=DEVNULL):
            for number, cell in enumerate(cells, 1):
                if deadline is not None:
                    client.timeout = max(1, round(deadline - time.monotonic()))
                await client.async_execute_cell(cell, number - 1)
                if cell.cell_type == "code":
                    printed[number] = _stdout(cell)
                progress(number, len(cells))
    except NoSuchKernel as error:
        raise KernelError(f"there is no kernel {error.name!r} here: `{INSTALL}`") from None
    except errors.CellExecutionError as error:
        printed[number] = _stdout(cells[number - 1])
        return NotebookRun(printed, CellFailure(number, _last_line(error)))
    except errors.CellTimeoutError:
        return NotebookRun(printed, CellFailure(number, f"not done after {timeout:g} s"))
    except errors.DeadKernelError:
        return NotebookRun(printed, CellFailure(number, "the kernel died"))
    return NotebookRun(printed, None)


def _stdout(cell: Any) -> str:
    return "".join(
        one.text for one in cell.outputs if one.output_type == "stream" and one.name == "stdout"
    )


def _last_line(error: Any) -> str:
    lines = str(error.evalue).strip().splitlines()
    return f"{error.ename}: {lines[0]}" if lines else str(error.ename)
