"""`mlv check --fix` in repositories: notebook and script together, and what it leaves alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cells_support import cell, check, found, notebook
from click.testing import CliRunner
from users import User

from mlv_hooks.checks.baseline import entry_of, write_baseline
from mlv_hooks.commands.cli import main
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.notebook import parse_notebook

WRITE = 'open("a.txt", "w")'
STEP = {"step": True}
OUT = [{"name": "stdout", "output_type": "stream", "text": ["1\n"]}]


def shown(source: str, *tags: str) -> dict[str, Any]:
    return {**cell(source, *tags), "metadata": {"tags": list(tags)} if tags else {}, "outputs": OUT}


def paired(user: User, **notebooks: bytes) -> None:
    """Write notebooks, and their scripts, steps and stages; commit nothing."""
    for name, data in notebooks.items():
        user.write(f"{name}.ipynb", data)
    user.git("add", ".")
    sync()
    user.git("add", ".")


def findings_in(report: str) -> list[str]:
    """Return the lines of findings, without the excerpts of cells below them."""
    return [line for line in report.splitlines() if ".ipynb:cell " in line]


def sync(*args: str) -> str:
    """Run `mlv sync` in this process, and return what it says."""
    return CliRunner().invoke(main, ["sync", *args]).stdout


def test_a_fix_goes_to_the_notebook_its_script_and_its_step(at_home: User) -> None:
    """New files, of which no commit and no record of a sync is a base."""
    at_home.write("mlv.toml", 'require-parameters = "none"\n')
    paired(
        at_home,
        a=notebook(
            shown("rows = [1]"),
            shown("print(len(rows))"),
            shown(f"{WRITE}\nrows", "no-effect"),
            shown("rows[0]  # mlv: ignore[MLV204]"),
            shown(f"{WRITE}.write(str(rows))"),
            mlv=STEP,
        ),
    )
    at_home.run("rm", "-r", ".git/mlv")
    before = {name: at_home.read(name) for name in ("a.ipynb", "a.py", "steps/a.py")}
    status = at_home.status()
    assert "print(len(rows))" in before["steps/a.py"]

    told = check().stdout
    assert "a.ipynb:cell 2: MLV205 [*] only looks: " in told
    assert "a.ipynb:cell 3:1: MLV204 it writes a file" in told
    assert told.endswith(
        "Found 4 problems.\n[*] 3 fixable with `mlv check --fix` (1 more with `--unsafe-fixes`).\n"
    )
    assert check("--unsafe-fixes").stdout.endswith(
        "[*] 4 fixable with `mlv check --fix --unsafe-fixes`.\n"
    )

    diff = check("--diff")
    assert (diff.exit_code, diff.stderr) == (1, "Would fix 3 problems.\n")
    lines = diff.stdout.splitlines()
    assert [line for line in lines if line.startswith("+++")] == ["+++ b/a.py", "+++ b/steps/a.py"]
    assert [line for line in lines if line[0] in "+-" and "%%" in line] == [
        "-# %%",
        '+# %% tags=["no-effect"]',
    ] * 2
    assert at_home.status() == status

    done = check("--fix")
    assert done.exit_code == 1, "what is unsafe stays"
    assert [line.split(" ")[1] for line in findings_in(done.stdout)] == ["3:1:"]
    assert done.stderr == (
        "a.ipynb: 3 problems fixed\na.py <- a.ipynb\nsteps/a.py <- a.ipynb\nFixed 3 problems.\n"
    )
    after = json.loads(at_home.read("a.ipynb"))
    assert [one["metadata"].get("tags", []) for one in after["cells"]] == [
        [],
        ["no-effect"],
        ["no-effect"],
        ["no-effect"],
        [],
    ]
    assert [one["outputs"] for one in after["cells"]] == [OUT] * 5
    assert "print" not in at_home.read("steps/a.py")
    assert check("--fix").stderr == sync() == ""

    done = check("--fix", "--unsafe-fixes")
    assert (done.exit_code, done.stdout) == (0, "")
    assert at_home.read("a.py").count("no-effect") == 2
    assert found() == set() and sync("--check") == ""
    held = at_home.backups()
    assert all(held.count(name) == 2 for name in ("a.ipynb", " a.py"))

    # What people edit next, on either side, is an edit of that side.
    at_home.edit("a.py", "rows = [1]", "rows = [2]")
    sync()
    assert "rows = [2]" in at_home.read("a.ipynb")


def test_what_is_out_of_line_suppressed_or_accepted_is_left_as_it_is(at_home: User) -> None:
    look, work = shown("print(1)"), shown(WRITE)
    accepted = notebook(shown("a = 1"), shown("a + 1"), work, shown("# A note.", "no-effect"))
    odd = json.loads(notebook(look))
    odd["cells"][0]["metadata"]["tags"] = "no-effect"
    at_home.write("mlv.toml", 'require-no-effect = "all"\n')
    paired(
        at_home,
        accepted=accepted,
        conflict=notebook(look, work),
        moved=notebook(look, work),
        odd=json.dumps(odd).encode(),
        r=notebook(look, kernelspec={"display_name": "R", "language": "R", "name": "ir"}),
        said=notebook(shown("# mlv: ignore[MLV205]\nprint(1)"), work),
        stale=notebook(look, work),
    )
    at_home.commit("--no-verify")
    # The look is accepted, and what only it needs is not: a tag on that alone would be wrong.
    look_at = Diagnostic("MLV205", "", Location("accepted.ipynb", 2))
    entry = entry_of(look_at, parse_notebook(accepted))
    at_home.write(".mlv-baseline.json", write_baseline([entry]))
    at_home.git("mv", "moved.ipynb", "new.ipynb")
    at_home.edit("stale.ipynb", "print(1)", "print(2)")
    for path in ("conflict.ipynb", "conflict.py"):
        at_home.edit(path, "print(1)", f"print('{path[9:]}')")
    at_home.git("add", ".")

    done = check("--fix", "--select", "MLV0,MLV205,MLV208")

    places = [line.split(" only looks")[0] for line in done.stdout.splitlines() if "205" in line]
    assert places == [
        "accepted.ipynb:cell 1: MLV205",
        "conflict.ipynb:cell 1: MLV205 [*]",
        "new.ipynb:cell 1: MLV205 [*]",
        "stale.ipynb:cell 1: MLV205 [*]",
    ]
    left = "is left as it is, since its script is out of line: run `mlv sync` first"
    assert done.stderr.splitlines() == [
        "accepted.ipynb: 1 problem fixed",
        "accepted.py <- accepted.ipynb",
        *(f"{name}.ipynb {left}" for name in ("conflict", "new", "stale")),
        "Fixed 1 problem.",
    ]
    assert at_home.git("diff", "--name-only") == "accepted.ipynb\naccepted.py"
    assert "no-effect" not in at_home.read("accepted.py")
    assert check("--diff").stdout == ""

    sync("stale.ipynb")
    assert check("--fix", "stale.ipynb").stdout == ""
    assert 'tags=["no-effect"]' in at_home.read("stale.py")


def test_a_notebook_without_a_script_is_fixed_alone_and_files_that_can_not_be_written_stop_all(
    at_home: User,
) -> None:
    legacy = notebook(cell("'''\n:param float rate: step\n'''\nrate = 0.1"), cell("print(rate)"))
    at_home.write("mlv.toml", 'exclude = ["drafts/"]\nsteps = "jobs/{name}.py"\n')
    for path in ("nb/a.ipynb", "nb/b.ipynb", "drafts/c.ipynb"):
        at_home.write(path, legacy.replace(b"\n", b"\r\n"))
    at_home.path("link.ipynb").symlink_to("nb/a.ipynb")
    at_home.git("add", ".")
    at_home.path("nb/b.ipynb").chmod(0o444)

    only = ("--select", "MLV1")
    done = check("--fix", *only)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("mlv: nb/b.ipynb: is read-only: nothing was written")
    assert at_home.git("diff", "--name-only") == ""

    done = check("--diff", *only, "nb/a.ipynb")
    assert done.exit_code == 1 and '+     "parameters"' in done.stdout.splitlines()
    done = check("--fix", *only, "nb/a.ipynb", "link.ipynb")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == (
        "nb/a.ipynb: 1 problem fixed\n"
        "link.ipynb is left as it is, since it is a link: fix the notebook itself\n"
        "Fixed 1 problem.\n"
    )
    assert at_home.git("diff", "--name-only") == "nb/a.ipynb"
    assert at_home.read("nb/a.ipynb").count("\r\n") == at_home.read("nb/a.ipynb").count("\n")
    assert not at_home.path("nb/a.py").exists()
    assert found("nb/a.ipynb") == {("nb/a.ipynb", "MLV301")}


def test_add_tags_tags_all_that_is_proved_to_only_look_and_nothing_else(at_home: User) -> None:
    at_home.write("mlv.toml", 'ignore = ["MLV205"]\n')
    paired(
        at_home,
        a=notebook(
            cell("idle = 1", "parameters"), shown("print(1)"), shown(WRITE), cell("", "no-effect")
        ),
        kept=notebook(shown("print(1)", "mlv:ignore=MLV205"), shown(WRITE)),
    )
    assert "tags=" in check("--add-tags", "--diff").stdout
    done = check("--add-tags")
    assert done.stderr == "a.ipynb: 1 problem fixed\na.py <- a.ipynb\nFixed 1 problem.\n"
    rest = [line.split(": ")[1][:10] for line in findings_in(done.stdout)]
    assert rest == ["MLV107 idl", "MLV208 [*]"], "the rest is reported as ever"
    assert at_home.read("a.py").count("no-effect") == 2
    assert check("--add-tags").stderr == ""
    assert check("--add-tags", "--fix").stderr.startswith("a.ipynb: 1 problem fixed\n")
    assert check("--fix", "--write-baseline").exit_code == 2


def test_a_tag_that_the_script_does_not_show_is_shown_in_the_notebook(at_home: User) -> None:
    at_home.write("jupytext.toml", 'cell_metadata_filter = "-all"\n')
    paired(at_home, a=notebook(shown("# A note.", "no-effect"), shown(WRITE)))
    diff = check("--diff").stdout
    assert diff.startswith("--- a/a.ipynb\n+++ b/a.ipynb\n")
    assert [line for line in diff.splitlines() if "no-effect" in line] == ['-     "no-effect"']
    done = check("--fix")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "a.ipynb: 1 problem fixed\nFixed 1 problem.\n"
    assert sync("--check") == ""


def test_a_tag_that_declares_a_stage_brings_all_scripts_the_step_and_the_stage(
    at_home: User,
) -> None:
    at_home.write("jupytext.toml", 'formats = "ipynb,py:percent,md"\n')
    at_home.write("params.yaml", "# by hand\n")
    declared = "'''\n:param float rate: step\n:dvc-out: a.txt\n'''\nrate = 0.1"
    paired(at_home, a=notebook(shown(declared), shown(f"{WRITE}.write(str(rate))")))
    at_home.commit("--no-verify")
    assert found() == {("a.ipynb", "MLV110")}

    done = check("--fix")

    assert (done.exit_code, done.stdout) == (0, "")
    changed = at_home.status().splitlines()
    assert {line[3:].split("/")[0] for line in changed} == {
        *("a.ipynb", "a.py", "a.md", "steps", "dvc.yaml", "params.yaml", ".gitignore")
    }
    assert "parameters" in at_home.read("a.py") and "parameters" in at_home.read("a.md")
    assert at_home.read("params.yaml").startswith("# by hand\n")
    assert sync("--check") == ""


def test_a_fix_that_the_script_can_not_follow_is_not_made(
    at_home: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script is replaced by a link between the first look and the second."""
    paired(at_home, a=notebook(shown("", "no-effect"), shown(WRITE)), b=notebook(shown(WRITE)))
    import mlv_hooks.checks.mending

    mend = mlv_hooks.checks.mending.mend

    def meanwhile(*args: Any) -> Any:
        at_home.path("a.py").unlink()
        at_home.path("a.py").symlink_to("b.py")
        return mend(*args)

    monkeypatch.setattr(mlv_hooks.checks.mending, "mend", meanwhile)
    done = check("--fix", "--select", "MLV208")
    assert done.exit_code == 1
    assert done.stderr == "a.ipynb is left as it is: a.py is a link: put the script itself there\n"
    assert '"no-effect"' in at_home.read("a.ipynb")
