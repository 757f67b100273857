"""IPython syntax becomes Python that does the same, or is refused."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from step_support import body_of, problems_of, result_of, step_of


def printed(step: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a step in a folder and return what it printed."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SHELL", "/bin/sh")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(step, "step.py", "exec"), {"__name__": "step", "__file__": "/p/steps/w.py"})
        names: dict[str, object] = {"__name__": "step", "__file__": "/p/steps/w.py"}
        exec(compile(step, "step.py", "exec"), names)
        names["work"]()  # type: ignore[operator]
    return out.getvalue()


NOTHING = [
    "%matplotlib inline",
    "%load_ext autoreload\n%autoreload 2",
    "%config InlineBackend.figure_format = 'retina'",
    "?print",
    "print?",
    "%who",
    "%pdef print",
    "%watermark -v",
    "%tensorboard --logdir logs",
    "%pip install numpy",
    "!pip install -q numpy pandas",
    "!python -m pip install numpy",
    "%%html\n<b>x</b>",
    "%%javascript\nalert(1)",
    "%%latex\nx^2",
    "%%markdown\n# x",
    "%%svg\n<svg/>",
    "%pprint",
    "%precision 3",
    "%timeit -n 3 sum([1, 2])",
    "%%timeit\ny = 1 + 1",
    "%env HOME",
    "%pwd",
]


@pytest.mark.parametrize("source", NOTHING)
def test_what_only_looks_leaves_nothing(source: str) -> None:
    assert body_of("x = 1", source, "print(x)") == "x = 1\nprint(x)"


PYTHON = {
    "%time y = len('abc')": "y = len('abc')",
    "%time print(x)": "print(x)",
    "y = %time len('abc')": "y = len('abc')",
    "%%time\ny = 2\nprint(y)": "y = 2\nprint(y)",
    "%prun print(x)": "print(x)",
    "%env KEY=some {x}": 'os.environ["KEY"] = f"some {x}"\nprint(f"env: KEY=some {x}")',
    "y = %env KEY": 'y = os.environ["KEY"]',
    "%cd -q data": 'os.chdir("data")',
    "%cd data": 'os.chdir("data")\nprint(os.getcwd())',
    "%cd": 'os.chdir(os.path.expanduser("~"))\nprint(os.getcwd())',
    "y = %pwd": "y = os.getcwd()",
    "!ls {x} $x $$x": 'shell(f"ls {x} {x} $x")',
    "!echo $HOME {x}": 'shell("echo $HOME {x}")',
    "!awk '{print $1}' f": "shell(\"awk '{print $1}' f\")",
    "!echo {x!r} {x:>5}": 'shell("echo {x!r} {x:>5}")',
    "!echo {x + 1} {{}}": 'shell(f"echo {x + 1} {{}}")',
    "y = !ls": 'y = shell_output("ls").splitlines()',
    "!!ls": 'shell_output("ls")',
    "%mkdir out": 'shell("mkdir out")',
    "%%writefile a.txt\none\ntwo": 'write_file("a.txt", "one\\ntwo\\n")',
    "%%writefile -a {x}.txt\none": 'write_file(f"{x}.txt", "one\\n", mode="a")',
    "%%bash\necho 1": 'script(["bash"], "echo 1\\n")',
    "%%sh --no-raise-error\necho 1": 'script(["sh"], "echo 1\\n", check=False)',
    "%%script bash -e\necho 1": 'script(["bash", "-e"], "echo 1\\n")',
    "%%capture\nprint(x)": (
        "with (\n    contextlib.redirect_stdout(io.StringIO()),\n"
        "    contextlib.redirect_stderr(io.StringIO()),\n):\n    print(x)"
    ),
    "%%capture --no-stderr\nprint(x)": (
        "with contextlib.redirect_stdout(io.StringIO()):\n    print(x)"
    ),
}


@pytest.mark.parametrize("source", PYTHON)
def test_what_works_becomes_python(source: str) -> None:
    wanted = PYTHON[source].replace("'abc'", '"abc"')

    assert body_of("x = 1", source) == f"x = 1\n{wanted}"


REFUSED = [
    "%run other.ipynb",
    "%%sql\nselect 1",
    "%%R\nx <- 1",
    "%load_ext cudf.pandas",
    "%store x",
    "%pylab inline",
    "%reset -f",
    "%nobody_knows 1",
    "%%nobody_knows\n1",
    "!sleep 1 &",
    "%%bash --out y\nls",
    "%%capture --unknown\nprint(1)",
    "%config InlineBackend.rc = {}",
    "%cd -",
    "%timeit print(1)",
    "%%timeit\nprint(1)",
    "y = %timeit -o 1",
]


@pytest.mark.parametrize("source", REFUSED)
def test_what_a_step_can_not_do_is_refused_where_it_stands(source: str) -> None:
    assert problems_of("x = 1", source, "print(x)") == [("MLV011", 2, 1)]


def test_what_to_write_instead_is_said_in_one_line() -> None:
    ((_, message, _, _),) = result_of("%run other.ipynb").problems

    assert message == "%run can't be done in a step: import what the other file defines"


def test_magics_within_blocks_and_functions_stand_where_they_stood() -> None:
    step = step_of("for i in range(2):\n    !echo round {i}\ndef f(a):\n    %time print(a)\nf(3)")

    assert '        shell(f"echo round {i}")' in step
    assert "def f(a):\n    print(a)" in step


def test_a_block_of_nothing_but_display_gets_a_pass() -> None:
    assert body_of("x = [1]", "for i in x:\n    %matplotlib inline") == (
        "x = [1]\nfor i in x:\n    pass"
    )


def test_methods_of_a_commands_output_are_refused_lists_are_not() -> None:
    assert problems_of("x = !ls", "print(len(x))\nprint(x.n)") == [("MLV011", 2, 2)]


def test_what_was_captured_can_not_be_used_later() -> None:
    assert problems_of("%%capture out\nprint(1)", "print(out.stdout)") == [("MLV011", 2, 1)]


def test_a_failing_command_stops_nothing_and_output_keeps_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = step_of("print('a')", "!echo b; false", "print('c')", "x = !echo d; echo e\nprint(x)")

    assert printed(step, tmp_path, monkeypatch) == "a\nb\nc\n['d', 'e']\n"


def test_a_failing_script_stops_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from subprocess import CalledProcessError

    with pytest.raises(CalledProcessError):
        printed(step_of("%%bash\nexit 3"), tmp_path, monkeypatch)


def test_written_files_say_so_as_in_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = step_of("%%writefile a.txt\none", "%%writefile a.txt\ntwo", "%%writefile -a a.txt\nx")

    assert printed(step, tmp_path, monkeypatch) == (
        "Writing a.txt\nOverwriting a.txt\nAppending to a.txt\n"
    )
    assert (tmp_path / "a.txt").read_text() == "two\nx\n"


def test_helpers_are_written_only_where_they_are_used() -> None:
    assert "def shell(" not in step_of("x = 1\nprint(x)")
    assert "subprocess" not in step_of("%cd -q data")
