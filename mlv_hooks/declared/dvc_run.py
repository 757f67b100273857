"""A ``dvc run`` line of MLV-tools -> the outputs, dependencies and command that it declares."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

from mlv_hooks.config import nearest
from mlv_hooks.declared.project_paths import NoPathError, from_root
from mlv_hooks.declared.stage_spec import Out

# A word of the shell, its quotes and escapes in it.
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+""", re.DOTALL)
_LINE_END = re.compile(r"[ \t]*\\?\n\s*")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_START = re.compile(r"\s*dvc\s+(?:run|stage\s+add)(?=\s|$)")
_CALL = re.compile(
    r"(\bpython[\d.]*(?:[ \t]+-[A-Za-z]+)*[ \t]+)?(?:\./)?"
    r"\$(?:MLV_PY_CMD_PATH\b|\{MLV_PY_CMD_PATH\})"
)
# What the shell fills in now, DVC would take for its own: it is escaped in the command.
_ENVIRONMENT = re.compile(r"(?<!\\)\$\{(?=[A-Z_][A-Z0-9_]*\})")

_OUTS: dict[str, tuple[str, bool, tuple[tuple[str, object], ...]]] = {
    "--outs": ("outs", False, ()),
    "--outs-no-cache": ("outs", False, (("cache", False),)),
    "--outs-persist": ("outs", True, ()),
    "--outs-persist-no-cache": ("outs", True, (("cache", False),)),
    "--metrics": ("metrics", False, ()),
    "--metrics-no-cache": ("metrics", False, (("cache", False),)),
    "--plots": ("plots", False, ()),
    "--plots-no-cache": ("plots", False, (("cache", False),)),
}
_SHORT = {
    "-d": "--deps",
    "-o": "--outs",
    "-O": "--outs-no-cache",
    "-m": "--metrics",
    "-M": "--metrics-no-cache",
    "-p": "--params",
    "-n": "--name",
    "-f": "--file",
    "-w": "--wdir",
    "-c": "--cwd",
    "-y": "--yes",
}
# How `dvc run` itself went on says nothing of the stage.
_OF_THE_RUN = (
    "--yes",
    "--no-exec",
    "--no-commit",
    "--overwrite-dvcfile",
    "--ignore-build-cache",
    "--no-run-cache",
    "--remove-outs",
    "--single-stage",
    "--external",
    "--force",
    "--run",
    "--verbose",
    "--quiet",
)
_WITH_VALUE = (*_OUTS, "--deps", "--params", "--name", "--file", "--wdir", "--cwd", "--desc")
_WITHOUT_VALUE = (*_OF_THE_RUN, "--always-changed")


class DvcRunError(Exception):
    """Says in one line what is wrong with a ``dvc run`` line."""


@dataclass(frozen=True, slots=True)
class Script:
    """What MLV-tools' variables stand for: the step's path, and DVC's file of the stage.

    ``depth`` says how many folders above the project's root are in the repository.
    """

    path: str
    meta_file: str
    depth: int = 0

    @property
    def module(self) -> str:
        """The step as ``python -m`` wants it."""
        return shlex.quote(self.path.removesuffix(".py").replace("/", "."))

    @property
    def variables(self) -> dict[str, str]:
        """The values of the variables where they are no command."""
        name = self.path.rpartition("/")[2]
        meta = self.meta_file
        return {
            "MLV_PY_CMD_PATH": self.path,
            "MLV_PY_CMD_NAME": name,
            "MLV_DVC_META_FILENAME": meta,
        }


@dataclass
class DvcRun:
    """What a ``dvc run`` line declares; ``file`` is DVC's file that it named, or empty."""

    name: str = ""
    file: str = ""
    deps: list[str] = field(default_factory=list)
    outs: list[Out] = field(default_factory=list)
    param_files: dict[str, list[str]] = field(default_factory=dict)
    own: dict[str, object] = field(default_factory=dict)
    cmd: str = ""


def read_dvc_run(text: str, script: Script) -> DvcRun:
    """Read the line, that may be broken anywhere; raise DvcRunError."""
    line = _LINE_END.sub(" ", text.strip())
    start = _START.match(line)
    if start is None:
        raise DvcRunError("the command must start with `dvc run`: begin it so, or use :dvc-in:")
    if "{{" in line:
        raise DvcRunError("{{ }} is a template of MLV-tools: write the value instead")
    found = DvcRun()
    position = start.end()
    while (word := _word(line, position)) and word[0].startswith("-"):
        option, position = word
        if option == "--":
            break
        position = _read_option(found, option, line, position, script)
    found.cmd = _ENVIRONMENT.sub(r"\\${", translate(_command(line[position:]), script))
    return found


def _word(line: str, position: int) -> tuple[str, int] | None:
    """Return the word that starts behind ``position``, without its quotes, and where it ends."""
    rest = line[position:]
    start = position + len(rest) - len(rest.lstrip())
    if start == len(line):
        return None
    match = _WORD.match(line, start)
    if match is None or line[match.end() : match.end() + 1].strip():
        raise DvcRunError(f"a quote is not closed at {line[start : start + 20]}: close it")
    return shlex.split(match[0])[0], match.end()


def _read_option(found: DvcRun, option: str, line: str, position: int, script: Script) -> int:
    """Take in the option and its value; return where the value ends."""
    name, equals, value = option.partition("=")
    attached = equals != ""
    if not name.startswith("--"):
        name, value = option[:2], option[2:]
        attached = value != ""
    name = _SHORT.get(name, name)
    if name == "--file" and not attached and not _names_a_file(line, position):
        name = "--force"
    if name in _WITHOUT_VALUE and not attached:
        if name == "--always-changed":
            found.own["always_changed"] = True
        return position
    if name not in _WITH_VALUE:
        like = nearest(name, [*_WITH_VALUE, *_WITHOUT_VALUE])
        what = f"write {like}" if name.startswith("--") else "leave it out"
        raise DvcRunError(f"dvc run has no option {option}: {what}")
    if not attached:
        word = _word(line, position)
        if word is None:
            raise DvcRunError(f"{name} has no value: write one")
        value, position = word
    _take(found, name, expanded(value, script), option, script.depth)
    return position


def _names_a_file(line: str, position: int) -> bool:
    """Tell ``-f train.dvc`` of DVC before 1.0 from the later ``-f``, that takes no value."""
    word = _word(line, position)
    return word is not None and re.search(r"\.dvc$|^Dvcfile$|META_FILENAME", word[0]) is not None


def _take(found: DvcRun, name: str, value: str, option: str, depth: int) -> None:
    if name == "--deps":
        found.deps.append(_path(option, value, depth))
    elif name in _OUTS:
        kind, persist, flags = _OUTS[name]
        found.outs.append(Out(_path(option, value, depth), kind, persist, flags))
    elif name == "--params":
        file, _, keys = value.rpartition(":")
        known = found.param_files.setdefault(_path(option, file or "params.yaml", depth), [])
        known += [one.strip() for one in keys.split(",") if one.strip()]
    elif name in ("--wdir", "--cwd"):
        if value.rstrip("/") not in (".", ""):
            message = f"{option} {value}: a stage runs from the project's root"
            raise DvcRunError(f"{message}: write paths from there and leave {option} out")
    elif name == "--desc":
        found.own["desc"] = value
    elif name == "--name":
        found.name = value
    else:
        found.file = value


def _path(option: str, value: str, depth: int) -> str:
    try:
        return from_root(value, depth)
    except NoPathError as error:
        raise DvcRunError(f"{option} {error}") from None


def _command(rest: str) -> str:
    """Return what DVC is to run: what is quoted as a whole without those quotes."""
    rest = rest.strip()
    word = _word(rest, 0)
    if word is None:
        raise DvcRunError("it runs nothing: end it with the command, such as $MLV_PY_CMD_PATH")
    text, end = word
    if end == len(rest):
        return text.strip()
    while word:
        word = _word(rest, word[1])
    return rest


def translate(command: str, script: Script) -> str:
    """Return the command with what runs the step in place of MLV-tools' variables."""
    command = _CALL.sub(lambda match: f"{match[1] or 'python '}-m {script.module}", command)
    return expanded(command, script)


def expanded(text: str, script: Script) -> str:
    """Return ``text`` with MLV-tools' variables filled in; raise DvcRunError for unknown ones."""
    known = script.variables

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name in known:
            return known[name]
        if name.startswith("MLV_"):
            like = nearest(name, list(known))
            raise DvcRunError(f"${name} is unknown: write ${like}")
        return match[0]

    return _VARIABLE.sub(value, text)
