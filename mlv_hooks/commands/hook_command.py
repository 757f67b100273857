"""`mlv hook`: what pre-commit calls, a command for each id of .pre-commit-hooks.yaml."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from mlv_hooks.commands.command_support import errors, open_repository, projects_of, say

if TYPE_CHECKING:
    from mlv_hooks.checks.places import Places
    from mlv_hooks.commands.hook import Run
    from mlv_hooks.diagnostics import Diagnostic

FILES = click.argument("files", nargs=-1, type=click.UNPROCESSED)
# Whatever a file is called, it is no option.
PLAIN = {"add_help_option": False, "context_settings": {"ignore_unknown_options": True}}


@click.group(hidden=True)
def hook() -> None:
    """What pre-commit calls."""


@hook.command("all", **PLAIN)
@FILES
def everything(files: Sequence[str]) -> None:
    """Check the notebooks of the commit under way; write scripts, steps and stages; stage them."""
    from mlv_hooks.commands.hook import ALL

    _run(lambda run: run.bring(ALL, files))


@hook.command(**PLAIN)
@FILES
def pair(files: Sequence[str]) -> None:
    """Bring the notebooks and scripts of the commit in line, and stage what was written."""
    from mlv_hooks.commands.hook import PAIR

    _run(lambda run: run.bring(PAIR, files))


@hook.command(**PLAIN)
@FILES
def stage(files: Sequence[str]) -> None:
    """Write the steps and stages of the commit's notebooks, and stage them."""
    from mlv_hooks.commands.hook import STAGE

    _run(lambda run: run.bring(STAGE, files))


@hook.command(**PLAIN)
@FILES
def check(files: Sequence[str]) -> None:
    """Report what the rules find in the commit; write nothing."""
    _run(lambda run: run.check(files), is_report=True)


def _run(do: Callable[[Run], int], *, is_report: bool = False) -> None:
    """Do what a hook does; its report, if that is all that it makes, is in the chosen format."""
    with errors():
        from mlv_hooks.commands.hook import Run
        from mlv_hooks.reporters import render

        repository = open_repository()
        projects = projects_of(repository)
        fmt = projects.top.output_format if is_report else "text"

        def report(found: Sequence[Diagnostic], places: Places) -> None:
            click.echo(render(found, fmt, places), nl=False, err=not is_report)

        sys.exit(do(Run(repository, projects, os.environ, say, report)))
