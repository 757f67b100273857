"""Notebooks that ask for a step: each commit carries the step along."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from samples import code, notebook
from support import Repo, copy_repo

PARAMETERS = '''"""Fit.

:param int epochs: rounds
"""
model = "model.txt"
epochs = 2'''
WORK = 'with open(model, "w") as file:\n    file.write(str(epochs))'
LOOK = "print(epochs)"


def fit() -> bytes:
    """A notebook that asks for a step, and declares no stage."""
    return notebook(
        code(PARAMETERS, metadata={"tags": ["parameters"]}),
        code(LOOK, metadata={"tags": ["no-effect"]}),
        code(WORK),
        metadata={"mlv": {"step": True}},
    )


@pytest.fixture(scope="session")
def stepped_template(
    tmp_path_factory: pytest.TempPathFactory, committed_template: Path, people_env: dict[str, str]
) -> Path:
    """A repository whose second commit holds fit.ipynb, its script and its step."""
    top = tmp_path_factory.mktemp("stepped") / "repo"
    repo = copy_repo(committed_template, top, people_env)
    repo.write("fit.ipynb", fit())
    repo.add()
    repo.commits()
    assert repo.changed() == {"fit.ipynb": "A", "fit.py": "A", "steps/fit.py": "A"}
    return top


@pytest.fixture
def stepped(tmp_path: Path, stepped_template: Path, people_env: dict[str, str]) -> Repo:
    """A repository whose second commit holds fit.ipynb, its script and its step."""
    return copy_repo(stepped_template, tmp_path / "repo", people_env)


def step(repo: Repo, name: str = "fit") -> str:
    return repo.read(f"steps/{name}.py").decode()


def test_a_new_notebook_comes_with_its_step_and_the_step_does_its_work(stepped: Repo) -> None:
    done = stepped.run("python", "-m", "steps.fit", "--epochs", "5")
    assert (done.code, done.said) == (0, "")
    assert stepped.read("model.txt") == b"5"


def test_a_notebook_that_asks_for_nothing_has_no_step(repo: Repo) -> None:
    assert not repo.exists("steps")


def test_an_edited_notebook_takes_its_step_along(stepped: Repo) -> None:
    stepped.edit("fit.ipynb", "epochs = 2", "epochs = 3")
    said = stepped.commits("-a")
    assert stepped.changed() == {"fit.ipynb": "M", "fit.py": "M", "steps/fit.py": "M"}
    assert "steps/fit.py <- fit.ipynb" in said
    assert "epochs: int = 3" in step(stepped)


def test_an_edited_script_takes_notebook_and_step_along(stepped: Repo) -> None:
    stepped.edit("fit.py", "epochs = 2", "epochs = 3")
    stepped.commits("-a")
    assert stepped.changed() == {"fit.ipynb": "M", "fit.py": "M", "steps/fit.py": "M"}
    assert "epochs: int = 3" in step(stepped)


def test_a_commit_by_path_takes_the_step_along(stepped: Repo) -> None:
    stepped.edit("fit.ipynb", "epochs = 2", "epochs = 3")
    stepped.commits("fit.ipynb")
    assert stepped.changed() == {"fit.ipynb": "M", "fit.py": "M", "steps/fit.py": "M"}


def test_comments_and_cells_without_effect_leave_the_step_alone(stepped: Repo) -> None:
    before = step(stepped)
    stepped.edit("fit.ipynb", "print(epochs)", "print('rounds:', epochs)")
    stepped.edit("fit.ipynb", "file.write(str(epochs))", "file.write(str( epochs ))  # so many")
    stepped.commits("-a")
    assert stepped.changed() == {"fit.ipynb": "M", "fit.py": "M"}
    assert step(stepped) == before


def test_a_formatted_step_stays_as_it_was_formatted(stepped: Repo) -> None:
    stepped.edit("steps/fit.py", "import argparse\n", "# by hand\nimport argparse\n")
    stepped.commits("-a")
    assert stepped.changed() == {"steps/fit.py": "M"}


def test_a_step_edited_by_hand_becomes_what_its_notebook_says(stepped: Repo) -> None:
    text = step(stepped)
    stepped.edit("steps/fit.py", "file.write(str(epochs))", "file.write(str(epochs + 1))")
    edited = step(stepped)
    stepped.edit("notes.txt", "one", "two")
    said = stepped.commits("-a")
    assert "steps/fit.py <- fit.ipynb" in said
    assert (stepped.changed(), step(stepped)) == ({"notes.txt": "M"}, text)
    assert stepped.git("show", "refs/mlv/backups:steps/fit.py") == edited


def test_a_deleted_step_comes_back(stepped: Repo) -> None:
    stepped.git("rm", "--quiet", "steps/fit.py")
    stepped.edit("notes.txt", "one", "two")
    stepped.commits("-a")
    assert stepped.changed() == {"notes.txt": "M"}
    assert stepped.exists("steps/fit.py")


def test_a_deleted_notebook_takes_its_step_along(stepped: Repo) -> None:
    stepped.git("rm", "--quiet", "fit.ipynb")
    stepped.commits()
    assert stepped.changed() == {"fit.ipynb": "D", "fit.py": "D", "steps/fit.py": "D"}


def test_a_deleted_notebook_takes_an_edited_step_along_into_the_backups(stepped: Repo) -> None:
    stepped.git("rm", "--quiet", "fit.ipynb")
    stepped.edit("steps/fit.py", "str(epochs)", "str(epochs + 1)")
    stepped.add("steps/fit.py")
    edited = step(stepped)
    stepped.commits()
    assert stepped.changed() == {"fit.ipynb": "D", "fit.py": "D", "steps/fit.py": "D"}
    assert stepped.git("show", "refs/mlv/backups:steps/fit.py") == edited


def test_a_notebook_deleted_past_the_hooks_takes_its_step_along_later(stepped: Repo) -> None:
    stepped.git("rm", "--quiet", "fit.ipynb")
    stepped.git("commit", "--quiet", "--no-verify", "-m", "past the hooks")
    stepped.edit("notes.txt", "one", "two")
    stepped.commits("-a")
    assert stepped.changed() == {"notes.txt": "M", "fit.py": "D", "steps/fit.py": "D"}


def test_sync_finds_a_step_whose_notebook_is_long_gone(stepped: Repo) -> None:
    stepped.git("rm", "--quiet", "fit.ipynb", "fit.py")
    stepped.git("commit", "--quiet", "--no-verify", "-m", "past the hooks")
    for number in range(12):
        stepped.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", str(number))
    done = stepped.mlv("sync")
    assert (done.code, done.said) == (0, "steps/fit.py deleted: its notebook fit.ipynb is gone\n")
    assert not stepped.exists("steps/fit.py")


def test_a_renamed_notebook_has_a_step_of_its_new_name(stepped: Repo) -> None:
    stepped.git("mv", "fit.ipynb", "01 Learn (v2).ipynb")
    stepped.commits()
    changed = stepped.git("show", "--name-only", "--no-renames", "--format=", "-z").split("\0")
    assert {"steps/fit.py", "steps/_01_learn_v2.py"} <= set(changed)
    assert not stepped.exists("steps/fit.py")
    assert "def _01_learn_v2(" in step(stepped, "_01_learn_v2")


def test_a_notebook_moved_to_a_folder_keeps_its_step_which_works_there(stepped: Repo) -> None:
    stepped.write("work/readme.txt", "work\n")
    stepped.git("mv", "fit.ipynb", "work/fit.ipynb")
    stepped.add("work")
    stepped.commits()
    assert "Generated from work/fit.ipynb" in step(stepped)
    done = stepped.run("python", "steps/fit.py")
    assert (done.code, done.said) == (0, "")
    assert stepped.read("work/model.txt") == b"2"


def test_a_notebook_that_asks_no_more_loses_its_step(stepped: Repo) -> None:
    content = json.loads(stepped.read("fit.ipynb"))
    content["metadata"]["mlv"]["step"] = False
    stepped.write("fit.ipynb", json.dumps(content, indent=1) + "\n")
    said = stepped.commits("-a")
    assert stepped.changed() == {"fit.ipynb": "M", "fit.py": "M", "steps/fit.py": "D"}
    assert "steps/fit.py deleted: fit.ipynb asks for no step any more" in said


def test_a_notebook_asks_by_its_metadata(repo: Repo) -> None:
    content = json.loads(repo.read("train.ipynb"))
    content["metadata"]["mlv"] = {"step": True}
    repo.write("train.ipynb", json.dumps(content, indent=1) + "\n")
    repo.commits("-a")
    assert repo.changed() == {"train.ipynb": "M", "train.py": "M", "steps/train.py": "A"}


def test_what_a_step_cannot_do_is_refused_with_cell_and_line(stepped: Repo) -> None:
    stepped.edit(
        "fit.ipynb", "file.write(str(epochs))", "file.write(str(epochs))\n%run other.ipynb"
    )
    stepped.add()
    said = stepped.refuses()
    assert "fit.ipynb:cell 3:3: MLV011" in said


def test_a_step_never_overwrites_what_somebody_wrote(repo: Repo) -> None:
    repo.write("steps/fit.py", "def fit():\n    return 1\n")
    repo.write("fit.ipynb", fit())
    repo.add()
    said = repo.refuses()
    assert "MLV311" in said and "steps/fit.py, which is not generated" in said


def test_two_notebooks_with_one_step_are_refused(stepped: Repo) -> None:
    stepped.write("b/fit.ipynb", fit())
    stepped.add()
    said = stepped.refuses()
    assert "b/fit.ipynb: MLV012 fit.ipynb has the same step steps/fit.py" in said


def test_a_step_in_another_folder(repo: Repo) -> None:
    repo.write("mlv.toml", 'steps = "src/jobs/{name}_job.py"\n')
    repo.write("fit.ipynb", fit())
    repo.add()
    repo.commits()
    assert {"fit.py", "src/jobs/fit_job.py"} <= repo.changed().keys()
    done = repo.run("python", "-m", "src.jobs.fit_job")
    assert (done.code, done.said) == (0, "")
    assert repo.read("model.txt") == b"2"


def test_without_staging_the_step_is_written_and_named(stepped: Repo) -> None:
    stepped.write("mlv.toml", "stage-generated = false\n")
    stepped.edit("fit.ipynb", "epochs = 2", "epochs = 3")
    stepped.add()
    done = stepped.run("git", "commit", "-m", "work")
    assert done.code != 0
    assert "to commit them: git add fit.py steps/fit.py" in done.said
    stepped.git("add", "fit.py", "steps/fit.py")
    stepped.commits()


def test_a_step_that_sync_has_written_comes_along(repo: Repo) -> None:
    repo.write("fit.ipynb", fit())
    repo.git("add", "fit.ipynb")
    assert repo.mlv("sync").code == 0
    repo.commits()
    assert repo.changed() == {"fit.ipynb": "A", "fit.py": "A", "steps/fit.py": "A"}


def test_an_ignored_step_is_refused(repo: Repo) -> None:
    repo.write(".gitignore", "steps/\n")
    repo.write("fit.ipynb", fit())
    repo.add()
    said = repo.refuses()
    assert "steps/fit.py: MLV308" in said
