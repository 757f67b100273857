"""Notebooks that run from top to bottom have no finding that they would not run elsewhere."""

from __future__ import annotations

import corpus
from cells_support import checked
from packages_support import projects
from support import ROOT

from mlv_hooks.checks.selection import Choice
from mlv_hooks.diagnostics import Diagnostic

# All that they import from elsewhere, as a project would declare it.
REQUIREMENTS = "joblib\nmatplotlib\nnumpy\npandas\nscikit-learn\n"
BESIDE = corpus.FIXTURES / "files" / "common"
ELSEWHERE = Choice(select=("MLV5",))
# What these notebooks do is what the page of the rule says not to do.
DESERVED = {("magic-run", "MLV506"), ("magic-sql", "MLV506"), ("magic-timeit", "MLV506")}


def findings(data: bytes, path: str, requirements: str = REQUIREMENTS) -> list[Diagnostic]:
    """Return what is found in a notebook of a project with the modules of the corpus."""
    files = {str(one.relative_to(BESIDE)): one.read_bytes() for one in BESIDE.rglob("*.py")}
    packages = projects({**files, "requirements.txt": requirements}).of(path)
    return checked(data, choice=ELSEWHERE, path=path, packages=packages)


def of_corpus(requirements: str) -> set[tuple[str, str, str]]:
    """Return case, code and message of what is found in the corpus."""
    cases = [corpus.load(name) for name in corpus.names()]
    return {
        (case.name, one.code, one.message)
        for case in cases
        for one in findings(case.text(replaced=True).encode(), case.notebook, requirements)
    }


def test_the_notebooks_of_the_corpus_have_no_finding_but_deserved_ones() -> None:
    assert {(name, code) for name, code, _ in of_corpus(REQUIREMENTS)} == DESERVED


def test_with_one_package_alone_each_other_is_told_and_no_module_of_the_corpus_is() -> None:
    told = [message for _, code, message in of_corpus("numpy\n") if code == "MLV505"]

    packages = {message.split(" add ")[1].split(" to ")[0] for message in told}
    assert packages == set(REQUIREMENTS.split()) - {"numpy"}
    assert len(told) > len(packages)


def test_the_notebooks_of_the_demo_have_none() -> None:
    demo = ROOT / "fixtures" / "demo"
    paths = sorted(demo.rglob("*.ipynb"))

    for path in paths:
        assert findings(path.read_bytes(), str(path.relative_to(demo))) == []
    assert paths
