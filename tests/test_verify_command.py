"""The command `mlv verify` with real steps, and what it takes a notebook's outputs to be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from verifying import LOOK, WRITE, home, notebook_text, top

from mlv_hooks.commands.cli import main
from mlv_hooks.config import Settings
from mlv_hooks.content import Content
from mlv_hooks.verify.verify_request import declared_outputs, request

__all__ = ["home", "top"]


@pytest.fixture
def run(top: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    subprocess.run(["git", "init", "--quiet"], cwd=top, check=True)
    monkeypatch.chdir(top)

    return lambda *arguments: CliRunner().invoke(main, ["verify", *arguments])


def test_the_command_says_equal_and_exits_with_0(run: Callable[..., Result], top: Path) -> None:
    (top / "notebooks/train.ipynb").write_text(notebook_text("values = 1", WRITE))

    result = run("notebooks/train.ipynb")

    assert (result.exit_code, result.output) == (0, "notebooks/train.ipynb: equal (1 file)\n")


def test_the_command_names_a_planted_unsafe_tag_and_exits_with_1(
    run: Callable[..., Result], top: Path
) -> None:
    sources = ('"""Train.\n\n:dvc-out out:\n"""\nout = "out.json"', "values = [1]")
    unsafe = f"{LOOK}\nvalues.append(2)"
    (top / "notebooks/train.ipynb").write_text(notebook_text(*sources, unsafe, WRITE))
    (top / "notebooks/good.ipynb").write_text(notebook_text(*sources, WRITE))

    result = run("notebooks/train.ipynb", "notebooks/good.ipynb", "--timeout", "60", "--jobs", "2")

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "notebooks/train.ipynb: notebooks/out.json: $: length notebook 2, step 1",
        "notebooks/train.ipynb: cell 3 is the cause: it is tagged no-effect, but the outputs "
        "need it; remove the tag",
        "notebooks/good.ipynb: equal (1 file)",
    ]


def test_the_command_refuses_what_is_no_notebook_with_exit_code_2(
    run: Callable[..., Result], top: Path
) -> None:
    for arguments, told in (
        (("notebooks/none.ipynb",), "there is no file notebooks/none.ipynb"),
        (("notebooks/data.txt",), "notebooks/data.txt is no notebook: name .ipynb files"),
        ((), "missing argument 'NOTEBOOK...'"),
        (("a.ipynb", "--timeout", "0"), "--timeout"),
        (("a.ipynb", "--jobs", "0"), "--jobs"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert told in result.output


def test_the_command_says_what_to_install_when_nbclient_is_missing(
    run: Callable[..., Result], top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (top / "notebooks/train.ipynb").write_text(notebook_text("x = 1"))
    monkeypatch.setitem(sys.modules, "nbclient", None)

    result = run("notebooks/train.ipynb")

    assert result.exit_code == 2
    assert result.output == (
        "mlv: running a notebook needs nbclient: `pip install 'mlv-hooks[verify]'`\n"
    )


def test_a_broken_notebook_is_a_finding_and_the_others_are_verified(
    run: Callable[..., Result], top: Path
) -> None:
    (top / "notebooks/broken.ipynb").write_text("{")
    (top / "notebooks/train.ipynb").write_text(notebook_text("values = 1", WRITE))

    result = run("notebooks/broken.ipynb", "notebooks/train.ipynb")

    assert result.exit_code == 1
    assert "notebooks/train.ipynb: equal (1 file)\n" in result.output
    assert "notebooks/broken.ipynb:" in result.output
    assert "MLV001" in result.output


# --- what a notebook declares


def declared(source: str, **metadata: Any) -> tuple[str, ...] | None:
    text = json.loads(notebook_text(source))
    text["metadata"].update(metadata)
    data = json.dumps(text).encode()
    return declared_outputs(Content(lambda: data), "notebooks/train.ipynb", Settings())


def test_outputs_are_those_of_the_docstring_from_the_projects_folder() -> None:
    source = '''
        """Train.

        :dvc-in data: data/raw.csv
        :dvc-out model : ./models/model.bin
        :dvc-out-persist: logs/
        :dvc-metric scores:
        :dvc-plot curve: plots/loss.csv
        """
        data = "../data/raw.csv"
        model = "../models/model.bin"
        scores = "../metrics/train.json"
    '''

    assert declared(source) == (
        "models/model.bin",
        "logs",
        "metrics/train.json",
        "plots/loss.csv",
    )


def test_a_notebook_of_a_project_is_verified_in_the_projects_folder() -> None:
    fields = ":dvc-out model: out/model.bin\n:dvc-out: ../../shared/log.txt"
    data = notebook_text(f'"""Train.\n\n{fields}\n"""\nmodel = "../out/model.bin"').encode()

    acme = Settings(root="clients/acme")
    found = request("top", "clients/acme/nb/train.ipynb", data, acme, None, False)

    assert (found.root, found.step_path) == ("clients/acme", "steps/train.py")
    assert found.outputs == ("clients/acme/out/model.bin", "shared/log.txt")
    assert "Generated from nb/train.ipynb" in found.make(frozenset())


def test_outputs_are_those_of_the_stages_in_the_metadata() -> None:
    stages = {
        "train": {"outs": ["a.bin", {"b.bin": {"cache": False}}], "metrics": ["m.json"]},
        "test": {"plots": ["p.csv", "${item}.csv"], "deps": ["x"]},
    }

    assert declared("x = 1", mlv={"stages": stages}) == ("a.bin", "b.bin", "m.json", "p.csv")
    assert declared("x = 1") is None
