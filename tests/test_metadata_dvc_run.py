"""Whole `dvc run` lines, as notebooks of MLV-tools have them, and what they become."""

from __future__ import annotations

import pytest
from metadata_support import fields, mistakes, stage
from parameter_support import read

from mlv_hooks.declared.metadata import Out, StageSpec, read_stages

TWO_RUNS = r'''"""
:param str subset: Subset of data to load
:dvc-cmd: dvc run -f $MLV_DVC_META_FILENAME -o ./poc/data/train.csv -o ./poc/data/test.csv
                    -d ./poc/data/20news.pkz
           "$MLV_PY_CMD_PATH --subset train
                --output-path ./poc/data/train.csv &&
            $MLV_PY_CMD_PATH --subset test
                --output-path ./poc/data/test.csv"
"""
subset = "train"
'''


def command(line: str) -> str:
    return stage(fields(f":dvc-cmd: dvc run {line}")).cmd


def test_a_command_over_several_lines_that_runs_the_step_twice() -> None:
    assert stage(TWO_RUNS) == StageSpec(
        name="train",
        deps=("poc/data/20news.pkz",),
        outs=(Out("poc/data/train.csv", "outs"), Out("poc/data/test.csv", "outs")),
        params=(),
        cmd=(
            "python -m steps.train --subset train --output-path ./poc/data/train.csv && "
            "python -m steps.train --subset test --output-path ./poc/data/test.csv"
        ),
        cell=1,
        line=3,
    )


def test_lines_may_end_with_a_backslash_that_python_took_or_left() -> None:
    for end in ("\\\\", "\\", ""):
        cell = fields(
            f":dvc-cmd: dvc run -o a {end}", f"    -d b {end}", "    $MLV_PY_CMD_PATH --out a"
        )
        found = stage(cell)
        assert (found.deps, found.cmd) == (("b",), "python -m steps.train --out a")


def test_a_command_without_quotes_goes_on_behind_its_ampersands() -> None:
    line = "-o a.csv ./py_cmd -m train --out a.csv && ./py_cmd -m test --name 'x y'"
    assert command(line) == "./py_cmd -m train --out a.csv && ./py_cmd -m test --name 'x y'"


@pytest.mark.parametrize(
    ("written", "cmd"),
    [
        ("$MLV_PY_CMD_PATH -x 1", "python -m steps.train -x 1"),
        ("${MLV_PY_CMD_PATH} -x 1", "python -m steps.train -x 1"),
        ("./$MLV_PY_CMD_PATH", "python -m steps.train"),
        ("python3 $MLV_PY_CMD_PATH", "python3 -m steps.train"),
        ('"python3.9 -u ./$MLV_PY_CMD_PATH a"', "python3.9 -u -m steps.train a"),
        ("cd steps && python $MLV_PY_CMD_NAME", "cd steps && python train.py"),
        ('"A=\\\\"x y\\\\" $MLV_PY_CMD_PATH"', 'A="x y" python -m steps.train'),
        ('"echo ${HOME} ${train.rate} $USER"', "echo \\${HOME} ${train.rate} $USER"),
        ("-- python a.py -o x", "python a.py -o x"),
    ],
)
def test_the_variables_of_mlv_tools_run_the_step(written: str, cmd: str) -> None:
    assert command(written) == cmd


def test_the_step_is_run_where_it_stands() -> None:
    cell = read(fields(":dvc-cmd: dvc run -d $MLV_PY_CMD_PATH -d a $MLV_PY_CMD_PATH"))
    (found,), _ = read_stages("train.ipynb", {}, cell, step="src/my jobs/train.py")
    assert (found.cmd, found.deps) == ("python -m 'src.my jobs.train'", ("a",))


@pytest.mark.parametrize(
    ("option", "out"),
    [
        ("-o a/x", Out("a/x", "outs")),
        ("-oa/x", Out("a/x", "outs")),
        ("--outs=./a/x", Out("a/x", "outs")),
        ("--outs 'a/x'", Out("a/x", "outs")),
        ("-O a/x", Out("a/x", "outs", flags=(("cache", False),))),
        ("--outs-persist a/x", Out("a/x", "outs", persist=True)),
        ("--outs-persist-no-cache a/x", Out("a/x", "outs", True, (("cache", False),))),
        ("-m a/x", Out("a/x", "metrics")),
        ("-M a/x", Out("a/x", "metrics", flags=(("cache", False),))),
        ("--plots a/x", Out("a/x", "plots")),
        ("--plots-no-cache a/x", Out("a/x", "plots", flags=(("cache", False),))),
    ],
)
def test_each_way_to_declare_an_output(option: str, out: Out) -> None:
    assert stage(fields(f":dvc-cmd: dvc run {option} ./run.sh")).outs == (out,)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ([":dvc-cmd: dvc run -f fit.dvc x"], "fit"),
        ([":dvc-cmd: dvc run --file=dvc/01-Fit.dvc x"], "_01_fit"),
        ([":dvc-cmd: dvc run -f Dvcfile x"], "train"),
        ([":dvc-cmd: dvc run -f $MLV_DVC_META_FILENAME x", ":dvc-meta-file: fit"], "fit"),
        ([":dvc-cmd: dvc run -n fit -f x"], "fit"),
        ([":dvc-cmd: dvc stage add --name fit x"], "fit"),
        ([":dvc-cmd: dvc run -n other x", ":dvc-stage: fit"], "fit"),
    ],
)
def test_the_line_names_the_stage_unless_a_field_does(lines: list[str], name: str) -> None:
    found = stage(fields(*lines))
    assert (found.name, found.cmd) == (name, "x")


def test_what_the_run_itself_did_is_left_out_and_the_rest_is_kept() -> None:
    found = stage(
        fields(
            ":dvc-cmd: dvc run --no-exec -y --overwrite-dvcfile --always-changed -w .",
            "    --desc 'Fits the model' -p lr,train.epochs -p conf/a.yaml:x,y -p b.json: ./run",
        )
    )
    assert found.own == (("always_changed", True), ("desc", "Fits the model"))
    assert found.param_files == (
        ("params.yaml", ("lr", "train.epochs")),
        ("conf/a.yaml", ("x", "y")),
        ("b.json", ()),
    )
    assert (found.cmd, found.params) == ("./run", ())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("python a.py", "the command must start with `dvc run`: begin it so, or use :dvc-in:"),
        ("dvc run", "it runs nothing: end it with the command, such as $MLV_PY_CMD_PATH"),
        ("dvc run -o a", "it runs nothing: end it with the command, such as $MLV_PY_CMD_PATH"),
        ("dvc run -o", "--outs has no value: write one"),
        ("dvc run --output a x", "dvc run has no option --output: write --outs"),
        ("dvc run -z x", "dvc run has no option -z: leave it out"),
        ('dvc run -o "a x', 'a quote is not closed at "a x: close it'),
        ("dvc run x 'a", "a quote is not closed at 'a: close it"),
        ("dvc run -o ../a x", "-o ../a leaves the repository: write a path inside it"),
        (
            "dvc run -w src x",
            "-w src: a stage runs from the project's root: write paths from there and leave -w out",
        ),
        ("dvc run $MLV_PY_CMD", "$MLV_PY_CMD is unknown: write $MLV_PY_CMD_PATH"),
        ("dvc run -o {{ conf.x }} y", "{{ }} is a template of MLV-tools: write the value instead"),
        ("dvc run -n a.b x", "-n a.b is no name of a stage: write a_b"),
    ],
)
def test_a_line_that_can_t_be_translated_says_why(line: str, message: str) -> None:
    assert mistakes(fields(f":dvc-cmd: {line}")) == [f"MLV411 2: :dvc-cmd: {message}"]
