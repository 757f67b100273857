"""Say at once that nothing is to do, before anything that takes time to load is loaded.

The tree of a commit in which all was in order is remembered, for `sync` and for `check`. While
HEAD is that tree, the worktree does not differ from it, and what else decides (versions, settings)
is as it was, there is nothing to do. git answers that in milliseconds, also for ten thousand
notebooks.
"""

from __future__ import annotations

import hashlib
import os
import subprocess

from mlv_hooks import __version__

PAIRS, RULES = "pairs", "rules"
"""What a tree is known to be good for: its pairs are in line, or no rule finds anything in it."""

_JOURNAL = os.path.join("mlv", "journal.json")
_SETTINGS = ("jupytext", ".jupytext", "pyproject.toml", "mlv.toml")
_QUIET_FORMS = {
    ("sync",): PAIRS,
    ("sync", "-q"): PAIRS,
    ("sync", "--quiet"): PAIRS,
    ("sync", "--check"): PAIRS,
    ("check",): RULES,
}


def nothing_to_do(arguments: list[str]) -> bool:
    """Say whether ``mlv`` with these arguments surely ends well without a word."""
    purpose = _QUIET_FORMS.get(tuple(arguments))
    if purpose is None:
        return False
    names = ("--show-toplevel", "--absolute-git-dir", "--git-common-dir", "HEAD^{tree}")
    found = _git(os.getcwd(), "rev-parse", *names)
    if found is None or found.count("\n") != 4:
        return False
    top, private, common, tree = found.split("\n")[:4]
    common = os.path.normpath(os.path.join(os.getcwd(), common))
    good = good_tree(common, top, purpose)
    if good is None or good[0] != tree or os.path.lexists(os.path.join(private, _JOURNAL)):
        return False
    return _git(top, "diff-index", "--quiet", tree, "--") is not None


def good_tree(common: str, top: str, purpose: str) -> tuple[str, str] | None:
    """Return the tree that is good for ``purpose`` by all that ``top`` holds now, and the key.

    The key is what `remember` was given beside it. None when no tree is known.
    """
    try:
        with open(_file(common, purpose), encoding="ascii") as file:
            digest, tree, key = file.read().split()
    except (OSError, ValueError):
        return None
    return (tree, key) if digest == _digest(top, tree, key) else None


def remember(common: str, top: str, purpose: str, tree: str, key: str) -> None:
    """Keep ``tree`` as good for ``purpose``; never fails: it is only for speed."""
    if good_tree(common, top, purpose) == (tree, key):
        return
    target = _file(common, purpose)
    temporary = f"{target}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(temporary, "w", encoding="ascii") as file:
            file.write(f"{_digest(top, tree, key)} {tree} {key}\n")
        os.replace(temporary, target)
    except OSError:
        return


def _file(common: str, purpose: str) -> str:
    return os.path.join(common, "mlv", f"good-{purpose}")


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


def _digest(top: str, tree: str, key: str) -> str:
    """Return a digest of the two and of all else that decides: versions, and settings at the top.

    Settings in other folders count only when git tracks them, so the tree stands for them.
    """
    parts = [tree.encode(), key.encode(), __version__.encode(), jupytext_version()]
    for name in sorted(filter(is_settings, os.listdir(top))):
        try:
            with open(os.path.join(top, name), "rb") as file:
                parts += [os.fsencode(name), file.read()]
        except OSError:
            parts += [os.fsencode(name), b""]
    framed = b"".join(b"%d:" % len(part) + part for part in parts)
    return hashlib.sha256(framed).hexdigest()


def _git(folder: str, *command: str) -> str | None:
    """Return what a git command prints, None when it fails."""
    done = subprocess.run(["git", *command], cwd=folder, capture_output=True)
    return None if done.returncode else os.fsdecode(done.stdout)
