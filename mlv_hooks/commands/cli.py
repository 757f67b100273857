"""The command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from mlv_hooks import __version__
from mlv_hooks.commands.backups_command import backups
from mlv_hooks.commands.check_command import check
from mlv_hooks.commands.command_support import (
    PATHS,
    USAGE,
    Group,
    errors,
    fail,
    look,
    note_no_notebook,
    notebook_path,
    open_repository,
    print_diff,
    print_findings,
    print_lines,
    projects_of,
    reader_of,
    say,
    scope_of,
    survey_of,
)
from mlv_hooks.commands.hook_command import hook
from mlv_hooks.graph.command import graph

if TYPE_CHECKING:
    from mlv_hooks.survey import Repository


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mlv")
def main() -> None:
    """Pair notebooks with scripts on every commit, and check that they agree.

    Start with `mlv init`, then `pre-commit install`; from then on `git commit` does the work.

    Exit codes: 0 all is well, 1 findings (or files that `sync --check` would change), 2 usage or
    configuration, 3 an error of mlv itself.
    """


@main.command(short_help="Set a repository up, once.")
@click.option("--dry-run", is_flag=True, help="Show the files as a diff; write nothing.")
def init(dry_run: bool) -> None:
    """Set a repository up: settings, the pre-commit entry, .gitattributes.

    Adds to files that are there and changes nothing else in them. Can be run again.
    """
    with errors():
        from mlv_hooks.commands.init import plan_init, report
        from mlv_hooks.commands.init_text import InitRefused

        repository = open_repository()
        try:
            plan = plan_init(reader_of(repository), __version__)
        except InitRefused as error:
            fail(str(error), USAGE)
        if dry_run:
            print_diff(plan.changes)
        else:
            from mlv_hooks.repository.apply import write

            write(repository, plan.changes, "mlv init")
        unpaired = survey_of(repository).unpaired()
        print_lines(report(plan, unpaired, dry_run=dry_run))


@main.command(short_help="Bring notebooks and scripts in line, from either side.")
@PATHS
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if something would change.")
@click.option(
    "--prefer",
    type=click.Choice(["notebook", "script"]),
    help="Where both sides changed the same, take this side whole; the other goes to the backups.",
)
@click.option("--diff", "--dry-run", "diff", is_flag=True, help="Show the changes; write nothing.")
@click.option(
    "--adopt", is_flag=True, help="Take over stages of dvc.yaml that were written by hand."
)
@click.option("--step", is_flag=True, help="Print the step of one notebook; write nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
def sync(
    paths: Sequence[str],
    check: bool,
    prefer: str | None,
    diff: bool,
    adopt: bool,
    step: bool,
    quiet: bool,
) -> None:
    """Bring notebooks and their scripts in line, whichever side was edited.

    PATHS are notebooks, scripts or folders; without any, all that git tracks. Nothing is staged.
    What was edited since the last commit wins; edits on both sides are merged by cell.
    Notebooks that declare a stage (`:dvc-out model:` and the like beside their parameters) or ask
    for it ("mlv": {"step": true} in their metadata) get a step too, a module that does their work.
    """
    with errors():
        from mlv_hooks.repository.apply import recover, write

        repository = open_repository()
        if step:
            _print_step(repository, paths)
        if not (check or diff):
            for line in recover(repository):
                say(line)
        scope = scope_of(repository, paths)
        survey, outcomes = look(repository, scope, prefer, adopt=adopt, skip_good=True)
        changes = [change for one in outcomes for change in one.changes]
        findings = [finding for one in outcomes for finding in one.findings]
        if diff:
            print_diff(changes)
        elif check:
            print_lines(f"to do: {one.note}" for one in changes if not quiet)
        else:
            write(repository, changes, "mlv sync", say)
            survey.record(outcomes)
            print_lines(one.note for one in changes if not quiet)
        print_findings(findings)
        if not (paths or quiet or outcomes or survey.tracks_notebooks()):
            note_no_notebook("mlv sync")
        sys.exit(1 if findings or (changes and (check or diff)) else 0)


main.add_command(check)


@main.command(short_help="Explain a rule, or list them all.")
@click.argument("code", required=False)
@click.option("--all", "whole", is_flag=True, hidden=True, help="Print docs/rules.md.")
def rule(code: str | None, whole: bool) -> None:
    """Explain the rule CODE, such as MLV302 or script-stale; without a code, list all rules."""
    from mlv_hooks.rules import all_rules, find_rule, manual

    if whole:
        click.echo(manual(), nl=False)
    elif code is None:
        width = max(len(one.name) for one in all_rules())
        for one in all_rules():
            click.echo(f"{one.code}  {one.name:{width}}  {one.fix:6}  {one.summary}")
    elif found := find_rule(code):
        click.echo(found.page, nl=False)
    else:
        fail(f"there is no rule {code!r}: `mlv rule` lists them", USAGE)


@main.command(short_help="Run notebooks and their steps, and compare.")
@click.argument("notebooks", nargs=-1, required=True, type=click.Path(), metavar="NOTEBOOK...")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="End a run that takes longer; each notebook takes at least two runs.",
)
@click.option(
    "--jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Notebooks at a time."
)
@click.option("--keep", is_flag=True, help="Keep the copies in which they ran; say where.")
def verify(notebooks: Sequence[str], timeout: float | None, jobs: int, keep: bool) -> None:
    """Run each NOTEBOOK and its step, and compare what they wrote.

    Each runs in a copy of the worktree of its own; nothing is written in yours. The declared
    outputs are compared, or else all files that either wrote. Where they differ, dropped cells are
    put back to find the one that is the cause.
    """
    with errors():
        from mlv_hooks.commands.progress import progress_bar
        from mlv_hooks.notebook import NotebookError
        from mlv_hooks.verify.runs import KernelError, check_installed
        from mlv_hooks.verify.verify import verify_all
        from mlv_hooks.verify.verify_request import request

        repository = open_repository()
        projects, read = projects_of(repository), reader_of(repository)
        findings, wanted = [], []
        paths = [notebook_path(repository, one, read) for one in notebooks]
        try:
            check_installed()
        except KernelError as error:
            fail(str(error), USAGE)
        for path in dict.fromkeys(paths):
            try:
                data = read(path) or b""
                top = repository.git.top
                wanted.append(request(top, path, data, projects.of(path), timeout, keep))
            except NotebookError as error:
                findings.append(error.diagnostic(path))
        with progress_bar("verifying") as progress:
            verdicts = verify_all(wanted, jobs, progress)
        for one in verdicts:
            print_lines(f"{one.path}: {line}" for line in one.lines())
        print_findings(findings)
        sys.exit(1 if findings or any(one.problems for one in verdicts) else 0)


main.add_command(graph)
main.add_command(backups)


main.add_command(hook)


def _print_step(repository: Repository, paths: Sequence[str]) -> NoReturn:
    from mlv_hooks.content import Content
    from mlv_hooks.notebook import NotebookError, parse_notebook
    from mlv_hooks.step.step import format_modules
    from mlv_hooks.step.step_of import translate
    from mlv_hooks.step.steps import step_findings

    if len(paths) != 1:
        raise click.UsageError("--step shows one notebook: name it")
    read = reader_of(repository)
    path = notebook_path(repository, paths[0], read)
    data = read(path) or b""
    try:
        parse_notebook(data)
    except NotebookError as error:
        print_findings([error.diagnostic(path)])
        sys.exit(1)
    result = translate(Content(lambda: data), path, projects_of(repository).of(path))
    if result.text is None:
        print_findings(list(step_findings(path, result.problems)))
        sys.exit(1)
    click.echo(format_modules([result.text])[0], nl=False)
    sys.exit(0)
