"""Notebooks as people save them, and what they hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

KERNELS = {
    "python": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "R": {"display_name": "R", "language": "R", "name": "ir"},
    "julia": {"display_name": "Julia 1.10", "language": "julia", "name": "julia-1.10"},
}


def code(source: str, *outputs: str, **extra: Any) -> dict[str, Any]:
    """Return a code cell that printed ``outputs``."""
    return {
        "cell_type": "code",
        "execution_count": 1 if outputs else None,
        "metadata": {},
        "outputs": [{"name": "stdout", "output_type": "stream", "text": [t]} for t in outputs],
        "source": source.splitlines(keepends=True),
        **extra,
    }


def text(source: str, **extra: Any) -> dict[str, Any]:
    """Return a markdown cell."""
    return {
        "cell_type": "markdown",
        "metadata": {},
        "source": source.splitlines(keepends=True),
        **extra,
    }


def notebook(
    *cells: dict[str, Any],
    language: str = "python",
    minor: int = 5,
    indent: int | str = 1,
    metadata: Mapping[str, Any] | None = None,
) -> bytes:
    """Return a notebook as Jupyter saves it; ids are given from format 4.5 on."""
    kernel = KERNELS[language]
    listed = [
        {"id": f"cell-{number}", **cell} if minor >= 5 else cell
        for number, cell in enumerate(cells)
    ]
    content = {
        "cells": listed,
        "metadata": {
            "kernelspec": kernel,
            "language_info": {"name": kernel["language"]},
            **(metadata or {}),
        },
        "nbformat": 4,
        "nbformat_minor": minor,
    }
    return (json.dumps(content, indent=indent, ensure_ascii=False) + "\n").encode()


def train(**options: Any) -> bytes:
    """Return the notebook with which most stories begin."""
    return notebook(
        text("# Train\n\nOne model."),
        code("rate = 0.1"),
        code("model = rate * 2\nmodel", "0.2\n"),
        code("print(model)", "0.2\n"),
        **options,
    )


def sources(content: bytes) -> list[str]:
    """Return the sources of a notebook's cells."""
    return ["".join(cell["source"]) for cell in json.loads(content)["cells"]]


def outputs(content: bytes) -> list[str]:
    """Return what each code cell of a notebook printed."""
    cells = [cell for cell in json.loads(content)["cells"] if cell["cell_type"] == "code"]
    return ["".join("".join(one["text"]) for one in cell["outputs"]) for cell in cells]


def ids(content: bytes) -> Sequence[str | None]:
    """Return the ids of a notebook's cells, None for a cell without."""
    return [cell.get("id") for cell in json.loads(content)["cells"]]
