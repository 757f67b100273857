"""An old repository takes the checks up: baseline, suppressions, statistics, one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from cells_support import cell, check, found, notebook
from users import User

BASELINE = ".mlv-baseline.json"
IDLE = cell("idle = 1", "parameters")
TOUCH = cell('open("a.txt", "w")', "no-effect")


@pytest.fixture
def old(at_home: User) -> User:
    """A repository with two notebooks in line, which have three findings."""
    at_home.write("a.ipynb", notebook(IDLE, TOUCH))
    at_home.write("b.ipynb", notebook(IDLE))
    at_home.git("add", ".")
    at_home.mlv("sync")
    at_home.git("add", ".")
    at_home.commit("--no-verify")
    return at_home


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What `mlv check` asks the rules about since this was cleared."""
    import mlv_hooks.checks.linter

    seen: list[str] = []
    lint = mlv_hooks.checks.linter.lint

    def noted(subjects, *args):  # type: ignore[no-untyped-def]
        subjects = list(subjects)
        seen.extend(one.path for one in subjects if one.content)
        return lint(subjects, *args)

    monkeypatch.setattr(mlv_hooks.checks.linter, "lint", noted)
    yield seen


def test_what_was_there_is_accepted_and_what_comes_is_reported(old: User, reads: list[str]) -> None:
    assert found() == {("a.ipynb", "MLV107"), ("a.ipynb", "MLV204"), ("b.ipynb", "MLV107")}
    counts = check("--statistics")
    assert counts.exit_code == 1
    assert counts.stdout == "2  MLV107  parameter-not-used\n1  MLV204  no-effect-reaches-out\n"
    assert json.loads(check("--statistics", "--output-format", "json").stdout) == [
        {"code": "MLV107", "count": 2, "name": "parameter-not-used"},
        {"code": "MLV204", "count": 1, "name": "no-effect-reaches-out"},
    ]

    done = check("--write-baseline")

    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"{BASELINE} <- 3 findings\n"
    lines = old.read(BASELINE).splitlines()
    assert [line.count('"rule"') for line in lines] == [0, 0, 0, 1, 1, 1, 0, 0]
    assert check("--write-baseline").stderr == "", "nothing to write"
    assert found() == set()
    assert check("--statistics").stdout == ""
    assert len(found("--no-baseline")) == 3

    # Nobody reads a notebook again whose findings are all accepted; what is fixed is told.
    reads.clear()
    assert found() == found("--select", "MLV2") == found("b.ipynb") == set()
    assert reads == []
    old.write("b.ipynb", notebook(cell("idle = 1", "parameters"), cell("print(idle)")))
    told = "note: 1 entry of the baseline is fixed: mlv check --write-baseline\n"
    only = ("--ignore", "MLV3")
    assert check(*only).stderr == check(*only, "b.ipynb").stderr == told
    assert check(*only).stderr == told, "as before, when all is known"
    assert check(*only, "a.ipynb").stderr == check("--select", "MLV2").stderr == ""

    # The second equal cell is new, a renamed notebook is not.
    old.git("checkout", "--", "b.ipynb")
    old.git("mv", "a.ipynb", "new.ipynb")
    old.write("new.ipynb", notebook(cell("x = 2"), IDLE, TOUCH, TOUCH))
    assert found("--ignore", "MLV3") == {("new.ipynb", "MLV204")}
    assert check("--ignore", "MLV3").stdout.startswith("new.ipynb:cell 4:1: MLV204 ")
    assert check("b.ipynb").stderr == "", "its entries may be of a notebook that it did not see"


def test_a_suppressed_finding_needs_no_entry_and_no_second_look(
    old: User, reads: list[str]
) -> None:
    check("--write-baseline")
    old.write(
        "a.ipynb", notebook(IDLE, cell(f"{TOUCH['source']}  # mlv: ignore[MLV204]", "no-effect"))
    )
    assert "1 entry of the baseline is fixed" in check("--ignore", "MLV3").stderr
    old.mlv("sync")
    check("--write-baseline")
    reads.clear()
    assert (found(), reads) == (set(), [])
    assert found("--no-baseline", "--select", "MLV2") == set()
    # Other rules, or other files, are another question.
    old.write("mlv.toml", 'per-file-ignores = { "a.ipynb" = ["MLV1"] }\n')
    assert found("--no-baseline") == found("--no-baseline") == {("b.ipynb", "MLV107")}
    assert found("--per-file-ignores", "b.ipynb:MLV1", "--no-baseline") == {("a.ipynb", "MLV107")}
    old.path("mlv.toml").unlink()
    old.edit("a.ipynb", "MLV204", "MLV202")
    assert found("--ignore", "MLV3") == {("a.ipynb", "MLV014"), ("a.ipynb", "MLV204")}
    assert found("--select", "MLV204") == {("a.ipynb", "MLV204")}


def test_a_baseline_accepts_no_file_that_is_broken_or_out_of_line(old: User) -> None:
    old.write("b.ipynb", "{")
    old.edit("a.ipynb", "idle = 1", "idle = 2")
    done = check("--write-baseline")
    assert done.exit_code == 1
    assert done.stderr == f"{BASELINE} <- 2 findings\n"
    assert [line.split(": ")[1][:6] for line in done.stdout.splitlines()[:-1]] == [
        "MLV302",
        "MLV001",
    ]
    assert found() == {("a.ipynb", "MLV302"), ("b.ipynb", "MLV001")}


def test_a_baseline_that_is_broken_or_badly_asked_for_is_one_line(old: User) -> None:
    old.write(BASELINE, "{\n<<<<<<< HEAD\n")
    done = check()
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"mlv: {BASELINE} is not JSON (line 2): restore it with `git checkout`, "
        "or write it anew: `mlv check --write-baseline`\n"
    )
    assert len(found("--no-baseline")) == 3
    for options in (["a.ipynb"], ["--select", "MLV1"], ["--since", "HEAD"], ["--no-baseline"]):
        assert check("--write-baseline", *options).exit_code == 2
    assert check("--write-baseline").exit_code == 0
    assert found() == set()
    old.path(BASELINE).unlink()
    old.path(BASELINE).symlink_to(BASELINE)
    assert check().exit_code == 2
    assert check().stderr.startswith(f"mlv: {BASELINE} cannot be read (")
    old.write("mlv.toml", 'baseline = "ci/known.json"\n')
    assert len(found()) == 3
    assert check("--write-baseline").exit_code == 0
    assert old.path("ci/known.json").exists() and found() == set()
    old.write("mlv.toml", 'baseline = "ci/known.json"\nignore = ["MLV1", "MLV2"]\n')
    assert check("--write-baseline").stderr == "ci/known.json deleted: nothing is found\n"
    assert not old.path("ci").exists()
