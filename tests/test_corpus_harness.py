"""The corpus' own comparison catches what it is there to catch."""

from __future__ import annotations

from pathlib import Path

import corpus
import pytest
from corpus_compare import Run, differences, fingerprint

NOTEBOOK = (
    ("code", "import random\nrandom.seed(1)\nvalues = [1, 2]\nprint(values)", ()),
    ("code", "print('only looks')", ("no-effect",)),
    ("code", "with open('out.txt', 'w') as file:\n    file.write('two')\ndel file", ()),
)
NAMES = ["values", "random"]
CASE = corpus.Case("harness", "notebooks/harness.ipynb", NOTEBOOK)


def step_text(old: str = "", new: str = "") -> str:
    text = corpus.flat_step(CASE.with_probe(NAMES)).text
    assert text is not None
    assert old in text
    return text.replace(old, new)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return corpus.run_kernel(CASE.with_probe(NAMES), tmp_path_factory.mktemp("kernel"))


def test_a_flat_translation_of_a_plain_notebook_is_equal(kernel: Run, tmp_path: Path) -> None:
    step = corpus.run_step(CASE, step_text(), tmp_path)

    assert differences(kernel, step) == []
    assert step.printed == "[1, 2]\n"
    assert step.files == {"notebooks/out.txt": b"two"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("write('two')", "write('too')", "file notebooks/out.txt"),
        ("'out.txt'", "'../other.txt'", "file notebooks/out.txt"),
        ("print(values)", "print(values, 3)", "printed:"),
        ("values = [1, 2]", "values = [2, 1]; print([1, 2]); print = lambda x: 0", "names values"),
        ("seed(1)", "seed(2)", "hidden exact random"),
        ("import corpus_probe", "import os; os.chdir('..'); import corpus_probe", "hidden folder"),
        ("del file", "raise SystemExit('boom')", "the step failed: boom"),
        ("del file", "import os; os.remove('note.txt')", "file notebooks/note.txt"),
    ],
)
def test_a_step_that_does_otherwise_is_caught(
    kernel: Run, tmp_path: Path, old: str, new: str, told: str
) -> None:
    step = corpus.run_step(CASE, step_text(old, new), tmp_path)

    found = differences(kernel, step)

    assert any(told in line for line in found), found


def test_a_notebook_that_fails_is_no_equal(tmp_path: Path) -> None:
    failing = corpus.Case("failing", "failing.ipynb", (("code", "print(1)\n1 / 0", ()),))

    kernel = corpus.run_kernel(failing, tmp_path)

    assert kernel.failure == "cell 1: ZeroDivisionError: division by zero"
    assert differences(kernel, kernel)[0].startswith("the notebook failed: cell 1")


def test_digests_hold_over_the_last_digits_and_notice_the_first() -> None:
    def digest(x: float) -> object:
        return fingerprint(Run(None, "", {"a.csv": f"{x}\n".encode()}, {"x": x}))

    assert digest(0.1 + 0.2) == digest(0.3)
    assert digest(0.30001) != digest(0.3)
