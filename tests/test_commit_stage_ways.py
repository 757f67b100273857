"""The ways in which people commit notebooks with stages; after each, all that must hold is checked.

`Repo.commits` checks it: pairs and stages in HEAD are in line, the status is clean or holds what
was left out, no byte is lost, and a second commit has nothing to do.
"""

from __future__ import annotations

import pytest
from piped import CLEAN, PREPARE, cells, stages
from samples import sources
from support import Repo

NOTES = (":dvc-out model", ":dvc-in: notes.txt\n:dvc-out model")
FILES = {"fit.ipynb": "M", "fit.py": "M", "dvc.yaml": "M"}


def brings(name: str) -> dict[str, str]:
    """Return what the commit of a new notebook does."""
    new = (f"{name}.ipynb", f"{name}.py", f"steps/{name}.py")
    changed = ("dvc.yaml", "params.yaml", "data/.gitignore")
    return {**dict.fromkeys(new, "A"), **dict.fromkeys(changed, "M")}


def like_prepare(name: str) -> bytes:
    return cells(PREPARE.replace("clean.txt", f"{name}.txt"), CLEAN)


def notes_are_in(repo: Repo) -> bool:
    return "notes.txt" in stages(repo)["fit"]["deps"]


def test_new_notebooks_by_path_bring_their_stages_one_by_one(bare: Repo) -> None:
    for name in ("ada", "eve"):
        bare.write(f"{name}.ipynb", like_prepare(name))
    bare.add()
    bare.edit("notes.txt", "one", "two")
    bare.add("notes.txt")
    bare.commits("ada.ipynb", left={"eve.ipynb": "A ", "notes.txt": "M "})
    assert bare.changed() == brings("ada")
    assert list(stages(bare)) == ["ada", "fit", "prepare"]
    bare.commits("--only", "eve.ipynb", left={"notes.txt": "M "})
    assert bare.changed() == brings("eve")
    assert list(stages(bare)) == ["ada", "eve", "fit", "prepare"]


def test_edits_of_either_side_by_a_and_path_and_amend(bare: Repo) -> None:
    bare.edit("fit.ipynb", *NOTES)
    bare.commits("-a")
    assert bare.changed() == FILES and notes_are_in(bare)

    bare.edit("fit.py", NOTES[1], NOTES[0])
    bare.commits("fit.py")
    assert bare.changed() == FILES and not notes_are_in(bare)

    parent = bare.git("rev-parse", "HEAD~1")
    bare.edit("fit.py", *NOTES)
    bare.edit("fit.ipynb", "{text} {rate}", "{text}: {rate}")
    bare.commits("-a", "--amend")
    assert bare.git("rev-parse", "HEAD~1") == parent
    assert notes_are_in(bare) and "{text}: {rate}" in bare.head("steps/fit.py")
    assert ":dvc-in: notes.txt" in sources(bare.blob("fit.ipynb"))[0]
    assert "dvc.yaml" not in bare.changed()  # one commit takes the input away and back

    bare.edit("notes.txt", "one", "two")
    bare.add("notes.txt")
    bare.edit("fit.ipynb", ":dvc-in: notes.txt", ":dvc-in: words.txt")
    bare.commits("--include", "fit.ipynb")
    assert bare.changed() == {**FILES, "notes.txt": "M"}


@pytest.mark.parametrize("path", ["dvc.yaml", "params.yaml", "steps/fit.py"])
def test_a_partly_staged_file_is_refused_in_one_line(piped: Repo, path: str) -> None:
    piped.edit("fit.ipynb", NOTES[0], f"{NOTES[1]}")
    piped.edit("fit.ipynb", "rate = 0.5\n", "rate = 0.5\nepochs = 3\n")
    piped.add()
    piped.write(path, piped.read(path) + b"# not yet\n")
    said = piped.refuses()
    lines = [line for line in said.splitlines() if "git add" in line]
    assert len(lines) == 1 and path in lines[0]
    piped.add()
    piped.commits()
    assert notes_are_in(piped)


def test_unstaged_edits_beside_a_commit_that_does_not_write_the_file_stay(piped: Repo) -> None:
    piped.edit("dvc.yaml", "stages:\n", "vars:\n- x: 1\nstages:\n")
    piped.edit("params.yaml", "rate: 0.5", "rate: 0.9")
    piped.edit("fit.ipynb", "{text} {rate}", "{text}: {rate}")
    piped.add("fit.ipynb")
    left = {"dvc.yaml": " M", "params.yaml": " M"}
    piped.commits(left=left)
    assert piped.changed().keys() == {"fit.ipynb", "fit.py", "steps/fit.py"}
    piped.write("eve.ipynb", like_prepare("eve"))
    piped.add("eve.ipynb")
    assert "git add" in piped.refuses()
    piped.add()
    piped.commits()
    assert piped.changed() == brings("eve")
    assert b"vars:" in piped.blob("dvc.yaml") and b"rate: 0.9" in piped.blob("params.yaml")


def test_staged_edits_beside_what_the_commit_writes_go_along(bare: Repo) -> None:
    bare.edit("dvc.yaml", "stages:\n", "stages:\n  mine:\n    cmd: echo mine\n")
    bare.edit("params.yaml", "rate: 0.5", "rate: 0.9")
    bare.edit("fit.ipynb", *NOTES)
    bare.add()
    bare.commits()
    assert bare.changed() == {**FILES, "params.yaml": "M"}
    assert stages(bare)["mine"] == {"cmd": "echo mine"} and notes_are_in(bare)

    # By path, the staged edit of dvc.yaml is not part of the commit.
    bare.edit("dvc.yaml", "echo mine", "echo yours")
    bare.add("dvc.yaml")
    bare.edit("fit.ipynb", NOTES[1], NOTES[0])
    assert "dvc.yaml" in bare.refuses("fit.ipynb")
    bare.commits("fit.ipynb", "dvc.yaml")
    assert bare.changed() == FILES


def test_a_stage_follows_its_notebook_wherever_that_goes(bare: Repo) -> None:
    bare.git("mv", "fit.ipynb", "learn.ipynb")
    bare.commits()
    assert list(stages(bare)) == ["learn", "prepare"]
    assert b"learn:\n" in bare.blob("params.yaml") and b"fit" not in bare.blob("dvc.yaml")

    below = PREPARE.replace('"data/', '"../data/').replace("clean.txt", "below.txt")
    bare.write("work/deep/below.ipynb", cells(below.replace('"../', '"../../'), CLEAN))
    bare.add()
    bare.commits()
    old = stages(bare)["below"]
    bare.git("mv", "work", "notebooks")
    bare.commits()
    new = {**old, "meta": {"mlv": {"notebook": "notebooks/deep/below.ipynb"}}}
    assert stages(bare)["below"] == new

    (bare.top / "notebooks/deep/below.ipynb").unlink()
    bare.commits("notebooks/deep/below.ipynb")
    assert list(stages(bare)) == ["learn", "prepare"]
    (bare.top / "learn.ipynb").unlink()
    bare.git("rm", "--quiet", "prepare.ipynb")
    bare.commits("-a")
    assert bare.blob("dvc.yaml") == b"stages: {}\n"
    bare.write("eve.ipynb", like_prepare("eve"))
    bare.add()
    bare.commits()
    assert list(stages(bare)) == ["eve"]


def test_a_stage_taken_out_by_hand_comes_back(bare: Repo) -> None:
    whole = bare.read("dvc.yaml").decode()
    without = whole[: whole.index("  prepare:")]
    for how in ("commit", "sync"):
        bare.write("dvc.yaml", without)
        if how == "sync":
            bare.git("commit", "--quiet", "--no-verify", "-a", "-m", "past the hooks")
            assert "prepare.ipynb" in bare.mlv("sync").out
        bare.edit("notes.txt", *(("one", "two") if how == "commit" else ("two", "three")))
        bare.commits("-a")
        assert bare.read("dvc.yaml").decode() == whole


def test_what_went_past_the_hooks_is_made_good_by_the_next_commit(bare: Repo) -> None:
    def past(*args: str) -> None:
        bare.git("commit", "--quiet", "--no-verify", "-m", "past the hooks", *args)

    bare.write("eve.ipynb", like_prepare("eve"))
    bare.edit("fit.ipynb", *NOTES)
    bare.add()
    past()
    bare.edit("notes.txt", "one", "two")
    bare.edit("fit.ipynb", "print('looking')", "print('looking on')")
    bare.edit("eve.ipynb", "print('looking')", "print('looking on')")
    bare.commits("-a")
    assert notes_are_in(bare) and "eve" in stages(bare)

    bare.git("mv", "eve.ipynb", "adam.ipynb")
    bare.git("rm", "--quiet", "fit.ipynb")
    past()
    bare.edit("notes.txt", "two", "three")
    bare.edit("adam.ipynb", "print('looking on')", "print('looking')")
    bare.commits("-a")
    assert list(stages(bare)) == ["adam", "prepare"]


def test_ways_that_write_and_stage_nothing(bare: Repo) -> None:
    bare.edit("fit.ipynb", *NOTES)
    bare.add()
    index = bare.state().index
    ci = bare.having(CI="true")
    assert ci.run("git", "commit", "-m", "work").code == 1
    assert bare.state().index == index and notes_are_in(bare)
    bare.git("checkout", "--quiet", ".")

    # What a run in CI asks: nothing is written, and the stage is named.
    bare.git("commit", "--quiet", "--no-verify", "-m", "past the hooks")
    before = bare.state()
    done = ci.mlv("sync", "--check")
    assert done.code == 1 and "dvc.yaml" in done.out
    assert "MLV402" in ci.mlv("check").said
    assert bare.state() == before
    assert ci.run("pre-commit", "run", "--all-files").code == 1
    assert bare.state().index == before.index and notes_are_in(bare)

    bare.write("mlv.toml", "stage-generated = false\n")
    bare.write("eve.ipynb", like_prepare("eve"))
    bare.add()
    said = bare.run("git", "commit", "-m", "work").said
    line = next(line for line in said.splitlines() if "git add" in line)
    assert "dvc.yaml" in line and "steps/eve.py" in line
    bare.run("sh", "-c", line.partition(": ")[2])
    bare.commits()
    assert "eve" in stages(bare) and notes_are_in(bare)
