"""`mlv check` and `mlv rule` as people and programs call them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from report_support import READERS
from users import ROOT, User, code, markdown, notebook

from mlv_hooks.commands.cli import main
from mlv_hooks.rules import all_rules

NOTEBOOK = notebook(code("x = 1", id="x", count=1, out="1\n"), code("y = 2", id="y"))
STALE = "nb/stale.ipynb: MLV302 has changes that nb/stale.py does not show (cell 1): run `mlv sync`"
MISSING = "new.ipynb: MLV301"
TAGGED = {"tags": ["no-effect"]}


@pytest.fixture
def troubled(user: User) -> User:
    """Return a repository with a stale script, a missing one and a notebook cut in two."""
    for path in ("nb/stale.ipynb", "cut.ipynb", "good.ipynb"):
        user.write(path, NOTEBOOK)
    user.git("add", ".")
    user.mlv("sync")
    user.git("add", ".")
    user.commit()
    user.edit("nb/stale.ipynb", "x = 1", "x = 3")
    user.write("cut.ipynb", NOTEBOOK[:100])
    user.write("new.ipynb", NOTEBOOK)
    user.git("add", "new.ipynb")
    return user


def test_each_finding_is_one_line_that_says_what_to_type(troubled: User) -> None:
    before = troubled.status()

    done = troubled.mlv("check", code=1)

    cut, stale, missing, count = done.out.splitlines()
    assert cut.startswith("cut.ipynb:") and "MLV001" in cut
    assert stale == STALE
    assert missing.startswith(MISSING) and "`mlv sync`" in missing
    assert count == "Found 3 problems."
    assert done.err == ""
    assert troubled.status() == before


def test_nothing_found_is_silence_and_exit_0(user: User) -> None:
    user.write("good.ipynb", NOTEBOOK)
    user.git("add", ".")
    user.mlv("sync")
    assert user.mlv("check", code=0).text == ""


def test_without_a_tracked_notebook_it_says_what_to_do(user: User) -> None:
    user.write("a.ipynb", NOTEBOOK)
    done = user.mlv("check", "--output-format", "json", code=0)
    assert json.loads(done.out) == []
    assert done.err.splitlines() == [
        "git tracks no notebook here: `git add` them, or name them: `mlv check .`"
    ]
    user.write("mlv.toml", 'exclude = ["drafts/**"]\n')
    user.write("drafts/b.ipynb", NOTEBOOK)
    assert user.mlv("check", "drafts", code=0).text == ""


def test_json_is_a_list_for_programs(troubled: User) -> None:
    found = json.loads(troubled.mlv("check", "--output-format", "json", code=1).out)
    assert [(one["filename"], one["code"]) for one in found] == [
        ("cut.ipynb", "MLV001"),
        ("nb/stale.ipynb", "MLV302"),
        ("new.ipynb", "MLV301"),
    ]
    assert {type(one["location"]["row"]) for one in found} == {int}
    good = troubled.mlv("check", "--output-format", "json", "good.ipynb", code=0)
    assert json.loads(good.out) == []


def test_the_settings_choose_the_format_and_the_option_wins(troubled: User) -> None:
    troubled.write("mlv.toml", 'output-format = "json"\n')
    assert len(json.loads(troubled.mlv("check", code=1).out)) == 3
    assert STALE in troubled.mlv("check", "--output-format", "text", code=1).out


def test_each_format_shows_the_same_findings_where_people_review_them(at_home: User) -> None:
    drops = {**code("scale = 2\nprint(scale)", id="s", count=7), "metadata": TAGGED}
    cells = notebook(markdown("# A", id="m"), drops, code("scale * 3", id="u"))
    for path in ("nb/a b.ipynb", "light/b.ipynb", "stale.ipynb"):
        at_home.write(path, cells)
    at_home.write("light/jupytext.toml", 'formats = "ipynb,py:light"\n')
    at_home.git("add", ".")
    run("sync")
    at_home.edit("stale.ipynb", "# A", "# B")

    for fmt, read in READERS.items():
        found = read(run("check", "--output-format", fmt, code=1))
        assert [one.code for one in found] == ["MLV202", "MLV202", "MLV302", "MLV202"], fmt
        for one, path in zip(found, ("light/b.py", "nb/a b.py"), strict=False):
            assert one.path == path
            assert at_home.read(path).split("\n")[one.line - 1] == "scale = 2"
        whole = 1 if fmt == "gitlab" else 0
        assert [(one.path, one.line) for one in found[2:]] == [("stale.ipynb", whole)] * 2
        assert "cell 2" in found[0].message

    text = run("check", "nb", code=1).splitlines()
    assert text[0].startswith("nb/a b.ipynb:cell 2:1: MLV202 ")
    assert text[1:3] == ["  In [7] | scale = 2", "Found 1 problem."]
    at_home.write("mlv.toml", 'ignore = ["MLV2"]\noutput-format = "sarif"\n')
    assert READERS["sarif"](run("check", "nb")) == []


def run(*args: str, code: int = 0) -> str:
    """Run ``mlv`` in this process; return what it printed."""
    done = CliRunner().invoke(main, args)
    assert done.exit_code == code, done.output
    return done.stdout


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        (["--select", "MLV302"], {"MLV302"}),
        (["--select", "MLV3"], {"MLV301", "MLV302"}),
        (["--select", "MLV301,MLV001"], {"MLV301", "MLV001"}),
        (["--ignore", "MLV3"], {"MLV001"}),
        (["--select", "ALL", "--ignore", "MLV30"], {"MLV001"}),
        (["--select", "MLV3", "--ignore", "MLV302"], {"MLV301"}),
        (["--select", "MLV307"], set()),
    ],
)
def test_rules_are_chosen_by_code_or_prefix(
    troubled: User, options: list[str], codes: set[str]
) -> None:
    done = troubled.mlv("check", "--output-format", "json", *options, code=1 if codes else 0)
    assert {one["code"] for one in json.loads(done.out)} == codes


def test_paths_limit_what_is_looked_at(troubled: User) -> None:
    assert troubled.mlv("check", "nb", code=1).out == f"{STALE}\nFound 1 problem.\n"
    assert troubled.mlv("check", "stale.py", cwd="nb", code=1).out.startswith(STALE)
    assert troubled.mlv("check", "good.ipynb", code=0).text == ""
    assert troubled.mlv("check", "nope.ipynb", code=2).err == "mlv: there is no file nope.ipynb\n"


def test_what_check_reports_sync_mends(troubled: User) -> None:
    troubled.git("checkout", "--", "cut.ipynb")
    troubled.mlv("check", code=1)
    troubled.mlv("sync", code=0)
    assert troubled.mlv("check", code=0).text == ""


def test_rule_lists_them_all_in_columns(user: User) -> None:
    lines = user.mlv("rule").out.splitlines()
    assert [line.split()[0] for line in lines] == [one.code for one in all_rules()]
    start = lines[0].index(all_rules()[0].summary)
    for line, one in zip(lines, all_rules(), strict=True):
        assert line[start:] == one.summary


@pytest.mark.parametrize("word", ["MLV302", "script-stale"])
def test_rule_explains_one_by_code_or_name(user: User, word: str) -> None:
    page = user.mlv("rule", word).out
    assert page.startswith("# script-stale (MLV302)\n")
    for heading in ("## Why", "## Bad", "## Good", "## How to fix"):
        assert heading in page


def test_the_page_of_rules_is_what_the_rules_say(user: User) -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == user.mlv("rule", "--all").out
