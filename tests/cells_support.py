"""Notebooks of a few cells, and what the rules find in them, for tests."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from mlv_hooks.checks.linter import Subject, lint
from mlv_hooks.checks.selection import NO_CHOICE, Choice
from mlv_hooks.commands.cli import main
from mlv_hooks.config import parse_settings
from mlv_hooks.content import Content
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.packages.project_packages import Packages
from mlv_hooks.pair.pairing import Outcome, Status


def cell(source: str, *tags: str, kind: str = "code") -> dict[str, Any]:
    made = {"cell_type": kind, "id": source[:8].strip("# ()."), "metadata": {"tags": list(tags)}}
    code = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {**made, **code, "source": source}


def notebook(*cells: dict[str, Any], **metadata: Any) -> bytes:
    ids = [{**one, "id": f"cell-{number}"} for number, one in enumerate(cells, 1)]
    kernel = {"kernelspec": {"display_name": "Python", "language": "python", "name": "python3"}}
    made = {"cells": ids, "metadata": {**kernel, **metadata}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1).encode() + b"\n"


def checked(
    data: bytes,
    settings: str = "",
    choice: Choice = NO_CHOICE,
    path: str = "train.ipynb",
    packages: Packages | None = None,
) -> list[Diagnostic]:
    """Return what the rules find in a notebook whose pair is in line."""
    outcome = Outcome(path, None, Status.IN_SYNC)
    subject = Subject(path, outcome, Content(lambda: data), packages)
    parsed = parse_settings(settings, "mlv.toml")
    return lint([subject], lambda path: parsed, choice)


def check(*args: str) -> Result:
    """Run `mlv check` in this process and folder."""
    done = CliRunner().invoke(main, ["check", *args])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    assert done.exit_code in (0, 1, 2), done.output
    return done


def found(*args: str) -> set[tuple[str, str]]:
    """Return path and code of what `mlv check` finds in this folder."""
    records = json.loads(check("--output-format", "json", *args).stdout)
    return {(one["filename"], one["code"]) for one in records}
