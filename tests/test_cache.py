"""What is known good is not read again; and nothing else is ever taken for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest
from pairs import notebook
from users import MLV, User

from mlv_hooks.repository.cache import Cache

Known = dict[tuple[str, str], tuple[tuple[str, str], ...]]

ENTRIES = [
    ("train.ipynb", "a" * 40, [("train.py", "b" * 40)]),
    ("été/two\nlines.ipynb", "c" * 40, [("x y.py", "d" * 40), ("z.R", "e" * 40)]),
    ("\udcff.ipynb", "f" * 40, []),
]


def filled(folder: Path, key: str = "k") -> Known:
    cache = Cache(str(folder), key)
    for path, blob, scripts in ENTRIES:
        cache.add(path, blob, scripts)
    cache.save()
    return {(path, blob): tuple(scripts) for path, blob, scripts in ENTRIES}


def loaded(folder: Path, key: str = "k") -> Known:
    return Cache(str(folder), key).load()


def test_what_was_added_is_known_with_any_path(tmp_path: Path) -> None:
    assert filled(tmp_path) == loaded(tmp_path)


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert loaded(tmp_path / "none") == {}


def test_no_truncation_is_trusted(tmp_path: Path) -> None:
    filled(tmp_path)
    file = tmp_path / "known-k"
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert loaded(tmp_path) == {}, length
    file.write_bytes(whole + b"x")
    assert loaded(tmp_path) == {}


def test_no_flipped_bit_is_trusted(tmp_path: Path) -> None:
    filled(tmp_path)
    file = tmp_path / "known-k"
    whole = file.read_bytes()
    for place in range(len(whole)):
        for bit in (0, 3, 7):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            assert loaded(tmp_path) == {}, (place, bit)


def test_a_file_of_other_settings_is_not_trusted_under_our_name(tmp_path: Path) -> None:
    filled(tmp_path, "other")
    (tmp_path / "known-other").rename(tmp_path / "known-k")
    assert loaded(tmp_path) == {}


def test_a_damaged_file_is_replaced_by_what_is_found_anew(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "known-k").write_bytes(b"damaged")
    cache = Cache(str(tmp_path), "k")
    assert cache.load() == {}
    cache.add("new.ipynb", "1", [])
    cache.save()
    assert loaded(tmp_path) == {("new.ipynb", "1"): ()}


def test_of_a_notebook_only_the_last_version_is_kept(tmp_path: Path) -> None:
    for version in range(50):
        cache = Cache(str(tmp_path), "k")
        cache.load()
        cache.add("train.ipynb", str(version), [("train.py", "x")])
        cache.save()
    assert loaded(tmp_path) == {("train.ipynb", "49"): (("train.py", "x"),)}


def test_files_of_old_settings_and_of_killed_runs_are_forgotten(tmp_path: Path) -> None:
    (tmp_path / "known-old.4711").write_bytes(b"half a fi")
    (tmp_path / "bases.json").write_bytes(b"{}")
    for number in range(20):
        filled(tmp_path, f"k{number}")
    assert loaded(tmp_path, "k19")
    assert not (tmp_path / "known-old.4711").exists()
    assert (tmp_path / "bases.json").exists()
    assert len(list(tmp_path.glob("known-*"))) == 8


def test_a_folder_that_cannot_be_written_costs_only_speed(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_bytes(b"a file where the folder should be")
    filled(blocked)
    assert loaded(blocked) == {}


WRITER = """
import sys
from mlv_hooks.repository.cache import Cache
for number in range(60):
    cache = Cache(sys.argv[1], "k")
    known = cache.load()
    assert all(path[0] == scripts[0][0] for path, scripts in known.items()), known
    cache.add(f"{sys.argv[2]}{number}", "blob", [(f"{sys.argv[2]}{number}", "s" * 500)])
    cache.save()
"""


@pytest.fixture
def repo(user: User) -> User:
    """A repository without hooks and commits."""
    return user


def test_processes_at_once_never_see_half_a_file(tmp_path: Path) -> None:
    runs = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name], stderr=-1)
        for name in "abc"
    ]
    assert [(run.communicate()[1], run.returncode) for run in runs] == [(b"", 0)] * 3
    known = loaded(tmp_path)
    assert known
    assert all(path == scripts[0][0] for (path, _), scripts in known.items())
    assert [file.name for file in tmp_path.iterdir()] == ["known-k"]


# In a repository


@pytest.fixture
def paired(repo: User) -> User:
    """Return a repository with a pair in a folder, known good."""
    repo.write("work/train.ipynb", notebook("x = 1", "y = 2"))
    repo.git("add", ".")
    repo.mlv("sync")
    repo.git("add", ".")
    repo.commit()
    repo.mlv("check")
    assert is_warm(repo)
    return repo


def is_warm(repo: User, **env: str) -> bool:
    """Say whether a run believes the cache: it then looks at no pair."""
    done = repo.mlv("check", code=None, PYTHONPROFILEIMPORTTIME="1", **env)
    assert "click" in done.err
    return "jupytext" not in done.err and "mlv_hooks.pair.percent" not in done.err


def folder_of(repo: User) -> Path:
    return repo.path(".git/mlv")


def test_a_cache_may_be_deleted_at_any_time(paired: User) -> None:
    shutil.rmtree(folder_of(paired))
    assert paired.mlv("check").text == ""
    assert is_warm(paired)


def test_a_changed_notebook_or_script_is_not_known(paired: User) -> None:
    paired.edit("work/train.py", "y = 2", "y = 3")
    assert "MLV306" in paired.mlv("check", code=1).out
    assert "MLV306" in paired.mlv("check", code=1).out
    paired.git("checkout", "work/train.py")
    paired.edit("work/train.ipynb", "y = 2", "y = 4")
    assert "MLV302" in paired.mlv("check", code=1).out


def test_a_damaged_cache_hides_nothing(paired: User) -> None:
    paired.edit("work/train.py", "y = 2", "y = 3")
    for file in folder_of(paired).glob("known-*"):
        file.write_bytes(file.read_bytes().replace(b"train", b"brain"))
    assert "MLV306" in paired.mlv("check", code=1).out


CHANGES: dict[str, Callable[[User], None]] = {
    "jupytext.toml at the top": lambda repo: repo.write(
        "jupytext.toml", 'cell_metadata_filter = "all"\n'
    ),
    "jupytext.toml beside the notebook": lambda repo: repo.write(
        "work/jupytext.toml", 'cell_metadata_filter = "all"\n'
    ),
    "a hidden .jupytext.yml": lambda repo: repo.write("work/.jupytext.yml", "formats: ''\n"),
    "[tool.mlv]": lambda repo: repo.write("pyproject.toml", "[tool.mlv]\nexclude = ['x']\n"),
    "mlv.toml": lambda repo: repo.write("mlv.toml", "exclude = ['x']\n"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_new_settings_make_nothing_known(paired: User, change: Callable[[User], None]) -> None:
    change(paired)
    assert not is_warm(paired)


def test_a_changed_setting_of_a_tracked_file_makes_nothing_known(paired: User) -> None:
    paired.write("jupytext.toml", 'cell_metadata_filter = "tags,-all"\n')
    paired.git("add", ".")
    assert not is_warm(paired)
    paired.write("jupytext.toml", 'cell_metadata_filter = "name,-all"\n')
    assert not is_warm(paired)


def test_another_jupytext_makes_nothing_known(paired: User, tmp_path: Path) -> None:
    spec = find_spec("jupytext")
    assert spec is not None and spec.submodule_search_locations
    copy = tmp_path / "site" / "jupytext"
    shutil.copytree(spec.submodule_search_locations[0], copy)
    assert is_warm(paired, PYTHONPATH=str(copy.parent))
    (copy / "version.py").write_text('__version__ = "1.99.0"\n')
    assert not is_warm(paired, PYTHONPATH=str(copy.parent))


def test_runs_at_once_agree_and_leave_a_sound_cache(paired: User) -> None:
    for number in range(6):
        paired.write(f"more/n{number}.ipynb", notebook(f"n = {number}"))
    paired.git("add", ".")
    paired.mlv("sync")
    paired.git("add", ".")

    def check(_: int) -> tuple[int, bytes]:
        done = subprocess.run([MLV, "check"], cwd=paired.top, env=paired.env, capture_output=True)
        return done.returncode, done.stdout + done.stderr

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(check, range(8))) == {(0, b"")}
    assert is_warm(paired)
    assert not list(folder_of(paired).glob("known-*.*"))


def test_a_linked_worktree_shares_what_is_known(paired: User, tmp_path: Path) -> None:
    paired.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    assert is_warm(User(tmp_path / "linked", paired.env))


def test_many_edits_of_a_notebook_leave_one_entry(paired: User) -> None:
    for number in range(3):
        paired.write("work/train.ipynb", notebook(f"x = {number * 11}"))
        paired.mlv("sync")
        paired.mlv("check")
    files = list(folder_of(paired).glob("known-*"))
    assert files
    assert all(file.read_bytes().count(b"train.ipynb") == 1 for file in files)
