"""Turn notebooks into Python by one tool, and print how long each took.

Run by the Python that has the tool: ``python converters.py TOOL FOLDER NOTEBOOK...``. The tool is
loaded first; then each notebook is read, converted and written to FOLDER, once. What is printed is
JSON: the seconds of each notebook, None where the tool made nothing of it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

Convert = Callable[[str], str | None]
Seconds = list[float | None]


def mlv(notebooks: list[str], folder: Path) -> Seconds:
    """Make steps; the texts are laid out by one run for all, whose time is shared by all."""
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content
    from mlv_hooks.step.step import format_modules
    from mlv_hooks.step.step_of import translate

    # As the program does when it starts.
    gc.set_threshold(100_000)
    settings = Settings()
    texts: dict[str, str] = {}

    def convert(path: str) -> str | None:
        content = Content(Path(path).read_bytes)
        result = translate(content, f"notebooks/{os.path.basename(path)}", settings)
        if result.text is not None:
            texts[path] = result.text
        return result.text

    seconds = each(notebooks, folder, convert)
    start = time.perf_counter()
    for path, text in zip(texts, format_modules(list(texts.values())), strict=True):
        target(path, folder).write_text(text, encoding="utf-8")
    shared = (time.perf_counter() - start) / max(1, len(texts))
    return [None if one is None else one + shared for one in seconds]


def check(notebooks: list[str], folder: Path) -> Seconds:
    """Judge notebooks by the rules that are on, from their bytes to the findings."""
    from mlv_hooks.checks.linter import Subject, lint
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content
    from mlv_hooks.pair.pairing import Outcome, Status

    gc.set_threshold(100_000)
    settings = Settings()

    def convert(path: str) -> str | None:
        name = f"notebooks/{os.path.basename(path)}"
        outcome = Outcome(name, None, Status.IN_SYNC)
        subject = Subject(name, outcome, Content(Path(path).read_bytes))
        return "\n".join(map(str, lint([subject], lambda path: settings)))

    return each(notebooks, folder, convert)


def jupytext(notebooks: list[str], folder: Path) -> Seconds:
    """Do what `jupytext --to py` does."""
    import jupytext as tool

    return each(notebooks, folder, lambda path: tool.writes(tool.read(path), fmt="py"))


def nbconvert(notebooks: list[str], folder: Path) -> Seconds:
    """Do what `jupyter nbconvert --to python` does."""
    from nbconvert import PythonExporter

    exporter = PythonExporter()
    return each(notebooks, folder, lambda path: exporter.from_filename(path)[0])


def mlvtools(notebooks: list[str], folder: Path) -> Seconds:
    """Do what `ipynb_to_python` does, but for starting Python for each notebook."""
    from mlvtools.conf.conf import MlVToolConf
    from mlvtools.exception import MlVToolException
    from mlvtools.ipynb_to_python import export_to_script

    conf = MlVToolConf(top_directory=str(folder))

    def convert(path: str) -> str | None:
        script = target(path, folder)
        with contextlib.suppress(MlVToolException):
            export_to_script(path, str(script), conf)
        return script.read_text(encoding="utf-8") if script.exists() else None

    return each(notebooks, folder, convert)


def target(path: str, folder: Path) -> Path:
    """Return where what is made of a notebook is written."""
    return folder / f"{Path(path).stem}.py"


def each(notebooks: list[str], folder: Path, convert: Convert) -> Seconds:
    """Convert and write each notebook, and return how long each took."""
    seconds: Seconds = []
    for path in notebooks:
        start = time.perf_counter()
        text = convert(path)
        if text is not None:
            target(path, folder).write_text(text, encoding="utf-8")
        seconds.append(None if text is None else time.perf_counter() - start)
    return seconds


TOOLS = {one.__name__: one for one in (mlv, check, jupytext, nbconvert, mlvtools)}


def main() -> None:
    """Run the tool that the command line names."""
    tool, folder, *notebooks = sys.argv[1:]
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()):
        seconds = TOOLS[tool](notebooks, Path(folder))
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
