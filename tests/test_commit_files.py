"""Notebooks and scripts of every form: line ends, indent, versions, languages, formats."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from samples import code, ids, notebook, outputs, sources, text, train
from support import Repo


def test_a_script_with_crlf_keeps_it(repo: Repo) -> None:
    repo.write("train.py", repo.read("train.py").replace(b"\n", b"\r\n"))
    repo.commits("-a")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits("-a")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M"}
    held = repo.blob("train.py")
    assert held.count(b"\r\n") == held.count(b"\n") > 10
    repo.edit("train.py", "print(model)", "print(model, rate)")
    repo.commits("-a")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_autocrlf_gives_crlf_in_the_worktree_and_lf_in_git(repo: Repo) -> None:
    repo.git("config", "core.autocrlf", "true")
    for path in ("train.py", "train.ipynb", "notes.txt"):
        (repo.top / path).unlink()
    repo.git("checkout", "--quiet", ".")
    assert b"\r\n" in repo.read("train.py")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits("-a")
    assert b"\r" not in repo.blob("train.py")
    repo.edit("train.py", "print(model)", "print(model, rate)")
    repo.commits("-a")
    assert b"\r" not in repo.blob("train.ipynb")
    assert sources(repo.blob("train.ipynb"))[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_text_attributes_with_eol_crlf(repo: Repo) -> None:
    repo.write(".gitattributes", "*.py text eol=crlf\n")
    repo.add()
    repo.git("commit", "--quiet", "-m", "attributes")
    (repo.top / "train.py").unlink()
    repo.git("checkout", "--quiet", "train.py")
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.5")
    repo.commits("-a")
    assert b"\r" not in repo.blob("train.py")
    assert b"\r\n" in repo.read("train.py")


def test_a_script_without_a_newline_at_its_end(repo: Repo) -> None:
    repo.write("train.py", repo.read("train.py").rstrip(b"\n"))
    repo.commits("-a")
    assert repo.changed() == {"train.py": "M"}
    repo.edit("train.py", "print(model)", "print(model, rate)")
    repo.commits("-a")
    assert sources(repo.blob("train.ipynb"))[3] == "print(model, rate)"


def test_a_script_with_a_byte_order_mark_is_a_finding(repo: Repo) -> None:
    repo.edit("train.py", "rate = 0.1", "rate = 0.5")
    repo.write("train.py", b"\xef\xbb\xbf" + repo.read("train.py"))
    repo.add()
    assert "train.py: MLV009 starts with a byte order mark" in repo.refuses()


@pytest.mark.parametrize("indent", ["\t", 2, 4, 0])
def test_the_indent_of_a_notebook_stays(repo: Repo, indent: int | str) -> None:
    content = train(indent=indent)
    repo.write("eda.ipynb", content)
    repo.add()
    repo.commits()
    assert repo.blob("eda.ipynb") == content
    repo.edit("eda.py", "rate = 0.1", "rate = 0.5")
    repo.commits("-a")
    assert repo.blob("eda.ipynb") == content.replace(b"rate = 0.1", b"rate = 0.5")


def test_a_notebook_on_one_line_without_newline_at_its_end(repo: Repo) -> None:
    content = json.dumps(json.loads(train())).encode()
    repo.write("eda.ipynb", content)
    repo.add()
    repo.commits()
    repo.edit("eda.py", "rate = 0.1", "rate = 0.5")
    repo.commits("-a")
    assert repo.blob("eda.ipynb") == content.replace(b"rate = 0.1", b"rate = 0.5")


@pytest.mark.parametrize("minor", range(6))
def test_ids_are_neither_lost_nor_made_anew(repo: Repo, minor: int) -> None:
    repo.write("eda.ipynb", train(minor=minor))
    repo.add()
    repo.commits()
    before = ids(repo.blob("eda.ipynb"))
    assert before == ([f"cell-{n}" for n in range(4)] if minor == 5 else [None] * 4)
    repo.edit("eda.py", "rate = 0.1", "rate = 0.5")
    repo.commits("-a")
    held = json.loads(repo.blob("eda.ipynb"))
    assert held["nbformat_minor"] == minor
    assert ids(repo.blob("eda.ipynb")) == before


@pytest.mark.parametrize("minor", range(6))
def test_a_cell_added_in_the_script_gets_an_id_where_the_format_has_ids(
    repo: Repo, minor: int
) -> None:
    repo.write("eda.ipynb", train(minor=minor))
    repo.add()
    repo.commits()
    repo.edit("eda.py", "# %%\nprint(model)", "# %%\nextra = 1\n\n# %%\nprint(model)")
    repo.commits("-a")
    first = ids(repo.blob("eda.ipynb"))
    assert len(set(first)) == (5 if minor == 5 else 1)
    assert (first[3] is not None) == (minor == 5)
    repo.edit("eda.py", "rate = 0.1", "rate = 0.5")
    repo.commits("-a")
    assert ids(repo.blob("eda.ipynb")) == first


def test_a_notebook_of_format_3_is_a_finding(repo: Repo) -> None:
    cell = {"cell_type": "code", "input": "a = 1", "language": "python", "outputs": []}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    repo.write("old.ipynb", json.dumps(old))
    repo.add()
    said = repo.refuses()
    assert "old.ipynb" in said and "MLV00" in said


@pytest.mark.parametrize(("language", "extension"), [("R", ".r"), ("julia", ".jl")])
def test_other_kernels_get_a_script_of_their_language(
    repo: Repo, language: str, extension: str
) -> None:
    repo.write("fit.ipynb", notebook(text("# Fit"), code("x <- 1", "1\n"), language=language))
    repo.add()
    repo.commits()
    script = next(path for path in repo.changed() if path != "fit.ipynb")
    assert script.lower() == f"fit{extension}"
    repo.edit(script, "x <- 1", "x <- 2")
    repo.commits("-a")
    assert sources(repo.blob("fit.ipynb"))[1] == "x <- 2"
    repo.git("rm", "--quiet", "fit.ipynb")
    repo.commits()
    assert script not in repo.paths()


def paired(formats: str) -> Mapping[str, object]:
    return {"jupytext": {"formats": formats}}


@pytest.mark.parametrize(
    ("formats", "script"),
    [
        ("ipynb,md", "fit.md"),
        ("ipynb,py:light", "fit.py"),
        ("ipynb,md:myst", "fit.md"),
        ("ipynb,Rmd", "fit.Rmd"),
        ("ipynb,scripts//py:percent", "scripts/fit.py"),
        ("ipynb,.pct.py:percent", "fit.pct.py"),
    ],
)
def test_the_formats_of_the_notebook_win(repo: Repo, formats: str, script: str) -> None:
    cells = (text("# Fit"), code("a = 1", "1\n"), code("b = 2", "2\n"))
    repo.write("fit.ipynb", notebook(*cells, metadata=paired(formats)))
    repo.add()
    repo.commits()
    assert repo.changed() == {"fit.ipynb": "A", script: "A"}
    repo.edit(script, "a = 1", "a = 5")
    repo.edit("fit.ipynb", "b = 2", "b = 6")
    repo.commits("-a")
    assert sources(repo.blob("fit.ipynb"))[1:] == ["a = 5", "b = 6"]
    repo.git("rm", "--quiet", "fit.ipynb")
    repo.commits()
    assert script not in repo.paths()


@pytest.mark.parametrize(
    ("formats", "program"), [("ipynb,qmd", "quarto"), ("ipynb,md:pandoc", "pandoc")]
)
def test_a_format_whose_program_is_missing_is_a_finding(
    repo: Repo, tmp_path: Path, formats: str, program: str
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "env", "git", "mlv", "pre-commit", "sh"):
        (tools / name).symlink_to(shutil.which(name, path=repo.env["PATH"]) or name)
    repo = repo.having(PATH=str(tools))
    repo.write("fit.ipynb", notebook(code("a = 1"), metadata=paired(formats)))
    repo.add()
    said = repo.refuses()
    assert f"needs {program}" in said and "fit.ipynb" in said


def test_several_scripts_of_one_notebook(repo: Repo) -> None:
    cells = (text("# Fit"), code("a = 1", "1\n"), code("b = 2", "2\n"))
    repo.write("fit.ipynb", notebook(*cells, metadata=paired("ipynb,py:percent,md")))
    repo.add()
    repo.commits()
    assert repo.changed() == {"fit.ipynb": "A", "fit.md": "A", "fit.py": "A"}
    repo.edit("fit.md", "a = 1", "a = 5")
    repo.commits("-a")
    assert repo.changed() == {"fit.ipynb": "M", "fit.md": "M", "fit.py": "M"}
    repo.edit("fit.py", "b = 2", "b = 6")
    repo.edit("fit.md", "a = 5", "a = 7")
    repo.commits("-a")
    assert sources(repo.blob("fit.ipynb"))[1:] == ["a = 7", "b = 6"]
    repo.git("mv", "fit.ipynb", "fat.ipynb")
    repo.commits()
    assert repo.paths() >= {"fat.ipynb", "fat.md", "fat.py"}
    assert not repo.paths() & {"fit.ipynb", "fit.md", "fit.py"}
    repo.git("rm", "--quiet", "fat.ipynb")
    repo.commits()
    assert not repo.paths() & {"fat.ipynb", "fat.md", "fat.py"}


@pytest.fixture
def trees(new_repo: Repo) -> Repo:
    """A repository with notebooks in one tree and scripts in another."""
    new_repo.write("jupytext.toml", 'formats = "notebooks///ipynb,scripts///py:percent"\n')
    new_repo.write("notebooks/deep/a.ipynb", train())
    new_repo.add()
    new_repo.commits()
    return new_repo


def test_jupytext_trees(trees: Repo) -> None:
    assert trees.paths() >= {"notebooks/deep/a.ipynb", "scripts/deep/a.py"}
    trees.edit("notebooks/deep/a.ipynb", "rate = 0.1", "rate = 0.5")
    trees.edit("scripts/deep/a.py", "print(model)", "print(model, rate)")
    trees.commits("-a")
    held = sources(trees.blob("notebooks/deep/a.ipynb"))
    assert held[1::2] == ["rate = 0.5", "print(model, rate)"]


def test_a_rename_within_jupytext_trees(trees: Repo) -> None:
    trees.git("mv", "notebooks/deep/a.ipynb", "notebooks/b.ipynb")
    trees.commits()
    assert {one for one in trees.paths() if one[0] in "ns"} == {"notebooks/b.ipynb", "scripts/b.py"}
    assert not trees.exists("scripts/deep")


def test_a_delete_within_jupytext_trees(trees: Repo) -> None:
    trees.git("rm", "--quiet", "notebooks/deep/a.ipynb")
    trees.commits()
    assert trees.paths() == {".pre-commit-config.yaml", "jupytext.toml"}
    assert not trees.exists("scripts")


def test_a_notebook_deleted_past_the_hooks_within_jupytext_trees(trees: Repo) -> None:
    trees.git("rm", "--quiet", "notebooks/deep/a.ipynb")
    trees.git("commit", "--quiet", "--no-verify", "-m", "past the hooks")
    trees.write("notes.txt", "one\n")
    trees.add()
    trees.commits()
    assert trees.paths() == {".pre-commit-config.yaml", "jupytext.toml", "notes.txt"}


def test_outputs_stay_when_the_script_is_formatted(repo: Repo) -> None:
    repo.edit("train.py", "model = rate * 2", "model = (rate * 2)")
    repo.commits("-a")
    assert outputs(repo.blob("train.ipynb")) == ["", "0.2\n", "0.2\n"]


def test_text_beyond_ascii_survives_both_ways(repo: Repo) -> None:
    repo.edit("train.ipynb", "One model.", "One model: ünïcödé 🦉.")
    repo.commits("-a")
    repo.edit("train.py", "print(model)", "print('é🦉')")
    repo.commits("-a")
    assert "🦉" in sources(repo.blob("train.ipynb"))[0]
    assert sources(repo.blob("train.ipynb"))[3] == "print('é🦉')"
