"""The command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mlv_hooks import __version__

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.diagnostics import Diagnostic
    from mlv_hooks.pairing import Outcome
    from mlv_hooks.plan import Change
    from mlv_hooks.survey import Progress, Repository, Scope, Survey

USAGE, INTERNAL = 2, 3

_PATHS = click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")


class _Group(click.Group):
    """Keeps the commands in the order in which people need them; says what is wrong in one line."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)

    def main(self, *args: Any, standalone_mode: bool = True, **more: Any) -> Any:
        run: Any = super().main
        if not standalone_mode:
            return run(*args, standalone_mode=False, **more)
        try:
            code = run(*args, standalone_mode=False, **more)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(USAGE)
        except click.UsageError as error:
            message = error.format_message().rstrip(".")
            command = error.ctx.command_path if error.ctx else "mlv"
            _fail(f"{message[:1].lower()}{message[1:]}: see `{command} --help`", USAGE)
        except click.Abort:
            _fail("stopped", 130)
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
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
    with _errors():
        from mlv_hooks.init import InitRefused, plan_init, report

        repository = _repository()
        try:
            plan = plan_init(_reader(repository), __version__)
        except InitRefused as error:
            _fail(str(error), USAGE)
        if dry_run:
            _print_diff(plan.changes)
        else:
            from mlv_hooks.apply import write

            write(repository, plan.changes, "mlv init")
        unpaired = _survey(repository).unpaired()
        _print_lines(report(plan, unpaired, dry_run=dry_run))


@main.command(short_help="Bring notebooks and scripts in line, from either side.")
@_PATHS
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if something would change.")
@click.option(
    "--prefer",
    type=click.Choice(["notebook", "script"]),
    help="Where both sides changed the same, take this side whole; the other goes to the backups.",
)
@click.option("--diff", "--dry-run", "diff", is_flag=True, help="Show the changes; write nothing.")
@click.option("--step", is_flag=True, help="Print the step of one notebook; write nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
def sync(
    paths: Sequence[str], check: bool, prefer: str | None, diff: bool, step: bool, quiet: bool
) -> None:
    """Bring notebooks and their scripts in line, whichever side was edited.

    PATHS are notebooks, scripts or folders; without any, all that git tracks. Nothing is staged.
    What was edited since the last commit wins; edits on both sides are merged by cell.
    Notebooks that declare a stage (`:dvc-out model:` and the like beside their parameters) or ask
    for it ("mlv": {"step": true} in their metadata) get a step too, a module that does their work.
    """
    with _errors():
        from mlv_hooks.apply import recover, write

        repository = _repository()
        if step:
            _print_step(repository, paths)
        if not (check or diff):
            for line in recover(repository):
                _say(line)
        survey, outcomes = _look(repository, _scope(repository, paths), prefer, skip_good=True)
        changes = [change for one in outcomes for change in one.changes]
        findings = [finding for one in outcomes for finding in one.findings]
        if diff:
            _print_diff(changes)
        elif check:
            _print_lines(f"to do: {one.note}" for one in changes if not quiet)
        else:
            write(repository, changes, "mlv sync")
            survey.record(outcomes)
            _print_lines(one.note for one in changes if not quiet)
        _print_findings(findings)
        if not (paths or quiet or outcomes or survey.tracks_notebooks()):
            _note("git tracks no notebook here: `git add` them, or name them: `mlv sync .`")
        sys.exit(1 if findings or (changes and (check or diff)) else 0)


@main.command(short_help="Report what is out of line; write nothing.")
@_PATHS
@click.option("--output-format", type=click.Choice(["text", "json"]), help="Default: text.")
@click.option("--select", default="", help="Rules to check, by code or prefix: MLV3,MLV001.")
@click.option("--ignore", default="", help="Rules to leave out, by code or prefix.")
def check(paths: Sequence[str], output_format: str | None, select: str, ignore: str) -> None:
    """Report what is wrong with notebooks and their scripts; write nothing.

    PATHS are notebooks, scripts or folders; without any, all that git tracks.
    """
    with _errors():
        from mlv_hooks.config import check_codes
        from mlv_hooks.examine import examine
        from mlv_hooks.reporters import render

        repository = _repository()
        chosen, ignored = _codes(select), _codes(ignore)
        check_codes(chosen, "--select")
        check_codes(ignored, "--ignore")
        settings = _settings(repository)
        survey, outcomes = _look(repository, _scope(repository, paths))
        found = examine(survey, outcomes, settings, chosen, ignored)
        click.echo(render(found, output_format or settings.output_format), nl=False)
        sys.exit(1 if found else 0)


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
            click.echo(f"{one.code}  {one.name:{width}}  {one.summary}")
    elif found := find_rule(code):
        click.echo(found.page, nl=False)
    else:
        _fail(f"there is no rule {code!r}: `mlv rule` lists them", USAGE)


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
    with _errors():
        from mlv_hooks.notebook import NotebookError
        from mlv_hooks.progress import progress_bar
        from mlv_hooks.runs import KernelError, check_installed
        from mlv_hooks.verify import verify_all
        from mlv_hooks.verify_request import request

        repository = _repository()
        settings, read = _settings(repository), _reader(repository)
        findings, wanted = [], []
        paths = [_notebook_path(repository, one, read) for one in notebooks]
        try:
            check_installed()
        except KernelError as error:
            _fail(str(error), USAGE)
        for path in dict.fromkeys(paths):
            try:
                data = read(path) or b""
                top = repository.git.top
                wanted.append(request(top, path, data, settings, timeout, keep))
            except NotebookError as error:
                findings.append(error.diagnostic(path))
        with progress_bar("verifying") as progress:
            verdicts = verify_all(wanted, jobs, progress)
        for one in verdicts:
            _print_lines(f"{one.path}: {line}" for line in one.lines())
        _print_findings(findings)
        sys.exit(1 if findings or any(one.problems for one in verdicts) else 0)


@main.group(cls=_Group, short_help="List and restore what mlv overwrote.")
def backups() -> None:
    """What mlv overwrote and git did not hold: list, show, restore.

    Before a file is overwritten whose content is in no commit, it is kept here.
    """


@backups.command(name="list", short_help="List the backups, newest first.")
def list_backups() -> None:
    """List the backups, newest first: id, time, and the files in each."""
    with _errors():
        import time

        from mlv_hooks import backups as store

        found = store.entries(_repository().git)
        if not found:
            _note("there are no backups: nothing was overwritten that git did not hold")
        for one in found:
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.when))
            _say(f"{one.id}  {when}  {one.reason}: {', '.join(one.paths)}")


@backups.command(short_help="Print a file of a backup.")
@click.argument("id")
@click.argument("path", required=False)
def show(id: str, path: str | None) -> None:
    """Print the file at PATH as backup ID holds it.

    Without PATH: the only file, or the names of all. ID is what `mlv backups list` shows.
    """
    with _errors():
        from mlv_hooks import backups as store

        repository = _repository()
        git = repository.git
        saved = store.find(git, id).paths
        if path is None and len(saved) > 1:
            _print_lines(saved)
            return
        wanted = saved[0] if path is None else _from_top(repository, path)
        sys.stdout.buffer.write(store.read(git, id, wanted))


@backups.command(short_help="Put files of a backup back.")
@click.argument("id")
@_PATHS
def restore(id: str, paths: Sequence[str]) -> None:
    """Put the files of backup ID back into the worktree, or those of PATHS alone.

    What they replace is backed up in its turn. ID is what `mlv backups list` shows.
    """
    with _errors():
        from mlv_hooks import backups as store
        from mlv_hooks.apply import recover, write
        from mlv_hooks.plan import Change

        repository = _repository()
        for line in recover(repository):
            _say(line)
        git, read = repository.git, _reader(repository)
        wanted = [_from_top(repository, one) for one in paths] or store.find(git, id).paths
        kept = {path: store.read(git, id, path) for path in wanted}
        changes = [
            Change(path, read(path), content, f"{path} <- backup {id}")
            for path, content in kept.items()
            if read(path) != content
        ]
        write(repository, changes, f"before the restore of {id}")
        _print_lines(one.note for one in changes)
        same = [path for path in kept if path not in {one.path for one in changes}]
        _print_lines(f"{path} is as in backup {id} already" for path in same)


@main.group(hidden=True)
def hook() -> None:
    """What pre-commit calls."""


@hook.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("files", nargs=-1, type=click.UNPROCESSED)
def pair(files: Sequence[str]) -> None:
    """Pair the notebooks and scripts of the commit under way, and stage what was written."""
    with _errors():
        from mlv_hooks.hook import Run

        repository = _repository()
        run = Run(repository, _settings(repository), os.environ, _say, _print_findings)
        sys.exit(run.pair(files))


# --- what the commands share


@contextmanager
def _errors() -> Iterator[None]:
    """Turn what stops a run into one line and an exit code."""
    from mlv_hooks.backups import BackupNotFound
    from mlv_hooks.config import ConfigError
    from mlv_hooks.git import GitError
    from mlv_hooks.writer import WriteRefused

    try:
        yield
    except (BackupNotFound, WriteRefused, GitError) as error:
        _fail(str(error), 1)
    except ConfigError as error:
        _fail(str(error), USAGE)
    except click.ClickException:
        raise
    except Exception as error:
        if "MLV_TRACEBACK" in os.environ:
            raise
        _fail(f"internal error ({error!r}): run with MLV_TRACEBACK=1 and report it", INTERNAL)


def _fail(message: str, code: int) -> NoReturn:
    from mlv_hooks.reporters.text import printable

    click.echo(f"mlv: {printable(message)}", err=True)
    sys.exit(code)


def _repository() -> Repository:
    from mlv_hooks.git import find_repository, why_no_worktree
    from mlv_hooks.survey import Repository

    try:
        found = find_repository(os.getcwd())
    except FileNotFoundError:
        _fail("git is not installed, or this folder is gone", USAGE)
    if found is None:
        _fail(why_no_worktree(os.getcwd()), USAGE)
    return Repository(*found)


def _settings(repository: Repository) -> Settings:
    from mlv_hooks.config import load_settings

    return load_settings(_reader(repository))


def _reader(repository: Repository) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        try:
            with open(os.path.join(repository.git.top, path), "rb") as file:
                return file.read()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None

    return read


def _survey(
    repository: Repository, prefer: str | None = None, progress: Progress | None = None
) -> Survey:
    from mlv_hooks.survey import Survey

    return Survey(repository, _settings(repository), prefer=prefer, progress=progress)


def _look(
    repository: Repository, scope: Scope, prefer: str | None = None, *, skip_good: bool = False
) -> tuple[Survey, list[Outcome]]:
    from mlv_hooks.progress import progress_bar

    with progress_bar("pairing") as progress:
        survey = _survey(repository, prefer, progress)
        return survey, survey.outcomes(scope, skip_good=skip_good)


def _scope(repository: Repository, paths: Sequence[str]) -> Scope:
    from mlv_hooks.survey import Scope

    if not paths:
        return Scope()
    git = repository.git
    wanted: list[str] = []
    for path in paths:
        inner = _from_top(repository, path)
        here = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        found = git.run("--literal-pathspecs", *here, "--", inner)
        # What is deleted, and staged so, is in HEAD alone.
        then = ("ls-tree", "-r", "-z", "--full-tree", "--name-only", "HEAD")
        found += git.run("--literal-pathspecs", *then, "--", inner, check=False)
        if not found and not os.path.lexists(os.path.join(git.top, inner)):
            _fail(f"there is no file {path}", USAGE)
        wanted += [os.fsdecode(one) for one in found.split(b"\0")[:-1]]
        wanted += [] if os.path.isdir(path) else [inner, *_new_notebook(repository, inner)]
    return Scope(paths=tuple(dict.fromkeys(wanted)))


def _new_notebook(repository: Repository, script: str) -> list[str]:
    """Return the notebook beside ``script``, which git need not track yet."""
    path = f"{os.path.splitext(script)[0]}.ipynb"
    return [path] if os.path.isfile(os.path.join(repository.git.top, path)) else []


def _from_top(repository: Repository, path: str) -> str:
    top = os.path.realpath(repository.git.top)
    folder = os.path.realpath(os.path.dirname(os.path.abspath(path)))
    inner = os.path.relpath(os.path.join(folder, os.path.basename(os.path.abspath(path))), top)
    if inner.split(os.sep)[0] == "..":
        _fail(f"{path} is outside of this repository", USAGE)
    return inner.replace(os.sep, "/")


def _notebook_path(repository: Repository, path: str, read: Callable[[str], bytes | None]) -> str:
    inner = _from_top(repository, path)
    if not inner.endswith(".ipynb"):
        raise click.UsageError(f"{path} is no notebook: name .ipynb files")
    if read(inner) is None:
        raise click.UsageError(f"there is no file {path}")
    return inner


def _print_step(repository: Repository, paths: Sequence[str]) -> NoReturn:
    from mlv_hooks.content import Content
    from mlv_hooks.notebook import NotebookError, parse_notebook
    from mlv_hooks.step import format_modules
    from mlv_hooks.step_of import translate
    from mlv_hooks.steps import step_findings

    if len(paths) != 1:
        raise click.UsageError("--step shows one notebook: name it")
    read = _reader(repository)
    path = _notebook_path(repository, paths[0], read)
    data = read(path) or b""
    try:
        parse_notebook(data)
    except NotebookError as error:
        _print_findings([error.diagnostic(path)])
        sys.exit(1)
    result = translate(Content(lambda: data), path, _settings(repository))
    if result.text is None:
        _print_findings(list(step_findings(path, result.problems)))
        sys.exit(1)
    click.echo(format_modules([result.text])[0], nl=False)
    sys.exit(0)


def _codes(text: str) -> list[str]:
    return [code for part in text.split(",") if (code := part.strip())]


def _say(line: str) -> None:
    from mlv_hooks.reporters.text import printable

    click.echo(printable(line))


def _note(line: str) -> None:
    """Say something that is no result: it shall not go down a pipe."""
    click.echo(line, err=True)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        _say(line)


def _print_findings(findings: Sequence[Diagnostic]) -> None:
    from mlv_hooks.reporters import render

    click.echo(render(findings, "text"), nl=False, err=True)


def _print_diff(changes: Sequence[Change]) -> None:
    from difflib import unified_diff

    for change in changes:
        old, new = (_lines(data) for data in (change.old, change.new))
        names = (
            "/dev/null" if change.old is None else f"a/{change.path}",
            "/dev/null" if change.new is None else f"b/{change.path}",
        )
        for line in unified_diff(old, new, *names, lineterm=""):
            _say(line)


def _lines(data: bytes | None) -> list[str]:
    return (data or b"").decode("utf-8", "replace").splitlines()
