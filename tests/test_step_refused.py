"""What a step can't do is refused with its cell and line, and nothing else is."""

from __future__ import annotations

import pytest
from step_support import above, body_of, problems_of, result_of

REFUSED = {
    "print(__file__)": 1,
    "print(1)\nprint(Out[1])": 2,
    "print(In)": 1,
    "print(_)": 1,
    "x = _12": 1,
    "x = input()": 1,
    "import getpass\nx = getpass.getpass()": 2,
    "import sys\nprint(sys.argv)": 2,
    "get_ipython().system('ls')": 1,
    "import sys\nprint('ipykernel' in sys.modules)": 2,
    "h = display(1, display_id=True)": 1,
    "print(list(map(display, [1])))": 1,
    "from IPython.display import display as show\nprint(list(map(show, [1])))": 2,
    "from IPython.display import display\nx = display(y.append(1))": 2,
    "exit()": 1,
    "import asyncio\nasync def f(): pass\nasyncio.run(f())": 3,
    "import argparse\nargs = argparse.ArgumentParser().parse_known_args()": 2,
    "import inspect\ndef f(): pass\nprint(inspect.getsource(f))": 3,
    "x = 1\nfrom math import *\nprint(x, pi)": 2,
    "print(__doc__)": 1,
    "import __main__\nprint(__main__.y)": 1,
    "import sys\nprint(sys.modules[__name__])": 2,
    "from getpass import getpass\nx = getpass()": 2,
    "from matplotlib.pyplot import plot, show\nplot([1])\nshow()": 3,
    "import sys\nprint(sys.ps1)": 2,
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_a_step_can_not_do_is_refused_at_its_line(source: str) -> None:
    assert problems_of("y = 1\nprint(y)", source) == [("MLV011", 2, REFUSED[source])]


def test_what_shows_a_value_is_named_as_the_notebook_calls_it() -> None:
    imported = "from IPython.display import clear_output, display as look\n"
    for use, name in (("clear_output(y.clear())", "clear_output"), ("map(look, y)", "look")):
        ((_, message, *_),) = result_of("y = []", f"{imported}x = {use}\nprint(x)").problems
        assert message == f"{name} is used as a value: call it in a line of its own"


LINE_OF_BLANKS = {
    "x = '''a\n    \nb'''\nprint(x)": 2,
    "x = f'''a\n{y}\n\t\nb'''\nprint(x)": 3,
    "def f():\n    return '''a\n\n    \n'''\nprint(f())": 4,
    "def f():\n    '''a\n    \n    '''\nprint(f.__doc__)": 3,
    "%%writefile a.txt\na\n  \nb": 3,
    "%%bash\ncat <<END\n  \nEND": 3,
}
ELSEWHERE = [
    "def f():\n    '''a\n    \n    '''\n    \n    return 1\n   \nprint(f())\n  ",
    "x = ('a'\n     \n     'b')\nprint(x)",
    "x = '\\n  \\n'\n  \nprint(x)",
    "x = '''a\n\nb   \n'''\n    \nprint(x)",
    "%%time\nx = 1\n   \nprint(x)",
]


def test_a_cell_magic_below_the_first_line_is_told_to_move_up() -> None:
    ((code, message, *place),) = result_of("x = 1\n%%time\nprint(x)").problems
    assert (code, place) == ("MLV011", [1, 2])
    assert message == "%%time is known in the first line of a cell only: move it up"


@pytest.mark.parametrize(("source", "line"), LINE_OF_BLANKS.items())
def test_a_line_of_blanks_in_a_text_is_refused_since_ipythons_differ(
    source: str, line: int
) -> None:
    assert problems_of("y = 1\nprint(y)", source) == [("MLV011", 2, line)]
    clean = "\n".join(one.rstrip() for one in source.split("\n"))
    assert result_of("y = 1\nprint(y)", clean).text is not None


@pytest.mark.parametrize("source", ELSEWHERE)
def test_lines_of_blanks_elsewhere_mean_nothing(source: str) -> None:
    assert result_of("y = 1\nprint(y)", source).text is not None


@pytest.mark.parametrize(
    "before", ["def f(x: int): pass", "if y:\n    class C:\n        x: int", "x: int = 1"]
)
def test_annotations_may_not_mean_something_else_from_a_line_on(before: str) -> None:
    future = "from __future__ import annotations"
    assert problems_of("y = 1", before, future, "print(y)") == [("MLV011", 3, 1)]
    assert result_of("y = 1", future, before, "print(y)").text is not None
    assert result_of("y = 1", before, future.replace("annotations", "division")).text is not None


def test_names_that_only_look_like_the_kernels_are_the_notebooks_own() -> None:
    assert body_of("for _ in range(2):\n    pass\nprint(_)").endswith("print(_)")
    assert body_of("input = 'x'\nprint(input)") == 'input = "x"\nprint(input)'
    assert "def f(_, input)" in above("def f(_, input):\n    return _, input", "print(f(1, 2))")


def test_a_cell_that_is_no_python_is_refused() -> None:
    assert problems_of("x = 1", "x = = 2") == [("MLV013", 2, 1)]
    assert result_of("x = 1", "x = = 2", dropped=(2,)).text is not None


def test_a_parameter_used_before_its_cell_is_refused() -> None:
    assert problems_of("rate = 1\nprint(rate)", "rate = 2", "print(rate)", parameters=2) == [
        ("MLV011", 1, 1),
        ("MLV011", 1, 2),
    ]


def test_a_name_of_the_module_that_must_be_global_is_refused() -> None:
    source = "def up():\n    global main\n    main = 1\nup()\nprint(main)"

    assert problems_of(source)[0][0] == "MLV011"


def test_blocks_that_get_too_deep_are_refused() -> None:
    deep = (
        "\n".join(f"{'    ' * n}for i{n} in [1]:" for n in range(20)) + f"\n{'    ' * 20}print(1)"
    )

    assert result_of(deep, notebook="work.ipynb").text is not None
    assert [one[0] for one in problems_of(deep, notebook="notebooks/work.ipynb")] == ["MLV011"]
