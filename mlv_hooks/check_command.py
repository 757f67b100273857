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
@click.option("--select", default="", help="Rules to check, by code or prefix: MLV3,MLV001.")
@click.option("--ignore", default="", help="Rules to leave out, by code or prefix.")
def check(paths: Sequence[str], output_format: str | None, select: str, ignore: str) -> None:
    """Report what is wrong with notebooks and their scripts; write nothing.

    PATHS are notebooks, scripts or folders; without any, all that git tracks.
    """
    with errors():
        from mlv_hooks.config import check_codes
        from mlv_hooks.examine import examine
        from mlv_hooks.reporters import render

        repository = open_repository()
        chosen, ignored = _codes(select), _codes(ignore)
        check_codes(chosen, "--select")
        check_codes(ignored, "--ignore")
        settings = settings_of(repository)
        survey, outcomes = look(repository, scope_of(repository, paths))
        found = examine(survey, outcomes, settings, chosen, ignored)
        click.echo(render(found, output_format or settings.output_format), nl=False)
        sys.exit(1 if found else 0)


def _codes(text: str) -> list[str]:
    return [code for part in text.split(",") if (code := part.strip())]
