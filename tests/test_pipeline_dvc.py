"""DVC itself reads what was spliced, runs it, and rewrites the file around it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from pipeline_support import BRACES, COMMENTED, EMPTY, GROUPS, MIXED, NOTHING, load, stage
from support import Repo

from mlv_hooks.stage.pipeline import add_params, move_lock, read_pipeline, splice

SHOW = "import json, sys; open(sys.argv[1], 'w').write(json.dumps(sys.argv[2:]))\n"


@pytest.fixture
def project(tmp_path: Path, people_env: Mapping[str, str]) -> Repo:
    """A DVC project without git."""
    environment = {
        **people_env,
        "DVC_NO_ANALYTICS": "1",
        "DVC_GLOBAL_CONFIG_DIR": str(tmp_path / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(tmp_path / "system"),
    }
    repo = Repo(tmp_path / "project", environment)
    repo.top.mkdir()
    dvc(repo, "init", "--no-scm")
    repo.write("show.py", SHOW)
    return repo


def dvc(repo: Repo, *arguments: str) -> str:
    done = repo.run("dvc", *arguments, "--quiet" if arguments[0] == "init" else "--verbose")
    assert done.code == 0, done.said
    return done.said


def listed(said: str) -> set[str]:
    """Return the names in the output of `dvc stage list --name-only`."""
    lines = (line.strip() for line in said.splitlines())
    return {line.removeprefix("dvc.yaml:") for line in lines if line and " " not in line}


def test_dvc_lists_the_stages_of_files_by_hand_in_which_some_changed(project: Repo) -> None:
    new = {"evaluate": stage("evaluate", params=[]), "sort": stage("sort", frozen=True, params=[])}
    moved = {"fetch": "get", "each": "every", "prepare": "prepare_all"}
    expected = {}
    for number, text in enumerate((COMMENTED, GROUPS, MIXED, NOTHING, EMPTY, BRACES, "")):
        text = text.replace("clean up", "clean_up").replace("by hand", "by_hand")
        text = text.replace("- limits.yaml\n", "").replace("vars: [a.yaml]\n", "")
        changes = {**new, "keyed": None, "train": None}
        spliced = splice(text.replace("${train}", ""), changes, moved)
        spliced = splice(spliced, {"last": {"cmd": "echo last", "matrix": {"n": [1]}}})
        folder = f"p{number}"
        project.write(
            f"{folder}/dvc.yaml", spliced.replace("${evaluate}", "").replace("${sort}", "")
        )
        expected[folder] = read_pipeline(spliced).stages.keys()
    said = dvc(project, "stage", "list", "--all", "--name-only")
    for folder, names in expected.items():
        found = {line.split(":")[1] for line in said.splitlines() if line.startswith(f"{folder}/")}
        assert {name.split("@")[0] for name in found} == names


def test_dvc_runs_the_very_command_however_it_was_folded(project: Repo) -> None:
    words = ["a b", "c  d", "--x y", "é", "#no comment", "k: v", "*", "-", "$HOME", "w" * 90]
    quoted = " ".join(f"'{word}'" for word in words)
    data = {
        "cmd": f'python show.py out.json --names {quoted} --no-shuffle "two\\"quotes" ${{train}}',
        "outs": [{"out.json": {"cache": False}}],
        "params": ["train"],
    }
    values = {"rate": 0.5, "name": "it's", "layers": [1, 2], "shuffle": True, "empty": ""}
    project.write("dvc.yaml", splice("", {"train": data}))
    project.write("params.yaml", add_params("", "train", values))
    dvc(project, "repro")
    assert json.loads((project.top / "out.json").read_text(encoding="utf-8")) == [
        *("--names", *words, "--no-shuffle", 'two"quotes'),
        *("--rate", "0.5", "--name", "it's", "--layers", "1", "2", "--shuffle", "--empty", ""),
    ]


def test_dvc_rewrites_the_file_and_leaves_the_bytes_of_our_stages(project: Repo) -> None:
    long = "python -m steps.train " + " ".join(f"--file{n} data/{n}.csv" for n in range(20))
    text = splice("", {"train": stage(cmd=long, params=[]), "sort": stage("sort", cmd="sort x")})
    project.write("dvc.yaml", text.replace("    params: []\n", ""))
    project.write("params.yaml", add_params("", "sort", {"by": "name"}))
    dvc(project, "stage", "add", "--name", "mine", "--outs", "o", "echo mine")
    dvc(project, "freeze", "sort")
    after = (project.top / "dvc.yaml").read_text(encoding="utf-8")
    assert "  train:" + text.replace("    params: []\n", "").split("  train:")[1] in after
    assert load(after)["stages"]["sort"] == {**stage("sort", cmd="sort x"), "frozen": True}
    assert list(read_pipeline(after).stages) == ["sort", "train", "mine"]


def test_a_stage_that_takes_another_name_does_not_run_again(project: Repo) -> None:
    data = {"cmd": "python show.py out.json --a 1", "deps": ["show.py"], "outs": ["out.json"]}
    project.write("dvc.yaml", splice("", {"train": data, "other": {"cmd": "echo x"}}))
    dvc(project, "repro")
    lock = (project.top / "dvc.lock").read_text(encoding="utf-8")
    text = (project.top / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", splice(text, {}, {"train": "learn"}))
    project.write("dvc.lock", move_lock(lock, {"train": "learn"}, ()))
    assert "Stage 'learn' didn't change, skipping" in dvc(project, "repro", "learn")
    assert move_lock(lock, {"train": "learn"}, ()) == lock.replace("  train:", "  learn:")

    project.write("dvc.yaml", splice(text, {"train": None, "other": None}))
    project.write("dvc.lock", move_lock(lock, {}, ["train", "other"]))
    assert (project.top / "dvc.yaml").read_text(encoding="utf-8") == "stages: {}\n"
    assert (project.top / "dvc.lock").read_text(encoding="utf-8").endswith("stages: {}\n")
    assert not listed(dvc(project, "stage", "list", "--name-only"))
    project.write("dvc.yaml", splice("stages: {}\n", {"again": data}))
    dvc(project, "repro")
    assert load((project.top / "dvc.lock").read_text(encoding="utf-8"))["stages"].keys() == {
        "again"
    }
