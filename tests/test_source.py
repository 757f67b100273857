"""Cells as people write them, read as IPython reads them."""

from __future__ import annotations

import ast
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from mlv_hooks.analysis.source import CellSource, Magic, parse_cell


def cell(text: str) -> CellSource:
    parsed = parse_cell(text, 1)
    assert parsed.error is None, parsed.error
    return parsed


def magic(text: str) -> Magic:
    (found,) = cell(text).magics
    return found


def test_plain_python_keeps_its_lines_and_has_no_magics() -> None:
    parsed = parse_cell("import os\n\nx = 1\n", 7)
    assert (parsed.number, parsed.magics, parsed.error) == (7, (), None)
    assert [node.lineno for node in parsed.tree.body] == [1, 3]


def test_lines_below_magics_keep_their_numbers() -> None:
    parsed = cell("%matplotlib inline\n!ls \\\n  data\nimport os\n?os\nx = 1")
    assert [node.lineno for node in parsed.tree.body] == [1, 2, 4, 5, 6]
    assert [(m.kind, m.line, m.end_line) for m in parsed.magics] == [
        ("line", 1, 1),
        ("shell", 2, 3),
        ("help", 5, 5),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "name", "argument", "target"),
    [
        ("%matplotlib inline", "line", "matplotlib", "inline", ""),
        ("%time f( 1 )", "line", "time", "f( 1 )", ""),
        ("!ls -l {folder}", "shell", "", "ls -l {folder}", ""),
        ("!! ls", "shell", "!!", " ls", ""),
        ("!echo it's", "shell", "", "echo it's", ""),
        ("!ls \\\n  data", "shell", "", "ls    data", ""),
        ("?pd.concat", "help", "", "pd.concat", ""),
        ("??pd.concat", "help", "", "pd.concat", ""),
        ("pd.concat?", "help", "", "pd.concat", ""),
        ("pd.concat??", "help", "", "pd.concat", ""),
        ("%time?", "help", "", "%time", ""),
        ("np.*load*?", "help", "", "np.*load*", ""),
        ("a = b.c?", "help", "", "b.c", ""),
        ("x = !ls", "shell", "", "ls", "x"),
        ("x =!ls", "shell", "", "ls", "x"),
        ("x = %time f()", "line", "time", "f()", "x"),
        ("d['a'].b = !ls", "shell", "", "ls", "d['a'].b"),
        ("a, b = !ls", "shell", "", "ls", "a, b"),
        ("x: list = !ls", "shell", "", "ls", "x"),
        ("if a: x = !ls", "shell", "", "ls", "x"),
        ("f(a=1)[b] = !ls", "shell", "", "ls", "f(a=1)[b]"),
        ("pip install x", "line", "pip", "install x", ""),
        ("cd ..", "line", "cd", "..", ""),
        ("ls", "line", "ls", "", ""),
        ("ls -la", "line", "ls", "-la", ""),
        ("time f()", "line", "time", "f()", ""),
        (",f a b", "line", ",", "f a b", ""),
        ("/f a", "line", "/", "f a", ""),
    ],
)
def test_each_form_of_ipython_syntax_is_told_apart(
    text: str, kind: str, name: str, argument: str, target: str
) -> None:
    found = magic(text)
    assert (found.kind, found.name, found.argument, found.target) == (kind, name, argument, target)
    parsed = cell(text)
    statements = [node for node in ast.walk(parsed.tree) if isinstance(node, ast.stmt)]
    assert [m for m in map(parsed.magic, statements) if m] == [found]


@pytest.mark.parametrize(
    "text",
    [
        's = """\n%time\n!ls\n%%bash\nx?\n"""',
        "s = '''\n# no effect\n!ls\n'''",
        "s = (\n    a\n    % b\n    != c\n)",
        "s = [\n1\n,2\n]",
        "x = a \\\n % b",
        "# what?\n# %time\n# !ls",
        "print('what?')  # what?",
        "s = 'a\\\n!ls'",
        "f'{a!r}'",
        "x != y",
        "history",
        "time = 3",
        "config",
        "x = 'it''s' # !ls",
    ],
)
def test_what_only_looks_like_a_magic_stays_python(text: str) -> None:
    assert cell(text).magics == ()
    assert ast.dump(cell(text).tree) == ast.dump(ast.parse(text))


def test_strings_beside_a_magic_are_untouched() -> None:
    text = """a = '''\n!ls\n%time\n'''\nb = r'\\'!ls'\n!ls 'x\nc = "x?"\nd = "#"  # (\n!pwd"""
    parsed = cell(text)
    assert [m.argument for m in parsed.magics] == ["ls 'x", "pwd"]
    constants = [n.value for n in ast.walk(parsed.tree) if isinstance(n, ast.Constant)]
    assert {"\n!ls\n%time\n", "\\'!ls", "x?", "#"} <= set(constants)


def test_magics_stand_in_blocks_and_functions() -> None:
    text = (
        "for x in y:\n    !echo it's {x}\n    z = !ls\n"
        "with a:\n    %time f()\ndef g():\n    if b:\n        %cd data\n    else:\n        a?\n"
    )
    parsed = cell(text)
    assert [(m.line, m.column) for m in parsed.magics] == [(2, 4), (3, 8), (5, 4), (8, 8), (10, 8)]
    assert [type(node) for node in parsed.tree.body] == [ast.For, ast.With, ast.FunctionDef]


@pytest.mark.parametrize("name", ["time", "timeit", "capture out", "prun"])
def test_the_body_of_a_cell_magic_that_runs_python_is_parsed(name: str) -> None:
    parsed = cell(f"%%{name}\n\nx = f(1)\n!ls\n")
    first, assign, last = parsed.tree.body
    assert parsed.magic(first) == parsed.magics[0]
    assert parsed.magics[0].body == "\nx = f(1)\n!ls\n"
    assert (assign.lineno, last.lineno) == (3, 4)
    assert parsed.magic(last) == parsed.magics[1]
    assert parsed.magic(assign) is None


def test_cell_magics_nest() -> None:
    parsed = cell("%%capture out\n%%time\nx = 1")
    assert [(m.name, m.argument, m.line) for m in parsed.magics] == [
        ("capture", "out", 1),
        ("time", "", 2),
    ]


@pytest.mark.parametrize("name", ["bash", "writefile a.txt", "html", "R -i df", "sql", "foo"])
def test_the_body_of_any_other_cell_magic_is_not_python(name: str) -> None:
    parsed = cell(f"\n%%{name}\nls it's (\n  é")
    (found,) = parsed.magics
    assert (found.kind, f"{found.name} {found.argument}".strip()) == ("cell", name)
    assert (found.body, found.line, found.end_line) == ("ls it's (\n  é", 2, 4)
    assert len(parsed.tree.body) == 1


def test_a_cell_magic_below_a_comment_is_a_line_magic_of_no_such_name() -> None:
    assert cell("# timing\n%%time\nx = 1").magics[0].name == "%time"


def test_help_on_a_cell_magic_is_help() -> None:
    assert magic("%%time?").kind == "help"


def test_indent_and_prompts_are_taken_off() -> None:
    assert len(cell("    x = 1\n    y = 2").tree.body) == 2
    assert len(cell(">>> x = 1\n>>> for a in x:\n...     a\n").tree.body) == 2
    assert len(cell("In [1]: x = 1\n   ...: y = 2").tree.body) == 2
    assert cell("    %%time\n    x = 1").magics[0].name == "time"


@pytest.mark.parametrize(
    "text",
    [
        "await f()",
        "async for x in y:\n    pass",
        "async with a as b:\n    pass",
        "[x async for x in y]",
    ],
)
def test_top_level_await_parses(text: str) -> None:
    assert len(cell(text).tree.body) == 1


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("f(x);", True),
        ("f(x) ;  # plot\n\n", True),
        ("f(x)\n", False),
        ("f('a;')", False),
        ("f(x)  # a;", False),
        ("a; f(x)", False),
        ("'é'; f('é');", True),
        ("if a:\n    f(x);", True),
        ("%time f();", True),
        ("x = %time f();", True),
        ("%%time\nf();", True),
        ("!ls;", False),
        ("", False),
    ],
)
def test_a_trailing_semicolon_ends_silently(text: str, silent: bool) -> None:
    assert cell(text).ends_silently is silent


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\nx = (", 2),
        ("x = 1\nreturn x", 2),
        ("break", 1),
        ("def f(a, a): pass", 1),
        ("nonlocal x", 1),
        ("f(a=1, a=2)", 1),
        ("x = 1\n*y = x", 2),
        ("x = *y", 1),
        ("for *a in b: pass", 1),
        ("print(__debug__ := 1)", 1),
        ("x\nyield 1", 2),
        ("a\n'\0'", 2),
        ("'\ud800'", 1),
        ("print 'x'", 1),
        ("x = 1\nif x:\n\ty\n        z", 4),
        ("import a\npip install b", 2),
    ],
)
def test_what_is_no_python_is_an_error_with_its_line(text: str, line: int) -> None:
    parsed = parse_cell(text, 1)
    assert parsed.error is not None
    assert (parsed.error.line, parsed.tree.body) == (line, [])
    assert "\n" not in parsed.error.message


def test_a_magic_without_its_sign_among_other_lines_says_what_to_write() -> None:
    error = parse_cell("import a\npip install b", 1).error
    assert error is not None
    assert error.message == "`pip install ...` is a magic: write `%pip`"


@pytest.mark.parametrize(
    "text",
    [
        "-" * 100_000 + "1",
        "(" * 10_000,
        "[" * 150 + "]" * 150,
        "+".join("a" * 50_000),
        "x" + ".y" * 20_000,
        "f" + "()" * 20_000,
        "lambda: " * 5_000 + "1",
        "not " * 50_000 + "a",
        "if a:\n    pass\n" + "elif b:\n    pass\n" * 2_000,
        "".join(" " * k + "if a:\n" for k in range(150)) + " " * 150 + "pass",
    ],
)
def test_deep_nesting_neither_hangs_nor_raises(text: str) -> None:
    started = time.perf_counter()
    parsed = parse_cell(text, 1)
    assert time.perf_counter() - started < 10
    assert parsed.error is None or parsed.error.message


def test_long_cells_take_time_in_proportion() -> None:
    line = 'x = f("it\'s", a=1)  # (\n!ls "a\n'
    started = time.perf_counter()
    parsed = cell(line * 20_000)
    assert len(parsed.magics) == 20_000
    assert time.perf_counter() - started < 15


def test_a_quote_that_never_ends_takes_time_in_proportion() -> None:
    started = time.perf_counter()
    assert parse_cell("!x\n" + "'a\n\"b\n" * 50_000 + '"""', 1).error is not None
    assert time.perf_counter() - started < 15


def test_line_ends_of_other_systems_count_as_lines() -> None:
    parsed = cell("x = 1\r\n%time f()\r\ny = 2\rz = 3")
    assert [node.lineno for node in parsed.tree.body] == [1, 2, 3, 4]
    assert parsed.text == "x = 1\r\n%time f()\r\ny = 2\rz = 3"


def test_warnings_of_the_parser_are_not_shown() -> None:
    assert cell("x = '\\d'\nif x is 1:\n    pass").error is None


LINES = [
    "x = 1",
    "%time f(x)",
    "!ls -l",
    "x = !ls",
    "y = %time f()",
    "f(x)?",
    "?f",
    "if x:",
    "    !ls",
    "    y = 2",
    '"""',
    "s = '''",
    "'''",
    "!echo \\",
    "  more",
    "(1,",
    "%y)",
    "# a?",
    "%%time",
    "  %%bash",
    "",
    "a = b = !ls",
    "a == !ls",
    "x %y",
    "f('%', a=1) # !",
    "z.a[0]??",
]


def calls(text: str) -> list[str]:
    """Return IPython's own reading: the calls of `get_ipython()` in order of place."""
    return re.findall(r"get_ipython\(\)\.(\w+)", text)


METHODS = {"line": "run_line_magic", "cell": "run_cell_magic", "help": "run_line_magic"}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=7))
def test_every_cell_is_read_as_ipython_reads_it(lines: list[str]) -> None:
    text = "\n".join(lines)
    parsed = parse_cell(text, 1)
    if parsed.error is not None or any(m.kind == "cell" for m in parsed.magics):
        return
    theirs = TransformerManager().transform_cell(text)
    expected = [
        "getoutput"
        if m.name == "!!" or (m.kind == "shell" and m.target)
        else "system"
        if m.kind == "shell"
        else METHODS[m.kind]
        for m in parsed.magics
    ]
    assert calls(theirs) == expected
    ast.parse(theirs)
