"""`mlv check`: report what is wrong with notebooks and their scripts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

import click

from mlv_hooks.commands.command_support import (
    PATHS,
    errors,
    note,
    note_no_notebook,
    open_repository,
    print_diff,
    projects_of,
    reader_of,
    scope_of,
    survey_of,
    wants_colour,
)
from mlv_hooks.reporters import OUTPUT_FORMATS

if TYPE_CHECKING:
    from mlv_hooks.checks.baseline import Entry
    from mlv_hooks.checks.examine import Examined
    from mlv_hooks.checks.mending import Mending
    from mlv_hooks.checks.places import Places
    from mlv_hooks.checks.selection import Choice
    from mlv_hooks.diagnostics import Diagnostic
    from mlv_hooks.pair.pairing import Outcome
    from mlv_hooks.survey import Repository, Scope, Survey

TAGS = "MLV205"
"""The rule that `--add-tags` is about."""


@click.command(short_help="Report what is out of line; with --fix, mend it.")
@PATHS
@click.option("--fix", is_flag=True, help="Mend what can safely be mended.")
@click.option(
    "--unsafe-fixes", is_flag=True, help="With --fix, mend what you look at after it too."
)
@click.option("--diff", is_flag=True, help="Show what --fix would change; write nothing.")
@click.option(
    "--add-tags", is_flag=True, help="Give each cell that is proved to only look its tag."
)
@click.option("--output-format", type=click.Choice(OUTPUT_FORMATS), help="Default: text.")
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
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    add_tags: bool,
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
    """Report what is wrong with notebooks and their scripts; write nothing without --fix.

    PATHS are notebooks, scripts or folders; without any, all that git tracks. RULES are codes,
    their beginnings, or names, with commas between: `--select MLV3,parameter-not-used`.
    """
    with errors():
        from mlv_hooks.checks.selection import NO_CHOICE, read_choice

        if since and paths:
            raise click.UsageError("--since says what to look at: leave PATHS out")
        repository = open_repository()
        ignored = (*ignore, *extend_ignore)
        choice = read_choice(select, ignored, extend_select, per_file_ignores)
        mends = fix or diff or add_tags
        if write_baseline and (paths or since or no_baseline or mends or choice != NO_CHOICE):
            raise click.UsageError("--write-baseline is about all that is found: give it alone")
        settings = projects_of(repository).top
        old = None if write_baseline or no_baseline else _read(repository, settings.baseline)
        look = _Look(repository, paths, since, old or [])
        if (mends and not diff) or write_baseline:
            _recover(repository)
        if mends:
            mending = _mending(look, choice, fix, unsafe_fixes, add_tags)
            if diff:
                _show(mending)
            _mend(repository, mending)
        done, places = look.examined(choice)
        found = done.findings
        if write_baseline:
            _write(repository, settings.baseline, done.entries)
            found = done.lasting
        fmt = output_format or settings.output_format
        click.echo(_report(found, fmt, places, statistics, unsafe_fixes), nl=False)
        if done.fixed:
            count = "1 entry" if len(done.fixed) == 1 else f"{len(done.fixed)} entries"
            are = "is" if len(done.fixed) == 1 else "are"
            note(f"note: {count} of the baseline {are} fixed: mlv check --write-baseline")
        sys.exit(1 if found else 0)


@dataclass
class _Look:
    """Looks at what the command is about, as often as it is asked."""

    repository: Repository
    paths: Sequence[str]
    since: str | None
    baseline: Sequence[Entry]

    def outcomes(self) -> tuple[Survey, list[Outcome], bool]:
        """Return how the pairs in scope stand, and whether these are all."""
        from mlv_hooks.commands.progress import progress_bar
        from mlv_hooks.survey import Scope

        with progress_bar("pairing") as progress:
            survey = survey_of(self.repository, progress=progress)
            since = self.since
            scope = _since(survey, since) if since else scope_of(self.repository, self.paths)
            return survey, survey.outcomes(scope), scope == Scope()

    def examined(self, choice: Choice) -> tuple[Examined, Places]:
        """Return what the rules find, and where people look at it."""
        from mlv_hooks.checks.examine import examine
        from mlv_hooks.checks.places import Places

        survey, outcomes, everything = self.outcomes()
        if not (self.paths or self.since or outcomes or survey.tracks_notebooks()):
            note_no_notebook("mlv check")
        projects = survey.project.projects
        done = examine(survey, outcomes, projects, choice, self.baseline, everything=everything)
        return done, Places(survey.view.read, outcomes)


def _mending(look: _Look, choice: Choice, fix: bool, unsafe: bool, add_tags: bool) -> Mending:
    """Return what the fixes that were asked for would write."""
    from mlv_hooks.checks.examine import examine
    from mlv_hooks.checks.mending import plan_fixes

    survey, outcomes, everything = look.outcomes()
    projects = survey.project.projects
    if add_tags:
        projects = projects.having(require_no_effect="all")
        choice = replace(choice, extend_select=(*choice.extend_select, TAGS))
    done = examine(survey, outcomes, projects, choice, look.baseline, everything=everything)

    def wanted(one: Diagnostic) -> bool:
        asked = fix or not add_tags or one.code == TAGS
        return asked and one.fix is not None and (one.fix.safe or unsafe)

    return plan_fixes(survey, outcomes, done, projects, choice, wanted)


def _recover(repository: Repository) -> None:
    from mlv_hooks.repository.apply import recover

    for line in recover(repository):
        note(line)


def _show(mending: Mending) -> NoReturn:
    print_diff(mending.shown)
    for line in mending.refused:
        note(line)
    if mending.fixed:
        note(f"Would fix {_problems(mending.fixed)}.")
    sys.exit(1 if mending.fixed else 0)


def _mend(repository: Repository, mending: Mending) -> None:
    from mlv_hooks.repository.apply import write

    changes = mending.changes
    write(repository, changes, "mlv check --fix")
    mending.record()
    for line in (*(one.note for one in changes), *mending.refused):
        note(line)
    if mending.fixed:
        note(f"Fixed {_problems(mending.fixed)}.")


def _problems(count: int) -> str:
    return "1 problem" if count == 1 else f"{count} problems"


def _since(survey: Survey, ref: str) -> Scope:
    from mlv_hooks.checks.since import since_scope

    return since_scope(survey, ref)


def _read(repository: Repository, path: str) -> list[Entry]:
    from mlv_hooks.checks.baseline import load_baseline

    return load_baseline(reader_of(repository), path)


def _write(repository: Repository, path: str, entries: Sequence[Entry]) -> None:
    """Write the baseline; one with nothing in it is no file."""
    from mlv_hooks.checks.baseline import write_baseline
    from mlv_hooks.plan import Change
    from mlv_hooks.repository.apply import write

    old, new = reader_of(repository)(path), write_baseline(entries) if entries else None
    count = "1 finding" if len(entries) == 1 else f"{len(entries)} findings"
    what = f"{path} <- {count}" if new else f"{path} deleted: nothing is found"
    if old != new:
        write(repository, [Change(path, old, new, what)], "mlv check --write-baseline")
        note(what)


def _report(
    found: Sequence[Diagnostic], fmt: str, places: Places, statistics: bool, unsafe: bool
) -> str:
    if not statistics:
        from mlv_hooks.reporters import render

        return render(found, fmt, places, colour=wants_colour(), unsafe=unsafe)
    from mlv_hooks.reporters.statistics import FORMATS
    from mlv_hooks.reporters.statistics import render as render_statistics

    if fmt not in FORMATS:
        raise click.UsageError(f"--statistics has no format {fmt}: take --output-format text")
    return render_statistics(found, fmt)
