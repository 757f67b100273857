"""Pairs in memory: notebooks made from a few words, their scripts, and bases to compare with."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlv_hooks.notebook import Notebook, parse_notebook
from mlv_hooks.pair.formats import ScriptFormat, script_formats
from mlv_hooks.pair.pairing import Base, Pair, Settled
from mlv_hooks.pair.script import canonical, render
from mlv_hooks.pair.script_file import encode_script
from mlv_hooks.repository.git import Git

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"

merge_text = Git("/").merge_text


def code(source: str, *, out: str = "", count: int | None = None, **more: Any) -> dict[str, Any]:
    """Return a code cell; ``out`` is what it printed."""
    outputs = [{"name": "stdout", "output_type": "stream", "text": [out]}] if out else []
    cell = {"cell_type": "code", "execution_count": count, "metadata": {}, "outputs": outputs}
    return {**cell, "source": source, **more}


def markdown(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def raw(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "raw", "metadata": {}, "source": source, **more}


def document(*cells: dict[str, Any] | str, **metadata: Any) -> dict[str, Any]:
    """Return a notebook's content; a text is a code cell, and each cell gets an id."""
    made = [code(one) if isinstance(one, str) else one for one in cells]
    return {
        "cells": [{"id": f"c{number}", **one} for number, one in enumerate(made)],
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}, **metadata},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def encode(content: Any) -> bytes:
    """Return a notebook as Jupyter writes it."""
    return (json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def notebook(*cells: dict[str, Any] | str, **metadata: Any) -> bytes:
    return encode(document(*cells, **metadata))


@lru_cache(maxsize=64)
def _default(metadata: str) -> ScriptFormat:
    return script_formats("train.ipynb", json.loads(metadata), lambda path: None)[0]


def format_of(data: bytes | Notebook) -> ScriptFormat:
    """Return the format of a notebook's script where nothing is configured."""
    parsed = parse_notebook(data) if isinstance(data, bytes) else data
    return _default(json.dumps(dict(parsed.metadata)))


def script(data: bytes, fmt: ScriptFormat | None = None) -> bytes:
    """Return the script of a notebook, which must come back whole."""
    parsed = parse_notebook(data)
    fmt = fmt or format_of(parsed)
    text = render(parsed, fmt)
    canonical(parsed, text, fmt)
    return text.encode()


@dataclass
class Versions:
    """What a pair is compared with, as git would give it; counts what was asked for."""

    head: list[Base] = field(default_factory=list)
    at_fork: Base | None = None
    record: Base | None = None
    old: list[Base] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def heads(self) -> list[Base]:
        self.asked.append("heads")
        return self.head

    def fork(self) -> Base | None:
        self.asked.append("fork")
        return self.at_fork

    def recorded(self) -> Base | None:
        self.asked.append("recorded")
        return self.record

    def older(self) -> Iterator[Base]:
        self.asked.append("older")
        yield from self.old


def base(data: bytes, text: bytes | None = None) -> Base:
    """Return a version in which both sides agree."""
    return Base(data, script(data) if text is None else text)


def versions(data: bytes, text: bytes | None = None) -> Versions:
    """Return what git gives when HEAD holds ``data`` and its script."""
    return Versions([base(data, text)])


def pair(data: bytes, text: bytes | None, fmt: ScriptFormat | None = None) -> Pair:
    parsed = parse_notebook(data)
    return Pair(data, parsed, fmt or format_of(parsed), text, merge_text)


def settle(
    data: bytes, text: bytes | None, bases: Versions | None = None, prefer: str | None = None
) -> Settled:
    """Settle a pair; what comes of it must be in line, and stay so."""
    settled = pair(data, text).settle(bases or Versions(), prefer)
    new = encode_script(settled.script, text)
    again = pair(settled.notebook, new).settle(Versions())
    assert again.status.value == "in-sync", "a second run has something to do"
    assert (again.notebook, again.script) == (settled.notebook, settled.script)
    return settled


def cells_of(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(data)["cells"]
    return found


def sources(data: bytes) -> list[str]:
    return ["".join(cell["source"]) for cell in cells_of(data)]


def edited(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return a notebook after ``change`` worked on its content."""
    content = json.loads(data)
    change(content)
    return encode(content)


def jupytext(folder: Path, *args: str, env: Mapping[str, str]) -> str:
    """Run the real jupytext; return all that it prints."""
    done = subprocess.run(
        ["jupytext", *args], cwd=folder, env=dict(env), capture_output=True, check=False
    )
    text = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, text
    return text


def jupytext_text(data: bytes, option: str, env: Mapping[str, str]) -> str:
    """Return what the real jupytext makes of a notebook, without any configuration around."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "x.ipynb")
        path.write_bytes(data)
        return jupytext(Path(folder), "--to", option, "--output", "-", str(path), env=env)
