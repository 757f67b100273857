"""A script of a formatted notebook is formatted: black and ruff leave it alone, at first sight."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from users import ROOT, User, code, hook, markdown, notebook

from mlv_hooks.pair.layout import Layout, lay_out, wanted_layout, without_semicolon

DEMO = ROOT / "fixtures" / "demo" / "notebooks"
TEXT = "M"  # a Markdown cell

# Each is a notebook: what stands in its cells, one after another.
NOTEBOOKS: dict[str, list[str]] = {
    "a definition below imports": ["import json", "def f():\n    pass", "x = 1"],
    "a definition first": ["def f():\n    pass", TEXT, "x = 1"],
    "a class first": ["class A:\n    def f(self):\n        pass", TEXT, "class B:\n    pass"],
    "text between": [TEXT, "import a\nimport b", TEXT, "class A:\n    x = 1", "A()"],
    "text before each": [TEXT, "def f():\n    pass", TEXT, "import a", "def g():\n    pass"],
    "a decorator": ["import a", "@a.b\ndef f():\n    pass", "f()"],
    "comments above": ["x = 1", "# f\ndef f():\n    pass", "# g\n\n\ndef g():\n    pass", "y = 2"],
    "comments below": [
        "x = 1\n# end",
        "def f():\n    pass\n    # in f",
        "y = 1\n# z",
        "class A: ...",
    ],
    "a docstring first": ['"""Parameters.\n\n:param x: y\n"""\nx = 1', "x"],
    "a docstring alone": ['"""Parameters."""', "import a", "x = 1"],
    "a docstring later": ["import a", '"""Parameters.\n"""\nx = 1', "x"],
    "magics": ["%matplotlib inline\nimport a", "%%time\nx = 1", "%%bash\nls -l", "!ls", "x"],
    "magics between": ["%load_ext a", "def f():\n    pass", "%time f()", "def g():\n    pass"],
    "a magic below": ["def g():\n    pass\n\n\n%time g()", "x = 1", "?f", "f?", "y = !ls"],
    "a magic and a class": [
        "%%capture out\nx = 1",
        "class A:\n    pass",
        "!ls",
        "class B:\n    pass",
    ],
    "a definition within": ["if x:\n\n    def f():\n        pass", "y = 1", "try:\n    import a\n"],
    "stubs": ["def f(): ...", "def g(): ...", "x = 1"],
    "empty cells": ["", "x = 1", "", "def f():\n    pass", ""],
    "empty lines": ["x = 1\n", "\ny = 2\n\n", "\n\ndef f():\n    pass\n"],
    "semicolons": ["f();", "plot(x);  ", "a; b;", "x = 1;", "f();  # hide", "g()  # noqa;"],
    "semicolons in lines": ["f(\n    1,\n    2,\n);", 'print("a;")', "'a;'", "x = 1; y = 2"],
    "a semicolon in a string": ['x = """\na;\n"""', 'y = """\n# %% no marker;\n""";', "x;"],
    "imports in places": ["x = 1\nimport a", "import b", "def f():\n    pass\nimport c", "y = 1"],
    "await": ["await x()", "async def f():\n    await x()", "async with a:\n    pass"],
    "line breaks in text": ["x = 1", "Two spaces  \nbreak a line  ", "def f():\n    pass"],
}
FORMATTERS = {
    "ruff-format": ("ruff", "format", "--quiet", "."),
    "black": ("black", "--quiet", "."),
}


def fill(user: User) -> None:
    for number, cells in enumerate(NOTEBOOKS.values()):
        made = [
            markdown(f"Some *text*  \n\nand {cell}", id=f"c{n}")
            if cell == TEXT or cell.startswith("Two")
            else code(cell, id=f"c{n}")
            for n, cell in enumerate(cells)
        ]
        user.write(f"n{number}.ipynb", notebook(*made))
    shutil.copytree(DEMO, user.top / "notebooks")


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_the_scripts_of_formatted_notebooks_are_formatted(user: User, formatter: str) -> None:
    fill(user)
    user.run(*FORMATTERS[formatter], code=None)  # black: "try" without "except" is no Python
    user.write(".pre-commit-config.yaml", f"repos: [hooks: [{{id: {formatter}}}]]\n")
    user.git("add", ".")
    user.mlv("sync")
    user.git("add", ".")
    user.commit()

    user.run(*FORMATTERS[formatter], code=None)

    assert user.git("diff", "--stat") == ""
    assert user.mlv("sync", "--check").text == ""


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_what_a_formatter_does_to_plain_scripts_is_no_edit(user: User, formatter: str) -> None:
    # Without its hook in the configuration we write what jupytext writes.
    fill(user)
    user.run(*FORMATTERS[formatter], code=None)
    user.git("add", ".")
    user.mlv("sync")
    user.git("add", ".")
    user.commit()

    user.run(*FORMATTERS[formatter], code=None)

    changed = user.git("diff", "--name-only").split()
    assert len(changed) > 5
    assert all(path.endswith(".py") for path in changed)
    said = user.mlv("sync").text
    # black moves this one comment to a line of its own, which is an edit.
    comment = f"n{list(NOTEBOOKS).index('semicolons')}.ipynb"
    assert [line.split()[0] for line in said.splitlines()] in ([], [comment])
    user.run(*FORMATTERS[formatter], code=None)
    assert user.mlv("sync").text == ""


def test_laying_out_twice_is_laying_out_once() -> None:
    text = "# ---\n# a: 1\n# ---\n\n# %%\ndef f():\n    pass\n\n# %%\nf();\n"
    once = lay_out(text, Layout(True, True, True))
    assert once == "# ---\n# a: 1\n# ---\n\n\n# %%\ndef f():\n    pass\n\n\n# %%\nf()\n"
    assert lay_out(once, Layout(True, True, True)) == once


@pytest.mark.parametrize("text", ["# %%\nx = (\n", "# %%\n'''\n", "# %%\n\tx\n  y;\n", "x\0;"])
def test_text_that_is_no_python_stays(text: str) -> None:
    assert lay_out(text, Layout(True, True, True)) == text


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ("f();", "f()"),
        ("f() ;", "f()"),
        ("f();  # hide", "f()  # hide"),
        ("f(); ;", "f()"),
        ("%time f();", "%time f()"),
        ("%time f()", "%time f()"),
        ("'a;'", "'a;'"),
        ("f()  # a;", "f()  # a;"),
        ("f();\n# end", "f()\n# end"),
        ("f();\ng()", "f();\ng()"),
        ("", ""),
        (";", ""),
    ],
)
def test_only_the_semicolon_that_ends_a_cell_goes(source: str, bare: str) -> None:
    assert without_semicolon(source) == bare


NONE = Layout()
ALL = Layout(semicolons=True, blank_lines=True, line_ends=True)
LINT = Layout(semicolons=True, line_ends=True)


@pytest.mark.parametrize(
    ("name", "text", "layout"),
    [
        (".pre-commit-config.yaml", "repos:\n- repo: x\n  hooks:\n  - id: ruff-format\n", ALL),
        (".pre-commit-config.yaml", 'hooks: [{"id": "black", "args": []}]', ALL),
        (".pre-commit-config.yaml", "  - id: black-jupyter  # both", ALL),
        (".pre-commit-config.yml", "  - id: mine\n    entry: ruff format --quiet\n", ALL),
        ("prek.toml", "hooks = [{ id = 'black' }]", ALL),
        (".pre-commit-config.yaml", "  - id: ruff\n    args: [--fix]\n", LINT),
        (".pre-commit-config.yaml", "  - id: ruff-check\n", LINT),
        (".pre-commit-config.yaml", "  - id: trailing-whitespace\n", Layout(line_ends=True)),
        (".pre-commit-config.yaml", "  - id: blacken-docs\n  - id: mypy\n", NONE),
        (".pre-commit-config.yaml", "  # - id: black\n", NONE),
        ("pyproject.toml", "[tool.black]\n", NONE),
    ],
)
def test_the_layout_is_what_the_hooks_ask_for(name: str, text: str, layout: Layout) -> None:
    assert wanted_layout({name: text.encode()}.get) == layout


def test_a_repository_without_formatters_gets_the_text_that_jupytext_writes(user: User) -> None:
    fill(user)
    user.git("add", ".")
    user.mlv("init")
    user.mlv("sync")
    ours = {path.name: path.read_bytes() for path in user.top.glob("*.py")}
    for path in user.top.glob("*.py"):
        path.unlink()

    user.run("jupytext", "--quiet", "--sync", *sorted(p.name for p in user.top.glob("*.ipynb")))

    assert {path.name: path.read_bytes() for path in user.top.glob("*.py")} == ours


def test_a_formatter_that_comes_later_finds_scripts_that_stay_in_line(user: User) -> None:
    user.write("a.ipynb", notebook(code("f(1);", id="a"), code("def g():\n    pass", id="b")))
    user.git("add", ".")
    user.mlv("sync")
    before = user.read("a.py")
    ruff = hook("ruff-format", "ruff format", types_or=["python", "jupyter"])
    user.hooks(ruff)
    assert user.mlv("sync").text == ""
    assert user.read("a.py") == before

    user.edit("a.ipynb", "f(1);", "f(2);")
    user.mlv("sync")

    assert "# %%\nf(2)\n\n\n# %%\ndef g" in user.read("a.py")
    assert "f(2);" in user.read("a.ipynb")


def test_the_worktree_of_a_notebook_keeps_its_line_breaks(user: User, tmp_path: Path) -> None:
    user.write("a.ipynb", notebook(markdown("one  \ntwo", id="a")))
    user.write(".pre-commit-config.yaml", "repos: [hooks: [{id: trailing-whitespace}]]\n")
    user.git("add", ".")

    user.mlv("sync")

    assert "# one\n# two\n" in user.read("a.py")
    assert '"one  \\n"' in user.read("a.ipynb")
    user.git("add", ".")
    assert user.mlv("sync", "--check").text == ""
