"""A notebook as a script and back: byte for byte, or refused with the cell and the line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pairs import (
    KERNEL,
    PNG,
    code,
    document,
    edited,
    encode,
    format_of,
    markdown,
    merge_text,
    notebook,
    raw,
    script,
    settle,
    sources,
    versions,
)

from mlv_hooks.notebook import NotebookError, parse_notebook
from mlv_hooks.pair.script import (
    ScriptText,
    canonical,
    keep_layout,
    read_script,
    render,
    shows,
)
from mlv_hooks.pair.script_file import ScriptError, decode_script, encode_script

AFTER = 'print("after")'


def come_back(data: bytes) -> ScriptText:
    """Return what the script of a notebook says."""
    parsed = parse_notebook(data)
    fmt = format_of(parsed)
    return canonical(parsed, render(parsed, fmt), fmt)


def refusal(data: bytes) -> NotebookError:
    with pytest.raises(NotebookError) as caught:
        come_back(data)
    assert "\n" not in caught.value.message
    return caught.value


def through_an_edit_elsewhere(data: bytes) -> bytes:
    """Return the notebook after its script changed in a cell put behind all others."""
    whole = edited(data, lambda content: content["cells"].append({"id": "end", **code("last = 1")}))
    text = script(whole)
    assert text.count(b"last = 1") == 1
    return settle(whole, text.replace(b"last = 1", b"last = 2"), versions(whole)).notebook


# Each row of the table of what jupytext alone would change


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("a = 1\n# %% next\nb = 2", 2, "is cut there"),
        ("a = 1\n# %%\nb = 2", 2, "is cut there"),
        ("a = 1\n\n# In[1]:\nb = 2", 3, "is cut there"),
        ("%%writefile part.py\n# %% inside\nx = 1", 2, "is cut there"),
        ("a = 1\fb = 2", 1, "as `a = 1`"),
        ("a = 1\nb = 2\x0bc = 3", 2, "as `b = 2`"),
        ("name = 'a\x85b'", 1, "as `name = 'a`"),
        ("a = 1\n\nname = 'a\u2028b'", 3, "as `name = 'a`"),
        ("name = 'a\u2029b'", 1, "as `name = 'a`"),
        ("a = 1\rb = 2", 1, "as `a = 1`"),
        ('text = """does not end', 1, "takes the next cell in"),
        ("%%", 1, "is cut there"),
        (markdown("# Why?\n\nWho knows."), 1, "as `Why?`"),
        (markdown(f"x\n# {'W' * 70}?"), 2, f"as `{'W' * 57}...`"),
    ],
    ids=ascii,
)
def test_a_cell_that_jupytext_would_change_is_refused_with_its_cell_and_line(
    source: dict[str, Any] | str, line: int, what: str
) -> None:
    data = notebook("before = 1", markdown("# Title"), source, AFTER)
    error = refusal(data)
    assert (error.code, error.cell, error.line) == ("MLV006", 3, line)
    assert what in error.message
    assert f"(cell 3, line {line})" in error.message
    assert "exclude" in error.message, "it says what to do"


@pytest.mark.parametrize("text", [None, b"# %%\nx = 1\n"])
def test_a_refused_notebook_is_refused_whatever_its_script_holds(text: bytes | None) -> None:
    with pytest.raises(NotebookError):
        settle(notebook("a\n# %% cut\nb"), text)


@pytest.mark.parametrize(
    "source",
    [
        *("x = 1\n", "x = 1\n\n", "x = 1\n\n\n\n", "   ", " \n\t\n", "\n", "x = 1\r\ny = 2\r\n"),
        *("%%bash \nls", "%%html\t\n<b>x</b>\n"),
    ],
    ids=repr,
)
def test_white_space_that_jupytext_alone_would_lose_keeps_the_notebook_s_own_bytes(
    source: str,
) -> None:
    data = notebook("before = 1", source, AFTER)
    assert sources(through_an_edit_elsewhere(data)) == ["before = 1", source, AFTER, "last = 2"]


@pytest.mark.parametrize("source", ['x = """\n# %% no cell\n"""', "a = '''\n# In[1]:\n'''"])
def test_a_marker_inside_a_string_survives(source: str) -> None:
    assert sources(through_an_edit_elsewhere(notebook(source, AFTER)))[0] == source


@pytest.mark.parametrize(
    "source",
    ["a\n# %% b\nc", "a\n%%time\nb", "%%time", "# In[1]:\nx", "```\n# %matplotlib\n```"],
)
def test_a_marker_in_markdown_survives_or_is_refused_at_its_cell(source: str) -> None:
    data = notebook("before = 1", markdown(source), AFTER)
    try:
        back = come_back(data)
    except NotebookError as error:
        assert (error.code, error.cell) == ("MLV006", 2)
        assert error.line is not None
    else:
        assert back.cells[1].source == source
        assert sources(through_an_edit_elsewhere(data))[1] == source


@pytest.mark.parametrize(
    "end", ["\n    ", "\n\t", "\n    \n", "\n\n  ", "  \n", "\n \n \n"], ids=repr
)
@pytest.mark.parametrize("make", [code, markdown, raw])
def test_blanks_at_a_cell_s_end_do_no_harm(end: str, make: Any) -> None:
    data = notebook("before = 1", make("if x:\n    y" + end), AFTER)
    settled = settle(data, script(data), versions(data))
    assert (settled.status.value, settled.notebook) == ("in-sync", data)
    assert sources(through_an_edit_elsewhere(data))[:-1] == sources(data)


@pytest.mark.parametrize("title", ["a [b] c", "[markdown]", "%% x", 'a "b"', "a\nb", "tags=[1]"])
def test_a_title_in_a_cell_s_metadata_survives_or_is_refused_at_its_cell(title: str) -> None:
    data = notebook("before = 1", code("x = 1", metadata={"title": title}), AFTER)
    try:
        back = come_back(data)
    except NotebookError as error:
        assert (error.code, error.cell) == ("MLV006", 2)
    else:
        assert [cell.source for cell in back.cells] == ["before = 1", "x = 1", AFTER]
        after = json.loads(through_an_edit_elsewhere(data))
        assert after["cells"][1]["metadata"] == {"title": title}


@pytest.mark.parametrize(
    "metadata",
    [
        {"tags": 0.5, "title": ["a", {"b": 1}]},
        {"title": 5},
        {"title": None},
        {"name": {"a": 1}},
        {"cell_marker": 5},
        {"lines_to_next_cell": "x"},
        {"active": 5},
        {"magic_args": []},
        {"language": 5},
        {"region_name": []},
        {"tags": ["a,b"]},
        {"incorrectly_encoded_metadata": "a=1"},
    ],
    ids=json.dumps,
)
def test_metadata_that_jupytext_does_not_expect_survives_or_is_refused_in_one_line(
    metadata: dict[str, Any],
) -> None:
    try:
        data = notebook("before = 1", code("x = 1", metadata=metadata), AFTER)
        after = json.loads(through_an_edit_elsewhere(data))
    except NotebookError as error:
        assert error.cell == 2
        assert "\n" not in error.message
    else:
        assert after["cells"][1]["metadata"] == metadata


def test_metadata_that_only_tools_write_is_not_in_the_script_and_stays_in_the_notebook() -> None:
    hidden = {"collapsed": True, "scrolled": "auto", "ExecuteTime": {"end_time": "2026-01-01"}}
    data = notebook(code("x = 1", metadata={**hidden, "tags": ["keep"]}), AFTER)

    text = script(data).decode()
    after = json.loads(through_an_edit_elsewhere(data))

    assert '# %% tags=["keep"]\nx = 1\n' in text
    assert all(key not in text for key in hidden)
    assert after["cells"][0]["metadata"] == {**hidden, "tags": ["keep"]}


# All else that was tried survives

SURVIVES = {
    "blank lines inside": "a = 1\n\n\n\nb = 2",
    "leading blank lines": "\n\na = 1",
    "spyder-like marks": "# +\na = 1\n# -",
    "region marks": "# region x\na = 1\n# endregion",
    "an empty cell": "",
    "a shebang": "#!/bin/sh\nx = 1",
    "a header-like start": "# ---\n# jupyter: no\n# ---",
    "a magic": "%matplotlib inline\nx = 1",
    "an indented magic": "if x:\n    %time y()",
    "a shell line": "!ls -l *.csv",
    "a shell line with a result": "files = !ls",
    "help": "?x",
    "more help": "x??\nx?",
    "a bash cell": "%%bash\nls\n# %x\necho '%%'",
    "an html cell": "%%html\n<b>x</b>",
    "a latex cell": "%%latex\n$$x^2$$",
    "an R cell": "%%R -i x\nplot(x)",
    "a timed cell": "%%time\nx = 1",
    "an automagic": "cd ..\nls",
    "a commented magic": "# %matplotlib inline\n# !ls\n# # %x",
    "backslashes": "x = '\\n\\\\'\ny = 1 + \\\n    2",
    "tabs": "if x:\n\ty = 1",
    "no-break spaces": "x = 'a\u00a0b'",
    "unicode": "naïve = 'Ω 🦉 日本'",
    "NUL": "x = 'a\0b'",
    "await": "await fetch()",
    "a trailing comment": "x = 1  # %% not a cell",
    "a trailing semicolon": "plot(x);",
    "trailing spaces": "x = 1   \ny = 2\t",
    "a cell that is only a comment": "# only this",
    "a multi-line string": 'x = """\n\n# %matplotlib\n"""',
    "a syntax error": "x = = 1",
    "a decorator": "@cache\ndef f():\n    return 1\n\n\n@cache\ndef g():\n    return 2",
    "nothing but magics": "%load_ext autoreload\n%autoreload 2",
    "an escaped jupytext comment": "# + [markdown]\nx",
    "metadata-like text": '# %%bash\n# tags=["a"]',
}


@pytest.mark.parametrize("source", SURVIVES.values(), ids=SURVIVES.keys())
def test_a_code_cell_survives_byte_for_byte(source: str) -> None:
    data = notebook("before = 1", source, markdown("between"), source, AFTER)
    back = come_back(data)
    assert [cell.source for cell in back.cells] == sources(data)
    assert sources(through_an_edit_elsewhere(data))[:-1] == sources(data)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# Title\n\ntext",
        "'''\nx\n'''",
        '"""\nx',
        "---",
        "- a\n  - b\n\n1. c",
        "```python\nx = 1\n```",
        "| a | b |\n|---|---|",
        "  indented",
        "\nstarts blank",
        "#no space",
        "#",
        "# # twice",
        "$$\\frac{a}{b}$$",
        "<img src='attachment:a.png'>",
        "trailing  \nspaces",
        "[markdown]",
        "+ a\n- b",
        "two\n\n\nblank lines",
    ],
    ids=repr,
)
@pytest.mark.parametrize("make", [markdown, raw])
def test_a_text_cell_survives_byte_for_byte(source: str, make: Any) -> None:
    data = notebook(make(source), "x = 1", make(source), make("end"))
    assert [cell.source for cell in come_back(data).cells] == sources(data)
    assert sources(through_an_edit_elsewhere(data))[:-1] == sources(data)


@pytest.mark.parametrize(
    "metadata",
    [
        {"tags": ["a b", 'quote "x"', "it's", "é", "[x]", "{}"]},
        {"tags": []},
        {"name": "load data"},
        {"mlv": {"a": {"b": [1, 2.5, None, True, "x"]}}},
        {"active": "ipynb"},
        {"tags": ["parameters"], "slideshow": {"slide_type": "skip"}},
        {"title": "Load"},
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("make", [code, markdown, raw])
def test_a_cell_s_metadata_survives(metadata: dict[str, Any], make: Any) -> None:
    data = notebook("before = 1", make("x = 1", metadata=metadata), AFTER)
    after = json.loads(through_an_edit_elsewhere(data))
    assert after["cells"][:-1] == json.loads(data)["cells"]


def test_a_cell_for_notebooks_only_survives() -> None:
    data = notebook("before = 1", code("%time x", metadata={"tags": ["active-ipynb"]}), AFTER)
    assert json.loads(through_an_edit_elsewhere(data))["cells"][:-1] == json.loads(data)["cells"]


def test_outputs_attachments_and_counts_survive() -> None:
    attached = {"a.png": {"image/png": PNG}}
    data = notebook(
        markdown("![a](attachment:a.png)", attachments=attached),
        code("x = 1", out="1\n", count=7),
        code("x = 2", out="2\n", count=3),
    )
    after = json.loads(through_an_edit_elsewhere(data))
    assert after["cells"][:-1] == json.loads(data)["cells"]


def test_half_a_surrogate_pair_is_refused_with_cell_and_line() -> None:
    data = json.dumps(document("x = 1", "y = 1\ns = '\ud83e'")).encode()
    error = refusal(data)
    assert (error.code, error.cell, error.line) == ("MLV001", 2, 2)


LINES = st.sampled_from(
    [
        "x = 1",
        "",
        "# note",
        "%time x",
        "!ls",
        "'''",
        '"""',
        "# %% cut",
        "%%bash",
        "    y",
        "\ty",
        "# +",
        "# -",
        "# ---",
        "a\\",
        "plot();",
        "?x",
        "# In[2]:",
        "é = 'Ω'",
        "x\f",
        "z\u2028",
        "#",
    ]
)
SOURCES = st.lists(LINES, max_size=5).map("\n".join)
MAKERS = st.sampled_from([code, markdown, raw])


@given(st.lists(st.tuples(MAKERS, SOURCES), min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_notebook_comes_back_whole_or_is_refused_with_its_cell(cells: list[Any]) -> None:
    data = notebook(*(make(source) for make, source in cells))
    try:
        after = through_an_edit_elsewhere(data)
    except NotebookError as error:
        assert error.code == "MLV006"
        assert error.cell is not None
        assert 1 <= error.cell <= len(cells) + 1
    else:
        content = json.loads(after)
        assert content["cells"][:-1] == json.loads(data)["cells"]


# Header and metadata filters


def test_the_header_holds_the_kernel_and_our_metadata_and_no_version() -> None:
    data = notebook("x = 1", mlv={"step": True}, widgets={"state": {}}, toc={"a": 1})
    assert script(data).decode() == (
        "# ---\n# jupyter:\n#   kernelspec:\n#     display_name: Python 3\n"
        "#     language: python\n#     name: python3\n#   mlv:\n#     step: true\n# ---\n\n"
        "# %%\nx = 1\n"
    )


def test_a_notebook_without_kernel_has_a_script_without_header() -> None:
    data = encode({**document("x = 1"), "metadata": {}})
    assert script(data) == b"# %%\nx = 1\n"


def test_an_empty_notebook_has_a_script_that_comes_back_empty() -> None:
    data = encode({**document(), "metadata": {}})
    assert come_back(data).cells == ()
    assert come_back(notebook()).cells == ()
    assert settle(data, script(data)).status.value == "in-sync"
    assert settle(notebook(), script(notebook())).status.value == "in-sync"


def test_filters_of_the_notebook_s_own_metadata_win() -> None:
    own = {"notebook_metadata_filter": "toc,-all", "cell_metadata_filter": "-all"}
    data = notebook(code("x = 1", metadata={"tags": ["a"]}), toc={"a": 1}, jupytext=own)
    text = script(data).decode()
    assert "toc:" in text
    assert "tags" not in text
    assert "kernelspec" not in text


def test_a_kernel_without_display_name_in_a_script_is_one_line_that_names_the_script() -> None:
    data = notebook("x = 1")
    text = script(data).replace(b"#     display_name: Python 3\n", b"")
    with pytest.raises(ScriptError) as caught:
        settle(data, text, versions(data))
    assert (caught.value.code, caught.value.line) == ("MLV009", 1)
    assert "\n" not in caught.value.message
    assert "display_name" in caught.value.message


def test_a_kernel_without_display_name_in_a_notebook_is_one_line_that_says_what_to_do() -> None:
    kernel = {key: value for key, value in KERNEL.items() if key != "display_name"}
    error = refusal(notebook("x = 1", kernelspec=kernel))
    assert (error.code, error.cell) == ("MLV006", None)
    assert "display_name" in error.message
    assert "choose its kernel in Jupyter" in error.message


@pytest.mark.parametrize(
    "header",
    ["# ---\n# jupyter: [\n# ---\n", "# ---\n# jupyter: {a: b: c}\n# ---\n"],
)
def test_a_broken_header_is_one_line_or_text_of_a_cell(header: str) -> None:
    fmt = format_of(notebook())
    try:
        read = read_script(header + "\n# %%\nx = 1\n", fmt)
    except ScriptError as error:
        assert error.code == "MLV009"
        assert "\n" not in error.message
    else:
        assert "jupyter" in read.cells[0].source


# Bytes of a script


@pytest.mark.parametrize(
    ("data", "code_", "line", "says"),
    [
        (b"\xef\xbb\xbf# %%\nx = 1\n", "MLV009", None, "byte order mark"),
        (b"# %%\nx = 1\ny = '\xe9'\n", "MLV009", 3, "not UTF-8 (line 3)"),
        (b"\xff\xfe#\0", "MLV009", 1, "not UTF-8"),
        (
            b"# %%\n<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other\n",
            "MLV002",
            2,
            "merge markers (line 2)",
        ),
        (
            b"# %%\r\n<<<<<<< HEAD\r\nx = 1\r\n=======\r\n>>>>>>> other\r\n",
            "MLV002",
            2,
            "merge markers (line 2)",
        ),
    ],
)
def test_a_script_that_is_no_sound_text_is_refused_with_its_line(
    data: bytes, code_: str, line: int | None, says: str
) -> None:
    with pytest.raises(ScriptError) as caught:
        decode_script(data)
    assert (caught.value.code, caught.value.line) == (code_, line)
    assert says in caught.value.message


def test_a_rule_of_equal_signs_is_no_merge_marker() -> None:
    assert decode_script(b"# %% [markdown]\n# a\n=======\n") == "# %% [markdown]\n# a\n=======\n"


@pytest.mark.parametrize(
    ("like", "expected"),
    [(None, b"a\nb\n"), (b"x\n", b"a\nb\n"), (b"x\r\ny\r\n", b"a\r\nb\r\n")],
)
def test_a_script_keeps_the_line_ends_that_it_had(like: bytes | None, expected: bytes) -> None:
    assert encode_script("a\nb\n", like) == expected


# CRLF within cells

WINDOWS = "a = 1\r\nb = 2\r\nc = 3\r\n"


def test_crlf_in_a_cell_stays_when_another_cell_is_edited_and_the_script_has_lf() -> None:
    data = notebook(WINDOWS, "y = 1")
    text = script(data)
    assert b"\r" not in text
    after = settle(data, text.replace(b"y = 1", b"y = 2"), versions(data)).notebook
    assert sources(after) == [WINDOWS, "y = 2"]


def test_crlf_in_a_cell_alone_is_no_reason_to_write() -> None:
    data = notebook(WINDOWS, "y = 1")
    settled = settle(data, script(data), versions(data))
    assert (settled.status.value, settled.notebook) == ("in-sync", data)


@pytest.mark.parametrize(
    ("source", "edited_source"),
    [
        (WINDOWS, "a = 1\r\nb = 5\r\nb2 = 6\r\nc = 3\r\n"),
        ("a = 1\r\nb = 2\r\nc = 3", "a = 1\r\nb = 5\r\nb2 = 6\r\nc = 3"),
        ("a = 1\r\nb = 2\nc = 3", "a = 1\nb = 5\nb2 = 6\nc = 3"),
        ("a = 1\nb = 2\nc = 3", "a = 1\nb = 5\nb2 = 6\nc = 3"),
    ],
    ids=["crlf", "crlf without end", "mixed", "lf"],
)
def test_a_cell_that_the_script_edits_keeps_crlf_when_it_had_crlf_throughout(
    source: str, edited_source: str
) -> None:
    data = notebook(source, "y = 1")
    text = script(data).replace(b"b = 2", b"b = 5\nb2 = 6")
    after = settle(data, text, versions(data)).notebook
    assert sources(after)[0].rstrip("\r\n") == edited_source.rstrip("\r\n")
    assert sources(after)[1] == "y = 1"


def test_both_sides_edit_a_cell_with_crlf_and_are_merged() -> None:
    data = notebook(WINDOWS.replace("\r\n", "\r\n\r\n"))
    text = script(data).replace(b"a = 1", b"a = 10")
    mine = edited(data, lambda c: c["cells"][0].update(source=sources(data)[0].replace("3", "30")))
    after = settle(mine, text, versions(data)).notebook
    assert sources(after)[0].rstrip() == "a = 10\r\n\r\nb = 2\r\n\r\nc = 30"


# What formatters do to a script


FORMATTED = (
    "# ---\n# jupyter:\n#   kernelspec:\n#     display_name: Python 3\n"
    "#     language: python\n#     name: python3\n# ---\n\n"
    "# %%\nimport os\n\n\n# %%\ndef load():\n    return 1\n\n\n# %%\nplot(x)\n"
)


def formatted() -> bytes:
    return notebook("import os", "def load():\n    return 1", code("plot(x);", out="x", count=1))


def test_blank_lines_and_a_semicolon_that_a_formatter_took_are_no_edit() -> None:
    data = formatted()
    settled = settle(data, FORMATTED.encode(), versions(data))
    assert settled.status.value == "in-sync"
    assert settled.script == FORMATTED
    assert settled.notebook == data


def test_a_formatter_s_layout_stays_when_the_notebook_changes_a_cell() -> None:
    data = formatted()
    mine = edited(data, lambda content: content["cells"][1].update(source="def load():\n    pass"))
    settled = settle(mine, FORMATTED.encode(), versions(data, FORMATTED.encode()))
    assert settled.script == FORMATTED.replace("return 1", "pass")
    assert settled.notebook == mine


def test_the_semicolon_stays_in_the_notebook_when_the_script_edits_another_cell() -> None:
    data = formatted()
    text = FORMATTED.replace("return 1", "pass").encode()
    settled = settle(data, text, versions(data, FORMATTED.encode()))
    assert settled.script == text.decode()
    assert sources(settled.notebook) == ["import os", "def load():\n    pass", "plot(x);"]
    assert json.loads(settled.notebook)["cells"][2] == json.loads(data)["cells"][2]


def test_a_layout_that_cannot_be_kept_gives_way_to_the_plain_rendering() -> None:
    data = notebook("a = 1")
    fmt = format_of(data)
    wanted = script(data).decode()
    squeezed = wanted.replace("# %%\na = 1\n", "# %%\n\n\na = 2\n\n\n\n")
    kept = keep_layout(squeezed, wanted, fmt, merge_text)
    assert shows(read_script(kept, fmt), read_script(wanted, fmt), fmt)


def test_a_script_without_line_end_at_its_end_is_in_line() -> None:
    data = notebook("a = 1", "b = 2")
    text = script(data).rstrip(b"\n")
    settled = settle(data, text, versions(data))
    assert (settled.status.value, settled.script) == ("in-sync", text.decode())
