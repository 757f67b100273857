"""Several projects in one repository: each has its own settings, steps, dvc.yaml, params.yaml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from samples import code, notebook
from stage_support import dvc
from support import Repo, copy_repo

ACME = "clients/acme"
TRAIN = '''"""Train.

:param int rows: how many
:dvc-in raw: {raw}
:dvc-out model: out/model.txt
"""
raw = "../{raw}"
model = "../out/model.txt"
rows = 2'''
WORK = """import os
from lib.shout import shout
os.makedirs("../out", exist_ok=True)
open(model, "w").write(shout(open(raw).read()) * rows)"""


def train(raw: str, tag: str = "parameters", work: str = WORK) -> bytes:
    return notebook(code(TRAIN.format(raw=raw), metadata={"tags": [tag]}), code(work))


def commits(repo: Repo) -> str:
    """Commit, after which nothing may be left to do, and return what was said."""
    repo.add()
    done = repo.run("git", "commit", "-m", "work")
    assert done.code == 0, done.said
    assert repo.status() == {}
    check = repo.mlv("sync", "--check")
    assert (check.code, check.said) == (0, "")
    return done.said


@pytest.fixture(scope="session")
def two_template(
    tmp_path_factory: pytest.TempPathFactory, hooked_template: Path, people_env: dict[str, str]
) -> Path:
    """A repository whose one commit holds two projects, each with a notebook train.ipynb."""
    repo = copy_repo(hooked_template, tmp_path_factory.mktemp("two") / "repo", people_env)
    repo.write("data/raw.txt", "top\n")
    repo.write("shared/raw.txt", "acme\n")
    repo.write("lib/shout.py", "def shout(text):\n    return text\n")
    repo.write(f"{ACME}/lib/shout.py", "def shout(text):\n    return text.upper()\n")
    repo.write("pyproject.toml", "[tool.mlv]\nsteps = 'jobs/{name}.py'\n")
    repo.write(f"{ACME}/mlv.toml", 'parameters-tag = "given"\nexclude = ["drafts"]\n')
    repo.write("notebooks/train.ipynb", train("data/raw.txt"))
    repo.write(f"{ACME}/notebooks/train.ipynb", train("../../shared/raw.txt", "given"))
    commits(repo)
    return repo.top


@pytest.fixture
def two(tmp_path: Path, two_template: Path, people_env: dict[str, str]) -> Repo:
    """A repository whose one commit holds two projects, each with a notebook train.ipynb."""
    return copy_repo(two_template, tmp_path / "repo", people_env)


def stages(repo: Repo, project: str) -> dict[str, Any]:
    held = YAML(typ="safe").load(repo.read(f"{project}/dvc.yaml"))
    return dict(held["stages"] or {})


def steps(repo: Repo) -> set[str]:
    return {one for one in repo.paths() if "/steps/" in f"/{one}" or one.startswith("jobs/")}


def test_two_projects_have_stages_of_one_name_and_dvc_runs_both(two: Repo) -> None:
    assert steps(two) == {"jobs/train.py", f"{ACME}/steps/train.py"}
    assert stages(two, ACME)["train"] == {
        "cmd": "python -m steps.train --raw ../../shared/raw.txt --model out/model.txt ${train}",
        "deps": ["../../shared/raw.txt", "lib/shout.py", "steps/train.py"],
        "params": ["train"],
        "outs": ["out/model.txt"],
        "meta": {"mlv": {"notebook": "notebooks/train.ipynb"}},
    }
    assert stages(two, ".")["train"]["deps"] == ["data/raw.txt", "jobs/train.py", "lib/shout.py"]
    two.edit(f"{ACME}/params.yaml", "2", "1")
    dvc(two, "init", "--quiet")
    dvc(two, "repro", "--quiet", "--all-pipelines")
    assert two.read("out/model.txt") == b"top\ntop\n"
    assert two.read(f"{ACME}/out/model.txt") == b"ACME\n"


def test_a_notebook_that_moves_takes_step_and_stage_to_the_other_project(two: Repo) -> None:
    two.git("mv", "notebooks/train.ipynb", f"{ACME}/notebooks/second.ipynb")
    two.git("mv", "notebooks/train.py", f"{ACME}/notebooks/second.py")
    moved = train("../../data/raw.txt", "given").replace(b"out/model", b"out/second")
    two.write(f"{ACME}/notebooks/second.ipynb", moved)
    commits(two)
    assert steps(two) == {f"{ACME}/steps/train.py", f"{ACME}/steps/second.py"}
    assert stages(two, ".") == {}
    assert stages(two, ACME)["second"]["meta"]["mlv"]["notebook"] == "notebooks/second.ipynb"
    assert sorted(YAML(typ="safe").load(two.read(f"{ACME}/params.yaml"))) == ["second", "train"]


def test_a_project_that_moves_stays_as_it_is_and_one_that_goes_leaves_nothing_of_ours(
    two: Repo,
) -> None:
    two.git("mv", ACME, "clients/apex")
    commits(two)
    moved = two.git("diff", "--name-status", "-M100%", "HEAD~", "HEAD").splitlines()
    assert {row.split("\t")[0] for row in moved} == {"R100"}, moved

    two.git("rm", "--quiet", "-r", "clients/apex/notebooks", "clients/apex/mlv.toml")
    said = commits(two)
    assert "clients/apex/steps/train.py deleted: its notebook clients/apex/notebooks/" in said
    assert stages(two, "clients/apex") == {}
    assert steps(two) == {"jobs/train.py"}


def test_settings_that_come_go_or_change_move_what_they_decide(two: Repo) -> None:
    two.edit("pyproject.toml", "jobs", "tasks")
    commits(two)
    assert {"jobs/train.py", "tasks/train.py", "dvc.yaml", "pyproject.toml"} == set(two.changed())
    assert "python -m tasks.train" in two.head("dvc.yaml")

    two.write("notebooks/mlv.toml", "# a project of its own\n")
    two.edit("notebooks/train.ipynb", "raw: data", "raw: ../data")
    two.edit("notebooks/train.ipynb", "model: out", "model: ../out")
    commits(two)
    assert steps(two) == {"notebooks/steps/train.py", f"{ACME}/steps/train.py"}
    assert "tasks/train.py" not in two.paths()
    assert stages(two, ".") == {}
    assert stages(two, "notebooks")["train"]["outs"] == ["../out/model.txt"]

    two.git("rm", "--quiet", "notebooks/mlv.toml")
    said = two.refuses()
    assert "../data/raw.txt leaves the repository" in said
    two.edit("notebooks/train.ipynb", "raw: ../data", "raw: data")
    two.edit("notebooks/train.ipynb", "model: ../out", "model: out")
    commits(two)
    assert {"tasks/train.py"} <= two.paths()
    assert steps(two) == {f"{ACME}/steps/train.py"}
    assert stages(two, "notebooks") == {}


def test_dvc_files_stand_where_the_settings_say_in_a_project_with_a_dvc_of_its_own(
    two: Repo,
) -> None:
    files = 'dvc-file = "pipelines/dvc.yaml"\nparams-file = "config/train.yaml"\n'
    two.write(f"{ACME}/mlv.toml", f'parameters-tag = "given"\n{files}')
    two.write(f"{ACME}/config/train.yaml", two.read(f"{ACME}/params.yaml").replace(b"2", b"1"))
    two.git("rm", "--quiet", "--force", f"{ACME}/params.yaml")
    commits(two)
    assert stages(two, ACME) == {}
    assert not two.exists(f"{ACME}/params.yaml")
    found = stages(two, f"{ACME}/pipelines")["train"]
    assert (found["wdir"], found["vars"]) == ("..", ["config/train.yaml"])
    assert found["params"] == [{"config/train.yaml": ["train"]}]
    dvc(two.at(ACME), "init", "--quiet", "--subdir")
    dvc(two.at(ACME), "repro", "--quiet", "pipelines/dvc.yaml")
    assert two.read(f"{ACME}/out/model.txt") == b"ACME\n"

    two.git("add", "--force", f"{ACME}/out/model.txt")
    two.edit(f"{ACME}/notebooks/train.ipynb", "rows = 2", "rows = 2\nlimit = 7")
    two.edit(f"{ACME}/notebooks/train.ipynb", ":dvc-out", ":dvc-metric: out/sum.json\n:dvc-out")
    two.git("add", f"{ACME}/notebooks/train.ipynb")
    said = two.refuses()
    assert f"`git rm -r --cached {ACME}/out/model.txt`" in said
    two.git("rm", "--quiet", "--cached", f"{ACME}/out/model.txt")
    said = commits(two)
    assert f"{ACME}/config/train.yaml: parameters of train" in said
    assert two.head(f"{ACME}/config/train.yaml") == "train:\n  rows: 1\n  limit: 7\n"


def writes(repo: Repo, path: str, out: str) -> None:
    """Let the notebook at a path, and its stage, write something else; and stage the edit."""
    repo.edit(path, "model: out/model.txt", f"model: {out}")
    repo.edit(path, '"../out/model.txt', f'"../{out}')
    repo.add()


def refused(repo: Repo) -> str:
    """Return what the hook says, which must refuse and change nothing."""
    before = repo.state()
    done = repo.run("mlv", "hook", "all")
    assert (done.code, repo.state()) == (1, before), done.said
    return done.said


def test_what_a_stage_of_another_project_writes_is_refused(two: Repo) -> None:
    outer, inner = "notebooks/train.ipynb", f"{ACME}/notebooks/train.ipynb"
    writes(two, inner, "../../out/model.txt")
    meet = "the stage train and dvc.yaml both have out/model.txt: give one its own path"
    assert f"{inner}: MLV409 {meet}" in refused(two)
    assert two.mlv("sync").code == 1
    assert "../../out" not in two.read(f"{ACME}/dvc.yaml").decode()
    two.git("reset", "--quiet", "--hard")
    # Both at once, and one in a folder that the other writes.
    writes(two, outer, "all")
    writes(two, inner, "../../all/model.txt")
    said = refused(two)
    assert f"{inner}: MLV409 the stage train and dvc.yaml both have all/model.txt and all" in said
    meet = f"the stage train and {ACME}/dvc.yaml both have all and all/model.txt"
    assert f"{outer}: MLV409 {meet}" in said
    two.git("reset", "--quiet", "--hard")
    # What DVC keeps by itself is nobody's output.
    two.write("data/kept.txt.dvc", "outs:\n- md5: 0\n  path: kept.txt\n")
    writes(two, inner, "../../data/kept.txt")
    assert "the stage train and data/kept.txt.dvc both have data/kept.txt" in refused(two)


def test_a_step_or_a_file_of_another_project_is_not_written(two: Repo) -> None:
    kept = {path: two.read(f"{ACME}/{path}") for path in ("dvc.yaml", "steps/train.py")}
    step = f"{ACME}/notebooks/train.ipynb has the same step {ACME}/steps/train.py"
    whose = f"is also that of the project in {ACME}: give one of them another"
    for setting, said in (
        (f"steps = '{ACME}/steps/{{name}}.py'", f"MLV012 {step}"),
        (f"dvc-file = '{ACME}/dvc.yaml'", f"{ACME}/dvc.yaml: MLV406 {whose} `dvc-file`"),
        (
            f"params-file = '{ACME}/params.yaml'",
            f"{ACME}/params.yaml: MLV406 {whose} `params-file`",
        ),
    ):
        two.write("pyproject.toml", f"[tool.mlv]\n{setting}\n")
        two.edit("notebooks/train.ipynb", "rows = 2", "rows = 2\nlimit = 3")
        two.add()
        assert said in refused(two)
        if "steps" in setting:
            assert said in two.mlv("sync").said
        assert kept == {path: two.read(f"{ACME}/{path}") for path in kept}
        two.git("reset", "--quiet", "--hard")
        two.git("clean", "--quiet", "--force", "steps")


def test_two_projects_write_side_by_side_into_one_folder(two: Repo) -> None:
    writes(two, "notebooks/train.ipynb", "all/top.txt")
    writes(two, f"{ACME}/notebooks/train.ipynb", "../../all/acme")
    said = commits(two)
    assert two.head("all/.gitignore") == "/top.txt\n/acme\n"
    assert "all/.gitignore: git ignores top.txt, which DVC keeps; git ignores acme, which" in said


def test_a_quiet_sync_sees_the_settings_and_stages_of_each_project(two: Repo) -> None:
    assert (two.mlv("sync").code, two.mlv("sync").said) == (0, "")
    two.edit(f"{ACME}/dvc.yaml", "--model out/model.txt", "--model out/other.txt")
    said = two.mlv("sync").said
    assert f"{ACME}/dvc.yaml: MLV403 the stage train was edited by hand (cmd)" in said
    assert f"`git checkout {ACME}/dvc.yaml`" in said
    two.git("checkout", f"{ACME}/dvc.yaml")
    two.write(f"{ACME}/lib/shout.py", "import lib.more\n\n\ndef shout(text):\n    return text\n")
    two.write(f"{ACME}/lib/more.py", "")
    assert two.mlv("sync").said == f"{ACME}/dvc.yaml: stage train <- notebooks/train.ipynb\n"
    assert "lib/more.py" in stages(two, ACME)["train"]["deps"]
    two.edit(f"{ACME}/mlv.toml", "exclude", "exclud")
    done = two.mlv("sync")
    message = f"{ACME}/mlv.toml: unknown key 'exclud', did you mean 'exclude'?"
    assert (done.code, done.said) == (2, f"mlv: {message}\n")


def test_each_project_is_checked_by_its_own_settings(two: Repo) -> None:
    def codes(*args: str) -> set[tuple[str, str]]:
        found = json.loads(two.mlv("check", "--output-format", "json", *args).out)
        return {(one["filename"], one["code"]) for one in found}

    two.write(f"{ACME}/drafts/idea.ipynb", b"no notebook yet")
    two.add()
    both = {"notebooks/train.ipynb", f"{ACME}/notebooks/train.ipynb"}
    assert codes() == {(path, "MLV106") for path in both}
    two.write(f"{ACME}/mlv.toml", 'parameters-tag = "given"\nignore = ["MLV106"]\n')
    draft = (f"{ACME}/drafts/idea.ipynb", "MLV001")
    assert codes() == {("notebooks/train.ipynb", "MLV106"), draft}
    ignores = '[per-file-ignores]\n"notebooks/*" = ["MLV1"]\n"drafts/*" = ["MLV001"]\n'
    two.write(f"{ACME}/mlv.toml", f'parameters-tag = "given"\n{ignores}')
    assert codes(ACME) == set()
    two.git("checkout", "--quiet", f"{ACME}/mlv.toml")
    two.write(f"{ACME}/lib/shout.py", "def shout(text):\n    return text\n")
    assert codes("--since", "HEAD") == {(f"{ACME}/notebooks/train.ipynb", "MLV106")}
