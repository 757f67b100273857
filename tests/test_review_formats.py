"""Reports for GitHub, GitLab, SARIF and JUnit: valid, at true lines, and not to be forged."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pairs import code, document, edited, encode, markdown, notebook, script
from report_support import READERS, Shown, read_sarif, runner_reads
from xmlschema import XMLSchemaValidationError

from mlv_hooks.checks.places import Places
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.pair.pairing import Outcome, Status
from mlv_hooks.reporters import OUTPUT_FORMATS, render
from mlv_hooks.reporters.escapes import path_text, printable
from mlv_hooks.rules import find_rule

TRAIN = notebook(
    markdown("# Train"),
    code("rows = load()\nrows.head();", count=5, metadata={"tags": ["no-effect"]}),
    code("if rows:\n    %time fit(rows)"),
)
FILES = {"nb/train.ipynb": TRAIN, "nb/train.py": script(TRAIN)}
BINDS = Diagnostic("MLV202", "gives rows: take the tag off", Location("nb/train.ipynb", 2, 1, 1))
UNTAGGED = Diagnostic("MLV101", "has no cell tagged parameters", Location("nb/train.ipynb"))
MAGIC = Diagnostic("MLV010", "can't be done: reword it", Location("nb/train.ipynb", 3, 2, 5))
CELL = Diagnostic("MLV204", "writes a file: take the tag off", Location("nb/train.ipynb", 2))
YAML = Diagnostic("MLV403", "was edited: run `mlv sync`", Location("dvc.yaml", None, 7))
BROKEN = Diagnostic("MLV001", "is not JSON", Location("b.ipynb", None, 3))
FOUND = [UNTAGGED, BINDS, CELL, MAGIC, YAML, BROKEN]

REVIEW = tuple(READERS)


def places(files: dict[str, bytes] | None = None, status: Status = Status.IN_SYNC) -> Places:
    return Places((files or FILES).get, [Outcome("nb/train.ipynb", "nb/train.py", status)])


def shown(found: Sequence[Diagnostic], fmt: str, where: Places | None = None) -> list[Shown]:
    return READERS[fmt](render(found, fmt, where or places()))


@pytest.mark.parametrize("fmt", REVIEW)
def test_a_finding_is_shown_at_its_line_of_the_script(fmt: str) -> None:
    lines = FILES["nb/train.py"].decode().split("\n")

    at = {(one.code, one.path): one.line for one in shown(FOUND, fmt)}

    unknown = 1 if fmt == "gitlab" else 0
    assert at["MLV101", "nb/train.py"] == unknown
    assert lines[at["MLV202", "nb/train.py"] - 1] == "rows = load()"
    assert lines[at["MLV204", "nb/train.py"] - 1] == '# %% tags=["no-effect"]'
    assert lines[at["MLV010", "nb/train.py"] - 1] == "    # %time fit(rows)"
    assert at["MLV403", "dvc.yaml"] == 7
    assert at["MLV001", "b.ipynb"] == 3
    assert len(at) == len(FOUND)


@pytest.mark.parametrize("fmt", REVIEW)
@pytest.mark.parametrize(
    ("files", "status"),
    [
        (FILES, Status.SCRIPT_STALE),
        (FILES, Status.CONFLICT),
        ({"nb/train.ipynb": TRAIN}, Status.IN_SYNC),
        ({}, Status.IN_SYNC),
        ({**FILES, "nb/train.py": b"\xff"}, Status.IN_SYNC),
    ],
    ids=["stale", "conflict", "no script", "gone", "no text"],
)
def test_without_a_script_in_line_the_notebook_is_named_and_no_line_of_it(
    fmt: str, files: dict[str, bytes], status: Status
) -> None:
    where = Places(files.get, [Outcome("nb/train.ipynb", "nb/train.py", status)])

    found = shown([BINDS, CELL], fmt, where)

    line = 1 if fmt == "gitlab" else 0
    assert [(one.path, one.line) for one in found] == [("nb/train.ipynb", line)] * 2
    # The place in the notebook is in the text.
    first = "nb/train.ipynb:cell 2:1:1: " if fmt == "github" else "cell 2, line 1: "
    assert found[0].message == first + BINDS.message


def test_a_column_is_that_of_the_script() -> None:
    (line,) = render([MAGIC], "github", places()).splitlines()
    command = runner_reads(line)
    assert command
    row = FILES["nb/train.py"].decode().split("\n")[int(command.properties["line"]) - 1]
    assert row[int(command.properties["col"]) - 1 :] == "%time fit(rows)"
    assert command.properties["title"] == "MLV010 step-kernel"


@pytest.mark.parametrize("fmt", REVIEW)
def test_nothing_found_is_a_valid_report(fmt: str) -> None:
    assert shown([], fmt) == []
    if fmt == "junit":
        assert "<testcase" in render([], fmt), "Jenkins fails a report without a test"


def test_a_report_that_is_none_is_not_taken_for_one() -> None:
    with pytest.raises(XMLSchemaValidationError):
        READERS["junit"]('<testsuites><testsuite name="x"/></testsuites>')
    assert runner_reads("  ::error file=a%2Cb,line=2::x%0A%2525") == (
        *("error", {"file": "a,b", "line": "2"}, "x\n%25"),
    )
    assert runner_reads("see ##[warning]x") == ("warning", {}, "x")
    assert runner_reads("see ::error::x") is None


def test_sarif_brings_the_page_of_each_rule_that_found_something_and_no_other() -> None:
    report = render([BINDS, UNTAGGED, BINDS], "sarif", places())
    read_sarif(report)
    rules = json.loads(report)["runs"][0]["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == ["MLV101", "MLV202"]
    binds = find_rule("MLV202")
    assert binds and rules[1]["help"]["markdown"] == binds.page
    assert rules[1]["shortDescription"]["text"] == binds.summary


def test_a_link_in_a_message_is_no_link_of_the_report() -> None:
    link = Diagnostic("MLV001", "see [here](https://example.org)", Location("a.ipynb"))
    assert read_sarif(render([link], "sarif"))[0].message == "see [here] (https://example.org)"


# --- fingerprints


def prints(found: Sequence[Diagnostic], where: Places) -> list[str]:
    gitlab = [one["fingerprint"] for one in json.loads(render(found, "gitlab", where))]
    (run,) = json.loads(render(found, "sarif", where))["runs"]
    sarif = [one["partialFingerprints"]["mlvFinding/v1"] for one in run["results"]]
    assert gitlab == sarif
    return gitlab


def test_a_fingerprint_stays_when_lines_and_cells_move() -> None:
    old = Diagnostic("MLV202", "gives rows, which cell 3 needs", BINDS.location)
    new = Diagnostic("MLV202", "gives rows, which cell 9 needs", Location("nb/train.ipynb", 3, 2))

    def move(content: dict) -> None:
        content["cells"].insert(0, {**markdown("new"), "id": "new"})
        content["cells"][2]["source"] = "import os\n  rows  =  load()"

    moved = places({"nb/train.ipynb": edited(TRAIN, move)})
    assert prints([old], places()) == prints([new], moved)


def test_other_lines_rules_messages_and_files_have_other_fingerprints() -> None:
    path = "nb/train.ipynb"
    others = [
        BINDS,
        BINDS._replace(code="MLV204"),
        BINDS._replace(message="gives columns: take the tag off"),
        BINDS._replace(location=Location(path, 2, 2)),
        BINDS._replace(location=Location("b.ipynb", 2, 1)),
        BINDS,
    ]
    found = prints(others, places())
    assert len({*found}) == len(found), "two equal ones are told apart as well"
    assert prints([BINDS, BINDS], places()) == [found[0], found[-1]]


# --- injection

WEAPONS = (
    *("::error::forged", "::error file=a.py,line=1::forged", "##[error]forged", "%0A::error::x"),
    *("::stop-commands::x", "##vso[task.complete]", "::add-mask::MLV", "::endgroup::", "%25%0D"),
    *("\r", "\n", "\r\n::error::x", "\x00", "\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x7f"),
    *("\u202egpj", "\u2066", "\u2028", "\x85", "\ufeff", "\u200b", "\ufffe", "\udce9", "\ud83d"),
    *("]]>", "<![CDATA[", "-->", "&amp;", "</failure>", '"', "'", "<", "{0}", "[a](b)", ",", ":"),
    *(",line=9", "a b", "=", ";", "]", "é学📈", "\t", " ", "\\x3a", "/", "?q#f", "\\"),
)
WORDS = st.lists(st.one_of(st.sampled_from(WEAPONS), st.text(max_size=4)), max_size=5)
TEXTS = WORDS.map("".join)
PATHS = TEXTS.map(lambda text: re.sub("[\ud800-\udc7f\udd00-\udfff]", "", text).lstrip("./") or "a")
# What is kept in the names of files.
SPACES = re.compile("[\u200c\u200d\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
NUMBERS = st.none() | st.integers(1, 99)


@st.composite
def findings(draw: st.DrawFn) -> list[Diagnostic]:
    return [
        Diagnostic(
            draw(st.sampled_from(["MLV001", "MLV202", "MLV302"])),
            draw(TEXTS),
            Location(
                draw(PATHS | st.just("nb/x.ipynb")), draw(NUMBERS), draw(NUMBERS), draw(NUMBERS)
            ),
        )
        for _ in range(draw(st.integers(0, 4)))
    ]


def hostile_places(source: str) -> Places:
    text = source.encode("utf-8", "ignore").decode()
    data = encode(document(*[text] * 9))
    files = {"nb/x.ipynb": data, "nb/x.py": text.encode()}
    return Places(files.get, [Outcome("nb/x.ipynb", "nb/x.py", Status.IN_SYNC)])


@given(findings(), TEXTS)
def test_no_text_forges_hides_or_changes_a_finding(found: list[Diagnostic], source: str) -> None:
    where = hostile_places(source)
    for fmt in OUTPUT_FORMATS:
        report = render(found, fmt, where)
        report.encode()
        assert all(one.isprintable() or one == "\n" for one in SPACES.sub(" ", report))
        if fmt != "github":
            assert not any(map(runner_reads, report.split("\n")))
    for fmt, read in READERS.items():
        read_back = read(render(found, fmt, where))
        assert [one.code for one in read_back] == [one.code for one in found] or fmt == "junit"
        assert sorted(expected(one, fmt, where) for one in found) == sorted(
            (one.code, one.path, one.message) for one in read_back
        )


def expected(one: Diagnostic, fmt: str, where: Places) -> tuple[str, str, str]:
    path = where.review(one.location).path
    cell, line = one.location.cell, one.location.line
    words = ", ".join([f"cell {cell}"] * bool(cell) + [f"line {line}"] * bool(cell and line))
    message = printable(f"{words}: {one.message}" if words else one.message)
    if fmt == "github":
        numbers = [f"cell {cell}" if cell else None, line, one.location.column]
        at = ":".join(str(part) for part in (one.location.path, *numbers) if part is not None)
        return one.code, path_text(path), printable(f"{at}: {one.message}")
    if fmt == "sarif":
        return one.code, path, message.replace("](", "] (")
    return one.code, path_text(path) if fmt == "gitlab" else printable(path), message


@given(findings(), TEXTS)
def test_text_has_a_line_for_each_finding_and_its_excerpt(
    found: list[Diagnostic], source: str
) -> None:
    where = hostile_places(source)
    lines = render(found, "text", where).split("\n")[:-1]
    heads = [one for one in lines if re.search(r": MLV\d{3} ", one)]
    plain = render(found, "text").split("\n")[:-1]
    assert [one for one in plain[:-1] if one not in lines] == []
    assert len(plain) == len(found) + bool(found)
    assert len(lines) <= 3 * len(found) + 1 and len(heads) >= len(found)


def test_a_name_and_a_message_are_no_command_together() -> None:
    found = Diagnostic("MLV001", "x::forged", Location("::error file=a.py"))
    assert runner_reads(f"::error file=a.py: MLV001 {found.message}")
    assert not any(map(runner_reads, render([found], "text").splitlines()))


@pytest.mark.parametrize("path", ["a\u00a0b.ipynb", "学習\u3000x.ipynb", "👨\u200d👩.ipynb"])
@pytest.mark.parametrize("fmt", ["github", "gitlab", "sarif"])
def test_a_name_with_spaces_of_any_script_is_the_file_s_own(path: str, fmt: str) -> None:
    (one,) = READERS[fmt](render([Diagnostic("MLV001", "x", Location(path))], fmt))
    assert one.path == path


def test_what_is_printed_is_no_command_and_stays_as_it_is_where_it_was_none() -> None:
    for text in WEAPONS:
        assert runner_reads(printable(text)) is None
    for text in ("a::b", "# ## [x]", "::", "std::vector", "x ::y"):
        assert printable(text) == text
    assert printable("  ::error::x") == "  \\x3a:error::x"
    assert printable("see ##[error]x") == "see \\x23#[error]x"
