"""A line of a cell is found again in the script: the very line, in each of jupytext's formats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pairs import code, markdown, notebook, raw
from samples import KERNELS

from mlv_hooks.checks.script_lines import CellLines, cell_lines, uncommented
from mlv_hooks.notebook import NotebookError, parse_notebook
from mlv_hooks.pair.formats import script_formats
from mlv_hooks.pair.script import canonical, render

NUMBER = re.compile(r"\d{3}")
PYTHON = (
    *(
        "a{} = 1",
        "    b{} = 2  ",
        "%time c{}()",
        "!ls d{}",
        "    !ls e{}",
        "%matplotlib f{}",
        "?g{}",
    ),
    *("def h{}():", "# i{}", "# %% j{}", "# + k{}", "l{};", '"""m{}', '"""', "cd n{}", "#o{}"),
    *("ls{} = !ls", "%%bash\nls p{}", "%%timeit q{}", "@r{}", "", "", "# -", "   "),
)
WORDS = (
    *("# Title {}", "text {}", "- item {}", "  - inner {}", "", "", "> quote {}", "Why {}?"),
    *("#tag{}", "'''{}", "%{}", "| a{} | b |", "-", "+"),
)
R = ("a{} <- 1", "# b{}", "#' c{}", "%>% d{}", "", "ls(e{})", "#+ f{}")

FORMATS: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "percent": ("python", {"formats": "ipynb,py:percent"}, PYTHON),
    "quoted": ("python", {"formats": "ipynb,py:percent", "cell_markers": '"""'}, PYTHON),
    "hydrogen": ("python", {"formats": "ipynb,py:hydrogen"}, PYTHON),
    "light": ("python", {"formats": "ipynb,py:light"}, PYTHON),
    "regions": (
        "python",
        {"formats": "ipynb,py:light", "cell_markers": "region,endregion"},
        PYTHON,
    ),
    "sphinx": ("python", {"formats": "ipynb,py:sphinx"}, PYTHON),
    "Rmd": ("python", {"formats": "ipynb,Rmd"}, PYTHON),
    "md": ("python", {"formats": "ipynb,md"}, PYTHON),
    "myst": ("python", {"formats": "ipynb,md:myst"}, PYTHON),
    "R": ("R", {"formats": "ipynb,R:percent"}, R),
    "R light": ("R", {"formats": "ipynb,R:light"}, R),
    "R spin": ("R", {"formats": "ipynb,R:spin"}, R),
    "Rmd of R": ("R", {"formats": "ipynb,Rmd"}, R),
    "Julia": ("julia", {"formats": "ipynb,jl:percent"}, ("a{} = 1", "# b{}", "!c{}", "")),
}


def script_of(cells: Sequence[dict[str, Any]], name: str) -> tuple[str, list[str], bool]:
    """Return the script of a notebook of these cells, and their sources; say if all come back."""
    language, settings, _ = FORMATS[name]
    own = {"kernelspec": KERNELS[language], "language_info": {"name": language}}
    parsed = parse_notebook(notebook(*cells, **own, jupytext=settings))
    (fmt,) = script_formats("train.ipynb", parsed.metadata, lambda path: None)
    script, sources = render(parsed, fmt), [one.source for one in parsed.cells]
    try:
        canonical(parsed, script, fmt)
    except NotebookError:
        return script, sources, False
    return script, sources, True


@st.composite
def cells(draw: st.DrawFn, name: str) -> list[dict[str, Any]]:
    """Return cells of which each line is told from all others by its number, if it has one."""
    numbers, made = count(100), []
    for kind in draw(st.lists(st.sampled_from(["code", "code", "markdown", "raw"]), max_size=5)):
        words = FORMATS[name][2] if kind == "code" else WORDS
        forms = draw(st.lists(st.sampled_from(words), max_size=5))
        source = "\n".join(form.format(next(numbers)) for form in forms)
        tags = {"tags": ["no-effect"]} if draw(st.booleans()) else {}
        made.append({"code": code, "markdown": markdown, "raw": raw}[kind](source, metadata=tags))
    return made


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=20)
@given(st.data())
def test_each_line_of_a_cell_is_found_where_the_script_shows_it(
    name: str, data: st.DataObject
) -> None:
    script, sources, is_whole = script_of(data.draw(cells(name)), name)
    lines = [line.rstrip() for line in script.split("\n")]
    last = 0
    for source, cell in zip(sources, cell_lines(script, sources), strict=True):
        for number, line in enumerate(source.split("\n")):
            if not line.strip():
                continue
            at = cell.lines[number] if cell else None
            assert at or not is_whole, "a pair in line shows every line"
            if at:
                assert at > last, "lines keep their order"
                last = at
                _assert_shows(lines, at, line)


def _assert_shows(lines: Sequence[str], at: int, line: str) -> None:
    """Check that line ``at`` shows a cell's line, and that no other does, if that is numbered."""
    shown, number = lines[at - 1], NUMBER.search(line)
    if line.startswith("%%") and line not in shown:
        assert line[2:].split()[0] in shown, "the marker names the language"
        return
    assert line.rstrip() in (shown, uncommented(shown), uncommented(uncommented(shown)))
    assert not number or sum(number[0] in one for one in lines) == 1


CELLS = (
    markdown("# Title"),
    code("%%bash\nls\npwd"),
    code(""),
    code('"""Doc."""\nimport os\n\n\n\nx = 1  # %%\nplot(x);', metadata={"tags": ["no-effect"]}),
    code("%matplotlib inline\r\n\r\nif x:\r\n    !ls\r\n"),
)


def test_lines_of_a_percent_script_are_counted_as_its_readers_count_them() -> None:
    script, sources, _ = script_of(CELLS, "percent")

    title, shell, empty, tagged, magic = cell_lines(script, sources)

    rows = script.split("\n")
    assert title == CellLines(9, (10,))
    assert rows[8:10] == ["# %% [markdown]", "# # Title"]
    assert shell == CellLines(12, (12, 13, 14))
    assert rows[11:14] == ['# %% language="bash"', "# ls", "# pwd"]
    assert empty == CellLines(16, (None,))
    assert tagged == CellLines(18, (19, 20, 21, 22, 23, 24, 25))
    assert rows[17] == '# %% tags=["no-effect"]' and rows[24] == "plot(x);"
    assert magic == CellLines(27, (28, 29, 30, 31, None))
    assert rows[27:31] == ["# %matplotlib inline", "", "if x:", "    # !ls"]


def test_comments_that_look_like_markers_are_none_where_the_format_has_others() -> None:
    script, sources, _ = script_of([code("# %% a\nx = 1\n# %% b"), code("")], "light")
    assert cell_lines(script, sources) == [CellLines(9, (9, 10, 11)), None]


def test_what_formatters_change_in_a_script_alone_misleads_nobody() -> None:
    sources = ['"""Doc."""\nx = 1', "plot(x);", "y = 2\nz = 3", "w = 4"]
    script = '# %%\n"""Doc."""\n\nx = 1\n\n# %%\nplot(x)\n\n# %%\ny=2\nz = 3\n\n# %%\nw = 4\n'

    found = cell_lines(script, sources)

    assert found == [
        CellLines(1, (2, 4)),
        CellLines(6, (7,)),
        CellLines(9, (None, None)),
        CellLines(13, (14,)),
    ]


def test_behind_a_cell_that_a_script_without_markers_does_not_show_nothing_is_told() -> None:
    script = "# Title\n\nx = 1\nx = 1\n\nx = 1\n"
    assert cell_lines(script, ["Title", "y = 1\nx = 1", "x = 1"]) == [
        CellLines(1, (1,)),
        None,
        None,
    ]


def test_a_large_script_of_equal_lines_takes_no_time() -> None:
    source = "\n".join(["x = 1"] * 20_000)
    script = f"# %%\n{source}\ny\n\n# %%\n{source}\n"
    for sources in ([source + "\nz", source], [source] * 3, ["z", source]):
        start = perf_counter()
        cell_lines(script, sources)
        assert perf_counter() - start < 2
