"""Bad input through the real command line: one clear line, exit 1, and nothing written."""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pairs import code, document, edited, encode, markdown, notebook, raw, script
from users import Done, User, environment

from mlv_hooks.commands.cli import main
from mlv_hooks.commands.command_support import projects_of
from mlv_hooks.repository.git import find_repository
from mlv_hooks.survey import Repository, Scope, Survey


@pytest.fixture
def repo(user: User) -> User:
    """A repository without hooks and commits."""
    return user


GOOD = notebook("good = 1")
BAD = notebook("one = 1", markdown("# T"), code("two = 2", out="2\n", count=1))


def mlv(repo: User, *args: str, code: int | None) -> Done:
    return repo.run(sys.executable, "-m", "mlv_hooks", *args, code=code)


def tree(top: Path) -> dict[str, bytes]:
    """Return what each file of the worktree holds, and the index."""
    found = {"the index": subprocess.run(["git", "ls-files", "-s"], cwd=top, stdout=-1).stdout}
    for path in top.rglob("*"):
        name = str(path.relative_to(top))
        if name.split(os.sep)[0] == ".git" and name != ".git/index":
            continue
        if path.is_symlink():
            found[name] = os.readlink(path).encode()
        elif path.is_file() and name != ".git/index":
            found[name] = hashlib.sha256(path.read_bytes()).digest()
        elif not path.is_dir():
            found[name] = str(stat.S_IFMT(path.lstat().st_mode)).encode()
    return found


def clean(done: Done) -> list[str]:
    """Return the findings that were printed, each one line; there is no traceback."""
    assert "Traceback" not in done.text
    assert "internal error" not in done.text
    lines = [line for line in done.text.splitlines() if " MLV" in line]
    assert all(": " in line.partition(" MLV")[2] for line in lines), "it says what to do"
    return lines


def refused(repo: User, starts: str, *says: str, paths: tuple[str, ...] = ()) -> None:
    """Fail unless every command refuses in one line, and `sync` still handles good.ipynb."""
    repo.write("good.ipynb", GOOD)
    repo.git("add", "good.ipynb")
    before = tree(repo.top)

    for args in (("check", *paths), ("hook", "pair", *paths)):
        lines = [line for line in clean(mlv(repo, *args, code=1)) if "good.ipynb" not in line]
        assert len(lines) == 1, lines
        assert lines[0].startswith(starts), lines[0]
        assert all(word in lines[0] for word in says), lines[0]
        if args[0] == "check":
            assert tree(repo.top) == before, "`mlv check` wrote"
        else:
            after = tree(repo.top)
            assert after == before, "a refused hook wrote"

    every = ("good.ipynb", *paths) if paths else ()
    lines = clean(mlv(repo, "sync", *every, code=1))
    assert len(lines) == 1 and lines[0].startswith(starts), lines
    after = tree(repo.top)
    assert after.pop("good.py") == hashlib.sha256(script(GOOD)).digest()
    assert after == before


@pytest.fixture
def pair(repo: User) -> User:
    """Return a repository with a committed pair, bad.ipynb and bad.py."""
    repo.write("bad.ipynb", BAD)
    repo.write("bad.py", script(BAD))
    repo.git("add", ".")
    repo.commit()
    return repo


# The notebook's bytes

SPELLED = BAD.decode()
MARKED = SPELLED.replace(
    '   "source": "two = 2"',
    '<<<<<<< HEAD\n   "source": "two = 2"\n=======\n   "source": "two = 3"\n>>>>>>> x',
)
BYTES: dict[str, tuple[bytes, str, tuple[str, ...]]] = {
    "empty": (b"", "bad.ipynb: MLV001", ("is empty", "git checkout")),
    "blank": (b" \n\n", "bad.ipynb: MLV001", ("is empty",)),
    "truncated": (BAD[: len(BAD) // 2], "bad.ipynb:", ("MLV001", "is not JSON")),
    "merge markers": (MARKED.encode(), "bad.ipynb:", ("MLV002", "line ", "git checkout --merge")),
    "latin-1": (SPELLED.replace("two", "zw\xf6").encode("latin-1"), "bad.ipynb:", ("not UTF-8",)),
    "UTF-16": (SPELLED.encode("utf-16"), "bad.ipynb: MLV001", ("UTF-16",)),
    "byte order mark": (b"\xef\xbb\xbf" + BAD, "bad.ipynb: MLV001", ("byte order mark",)),
    "NaN": (
        SPELLED.replace('"execution_count": 1', '"execution_count": NaN').encode(),
        "bad.ipynb:cell 3: MLV001",
        ("NaN",),
    ),
    "deep nesting": (
        SPELLED.replace(
            '"metadata": {}', '"metadata": ' + '{"a":' * 9999 + "1" + "}" * 9999, 1
        ).encode(),
        "bad.ipynb:cell 1: MLV001",
        ("nested too deeply",),
    ),
    "a list": (b"[1, 2]", "bad.ipynb: MLV001", ("no object",)),
    "format 3": (
        SPELLED.replace('"nbformat": 4', '"nbformat": 3').encode(),
        "bad.ipynb: MLV003",
        ("format 3",),
    ),
    "a Git LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        "bad.ipynb: MLV001",
        ("git lfs pull",),
    ),
    "a key twice": (
        SPELLED.replace(
            '"cell_type": "code"', '"cell_type": "code", "cell_type": "raw"', 1
        ).encode(),
        "bad.ipynb:cell 1: MLV001",
        ("twice",),
    ),
    "a cell that does not survive": (
        BAD.replace(b'two = 2"', b'two = 2\\n# %% cut\\n"'),
        "bad.ipynb:cell 3:2: MLV006",
        ("(cell 3, line 2)", "exclude"),
    ),
    "a broken header": (
        edited(BAD, lambda c: c["metadata"].update(kernelspec={"name": "python3"})),
        "bad.ipynb: MLV006",
        ("choose its kernel in Jupyter",),
    ),
    "broken formats": (
        edited(BAD, lambda c: c["metadata"].update(jupytext={"formats": "ipynb,nonsense"})),
        "bad.ipynb: MLV008",
        ("nonsense",),
    ),
    "formats that leave": (
        edited(BAD, lambda c: c["metadata"].update(jupytext={"formats": "ipynb,/tmp//py"})),
        "bad.ipynb: MLV007",
        ("formats",),
    ),
}


@pytest.mark.parametrize(("data", "starts", "says"), BYTES.values(), ids=BYTES.keys())
def test_a_notebook_that_cannot_be_used_is_refused(
    pair: User, data: bytes, starts: str, says: tuple[str, ...]
) -> None:
    pair.write("bad.ipynb", data)
    pair.git("add", ".")
    refused(pair, starts, *says)


# The script's bytes

TEXT = script(BAD)
SCRIPTS: dict[str, tuple[bytes, str, tuple[str, ...]]] = {
    "merge markers": (
        TEXT.replace(b"two = 2", b"<<<<<<< HEAD\ntwo = 2\n=======\ntwo = 3\n>>>>>>> x"),
        "bad.py:16: MLV002",
        ("line 16", "git add"),
    ),
    "latin-1": (TEXT.replace(b"two", b"zw\xf6"), "bad.py:16: MLV009", ("not UTF-8", "line 16")),
    "byte order mark": (b"\xef\xbb\xbf" + TEXT, "bad.py: MLV009", ("byte order mark",)),
    "a broken header": (
        TEXT.replace(b"#     display_name: Python 3\n", b"").replace(b"two = 2", b"two = 3"),
        "bad.py:1: MLV009",
        ("display_name",),
    ),
}


@pytest.mark.parametrize(("data", "starts", "says"), SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_script_that_cannot_be_used_is_refused(
    pair: User, data: bytes, starts: str, says: tuple[str, ...]
) -> None:
    pair.write("bad.py", data)
    pair.git("add", ".")
    refused(pair, starts, *says)


@pytest.mark.parametrize("data", [one[0] for one in SCRIPTS.values()], ids=SCRIPTS.keys())
def test_prefer_notebook_replaces_a_script_that_cannot_be_used_and_keeps_it(
    pair: User, data: bytes
) -> None:
    pair.write("bad.py", data)
    mlv(pair, "sync", "--prefer", "notebook", code=0)
    assert pair.path("bad.py").read_bytes() == TEXT
    saved = pair.backups().split()[0]
    show = ["mlv", "backups", "show", saved, "bad.py"]
    assert subprocess.run(show, cwd=pair.top, env=pair.env, stdout=-1).stdout == data


@pytest.mark.parametrize("data", [b"", b" \n\n"], ids=["empty", "blank"])
def test_an_empty_script_does_not_empty_the_notebook(pair: User, data: bytes) -> None:
    pair.write("bad.py", data)
    pair.git("add", ".")
    refused(pair, "bad.py: MLV009", "is empty", "git checkout")


# Values of the wrong type, anywhere

RICH = document(
    markdown("# T", attachments={"a.png": {"image/png": "AAAA"}}, metadata={"tags": ["a"]}),
    code(
        "x = 1",
        count=1,
        metadata={"tags": ["parameters"], "name": "n", "title": "t", "mlv": {"a": 1}},
        outputs=[
            {"output_type": "stream", "name": "stdout", "text": ["1\n"]},
            {
                "output_type": "execute_result",
                "data": {"text/plain": ["1"]},
                "metadata": {},
                "execution_count": 1,
            },
            {"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["t"]},
        ],
    ),
    raw("r"),
    jupytext={
        "formats": "ipynb,py:percent",
        "notebook_metadata_filter": "kernelspec,mlv,-all",
        "text_representation": {"extension": ".py", "format_name": "percent"},
    },
    mlv={"stages": {"train": {"deps": ["a"]}}},
    authors=[{"name": "Ada"}],
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


PLACES = list(places(RICH))
WRONG = [None, True, 0, -1, 2.5, 10**30, "", "x", "é\n# %%", [], [1], ["x"], {}, {"a": {"b": 1}}]
DELETED = object()


def with_wrong(path: tuple[Any, ...], value: Any) -> bytes:
    content = json.loads(json.dumps(RICH))
    target = content
    for key in path[:-1]:
        target = target[key]
    if value is DELETED:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return encode(content)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Change into one repository for many examples, and back."""
    top = tmp_path_factory.mktemp("played")
    here, env = os.getcwd(), dict(os.environ)
    os.environ.clear()
    os.environ.update(environment(top / "home"))
    os.chdir(top)
    for args in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "start"]):
        subprocess.run(["git", *args], check=True)
    yield top
    os.chdir(here)
    os.environ.clear()
    os.environ.update(env)


@given(st.sampled_from(PLACES), st.sampled_from([*WRONG, DELETED]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_wrong_value_anywhere_is_paired_or_refused_in_one_line(
    played: Path, path: tuple[Any, ...], value: Any
) -> None:
    data = with_wrong(path, value)
    for old in (*played.glob("a.*"), *played.glob("steps/*"), *played.glob("*.yaml")):
        old.unlink()
    (played / "a.ipynb").write_bytes(data)

    result = CliRunner().invoke(main, ["sync", "a.ipynb"])

    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert (played / "a.ipynb").read_bytes() == data, "the notebook itself never changes here"
    written = sorted(one.name for one in played.glob("a.*"))
    if result.exit_code == 0:
        again = CliRunner().invoke(main, ["sync", "a.ipynb"])
        assert (again.exit_code, again.output) == (0, ""), "a second run has something to do"
    else:
        assert result.exit_code == 1, result.output
        *told, line, count = result.output.splitlines()
        # A notebook that can have no step or no stage is paired all the same.
        paired = re.search(r" MLV(01\d|4\d\d) ", line) is not None
        assert written == (["a.ipynb", "a.py"] if paired else ["a.ipynb"])
        assert [one for one in told if one != "steps/a.py <- a.ipynb"] == (
            ["a.py <- a.ipynb"] if paired else []
        )
        assert line.startswith("a.ipynb:") and count == "Found 1 problem."
        assert ": " in line.partition(" MLV")[2], "it says what to do"


# Files that are no files


def test_a_notebook_of_200_mb_is_refused_in_a_moment(pair: User) -> None:
    with open(pair.path("bad.ipynb"), "ab") as file:
        file.truncate(200 * 2**20)
    limit = (1500 * 2**20,) * 2
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "mlv_hooks", "sync"],
        cwd=pair.top,
        env=pair.env,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit),
    )
    assert time.monotonic() - start < 30
    assert done.returncode == 1
    (line, _) = (done.stdout + done.stderr).decode().splitlines()
    assert line.startswith("bad.ipynb: MLV005 is larger than 100 MiB")


def test_a_link_that_leaves_the_repository_is_refused(repo: User, tmp_path: Path) -> None:
    outside = tmp_path / "outside.ipynb"
    outside.write_bytes(BAD)
    repo.path("bad.ipynb").symlink_to(outside)
    repo.git("add", ".")
    refused(repo, "bad.ipynb: MLV007", "leaves the repository")
    assert outside.read_bytes() == BAD
    assert not (tmp_path / "outside.py").exists()


def test_a_link_that_leads_nowhere_or_to_itself_is_refused(repo: User) -> None:
    repo.path("bad.ipynb").symlink_to("bad.ipynb")
    repo.git("add", ".")
    refused(repo, "bad.ipynb: MLV001")
    repo.path("bad.ipynb").unlink()
    repo.path("bad.ipynb").symlink_to("nothing.ipynb")
    repo.git("add", ".")
    assert clean(mlv(repo, "check", code=1))[0].startswith("bad.ipynb: MLV001")


def test_a_script_in_a_linked_folder_outside_is_refused(repo: User, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    repo.path("scripts").symlink_to(tmp_path / "outside")
    own = {"formats": "ipynb,scripts//py:percent"}
    repo.write("bad.ipynb", notebook("x = 1", jupytext=own))
    repo.git("add", ".")
    refused(repo, "scripts/bad.py: MLV007", "leaves the repository")
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_script_that_is_a_link_is_refused(pair: User) -> None:
    pair.path("bad.py").unlink()
    pair.path("bad.py").symlink_to("other.py")
    pair.write("other.py", "x = 1\n")
    pair.git("add", ".")
    refused(pair, "bad.py: MLV007", "is a link")


def test_two_notebooks_that_pair_with_one_script_are_both_refused(repo: User) -> None:
    own = {"formats": "ipynb,../scripts//py:percent"}
    for folder in ("a", "b"):
        repo.write(f"{folder}/bad.ipynb", notebook("x = 1", jupytext=own))
    repo.write("good.ipynb", GOOD)
    repo.git("add", ".")
    before = tree(repo.top)
    lines = clean(mlv(repo, "sync", code=1))
    assert [line.partition(":")[0] for line in lines] == ["a/bad.ipynb", "b/bad.ipynb"]
    assert all("MLV307" in line and "scripts/bad.py" in line for line in lines)
    assert "b/bad.ipynb pairs with the same script" in lines[0]
    after = tree(repo.top)
    assert after.pop("good.py")
    assert after == before


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_script_that_two_people_would_own_is_refused_when_the_second_is_added(
    repo: User, order: tuple[str, str]
) -> None:
    first, second = order
    own = {"formats": "ipynb,../scripts//py:percent"}
    repo.write(f"{first}/bad.ipynb", notebook("x = 1", jupytext=own))
    repo.git("add", ".")
    repo.mlv("sync")
    repo.git("add", ".")
    repo.commit()
    repo.write(f"{second}/bad.ipynb", notebook("y = 1", jupytext=own))
    repo.git("add", ".")
    before = tree(repo.top)
    lines = clean(mlv(repo, "hook", "pair", code=1))
    assert any(line.startswith(f"{second}/bad.ipynb: MLV30") for line in lines), lines
    assert tree(repo.top) == before
    assert all("MLV307" in line for line in clean(mlv(repo, "sync", code=1)))
    assert tree(repo.top) == before


def test_a_script_s_place_that_is_a_folder_is_refused(repo: User) -> None:
    repo.write("bad.ipynb", BAD)
    repo.write("bad.py/inside.txt", "kept")
    repo.git("add", ".")
    refused(repo, "bad.py: MLV007", "is a folder")


def test_a_script_s_place_that_is_a_pipe_is_refused(repo: User) -> None:
    repo.write("bad.ipynb", BAD)
    repo.git("add", ".")
    os.mkfifo(repo.path("bad.py"))
    refused(repo, "bad.py: MLV007", "is no file")


def test_a_pipe_named_as_a_notebook_is_refused_and_does_not_block(repo: User) -> None:
    os.mkfifo(repo.path("pipe.ipynb"))
    before = tree(repo.top)
    lines = clean(mlv(repo, "sync", "pipe.ipynb", code=1))
    assert lines == ["pipe.ipynb: MLV001 is no file: restore it with `git checkout`"]
    assert mlv(repo, "sync", "--quiet", code=0).text == ""
    assert tree(repo.top) == before


def test_a_folder_named_as_a_notebook_is_a_folder(repo: User) -> None:
    repo.write("folder.ipynb/train.ipynb", GOOD)
    repo.git("add", ".")
    assert mlv(repo, "sync", "folder.ipynb", code=0).out == (
        "folder.ipynb/train.py <- folder.ipynb/train.ipynb\n"
    )
    os.mkdir(repo.path("empty.ipynb"))
    assert mlv(repo, "sync", "empty.ipynb", code=0).text == ""


def test_a_tracked_notebook_that_became_a_pipe_takes_nothing_along(pair: User) -> None:
    pair.path("bad.ipynb").unlink()
    os.mkfifo(pair.path("bad.ipynb"))
    done = mlv(pair, "check", code=None)
    assert "Traceback" not in done.text and "internal error" not in done.text


def without_rights(repo: User, *args: str) -> Done:
    """Run mlv as a user who may not read everything: root as well gives up its right to."""
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    return repo.run(*drop, sys.executable, "-m", "mlv_hooks", *args, code=1)


@pytest.mark.parametrize(
    ("path", "starts"),
    [("bad.ipynb", "bad.ipynb: MLV001"), ("bad.py", "bad.py: MLV009")],
)
def test_a_file_that_may_not_be_read_is_refused(pair: User, path: str, starts: str) -> None:
    other = "bad.py" if path == "bad.ipynb" else "bad.ipynb"
    pair.edit(other, "two = 2", "two = 3")
    before = tree(pair.top)
    pair.path(path).chmod(0)
    (line,) = clean(without_rights(pair, "sync"))
    (checked,) = clean(without_rights(pair, "check"))
    pair.path(path).chmod(0o644)
    assert line.startswith(starts) and checked == line
    assert "cannot be read (Permission denied)" in line
    assert tree(pair.top) == before


def test_a_notebook_that_git_thinks_is_there_is_refused(pair: User) -> None:
    pair.git("update-index", "--assume-unchanged", "bad.ipynb")
    pair.path("bad.ipynb").unlink()
    pair.path("bad.py").unlink()
    before = tree(pair.top)
    lines = clean(mlv(pair, "sync", code=1))
    assert lines == ["bad.ipynb: MLV001 is no file: restore it with `git checkout`"]
    assert tree(pair.top) == before


def test_a_notebook_that_vanishes_during_a_run_is_refused(
    repo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        repo.write(f"{name}.ipynb", GOOD)
    repo.git("add", ".")
    for key, value in repo.env.items():
        monkeypatch.setenv(key, value)
    found = find_repository(str(repo.top))
    assert found is not None

    def vanish(done: int, total: int) -> None:
        if done == 1:
            repo.path("b.ipynb").unlink()

    survey = Survey(Repository(*found), projects_of(Repository(*found)), progress=vanish)
    first, second = survey.outcomes(Scope())
    assert first.changes and not first.findings
    assert [one.code for one in second.findings] == ["MLV001"]
    assert not second.changes


# Settings


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("mlv.toml", "exlude = []\n", "unknown key 'exlude', did you mean 'exclude'?"),
        (
            "pyproject.toml",
            "[tool.mlv]\nstage_generated = true\n",
            "unknown key 'stage_generated', did you mean 'stage-generated'?",
        ),
        ("mlv.toml", "exclude = 5\n", "'exclude' must be a list"),
        ("mlv.toml", "exclude = [\n", "is not valid TOML"),
        ("mlv.toml", "select = ['MLV999']\n", "no rule 'MLV999'"),
    ],
)
def test_settings_that_cannot_be_used_end_the_run_before_it_writes(
    repo: User, path: str, text: str, says: str
) -> None:
    repo.write("good.ipynb", GOOD)
    repo.write(path, text)
    repo.git("add", ".")
    before = tree(repo.top)
    for args in (("sync",), ("check",), ("hook", "pair")):
        done = mlv(repo, *args, code=2)
        (line,) = done.text.splitlines()
        assert line.startswith(f"mlv: {path}") and says in line
    assert tree(repo.top) == before


Write = Callable[[User], None]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("sub/jupytext.toml", "formats = ["),
        ("sub/pyproject.toml", "[tool.jupytext]\nformats = 5\n"),
        ("sub/.jupytext.py", "c.formats = 1/0"),
        ("sub/jupytext.yml", "a: [\n"),
    ],
)
def test_a_broken_jupytext_configuration_stops_the_notebooks_that_it_is_for(
    repo: User, path: str, text: str
) -> None:
    repo.write("sub/bad.ipynb", BAD)
    repo.write(path, text)
    repo.git("add", ".")
    refused(repo, f"{path}: MLV008")
