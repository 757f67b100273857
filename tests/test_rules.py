"""Each rule against its fixtures, in real repositories; and how rules are chosen.

A case ``fixtures/rules/<code>/{bad,good,fixed}/<case>/`` is a small repository: its files, all
committed, or ``base/`` (committed) and ``now/`` (the worktree that is checked). ``expected.json``
lists what a bad case must report at least; ``sizes.json`` pads files with spaces to a size;
``select.json`` names the rules that run, by default the one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mlv_hooks.checks.linter import Subject, lint, wanted
from mlv_hooks.checks.selection import Choice
from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.rules import COMMITS, Rule, all_rules, find_rule, rule

FIXTURES = Path(__file__).parent.parent / "fixtures" / "rules"
CASES = sorted(FIXTURES.glob("*/*/*"))
NOT_IN_REPOSITORY = shutil.ignore_patterns("expected.json", "sizes.json", "select.json")


def git(top: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=top, check=True, capture_output=True)
    return done.stdout.decode()


def fill(top: Path, source: Path, sizes: dict[str, int]) -> None:
    for entry in top.iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    shutil.copytree(source, top, symlinks=True, dirs_exist_ok=True, ignore=NOT_IN_REPOSITORY)
    for name, size in sizes.items():
        with open(top / name, "ab") as file:
            file.write(b" " * (size - file.tell()))
    git(top, "add", "--all")


def read(path: Path, default: Any) -> Any:
    return json.loads(path.read_text()) if path.exists() else default


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ada@example.org")
    git(tmp_path, "init", "--quiet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mlv(*args: str) -> Result:
    from mlv_hooks.commands.cli import main

    result = CliRunner().invoke(main, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def named(case: Path) -> str:
    return "-".join(case.relative_to(FIXTURES).parts)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_rule_finds_its_bad_cases_and_is_silent_on_the_others(case: Path, top: Path) -> None:
    code, kind, _ = case.relative_to(FIXTURES).parts
    sizes = read(case / "sizes.json", {})
    staged = (case / "base").is_dir()
    fill(top, case / "base" if staged else case, sizes)
    git(top, "commit", "--quiet", "--message", "base")
    if staged:
        fill(top, case / "now", sizes)
    before = git(top, "status", "--porcelain", "--ignored")

    select = ",".join(read(case / "select.json", [code]))
    done = mlv("check", "--select", select, "--output-format", "json")

    found = json.loads(done.stdout)
    assert git(top, "status", "--porcelain", "--ignored") == before
    assert {one["code"] for one in found} == ({code} if kind == "bad" else set()), found
    assert done.exit_code == (1 if kind == "bad" else 0)
    assert all("\n" not in one["message"] for one in found)
    places = [
        {"filename": one["filename"], "cell": one["cell"], "row": one["location"]["row"]}
        for one in found
    ]
    for expected in read(case / "expected.json", []):
        assert any(expected.items() <= place.items() for place in places), found


@pytest.mark.parametrize("one", all_rules(), ids=lambda one: one.code)
def test_a_commit_ends_as_the_page_of_the_rule_says(
    one: Rule, top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI", "PRE_COMMIT"):
        monkeypatch.delenv(name, raising=False)
    case = min((FIXTURES / one.code / "bad").iterdir())
    if (case / "base").is_dir():
        fill(top, case / "base", {})
        git(top, "commit", "--quiet", "--message", "base")
    fill(top, case / "now" if (case / "base").is_dir() else case, read(case / "sizes.json", {}))
    before = git(top, "status", "--porcelain")

    done = mlv("hook", "all")

    assert f"Commit: {COMMITS[one.commit]}." in one.page
    assert (one.code in done.output) == (one.commit == "refused"), done.output
    if one.commit == "refused":
        assert (done.exit_code, git(top, "status", "--porcelain")) == (1, before)


@pytest.mark.parametrize("one", all_rules(), ids=lambda one: one.code)
def test_a_rule_has_a_page_and_fixtures_and_explains_itself(one: Rule) -> None:
    headings = [line for line in one.page.splitlines() if line.startswith("#")]
    module = one.check.__module__.rpartition(".")[2]
    fixtures = {
        kind: {case.name for case in (FIXTURES / one.code / kind).iterdir()}
        for kind in ("bad", "good", "fixed")
    }

    assert headings == [
        f"# {one.name} ({one.code})",
        "## Why",
        "## Bad",
        "## Good",
        "## How to fix",
    ]
    assert module == one.name.replace("-", "_")
    assert one.summary.endswith(".") and "\n" not in one.summary
    assert fixtures["good"]
    assert fixtures["fixed"] and fixtures["fixed"] <= fixtures["bad"]
    for word in (one.code, one.name):
        done = mlv("rule", word)
        assert (done.exit_code, done.output) == (0, one.page)


def test_every_fixture_folder_belongs_to_a_rule() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == {one.code for one in all_rules()}


def test_the_list_of_rules_names_each_with_its_summary() -> None:
    done = mlv("rule")

    assert done.exit_code == 0
    for one in all_rules():
        assert one.code in done.output
        assert one.name in done.output


def test_an_unknown_rule_is_a_usage_error() -> None:
    assert find_rule("MLV999") is None
    assert mlv("rule", "MLV999").exit_code == 2


def test_two_rules_cannot_share_a_code() -> None:
    with pytest.raises(ValueError, match="two rules have the code MLV301"):
        rule("MLV301", name="other", summary="Other.")(all_rules()[0].check)


def test_help_and_settings_load_no_rule() -> None:
    code = (
        "import sys, mlv_hooks.config as c\n"
        "c.load_settings({'mlv.toml': b'stage-generated = false'}.get)\n"
        "import mlv_hooks.commands.cli, mlv_hooks.checks.linter\n"
        "print([m for m in sys.modules if m.startswith('mlv_hooks.rules.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


# --- what the statuses become


def subject(status: str, path: str = "train.ipynb", *findings: Diagnostic) -> Subject:
    from mlv_hooks.pair.pairing import Outcome, Status

    outcome = Outcome(
        notebook=path,
        script=path.replace(".ipynb", ".py"),
        status=Status(status),
        changes=(),
        findings=findings,
        detail="cells 3 and 7",
    )
    return Subject(path, outcome)


def codes(found: list[Diagnostic]) -> list[tuple[str, str]]:
    return [(one.location.path, one.code) for one in found]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("in-sync", []),
        ("script-missing", [("train.ipynb", "MLV301")]),
        ("script-stale", [("train.ipynb", "MLV302")]),
        ("notebook-stale", [("train.ipynb", "MLV306")]),
        ("merged", [("train.ipynb", "MLV302"), ("train.ipynb", "MLV306")]),
        ("orphaned", [("train.py", "MLV304")]),
        ("conflict", []),
    ],
)
def test_a_status_becomes_the_finding_of_its_rule(
    status: str, expected: list[tuple[str, str]]
) -> None:
    assert codes(lint([subject(status)], lambda path: Settings())) == expected


def test_a_stale_side_is_told_with_its_cells_and_the_command() -> None:
    (found,) = lint([subject("script-stale")], lambda path: Settings())
    assert found.message == (
        "has changes that train.py does not show (cells 3 and 7): run `mlv sync`"
    )


def test_what_pairing_found_is_passed_on_once_and_in_order() -> None:
    shared = Diagnostic("MLV008", "is broken", Location("jupytext.toml", line=2))
    cut = Diagnostic("MLV006", "is cut", Location("b.ipynb", 10, 1))
    early = Diagnostic("MLV006", "is cut", Location("b.ipynb", 9, 30))
    subjects = [
        subject("unreadable", "b.ipynb", cut, shared, early),
        subject("unreadable", "a.ipynb", shared),
    ]
    assert lint(subjects, lambda path: Settings()) == [early, cut, shared]


# --- which rules run


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        (("ALL",), (), True),
        (("ALL",), ("MLV3",), False),
        (("MLV302",), ("MLV3",), True),
        (("MLV3",), ("MLV302",), False),
        (("MLV3",), ("MLV3",), False),
        (("MLV0",), (), False),
        (("ALL",), ("ALL",), False),
        ((), (), False),
    ],
)
def test_the_longer_prefix_wins_and_a_tie_is_ignored(
    select: tuple[str, ...], ignore: tuple[str, ...], expected: bool
) -> None:
    assert wanted("MLV302", Settings(select=select, ignore=ignore)) is expected
    if select:
        assert wanted("MLV302", Settings(), Choice(select, ignore)) is expected


def test_select_on_the_command_line_replaces_the_settings() -> None:
    settings = Settings(select=("MLV0",), ignore=("MLV302",))
    assert wanted("MLV302", settings, Choice(select=("MLV302",)))
    assert not wanted("MLV001", settings, Choice(select=("MLV302",)))


def test_ignore_on_the_command_line_narrows_the_settings() -> None:
    settings = Settings(select=("MLV3",))
    assert not wanted("MLV302", settings, Choice(ignore=("MLV302",)))
    assert not wanted("MLV302", settings, Choice(ignore=("ALL",)))
    assert wanted("MLV301", settings, Choice(ignore=("MLV302",)))


def test_per_file_ignores_go_by_notebook_or_by_the_finding_s_own_file() -> None:
    settings = Settings(
        per_file_ignores=(("old/", ("MLV30",)), ("new/*.py", ("ALL",)), ("*.md", ("ALL",)))
    )
    subjects = [
        subject("script-stale", "old/train.ipynb"),
        subject("orphaned", "old/gone.ipynb"),
        subject("orphaned", "new/gone.ipynb"),
        subject("script-stale", "new/train.ipynb"),
    ]
    assert codes(lint(subjects, lambda path: settings)) == [("new/train.ipynb", "MLV302")]
