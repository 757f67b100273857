"""The text of the step's command line: names of options, signature, clean code, real programs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from command_line_support import load, made, module_text, parameters, run

from mlv_hooks.declared.options import spellings

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
