"""`mlv graph` as people type it: formats, files, and what can be wrong; DVC has run nothing."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from piped import CLEAN, FIT, LEARN, PREPARE, cells
from users import User

from mlv_hooks.commands.cli import main

SHOW = '''"""Show.

:dvc-in model: model.txt
:dvc-out page: page.html
"""
model = "model.txt"
page = "page.html"'''
COPY = "open(page, 'w').write(open(model).read())"
TREE = """\
○ prepare  prepare.ipynb  never run
│   sync   prepare.ipynb changed: run `mlv sync`
│   reads  data/raw.txt
│   writes data/clean.txt
│
○ fit  fit.ipynb  never run
│   sync   fit.ipynb declares it otherwise: run `mlv sync`
│   reads  data/clean.txt
│   writes model.txt, scores.json (metric)
│
○ show  show.ipynb  not in dvc.yaml
    sync   show.ipynb declares it: run `mlv sync`
    reads  model.txt
    writes page.html

3 stages: 2 never run, 1 not in dvc.yaml
"""


def graph(*args: str) -> Result:
    return CliRunner().invoke(main, ["graph", *args])


def refusal(*args: str, code: int) -> str:
    """Return the one line of a run that shows nothing."""
    done = graph(*args)
    assert (done.exit_code, done.stdout) == (code, "")
    (line,) = done.stderr.splitlines()[:1]
    return line


@pytest.fixture
def project(at_home: User) -> User:
    """Two notebooks whose stages stand in dvc.yaml, and one that nobody has synced."""
    user = at_home
    user.write("prepare.ipynb", cells(PREPARE, CLEAN))
    user.write("fit.ipynb", cells(FIT, LEARN))
    user.write("data/raw.txt", "one\n")
    user.git("add", ".")
    user.mlv("sync")
    user.write("show.ipynb", cells(SHOW, COPY))
    user.git("add", ".")
    return user


def test_a_pipeline_is_shown_and_drawn_with_what_sync_would_do(
    project: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.edit("prepare.ipynb", "[:rows]", "[-rows:]")
    project.edit("fit.ipynb", ":param float rate", ":dvc-in: data/words.txt\n:param float rate")
    held = project.status()
    assert graph().stdout == TREE
    assert project.status() == held

    plain = graph("--no-status").stdout.splitlines()
    assert (plain[0], plain[-1]) == ("● prepare  prepare.ipynb", "3 stages: 1 not in dvc.yaml")

    project.mlv("sync")
    mermaid = graph("--format", "mermaid").stdout
    assert 'stage_fit["fit<br/>fit.ipynb<br/>never run"]:::never' in mermaid
    assert 'label="show\\nshow.ipynb\\nnever run"' in graph("--format", "dot").stdout

    names = {"svg": b"<svg ", "png": b"\x89PNG", "mmd": b"flowchart", "gv": b"digraph"}
    for suffix, start in names.items():
        done = graph("-o", f"pipeline.{suffix}")
        assert (done.exit_code, done.stdout) == (0, f"pipeline.{suffix} <- dvc.yaml\n")
        assert Path(f"pipeline.{suffix}").read_bytes().startswith(start)
    Path("README.md").write_text("Ours.\n")
    refused = graph("-o", "README.md")
    assert (refused.exit_code, Path("README.md").read_text()) == (2, "Ours.\n")
    assert "no format is told by 'README.md'" in refused.stderr
    assert graph("-o", "pipeline.md", "--format", "mermaid").exit_code == 0
    assert Path("pipeline.md").read_text().startswith("```mermaid\n")
    assert graph("-o", "pipeline.svg").stdout == "pipeline.svg is up to date\n"
    assert Path("pipeline.svg").read_text() == graph("--format", "svg").stdout
    title, desc = list(ElementTree.parse("pipeline.svg").getroot())[:2]
    assert title.text == "Pipeline" and "fit: never run" in str(desc.text)

    outside = tmp_path / "other.svg"
    assert graph("--output", str(outside)).exit_code == 0
    assert outside.read_bytes() == Path("pipeline.svg").read_bytes()
    Path("data").joinpath("inner").mkdir()
    monkeypatch.chdir("data/inner")
    assert graph("-o", "../pipeline.mmd").exit_code == 0
    assert project.path("data/pipeline.mmd").is_file()


def test_what_can_not_be_drawn_is_one_line(
    project: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert refusal("-o", "p.jpeg", code=2).startswith(
        "mlv: no format is told by 'p.jpeg': end it in one of .mmd,"
    )
    assert "--output pipeline.png" in refusal("--format", "png", code=2)
    project.write("kept.svg", "mine")
    project.path("kept.svg").chmod(0o400)
    assert refusal("-o", "kept.svg", code=1).startswith("mlv: kept.svg: is read-only: nothing")
    assert "cannot be written" in refusal("-o", str(tmp_path / "none" / "p.svg"), code=1)
    assert project.read("kept.svg") == "mine"
    with monkeypatch.context() as patch:
        patch.setitem(__import__("sys").modules, "resvg_py", None)
        assert "pip install 'mlv-hooks[png]'" in refusal("-o", "p.png", code=2)

    project.write("dvc.lock", "stages:\n  fit: {\n")
    assert refusal(code=1).startswith("dvc.lock:")
    assert graph("--no-status").exit_code == 0
    project.write("dvc.lock", "")
    project.write("params.yaml", "a: 1\na: 2\n")
    assert refusal(code=1).startswith("params.yaml:2: MLV405")
    project.write("dvc.yaml", "stages:\n\tfit: x\n")
    assert refusal(code=1).startswith("dvc.yaml:2: MLV405 has a tab")

    project.write("params.yaml", "")
    project.write("dvc.yaml", CIRCLE)
    project.git("rm", "-q", "-f", "--cached", "prepare.ipynb", "fit.ipynb", "show.ipynb")
    done = graph()
    assert done.exit_code == 1 and "reads  a (from one)" in done.stdout
    way = "two -> one -> two"
    assert f"the stages run in a circle, {way}: one must read what" in done.stderr
    assert "-. circle .->" in graph("--format", "mermaid").stdout
    ElementTree.fromstring(graph("--format", "svg").stdout)
    assert "\x1b" not in done.output and "\\x1b]0;x" in done.stdout

    os.remove("dvc.yaml")
    for name in ("prepare", "fit", "show"):
        os.remove(f"{name}.ipynb")
    done = graph()
    assert (done.exit_code, done.stdout) == (0, "") and "there is no stage here" in done.stderr
    assert "there is no stage here" in refusal("-o", "p.svg", code=1)
    monkeypatch.chdir(tmp_path)
    assert "git" in refusal(code=2)


CIRCLE = """
stages:
  one: {cmd: x, deps: [b], outs: [a]}
  two: {cmd: x, deps: [a], outs: [b, "\\e]0;x"]}
"""


def test_whoever_has_read_enough_may_close_the_pipe(user: User) -> None:
    paths = ", ".join(f"data/{number:060}.csv" for number in range(2000))
    user.write("dvc.yaml", f"stages:\n  fit:\n    cmd: x\n    deps: [{paths}]\n")
    done = user.run("sh", "-c", "mlv graph --no-status | head -1")
    assert (done.out, done.err) == ("● fit\n", "")


def test_in_a_project_its_own_pipeline_is_shown(
    at_home: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = at_home
    user.write("churn/mlv.toml", 'dvc-file = "pipe/dvc.yaml"\n')
    user.write("churn/prepare.ipynb", cells(PREPARE, CLEAN))
    user.write("churn/data/raw.txt", "one\n")
    user.git("add", ".")
    user.mlv("sync")
    user.git("add", ".")
    told = "dvc.yaml has no stage, churn/pipe/dvc.yaml may: cd churn/pipe"
    assert graph().stderr.splitlines() == [told]
    assert refusal("-o", "p.svg", code=1).endswith(told)
    for folder in ("churn/pipe", "."):
        monkeypatch.chdir(user.top / "churn" if folder == "." else user.top / folder)
        shown = graph().stdout.splitlines()
        assert shown[0] == "○ prepare  prepare.ipynb  never run"
        assert [line.split() for line in shown[1:3]] == [
            ["reads", "../data/raw.txt"],
            ["writes", "../data/clean.txt"],
        ]
    done = graph("-o", "p.svg")
    assert (done.exit_code, done.output) == (0, "p.svg <- churn/pipe/dvc.yaml\n")
    user.write("churn/pipe/dvc.yaml", "stages: [\n")
    assert "churn/pipe/dvc.yaml:" in graph().stderr + graph().stdout


def test_a_part_of_the_pipeline_is_shown_with_all_that_it_needs(
    project: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.mlv("sync")
    three = ["○ prepare", "○ fit", "○ show"]

    def heads(*args: str) -> list[str]:
        done = graph(*args)
        assert done.exit_code == 0, done.output
        return [
            line[: line.index("  ")] for line in done.stdout.splitlines() if line[:1] in ("○", "●")
        ]

    assert heads() == heads("show") == heads("show.ipynb") == heads("page.html") == three
    assert heads("fit") == heads("./fit.ipynb") == heads("scores.json") == three[:2]
    assert heads("prepare", "data/raw.txt") == heads("data/clean.txt") == three[:1]
    shown = graph("fit", "--no-status").stdout
    assert shown.endswith("\n2 stages\n") and "page.html" not in shown
    assert "show" not in graph("fit", "--format", "mermaid").stdout

    monkeypatch.chdir("data")
    assert heads("clean.txt") == heads("../prepare.ipynb") == three[:1]
    told = "no stage, notebook or file of this pipeline is 'fat': `mlv graph` shows them all"
    assert refusal("fat", code=2) == f"mlv: {told}"
    assert "'model.txt'" in refusal("model.txt", code=2)
    assert "outside of this repository" in refusal("../../x", code=2)


def test_a_part_has_the_circles_that_it_needs(project: User) -> None:
    project.write("dvc.yaml", CIRCLE + "  free: {cmd: x, outs: [c]}\n")
    project.git("rm", "-q", "-f", "--cached", "prepare.ipynb", "fit.ipynb", "show.ipynb")
    done = graph("one")
    assert done.exit_code == 1 and "two -> one -> two" in done.stderr and "free" not in done.stdout
    done = graph("free")
    assert done.exit_code == 0 and done.stderr == "" and "one" not in done.stdout
