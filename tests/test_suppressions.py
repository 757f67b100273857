"""What a notebook says not to report, where it counts, and what is said about it."""

from __future__ import annotations

from typing import Any

import pytest
from cells_support import cell, checked, notebook
from hypothesis import given
from hypothesis import strategies as st

from mlv_hooks.analysis.comments import comments_of
from mlv_hooks.checks.selection import Choice
from mlv_hooks.declared.metadata import read_stages
from mlv_hooks.rules import all_rules, judgements

# Each line that writes a file is a finding of MLV204 in a cell tagged `no-effect`.
WRITE = 'open("a.txt", "w")'
NONE, ALL = range(0), None


def places(data: bytes, settings: str = "", choice: Choice = Choice()) -> list[tuple[object, ...]]:  # noqa: B008
    found = checked(data, settings, choice)
    return [(one.code, one.location.cell, one.location.line) for one in found]


def looking(source: str, *tags: str) -> bytes:
    return notebook(cell(source, "no-effect", *tags))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1\nb = 2  # mlv: ignore[X]", [range(2, 3)]),
        ("a = 1\n# mlv: ignore[X]\nb = 2", [range(3, 4)]),
        ("a = 1\n# mlv: ignore[X]\n# why\n\nb = 2", [range(5, 6)]),
        ("a = 1\n# mlv: ignore[X]\nb = (\n  2\n)", [range(3, 6)]),
        ("b = (\n  2  # mlv: ignore[X]\n)", [range(1, 4)]),
        ("b = (\n  # mlv: ignore[X]\n  2\n)", [range(1, 5)]),
        ("b = \\\n  2  # mlv: ignore[X]", [range(1, 3)]),
        ('b = """\n"""  # mlv: ignore[X]', [range(1, 3)]),
        ("if a:  # mlv: ignore[X]\n    b = 2", [range(1, 2)]),
        ("if a:\n    # mlv: ignore[X]\n    b = 2", [range(3, 4)]),
        ("# mlv: ignore[X]\na = 1\nb = 2", [ALL]),
        ("\n# Title\n#\n# mlv: ignore[X]\n\na = 1", [ALL]),
        ("# mlv: ignore[X]", [ALL]),
        ("a = 1\n# mlv: ignore[X]", [NONE]),
        ("a = 1\r\nb = 2  # mlv: ignore[X]\r\nc = 3", [range(2, 3)]),
        ("a = 1  # type: ignore  # mlv: ignore[X]", [range(1, 2)]),
        # In no string
        ('a = "# mlv: ignore[X]"', []),
        ('a = """\n# mlv: ignore[X]\n"""', []),
        ("a = r'\\'  # mlv: ignore[X]'", []),
        ("a = f'{b} # mlv: ignore[X]'", []),
        ("'''\n# mlv: ignore[X]", [NONE]),
        # What IPython adds
        ("%matplotlib inline\n# mlv: ignore[X]\nb = 2", [range(3, 4)]),
        ("%%time\n# mlv: ignore[X]\nb = 2", [ALL]),
        ("%%time\nb = 2  # mlv: ignore[X]\nc = 3", [range(2, 3)]),
        ("%%bash\n# mlv: ignore[X]\nls", [ALL]),
        ("%%bash\necho \"it's\" '('\nls  # mlv: ignore[X]", [range(3, 4)]),
        ("!echo it's (\nb = 2  # mlv: ignore[X]\nc = 3", [range(2, 3)]),
        ("!ls  # mlv: ignore[X]\nb = 2", [range(1, 2)]),
        ("!ls \\\n  -l  # mlv: ignore[X]\nb = 2", [range(1, 3)]),
        ('!git commit -m "# mlv: ignore[X]"', []),
        ("x = !ls (\nb = 2  # mlv: ignore[X]", [range(2, 3)]),
        ("df?\n# mlv: ignore[X]\n?df\nb = 2", [range(3, 4)]),
        ("pip install x\n", []),
        # What is no Python
        ("df <- read.csv('a.csv')  # mlv: ignore[X]\nb <- 2", [range(1, 2)]),
        ("a = = 1\nb = 2  # mlv: ignore[X]", [range(2, 3)]),
        ("a = ((1\nb = 2  # mlv: ignore[X]\nc", [range(1, 4)]),
    ],
)
def test_a_comment_is_about_its_statement_the_next_one_or_the_cell(
    source: str, expected: list[object]
) -> None:
    found = [lines for _, text, lines in comments_of(source) if "mlv: ignore[X]" in text]
    assert found == expected


PIECES = st.sampled_from(
    ["# mlv: ignore[MLV204]", '"', "'''", "(", ")", "\\", "!ls", "%%bash", "%x", "a?", "\n", " "]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_text_of_a_cell_breaks_the_reading(source: str) -> None:
    count = source.count("\n") + 1
    for line, text, lines in comments_of(source):
        assert 1 <= line <= count and text.startswith("#")
        assert lines is None or set(lines) <= set(range(1, count + 1))
    checked(looking(source))


def test_a_comment_hides_the_finding_of_its_line_alone() -> None:
    source = f"{WRITE}\n{WRITE}  # mlv: ignore[MLV204] the report is kept by hand"
    assert places(looking(source)) == [("MLV204", 1, 1)]


def test_a_comment_above_all_code_hides_what_is_found_in_the_cell() -> None:
    assert places(looking(f"# mlv: ignore[MLV204]\n{WRITE}\n{WRITE}")) == []


@pytest.mark.parametrize(
    "tags",
    [
        ["mlv: ignore=MLV204"],
        ["mlv:ignore=MLV204"],
        ["mlv: ignore=MLV202,MLV204"],
        ["mlv: ignore=MLV202, MLV204", "slow"],
        # As JupyterLab splits what is typed
        ["mlv:", "ignore=MLV204"],
        ["mlv:", "ignore=MLV202", "MLV204", "slow"],
        ["mlv:ignore=MLV202", "mlv:ignore=MLV204"],
    ],
)
def test_a_tag_of_a_cell_names_codes_in_each_form_that_jupyter_keeps(tags: list[str]) -> None:
    only = Choice(ignore=("MLV014",))
    assert places(looking(WRITE, *tags), choice=only) == []
    assert places(looking(WRITE, "other"), choice=only) == [("MLV204", 1, 1)]


def test_a_suppression_is_about_its_own_cell() -> None:
    data = notebook(cell(WRITE, "no-effect", "mlv:ignore=MLV204"), cell(WRITE, "no-effect", "slow"))
    assert places(data) == [("MLV204", 2, 1)]


def test_the_metadata_are_about_the_whole_notebook() -> None:
    data = notebook(cell("rate = 1"), mlv={"ignore": ["MLV101"]})
    assert places(data, 'require-parameters = "all"') == []
    assert places(data) == [("MLV014", None, None)]
    assert read_stages("train.ipynb", {"mlv": {"ignore": ["MLV101"]}}, None) == ((), ())


def test_what_each_place_can_get_wrong_is_said_with_the_right_form() -> None:
    source = "# mlv: ignore\na = 1  # mlv: ignore[MLV999]\nb = 2  # mlv: ignore[]"
    data = notebook(
        cell(source, "mlv: ignore"),
        cell("# mlv: ignore=MLV204", kind="markdown"),
        cell("a", "mlv:ignore=script-stale,no-effect-binds,MLV014"),
        mlv={"ignore": "MLV101"},
    )
    assert [(*one.location[1:3], one.message) for one in checked(data)] == [
        (
            *(None, None),
            'suppression by metadata: it names no rule: write `"mlv": {"ignore": ["MLV101"]}` '
            "in the metadata",
        ),
        (1, None, "suppression by tag: it names no rule: write the tag as `mlv:ignore=MLV202`"),
        (1, 1, "suppression by comment: it names no rule: write `# mlv: ignore[MLV202]`"),
        (
            *(1, 2),
            "suppression by comment: there is no rule MLV999: write MLV209, or take it out",
        ),
        (1, 3, "suppression by comment: it names no rule: write `# mlv: ignore[MLV202]`"),
        (
            *(3, None),
            "suppression by tag: MLV014 is not about cells and can't be ignored here: take it out",
        ),
        (
            *(3, None),
            "suppression by tag: there is no rule no-effect-binds: write MLV202, or take it out",
        ),
        (
            *(3, None),
            "suppression by tag: there is no rule script-stale: write MLV302, or take it out",
        ),
    ]


UNUSED = looking("a = 1  # mlv: ignore[MLV204, MLV202]")
TOLD = [("MLV014", 1, 1)] * 2


@pytest.mark.parametrize(
    ("settings", "choice", "expected"),
    [
        ("", Choice(), TOLD),
        ("", Choice(select=("MLV014", "MLV2")), TOLD),
        ("", Choice(select=("MLV2",)), []),
        ("", Choice(select=("MLV014", "MLV204")), []),
        ("", Choice(ignore=("MLV202",)), []),
        ('ignore = ["MLV202"]', Choice(), []),
        ('per-file-ignores = {"train.ipynb" = ["MLV202"]}', Choice(), []),
        ('per-file-ignores = {"train.ipynb" = ["MLV014"]}', Choice(), []),
        ('per-file-ignores = {"other.ipynb" = ["MLV202"]}', Choice(), TOLD),
    ],
)
def test_an_unused_suppression_is_told_when_all_that_it_names_did_run(
    settings: str, choice: Choice, expected: list[object]
) -> None:
    assert places(UNUSED, settings, choice) == expected


def test_of_a_suppression_in_use_the_codes_without_use_are_told() -> None:
    (found,) = checked(looking(f"{WRITE}  # mlv: ignore[MLV204, MLV202]"))
    assert found.message == (
        "suppression by comment: there is no finding of MLV202 to ignore here: take it out"
    )


def test_nothing_is_unused_in_a_notebook_that_rules_could_not_read() -> None:
    broken: dict[str, Any] = cell("b = = 2")
    assert places(notebook(cell("a = 1  # mlv: ignore[MLV204]"), broken)) == []


def test_what_can_be_suppressed_is_what_the_page_says() -> None:
    known = {one.code for one in all_rules()}
    families = {code for code in known if code.startswith(("MLV1", "MLV2", "MLV5"))}
    assert judgements() == families | {"MLV414", "MLV415", "MLV416", "MLV417"}


def test_no_word_of_a_notebook_hides_that_it_is_out_of_line() -> None:
    from mlv_hooks.checks.suppressions import suppress
    from mlv_hooks.content import Content
    from mlv_hooks.diagnostics import Diagnostic, Location

    codes = [f"MLV{family}0{number}" for family in "034" for number in range(1, 10)]
    notebook_ = Content(
        lambda: notebook(cell("a", f"mlv:ignore={','.join(codes)}"), mlv={"ignore": codes})
    )
    findings = {Diagnostic(code, "", Location("train.ipynb", 1, 1)) for code in codes}
    assert suppress(findings, "train.ipynb", notebook_.suppressions) == (findings, set())
