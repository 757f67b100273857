"""Say at once that nothing is to do, before anything that takes time to load is loaded.

The tree of a commit in which every pair was in line is remembered. While HEAD is that tree, the
worktree does not differ from it, and what else decides (versions, settings) is as it was, there
is nothing to do. git answers that in milliseconds, also for ten thousand notebooks.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable
from typing import NamedTuple

from mlv_hooks import __version__

_JOURNAL = os.path.join("mlv", "journal.json")
_SETTINGS = ("jupytext", ".jupytext", "pyproject.toml", "mlv.toml")
_QUIET_FORMS = (["sync"], ["sync", "-q"], ["sync", "--quiet"], ["sync", "--check"])


class GoodTree(NamedTuple):
    """A tree in which all was in order.

    ``key`` names the cache for its settings, ``folders`` are those whose settings count, and
    ``scripts`` gives the notebook of each script.
    """

    tree: str
    key: str
    folders: list[str]
    scripts: dict[str, str]


def nothing_to_do(arguments: list[str]) -> bool:
    """Say whether ``mlv`` with these arguments surely ends well without a word."""
    if arguments not in _QUIET_FORMS:
        return False
    names = ("--show-toplevel", "--absolute-git-dir", "--git-common-dir", "HEAD^{tree}")
    found = _git(os.getcwd(), "rev-parse", *names)
    if found is None or found.count("\n") != 4:
        return False
    top, private, common, tree = found.split("\n")[:4]
    common = os.path.normpath(os.path.join(os.getcwd(), common))
    good = good_tree(common, top)
    if good is None or good.tree != tree or os.path.lexists(os.path.join(private, _JOURNAL)):
        return False
    return _git(top, "diff-index", "--quiet", tree, "--") is not None


def good_tree(common: str, top: str) -> GoodTree | None:
    """Return the tree that is good by all that ``top`` holds now, None if none."""
    try:
        with open(_file(common), "rb") as file:
            digest, data = file.read().split(b"\0", 1)
        tree, key, count, *rest = os.fsdecode(data).split("\0")
        folders, pairs = rest[: int(count)], rest[int(count) :]
    except (OSError, ValueError):
        return None
    if digest.decode("latin-1") != _digest(top, data, folders):
        return None
    return GoodTree(tree, key, folders, dict(zip(pairs[::2], pairs[1::2], strict=True)))


def remember(common: str, top: str, good: GoodTree) -> None:
    """Keep a tree as good; never fails: it is only for speed."""
    if good_tree(common, top) == good:
        return
    target = _file(common)
    temporary = f"{target}.{os.getpid()}"
    pairs = (path for pair in good.scripts.items() for path in pair)
    head = (good.tree, good.key, str(len(good.folders)))
    data = os.fsencode("\0".join((*head, *good.folders, *pairs)))
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(_digest(top, data, good.folders).encode() + b"\0" + data)
        os.replace(temporary, target)
    except OSError:
        return


def _file(common: str) -> str:
    return os.path.join(common, "mlv", "good-tree")


def is_settings(name: str) -> bool:
    """Say whether a file of that name may hold settings of ours or of jupytext."""
    return name.startswith(_SETTINGS)


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
    found = []
    for folder in folders:
        try:
            names = os.listdir(os.path.join(top, folder))
        except OSError:
            continue
        found += [f"{folder}/{one}" if folder else one for one in names if is_settings(one)]
    return sorted(found)


def _digest(top: str, data: bytes, folders: Iterable[str]) -> str:
    """Return a digest of the record and all else that decides: versions, settings as they are."""
    parts = [__version__.encode(), jupytext_version(), data]
    for path in settings_files(top, folders):
        parts.append(os.fsencode(path))
        try:
            with open(os.path.join(top, path), "rb") as file:
                parts.append(file.read())
        except OSError:
            parts.append(b"")
    return hashlib.sha256(b"".join(b"%d:" % len(part) + part for part in parts)).hexdigest()


def _git(folder: str, *command: str) -> str | None:
    """Return what a git command prints, None when it fails."""
    done = subprocess.run(["git", *command], cwd=folder, capture_output=True)
    return None if done.returncode else os.fsdecode(done.stdout)
