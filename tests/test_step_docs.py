"""docs/step.md is true: its notebook gives its step, and each row of its tables is tried."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from samples import code, notebook, text
from users import ROOT, User

from mlv_hooks.config import Settings
from mlv_hooks.content import Content
from mlv_hooks.step.step import StepResult, format_modules
from mlv_hooks.step.step_of import step_path, translate
from mlv_hooks.step.steps import step_standing

PAGE = (ROOT / "docs" / "step.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r"(`+)(.+?)(?<!`)\1(?!`)")
NOTHING = "nothing"
REPORT = "notebooks/report.ipynb"


# --- the page


def section(title: str) -> str:
    """Return what stands under a heading, up to the next of any level."""
    return re.split(r"^#+ ", PAGE.split(f"# {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def tables(title: str) -> list[list[list[str]]]:
    """Return the tables of a section: rows of cells, without their heads."""
    found, rows = [], list[list[str]]()
    for line in [*section(title).splitlines(), ""]:
        if line.startswith("|"):
            rows.append([one.strip() for one in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif rows:
            found.append(rows[2:])
            rows = []
    return found


def code_in(cell: str) -> str:
    """Return the code of a table's cell, a line for each snippet."""
    found = [one[1] for one in SNIPPET.findall(cell.replace(r"\|", "|"))]
    return "\n".join(one[1:-1] if one.startswith(" ") and "`" in one else one for one in found)


def block(language: str, start: str) -> str:
    """Return the block of code that has a line which starts so."""
    found = [body for kind, body in BLOCKS if kind == language and f"\n{start}" in f"\n{body}"]
    assert len(found) == 1, start
    return str(found[0])


def commands() -> Iterator[tuple[str, str]]:
    """Give what the page types at `$`, and what it shows of the answer."""
    for kind, body in BLOCKS:
        if kind == "console":
            for one in body.split("$ ")[1:]:
                typed, _, answer = one.partition("\n")
                yield typed, answer


# --- notebooks


def cells_of(example: str) -> list[dict[str, Any]]:
    """Return the cells of an example; `# %%` begins one, with tags or [markdown]."""
    cells, lines, head = [], list[str](), "# %%"

    def end() -> None:
        if lines:
            tags = re.findall(r'"([\w-]+)"', head)
            body = "\n".join(lines)
            made = text(body) if "[markdown]" in head else code(body, metadata={"tags": tags})
            cells.append(made)

    for line in example.split("\n"):
        if line.startswith("# %%"):
            end()
            lines, head = [], line
        else:
            lines.append(line)
    end()
    return cells


def result_of(example: str, path: str = "notebooks/work.ipynb", **how: Any) -> StepResult:
    data = notebook(*cells_of(example), **how)
    return translate(Content(lambda: data), path, Settings())


def steps_of(examples: Sequence[str]) -> list[str]:
    """Return the steps of examples, laid out by one run of ruff."""
    texts = []
    for one in examples:
        result = result_of(one)
        assert result.text is not None, (one, result.problems)
        texts.append(result.text)
    return format_modules(texts)


def shown_pair() -> tuple[bytes, str]:
    """Return the page's notebook and its step."""
    import jupytext

    script = block("python", "# # Sales by shop")
    made = jupytext.writes(jupytext.reads(script, "py:percent"), "ipynb")
    return made.encode(), block("python", "Generated from")


def place_of(lines: list[str], step: list[str], start: int) -> int:
    """Return where lines stand in a step, in one piece at any depth, from there on; else -1."""
    for number in range(start, len(step) - len(lines) + 1):
        depth = len(step[number]) - len(step[number].lstrip())
        here = [one[depth:] if one[:depth].isspace() else one for one in step[number:]]
        if here[: len(lines)] == lines:
            return number
    return -1


def pieces_of(wanted: str) -> Iterator[list[str]]:
    """Give the pieces of a table's cell that `…` parts."""
    for one in re.split(r"\n?…\n?", wanted):
        yield one.split("\n")


def assert_becomes(example: str, wanted: str, step: str, empty: str) -> None:
    """Assert that a step has the wanted lines in this order, and no other line of the example."""
    if wanted == NOTHING:
        assert step == empty, example
        return
    lines = [one for one in step.split("\n") if one.strip()]
    start = 0
    for piece in pieces_of(wanted):
        found = place_of(piece, lines, start)
        assert found >= 0, f"{example}\n--- has no\n" + "\n".join(piece) + f"\n--- in\n{step}"
        start = found + len(piece)
    shown = {one.strip() for one in wanted.split("\n")}
    stripped = {one.strip() for one in lines} - {one.strip() for one in empty.split("\n")}
    for line in example.split("\n"):
        assert line.strip() in shown or line.strip() not in stripped, f"{line} stays:\n{step}"


CONSTRUCTS = [
    "What only shows something",
    "Names, functions, classes",
    "Imports",
    "Plots",
    "Magics and the shell",
    "Limits",
]


@pytest.mark.parametrize("title", CONSTRUCTS)
def test_each_construct_becomes_what_its_row_says(title: str) -> None:
    (rows,) = tables(title)
    examples = [code_in(row[0]) for row in rows]
    empty, *steps = steps_of(["# nothing", *examples])
    for row, example, step in zip(rows, examples, steps, strict=True):
        assert_becomes(example, code_in(row[1]) or row[1], step, empty)


def test_a_false_row_would_be_found() -> None:
    empty, step = steps_of(["# nothing", "rows = [1]\nrows.pop()"])
    assert_becomes("rows = [1]\nrows.pop()", "rows = [1]\nrows.pop()", step, empty)
    for wrong in ("rows = [1]", "rows = [2]", "rows.pop()\n…\nrows = [1]", NOTHING):
        with pytest.raises(AssertionError):
            assert_becomes("rows = [1]\nrows.pop()", wrong, step, empty)


def test_each_refused_construct_is_refused_as_its_row_says_and_what_to_write_is_not() -> None:
    rows, _ = tables("What is refused")
    assert {code_in(row[1]).split()[2] for row in rows} == {"MLV011", "MLV013"}
    for example, says, instead in rows:
        problems = result_of(code_in(example)).problems
        found = [f"cell {cell}:{line}: {code} {message}" for code, message, cell, line in problems]
        assert found == code_in(says).split("\n")
        written = re.split(r", (?:in|or|with) ", instead)[0]
        if instead != "take it out":
            assert result_of(code_in(written)).problems == (), instead


def test_what_is_refused_stays_out_of_the_way_in_a_cell_without_effect() -> None:
    for example, *_ in tables("What is refused")[0]:
        tag = '# %% tags=["no-effect"]\n'
        tagged = tag + code_in(example).replace("# %%\n", tag)
        if "parameters" not in example:
            assert result_of(tagged).problems == ()


def test_what_is_said_of_whole_notebooks_is_what_mlv_says() -> None:
    asking = notebook(code("x = 1"), metadata={"mlv": {"step": True}})
    files = {"a/train.ipynb": asking, "by/hand.py": b"x = 1\n"}
    settings = Settings()
    written = translate(Content(lambda: asking), "a/train.ipynb", settings).text
    assert written is not None
    generated = {**files, "steps/train.py": written.encode()}
    own = {**files, "steps/train.py": files["by/hand.py"]}
    ((code_, message, _, _),) = result_of("x <- 1", language="R").problems
    said = [f"{code_} {message}"]
    for there, path in ((generated, "b/train.ipynb"), (own, "a/train.ipynb")):
        (finding,) = step_standing(path, asking, settings, there.get).findings
        said.append(f"{finding.code} {finding.message}")

    assert [code_in(row[0]) for row in tables("What is refused")[1]] == said


# --- parameters


def call(step: str, arguments: str, top: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what the command line of a step in the folder ``top`` prints."""
    (top / "notebooks").mkdir(exist_ok=True)
    monkeypatch.chdir(top)
    names: dict[str, Any] = {"__name__": "step", "__file__": str(top / "steps/work.py")}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(step, "step.py", "exec"), names)
        names["main"](shlex.split(arguments))
    return out.getvalue().rstrip("\n")


def in_parameters(cell: str, last: str) -> str:
    """Return the example of a parameters cell below the page's imports."""
    above = block("python", "class Mode(Enum)").rstrip("\n")
    return f'{above}\n# %% tags=["parameters"]\n{cell}\n# %%\n{last}'


def name_in(cell: str) -> str:
    last = ast.parse(cell).body[-1]
    assert isinstance(last, (ast.Assign, ast.AnnAssign))
    return ast.unparse(last.targets[-1] if isinstance(last, ast.Assign) else last.target)


def test_each_kind_of_parameter_arrives_as_its_row_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[code_in(cell) for cell in row] for row in tables("Parameters")[0]]
    steps = steps_of([in_parameters(row[0], f"print(repr({name_in(row[0])}))") for row in rows])
    for (cell, argument, typed, value), step in zip(rows, steps, strict=True):
        assert f"def work({argument}) -> None:" in step, cell
        assert call(step, typed, tmp_path, monkeypatch) == value, cell


def test_a_computed_value_follows_the_parameters_and_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ((cell, wanted),) = tables("Parameters")[1]
    (step,) = steps_of([in_parameters(code_in(cell), "print(target)")])
    assert place_of([code_in(wanted)], step.split("\n"), 0) > 0
    assert call(step, "--shop south", tmp_path, monkeypatch) == "south.csv"
    with pytest.raises(SystemExit) as stopped:
        call(step, "--target x.csv", tmp_path, monkeypatch)
    assert stopped.value.code == 2
    assert "unrecognized arguments: --target x.csv" in capsys.readouterr().err


# --- the example, its commands, and where steps stand


def test_the_shown_notebook_gives_the_shown_step_byte_for_byte() -> None:
    made, shown = shown_pair()
    result = translate(Content(lambda: made), REPORT, Settings())
    assert result.text is not None
    assert format_modules([result.text]) == [shown]


def test_names_of_steps_are_those_of_the_table() -> None:
    (rows,) = tables("Where it stands")
    found = [(code_in(path), code_in(step)) for path, step in rows]
    assert found == [(path, step_path(path, Settings())) for path, _ in found]


def test_a_notebook_asks_in_the_header_of_its_script_as_the_page_shows() -> None:
    import jupytext

    header = block("python", "#   mlv:")
    made = jupytext.writes(jupytext.reads(header + "\n# %%\nx = 1\n", "py:percent"), "ipynb")
    assert json.loads(made)["metadata"]["mlv"] == {"step": True}
    assert Content(made.encode).declares_step(Settings())


@pytest.fixture
def reporting(user: User) -> User:
    """Somebody with the page's notebook, its step and a table of sales."""
    made, _ = shown_pair()
    user.write(REPORT, made)
    user.write("data/sales.csv", "shop,amount\nnorth,12.5\nsouth,3.0\nsouth,\n")
    user.git("add", ".")
    user.mlv("sync")
    return user


def test_what_the_page_types_works_and_answers_as_shown(reporting: User) -> None:
    typed = dict(commands())
    for command, answer in typed.items():
        done = reporting.run(*shlex.split(command))
        if "--step" in command:
            assert done.out == shown_pair()[1]
        elif answer:
            assert done.text.split() == answer.split(), command
    assert reporting.read("data/large.csv") == "shop,amount\nnorth,12.5\n"
    assert reporting.read("data/by_shop.csv") == "shop,amount\nnorth,12.5\nsouth,3.0\n"

    reporting.path("data/large.csv").unlink()
    reporting.run("python", "-c", block("python", "from steps.report import"))
    assert reporting.read("data/large.csv") == "shop,amount\nnorth,12.5\n"


def test_an_unsafe_tag_is_named_as_the_page_shows(reporting: User) -> None:
    (unsafe,) = re.findall(r"tagged cell of the example said `(.*)`", PAGE)
    reporting.edit(REPORT, 'sales["amount"].hist()', unsafe)
    done = reporting.mlv("verify", REPORT, code=1)
    assert done.text == block("text", "notebooks/report.ipynb: ")
