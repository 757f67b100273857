"""The hooks by their ids, as pre-commit runs them: what each writes, and what each refuses."""

from __future__ import annotations

from piped import CLEAN, PREPARE, cells, stages
from samples import code, notebook
from support import Repo, hooks_config

TAG = {"tags": ["no-effect"]}
LOSES = "notebook.ipynb:cell 2:1: MLV202 gives rate, which cell 3 needs"


def tagged(source: str = "rate = 0.2") -> bytes:
    """Return a notebook whose second cell is left out of a step that needs it."""
    return notebook(code("rate = 0.1"), code(source, metadata=TAG), code("print(rate)"))


def having(repo: Repo, *ids: str) -> Repo:
    """Let the repository have these hooks of ours instead."""
    repo.write(".pre-commit-config.yaml", hooks_config(ids=ids))
    repo.git("commit", "--quiet", "--no-verify", "-a", "-m", "other hooks")
    return repo


def commit(repo: Repo, *args: str) -> str:
    """Commit where not all of ours is brought in line; return what was said."""
    done = repo.run("git", "commit", "--all", "-m", "work", *args)
    assert done.code == 0, done.said
    assert repo.status() == {}
    return done.said


# --- mlv


def test_an_unsafe_tag_stops_the_commit_at_its_line_and_advice_does_not(repo: Repo) -> None:
    repo.write("notebook.ipynb", tagged("import os\n\nrate = 0.2"))
    repo.add()
    said = repo.refuses()
    (line,) = (one for one in said.splitlines() if "MLV" in one)
    assert line.startswith("notebook.ipynb:cell 2:3: MLV202 gives rate, which cell 3 needs: take")
    assert "id: mlv\n" in said and "Found 1 problem." in said

    repo.write("notebook.ipynb", repo.read("notebook.ipynb").replace(b'"no-effect"', b""))
    own = {"mlv": {"step": True}}
    draft = notebook(code("x = 1"), code("print(x)"), code("open('a', 'w')"), metadata=own)
    repo.write("Untitled.ipynb", draft)
    repo.add()
    assert "MLV" not in repo.commits()
    assert {"notebook.py", "Untitled.py", "steps/untitled.py"} <= repo.changed().keys()
    told = repo.mlv("check").said
    assert [code for code in ("MLV101", "MLV205", "MLV508") if code not in told] == []


def test_a_tag_that_the_script_brings_is_judged_before_the_notebook_is_written(repo: Repo) -> None:
    repo.edit("train.py", "# %%\nmodel = rate", '# %% tags=["no-effect"]\nmodel = rate')
    repo.add()
    before = repo.state()
    done = repo.mlv("hook", "all")
    assert (done.code, repo.state()) == (1, before)
    assert "train.ipynb:cell 3:1: MLV202 gives model, which cell 4 needs" in done.said


def test_who_decides_otherwise_is_not_stopped(repo: Repo) -> None:
    def code_with(settings: str = "", source: str = "rate = 0.2") -> int:
        repo.write("mlv.toml", settings)
        repo.write("notebook.ipynb", tagged(source))
        repo.add()
        return repo.mlv("hook", "all").code

    assert code_with() == 1
    assert code_with('ignore = ["MLV202"]\n') == 0
    assert code_with('per-file-ignores = { "*.ipynb" = ["MLV2"] }\n') == 0
    assert code_with(source="rate = 0.2  # mlv: ignore[MLV202]") == 0
    assert code_with() == 1
    repo.mlv("check", "--write-baseline")
    assert code_with() == 0
    assert code_with(source="rate = 0.3") == 1


def test_only_the_commit_s_own_notebooks_are_judged(repo: Repo) -> None:
    repo.write("notebook.ipynb", tagged())
    repo.add()
    repo.git("commit", "--quiet", "--no-verify", "-m", "past the hook")
    repo.edit("train.ipynb", "print(model)", "print(model, 1)")
    repo.add()
    assert repo.mlv("hook", "all").code == 0
    done = repo.run("pre-commit", "run", "--all-files")
    assert (done.code, LOSES in done.said) == (1, True)


def test_a_merge_is_not_stopped_by_what_the_other_side_committed(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "side")
    repo.write("notebook.ipynb", tagged())
    repo.mlv("sync", "notebook.ipynb")
    repo.add()
    repo.git("commit", "--quiet", "--no-verify", "-m", "past the hook")
    repo.git("switch", "--quiet", "main")
    repo.edit("notes.txt", "one", "two")
    repo.git("commit", "--quiet", "--no-verify", "-a", "-m", "notes")
    done = repo.run("git", "merge", "-m", "merge", "side")
    assert (done.code, repo.status()) == (0, {}), done.said
    repo.edit("notebook.ipynb", "print(rate)", "print(rate, 1)")
    assert LOSES in repo.refuses("-a")


# --- mlv-pair and mlv-stage


def test_a_pair_alone_makes_no_step_and_hides_none_from_the_others(repo: Repo) -> None:
    having(repo, "mlv-pair")
    repo.write("prepare.ipynb", cells(PREPARE, CLEAN))
    repo.write("notebook.ipynb", tagged())
    repo.add()
    commit(repo)
    assert repo.changed().keys() == {
        *("prepare.ipynb", "prepare.py"),
        *("notebook.ipynb", "notebook.py"),
    }
    everything = sorted(repo.paths())
    assert (repo.mlv("hook", "pair", *everything).code, repo.status()) == (0, {})
    assert "MLV309" in repo.mlv("check").said

    done = repo.mlv("hook", "stage", *everything)
    assert (done.code, {"steps/prepare.py", "dvc.yaml"} <= repo.status().keys()) == (1, True)
    repo.add()
    repo.git("commit", "--quiet", "--no-verify", "-m", "with its stage")
    repo.git("rm", "--quiet", "prepare.ipynb")
    commit(repo)
    assert repo.changed() == {"prepare.ipynb": "D", "prepare.py": "D"}


def test_a_stage_alone_makes_no_script(repo: Repo) -> None:
    having(repo, "mlv-stage")
    repo.write("prepare.ipynb", cells(PREPARE, CLEAN))
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.2")
    repo.add()
    commit(repo)
    made = {"steps/prepare.py", "dvc.yaml", "params.yaml", "data/.gitignore"}
    assert repo.changed().keys() == {"prepare.ipynb", "train.ipynb", *made}
    repo.git("mv", "prepare.ipynb", "clean.ipynb")
    commit(repo)
    assert list(stages(repo)) == ["clean"]
    assert {"steps/clean.py", "steps/prepare.py"} & repo.paths() == {"steps/clean.py"}
    repo.git("rm", "--quiet", "clean.ipynb")
    assert repo.mlv("hook", "stage").code == 0
    assert stages(repo) == {} and not repo.exists("steps/clean.py")


def test_the_three_after_each_other_do_what_the_one_does(repo: Repo) -> None:
    having(repo, "mlv-pair", "mlv-stage", "mlv-check")
    repo.write("mlv.toml", 'ignore = ["MLV106"]\n')
    repo.write("prepare.ipynb", cells(PREPARE, CLEAN))
    repo.add()
    commit(repo)
    repo.edit("prepare.py", "[:rows]", "[-rows:]")
    repo.commits("-a")
    assert repo.changed().keys() == {"prepare.ipynb", "prepare.py", "steps/prepare.py"}


# --- mlv-check


def test_a_check_judges_what_is_staged_and_writes_nothing(repo: Repo) -> None:
    having(repo, "mlv-check")
    repo.write("notebook.ipynb", tagged())
    repo.mlv("sync", "notebook.ipynb")
    repo.add()
    repo.write("notebook.ipynb", notebook(code("rate = 0.1")))
    repo.write("train.ipynb", tagged())
    said = repo.refuses()
    assert [line for line in said.splitlines() if "MLV" in line] == [
        line for line in said.splitlines() if line.startswith(LOSES)
    ]
    repo.git("checkout", "--quiet", "train.ipynb")
    repo.write("notebook.ipynb", notebook(code("rate = 0.1"), code("print(rate)")))
    repo.mlv("sync", "notebook.ipynb")
    repo.add()
    repo.write("notebook.ipynb", tagged())
    assert repo.mlv("hook", "check").said == ""


def test_a_check_reports_what_is_out_of_line_and_advice_too(repo: Repo) -> None:
    having(repo, "mlv-check")
    repo.write("model_v2.ipynb", notebook(code("x = 1")))
    repo.add()
    said = repo.refuses()
    assert "MLV301" in said and "MLV508" in said and "Found 2 problems." in said
    repo.write("mlv.toml", 'ignore = ["MLV3", "MLV5"]\n')
    repo.add()
    commit(repo)
    repo.write("mlv.toml", "")
    repo.git("rm", "--quiet", "train.ipynb")
    repo.add()
    assert repo.mlv("hook", "check").said.startswith("train.py: MLV304")
    repo.git("commit", "--quiet", "--no-verify", "-m", "past the hook")
    repo.edit("notes.txt", "one", "two")
    commit(repo)  # what other commits left is not this one's
    done = repo.run("pre-commit", "run", "--all-files")
    assert done.code == 1
    assert [one for one in ("MLV301", "MLV304", "MLV508") if one not in done.out] == []
