"""`mlv check`: report what is wrong with notebooks and their scripts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mlv_hooks.command_support import (
    PATHS,
    errors,
    note,
    open_repository,
    projects_of,
    reader_of,
    scope_of,
    survey_of,
)

if TYPE_CHECKING:
    from mlv_hooks.baseline import Entry
    from mlv_hooks.diagnostics import Diagnostic
    from mlv_hooks.survey import Repository, Scope, Survey


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
@click.option(
    "--since",
    metavar="REF",
    help="Look at what changed since this branch left REF, and what hangs on it.",
)
@click.option("--statistics", is_flag=True, help="Count the findings of each rule.")
@click.option(
    "--write-baseline", is_flag=True, help="Accept what is found now; report what comes after."
)
@click.option("--no-baseline", is_flag=True, help="Report what the baseline accepts as well.")
def check(
    paths: Sequence[str],
    output_format: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    extend_select: Sequence[str],
    extend_ignore: Sequence[str],
    per_file_ignores: Sequence[str],
    statistics: bool,
    write_baseline: bool,
    no_baseline: bool,
    since: str | None,
) -> None:
    """Report what is wrong with notebooks and their scripts; write nothing.

    PATHS are notebooks, scripts or folders; without any, all that git tracks. RULES are codes,
    their beginnings, or names, with commas between: `--select MLV3,parameter-not-used`.
    """
    with errors():
        from mlv_hooks.examine import examine
        from mlv_hooks.progress import progress_bar
        from mlv_hooks.selection import NO_CHOICE, read_choice
        from mlv_hooks.survey import Scope

        if since and paths:
            raise click.UsageError("--since says what to look at: leave PATHS out")
        repository = open_repository()
        ignored = (*ignore, *extend_ignore)
        choice = read_choice(select, ignored, extend_select, per_file_ignores)
        if write_baseline and (paths or since or no_baseline or choice != NO_CHOICE):
            raise click.UsageError("--write-baseline is about all that is found: give it alone")
        settings = projects_of(repository).top
        old = None if write_baseline or no_baseline else _read(repository, settings.baseline)
        with progress_bar("pairing") as progress:
            survey = survey_of(repository, progress=progress)
            scope = _since(survey, since) if since else scope_of(repository, paths)
            outcomes = survey.outcomes(scope)
        everything = scope == Scope()
        done = examine(survey, outcomes, choice, old or (), everything=everything)
        found = done.findings
        if write_baseline:
            _write(repository, settings.baseline, done.entries)
            found = done.lasting
        fmt = output_format or settings.output_format
        click.echo(_report(found, fmt, statistics), nl=False)
        if done.fixed:
            count = "1 entry" if len(done.fixed) == 1 else f"{len(done.fixed)} entries"
            are = "is" if len(done.fixed) == 1 else "are"
            note(f"note: {count} of the baseline {are} fixed: mlv check --write-baseline")
        sys.exit(1 if found else 0)


def _since(survey: Survey, ref: str) -> Scope:
    from mlv_hooks.since import since_scope

    return since_scope(survey, ref)


def _read(repository: Repository, path: str) -> list[Entry]:
    from mlv_hooks.config import ConfigError

    try:
        data = reader_of(repository)(path)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}): mend it, or delete it"
        ) from None
    if data is None:
        return []
    from mlv_hooks.baseline import read_baseline

    return read_baseline(data, path)


def _write(repository: Repository, path: str, entries: Sequence[Entry]) -> None:
    """Write the baseline; one with nothing in it is no file."""
    from mlv_hooks.apply import recover, write
    from mlv_hooks.baseline import write_baseline
    from mlv_hooks.plan import Change

    for line in recover(repository):
        note(line)
    old, new = reader_of(repository)(path), write_baseline(entries) if entries else None
    count = "1 finding" if len(entries) == 1 else f"{len(entries)} findings"
    what = f"{path} <- {count}" if new else f"{path} deleted: nothing is found"
    if old != new:
        write(repository, [Change(path, old, new, what)], "mlv check --write-baseline")
        note(what)


def _report(found: Sequence[Diagnostic], fmt: str, statistics: bool) -> str:
    if not statistics:
        from mlv_hooks.reporters import render

        return render(found, fmt)
    from mlv_hooks.reporters.statistics import FORMATS
    from mlv_hooks.reporters.statistics import render as render_statistics

    if fmt not in FORMATS:
        raise click.UsageError(f"--statistics has no format {fmt}: take --output-format text")
    return render_statistics(found, fmt)
