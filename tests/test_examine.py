"""Rules that look into cells: when they look, and what is remembered."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cells_support import cell, notebook

import mlv_hooks
from mlv_hooks.content import Content

# A notebook whose second cell decides whether MLV107 has something to say.
USED, UNUSED = "print(rate)", "print(0.7)"


def training(second: str) -> bytes:
    return notebook(cell("rate = 0.7", "parameters"), cell(second))


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    git(tmp_path, "init", "--quiet")
    return tmp_path


def git(top: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=top, check=True, capture_output=True)


def mlv(top: Path, *args: str) -> tuple[list[str], bool]:
    """Run a command in a process of its own; return its codes, and whether it read cells."""
    code = (
        "import sys\nfrom mlv_hooks.commands.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "finally:\n    print('mlv_hooks.content' in sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *args], cwd=top, capture_output=True)
    assert done.returncode in (0, 1), done.stderr
    shown = done.stdout.decode()
    codes = [one["code"] for one in json.loads(shown)] if shown.startswith("[") else []
    return codes, done.stderr.split()[-1] == b"True"


def check(top: Path, *args: str) -> tuple[list[str], bool]:
    git(top, "add", "--all")
    return mlv(top, "check", "--output-format", "json", *args)


def test_a_clean_notebook_is_read_once_and_again_when_it_changed(top: Path) -> None:
    path = top / "train.ipynb"
    path.write_bytes(training(USED))
    mlv(top, "sync", "train.ipynb")
    assert check(top) == ([], True)
    assert check(top) == ([], False)
    path.write_bytes(training(UNUSED))
    assert check(top, "--select", "MLV1") == (["MLV107"], True)
    assert check(top, "--select", "MLV1") == (["MLV107"], True)
    path.write_bytes(training(USED))
    assert check(top, "--select", "MLV1") == ([], False)


def test_a_pair_in_line_says_nothing_about_its_cells(top: Path) -> None:
    (top / "train.ipynb").write_bytes(training(UNUSED))
    git(top, "add", "--all")
    mlv(top, "sync")
    for reads in (True, False):
        mlv(top, "sync", "--check")
        assert check(top) == (["MLV107"], reads)


def test_clean_cells_say_nothing_about_the_pair(top: Path) -> None:
    path = top / "train.ipynb"
    path.write_bytes(training(USED))
    assert check(top) == (["MLV301"], True)
    assert check(top) == (["MLV301"], False)


def test_a_look_at_some_rules_alone_makes_nothing_clean(top: Path) -> None:
    (top / "train.ipynb").write_bytes(training(UNUSED))
    assert check(top, "--select", "MLV101") == ([], True)
    assert check(top, "--ignore", "MLV107,MLV3") == ([], True)
    assert check(top) == (["MLV301", "MLV107"], True)


def test_a_rule_that_the_settings_leave_out_is_looked_at_when_asked_for(top: Path) -> None:
    (top / "mlv.toml").write_text('ignore = ["MLV107"]\n')
    (top / "train.ipynb").write_bytes(training(UNUSED))
    mlv(top, "sync", "train.ipynb")
    assert check(top) == ([], True)
    assert check(top) == ([], False)
    assert check(top, "--select", "MLV107") == (["MLV107"], True)


def test_other_settings_are_another_question(top: Path) -> None:
    (top / "train.ipynb").write_bytes(notebook(cell("print(1)")))
    mlv(top, "sync", "train.ipynb")
    assert check(top) == ([], True)
    (top / "mlv.toml").write_text('require-parameters = "all"\n')
    assert check(top) == (["MLV101"], True)
    (top / "mlv.toml").unlink()
    assert check(top) == ([], False)


def test_a_notebook_that_cannot_be_read_is_never_clean(top: Path) -> None:
    (top / "train.ipynb").write_bytes(b"{")
    assert check(top) == (["MLV001"], True)
    assert check(top) == (["MLV001"], True)


def test_a_copy_at_another_path_is_looked_at_for_itself(top: Path) -> None:
    (top / "mlv.toml").write_text('per-file-ignores = { "old/" = ["MLV107"] }\n')
    (top / "old").mkdir()
    (top / "old" / "train.ipynb").write_bytes(training(UNUSED))
    assert check(top, "old")[0] == ["MLV301"]
    (top / "train.ipynb").write_bytes(training(UNUSED))
    assert check(top, "--select", "MLV1")[0] == ["MLV107"]


def test_what_is_remembered_hangs_on_the_declarations_and_on_nothing_else(top: Path) -> None:
    def write(path: str, text: str) -> None:
        (top / path).parent.mkdir(exist_ok=True)
        (top / path).write_text(text)

    write("mlv.toml", 'select = ["MLV5"]\n')
    write("work/train.ipynb", notebook(cell("import pandas, helpers\nfrom yaml import a")).decode())
    write("plain/look.ipynb", notebook(cell("import json")).decode())
    write("helpers.py", "")
    write("deps/base.txt", "pyyaml\n")
    write("requirements.txt", "pandas\n-r deps/base.txt\n")
    assert check(top) == ([], True)
    assert check(top) == ([], False)

    others = ("notes.txt", "work/other.py", "plain/requirements.txt", "helpers.py", "deps/x.txt")
    for path in others:
        write(path, "# anything\n")
    assert check(top) == ([], False)

    write("requirements.txt", "numpy\n-r deps/base.txt\n")
    assert check(top) == (["MLV505"], True)
    assert check(top, "plain") == ([], False)
    write("requirements.txt", "pandas\n-r deps/base.txt\n")
    assert check(top) == ([], True)
    write("deps/base.txt", "numpy\n")
    assert check(top) == (["MLV505"], True)
    write("environment.yml", "dependencies: [pyyaml]\n")
    assert check(top) == ([], True)
    (top / "helpers.py").unlink()
    assert check(top) == (["MLV505"], True)


def test_a_commit_is_judged_by_the_declarations_that_it_will_hold(top: Path) -> None:
    (top / "train.ipynb").write_bytes(notebook(cell("import pandas, yaml")))
    (top / "requirements.txt").write_text("pandas\n")
    git(top, "add", "--all")
    (top / "requirements.txt").write_text("pandas\npyyaml\n")

    done = subprocess.run(
        [sys.executable, "-m", "mlv_hooks", "hook", "check", "train.ipynb", "requirements.txt"],
        cwd=top,
        capture_output=True,
    )
    assert b"MLV505 yaml is declared nowhere: add pyyaml to requirements.txt" in done.stdout
    assert mlv(top, "check", "--select", "MLV505", "--output-format", "json") == ([], True)


# --- what was found before


MANY = notebook(
    cell("# train\nrate = 0.7", "parameters"),
    cell("import json  # mlv: ignore[MLV204]"),
    cell("näme = [rate]\nnäme.append(1)", "no-effect"),
    cell("# no effect\nprint(rate)\nprint(näme, '<b>]]></b> \x1b[31m')"),
)
FORMATS = ("text", "json", "github", "gitlab", "sarif", "junit")


def shown(top: Path, *args: str) -> bytes:
    command = [sys.executable, "-m", "mlv_hooks", "check", *args]
    return subprocess.run(command, cwd=top, capture_output=True).stdout


@pytest.fixture
def known(top: Path) -> Path:
    """A repository with findings, of which some have fixes, all known from a first look."""
    (top / "mlv.toml").write_text('require-parameters = "all"\nrequire-no-effect = "all"\n')
    (top / "train.ipynb").write_bytes(MANY)
    (top / "test.ipynb").write_bytes(training(UNUSED))
    git(top, "add", "--all")
    mlv(top, "sync")
    found, reads = check(top)
    assert {"MLV014", "MLV107", "MLV202", "MLV207"} <= {*found} and reads
    return top


def test_what_was_found_is_told_again_byte_for_byte(known: Path) -> None:
    again = {fmt: shown(known, "--output-format", fmt) for fmt in FORMATS}
    again["baseline"] = shown(known, "--no-baseline")
    for fmt, there in again.items():
        forget(known)
        assert there == shown(known, *(("--output-format", fmt) if fmt in FORMATS else ()))
    assert again["baseline"] == again["text"] and b"[*]" in again["text"]


def forget(top: Path) -> None:
    for path in (top / ".git" / "mlv").glob("known-found-*"):
        path.unlink()


def test_only_a_notebook_that_changed_is_judged_again(known: Path) -> None:
    before = rows(known)
    assert before.keys() == {"test.ipynb", "train.ipynb"}
    (known / "test.ipynb").write_bytes(training("print('changed')"))
    mlv(known, "sync")
    found, reads = check(known)
    assert reads and "MLV107" in found
    after = rows(known)
    assert after["train.ipynb"] == before["train.ipynb"] and after != before
    assert check(known) == (found, True)  # a fix with a proof takes the cells


def rows(top: Path) -> dict[str, bytes]:
    (path,) = (top / ".git" / "mlv").glob("known-found-*")
    found = path.read_bytes().partition(b"\n")[2].split(b"\0\0")[:-1]
    return {row.partition(b"\0")[0].decode(): row for row in found}


def test_fixes_that_were_found_before_are_made(known: Path) -> None:
    safe = shown(known, "--fix")
    assert b"mlv: ignore" not in (known / "train.ipynb").read_bytes()
    assert b"MLV014" not in safe and b"MLV107" in safe


def test_a_baseline_takes_findings_that_were_found_before(known: Path) -> None:
    shown(known, "--write-baseline")
    assert check(known)[0] == check(known)[0] == ["MLV014"]  # that none takes
    shown(known, "--fix")
    check(known)
    assert check(known) == ([], False)
    assert check(known, "--no-baseline")[0] == check(known, "--no-baseline")[0] != []


def test_who_edits_a_rule_is_told_what_it_finds_now(top: Path, tmp_path_factory: Any) -> None:
    checkout = tmp_path_factory.mktemp("checkout")
    source = Path(mlv_hooks.__file__).parent
    shutil.copytree(source, checkout / "mlv_hooks", ignore=shutil.ignore_patterns("__pycache__"))
    (checkout / "pyproject.toml").touch()

    def said() -> str:
        command = [sys.executable, "-m", "mlv_hooks", "check", "--select", "MLV107"]
        env = {**os.environ, "PYTHONPATH": str(checkout)}
        return subprocess.run(command, cwd=top, env=env, capture_output=True).stdout.decode()

    (top / "train.ipynb").write_bytes(training(UNUSED))
    git(top, "add", "--all")
    assert "MLV107 rate is never used" in said() == said()

    rule = checkout / "mlv_hooks/rules/parameter_not_used.py"
    rule.write_text(rule.read_text().replace("is never used", "is of no use"))
    assert "MLV107 rate is of no use" in said()


@pytest.mark.parametrize("damage", [b"", b"[", b"\0", b"\xff\xfe"])
def test_a_damaged_memory_is_as_good_as_none(known: Path, damage: bytes) -> None:
    told = shown(known)
    for path in (known / ".git" / "mlv").glob("known-found-*"):
        path.write_bytes(path.read_bytes()[:-40] + damage)
    assert shown(known) == told == shown(known)


# --- content


def content(*cells: dict[str, Any], **metadata: Any) -> Content:
    return Content(lambda: notebook(*cells, **metadata))


def test_a_cell_is_parsed_when_somebody_asks_and_once() -> None:
    reads = []

    def read() -> bytes:
        reads.append(1)
        return notebook(cell("a = 1"), cell("# Text", kind="markdown"), cell("b = = 2"))

    found = Content(read)
    assert reads == []
    assert list(found.code_cells) == [1, 3]
    assert found.source(1) is found.source(1)
    assert found.source(3).error is not None
    assert reads == [1]


def test_a_file_that_is_gone_or_broken_has_no_cells() -> None:
    for data in (None, b"{"):
        found = Content(lambda data=data: data)  # type: ignore[misc]
        assert found.notebook is None
        assert (found.code_cells, found.tagged("parameters")) == ({}, [])


@pytest.mark.parametrize(
    ("metadata", "is_python"),
    [
        ({}, True),
        ({"language_info": {"name": "python"}}, True),
        ({"language_info": {"name": "R"}}, False),
        ({"kernelspec": {"name": "ir", "language": "R"}}, False),
        ({"kernelspec": {"name": "python3"}}, True),
        ({"kernelspec": {}}, True),
        ({"kernelspec": "odd"}, True),
    ],
)
def test_the_language_is_python_unless_the_notebook_says_another(
    metadata: dict[str, Any], is_python: bool
) -> None:
    assert content(cell("a = 1"), **metadata).is_python is is_python


@pytest.mark.parametrize(
    ("metadata", "docstring", "declares"),
    [
        ({}, "", False),
        ({"mlv": {"step": True}}, "", True),
        ({"mlv": {"step": "yes"}}, "", False),
        ({"mlv": {"stages": {"train": {}}}}, "", True),
        ({"mlv": {"stages": {}}}, "", False),
        ({"mlv": ["stages"]}, "", False),
        ({}, ":dvc-in data: a.csv", True),
        ({}, ":param int rate: step", False),
    ],
)
def test_a_step_is_declared_by_metadata_or_by_the_docstring(
    metadata: dict[str, Any], docstring: str, declares: bool
) -> None:
    from mlv_hooks.config import Settings

    first = cell(f'"""Doc.\n\n{docstring}\n"""\nrate = 1', "parameters")
    assert content(first, **metadata).declares_step(Settings()) is declares


def test_only_code_cells_with_the_whole_tag_are_found() -> None:
    bare = {**cell("a = 1"), "metadata": {}}
    text = cell("# Text", "parameters", kind="markdown")
    near = cell("b = 1", "my-parameters")
    assert content(bare, text, near, cell("c = 1", "x", "parameters")).tagged("parameters") == [4]
