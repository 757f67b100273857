"""What IPython's own syntax does: magics, and commands of the shell."""

from __future__ import annotations

import ast
import re
import shlex

from mlv_hooks.analysis.known_names import words
from mlv_hooks.analysis.source import CellSource, Magic, parse_cell
from mlv_hooks.analysis.statements import Statements
from mlv_hooks.analysis.trees import targets
from mlv_hooks.analysis.values import TEXT, Code, Frame, Type, Value

LOOKING = words(
    """
    cat clear cls connect_info dhist dirs hist history ldir less lf lk ll ls lsmagic lx magic man
    more page pdef pdoc pfile pinfo pinfo2 pprint psearch psource pwd pycat quickref tensorboard
    watermark who who_ls whos
    """
)
"""Line magics that show something."""
SETTING = words(
    """
    alias autoawait autocall automagic autoreload autosave colors config doctest_mode gui load_ext
    logoff logon matplotlib pdb precision rehashx reload_ext unload_ext xmode
    """
)
"""Line magics that change how code is typed, found or shown."""
SHOWING = words("HTML html javascript js latex markdown svg")
SHELLS = words("! bash cmd perl pypy python python3 ruby script sh")
PACKAGES = words("conda mamba micromamba pip uv")
# Programs that only look, whatever their arguments, as long as nothing is redirected.
LOOKERS = words(
    """
    cat cmp cut date df diff du echo free grep groups head hostname id ls lsb_release lscpu md5sum
    nl nproc nvidia-smi od printenv ps pwd sha256sum stat tail tr uname uptime wc whereis which
    whoami zcat
    """
)
LOOKING_WORDS = {
    "git": words("log status diff show rev-parse describe ls-files"),
    "pip": words("freeze list show"),
    "conda": words("info list"),
}
# Programs that look unless one of these arguments stands behind them.
UNLESS = {"date": ("-s", "--set"), "hostname": ("",), "find": ("-delete", "-exec", "-f", "-ok")}
FIELD = re.compile(r"\{([^{}]+)\}|\$\{?([A-Za-z_]\w*)")
OPTIONS = re.compile(r"(?:-\w+(?:[ \t]*\d+)?[ \t]+)*")
# Keeps the line of a magic for what its argument does.
_NO_CODE = Code("magic", None)


def only_looks(command: str) -> bool:
    """Say whether a line for the shell shows something and changes nothing."""
    plain = re.sub(r"2>\s*(?:/dev/null|&1)", " ", FIELD.sub("x", command))
    if re.search(r"[<>`;\n]|\$\(|(?<!&)&(?!&)", plain):
        return False
    return all(_looks(part) for part in re.split(r"\|\||&&|\|", plain))


def _looks(part: str) -> bool:
    """Say whether one command only looks."""
    try:
        found = shlex.split(part)
    except ValueError:
        return False
    if not found:
        return False
    first, *rest = found
    if first in UNLESS:
        return not any(word.startswith(UNLESS[first]) for word in rest)
    if first in LOOKERS or rest in (["--version"], ["-V"], ["--help"]):
        return True
    writes = any(word.startswith(("-o", "--output")) for word in rest)
    return bool(rest) and rest[0] in LOOKING_WORDS.get(first, ()) and not writes


_INLINE = ("", "inline", "agg", "--list")


class Kernel(Statements):
    """The machine with IPython's syntax."""

    def __init__(self) -> None:
        super().__init__()
        self.source: CellSource | None = None
        self.inner: list[CellSource] = []
        self.inline = True

    def statement(self, node: ast.stmt) -> None:
        """Run one statement, or the magic for which it stands."""
        magic = self.source.magic(node) if self.source and self.source.magics else None
        if magic is None:
            super().statement(node)
            return
        if not self.running:
            self.line = node.lineno
        value = self.magic(magic)
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self.assign(target, value)
        elif isinstance(node, ast.AnnAssign):
            self.assign(node.target, value)

    def magic(self, magic: Magic) -> Value:
        """Run a piece of IPython syntax."""
        if magic.kind == "help":
            self._mentioned(magic.argument.strip("%?"))
            self.effect("output", "?")
        elif magic.kind == "shell":
            return self._shell(magic.argument)
        elif magic.kind == "cell":
            self._cell_magic(magic)
        else:
            return self._line_magic(magic)
        return Value(Type("None"))

    def _mentioned(self, text: str) -> None:
        """Note that names of the notebook in a text are read."""
        for word in re.findall(r"[^\W\d]\w*", text):
            if word in self.globals:
                self.read(word)

    def _fields(self, text: str) -> None:
        """Evaluate what IPython fills into a command: ``{x + 1}``, ``$x``."""
        for expression, name in FIELD.findall(text):
            if name and name in self.globals:
                self.read(name)
            cell = parse_cell(expression.strip(), 0) if expression else None
            if cell and not cell.error and not cell.magics and len(cell.tree.body) == 1:
                node = cell.tree.body[0]
                names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                if isinstance(node, ast.Expr) and names and names <= set(self.globals):
                    self.inner.append(cell)
                    self.touch(self.evaluate(node.value), "show")

    def _shell(self, command: str) -> Value:
        self._fields(command)
        if only_looks(command):
            self.effect("output", f"!{command.strip()[:40]}")
        else:
            self.effect("process", f"!{command.strip()[:40]}")
        return Value(Type("list", (TEXT.type,)), self.regions.new())

    def _line_magic(self, magic: Magic) -> Value:
        name, argument = magic.name, magic.argument
        if magic.bare:
            self._mentioned(name)
        if name in ("time", "timeit", "prun"):
            return self._python(argument, local=name == "timeit")
        self._fields(argument)
        if name in LOOKING:
            self.effect("output", f"%{name}")
            self.notes.sees_all |= name.startswith("who")
        elif name in SETTING:
            usual = name == "matplotlib" and argument.strip() in _INLINE and self.inline
            self._backend(name, argument)
            self.effect("output" if usual else "settings", f"%{name}")
        elif name in ("cd", "pushd", "popd") or (name in ("env", "set_env") and argument.strip()):
            self.effect("environment", f"%{name}")
        elif name == "env":
            self.effect("output", "%env")
        elif name in PACKAGES:
            looks = only_looks(f"{name} {argument}")
            self.effect("output" if looks else "process", f"%{name}")
        elif name in ("cp", "mkdir", "mv", "rm", "rmdir"):
            self.effect("process", f"%{name}")
        else:
            return self._any_magic(f"%{name}")
        return Value(None, self.regions.new())

    def _backend(self, name: str, argument: str) -> None:
        """Note whether figures outlive their cells from now on."""
        other = name == "matplotlib" and argument.strip() not in _INLINE
        if other or (name == "config" and "close_figures" in argument):
            self.inline = False

    def _any_magic(self, what: str) -> Value:
        """Run a magic of which nothing is known: it may read and change every name."""
        self.notes.sees_all = True
        held = [value for value in self.globals.values() if value.region]
        for name in list(self.globals):
            self._may_rebind(name)
        return self.unknown(what, *held)

    def _python(self, text: str, local: bool) -> Value:
        """Run a statement that a line magic is given."""
        cell = parse_cell(text[OPTIONS.match(text).end() :].strip(), 0)  # type: ignore[union-attr]
        if cell.error or cell.magics:
            return self._any_magic("%time of what is no Python") if text.strip() else Value()
        self.inner.append(cell)
        here = self.frame
        if local:
            names = {name for part in cell.tree.body for name in targets(part)}
            self.frame = Frame(self.new_names(), frozenset(names), outer=here)
        self.running.append((_NO_CODE, {}))
        value = Value(Type("None"))
        for node in cell.tree.body:
            if isinstance(node, ast.Expr):
                value = self.evaluate(node.value)
                self.touch(value, "show")
            else:
                self.statement(node)
        self.running.pop()
        self.frame = here
        self.effect("output", "%time")
        return value

    def _cell_magic(self, magic: Magic) -> None:
        name, argument = magic.name, magic.argument
        if name in ("time", "timeit", "prun", "capture"):
            self.effect("output", f"%%{name}")
            if name == "timeit" and OPTIONS.sub("", argument + " ").strip():
                self._any_magic("%%timeit with a setup")
            plain = [word for word in argument.split() if not word.startswith("-")]
            if name == "capture" and plain:
                self.bind(plain[0], Value(None, self.regions.new()))
            return
        self._fields(argument + "\n" + (magic.body or ""))
        if name in SHOWING:
            self.effect("output", f"%%{name}")
        elif name in ("writefile", "file"):
            *_, path = argument.split() or [""]
            known = None if FIELD.search(argument) else ast.Constant(path.strip("\"'"))
            self.effect("file", f"writes: %%{name} {argument}", known)
        elif name in SHELLS:
            given = argument.split()
            for k, option in enumerate(given[:-1]):
                if option in ("--out", "--err", "--proc"):
                    self.bind(given[k + 1], Value(None, self.regions.new()))
            lines = [line for line in (magic.body or "").split("\n") if line.strip()]
            looks = name in ("!", "bash", "sh") and all(map(only_looks, lines))
            self.effect("output" if looks else "process", f"%%{name}")
        else:
            self._any_magic(f"%%{name}")
