"""The recipes for CI have the form that their systems read, and their commands work."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from ruamel.yaml import YAML
from samples import code, notebook
from support import ROOT, Done, Repo

BLOCK = re.compile(r"^## ([\w. -]+)\n.*?^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPES = dict(BLOCK.findall((ROOT / "docs" / "ci.md").read_text(encoding="utf-8")))
UNSAFE = {"tags": ["no-effect"]}


def recipe(name: str) -> Any:
    return YAML(typ="safe").load(RECIPES[name])


def is_of_schema(data: Any, name: str) -> None:
    """Hold a recipe against the schema that check-jsonschema brings for its system."""
    vendor = files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json"
    jsonschema.validate(json.loads(json.dumps(data)), json.loads(vendor.read_text()))


@pytest.fixture
def branch(repo: Repo, tmp_path: Path) -> Repo:
    """A clone, on a branch that has planted an unsafe tag."""
    top = tmp_path / "clone"
    repo.git("clone", "--quiet", str(repo.top), str(top))
    clone = Repo(top, repo.env)
    clone.git("switch", "--quiet", "-c", "side")
    cells = (code("size = 1"), code("size = 2", metadata=UNSAFE), code("print(size)"))
    clone.write("new.ipynb", notebook(*cells))
    assert clone.mlv("sync", "new.ipynb").code == 0
    clone.add()
    clone.git("commit", "--quiet", "--no-verify", "-m", "new")
    return clone


def runs(repo: Repo, commands: list[str], **env: str) -> Done:
    """Run the commands of a recipe as a job does, without those that install."""
    script = "\n".join(one for one in commands if not one.startswith("pip install"))
    return repo.having(CI="true", **env).run("bash", "-e", "-o", "pipefail", "-c", script)


def test_github_annotates_the_line_of_the_script(branch: Repo) -> None:
    workflow = recipe("GitHub Actions")
    is_of_schema(workflow, "github-workflows")
    commands = [step["run"] for step in workflow["jobs"]["check"]["steps"] if "run" in step]

    done = runs(branch, commands, GITHUB_BASE_REF="main")

    line = branch.read("new.py").decode().split("\n").index("size = 2") + 1
    assert done.code == 1
    title = "MLV202 no-effect-binds"
    assert done.out.startswith(f"::error file=new.py,line={line},title={title}::new.ipynb:cell 2")
    branch.git("reset", "--quiet", "--hard", "origin/main")
    assert runs(branch, commands, GITHUB_BASE_REF="main") == Done(0, "", "")


def test_gitlab_gets_a_report_of_code_quality(branch: Repo) -> None:
    is_of_schema(recipe("GitLab CI"), "gitlab-ci")
    job = recipe("GitLab CI")["notebooks"]

    done = runs(branch, job["script"], CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")

    assert done.code == 1, done.said
    (report,) = json.loads(branch.read(job["artifacts"]["reports"]["codequality"]))
    assert (report["check_name"], report["location"]["path"]) == ("MLV202", "new.py")


def test_jenkins_gets_a_report_of_junit(branch: Repo) -> None:
    commands = re.findall(r"sh '(.*)'", RECIPES["Jenkins"])

    assert runs(branch, commands).code == 1
    (kept,) = re.findall(r"junit '(.*)'", RECIPES["Jenkins"])
    failures = ElementTree.fromstring(branch.read(kept)).iter("failure")
    assert ["MLV202" in ElementTree.tostring(one, "unicode") for one in failures] == [True]


def test_pre_commit_ci_reads_its_recipe(repo: Repo, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(RECIPES["pre-commit.ci"])
    assert repo.run("pre-commit", "validate-config", str(path)).code == 0
    manifest = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text())
    hooks = {one["id"] for repo in recipe("pre-commit.ci")["repos"] for one in repo["hooks"]}
    assert hooks <= {one["id"] for one in manifest}


def test_every_recipe_is_held_by_a_test() -> None:
    assert list(RECIPES) == ["GitHub Actions", "GitLab CI", "Jenkins", "pre-commit.ci"]
