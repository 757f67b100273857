"""`mlv verify`: a notebook and its step run in copies, and what they wrote is compared.

Where a step must do wrong, or take long, it is a plain script of the kept cells and some more.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from verifying import LOOK, WRITE, flat, home, is_dropped, notebook_text, top

from mlv_hooks.verify.runs import run_notebook
from mlv_hooks.verify.verify import PARTS, Request, StepRefused, Verdict, verify, verify_all


def refuses(put_back: frozenset[int]) -> str:
    raise StepRefused([("MLV011", "input() has no one to ask", 2, 1)])


__all__ = ["home", "top"]

Make = Callable[..., Request]


@pytest.fixture
def request_of(top: Path) -> Make:
    def make(*sources: str, extra: str = "", name: str = "train", **options: Any) -> Request:
        text = notebook_text(*sources, kernel=options.pop("kernel", "python3"))
        (top / f"notebooks/{name}.ipynb").write_text(text)
        cells = json.loads(text)["cells"]
        return Request(
            top=str(top),
            path=f"notebooks/{name}.ipynb",
            text=text,
            dropped=frozenset(
                i for i, cell in enumerate(cells, 1) if is_dropped(cell["source"][0])
            ),
            step_path=f"steps/{name}.py",
            make=options.pop("make", partial(flat, text, extra=extra)),
            **options,
        )

    return make


def contents(top: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def test_a_notebook_and_its_step_that_write_the_same_are_equal(
    request_of: Make, top: Path, tmp_path: Path
) -> None:
    request = request_of("values = [int(open('data.txt').read())]", f"{LOOK}\nprint(values)", WRITE)
    before = contents(top)
    done: list[int] = []

    verdict = verify(request, done.append)

    assert verdict == Verdict("notebooks/train.ipynb", (), (), 1)
    assert verdict.lines() == ["equal (1 file)"]
    assert contents(top) == before
    assert list((tmp_path / "scratch").iterdir()) == []
    assert done == sorted(done)
    assert done[-1] == PARTS


def test_a_dropped_cell_that_binds_a_name_is_named_as_the_cause(request_of: Make) -> None:
    request = request_of("x = 1", f"{LOOK}\nx", f"{LOOK}\nvalues = [x]", WRITE)

    verdict = verify(request)

    assert verdict.problems == (
        "the step: NameError: name 'values' is not defined",
        "cell 3 is the cause: it is tagged no-effect, but the outputs need it; remove the tag",
    )


def test_two_dropped_cells_that_change_an_object_are_both_named_among_innocent_ones(
    request_of: Make,
) -> None:
    look = f"{LOOK}\nlen(values)"
    request = request_of(
        "values = []",
        look,
        f"{LOOK}\nvalues.append('a')",
        look,
        look,
        f"{LOOK}\nvalues.append('b')",
        look,
        WRITE,
    )

    verdict = verify(request)

    assert verdict.problems[:1] == ("notebooks/out.json: $: length notebook 2, step 0",)
    assert [line.split(" is")[0] for line in verdict.problems[1:]] == ["cell 3", "cell 6"]


def test_a_dropped_cell_that_draws_from_the_generator_is_named(request_of: Make) -> None:
    request = request_of(
        "import random\nrandom.seed(1)",
        f"{LOOK}\nprint(random.random())",
        "values = random.random()",
        WRITE,
    )

    verdict = verify(request)

    assert verdict.problems[0].startswith("notebooks/out.json: $: notebook 0.8")
    assert verdict.problems[1].startswith("cell 2 is the cause")


def test_a_dropped_cell_that_writes_an_output_is_named(request_of: Make) -> None:
    request = request_of("values = 1", f"{LOOK}\n{WRITE}", "print(values)")

    assert verify(request).problems[0] == (
        "notebooks/out.json: written by the notebook, not by the step"
    )
    assert verify(request).problems[1].startswith("cell 2 is the cause")


def test_a_difference_that_no_dropped_cell_makes_is_blamed_on_none(request_of: Make) -> None:
    request = request_of(
        "values = 1", f"{LOOK}\nvalues", WRITE, extra="open('out.json', 'w').write('2')"
    )

    assert verify(request).problems == ("notebooks/out.json: $: notebook 1, step 2",)


def test_a_notebook_that_differs_from_run_to_run_is_not_blamed_on_a_cell(
    request_of: Make,
) -> None:
    request = request_of(
        "import uuid\nvalues = str(uuid.uuid4())", f"{LOOK}\nvalues = values.upper()", WRITE
    )

    told = verify(request).problems

    assert told[0].startswith("notebooks/out.json: $: notebook '")
    assert told[1:] == (
        "two runs of the notebook itself differ: seed what is random, write no times",
    )


def test_a_notebook_that_fails_names_the_cell_and_the_last_line_of_its_error(
    request_of: Make,
) -> None:
    request = request_of("x = 1", "def f():\n    raise ValueError('too\\nlong')\nf()", "y = 2")

    assert verify(request).problems == ("cell 2: ValueError: too",)


def test_a_kernel_that_dies_is_told_with_its_cell(request_of: Make) -> None:
    request = request_of("import os", "os._exit(3)")

    assert verify(request).problems == ("cell 2: the kernel died",)


def test_a_step_that_is_refused_says_why_and_nothing_runs(request_of: Make, top: Path) -> None:
    request = request_of("1 / 0", make=refuses)

    assert verify(request).problems == ("cell 2:1: MLV011 input() has no one to ask",)


def test_a_notebook_that_takes_too_long_is_ended(request_of: Make) -> None:
    request = request_of("x = 1", "import time\ntime.sleep(60)", timeout=3)
    began = time.monotonic()

    assert verify(request).problems == ("cell 2: not done after 3 s",)
    assert time.monotonic() - began < 30


def test_a_step_that_takes_too_long_is_ended_with_all_that_it_started(
    request_of: Make, top: Path, tmp_path: Path
) -> None:
    told = tmp_path / "child.pid"
    child = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open({str(told)!r}, "w").write(str(child.pid))
time.sleep(60)
"""
    request = request_of("x = 1", extra=child, timeout=5)

    assert verify(request).problems == ("the step: not done after 5 s",)
    state = Path(f"/proc/{told.read_text()}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_only_declared_outputs_are_compared(request_of: Make) -> None:
    sources = ("values = 1", WRITE, "open('log.txt', 'w').write('notebook')")
    extra = "open('log.txt', 'w').write('step')"

    declared = request_of(*sources, extra=extra, outputs=("notebooks/out.json",))
    all_files = request_of(*sources, extra=extra)

    assert verify(declared).problems == ()
    assert verify(all_files).problems[0].startswith("notebooks/log.txt: @@")


def test_a_declared_folder_is_compared_file_by_file_and_a_missing_output_is_told(
    request_of: Make,
) -> None:
    request = request_of(
        "import os\nos.makedirs('../plots')",
        f"{LOOK}\nopen('../plots/a.txt', 'w').write('a')",
        outputs=("plots", "models/model.bin"),
    )

    told = verify(request).problems

    assert told[:2] == (
        "plots/a.txt: written by the notebook, not by the step",
        "models/model.bin: declared, but the notebook does not write it",
    )


def test_files_of_the_same_content_are_equal_with_a_note(request_of: Make) -> None:
    request = request_of("values = [1]", WRITE, extra="open('out.json', 'w').write('[ 1 ]')")

    verdict = verify(request)

    assert verdict.lines() == [
        "equal (1 file)",
        "notebooks/out.json: same content, other bytes",
    ]


def test_a_notebook_that_writes_into_the_worktree_by_an_absolute_path_is_told(
    request_of: Make, top: Path
) -> None:
    request = request_of(f"open({str(top / 'stray.txt')!r}, 'w').write('x')")

    assert verify(request).problems[-1] == (
        "stray.txt: changed in your worktree meanwhile; "
        "if not by you, the notebook uses an absolute path"
    )


def test_keep_leaves_both_copies_to_look_into(request_of: Make) -> None:
    verdict = verify(request_of("values = 1", WRITE, keep=True))

    kept = Path(verdict.notes[-1].removeprefix("kept "))
    assert (kept / "notebook/project/notebooks/out.json").read_text() == "1"
    assert (kept / "step/project/notebooks/out.json").read_text() == "1"
    assert "json.dump" in (kept / "step/project/steps/train.py").read_text()


def test_an_unknown_kernel_is_told_in_one_line(request_of: Make) -> None:
    told = verify(request_of("x = 1", kernel="nowhere")).problems

    assert told == (
        "there is no kernel 'nowhere' here: `jupyter kernelspec list` names those that are",
    )


def flaky_kernel(home: Path, tmp_path: Path, failures: int) -> None:
    """Add a kernel "flaky" whose first starts fail, as when another kernel has taken its port."""
    count = tmp_path / "starts"
    program = tmp_path / "flaky-python"
    program.write_text(
        f"#!/bin/sh\necho start >> {count}\n"
        f'[ "$(wc -l < {count})" -le {failures} ] && exit 1\nexec {sys.executable} "$@"\n'
    )
    program.chmod(0o755)
    spec = home / "jupyter/kernels/flaky"
    spec.mkdir(parents=True)
    argv = [str(program), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Flaky"}))


def test_a_kernel_that_dies_at_its_start_is_started_again(home: Path, tmp_path: Path) -> None:
    flaky_kernel(home, tmp_path, failures=1)

    run = run_notebook(notebook_text("print(1)", kernel="flaky"), str(tmp_path), os.environ)

    assert (run.printed, run.failure) == ({1: "1\n"}, None)


def test_a_kernel_that_never_starts_is_told_in_one_line(
    request_of: Make, home: Path, tmp_path: Path
) -> None:
    flaky_kernel(home, tmp_path, failures=99)

    told = verify(request_of("x = 1", kernel="flaky")).problems

    assert told == (
        "the kernel 'flaky' does not start: Kernel died before replying to kernel_info",
    )


def test_the_step_runs_on_the_python_of_the_notebooks_kernel(
    request_of: Make, home: Path, tmp_path: Path
) -> None:
    python = tmp_path / "other-python"
    python.write_text(f'#!/bin/sh\nMARK=other exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    spec = home / "jupyter/kernels/other"
    spec.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Other"}))
    request = request_of(
        "import os\nvalues = os.environ.get('MARK')", WRITE, kernel="other", keep=True
    )

    verdict = verify(request)

    kept = Path(verdict.notes[-1].removeprefix("kept "))
    assert verdict.problems == ()
    assert (kept / "step/project/notebooks/out.json").read_text() == '"other"'


def test_several_notebooks_run_at_a_time_and_are_told_in_order(request_of: Make) -> None:
    requests = [
        request_of("values = 1", WRITE, name="one"),
        request_of("values = 1", f"{LOOK}\nvalues = 2", WRITE, name="two"),
    ]
    done: list[tuple[int, int]] = []

    verdicts = verify_all(requests, 2, lambda part, total: done.append((part, total)))

    assert [one.path for one in verdicts] == ["notebooks/one.ipynb", "notebooks/two.ipynb"]
    assert [len(one.problems) for one in verdicts] == [0, 2]
    assert done[-1] == (2 * PARTS, 2 * PARTS)
