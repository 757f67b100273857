"""The step's command line: what people and DVC type, and what arrives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlv_hooks.command_line import CommandLine, main_function
from mlv_hooks.options import spellings
from mlv_hooks.parameters import Parameters, read_parameters
from mlv_hooks.source import parse_cell


def parameters(text: str, *before: str) -> Parameters:
    others = [parse_cell(one, number) for number, one in enumerate(before, 1)]
    return read_parameters(parse_cell(text, len(before) + 1), others)


def made(text: str, **options: Any) -> CommandLine:
    settings = {"prog": "python -m steps.train", **options}
    return main_function("train", parameters(text), **settings)


def module_text(line: CommandLine, body: str = "    SEEN.append(locals())\n") -> str:
    """Return a module around the command line, as a step has it."""
    fresh = "".join(f"    {part}\n" for one in line.fresh for part in one.splitlines())
    function = f"def train({', '.join(line.signature)}):\n{fresh}{body}"
    start = "\n".join([*line.imports, "", "SEEN = []", "", ""])
    parts = [line.helpers, function, line.main, "if __name__ == '__main__':\n    main()\n"]
    return start + "\n\n".join(part for part in parts if part)


def load(text: str, **options: Any) -> ModuleType:
    module = ModuleType("train")
    exec(compile(module_text(made(text, **options)), "train.py", "exec"), module.__dict__)
    return module


def run(text: str, argv: Sequence[str], **options: Any) -> dict[str, Any]:
    module = load(text, **options)
    module.main(list(argv))
    return dict(module.SEEN[0])


@cache
def reader(text: str) -> Callable[[Sequence[str]], Any]:
    """Return what gives the value of ``x`` for arguments; the module is made once."""
    module = load(text)

    def read(argv: Sequence[str]) -> Any:
        module.main(list(argv))
        return module.SEEN.pop()["x"]

    return read


def refusal(text: str, argv: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as caught:
        run(text, argv)
    assert caught.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


# --- round trips

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@given(st.integers())
def test_whole_numbers_arrive(value: int) -> None:
    assert reader("x = 1")(["--x", str(value)]) == value


@given(st.floats(allow_nan=False))
def test_numbers_arrive_also_negative_and_with_exponents(value: float) -> None:
    assert reader("x = 0.5")(["--x", repr(value)]) == value
    assert reader("x: float | None = None")(["--x", repr(value)]) == value


@given(WORDS)
def test_text_arrives_whatever_it_holds(value: str) -> None:
    assert reader("x = 'a'")([f"--x={value}"]) == value
    if not value.startswith(("--", "-h")):
        assert reader("x = 'a'")(["--x", value]) == value


@given(st.lists(st.integers()))
def test_lists_of_whole_numbers_arrive(value: list[int]) -> None:
    assert reader("x = [1]")(["--x", *map(str, value)]) == value


@given(st.lists(st.floats(allow_nan=False)))
def test_lists_and_tuples_of_numbers_arrive(value: list[float]) -> None:
    assert reader("x = [0.5]")(["--x", *map(repr, value)]) == value
    assert reader("x = (0.5,)")(["--x", *map(repr, value)]) == tuple(value)


@given(st.lists(WORDS.filter(lambda word: not word.startswith(("--", "-h")))))
def test_lists_of_text_arrive(value: list[str]) -> None:
    assert reader("x = ['a']")(["--x", *value]) == value


@pytest.mark.parametrize("value", ["-a", "-", "-1e-3", "-a b", "-x=1", "-_", "-é"])
def test_text_that_starts_with_a_dash_arrives_also_unquoted_and_in_lists(value: str) -> None:
    assert run("x = 'a'\ny = 1", ["--x", value, "--y", "2"]) == {"x": value, "y": 2}
    assert run("x = ['a']\ny = 1", ["--x", "b", value, "--y", "2"]) == {"x": ["b", value], "y": 2}
    assert run(f"x: Literal['a', {value!r}] = 'a'", ["--x", value])["x"] == value


def test_the_last_of_several_wins_so_that_a_default_can_be_made_empty() -> None:
    text = "xs = [1, 2]\nuse = True\nn = 3"
    assert run(text, ["--xs", "--no-use", "--n", "4"]) == {"xs": [], "use": False, "n": 4}
    assert run(text, ["--xs", "--no-use", "--xs", "5", "--use"])["xs"] == [5]


@given(st.lists(st.booleans()))
def test_lists_of_booleans_arrive(value: list[bool]) -> None:
    assert reader("x = [True]")(["--x", *map(str, value)]) == value


@given(st.dates())
def test_dates_arrive(value: date) -> None:
    assert reader("x = date(2024, 5, 1)")(["--x", value.isoformat()]) == value


@given(st.datetimes())
def test_times_arrive_as_yaml_and_iso_write_them(value: datetime) -> None:
    for text in (value.isoformat(), str(value)):
        assert reader("x = datetime(2024, 5, 1)")(["--x", text]) == value


@given(st.dictionaries(WORDS, JSON))
def test_dicts_arrive_as_json(value: dict[str, Any]) -> None:
    assert reader("x = {'a': 1}")(["--x", json.dumps(value)]) == value


@given(st.lists(JSON))
def test_nested_lists_arrive_as_json(value: list[Any]) -> None:
    assert reader("x = [[1], [2]]")(["--x", json.dumps(value)]) == value


@given(st.sampled_from(["a", "b c", "-d", "", "é"]))
def test_choices_arrive(value: str) -> None:
    assert reader("x: Literal['a', 'b c', '-d', '', 'é'] = 'a'")([f"--x={value}"]) == value


@given(st.none() | st.booleans() | st.integers() | st.lists(st.integers()) | st.binary())
def test_a_parameter_without_a_type_reads_python_literals(value: object) -> None:
    assert reader("x = None")([f"--x={value!r}"]) == value


@pytest.mark.parametrize("text", ["abc", "a b", "1is", "[1", "\0", "(" * 500, "x" * 5000])
def test_a_parameter_without_a_type_takes_all_else_as_text(text: str) -> None:
    assert run("x = None", ["--x", text])["x"] == text


@pytest.mark.parametrize("value", ["a.csv", "../data/ä b.csv", "/tmp/x", "s3://bucket/key", ""])
def test_paths_arrive_as_the_notebook_has_them(value: str) -> None:
    assert run("x = Path('data')", ["--x", value])["x"] == Path(value)
    assert run("x: Path = 'data'", ["--x", value])["x"] == value
    assert run("x = [Path('a')]", ["--x", value, "b"])["x"] == [Path(value), Path("b")]


NUMBERS = ["1", "-1", "0.5", "1e999", "2j", "True"]
TEXTS = ["'a'", "''", "'5'", "'None'", "'a\\n\\t\"\\\\'", "'\\u202e'", "b'x'"]
MANY = ["{1, 2}", "[1, 2]", "[]", "[[1], []]", "(1, 2)", "{'a': [1, None]}", "{1: 2}", "((1, 2),)"]
DATES = ["date(2024, 5, 1)", "datetime(2024, 5, 1, 12, 30)"]


@pytest.mark.parametrize("written", ["None", *NUMBERS, *TEXTS, *MANY, *DATES])
@pytest.mark.parametrize("annotation", ["", ": Any", ": Optional[Any]"])
def test_without_arguments_the_notebook_s_own_values_arrive(written: str, annotation: str) -> None:
    seen = run(f"x{annotation} = {written}", [])["x"]
    expected = eval(written, {"date": date, "datetime": datetime})
    assert seen == expected and type(seen) is type(expected)


@pytest.mark.parametrize("annotation", ["str | None", "int | str", "Literal[1, '1']"])
@pytest.mark.parametrize("value", ["1", "None", "[1]"])
def test_a_default_that_looks_like_something_else_stays_text(annotation: str, value: str) -> None:
    text = f"from typing import Literal\nx: {annotation} = {value!r}"
    if value == "1" or not annotation.startswith("Literal"):
        assert run(text, [])["x"] == value


# --- None


@pytest.mark.parametrize(
    ("annotation", "word", "value"),
    [
        ("int", "3", 3),
        ("float", "-1e-3", -1e-3),
        ("str", "a", "a"),
        ("bool", "true", True),
        ("bool", "False", False),
        ("Path", "a", Path("a")),
        ("date", "2024-05-01", date(2024, 5, 1)),
        ("datetime", "2024-05-01 12:00:00", datetime(2024, 5, 1, 12)),
        ("dict", '{"a": 1}', {"a": 1}),
        ("list[int]", "3", [3]),
        ("list[list[int]]", "[[3]]", [[3]]),
        ("tuple[int, ...]", "3", (3,)),
        ("Literal['a', 'b']", "b", "b"),
        ("Literal[1, 2]", "2", 2),
        ("Literal[1, 'a']", "a", "a"),
    ],
)
def test_what_is_optional_takes_none_as_dvc_writes_null(
    annotation: str, word: str, value: object
) -> None:
    text = f"x: Optional[{annotation}] = None"
    assert run(text, [])["x"] is None
    assert run(text, ["--x", "None"])["x"] is None
    assert run(text, ["--x", word])["x"] == value


def test_what_is_not_optional_takes_none_as_text_or_refuses_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("x = 'a'", ["--x", "None"])["x"] == "None"
    assert "invalid int value: 'None'" in refusal("x = 1", ["--x", "None"], capsys)


# --- booleans


@pytest.mark.parametrize("default", [True, False])
def test_booleans_go_both_ways_in_both_spellings(default: bool) -> None:
    text = f"use_gpu = {default}"
    assert run(text, [])["use_gpu"] is default
    for on in ("--use-gpu", "--use_gpu"):
        assert run(text, [on])["use_gpu"] is True
    for off in ("--no-use-gpu", "--no-use_gpu"):
        assert run(text, [off])["use_gpu"] is False
    assert run(text, ["--no-use-gpu", "--use_gpu"])["use_gpu"] is True


def test_an_optional_boolean_is_a_flag_and_takes_a_word() -> None:
    text = "x: bool | None = None"
    for argv, value in [([], None), (["--x"], True), (["--no-x"], False)]:
        assert run(text, argv)["x"] is value


# --- names


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("learning_rate", ["--learning-rate", "--learning_rate"]),
        ("x", ["--x"]),
        ("class_", ["--class", "--class_"]),
        ("_private", ["--private", "--_private"]),
        ("__twice", ["--twice", "--__twice"]),
        ("_", ["--_"]),
        ("größe", ["--größe"]),
        ("学習_率", ["--学習-率", "--学習_率"]),
        ("h", ["--h"]),
        ("argv", ["--argv"]),
        ("parser", ["--parser"]),
        ("args", ["--args"]),
        ("argparse", ["--argparse"]),
        ("train", ["--train"]),
        ("main", ["--main"]),
        ("float", ["--float"]),
        ("Camel", ["--Camel"]),
        ("help_", ["--help_"]),
    ],
)
def test_a_name_is_an_option_with_dashes_and_as_it_is(name: str, words: list[str]) -> None:
    text = f"{name} = 0.5"
    (spelling,) = spellings(parameters(text).parameters).values()
    assert list(spelling.options) == words
    for word in words:
        assert run(text, [word, "-1e-3"])[name] == -1e-3
        assert run(text, [f"{word}=2"])[name] == 2


def test_names_that_differ_by_underscores_alone_keep_their_own_words() -> None:
    text = "rate = 1\n_rate = 2\nrate_ = 3\na_b = 4\na__b = 5"
    argv = ["--rate", "10", "--_rate", "20", "--rate_", "30", "--a-b", "40", "--a--b", "50"]
    assert list(run(text, argv).values()) == [10, 20, 30, 40, 50]


def test_a_parameter_called_help_takes_the_word_and_leaves_the_letter(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("help = 'a'", ["--help", "b"])["help"] == "b"
    with pytest.raises(SystemExit) as caught:
        run("help = 'a'\nh = 1", ["-h"])
    assert caught.value.code == 0
    assert "show this help message and exit" in capsys.readouterr().out


@pytest.mark.parametrize("other", ["no_x = 'text'", "no_x = True", "no_x = False\nnot_x = 3"])
def test_no_x_beside_a_boolean_x_is_its_own_parameter(other: str) -> None:
    text = f"x = True\n{other}"
    off = spellings(parameters(text).parameters)["x"].off[0]
    seen = run(text, [off])
    assert seen["x"] is False
    assert seen["no_x"] == run(text, [])["no_x"]
    words = ["--no-x", "value"] if "text" in other else ["--no-x"]
    assert run(text, words)["no_x"] == ("value" if "text" in other else True)
    assert run(text, words)["x"] is True


def test_a_boolean_whose_name_starts_with_no_goes_both_ways() -> None:
    text = "no_cache = True"
    assert run(text, ["--no-no-cache"])["no_cache"] is False
    assert run(text, ["--no-no_cache"])["no_cache"] is False
    assert run("no_cache = False", ["--no_cache"])["no_cache"] is True


def test_names_that_the_module_has_for_itself_get_out_of_the_way() -> None:
    text = "x = None\nday = date(2024, 5, 1)\nys = [[1]]\nhow: Literal['a'] = 'a'"
    taken = ["argparse", "ast", "json", "date", "literal", "json_list", "iso_date", "Literal"]
    line = made(text, taken=taken)
    defined = module_text(line)
    for name in taken:
        defined = defined.replace("SEEN = []", f"{name} = None\nSEEN = []", 1)
    module = ModuleType("train")
    exec(compile(defined, "train.py", "exec"), module.__dict__)
    module.main(["--x", "3", "--day", "2024-05-02", "--ys", "[[2]]"])
    assert module.SEEN[0] == {"x": 3, "day": date(2024, 5, 2), "ys": [[2]], "how": "a"}


# --- refusals and help


@pytest.mark.parametrize(
    ("text", "argv", "message"),
    [
        ("x = 1", ["--x", "a"], "argument --x: invalid int value: 'a'"),
        ("x = 1", ["--x"], "argument --x: expected one argument"),
        ("x = 1", ["--y", "2"], "unrecognized arguments: --y 2"),
        ("x = 1", ["2"], "unrecognized arguments: 2"),
        ("long_name = 1", ["--long", "2"], "unrecognized arguments: --long 2"),
        ("x: int | None = 1", ["--x", "a"], "argument --x: invalid optional_int value: 'a'"),
        ("x = date(2024, 5, 1)", ["--x", "May"], "argument --x: invalid iso_date value: 'May'"),
        ("x = {'a': 1}", ["--x", "[1]"], "argument --x: invalid json_dict value: '[1]'"),
        ("x = [[1]]", ["--x", "{"], "argument --x: invalid json_list value: '{'"),
        ("x = [True]", ["--x", "yes"], "argument --x: invalid boolean value: 'yes'"),
        ("x: tuple[int, int] = (1, 2)", ["--x", "1"], "argument --x: expected 2 arguments"),
        (
            "x: tuple[int, int] | None = (1, 2)",
            ["--x", "1"],
            "argument --x: expected 2 values",
        ),
        ("x = 'a'", ["--x", "--a"], "argument --x: expected one argument"),
        ("x = 'a'", ["-v"], "unrecognized arguments: -v"),
        ("x = 1", ["-v", "2"], "unrecognized arguments: -v 2"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    text: str, argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refusal(text, argv, capsys) == f"python -m steps.train: error: {message}"


def test_a_value_that_is_no_choice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    line = refusal("x: Literal['a', 'b'] = 'a'", ["--x", "c"], capsys)
    assert line.startswith("python -m steps.train: error: argument --x: invalid choice: 'c'")


HELPED = '''"""Train at 100% of the data; see %(prog)s.

:param rate: step size, 5% or %(default)s or so
:param use_gpu: on the graphics card
"""
rate = 0.5
use_gpu = True
n = 3
verbose = False
late = None
name = ""
'''


def test_help_shows_types_defaults_and_texts_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(HELPED, ["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert caught.value.code == 0
    assert shown.startswith("usage: python -m steps.train [-h]")
    assert "Train at 100% of the data; see %(prog)s." in shown
    assert "--rate FLOAT step size, 5% or %(default)s or so" in shown
    assert "on the graphics card (default: True)" in shown
    assert "--n INT default: 3" in shown
    assert "yes or no (default: False)" in shown
    assert "default: None" in shown
    assert shown.count("(default: True)") == 1


def test_a_notebook_without_parameters_takes_no_arguments(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for found in (None, parameters('"""Doc."""')):
        line = main_function("train", found, prog="python -m steps.train")
        assert (line.imports, line.helpers, line.signature) == (("import argparse",), "", ())
        module = ModuleType("train")
        exec(module_text(line), module.__dict__)
        module.main([])
        assert module.SEEN == [{}]
    assert "unrecognized arguments: --x" in refusal("", ["--x"], capsys)


# --- the signature


def test_defaults_of_paths_count_from_the_project_s_root() -> None:
    text = (
        "a: Path = '../data/x.csv'\nb = Path('y.csv')\nc: Path = 'logs/'\nd: Path = '/abs'\n"
        "e: Path = 's3://b/k'\nf: Path = '~/x'\ng = [Path('z')]\nh = '../text'\ni: Path = ''"
    )
    assert made(text, folder="notebooks").signature == (
        'a: str = "data/x.csv"',
        'b: Path = Path("notebooks/y.csv")',
        'c: str = "notebooks/logs/"',
        'd: str = "/abs"',
        'e: str = "s3://b/k"',
        'f: str = "~/x"',
        "g: list[Path] | None = None",
        'h: str = "../text"',
        'i: str = ""',
    )
    assert run(text, [], folder="notebooks")["g"] == [Path("notebooks/z")]


def test_each_call_has_lists_and_dicts_of_its_own() -> None:
    module = load("xs = [1]\nd: dict | None = {'a': 1}\nt = ([1], 2)\nn = 3")
    for _ in range(2):
        module.train()
        module.SEEN[-1]["xs"].append(2)
        module.SEEN[-1]["d"]["b"] = 2
    module.train(xs=[5], d=None)
    assert module.SEEN[-1] == {"xs": [5], "d": None, "t": ([1], 2), "n": 3}
    module.train()
    assert module.SEEN[-1] == {"xs": [1], "d": {"a": 1}, "t": ([1], 2), "n": 3}


def test_only_what_these_parameters_need_is_written() -> None:
    line = made("n = 3\nuse = True\ndata: Path = 'x'")
    assert line.imports == ("import argparse",)
    assert line.helpers == ""


# --- as code and as a program

EVERYTHING = '''"""Train the classifier.

:param path data: what to learn from, which is described at some length here
:param float learning_rate: step size
"""
from pathlib import Path
data = "../data/x.csv"
model = Path("models/m.bin")
learning_rate = 0.7
epochs: int | None = None
use_gpu: bool = False
no_cache = True
maybe: bool | None = None
mode: Literal["fast", "slow"] = "fast"
level: Literal[1, "all"] | None = None
xs = [1, 2]
size: tuple[int, int] = (1, 2)
nested = [[1], [2]]
options = {"a": 1}
day = date(2024, 5, 1)
when: datetime | None = None
other = None
switches = [True]
names: list[str] | None = None
help = "me"
'''


def ruff(*args: str, text: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *args, "--isolated", "--stdin-filename", "train.py", "-"],
        input=text.encode(),
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return done.stdout.decode()


def test_the_text_is_clean_for_ruff() -> None:
    text = ruff("format", text=module_text(made(EVERYTHING), "    print(data)\n"))
    ruff("check", "--select", "E4,E7,E9,F,I,B,UP,C4,SIM,RET", text=text)


def pythons() -> list[str]:
    """Return this Python and those of other versions that start here."""
    found = [sys.executable]
    for minor in range(10, 15):
        name = f"python3.{minor}"
        code = f"import sys; print(sys.version_info[:2] == (3, {minor}))"
        try:
            done = subprocess.run([name, "-c", code], capture_output=True)
        except FileNotFoundError:
            continue
        if done.stdout.strip() == b"True" and sys.version_info[:2] != (3, minor):
            found.append(name)
    return found


def test_as_a_program_it_does_the_same_on_each_python(tmp_path: Path) -> None:
    body = "    print({name: str(value) for name, value in sorted(locals().items())})\n"
    (tmp_path / "steps").mkdir()
    text = module_text(made(EVERYTHING, folder="notebooks"), body)
    (tmp_path / "steps" / "train.py").write_text(text, encoding="utf-8")
    line = (
        "--data d.csv --learning-rate -1e-05 --use_gpu --epochs None --no-no-cache --maybe "
        "--mode slow --level all --xs 1 -2 3 --size 4 5 --nested [[3]] --day 2024-06-01 --names "
        "--help you --switches True False"
    )
    argv = line.split()
    env = {**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80"}
    outputs = set()
    for python in pythons():
        command = [python, "-m", "steps.train"]
        done = subprocess.run([*command, *argv], cwd=tmp_path, capture_output=True, env=env)
        assert done.returncode == 0, done.stderr.decode()
        outputs.add(done.stdout.decode())
        shown = subprocess.run([*command, "-h"], cwd=tmp_path, capture_output=True, env=env)
        words = " ".join(shown.stdout.decode().split())
        assert "usage: python -m steps.train" in words
        assert words.count("default: False") == 1, words
        wrong = subprocess.run([*command, "--xs", "a"], cwd=tmp_path, capture_output=True, env=env)
        assert wrong.returncode == 2
        assert wrong.stderr.decode().splitlines()[-1].endswith("invalid int value: 'a'")
    (output,) = outputs
    values = eval(output)
    assert values["learning_rate"] == "-1e-05"
    assert values["model"] == "notebooks/models/m.bin"
    assert (values["maybe"], values["no_cache"], values["use_gpu"]) == ("True", "False", "True")
    assert (values["size"], values["names"], values["help"]) == ("(4, 5)", "[]", "you")
