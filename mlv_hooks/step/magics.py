"""IPython syntax -> Python statements, or the reason why a step can't do it.

`translate` takes one ``Magic`` and gives statements. What only looks (`%matplotlib`, `?help`,
`%%html`) becomes nothing; neither does a step install packages.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Collection
from dataclasses import dataclass

from mlv_hooks.analysis.kernel import LOOKING, PACKAGES, SETTING, SHOWING
from mlv_hooks.analysis.source import Magic
from mlv_hooks.step.expressions import expression
from mlv_hooks.step.interpolation import interpolate

# What a step does something about, or can't leave out.
_KEPT = frozenset(["alias", "load_ext", "logoff", "logon", "pwd", "reload_ext"])
# What they leave behind is the kernel's, or beside the notebook.
_OF_THE_KERNEL = frozenset(["bookmark", "killbgscripts", "notebook", "qtconsole"])
LOOKS = (LOOKING | SETTING | _OF_THE_KERNEL) - _KEPT
"""Line magics that show something, or change only what is shown."""

SHOWS = SHOWING | {"SVG"}
"""Cell magics that show their body."""

ALIASES = frozenset(["cp", "mkdir", "mv", "rm", "rmdir"])
EXTENSIONS = frozenset(
    [
        "autoreload",
        "autotime",
        "cython",
        "dotenv",
        "google.colab.data_table",
        "heat",
        "ipytest",
        "jupyter_black",
        "lab_black",
        "line_profiler",
        "memory_profiler",
        "nb_black",
        "nb_mypy",
        "pretty_jupyter",
        "rpy2.ipython",
        "scalene",
        "snakeviz",
        "sql",
        "tensorboard",
        "watermark",
    ]
)
"""Extensions that change nothing before one of their own magics is used."""

INSTALL = re.compile(
    r"\s*(?:sudo\s+)?(?:(?:\{sys\.executable\}|python3?)\s+-m\s+)?"
    r"(?:pip3?|conda|mamba|uv\s+pip|uv)\s+(?:install|uninstall|update|upgrade|add)\b[^;&|]*"
)

# Attributes by which the list of `x = !cmd` is more than a list.
SLIST = frozenset(
    [
        "n",
        "s",
        "l",
        "p",
        "grep",
        "fields",
        "nlstr",
        "spstr",
        "list",
        "paths",
        "get_list",
        "get_nlstr",
    ]
)


class Refused(ValueError):
    """What a step can't do; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a magic stands.

    ``known``: names that have a value there. ``use`` gives the name by which a module of the
    standard library, or one of our helpers, is called in the step, and notes that it is needed.
    ``pure`` says whether evaluating an expression surely changes nothing, ``calm`` whether running
    the code of a magic does, however often.
    """

    known: Collection[str]
    use: Callable[[str], str]
    pure: Callable[[ast.expr], bool]
    calm: Callable[[Magic], bool]


def translate(magic: Magic, place: Place) -> list[ast.stmt]:
    """Return the statements that do what the magic does; raise ``Refused``."""
    if magic.kind == "help":
        return []
    if magic.kind == "shell":
        return _shell(magic, place)
    if magic.kind == "cell":
        return _cell(magic, place)
    return _line(magic, place)


def runs_body(magic: Magic) -> bool:
    """Say whether the statements below the magic are the notebook's own and run once."""
    return magic.kind == "cell" and magic.name in ("time", "prun", "capture")


def captures(magic: Magic, place: Place) -> tuple[list[str], str]:
    """Return the context managers of a `%%capture`, and the name that it binds."""
    words = _words(magic.argument)
    options = {word for word in words if word.startswith("-")}
    names = [word for word in words if not word.startswith("-")]
    if options - {"--no-stdout", "--no-stderr", "--no-display"} or len(names) > 1:
        raise Refused(f"%%capture {magic.argument} can't be done in a step")
    sink = f"{place.use('io')}.StringIO()"
    managers = [
        f"{place.use('contextlib')}.redirect_{stream}({sink})"
        for stream in ("stdout", "stderr")
        if f"--no-{stream}" not in options
    ]
    return managers, names[0] if names else ""


# --- the shell


def _shell(magic: Magic, place: Place) -> list[ast.stmt]:
    command = magic.argument
    if INSTALL.fullmatch(command) and not magic.target:
        return []
    if command.rstrip().endswith("&"):
        raise Refused("a command in the background can't be followed by a step: leave out the `&`")
    given = expression(interpolate(command.strip(), place.known))
    if magic.target:
        return _parse(f"{magic.target} = {place.use('shell_output')}({given}).splitlines()")
    helper = "shell_output" if magic.name == "!!" else "shell"
    return _parse(f"{place.use(helper)}({given})")


def _script(command: list[str], magic: Magic, place: Place) -> list[ast.stmt]:
    words = [*command, *_words(_filled(magic, place))]
    check = "--no-raise-error" not in words
    words = [word for word in words if word != "--no-raise-error"]
    if any(word.startswith("--") for word in words) or not words:
        raise Refused(f"%%{magic.name} {magic.argument} can't be done in a step: use subprocess")
    given = ", ".join(
        [
            expression(ast.List([ast.Constant(word) for word in words])),
            expression(ast.Constant(_body(magic))),
        ]
    )
    return _parse(f"{place.use('script')}({given}{'' if check else ', check=False'})")


# --- line magics


def _line(magic: Magic, place: Place) -> list[ast.stmt]:
    name, argument = magic.name, magic.argument.strip()
    if name in ("time", "prun"):
        return _run_once(magic, place)
    if name in ("timeit", "memit"):
        return _run_often(magic, place)
    if magic.target:
        return _value(magic, place)
    if name in ("env", "set_env"):
        return _environment(magic, place)
    if name == "cd":
        return _change_folder(magic, place)
    if name == "pwd" or name in PACKAGES:
        return []
    if name in ("load_ext", "reload_ext"):
        return _extension(argument)
    if name == "config" and re.match(r"InlineBackend\.rc\b", argument):
        raise Refused("%config InlineBackend.rc changes the plots: set matplotlib.rcParams instead")
    if name in LOOKS:
        return []
    if name in ALIASES:
        command = interpolate(f"{name} {argument}", place.known)
        return _parse(f"{place.use('shell')}({expression(command)})")
    if name in ("sx", "system", "sc"):
        command = interpolate(argument, place.known)
        return _parse(f"{place.use('shell_output')}({expression(command)})")
    if name.startswith("%"):
        raise Refused(f"%{name} is known in the first line of a cell only: move it up")
    raise Refused(INSTEAD.get(name, f"%{name} can't be done in a step: write it in Python"))


INSTEAD = {
    "run": "%run can't be done in a step: import what the other file defines",
    "pylab": "%pylab can't be done in a step: import numpy and matplotlib.pyplot",
    "store": "%store can't be done in a step: write a file and read it",
    "reset": "%reset can't be done in a step: take it out, a step always starts afresh",
    "load": "%load can't be done in a step: put the code itself into the cell",
    "sql": "%sql can't be done in a step: query with pandas.read_sql or the driver",
    "R": "%R can't be done in a step: call R with subprocess or rpy2",
}


def _run_once(magic: Magic, place: Place) -> list[ast.stmt]:
    code = magic.argument
    if magic.name == "prun" and code.lstrip().startswith("-"):
        raise Refused("%prun with options can't be done in a step: take it out")
    body = _python(magic, re.sub(r"^(?:\s*--?(?:no-raise-error|n|r)\b)+", "", code))
    if magic.target:
        if len(body) != 1 or not isinstance(body[0], ast.Expr):
            raise Refused(f"`{magic.target} = %{magic.name}` needs an expression")
        return _parse(f"{magic.target} = {expression(body[0].value)}")
    return [one for one in body if not (isinstance(one, ast.Expr) and place.pure(one.value))]


def _run_often(magic: Magic, place: Place) -> list[ast.stmt]:
    if magic.target or not place.calm(magic):
        sign = "%%" if magic.kind == "cell" else "%"
        raise Refused(
            f"{sign}{magic.name} repeats something that has an effect: tag the cell no-effect, or"
            " take the magic out"
        )
    return []


def _value(magic: Magic, place: Place) -> list[ast.stmt]:
    if magic.name == "pwd":
        return _parse(f"{magic.target} = {place.use('os')}.getcwd()")
    if magic.name == "env" and magic.argument.strip().isidentifier():
        name = expression(ast.Constant(magic.argument.strip()))
        return _parse(f"{magic.target} = {place.use('os')}.environ[{name}]")
    if magic.name in ("sx", "system"):
        command = interpolate(magic.argument.strip(), place.known)
        call = f"{place.use('shell_output')}({expression(command)})"
        return _parse(f"{magic.target} = {call}.splitlines()")
    raise Refused(f"`{magic.target} = %{magic.name}` can't be done in a step: write it in Python")


def _environment(magic: Magic, place: Place) -> list[ast.stmt]:
    argument = magic.argument.strip()
    name, equal, value = argument.partition("=")
    if not equal:
        name, equal, value = argument.partition(" ")
    if not equal:
        return []
    name, value = name.strip(), value.strip()
    given = interpolate(value, place.known)
    shown = interpolate(f"env: {name}={value}", place.known)
    variable = f"{place.use('os')}.environ[{expression(ast.Constant(name))}]"
    return _parse(f"{variable} = {expression(given)}\nprint({expression(shown)})")


def _change_folder(magic: Magic, place: Place) -> list[ast.stmt]:
    words = magic.argument.strip()
    quiet = words.startswith("-q")
    folder = words.removeprefix("-q").strip().strip("'\"")
    if folder.startswith("-"):
        raise Refused(f"%cd {folder} can't be done in a step: name the folder")
    os = place.use("os")
    given = expression(interpolate(folder or "~", place.known))
    if (folder or "~").startswith("~"):
        given = f"{os}.path.expanduser({given})"
    return _parse(f"{os}.chdir({given})" + ("" if quiet else f"\nprint({os}.getcwd())"))


def _extension(name: str) -> list[ast.stmt]:
    if name in EXTENSIONS:
        return []
    raise Refused(f"nobody knows what %load_ext {name} changes: import what you need of it")


# --- cell magics


def _cell(magic: Magic, place: Place) -> list[ast.stmt]:
    name = magic.name
    if name == "time":
        return _python(magic, magic.argument) if magic.argument.strip() else []
    if runs_body(magic) or name in SHOWS:
        return []
    if name in ("timeit", "memit"):
        return _run_often(magic, place)
    if name in ("writefile", "file"):
        return _write_file(magic, place)
    if name in ("bash", "sh"):
        return _script([name], magic, place)
    if name == "script":
        return _script([], magic, place)
    instead = INSTEAD.get(name, "write it in Python").rpartition(": ")[2]
    raise Refused(f"%%{name} can't be done in a step: {instead}")


def _write_file(magic: Magic, place: Place) -> list[ast.stmt]:
    words = magic.argument.strip()
    append = re.match(r"(?:-a|--append)\s+", words)
    path = words[append.end() :] if append else words
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"":
        path = path[1:-1]
    given = expression(interpolate(path, place.known))
    if path.startswith("~"):
        given = f"{place.use('os')}.path.expanduser({given})"
    text = expression(ast.Constant(_body(magic)))
    mode = ', mode="a"' if append else ""
    return _parse(f"{place.use('write_file')}({given}, {text}{mode})")


# --- small things


def _body(magic: Magic) -> str:
    body = magic.body or ""
    return body if body.endswith("\n") else body + "\n"


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise Refused(f"{text!r} can't be split into words: {error}") from None


def _filled(magic: Magic, place: Place) -> str:
    filled = interpolate(magic.argument, place.known)
    if not isinstance(filled, ast.Constant):
        raise Refused(f"%%{magic.name} with a name in its first line: use subprocess")
    return str(filled.value)


def _python(magic: Magic, code: str) -> list[ast.stmt]:
    from mlv_hooks.analysis.source import parse_cell

    cell = parse_cell(code.strip() if "\n" not in code.strip() else code, 0)
    if cell.error is not None or cell.magics:
        raise Refused(f"%{magic.name} before more IPython syntax: take the magic out")
    return cell.tree.body


def _parse(code: str) -> list[ast.stmt]:
    return ast.parse(code).body
