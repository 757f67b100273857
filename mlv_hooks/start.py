"""Say at once what is to do, before anything that takes time to load is loaded.

The tree of a commit in which every pair was in line is remembered. While HEAD is that tree and
what else decides (versions, settings) is as it was, only what the worktree changed since can
matter. git tells that in milliseconds, also for ten thousand notebooks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable

from mlv_hooks import __version__
from mlv_hooks.repository.process import Running, is_possible

# For a large repository git takes long enough that this can be loaded meanwhile.
_LARGE = 100_000
_MEANWHILE = (
    *("re", "typing", "json"),
    *("mlv_hooks.notebook", "mlv_hooks.repository.writer", "mlv_hooks.quick"),
)

_JOURNAL = os.path.join("mlv", "journal.json")
_JUPYTEXT = [f"jupytext{end}" for end in ("", ".toml", ".yml", ".yaml", ".json")]
_SETTINGS = ("jupytext", ".jupytext", "pyproject.toml", "mlv.toml")
SETTINGS_FILES = (
    *("pyproject.toml", "mlv.toml", ".jupytext.py"),
    *(name for one in _JUPYTEXT for name in (one, f".{one}")),
)
"""The names of the files that may hold settings of ours or of jupytext."""
# The version of the code that runs, once it was asked for: functools is not loaded for it.
_own: list[bytes] = []
_QUIET_FORMS = (["sync"], ["sync", "-q"], ["sync", "--quiet"], ["sync", "--check"])


class GoodTree:
    """A tree in which all was in order.

    ``key`` names the cache for its settings, and ``folders`` are those whose settings count.
    """

    __slots__ = ("_rows", "folders", "key", "tree")

    def __init__(self, tree: str, key: str, folders: list[str], rows: bytes) -> None:
        self.tree = tree
        self.key = key
        self.folders = folders
        self._rows = rows

    @classmethod
    def of(cls, tree: str, key: str, folders: list[str], scripts: dict[str, str]) -> GoodTree:
        """Make one of the notebook of each script."""
        return cls(
            tree, key, folders, b"".join(b"\0\0%b\0%b" % _pair(one) for one in scripts.items())
        )

    @classmethod
    def parse(cls, data: bytes) -> GoodTree:
        """Read one back; raise ValueError for anything else."""
        tree, key, count, rest = data.split(b"\0", 3)
        *folders, rows = rest.split(b"\0", int(count))
        return cls(tree.decode(), key.decode(), list(map(os.fsdecode, folders)), rows)

    def data(self) -> bytes:
        """Return the bytes that `parse` reads."""
        parts = (self.tree, self.key, str(len(self.folders)), *self.folders)
        return b"\0".join([*map(os.fsencode, parts), self._rows])

    def scripts(self) -> dict[str, str]:
        """Return the notebook of each script."""
        names = os.fsdecode(self._rows).split("\0\0")[1:]
        return dict(name.split("\0") for name in names)

    def notebook_of(self, script: str) -> str | None:
        """Return the notebook of one script, None for any other file."""
        _, _, rest = self._rows.partition(b"\0\0%b\0" % os.fsencode(script))
        return os.fsdecode(rest.partition(b"\0")[0]) or None

    def scripts_of(self, notebook: str) -> list[str]:
        """Return the scripts of one notebook, none for any other file."""
        parts = (self._rows + b"\0\0").split(b"\0%b\0\0" % os.fsencode(notebook))[:-1]
        return [os.fsdecode(part.rpartition(b"\0")[2]) for part in parts]


class Found:
    """Where a repository is, its good tree, and the worktree's changes since as git prints them."""

    __slots__ = ("changes", "good", "private", "top")

    def __init__(self, top: str, private: str, good: GoodTree, changes: bytes) -> None:
        self.top = top
        self.private = private
        self.good = good
        self.changes = changes


def look(arguments: list[str]) -> Found | None:
    """Return all that ``mlv`` with these arguments has to look at, None when it may be more."""
    if arguments not in _QUIET_FORMS or not is_possible():
        return None
    names = ("--show-toplevel", "--absolute-git-dir", "--git-common-dir", "HEAD^{tree}")
    try:
        here = os.getcwd()
        found = os.fsdecode(Running(here, "rev-parse", *names).output() or b"").split("\n")
    except OSError:  # no git, or no folder: the command itself says it
        return None
    if len(found) != 5:
        return None
    top, private, common, tree, _ = found
    data = _data(os.path.normpath(os.path.join(here, common)))
    good = _parsed(data)
    if good is None or good.tree != tree or os.path.lexists(os.path.join(private, _JOURNAL)):
        return None
    running = Running(top, "diff-index", "-z", tree, "--")
    is_good = _is_sound(data, top, good)
    for module in _MEANWHILE if is_good and len(data) > _LARGE else ():
        if running.has_ended():
            break
        __import__(module)
    changes = running.output()
    return Found(top, private, good, changes) if is_good and changes is not None else None


def good_tree(common: str, top: str) -> GoodTree | None:
    """Return the tree that is good by all that ``top`` holds now, None if none."""
    data = _data(common)
    good = _parsed(data)
    return good if good and _is_sound(data, top, good) else None


def remember(common: str, top: str, good: GoodTree) -> None:
    """Keep a tree as good; never fails: it is only for speed."""
    target = _file(common)
    temporary = f"{target}.{os.getpid()}"
    body = good.data()
    data = _digest(top, body, good.folders).encode() + b"\0" + body
    if data == _data(common):
        return
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, target)
    except OSError:
        return


def _file(common: str) -> str:
    return os.path.join(common, "mlv", "good-tree")


def _data(common: str) -> bytes:
    try:
        with open(_file(common), "rb") as file:
            return file.read()
    except OSError:
        return b""


def _parsed(data: bytes) -> GoodTree | None:
    try:
        return GoodTree.parse(data.split(b"\0", 1)[1])
    except (IndexError, ValueError):
        return None


def _is_sound(data: bytes, top: str, good: GoodTree) -> bool:
    digest, _, body = data.partition(b"\0")
    return digest.decode("latin-1") == _digest(top, body, good.folders)


def _pair(names: tuple[str, str]) -> tuple[bytes, bytes]:
    return os.fsencode(names[0]), os.fsencode(names[1])


def is_settings(name: str) -> bool:
    """Say whether a file of that name may hold settings of ours or of jupytext."""
    return name.startswith(_SETTINGS)


def own_version() -> bytes:
    """Return what tells this mlv from another: in a checkout, when its code was last edited, too.

    Whoever works on a rule would be told what it found before the edit.
    """
    if not _own:
        _own.append(_look_at_own_code())
    return _own[0]


def _look_at_own_code() -> bytes:
    here = os.path.dirname(__file__)
    version = __version__.encode()
    if not os.access(os.path.join(here, "..", "pyproject.toml"), os.F_OK):
        return version
    times = [0]
    todo = [here]
    while todo:
        with os.scandir(todo.pop()) as found:
            for one in found:
                if one.name.endswith((".py", ".json")):
                    times.append(one.stat().st_mtime_ns)
                elif "." not in one.name and one.name != "__pycache__" and one.is_dir():
                    todo.append(one.path)
    return b"%b %d %d" % (version, len(times), max(times))


def jupytext_version() -> bytes:
    """Return what says the version of the jupytext that would be imported, without importing it."""
    from importlib.util import find_spec

    spec = find_spec("jupytext")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        try:
            with open(os.path.join(folder, "version.py"), "rb") as file:
                return file.read()
        except OSError:
            continue
    return b""


def settings_files(top: str, folders: Iterable[str]) -> list[str]:
    """Return the files in ``folders`` that may hold settings, with their paths from ``top``."""
    names = [
        f"{folder}/{name}" if folder else name for folder in folders for name in SETTINGS_FILES
    ]
    return sorted(name for name in names if os.access(f"{top}/{name}", os.F_OK))


def _digest(top: str, data: bytes, folders: Iterable[str]) -> str:
    """Return a digest of the record and all else that decides: versions, settings as they are."""
    parts = [own_version(), jupytext_version(), data]
    for path in settings_files(top, folders):
        parts.append(os.fsencode(path))
        try:
            with open(os.path.join(top, path), "rb") as file:
                parts.append(file.read())
        except OSError:
            parts.append(b"")
    return hashlib.sha256(b"".join(b"%d:" % len(part) + part for part in parts)).hexdigest()
