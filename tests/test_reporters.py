"""Reports: their form, and that no text of a repository forges a part of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import click
import pytest
from pairs import code, notebook
from users import BIN

from mlv_hooks.checks.places import Places
from mlv_hooks.config import OUTPUT_FORMATS
from mlv_hooks.diagnostics import Diagnostic, Fix, ListEdit, Location, TextEdit
from mlv_hooks.reporters import render

RUFF = str(BIN / "ruff")

STALE = Diagnostic("MLV302", "does not show cell 3: run `mlv sync`", Location("a b/train.ipynb"))
CUT = Diagnostic("MLV006", "would be cut: split the cell", Location("train.ipynb", 3, 2))
MARKED = Diagnostic("MLV002", "holds merge markers: choose", Location("train.py", None, 14, 5))

SAFE = Fix("Remove it", (TextEdit(3, 2, 1, 3, 1), ListEdit(3, ("tags",), ("a",), ("b",))))
FIXABLE, RISKY = CUT._replace(fix=SAFE), MARKED._replace(fix=SAFE._replace(safe=False))

HOSTILE = [
    "a\nb.ipynb: MLV001 forged",
    "a\r\nb",
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31m",
    "\x7f",
    "\x00",
    "\u2028\u2029\x85\x0b\x0c",
    "\u202egpj.ipynb\u2066",
    "\udce9.ipynb",
]


def test_text_has_one_line_for_each_finding_and_their_number() -> None:
    assert render([STALE, CUT, MARKED], "text") == (
        "a b/train.ipynb: MLV302 does not show cell 3: run `mlv sync`\n"
        "train.ipynb:cell 3:2: MLV006 would be cut: split the cell\n"
        "train.py:14:5: MLV002 holds merge markers: choose\n"
        "Found 3 problems.\n"
    )


RUN = notebook(
    code("a = 1"), code("def f():\n\treturn  load('x')  # \x1b[2J", count=12), code("\n\nplot(a)")
)


def excerpt(location: Location, *, colour: bool = False) -> list[str]:
    """Return what text shows below the line of a finding there."""
    found = Diagnostic("MLV204", "writes a file: take the tag off", location)
    report = render([found], "text", Places({"a.ipynb": RUN}.get, ()), colour=colour)
    return report.splitlines()[1:-1]


def test_text_shows_the_line_of_a_cell_with_the_number_that_jupyter_shows() -> None:
    assert excerpt(Location("a.ipynb", 2, 2, 10)) == [
        "  In [12] |  return  load('x')  # \\x1b[2J",
        "          |          ^",
    ]
    assert excerpt(Location("a.ipynb", 1, 1)) == ["  | a = 1"]
    assert excerpt(Location("a.ipynb", 3)) == ["  | plot(a)"], "its first line with text"


@pytest.mark.parametrize(
    "location",
    [
        Location("a.ipynb"),
        Location("a.ipynb", 3, 1),
        Location("a.ipynb", 2, 9),
        Location("a.ipynb", 4),
        Location("gone.ipynb", 1, 1),
        Location("dvc.yaml", None, 3),
    ],
)
def test_text_shows_no_line_where_that_would_not_help(location: Location) -> None:
    assert excerpt(location) == []


def test_a_long_line_is_cut_and_has_no_caret_beyond() -> None:
    data = notebook("x = " + "1 + " * 50 + "y")
    for column, carets in ((5, 1), (200, 0)):
        found = Diagnostic("MLV204", "x", Location("a.ipynb", 1, 1, column))
        _, line, *caret, _ = render([found], "text", Places({"a.ipynb": data}.get, ())).splitlines()
        assert len(line) <= 100 and line.endswith("…") and len(caret) == carets


def test_colours_change_nothing_of_the_words() -> None:
    location = Location("a.ipynb", 2, 2, 10)
    bare = [click.unstyle(one) for one in excerpt(location, colour=True)]
    assert bare == excerpt(location) != excerpt(location, colour=True)


def test_text_counts_one_problem_as_one() -> None:
    assert render([STALE], "text").endswith("\nFound 1 problem.\n")


@pytest.mark.parametrize(
    ("found", "unsafe", "marked", "last"),
    [
        ([STALE, FIXABLE], False, 1, "[*] 1 fixable with `mlv check --fix`."),
        ([STALE, FIXABLE], True, 1, "[*] 1 fixable with `mlv check --fix`."),
        (
            *([FIXABLE, RISKY], False, 1),
            "[*] 1 fixable with `mlv check --fix` (1 more with `--unsafe-fixes`).",
        ),
        ([FIXABLE, RISKY], True, 2, "[*] 2 fixable with `mlv check --fix --unsafe-fixes`."),
        ([RISKY], False, 0, "1 fixable with `mlv check --fix --unsafe-fixes`."),
        ([STALE], True, 0, "Found 1 problem."),
    ],
)
def test_text_marks_what_can_be_fixed_and_says_how(
    found: list[Diagnostic], unsafe: bool, marked: int, last: str
) -> None:
    lines = render(found, "text", unsafe=unsafe).splitlines()
    assert sum(" [*] " in line for line in lines[: len(found)]) == marked
    assert lines[-1] == last


def test_json_has_a_fix_as_ruff_has_it_and_tags_beside_its_edits() -> None:
    safe, unsafe = (one["fix"] for one in json.loads(render([FIXABLE, RISKY], "json")))
    assert safe == {
        "applicability": "safe",
        "edits": [
            {
                "content": "",
                "end_location": {"column": 1, "row": 3},
                "location": {"column": 1, "row": 2},
            }
        ],
        "message": "Remove it",
        "metadata": [{"add": ["a"], "cell": 3, "keys": ["tags"], "remove": ["b"]}],
    }
    assert unsafe == {**safe, "applicability": "unsafe"}


def test_nothing_found_is_silence_in_text_and_an_empty_list_in_json() -> None:
    assert render([], "text") == ""
    assert json.loads(render([], "json")) == []


def test_letters_of_all_languages_stay_readable_in_text() -> None:
    found = Diagnostic("MLV301", "has no script", Location("données/学習 📈.ipynb"))
    assert render([found], "text").startswith("données/学習 📈.ipynb: MLV301")


def test_json_has_the_shape_of_ruff() -> None:
    assert json.loads(render([CUT], "json")) == [
        {
            "cell": 3,
            "code": "MLV006",
            "end_location": {"column": 1, "row": 2},
            "filename": "train.ipynb",
            "fix": None,
            "location": {"column": 1, "row": 2},
            "message": "would be cut: split the cell",
            "name": "cell-does-not-survive",
            "noqa_row": None,
            "severity": "error",
            "url": None,
        }
    ]


def test_json_has_the_keys_and_types_of_the_real_ruff_s(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(notebook("x = 1", "y = x + z"))
    (tmp_path / "b.py").write_text("x = (")
    command = [RUFF, "check", "--isolated", "--no-cache", "--output-format", "json", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    in_cell, in_file = sorted(json.loads(done.stdout), key=lambda one: one["cell"] is None)

    own = json.loads(render([CUT, MARKED], "json"))

    for ours, theirs in zip(own, (in_cell, in_file), strict=True):
        # The name of a rule and its severity came to ruff after its release 0.8.
        assert theirs.keys() - {"name", "severity"} <= ours.keys()
        assert types(ours["location"]) == types(theirs["location"])
        assert types(ours["end_location"]) == types(theirs["end_location"])
        for key in ("cell", "code", "filename", "fix", "message"):
            assert type(ours[key]) is type(theirs[key]), key
    assert in_cell["cell"] == 2, "cells count from 1"


def types(value: dict[str, object]) -> dict[str, type]:
    return {key: type(one) for key, one in value.items()}


def test_json_places_a_finding_about_a_whole_file_at_its_start() -> None:
    (record,) = json.loads(render([STALE], "json"))
    assert record["cell"] is None
    assert record["location"] == record["end_location"] == {"column": 1, "row": 1}


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("fmt", OUTPUT_FORMATS)
def test_hostile_text_cannot_forge_a_line_or_steer_a_terminal(text: str, fmt: str) -> None:
    hostile = Diagnostic("MLV001", f"cannot read {text}", Location(f"dir/{text}"))
    plain = Diagnostic("MLV001", "cannot read x", Location("dir/x"))

    report = render([hostile], fmt)

    report.encode()
    assert all(one.isprintable() or one == "\n" for one in report)
    assert len(report.splitlines()) == len(render([plain], fmt).splitlines())


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_json_keeps_the_true_name_of_the_file(text: str) -> None:
    (record,) = json.loads(render([Diagnostic("MLV001", "x", Location(text))], "json"))
    assert record["filename"] == text


def test_an_unknown_format_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="unknown output format 'xml'"):
        render([], "xml")
