"""`mlv backups`: list, show and restore what mlv overwrote."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from mlv_hooks.commands.command_support import (
    PATHS,
    Group,
    errors,
    from_top,
    note,
    open_repository,
    print_lines,
    reader_of,
    say,
)


@click.group(cls=Group, short_help="List and restore what mlv overwrote.")
def backups() -> None:
    """What mlv overwrote and git did not hold: list, show, restore.

    Before a file is overwritten whose content is in no commit, it is kept here.
    """


@backups.command(name="list", short_help="List the backups, newest first.")
def list_backups() -> None:
    """List the backups, newest first: id, time, and the files in each."""
    with errors():
        import time

        from mlv_hooks.repository import backups as store

        found = store.entries(open_repository().git)
        if not found:
            note("there are no backups: nothing was overwritten that git did not hold")
        for one in found:
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.when))
            say(f"{one.id}  {when}  {one.reason}: {', '.join(one.paths)}")


@backups.command(short_help="Print a file of a backup.")
@click.argument("id")
@click.argument("path", required=False)
def show(id: str, path: str | None) -> None:
    """Print the file at PATH as backup ID holds it.

    Without PATH: the only file, or the names of all. ID is what `mlv backups list` shows.
    """
    with errors():
        from mlv_hooks.repository import backups as store

        repository = open_repository()
        git = repository.git
        saved = store.find(git, id).paths
        if path is None and len(saved) > 1:
            print_lines(saved)
            return
        wanted = saved[0] if path is None else from_top(repository, path)
        sys.stdout.buffer.write(store.read(git, id, wanted))


@backups.command(short_help="Put files of a backup back.")
@click.argument("id")
@PATHS
def restore(id: str, paths: Sequence[str]) -> None:
    """Put the files of backup ID back into the worktree, or those of PATHS alone.

    What they replace is backed up in its turn. ID is what `mlv backups list` shows.
    """
    with errors():
        from mlv_hooks.plan import Change
        from mlv_hooks.repository import backups as store
        from mlv_hooks.repository.apply import recover, write

        repository = open_repository()
        for line in recover(repository):
            say(line)
        git, read = repository.git, reader_of(repository)
        wanted = [from_top(repository, one) for one in paths] or store.find(git, id).paths
        kept = {path: store.read(git, id, path) for path in wanted}
        changes = [
            Change(path, read(path), content, f"{path} <- backup {id}")
            for path, content in kept.items()
            if read(path) != content
        ]
        write(repository, changes, f"before the restore of {id}")
        print_lines(one.note for one in changes)
        same = [path for path in kept if path not in {one.path for one in changes}]
        print_lines(f"{path} is as in backup {id} already" for path in same)
