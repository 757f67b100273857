"""The hooks as `.pre-commit-hooks.yaml` offers them to other repositories."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jupytext.formats import JUPYTEXT_FORMATS
from ruamel.yaml import YAML
from users import ROOT, User, code, notebook

from mlv_hooks.commands.hook_entry import OUR_IDS
from mlv_hooks.stage.dvc_program import OLDEST

MANIFEST = ROOT / ".pre-commit-hooks.yaml"
NOTEBOOK = notebook(code("x = 1", id="x", count=1, out="1\n"))


def offered() -> dict[str, dict[str, Any]]:
    return {one["id"]: dict(one) for one in YAML(typ="safe").load(MANIFEST)}


def ours(id: str = "mlv") -> dict[str, Any]:
    """Return a hook with every setting of the manifest, but no environment."""
    settings = {**offered()[id], "language": "system"}
    settings.pop("additional_dependencies", None)
    return settings


def test_pre_commit_takes_the_manifest(user: User) -> None:
    user.run("pre-commit", "validate-manifest", str(MANIFEST))


def test_every_hook_is_one_that_init_knows_and_that_the_command_has(user: User) -> None:
    assert tuple(offered()) == OUR_IDS
    for one in offered().values():
        program, *words = one["entry"].split()
        assert program == "mlv"
        user.mlv(*words, "--help")


def test_all_hooks_are_seen_in_the_same_commits_and_only_the_stage_brings_dvc() -> None:
    told = ("files", "always_run", "require_serial", "stages", "language")
    first, *others = ({key: one[key] for key in told} for one in offered().values())
    assert others == [first] * 3
    brings = {id: one.get("additional_dependencies") for id, one in offered().items()}
    oldest = ".".join(map(str, OLDEST))
    assert brings == {
        "mlv": None,
        "mlv-pair": None,
        "mlv-stage": [f"dvc>={oldest}"],
        "mlv-check": None,
    }


def test_every_kind_of_script_that_jupytext_writes_brings_its_file_to_the_hook() -> None:
    files = re.compile(ours()["files"])
    assert files.search("a b/train.ipynb")
    assert [
        one.extension for one in JUPYTEXT_FORMATS if not files.search(f"x{one.extension}")
    ] == []
    assert not files.search("data/customers.csv")
    assert not files.search("ipynb")


@pytest.fixture
def manifest(user: User) -> User:
    """Return a repository whose hook has every setting of the manifest, but no environment."""
    user.hooks(ours())
    user.write("train.ipynb", NOTEBOOK)
    user.git("add", ".")
    return user


def test_a_new_pair_is_told_though_the_hook_passes(manifest: User) -> None:
    said = manifest.commit().text
    assert re.search(r"^pair and check notebooks\.+Passed$", said, re.MULTILINE)
    assert "train.py <- train.ipynb" in said.splitlines()


def test_dropped_outputs_are_told_in_the_commit(manifest: User) -> None:
    manifest.commit()
    manifest.edit("train.py", "x = 1", "x = 2")
    said = manifest.commit("--all").text
    assert "train.ipynb <- train.py (outputs dropped: cell 1, run again)" in said.splitlines()


def test_a_commit_that_only_deletes_is_seen(manifest: User) -> None:
    manifest.commit()
    manifest.git("rm", "--quiet", "train.ipynb")
    assert "train.py deleted: its notebook train.ipynb is gone" in manifest.commit().text
    assert manifest.files() == ["train.ipynb", "train.py"]


def test_a_merge_without_conflicts_is_paired_as_well(manifest: User) -> None:
    manifest.commit()
    manifest.git("checkout", "--quiet", "-b", "side")
    manifest.write("other.ipynb", NOTEBOOK)
    manifest.git("add", ".")
    manifest.commit("--no-verify")
    manifest.git("checkout", "--quiet", "main")
    manifest.write("notes.md", "x\n")
    manifest.git("add", ".")
    manifest.commit()

    manifest.run("git", "merge", "--quiet", "-m", "merge", "side", code=None)

    assert "other.py" in manifest.git("ls-files").splitlines()
    assert manifest.path("other.py").exists()


def test_many_files_are_one_run(manifest: User, tmp_path: Path) -> None:
    # Two processes at once would write the same scripts; pre-commit splits long lists otherwise.
    log = tmp_path / "log"
    entry = f"sh -c 'echo run >>{log}'"
    manifest.hooks({**ours(), "entry": entry})
    for number in range(60):
        manifest.write(f"nb/{number}.ipynb", NOTEBOOK)
    manifest.git("add", ".")
    manifest.commit()
    assert log.read_text() == "run\n"


def test_the_hook_can_be_run_by_hand(manifest: User) -> None:
    stage = ("--hook-stage", "manual")
    assert "train.py <- train.ipynb" in manifest.run("pre-commit", "run", *stage, "mlv").text


@pytest.mark.slow
def test_a_repository_that_names_this_one_gets_the_hook_installed(
    user: User, tmp_path: Path
) -> None:
    """As a user does: a clone at a revision, an environment of its own, packages from the index."""
    source = User(tmp_path / "source", user.env)
    source.top.mkdir()
    source.git("init", "--quiet")
    tracked = user.run("git", "-C", str(ROOT), "ls-files", "-z", "--", "mlv_hooks", "*.toml").out
    extra = ("README.md", "LICENSE", "CHANGELOG.md", ".pre-commit-hooks.yaml")
    for name in [*tracked.split("\0")[:-1], *extra]:
        if "/fixtures/" not in f"/{name}" and (ROOT / name).is_file():
            source.write(name, (ROOT / name).read_bytes())
    source.git("add", ".")
    source.commit()
    config = {
        "repos": [
            {
                "repo": str(source.top),
                "rev": source.git("rev-parse", "HEAD"),
                "hooks": [{"id": "mlv"}],
            }
        ]
    }
    user.write(".pre-commit-config.yaml", json.dumps(config))
    user.run("pre-commit", "install")
    user.write("train.ipynb", NOTEBOOK)
    user.git("add", ".")

    said = user.commit(PATH=user.env["PATH"]).text

    assert "train.py <- train.ipynb" in said
    assert user.files() == [".pre-commit-config.yaml", "train.ipynb", "train.py"]
    ours = list(Path(user.env["PRE_COMMIT_HOME"]).glob("repo*/py_env-*/bin/mlv"))
    assert len(ours) == 1
    assert user.run("pre-commit", "run", "--all-files").code == 0
