"""The text of plain cells is jupytext's, to the byte, and reads back as the same cells."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field

import jupytext
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jupytext.config import JupytextConfiguration
from nbformat import from_dict

from mlv_hooks.pair import percent, standard
from mlv_hooks.pair.percent import MARKERS, Block, body, is_plain, join, revise, shows, split
from mlv_hooks.pair.standard import CELL_FILTER, NOTEBOOK_FILTER

EXAMPLES = int(os.environ.get("MLV_EXAMPLES", "300"))
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
CONFIG = JupytextConfiguration(
    notebook_metadata_filter=NOTEBOOK_FILTER, cell_metadata_filter=CELL_FILTER
)


@dataclass(frozen=True)
class Cell:
    kind: str
    source: str
    metadata: dict = field(default_factory=dict)


def jupytext_script(cells: list[Cell], metadata: dict | None = None) -> str:
    # nbformat's own functions refuse odd metadata, which files hold all the same.
    nodes = [
        {"cell_type": one.kind, "source": one.source, "metadata": one.metadata} for one in cells
    ]
    node = from_dict(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": KERNEL} if metadata is None else metadata,
            "cells": nodes,
        }
    )
    with warnings.catch_warnings():
        # It warns of keys that no header can hold.
        warnings.simplefilter("ignore")
        text = jupytext.writes(node, "py:percent", config=CONFIG)
    return text if text.endswith("\n") else text + "\n"


def read_back(script: str) -> list[tuple[str, str]]:
    node = jupytext.reads(script, "py:percent", config=CONFIG)
    return [(one.cell_type, one.source) for one in node.cells]


CODE_LINES = (
    *("%%capture out", "%%writefile a.py", "%%timeit -n 3", "%%prun", "%%bash -s", "%%html x"),
    *(
        "?pd.read_csv",
        "?a.b.c",
        "??f",
        "files = !ls ..",
        "a = %pwd",
        "a = !",
        "x = %%time",
        "a=!ls",
    ),
    *(
        "x = !ls '''",
        '?f """',
        "s = %pwd '''a'''",
        "x = y = !ls",
        "a = !ls \\",
        "?f x",
        "? f",
        "a.b = !ls",
        "a = %timeit f(x)  # it's",
    ),
    *(
        "x = 1",
        "def f(a):",
        "    return a",
        "class A:",
        "    pass",
        "@wraps",
        "async def g():",
        ")",
    ),
    *("# a comment", "#comment", "# # twice", "", "  ", "    # inside", "x = '#'", "print('it')"),
    *('"""', "'''", '"""Say it."""', '    """Say it."""', '    """Say', '    it."""', 's = """a'),
    *(
        "%matplotlib inline",
        "!ls -l",
        "!pip install x",
        "%time f(x)",
        "%%time",
        "%%bash",
        "%%",
        "%",
    ),
    *("    %time x", "x = !ls", "x = %pwd", "?f", "f?", "f??", "ls", "ls = 3", "cd x", "cat(x)"),
    *("# %%", "# %% [markdown]", "# %matplotlib", "# In[3]:", "#%%", "# <codecell>", "# +", "# -"),
    *(
        "a = b \\",
        "    % c",
        "!ls \\",
        "x = y != z",
        "'''it's'''",
        "x = '\\''",
        "# escape",
        "# why?",
    ),
    *(
        "%load_ext a # noescape",
        "lines = [",
        "]",
        "x = 'ä→🦉'",
        "\tx",
        "@a('''",
        "# ---",
        "# title: x",
    ),
    *('x = "it\'s"', "'", '"', "x: int = 3", "    %run", "%run it's", "await g()", "echo hi", "rm"),
)
MARKDOWN_LINES = (
    *("# Title", "text", "", "  indented", "    code", "- item", "```", "```python", "~~~", "%% x"),
    *("In[3]:", "%matplotlib", "!ls", '"""', "'''", "# %% x", "  ", "> quote", "| a | b |", "$x$"),
    *(
        "<codecell>",
        "---",
        "title: x",
        "[a](b)",
        "ä→🦉",
        "#",
        "##",
        "#tag",
        "\\",
        "jupyter:",
        "+++",
    ),
)


def sources(lines: tuple[str, ...]) -> st.SearchStrategy[str]:
    line = st.one_of(st.sampled_from(lines), st.text(" '\"#%!?=\\abx()\t", max_size=6))
    return st.lists(line, max_size=6).map("\n".join)


def plain(kind: str, lines: tuple[str, ...]) -> st.SearchStrategy[Cell]:
    return sources(lines).filter(lambda text: is_plain(kind, text)).map(lambda s: Cell(kind, s))


plain_cells = st.lists(
    st.one_of(
        plain("code", CODE_LINES), plain("code", CODE_LINES), plain("markdown", MARKDOWN_LINES)
    ),
    max_size=7,
)


def blocks(cells: list[Cell]) -> list[Block]:
    return [Block(MARKERS[one.kind], body(one.kind, one.source)) for one in cells]


@settings(max_examples=EXAMPLES, deadline=None)
@given(plain_cells)
def test_plain_cells_are_written_as_jupytext_writes_them(cells: list[Cell]) -> None:
    wanted = jupytext_script(cells)
    header, _ = split(jupytext_script([]))
    assert join(header, blocks(cells)) == wanted
    assert read_back(wanted) == [(one.kind, one.source) for one in cells]


ANY_CELL = st.builds(
    Cell,
    st.just("code"),
    sources(CODE_LINES),
    st.sampled_from([{}, {}, {}, {"tags": ["parameters"]}, {"collapsed": True}]),
) | st.builds(Cell, st.just("markdown"), sources(MARKDOWN_LINES))


CELL_METADATA = st.dictionaries(
    st.sampled_from([*percent._SILENT, "name", "title", "mlv", "language", "hide_input", "active"]),
    st.sampled_from([True, 1, None, "x", {}, {"a": [1]}, ["x"], [], ["parameters", "a-b"]]),
    max_size=3,
)


def with_metadata(cell: Cell, metadata: dict, tags: list[str] | None) -> Cell:
    if tags is not None:
        metadata = {**metadata, "tags": tags}
    return Cell(cell.kind, cell.source, metadata)


FENCED_LINES = (
    *("   ```", "   ```", "   ```python", "- ```", "\t```", " \t```"),
    *("```", "```", "```", "```python", "```bash", "``` {.r}", "````", "text", "x = 1", "", "# a"),
    *("%time f()", "!ls", "def f():", '"""', "'''", " ```", "# %% x", "class A:", "    return"),
)
SHELL_LINES = (
    *("ls -l", "cd data", "# a comment", "#!/bin/sh", "", "  x", "for f in *; do", "done"),
    *("echo 'it's'", '"""', "'''", "%%bash", "%time", "!ls", "# %% x", "```", "<b>x</b>"),
    *("def f():", "class A:", "\\\\alpha", "x=1;", "#", "##", "# # a", "E", "In[3]:", "# +", "# -"),
)
TAG = st.sampled_from(
    ["parameters", "no-effect", "a_b", "active-py", "active-ipynb", "x y", "é", "1", "a]", '"', ""]
)
TAGGED = st.builds(
    with_metadata,
    st.one_of(
        plain("code", CODE_LINES),
        plain("markdown", MARKDOWN_LINES),
        plain("markdown", FENCED_LINES),
        st.builds(
            lambda name, rest: Cell("code", f"%%{name}\n{rest}"),
            st.sampled_from(["bash", "sh", "html", "javascript", "latex", "perl", "ruby", "sql"]),
            sources(SHELL_LINES) | sources(CODE_LINES),
        ),
    ),
    st.just({}) | CELL_METADATA,
    st.none() | st.lists(TAG, max_size=3),
)
KERNEL_TEXT = st.one_of(
    st.sampled_from(
        [
            *("python3", "python", "Python 3 (ipykernel)", "conda-env-ml-py", "yes", "Null", "n"),
            *("y", "3", "3.10", "a: b", "a #b", "- a", "a  b", "a ", "Ünï", "x" * 60, "~", "1e3"),
            *("Python [conda env:ml]", "infinity", "e1", "off", "on", "2020-01-01", "a b " * 12),
        ]
    ),
    st.text("aAeny3.0 -_()+:#[]'\"!&*~é", max_size=12),
)
METADATA = st.builds(
    lambda kernel, more, mlv: {**kernel, **more, **({} if mlv is None else mlv)},
    st.fixed_dictionaries(
        {},
        optional={
            "kernelspec": st.fixed_dictionaries(
                {"display_name": KERNEL_TEXT, "name": KERNEL_TEXT},
                optional={"language": st.just("python"), "env": KERNEL_TEXT},
            ),
            "language_info": st.sampled_from([{}, {"name": "python"}]),
        },
    ),
    st.dictionaries(
        st.sampled_from([*standard._SILENT - {"language_info"}, "title", "nbrmd_formats"]),
        st.sampled_from([True, "x", {"a": 1}, []]),
        max_size=3,
    ),
    st.sampled_from(
        [None, *({"mlv": one} for one in ({"step": True}, {"step": False}, {"step": 1}, {}, True))]
    ),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(TAGGED, max_size=5), METADATA)
def test_a_whole_script_told_without_jupytext_is_the_one_of_jupytext(
    cells: list[Cell], metadata: dict
) -> None:
    header = standard.header(metadata)
    script = None if header is None else percent.script(header, cells)
    if script is None:
        return
    assert script == jupytext_script(cells, metadata)
    back = jupytext.reads(script, "py:percent", config=CONFIG)
    assert [(one.cell_type, one.source) for one in back.cells] == [
        (one.kind, one.source) for one in cells
    ]
    assert [one.metadata.get("tags") for one in back.cells] == [
        one.metadata.get("tags") for one in cells
    ]
    assert back.metadata.get("kernelspec") == metadata.get("kernelspec")
    assert back.metadata.get("mlv") == metadata.get("mlv")


@settings(max_examples=EXAMPLES, deadline=None)
@given(METADATA)
def test_a_header_told_without_jupytext_is_the_one_of_jupytext(metadata: dict) -> None:
    header = standard.header(metadata)
    assert header is None or split(jupytext_script([], metadata))[0] == header


def test_what_most_notebooks_say_of_themselves_is_standard() -> None:
    info = {"file_extension": ".py", "name": "python", "version": "3.11.7"}
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    assert standard.is_standard({"kernelspec": kernel, "language_info": info})
    assert not standard.is_standard({"kernelspec": kernel, "jupytext": {"formats": "ipynb,md"}})
    assert not standard.is_standard({"kernelspec": {**kernel, "language": "R"}})
    assert standard.is_standard({"kernelspec": kernel, "mlv": {"step": True}})
    del kernel["language"]
    assert standard.is_standard({"kernelspec": kernel, "language_info": {"name": "python"}})
    assert not standard.is_standard({"kernelspec": {**kernel, "name": "ir"}})
    assert not standard.is_standard({"kernelspec": kernel, "language_info": {"name": "R"}})
    assert standard.is_standard({})


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(ANY_CELL, max_size=6), st.data())
def test_a_revised_script_is_the_one_that_jupytext_would_write(cells: list[Cell], data) -> None:
    script = jupytext_script(cells)
    assume(read_back(script) == [(one.kind, one.source) for one in cells])
    start = data.draw(st.integers(0, len(cells)))
    stop = data.draw(st.integers(start, len(cells)))
    new = [*cells[:start], *data.draw(plain_cells), *cells[stop:]]

    revised = revise(script, cells, new)

    assert revised is None or revised == jupytext_script(new)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.one_of(ANY_CELL, plain("code", CODE_LINES)), max_size=4))
def test_a_script_that_shows_its_cells_reads_back_as_them(cells: list[Cell]) -> None:
    script = jupytext_script(cells)
    if shows(script, cells):
        assert read_back(script) == [(one.kind, one.source) for one in cells]


def test_a_script_of_plain_cells_shows_them() -> None:
    cells = [Cell("markdown", "# Title"), Cell("code", "rate = 1", {"tags": ["parameters", "a-b"]})]
    assert shows(jupytext_script(cells), cells)
    assert not shows(jupytext_script(cells).replace("rate = 1", "rate = 2"), cells)


def test_a_title_that_could_be_read_as_a_kind_is_not_trusted() -> None:
    cells = [Cell("code", "rate = 1", {"title": "a [markdown]"})]
    assert not shows("# %% a [markdown]\nrate = 1\n", cells)


@pytest.mark.parametrize(
    "source",
    [
        "import pandas as pd\n\ndf = pd.read_csv('x.csv')\ndf.head()",
        'def f(x):\n    """Say it.\n\n    More of it.\n    """\n    return x',
        "%matplotlib inline\nimport matplotlib.pyplot as plt",
        "!ls data\ndf[df.a != 3]",
        "%%time\nfit(model)",
        "",
    ],
)
def test_what_most_cells_hold_is_plain(source: str) -> None:
    assert is_plain("code", source)


def test_an_edited_cell_with_tags_keeps_its_marker() -> None:
    old = [Cell("markdown", "# Title"), Cell("code", "rate = 1", {"tags": ["parameters"]})]
    new = [old[0], Cell("code", "rate = 2", {"tags": ["parameters"]})]
    assert revise(jupytext_script(old), old, new) == jupytext_script(new)


def test_a_new_tag_is_left_to_jupytext() -> None:
    old = [Cell("code", "rate = 1")]
    assert revise(jupytext_script(old), old, [Cell("code", "rate = 1", {"tags": ["a"]})]) is None


def test_a_script_that_a_formatter_laid_out_is_left_to_jupytext() -> None:
    old = [Cell("code", "rate = 1"), Cell("code", "x = 2")]
    formatted = jupytext_script(old).replace("rate = 1", "\nrate = 1")
    assert revise(formatted, old, [Cell("code", "rate = 2"), old[1]]) is None


def test_many_cells_without_code_cost_no_more_each() -> None:
    cells = [Cell("markdown", "text")] * 20_000
    script = join([], blocks(cells))
    assert revise(script, cells, [*cells, Cell("code", "x = 1")]) is not None
