"""A notebook becomes a module that does the same work, or is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import interpreters
import pytest
from step_support import above, body_of, result_of, step_of

from mlv_hooks.step.step import format_modules, same_step
from mlv_hooks.step.step_of import step_name

DEMO = Path(__file__).resolve().parents[1] / "fixtures" / "demo" / "notebooks"


def run(folder: Path, step: str, *words: str, name: str = "work") -> str:
    """Run a step from the root of a project, as a stage does."""
    target = folder / "steps" / f"{name}.py"
    target.parent.mkdir(exist_ok=True)
    target.write_text(step)
    command = [sys.executable, "-m", f"steps.{name}", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_names_of_steps_are_identifiers() -> None:
    assert step_name("notebooks/01 Train (v2).ipynb") == "_01_train_v2"
    assert step_name("Train.ipynb") == "train"
    assert step_name("été--x.ipynb") == "t_x"
    assert step_name("日本.ipynb") == "_"


def test_a_notebook_of_the_demo_reads_like_written_by_hand() -> None:
    notebook = json.loads((DEMO / "train.ipynb").read_text())
    sources, dropped, tagged = [], [], None
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        sources.append("".join(cell["source"]))
        tags = cell["metadata"].get("tags", [])
        if "no-effect" in tags:
            dropped.append(len(sources))
        if "parameters" in tags:
            tagged = len(sources)
    how = {"parameters": tagged, "dropped": tuple(dropped), "notebook": "notebooks/train.ipynb"}

    step = step_of(*sources, **how)

    assert step.startswith(
        '"""Learn who is about to leave.\n\nGenerated from notebooks/train.ipynb'
    )
    assert "\ndef features(row):\n" in step
    assert "\ndef predict(weights, bias, line):\n" in step
    assert "SVG" not in step
    assert "    learning_rate: float = 0.5,\n" in step
    check_with_ruff(step)


def check_with_ruff(step: str) -> None:
    from ruff.__main__ import find_ruff_bin

    base = [find_ruff_bin(), "check", "--isolated", "--no-cache", "--target-version", "py310"]
    rules = ["--select", "E,W,F,I,UP", "--ignore", "E501", "-"]
    done = subprocess.run([*base, *rules], input=step, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert format_modules([step]) == [step]


def test_linters_find_nothing_in_imports_helpers_and_plots() -> None:
    check_with_ruff(
        step_of(
            "import sys, os.path\nimport numpy as np, matplotlib.pyplot as plt\n"
            "from mpl_toolkits.mplot3d import Axes3D\nfrom collections import OrderedDict, deque",
            "!echo {sys.argv.__class__}",
            "plt.plot(np.arange(3))\nplt.show()",
            "print(deque([1]))",
            notebook="notebooks/a.ipynb",
        )
    )


def test_what_the_notebook_imports_serves_the_arguments_too() -> None:
    step = step_of(
        "from datetime import date, datetime\nfrom typing import Literal",
        'day = date(2026, 1, 31)\nstart = datetime(2026, 1, 31)\nkind: Literal["a"] = "a"',
        "print(date.max, day, start, kind)",
        parameters=2,
    )

    assert "\nfrom datetime import date, datetime\n" in step
    assert "\nfrom typing import Literal\n" in step
    assert "date_" not in step and "Literal_" not in step
    check_with_ruff(step)


# --- what is left out


def test_comments_display_and_bare_texts_are_left_out() -> None:
    body = body_of(
        "import pandas as pd\n# a comment\nframe = pd.DataFrame({'a': [1]})\nframe.head()",
        "frame",
        "def f():\n    'documentation'\n    'a remark'\n    return 1",
        "if frame is None:\n    'remark'",
        "print(f(), len(frame))",
    )

    assert body == (
        'frame = pd.DataFrame({"a": [1]})\nif frame is None:\n    pass\nprint(f(), len(frame))'
    )


def test_a_last_expression_with_an_effect_stays() -> None:
    assert body_of("x = []", "x.append(1)", "x") == "x = []\nx.append(1)"


def test_cells_tagged_no_effect_are_left_out() -> None:
    assert body_of("x = 1", "print('look', x)", "print(x)", dropped=(2,)) == "x = 1\nprint(x)"


def test_display_is_left_out_and_what_it_is_given_is_not() -> None:
    body = body_of("x = []", "display(x)", "display(x.append(1))", "for i in x:\n    display(i)")

    assert body == "x = []\nx.append(1)\nfor i in x:\n    pass"


def test_display_as_a_value_is_none() -> None:
    body = body_of(
        "from IPython.display import HTML, clear_output, display as look",
        "from IPython import display",
        "x = [look(HTML('a')), display.clear_output(wait=True)]",
        "y = [clear_output() for _ in x]",
        "print(x, y, (lambda look: look(1))(len))",
    )

    assert body.splitlines() == [
        "x = [None, None]",
        "y = [None for _ in x]",
        "print(x, y, (lambda look: look(1))(len))",
    ]


def test_an_own_function_named_display_is_called() -> None:
    imported = "from IPython.display import display"
    for own in ("def display(x):\n    print(x)", "display, other = print, 1"):
        assert "    display(1)\n" in step_of(imported, own, "display(1)")


def test_a_notebook_that_only_looks_has_a_step_that_does_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, step_of("# nothing", "1 + 1")) == ""


# --- names


def test_functions_stand_at_module_level_with_what_they_read_as_globals() -> None:
    sources = ("rate = 2", "def scale(x):\n    return x * rate", "print(scale(3))", "rate = 5")

    assert "\ndef scale(x):\n    return x * rate\n" in above(*sources)
    assert body_of(*sources).startswith("global rate\nrate = 2\nprint(scale(3))")


def test_a_function_that_reads_a_parameter_stays_within_and_can_be_pickled(tmp_path: Path) -> None:
    sources = (
        "import pickle",
        "rate = 2",
        "def scale(x):\n    return x * rate",
        "print(pickle.loads(pickle.dumps(scale))(4))",
    )
    step = step_of(*sources, parameters=2)

    assert "    global scale\n" in step
    assert run(tmp_path, step, "--rate", "3") == "12\n"


def test_redefined_functions_stay_in_order() -> None:
    body = body_of("def f(): return 1", "print(f())", "def f(): return 2", "print(f())")

    assert body.startswith("global f\n\ndef f():\n    return 1\n")


def test_decorators_and_defaults_of_computed_values_are_not_hoisted() -> None:
    body = body_of(
        "seen = []\ndef note(f):\n    seen.append(f.__name__)\n    return f",
        "@note\ndef a(): pass",
        "size = len(seen)\ndef b(x=size): return x",
        "class C:\n    n = size",
        "print(a(), b(), C.n)",
    )

    assert "@note" in body
    assert "def b(x=size)" in body
    assert "class C:" in body


def test_classes_dataclasses_and_enums_are_importable(tmp_path: Path) -> None:
    step = step_of(
        "from dataclasses import dataclass, field\nfrom enum import Enum, auto",
        "@dataclass\nclass Point:\n    x: int = 0\n    tags: list = field(default_factory=list)",
        "class Color(Enum):\n    RED = auto()\n    GREEN = auto()",
        "print(Point(1), Color.GREEN)",
    )

    assert "\n@dataclass\nclass Point:" in step
    assert run(tmp_path, step) == "Point(x=1, tags=[]) Color.GREEN\n"
    code = "from steps.work import Color, Point; print(Point(2).x, Color.RED.value)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2 1\n"


SAME = {
    "a builtin shadowed half-way": (
        [
            "print(len('abc'))",
            "len = lambda x: 7",
            "print(len('abc'))",
            "del len",
            "print(len('ab'))",
        ],
        "3\n7\n2\n",
    ),
    "a name read before it is bound": (
        ["try:\n    print(x)\nexcept NameError as e:\n    print(e)", "x = 1"],
        "name 'x' is not defined\n",
    ),
    "class bodies": (
        ["x = 1\nclass A:\n    x = x + 1\n    y = [x for _ in range(2)]", "print(A.x, A.y)"],
        "2 [1, 1]\n",
    ),
    "annotated globals": (["x: int = 1\ny: str", "def f():\n    return x", "print(f())"], "1\n"),
    "global statements": (
        ["global n\nn = 0\ndef up():\n    global n, m\n    n += 1\n    m = n", "up()\nprint(n, m)"],
        "1 1\n",
    ),
    "exec, eval, globals and locals": (
        [
            "exec('a = 3')\nprint(a, eval('a + 1'))",
            "globals()['b'] = 4\nprint(b, 'b' in locals(), 'c' in dir(), vars()['a'])",
            "print('{a} {b}'.format(**locals()))",
        ],
        "3 4\n4 True False 3\n3 4\n",
    ),
    "main guards": (
        ["print(__name__)", "if __name__ == '__main__':\n    print('yes')\nelse:\n    print('no')"],
        "__main__\nyes\n",
    ),
    "recursion": (
        [
            "def even(n): return n == 0 or odd(n - 1)",
            "def odd(n): return n != 0 and even(n - 1)",
            "print(even(10))",
        ],
        "True\n",
    ),
    "names of the machinery": (
        ["main = 1\nargparse = 2\ndef work(): return main + argparse", "print(work(), main)"],
        "3 1\n",
    ),
    "top-level await": (
        [
            "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x",
            "y = await f(2)\nprint(y)",
        ],
        "2\n",
    ),
    "star imports": (["from math import *", "print(floor(2.5), e)", "e = 1", "print(e)"], None),
    "loop closures": (["fs = [lambda: i for i in range(2)]\nprint([f() for f in fs])"], "[1, 1]\n"),
    "texts": (
        ["t = '''a\n  b\nc\nd'''\ndef f():\n    return '''x\n  y\nz\nw'''\nprint(t, f())"],
        "a\n  b\nc\nd x\n  y\nz\nw\n",
    ),
    "documentation that is read": (
        ["def f():\n    '''One.\n\n      Two. '''\nprint(repr(f.__doc__))"],
        None,
    ),
    "walrus and match": (
        ["if (n := 3) > 2:\n    match [n, 1]:\n        case [a, b]:\n            print(n, a, b)"],
        "3 3 1\n",
    ),
    "imports in order": (
        [
            "import os\nos.environ['X_STEP'] = '1'",
            "import colorsys, json",
            "print(json.dumps(os.environ['X_STEP']))",
        ],
        '"1"\n',
    ),
    "environment in defaults": (
        [
            "import os",
            "os.environ['X_STEP'] = '5'\ndef f(x=os.environ['X_STEP']): return x\nprint(f())",
        ],
        "5\n",
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_a_step_prints_what_the_cells_print(name: str, tmp_path: Path) -> None:
    sources, wanted = SAME[name]
    if wanted is None:
        code = "\n".join(sources)
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        wanted = done.stdout

    assert run(tmp_path, step_of(*sources)) == wanted


def test_a_parameter_that_must_be_global_makes_two_functions(tmp_path: Path) -> None:
    step = step_of(
        "limit = 2",
        "def up():\n    global limit\n    limit += 1",
        "up()\nprint(limit)",
        parameters=1,
    )

    assert "globals().update(limit=limit)" in step
    assert run(tmp_path, step, "--limit", "5") == "6\n"


def test_a_query_in_a_function_finds_its_names(tmp_path: Path) -> None:
    step = step_of(
        "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2, 3]})",
        "limit = 1",
        "def rest():\n    return frame.query('a > @limit')",
        "print(list(rest().a))",
        parameters=2,
    )

    assert run(tmp_path, step, "--limit", "2") == "[3]\n"


# --- folders


def test_a_step_works_in_the_notebooks_folder_and_takes_paths_from_the_callers(
    tmp_path: Path,
) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "beside.py").write_text("VALUE = 4\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("A")
    (tmp_path / "data" / "b.txt").write_text("B")
    step = step_of(
        "from pathlib import Path\nimport beside",
        "source = Path('../data/a.txt')",
        "print(source.as_posix(), source.read_text(), Path.cwd().name, beside.VALUE)",
        parameters=2,
        notebook="notebooks/work.ipynb",
    )

    assert run(tmp_path, step) == "../data/a.txt A notebooks 4\n"
    assert run(tmp_path, step, "--source", "data/b.txt") == "../data/b.txt B notebooks 4\n"


def test_a_default_path_reads_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    declared = '""":param path file: a file\n:param path logs: a folder"""\n'
    step = step_of(
        declared + "file = './a//b.csv'\nlogs = '../logs/'",
        "print(file, logs)",
        parameters=1,
        notebook="notebooks/work.ipynb",
    )

    assert run(tmp_path, step) == "./a//b.csv ../logs/\n"
    assert run(tmp_path, step, "--file", "c.csv", "--logs", "/tmp/x/") == "../c.csv /tmp/x/\n"


# --- plots


def test_figures_end_with_their_cell_and_show_waits_for_nothing() -> None:
    body = body_of(
        "import matplotlib.pyplot as plt",
        "plt.plot([1])\nplt.savefig('a.png')",
        "plt.plot([2])\nplt.show()",
    )

    assert body == (
        'plt.plot([1])\nplt.savefig("a.png")\nplt.close("all")\nplt.plot([2])\nplt.close("all")'
    )


def test_with_another_backend_figures_live_on() -> None:
    body = body_of(
        "%matplotlib widget\nimport matplotlib.pyplot as plt", "plt.plot([1])\nplt.show()"
    )

    assert body == "plt.plot([1])"


def test_the_backend_is_set_before_pyplot_unless_the_caller_set_one() -> None:
    top = above("import matplotlib.pyplot as plt", "plt.plot([1])")

    assert top.index('os.environ.setdefault("MPLBACKEND", "Agg")') < top.index("pyplot")


# --- stable


def test_each_python_writes_the_same_step() -> None:
    code = """
import json, sys
from mlv_hooks.analysis.dataflow import analyse
from mlv_hooks.analysis.source import parse_cell
from mlv_hooks.step.step import StepInput, generate
for sources in json.load(sys.stdin):
    cells = tuple(parse_cell(one, number) for number, one in enumerate(sources, 1))
    wanted = StepInput("n/a.ipynb", "a", cells, frozenset(), None, "steps/a.py")
    print(generate(wanted, analyse(cells)).text)
"""
    # Modules that came or went between them.
    moving = ["import tomllib", "import imp, cgi", "import smtpd"]
    plotting = ["import matplotlib.pyplot as plt", *moving, "plt.plot([1])"]
    notebooks = json.dumps([*(sources for sources, _ in SAME.values()), plotting])

    outputs = {interpreters.run(one, code, notebooks) for one in interpreters.pythons()}

    assert len(outputs) == 1
    assert "None" not in outputs.pop().splitlines()


def test_a_change_of_one_cell_changes_only_its_lines() -> None:
    before = step_of("x = 1", "y = x + 1", "print(y)").splitlines()
    after = step_of("x = 1", "y = x + 2", "print(y)").splitlines()

    changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert changed == [("    y = x + 1", "    y = x + 2")]


def test_five_hundred_cells_make_one_step() -> None:
    text = result_of(*(f"a{n} = {n}\nprint(a{n})" for n in range(500))).text
    assert text is not None
    assert text.count("print(") == 500


def test_same_steps_are_equal_but_for_layout() -> None:
    assert same_step("x = 1  # one\n", "x  =  (1)\n")
    assert not same_step("x = 1\n", "x = 2\n")
    assert not same_step("x = 1\n", "x = = 1\n")


def test_formatting_no_modules_runs_nothing() -> None:
    assert format_modules([]) == []
