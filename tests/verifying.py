"""Notebooks for the tests of `mlv verify`, and a place for them that is not the user's."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import nbformat
import pytest

LOOK = "# no-effect"
WRITE = "import json\nwith open('out.json', 'w') as file:\n    json.dump(values, file)"


def is_dropped(source: str) -> bool:
    return source.startswith(LOOK)


def notebook_text(*sources: str, kernel: str = "python3") -> str:
    cells = [nbformat.v4.new_code_cell(textwrap.dedent(source)) for source in sources]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
        cell.metadata = {"tags": ["no-effect"]} if is_dropped(cell.source) else {}
    cells[0].metadata.setdefault("tags", []).append("parameters")
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": kernel, "display_name": kernel}
    return nbformat.writes(notebook)


def flat(text: str, put_back: frozenset[int], extra: str = "") -> str:
    cells = json.loads(text)["cells"]
    kept = [
        "".join(cell["source"])
        for number, cell in enumerate(cells, 1)
        if number in put_back or "no-effect" not in cell["metadata"].get("tags", [])
    ]
    return "import os\nos.chdir('notebooks')\n" + "\n".join(kept) + f"\n{extra}\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    scratch = tmp_path / "scratch"
    for folder in (home, scratch):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(home / "jupyter"))
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    return home


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "project"
    (top / "notebooks").mkdir(parents=True)
    (top / "notebooks" / "data.txt").write_text("3")
    return top
