"""Bring the plan of a run to the worktree, and keep what it overwrites."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

from mlv_hooks.plan import Change
from mlv_hooks.repository import backups, writer
from mlv_hooks.repository.files import content_id
from mlv_hooks.repository.git import Git
from mlv_hooks.stage.beside_dvc import Tell, beside_dvc
from mlv_hooks.survey import Repository


def write(
    repository: Repository,
    changes: Sequence[Change],
    reason: str,
    tell: Tell | None = None,
    *,
    stage: bool = False,
) -> None:
    """Write all ``changes`` or none; raise WriteRefused. ``stage`` puts them into the index.

    ``tell`` gets what people should hear of beside the files themselves; without it DVC is not
    asked about its files.
    """
    git = repository.git
    gone = [one.path for one in changes if not os.path.lexists(os.path.join(git.top, one.path))]
    # A file that a sparse checkout left out is made anew.
    left_out = git.skipped().intersection(gone) if gone else set()
    with beside_dvc(git.top, changes, tell) if tell else contextlib.nullcontext() as check:
        writer.apply(
            git.top,
            repository.state,
            [one._replace(old=None) if one.path in left_out else one for one in changes],
            held=lambda path, content: _is_in_head(git, path, content),
            backup=lambda files: _keep(git, files, reason),
            check=check,
            stage=git.stage if stage else None,
        )
    _drop_empty_folders(git.top, [one.path for one in changes if one.new is None])


def _drop_empty_folders(top: str, deleted: Sequence[str]) -> None:
    """Remove the folders that lost their last file, as git does."""
    for path in deleted:
        folder = os.path.dirname(path)
        with contextlib.suppress(OSError):  # it holds something, or is gone
            while folder:
                os.rmdir(os.path.join(top, folder))
                folder = os.path.dirname(folder)


def recover(repository: Repository) -> list[str]:
    """Finish or undo what a killed run left; return lines for people."""
    git = repository.git
    return writer.recover(
        git.top,
        repository.state,
        backup=lambda files: _keep(git, files, "left by an interrupted run"),
    )


def _keep(git: Git, files: Sequence[tuple[str, bytes]], reason: str) -> None:
    backups.save(git, files, reason)


def _is_in_head(git: Git, path: str, content: bytes) -> bool:
    """Say whether a commit at hand holds ``content`` at ``path``: the index alone can lose it."""
    return _holds(git, "HEAD", path, content) or any(
        _holds(git, commit, path, content) for commit, _ in git.other_heads()
    )


def _holds(git: Git, commit: str, path: str, content: bytes) -> bool:
    if git.commit(commit) is None:
        return False
    blob = git.blobs_at(commit, [path]).get(path)
    return blob is not None and blob == content_id(content, len(blob))
