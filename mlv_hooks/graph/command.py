"""`mlv graph`: show the pipeline and its notebooks."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from mlv_hooks.commands.command_support import (
    USAGE,
    errors,
    fail,
    from_top,
    note,
    open_repository,
    print_findings,
    reader_of,
    say,
)

if TYPE_CHECKING:
    from mlv_hooks.graph.gather import Gathered
    from mlv_hooks.graph.model import Graph
    from mlv_hooks.survey import Repository

_FORMATS = ("tree", "mermaid", "dot", "svg", "png")
# No .md or .txt: such a file is mostly one that somebody wrote, a README or requirements.txt.
_SUFFIXES = {
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".dot": "dot",
    ".gv": "dot",
    ".svg": "svg",
    ".png": "png",
}
_MERMAID_ARROWS = 500  # unless the page that shows it sets `maxEdges`
_COLOURS = {
    "CURRENT": "green",
    "STALE": "red",
    "NEVER": "red",
    "AFTER": "yellow",
    "DIFFERS": "yellow",
    "MISSING": "magenta",
    "FROZEN": "cyan",
    "UNKNOWN": "blue",
}


@click.command(short_help="Show the pipeline and its notebooks.")
@click.argument("what", nargs=-1)
@click.option(
    "--format", "fmt", type=click.Choice(_FORMATS), help="Default: tree, or what --output ends in."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write a file: pipeline.svg, .png, .mmd or .dot.",
)
@click.option("--no-status", is_flag=True, help="Draw only; don't look at what is up to date.")
def graph(what: tuple[str, ...], fmt: str | None, output: str | None, no_status: bool) -> None:
    """Show the stages of dvc.yaml, the notebooks they come from, and the files between them.

    WHAT is a stage, a notebook or a file: then only that is shown, with all that it needs.

    Stages that `dvc repro` would run again are marked, with the reason. DVC itself is not needed:
    files and parameters are held against dvc.lock. Nothing is run, and nothing is changed.

    \b
    mlv graph                        a tree, here in the terminal
    mlv graph train                  the stage train, and the stages that it needs
    mlv graph --output pipeline.svg  a picture (.png needs `pip install 'mlv-hooks[png]'`)
    mlv graph --format mermaid       for a README or an issue on GitHub
    """
    with errors():
        from mlv_hooks.graph.gather import GraphError, NotThere, gather

        chosen = _format(fmt, output)
        repository = open_repository()
        words = {word: from_top(repository, word) for word in what}
        try:
            gathered = gather(repository, from_top(repository, "."), words, status=not no_status)
        except NotThere as error:
            word = str(error)
            fail(
                f"no stage, notebook or file of this pipeline is {word!r}: "
                "`mlv graph` shows them all",
                USAGE,
            )
        except GraphError as error:
            print_findings([error.finding])
            sys.exit(1)
        found, held = gathered.graph, gathered.held
        if held:
            note(f"{held} problem{'s' * (held > 1)} with what notebooks declare: see `mlv check`")
        if not found.stages:
            message = _nothing(gathered)
            if output:
                fail(message, 1)
            note(message)
            return
        if output:
            _save(repository, output, gathered.pipeline, _drawn(found, chosen, output))
        elif chosen == "tree":
            _print_tree(found)
        else:
            click.echo(_drawn(found, chosen, ""), nl=False)
        for circle in found.circles:
            _say_circle(circle)
        sys.exit(1 if found.circles else 0)


def _nothing(gathered: Gathered) -> str:
    """Return what to type where there is no stage."""
    if gathered.others:
        folder = os.path.dirname(gathered.others[0]) or "."
        return f"{gathered.pipeline} has no stage, {gathered.others[0]} may: cd {folder}"
    return (
        "there is no stage here: declare one beside a notebook's parameters, with "
        "`:dvc-out model: models/model.bin` (docs/stage.md)"
    )


def _say_circle(circle: tuple[str, ...]) -> None:
    """Tell of stages that wait for each other."""
    from mlv_hooks.reporters.escapes import printable

    way = " -> ".join(circle)
    text = f"the stages run in a circle, {way}: one must read what none of them writes"
    note(f"mlv: {printable(text)}")


def _format(fmt: str | None, output: str | None) -> str:
    if fmt is None and output:
        suffix = os.path.splitext(output)[1].lower()
        if suffix not in _SUFFIXES:
            known = ", ".join(_SUFFIXES)
            raise click.UsageError(
                f"no format is told by {output!r}: end it in one of {known}, or add --format"
            )
        return _SUFFIXES[suffix]
    if fmt == "png" and not output:
        raise click.UsageError("a PNG is no text: name a file, `--output pipeline.png`")
    return fmt or "tree"


def _print_tree(found: Graph) -> None:
    from mlv_hooks.graph.text import ASCII, UNICODE, tree

    shown = sys.stdout.isatty()
    encoding = sys.stdout.encoding or "ascii"
    plain = not shown or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"

    def paint(text: str, style: str) -> str:
        if plain:
            return text
        return click.style(
            text, _COLOURS.get(style), bold=style == "bold" or None, dim=style == "dim" or None
        )

    width = shutil.get_terminal_size().columns if shown else None
    signs = UNICODE if _can_show("".join(UNICODE), encoding) else ASCII
    for line in tree(found, signs, paint, width):
        click.echo(line.encode(encoding, "backslashreplace").decode(encoding), color=not plain)


def _can_show(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _drawn(found: Graph, chosen: str, output: str) -> bytes | str:
    """Return a graph in the format that was chosen."""
    if chosen == "tree":
        from mlv_hooks.graph.text import UNICODE, tree

        return "\n".join(tree(found, UNICODE, lambda text, style: text)) + "\n"
    from mlv_hooks.graph.drawing import drawing

    boxes = drawing(found)
    if chosen == "mermaid":
        from mlv_hooks.graph.mermaid import mermaid

        if len(boxes.arrows) > _MERMAID_ARROWS:
            note(f"Mermaid shows no more than {_MERMAID_ARROWS} arrows: --output pipeline.svg does")
        text = mermaid(boxes)
        return f"```mermaid\n{text}```\n" if output.endswith(".md") else text
    if chosen == "dot":
        from mlv_hooks.graph.dot import dot

        return dot(boxes)
    from mlv_hooks.graph.svg import TooLarge, svg

    try:
        picture = svg(boxes)
    except TooLarge as error:
        fail(str(error), 1)
    if chosen == "svg":
        return picture
    from mlv_hooks.graph.png import NoPng, png

    try:
        return png(picture)
    except NoPng as error:
        fail(str(error), USAGE)


def _save(repository: Repository, output: str, pipeline: str, content: bytes | str) -> None:
    """Write a file whole or not at all; one in the repository keeps what it overwrites."""
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    top = os.path.realpath(repository.git.top)
    folder = os.path.realpath(os.path.dirname(os.path.abspath(output)))
    if os.path.commonpath([top, folder]) == top:
        from mlv_hooks.plan import Change
        from mlv_hooks.repository.apply import write

        path = from_top(repository, output)
        old = reader_of(repository)(path)
        if old == data:
            say(f"{output} is up to date")
            return
        write(repository, [Change(path, old, data, "")], "mlv graph")
    else:
        _save_outside(output, folder, data)
    say(f"{output} <- {pipeline}")


def _save_outside(output: str, folder: str, data: bytes) -> None:
    from mlv_hooks.repository.files import refusing, temp_name, write_new

    name = os.path.basename(output)
    temporary = os.path.join(folder, temp_name(name))
    with refusing(output):
        write_new(temporary, data, None)
        os.replace(temporary, os.path.join(folder, name))
