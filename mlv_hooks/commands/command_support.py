"""What the commands share: how they find the repository, and how they speak and end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from mlv_hooks.diagnostics import Diagnostic
    from mlv_hooks.pair.pairing import Outcome
    from mlv_hooks.plan import Change
    from mlv_hooks.projects import Projects
    from mlv_hooks.survey import Progress, Repository, Scope, Survey

USAGE, INTERNAL = 2, 3

PATHS = click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")


class Group(click.Group):
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
            fail(f"{message[:1].lower()}{message[1:]}: see `{command} --help`", USAGE)
        except click.Abort:
            fail("stopped", 130)
        sys.exit(code if isinstance(code, int) else 0)


@contextmanager
def errors() -> Iterator[None]:
    """Turn what stops a run into one line and an exit code."""
    from mlv_hooks.config import ConfigError
    from mlv_hooks.repository.backups import BackupNotFound
    from mlv_hooks.repository.git import GitError
    from mlv_hooks.repository.writer import WriteRefused

    try:
        yield
    except (BackupNotFound, WriteRefused, GitError) as error:
        fail(str(error), 1)
    except ConfigError as error:
        fail(str(error), USAGE)
    except click.ClickException:
        raise
    except BrokenPipeError:  # whoever read our output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if "MLV_TRACEBACK" in os.environ:
            raise
        fail(f"internal error ({error!r}): run with MLV_TRACEBACK=1 and report it", INTERNAL)


def fail(message: str, code: int) -> NoReturn:
    from mlv_hooks.reporters.escapes import printable

    click.echo(f"mlv: {printable(message)}", err=True)
    sys.exit(code)


def open_repository() -> Repository:
    from mlv_hooks.repository.git import find_repository, why_no_worktree
    from mlv_hooks.survey import Repository

    try:
        found = find_repository(os.getcwd())
    except FileNotFoundError:
        fail("git is not installed, or this folder is gone", USAGE)
    if found is None:
        fail(why_no_worktree(os.getcwd()), USAGE)
    return Repository(*found)


def projects_of(repository: Repository) -> Projects:
    from mlv_hooks.projects import Projects

    return Projects(reader_of(repository))


def reader_of(repository: Repository) -> Callable[[str], bytes | None]:
    from mlv_hooks.repository.files import content_of

    return partial(content_of, repository.git.top)


def survey_of(
    repository: Repository,
    prefer: str | None = None,
    adopt: bool = False,
    progress: Progress | None = None,
) -> Survey:
    from mlv_hooks.survey import Survey

    projects = projects_of(repository)
    return Survey(repository, projects, prefer=prefer, adopt=adopt, progress=progress)


def look(
    repository: Repository,
    scope: Scope,
    prefer: str | None = None,
    *,
    adopt: bool = False,
    skip_good: bool = False,
) -> tuple[Survey, list[Outcome]]:
    from mlv_hooks.commands.progress import progress_bar

    with progress_bar("pairing") as progress:
        survey = survey_of(repository, prefer, adopt, progress)
        return survey, survey.outcomes(scope, skip_good=skip_good)


def scope_of(repository: Repository, paths: Sequence[str]) -> Scope:
    from mlv_hooks.survey import Scope

    if not paths:
        return Scope()
    git = repository.git
    wanted: list[str] = []
    for path in paths:
        inner = from_top(repository, path)
        here = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        found = git.run("--literal-pathspecs", *here, "--", inner)
        # What is deleted, and staged so, is in HEAD alone.
        then = ("ls-tree", "-r", "-z", "--full-tree", "--name-only", "HEAD")
        found += git.run("--literal-pathspecs", *then, "--", inner, check=False)
        if not found and not os.path.lexists(os.path.join(git.top, inner)):
            fail(f"there is no file {path}", USAGE)
        wanted += [os.fsdecode(one) for one in found.split(b"\0")[:-1]]
        wanted += [] if os.path.isdir(path) else [inner, *_new_notebook(repository, inner)]
    return Scope(paths=tuple(dict.fromkeys(wanted)))


def _new_notebook(repository: Repository, script: str) -> list[str]:
    """Return the notebook beside ``script``, which git need not track yet."""
    path = f"{os.path.splitext(script)[0]}.ipynb"
    return [path] if os.path.isfile(os.path.join(repository.git.top, path)) else []


def from_top(repository: Repository, path: str) -> str:
    top = os.path.realpath(repository.git.top)
    folder = os.path.realpath(os.path.dirname(os.path.abspath(path)))
    inner = os.path.relpath(os.path.join(folder, os.path.basename(os.path.abspath(path))), top)
    if inner.split(os.sep)[0] == "..":
        fail(f"{path} is outside of this repository", USAGE)
    return inner.replace(os.sep, "/")


def notebook_path(repository: Repository, path: str, read: Callable[[str], bytes | None]) -> str:
    inner = from_top(repository, path)
    if not inner.endswith(".ipynb"):
        raise click.UsageError(f"{path} is no notebook: name .ipynb files")
    if read(inner) is None:
        raise click.UsageError(f"there is no file {path}")
    return inner


def say(line: str) -> None:
    from mlv_hooks.reporters.escapes import printable

    click.echo(printable(line))


def note(line: str) -> None:
    """Say something that is no result: it shall not go down a pipe."""
    from mlv_hooks.reporters.escapes import printable

    click.echo(printable(line), err=True)


def note_no_notebook(command: str) -> None:
    """Say what to do where a command without paths has nothing to look at."""
    note(f"git tracks no notebook here: `git add` them, or name them: `{command} .`")


def print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


def print_findings(findings: Sequence[Diagnostic]) -> None:
    from mlv_hooks.reporters import render

    click.echo(render(findings, "text"), nl=False, err=True)


def wants_colour() -> bool:
    """Say whether people read what is printed on a terminal that shows colours."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def print_diff(changes: Sequence[Change]) -> None:
    from difflib import unified_diff

    for change in changes:
        old, new = (_lines(data) for data in (change.old, change.new))
        names = (
            "/dev/null" if change.old is None else f"a/{change.path}",
            "/dev/null" if change.new is None else f"b/{change.path}",
        )
        for line in unified_diff(old, new, *names, lineterm=""):
            say(line)


def _lines(data: bytes | None) -> list[str]:
    return (data or b"").decode("utf-8", "replace").splitlines()
