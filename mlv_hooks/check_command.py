"""`mlv check`: report what is wrong with notebooks and their scripts."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from mlv_hooks.command_support import (
    PATHS,
    errors,
    look,
    open_repository,
    scope_of,
    settings_of,
)


@click.command(short_help="Report what is out of line; write nothing.")
@PATHS
@click.option("--output-format", type=click.Choice(["text", "json"]), help="Default: text.")
@click.option("--select", multiple=True, metavar="RULES", help="Check these rules alone.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Leave these rules out.")
@click.option("--extend-select", multiple=True, metavar="RULES", help="Check these rules too.")
@click.option("--extend-ignore", multiple=True, hidden=True, help="The same as --ignore.")
@click.option(
    "--per-file-ignores",
    multiple=True,
    metavar="GLOB:RULES",
    help="Leave rules out in some files; instead of the setting.",
)
def check(
    paths: Sequence[str],
    output_format: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    extend_select: Sequence[str],
    extend_ignore: Sequence[str],
    per_file_ignores: Sequence[str],
) -> None:
    """Report what is wrong with notebooks and their scripts; write nothing.

    PATHS are notebooks, scripts or folders; without any, all that git tracks. RULES are codes,
    their beginnings, or names, with commas between: `--select MLV3,parameter-not-used`.
    """
    with errors():
        from mlv_hooks.examine import examine
        from mlv_hooks.reporters import render
        from mlv_hooks.selection import read_choice

        repository = open_repository()
        ignored = (*ignore, *extend_ignore)
        choice = read_choice(select, ignored, extend_select, per_file_ignores)
        settings = settings_of(repository)
        survey, outcomes = look(repository, scope_of(repository, paths))
        found = examine(survey, outcomes, settings, choice)
        click.echo(render(found, output_format or settings.output_format), nl=False)
        sys.exit(1 if found else 0)
