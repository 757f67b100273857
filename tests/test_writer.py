"""A set of files is written whole or not at all, whatever happens."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp

import pytest

from mlv_hooks.plan import Change
from mlv_hooks.repository import journal, writer
from mlv_hooks.repository.writer import WriteRefused

ROOT = Path(__file__).parent.parent
WORKER = Path(__file__).with_name("crash_worker.py")
OLD, NEW = b'{"cells": [1]}\n' * 40, b'{"cells": [1, 2]}\r\n' * 50
ODD_NAMES = [
    "a b.py",
    "q\"uo'te.py",
    "two\nlines.py",
    "-dash.py",
    "été-Ω-🦉.py",
    ".hidden.py",
    "\udcff.py",
]

SCENARIOS = {
    "one replacement": [("train.py", OLD, NEW)],
    "one creation": [("train.py", None, NEW)],
    "one creation in new folders": [("a/b/train.py", None, NEW)],
    "one deletion": [("train.py", OLD, None)],
    "a set": [
        ("gone.py", OLD, None),
        ("nb/train.ipynb", OLD, NEW),
        ("nb/train.py", b"", b"# %%\n"),
        ("steps/deep/train.py", None, NEW),
        ("steps/deep/-two\nlines é.py", None, b""),
    ],
}


@dataclass
class Place:
    """A worktree and its state folder, and what the writer asked of the outside."""

    top: Path
    state: Path
    saved: list[tuple[str, bytes]] = field(default_factory=list)
    staged: list[str] = field(default_factory=list)

    def fill(self, changes: list[Change]) -> list[Change]:
        for change in changes:
            if change.old is not None:
                self.put(change.path, change.old)
        return changes

    def put(self, path: str, content: bytes) -> Path:
        target = self.top / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return target

    def apply(self, *changes: Change, **options) -> None:
        settings = {
            "held": lambda path, content: False,
            "backup": self.saved.extend,
            "stage": self.staged.extend,
        }
        writer.apply(str(self.top), str(self.state), changes, **(settings | options))

    def recover(self) -> list[str]:
        return writer.recover(str(self.top), str(self.state), backup=self.saved.extend)

    def files(self) -> dict[str, bytes]:
        paths = [path for path in self.top.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.top)): path.read_bytes() for path in paths}

    def folders(self) -> set[str]:
        return {str(path.relative_to(self.top)) for path in self.top.rglob("*") if path.is_dir()}

    def worker(self, changes: list[Change], action: str, step: int, *, wrap=(), **options) -> int:
        rows = [(c.path, text(c.old), text(c.new)) for c in changes]
        descriptor, plan = mkstemp(dir=self.state.parent)
        with open(descriptor, "w") as file:
            json.dump(rows, file)
        command = [*wrap, sys.executable, "-B", WORKER, self.top, self.state, plan, action]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        return subprocess.run([*command, str(step)], env=environment, **options).returncode

    def saved_by_worker(self) -> list[tuple[str, bytes]]:
        saved = self.state.with_name(self.state.name + ".saved")
        lines = saved.read_text().splitlines() if saved.exists() else []
        return [(path, content.encode("latin-1")) for path, content in map(json.loads, lines)]


def text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("latin-1")


def changes_of(rows) -> list[Change]:
    return [Change(path, old, new, f"{path} changes") for path, old, new in rows]


def before(changes: list[Change]) -> dict[str, bytes]:
    return {change.path: change.old for change in changes if change.old is not None}


def after(changes: list[Change]) -> dict[str, bytes]:
    return {change.path: change.new for change in changes if change.new is not None}


def place_in(folder: Path) -> Place:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "top").mkdir(parents=True)
    (folder / "git").mkdir()
    return Place(folder / "top", folder / "git" / "mlv")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_in(tmp_path / "place")


def assert_nothing_happened(place: Place, files: dict[str, bytes]) -> None:
    assert place.files() == files
    assert not journal.is_recorded(str(place.state))
    assert place.staged == []


def assert_each_file_is_whole(place: Place, changes: list[Change]) -> None:
    found = place.files()
    for change in changes:
        assert found.get(change.path) in (change.old, change.new), change.path


def assert_recovery_ends_it(place: Place, changes: list[Change], folders: set[str]) -> None:
    """Finish or undo, then let the next run write everything."""
    interrupted = journal.is_recorded(str(place.state))
    told = place.recover()
    assert bool(told) == interrupted
    assert place.files() in (before(changes), after(changes))
    if place.files() == before(changes):
        assert place.folders() == folders
    assert not journal.is_recorded(str(place.state))
    assert place.recover() == []
    assert place.saved == [], "nobody edited anything: nothing to rescue"
    place.apply(*changes)
    assert place.files() == after(changes)


def step_count(folder: Path, changes: list[Change]) -> int:
    place, steps = place_in(folder), []
    place.fill(changes)
    place.apply(*changes, on_step=steps.append)
    return len(steps)


def die_at_each_step(folder: Path, changes: list[Change], *, recoveries: bool = False) -> None:
    for step in range(1, step_count(folder, changes) + 1):
        place = place_in(folder)
        place.fill(changes)
        folders = place.folders()
        assert place.worker(changes, "apply", step) == -signal.SIGKILL
        assert_each_file_is_whole(place, changes)
        if recoveries:
            assert place.worker(changes, "recoveries", 1) == 0
        assert_recovery_ends_it(place, changes, folders)


# --- the good case


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_writes_everything_and_leaves_nothing_behind(place: Place, name: str) -> None:
    changes = place.fill(changes_of(SCENARIOS[name]))
    place.put("other.txt", b"not ours")
    place.apply(*changes)
    assert place.files() == {**after(changes), "other.txt": b"not ours"}
    assert place.staged == [change.path for change in changes]
    assert sorted(place.saved) == sorted(before(changes).items())
    assert not journal.is_recorded(str(place.state))


def test_content_that_git_holds_is_not_backed_up(place: Place) -> None:
    changes = place.fill(changes_of([("a.py", b"known", NEW), ("b.py", b"mine", None)]))
    place.apply(*changes, held=lambda path, content: content == b"known")
    assert place.saved == [("b.py", b"mine")]


def test_files_are_deleted_when_all_others_are_written(place: Place) -> None:
    steps: list[str] = []
    place.apply(*place.fill(changes_of(SCENARIOS["a set"])), on_step=steps.append)
    assert [step for step in steps if step.startswith("move")][-1] == "move gone.py"


def test_files_that_hold_their_new_content_already_are_only_staged(place: Place) -> None:
    place.put("same.py", NEW)
    steps: list[str] = []
    changes = [Change("same.py", OLD, NEW, ""), Change("gone.py", OLD, None, "")]
    place.apply(*changes, on_step=steps.append)
    assert (place.staged, steps, place.saved) == (["same.py", "gone.py"], ["staged"], [])


def test_without_changes_not_even_the_state_folder_is_made(place: Place) -> None:
    place.apply()
    assert place.recover() == []
    assert not place.state.exists()


def test_a_replaced_file_keeps_its_mode(place: Place) -> None:
    place.put("run.py", OLD).chmod(0o751)
    place.apply(Change("run.py", OLD, NEW, ""))
    assert (place.top / "run.py").stat().st_mode & 0o7777 == 0o751


@pytest.mark.parametrize("name", [*ODD_NAMES, "n" * 252 + ".py", "é" * 126 + ".py"])
def test_every_name_can_be_written_and_recovered(place: Place, name: str) -> None:
    changes = changes_of([(name, OLD, NEW), (f"new/{name}", None, OLD)])
    try:
        place.put(name, OLD)
    except OSError:  # a file system that takes UTF-8 only: nobody there has such a name
        assert "\udcff" in name
        return
    crash_in_commit(place, changes, f"move {name}")
    place.recover()
    assert place.files() == after(changes)


def test_a_file_system_without_hard_links_does_as_well(tmp_path: Path, monkeypatch) -> None:
    def no_link(source, target):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_link)
    changes = changes_of(SCENARIOS["a set"])
    for cut in range(1, step_count(tmp_path / "p", changes)):
        place = place_in(tmp_path / "p")
        place.fill(changes)
        with pytest.raises(KeyboardInterrupt):
            place.apply(*changes, on_step=interrupt_at(cut))
        place.recover()
        assert place.files() == (after(changes) if place.staged else before(changes))


# --- killed


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_any_step_the_next_run_finishes_or_undoes(tmp_path: Path, name: str) -> None:
    die_at_each_step(tmp_path / "p", changes_of(SCENARIOS[name]))


def test_a_recovery_killed_at_any_step_is_recovered_too(tmp_path: Path) -> None:
    die_at_each_step(tmp_path / "p", changes_of(SCENARIOS["a set"]), recoveries=True)


SYSTEM_CALLS = {
    "rename": ["rename", "renameat", "renameat2"],
    "link": ["link", "linkat"],
    "unlink": ["unlink", "unlinkat"],
    "mkdir": ["mkdir", "mkdirat"],
    "fsync": ["fsync"],
    "write": ["write"],
    "openat": ["openat"],
}


def can_trace(folder: Path) -> bool:
    """Tell whether strace is there and the system lets it work."""
    if shutil.which("strace") is None:
        return False
    command = ["strace", "-o", str(folder / "probe"), "-e", "inject=rmdir:signal=SIGKILL", "true"]
    return subprocess.run(command, capture_output=True).returncode == 0


def system_calls(place: Place, changes: list[Change], names: list[str]) -> list[tuple[str, int]]:
    """Return the calls that touch our folders: name, and which of that name in the process."""
    log = place.top.parent / "strace.log"
    wanted = ",".join(f"?{name}" for name in names)
    wrap = ["strace", "-f", "-y", "-qq", "-s", "9999", "-o", str(log), "-e", f"trace={wanted}"]
    assert place.worker(changes, "apply", 0, wrap=wrap) == 0
    seen: dict[str, int] = {}
    calls = []
    for line in log.read_text(errors="replace").splitlines():
        name = line.split(maxsplit=1)[1].split("(")[0]
        if name in names:
            seen[name] = seen.get(name, 0) + 1
            if str(place.top.parent) in line:
                calls.append((name, seen[name]))
    return calls


@pytest.mark.parametrize("group", SYSTEM_CALLS)
def test_killed_at_a_system_call_the_next_run_finishes_or_undoes(
    tmp_path: Path, group: str
) -> None:
    changes = changes_of(SCENARIOS["a set"])
    if not can_trace(tmp_path):
        die_at_each_step(tmp_path / "p", changes)
        return
    place = place_in(tmp_path / "p")
    place.fill(changes)
    calls = system_calls(place, changes, SYSTEM_CALLS[group])
    assert calls
    for name, number in calls[:: 1 + len(calls) // 15]:
        place = place_in(tmp_path / "p")
        place.fill(changes)
        folders = place.folders()
        wrap = ["strace", "-f", "-qq", "-o", str(tmp_path / "log"), "-e", f"trace={name}"]
        wrap += ["-e", f"inject={name}:signal=SIGKILL:when={number}"]
        assert place.worker(changes, "apply", 0, wrap=wrap) == -signal.SIGKILL, (name, number)
        assert_each_file_is_whole(place, changes)
        assert_recovery_ends_it(place, changes, folders)


def test_a_killed_run_had_backed_up_what_it_overwrote(place: Place) -> None:
    changes = place.fill(changes_of(SCENARIOS["a set"]))
    steps: list[str] = []
    other = place_in(place.top.parent.parent / "other")
    other.fill(changes)
    other.apply(*changes, on_step=steps.append)
    place.worker(changes, "apply", steps.index("move nb/train.ipynb") + 1)
    assert sorted(place.saved_by_worker()) == sorted(before(changes).items())


# --- edited after a crash


def crash_in_commit(place: Place, changes: list[Change], last: str) -> None:
    """Die right after the step ``last``."""
    steps: list[str] = []
    trial = place_in(place.top.parent.parent / "trial")
    trial.fill(changes)
    trial.apply(*changes, on_step=steps.append)
    place.fill(changes)
    assert place.worker(changes, "apply", steps.index(last) + 1) == -signal.SIGKILL


def test_a_file_edited_after_a_crash_stays_and_ours_goes_to_the_backups(place: Place) -> None:
    changes = changes_of([("a.py", OLD, NEW), ("b\n.py", OLD, NEW + b"#"), ("c.py", OLD, None)])
    crash_in_commit(place, changes, "move a.py")
    place.put("b\n.py", b"theirs")
    place.put("c.py", b"theirs too")
    told = place.recover()
    assert place.files() == {"a.py": NEW, "b\n.py": b"theirs", "c.py": b"theirs too"}
    assert place.saved == [("b\n.py", NEW + b"#")]
    assert told[1:] == [
        r"b\n.py stays as it is; what the interrupted run wanted to write is in `mlv backups`",
        "c.py stays as it is: run `mlv sync`",
    ]


def test_a_file_edited_after_its_move_and_the_crash_stays(place: Place) -> None:
    changes = changes_of([("a.py", OLD, NEW), ("b.py", OLD, NEW)])
    crash_in_commit(place, changes, "move a.py")
    place.put("a.py", b"edited again")
    place.recover()
    assert place.files() == {"a.py": b"edited again", "b.py": NEW}


def test_a_new_file_that_somebody_made_after_a_crash_stays(place: Place) -> None:
    changes = changes_of([("a.py", None, NEW), ("b.py", None, OLD)])
    crash_in_commit(place, changes, "move a.py")
    place.put("b.py", b"theirs")
    place.recover()
    assert place.files() == {"a.py": NEW, "b.py": b"theirs"}
    assert place.saved == [("b.py", OLD)]


def test_temporary_files_removed_after_a_crash_leave_the_old_file_and_a_line(place: Place) -> None:
    changes = changes_of([("a.py", OLD, NEW), ("b.py", OLD, NEW)])
    crash_in_commit(place, changes, "move a.py")
    for name in place.files():
        if name.startswith("."):
            (place.top / name).unlink()
    assert "b.py stays as it is: run `mlv sync`" in place.recover()
    assert place.files() == {"a.py": NEW, "b.py": OLD}


def test_a_folder_turned_into_a_link_out_of_the_repository_is_left_alone(
    place: Place, tmp_path: Path
) -> None:
    changes = changes_of([("d/a.py", OLD, NEW)])
    crash_in_commit(place, changes, "commit")
    (place.top / "d").rename(tmp_path / "elsewhere")
    (place.top / "d").symlink_to(tmp_path / "elsewhere")
    told = place.recover()
    assert (tmp_path / "elsewhere" / "a.py").read_bytes() == OLD
    assert told[1:] == ["d/a.py lies outside the repository: nothing was written"]
    assert not journal.is_recorded(str(place.state))


def test_a_run_after_a_crash_refuses_until_recovered(place: Place) -> None:
    changes = changes_of([("a.py", OLD, NEW)])
    crash_in_commit(place, changes, "commit")
    with pytest.raises(WriteRefused, match="run again"):
        place.apply(Change("z.py", None, NEW, ""))
    place.recover()
    place.apply(Change("z.py", None, NEW, ""))
    assert place.files() == {"a.py": NEW, "z.py": NEW}


# --- a damaged journal


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\0" * 300,
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"state": "lost", "entries": [], "folders": []}',
        b'{"state": "commit", "entries": [{"path": 1}], "folders": []}',
        b'{"state": "commit", "entries": [{"path": "a", "old": null, "new": null, '
        b'"temp": "../../a", "kept": null}], "folders": []}',
    ],
)
def test_a_damaged_journal_is_dropped_and_nothing_is_lost(place: Place, damage: bytes) -> None:
    changes = changes_of([("d/a.py", OLD, NEW), ("b.py", OLD, NEW)])
    crash_in_commit(place, changes, "move d/a.py")
    place.put("sub/.git", b"gitdir: elsewhere")
    place.put("sub/.x.py.mlv-01234567", b"of another repository")
    (place.state / "journal.json").write_bytes(damage)
    told = place.recover()
    assert "damaged" in told[0]
    assert place.files() == {
        "d/a.py": NEW,
        "b.py": OLD,
        "sub/.git": b"gitdir: elsewhere",
        "sub/.x.py.mlv-01234567": b"of another repository",
    }
    assert sorted({content for _, content in place.saved}) == sorted([OLD, NEW])
    assert place.recover() == []


# --- interrupted, or a caller that fails


def interrupt_at(number: int):
    left = iter(range(1, 10_000))

    def on_step(name: str) -> None:
        if next(left) == number:
            raise KeyboardInterrupt

    return on_step


@pytest.mark.parametrize("name", SCENARIOS)
def test_control_c_at_any_step_puts_everything_back(tmp_path: Path, name: str) -> None:
    changes = changes_of(SCENARIOS[name])
    for cut in range(1, step_count(tmp_path / "p", changes) + 1):
        place = place_in(tmp_path / "p")
        place.fill(changes)
        inodes = {path: (place.top / path).stat().st_ino for path in before(changes)}
        folders = place.folders()
        with pytest.raises(KeyboardInterrupt):
            place.apply(*changes, on_step=interrupt_at(cut))
        if not place.staged:
            assert_nothing_happened(place, before(changes))
            assert place.folders() == folders
            assert inodes == {path: (place.top / path).stat().st_ino for path in inodes}
        place.recover()
        assert place.files() == (after(changes) if place.staged else before(changes))


@pytest.mark.parametrize("cut", ["undo", "put back b.py", "put back a.py", "clean a.py"])
def test_putting_back_that_is_cut_short_is_taken_up_by_the_next_run(place: Place, cut: str) -> None:
    rows = [("a.py", OLD, NEW), ("b.py", None, NEW), ("c.py", OLD, NEW), ("d.py", OLD, None)]
    changes = place.fill(changes_of(rows))

    def on_step(step: str) -> None:
        if step == "move b.py":
            place.put("c.py", b"theirs")
        if step == cut:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.apply(*changes, on_step=on_step)
    assert place.recover() == ["undid what an interrupted run had begun to write"]
    assert_nothing_happened(place, {"a.py": OLD, "c.py": b"theirs", "d.py": OLD})


@pytest.mark.parametrize("fails", ["backup", "stage", "held"])
def test_an_error_of_the_caller_puts_everything_back_and_goes_on(place: Place, fails: str) -> None:
    class GitFailed(Exception):
        pass

    def fail(*args):
        raise GitFailed

    changes = place.fill(changes_of(SCENARIOS["a set"]))
    with pytest.raises(GitFailed):
        place.apply(*changes, **{fails: fail})
    assert_nothing_happened(place, before(changes))


# --- refused


def refused(place: Place, *changes: Change, **options) -> WriteRefused:
    files, folders = place.files(), place.folders()
    with pytest.raises(WriteRefused) as caught:
        place.apply(*changes, **options)
    assert_nothing_happened(place, files)
    assert place.folders() == folders
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("new", [NEW, None])
def test_a_read_only_file_is_refused(place: Place, new: bytes | None) -> None:
    place.put("a.py", OLD)
    place.put("ro.py", OLD).chmod(0o444)
    error = refused(place, Change("a.py", OLD, NEW, ""), Change("ro.py", OLD, new, ""))
    assert (error.path, error.message.split(":")[0]) == ("ro.py", "is read-only")


def test_a_file_that_the_system_does_not_let_us_write_is_refused(place: Place) -> None:
    place.put("a.py", OLD)
    place.put("plain", b"a file, not a folder")
    error = refused(place, Change("a.py", OLD, NEW, ""), Change("plain/b.py", None, NEW, ""))
    assert "Not a directory" in error.message


@pytest.mark.parametrize(
    "path", ["../a.py", "/etc/a.py", "a//b.py", "./a.py", "", "d/../a.py", "a\0b"]
)
def test_a_path_that_leaves_the_repository_is_refused(place: Place, path: str) -> None:
    assert "outside the repository" in refused(place, Change(path, None, NEW, "")).message


@pytest.mark.parametrize("path", [".git/config", "sub/.GIT/hooks/x", "link/x"])
def test_a_path_in_gits_own_folder_is_refused(place: Place, path: str) -> None:
    (place.top / ".git").mkdir()
    (place.top / "link").symlink_to(".git")
    assert "git's own folder" in refused(place, Change(path, None, NEW, "")).message


def test_a_symbolic_link_is_refused_and_its_target_untouched(place: Place, tmp_path: Path) -> None:
    (tmp_path / "real.py").write_bytes(OLD)
    (place.top / "link.py").symlink_to(tmp_path / "real.py")
    assert "symbolic link" in refused(place, Change("link.py", OLD, NEW, "")).message
    assert (tmp_path / "real.py").read_bytes() == OLD


def test_a_dangling_link_is_refused(place: Place) -> None:
    (place.top / "link.py").symlink_to("nowhere")
    assert "symbolic link" in refused(place, Change("link.py", None, NEW, "")).message


def test_a_folder_that_links_out_of_the_repository_is_refused(place: Place, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (place.top / "d").symlink_to(tmp_path / "out")
    assert "outside" in refused(place, Change("d/a.py", None, NEW, "")).message
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_links_within_the_repository_is_written_through(place: Place) -> None:
    place.put("real/a.py", OLD)
    (place.top / "d").symlink_to("real")
    place.apply(Change("d/a.py", OLD, NEW, ""))
    assert (place.top / "real/a.py").read_bytes() == NEW
    assert (place.top / "d").is_symlink()


@pytest.mark.parametrize("new", [NEW, None])
def test_a_folder_in_the_files_place_is_refused(place: Place, new: bytes | None) -> None:
    (place.top / "a.py").mkdir()
    old = None if new else OLD
    assert "regular file" in refused(place, Change("a.py", old, new, "")).message


def test_two_changes_of_one_path_are_refused(place: Place) -> None:
    change = Change("a.py", None, NEW, "")
    assert "twice" in refused(place, change, change).message


def test_a_file_that_changes_while_others_are_prepared_stops_the_run_before_any_move(
    place: Place,
) -> None:
    changes = place.fill(changes_of([("a.py", OLD, NEW), ("b.py", OLD, NEW)]))
    steps: list[str] = []

    def edit(step: str) -> None:
        steps.append(step)
        if step == "keep b.py":
            place.put("b.py", b"theirs")

    with pytest.raises(WriteRefused, match="changed while"):
        place.apply(*changes, on_step=edit)
    assert "commit" not in steps
    assert_nothing_happened(place, {"a.py": OLD, "b.py": b"theirs"})


@pytest.mark.parametrize("content", [b"x", OLD + b" ", None])
@pytest.mark.parametrize("moment", ["before", "prepare", "temp b.py", "backed up", "move a.py"])
def test_a_file_that_changes_between_read_and_write_is_kept(
    place: Place, moment: str, content: bytes | None
) -> None:
    changes = place.fill(
        changes_of([("a.py", OLD, NEW), ("b.py", OLD, NEW), ("n/c.py", None, NEW)])
    )

    def edit(step: str) -> None:
        if step == moment and content is None:
            (place.top / "b.py").unlink()
        elif step == moment:
            place.put("b.py", content)

    edit("before")
    with pytest.raises(WriteRefused, match="changed while mlv was at work"):
        place.apply(*changes, on_step=edit)
    left = {"a.py": OLD} | ({} if content is None else {"b.py": content})
    assert_nothing_happened(place, left)
    assert place.folders() == set()


def test_an_edit_in_place_between_the_last_look_and_the_move_is_kept(
    place: Place, monkeypatch
) -> None:
    changes = place.fill(changes_of([("a.py", OLD, NEW), ("b.py", OLD, NEW)]))
    replace = os.replace

    def edit_then_replace(source, target):
        if str(target).endswith("b.py"):
            monkeypatch.undo()
            place.put("b.py", b"saved in the last moment")
        replace(source, target)

    monkeypatch.setattr(os, "replace", edit_then_replace)
    with pytest.raises(WriteRefused, match="changed while"):
        place.apply(*changes)
    # The old file, with the edit in it, is the one that had been moved away.
    saved = dict(place.saved)
    assert {"a.py": place.files()["a.py"]} == {"a.py": OLD}
    assert b"saved in the last moment" in (place.files()["b.py"], saved.get("b.py"))


@pytest.mark.parametrize("content", [b"theirs", NEW])
def test_a_new_file_that_appears_in_the_last_moment_is_kept(
    place: Place, monkeypatch, content: bytes
) -> None:
    changes = place.fill(changes_of([("a.py", OLD, NEW), ("b.py", None, NEW)]))
    link = os.link

    def appear_then_link(source, target):
        if str(target).endswith("/b.py"):
            place.put("b.py", content)
        link(source, target)

    monkeypatch.setattr(os, "link", appear_then_link)
    with pytest.raises(WriteRefused, match="changed while"):
        place.apply(*changes)
    assert_nothing_happened(place, {"a.py": OLD, "b.py": content})


# --- a full disk


@pytest.mark.parametrize("limit", [40, 8_000])
def test_a_full_disk_writes_nothing(place: Place, limit: int) -> None:
    # RLIMIT_FSIZE stands in for the disk; the smaller one does not even take the journal.
    changes = place.fill(changes_of([("a.py", OLD, NEW), ("n/b.py", None, b"x" * 10_000)]))
    errors = place.top.parent / "errors"
    with errors.open("wb") as stderr:
        code = place.worker(
            changes,
            "apply",
            0,
            stderr=stderr,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )
    assert code == 1
    assert_nothing_happened(place, before(changes))
    assert place.folders() == set()
    place.apply(*changes)
    assert place.files() == after(changes)


def test_a_full_disk_is_told_in_one_line(place: Place, monkeypatch) -> None:
    def full(descriptor):
        raise OSError(28, "No space left on device")

    place.put("a.py", OLD)
    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr("mlv_hooks.repository.journal.flush_folder", lambda folder: None)
    with pytest.raises(WriteRefused, match="no space left on the disk: nothing was written"):
        place.apply(Change("a.py", OLD, NEW, ""))
    assert place.files() == {"a.py": OLD}


# --- two at once


def test_two_processes_at_once_both_end_and_their_files_do_not_mix(place: Place) -> None:
    files = [f"d{number}/f.py" for number in range(12)]
    one = changes_of([(path, OLD, b"one" * 999) for path in files])
    two = changes_of([(path, OLD, b"two" * 999) for path in files])
    place.fill(one)
    codes = run_at_once(place, one, two)
    assert sorted(codes) == [0, 1], "the second finds the files changed"
    assert place.files() in (after(one), after(two))
    assert not journal.is_recorded(str(place.state))


def test_two_processes_that_write_the_same_both_end_well(place: Place) -> None:
    changes = place.fill(changes_of(SCENARIOS["a set"]))
    assert run_at_once(place, changes, changes) == [0, 0]
    assert place.files() == after(changes)


def run_at_once(place: Place, *runs: list[Change]) -> list[int]:
    with ThreadPoolExecutor(len(runs)) as pool:
        return list(pool.map(lambda changes: place.worker(changes, "apply", 0), runs))


def test_a_run_that_does_not_get_the_lock_says_so(place: Place, monkeypatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr(writer, "LOCK_SECONDS", 0.01)
    place.state.mkdir(parents=True)
    with FileLock(place.state / "lock"):
        error = refused(place, Change("a.py", None, NEW, ""))
    assert (error.path, "another mlv run" in error.message) == (None, True)
