"""IPython syntax in a cell's text, masked by placeholder statements line for line.

``mask`` takes the text of a cell and gives plain Python with as many lines, in which every piece of
IPython syntax is a call ``__mlv_magic__(k)``, and the pieces themselves. It never fails: text that
is neither Python nor IPython syntax stays as it is, for Python's parser to refuse. What counts as
IPython syntax, and which piece wins where two readings are possible, follows IPython's own input
transformer; nothing is imported from it, and nothing depends on the version of Python.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlv_hooks.analysis.known_names import words

PLACEHOLDER = "__mlv_magic__"


# Cell magics whose body is Python of the notebook, run in the kernel.
PYTHON_BODIES = frozenset({"capture", "prun", "time", "timeit"})

# Line magics that IPython also finds without `%`, in a cell of one line.
AUTOMAGICS = words(
    """
    alias alias_magic autoawait autocall automagic autosave bookmark cat cd clear cls colors
    conda config connect_info cp debug dhist dirs doctest_mode ed edit env gui hist history
    killbgscripts ldir less lf lk ll load load_ext loadpy logoff logon logstart logstate
    logstop ls lsmagic lx macro magic mamba man matplotlib micromamba mkdir more mv notebook
    page pastebin pdb pdef pdoc pfile pinfo pinfo2 pip popd pprint precision prun psearch
    psource pushd pwd pycat pylab qtconsole quickref recall rehashx reload_ext rep rerun reset
    reset_selective rm rmdir run save sc set_env store sx system tb time timeit unalias
    unload_ext uv who who_ls whos xdel xmode
    """
)
# Of these, the words that are Python too when they stand alone, and hardly ever a variable.
LONE_AUTOMAGICS = words(
    """
    cd ll ls lsmagic pwd quickref whos
    """
)

TOKEN = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    r"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'"
    r"|\#[^\n]*"
    r"|\\\n"
    r"|(?:[=!<>:+\-*/%&|^@]|//|>>|<<|\*\*)="
    r"|[\n()\[\]{}=?]"
    r"|[^\s()\[\]{}=?\"'\#\\!<>:+\-*/%&|^@]+"
    r"|.",
    re.DOTALL,
)
ESCAPE = re.compile(r"[ \t\f]*(!!|\?\?|[%!?,;/])")
# No IPython syntax starts in a statement behind the last of these.
SIGN = re.compile(r"[%!?]|^[ \t\f]*[,;/]", re.MULTILINE)
ASSIGNED = re.compile(r"[ \t]*(?:(!)|%[ \t]*(?=[^\W\d]))")
HELP_END = re.compile(r"(%{0,2}(?!\d)[\w*]+(?:\.(?!\d)[\w*]+|\[-?[0-9]+\])*)(\?\??)$")
CLASSIC_PROMPT = re.compile(r"(?:>>>|\.\.\.)(?: |$)")
IPYTHON_PROMPT = re.compile(r"(?:In \[\d+\]: |\s*\.{3,}: ?)")
OPENING = frozenset("([{")
CLOSING = frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Magic:
    """One piece of IPython syntax.

    ``kind`` is ``"line"`` (``%x``; also the autocalls ``,f a``, ``;f a`` and ``/f a``, whose name
    is that character), ``"cell"`` (``%%x``), ``"shell"`` (``!x``, ``!!x``) or ``"help"`` (``?x``,
    ``x?``). ``name`` is the magic's name; ``""`` for help and ``!``, ``"!!"`` for ``!!``.
    ``argument`` is the rest of its first line as written, continuation lines joined by a blank.
    ``body``: the lines below a cell magic, else ``None``. ``target``: what ``x = !ls`` assigns to,
    as written, else ``""``. Lines count from 1 within the cell, ``column`` from 0 like ``ast``'s.
    ``bare`` says that it was written without its sign (``ls``), which a variable would hide.
    """

    kind: str
    name: str
    argument: str
    body: str | None
    target: str
    line: int
    end_line: int
    column: int
    bare: bool = False


def mask(text: str) -> tuple[str, tuple[Magic, ...]]:
    """Return plain Python with as many lines as ``text``, and the magics it stands for."""
    masker = _Masker(text.split("\n"))
    masker.run()
    return "\n".join(masker.lines), tuple(masker.magics)


class _Masker:
    """The lines of a cell while they are masked, and the magics found so far."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.magics: list[Magic] = []

    def run(self) -> None:
        """Mask the whole cell: cell magics first, one inside the other, then line by line."""
        first = self._strip(0)
        while first < len(self.lines) and self.lines[first].startswith("%%"):
            if re.match(r"%%\w+\?", self.lines[first]):
                break
            if not self._cell_magic(first):
                return
            first = self._strip(first + 1)
        alone = sum(1 for line in self.lines if line and not line.isspace()) == 1
        if first < len(self.lines) and alone and not self.magics and self._automagic(first):
            return
        self._statements(first)

    def _strip(self, first: int) -> int:
        """Take off what IPython takes off from line ``first`` on; return the first line of text."""
        lines = self.lines
        while first < len(lines) and (not lines[first] or lines[first].isspace()):
            first += 1
        if first == len(lines):
            return first
        indent = lines[first][: len(lines[first]) - len(lines[first].lstrip(" \t"))]
        if indent and all(not line.strip() or line.startswith(indent) for line in lines[first:]):
            for k in range(first, len(lines)):
                lines[k] = lines[k].removeprefix(indent)
        for prompt, starts in ((CLASSIC_PROMPT, ">>>"), (IPYTHON_PROMPT, "In [")):
            if lines[first].startswith(starts) and prompt.match(lines[first]):
                for k in range(first, len(lines)):
                    found = prompt.match(lines[k])
                    lines[k] = lines[k][found.end() :] if found else lines[k]
        return first

    def _place(self, magic: Magic, before: str = "") -> None:
        """Put the placeholder of ``magic`` where it stood, blank lines below it."""
        first = magic.line - 1
        self.lines[first] = f"{before}{PLACEHOLDER}({len(self.magics)})"
        for k in range(first + 1, magic.end_line):
            self.lines[k] = ""
        self.magics.append(magic)

    def _cell_magic(self, first: int) -> bool:
        """Mask the cell magic at line ``first``; say whether its body is Python to go on with."""
        name, _, argument = self.lines[first][2:].rstrip().partition(" ")
        body = "\n".join(self.lines[first + 1 :])
        python = name in PYTHON_BODIES
        end = first + 1 if python else len(self.lines)
        self._place(Magic("cell", name, argument, body, "", first + 1, end, 0))
        return python

    def _automagic(self, first: int) -> bool:
        """Mask a line such as ``pip install x`` that is all of the cell and no Python."""
        line = self.lines[first].strip()
        name, _, argument = line.partition(" ")
        flags = argument.startswith("-") and argument[1:2].isalpha()
        known = name in AUTOMAGICS and not argument.startswith(("=", "?"))
        if not known or line.endswith("?"):
            return False
        if not flags and (name not in LONE_AUTOMAGICS or argument) and _is_python(line):
            return False
        where = (first + 1, first + 1, len(self.lines[first]) - len(self.lines[first].lstrip()))
        self._place(Magic("line", name, argument.strip(), None, "", *where, bare=True))
        return True

    def _statements(self, first: int) -> None:
        """Mask the IPython syntax of the lines from ``first`` on, by tokens."""
        text = "\n".join(self.lines[first:])
        line, position = first, 0
        last = max((found.start() for found in SIGN.finditer(text)), default=-1)
        while position <= last:
            found = ESCAPE.match(text, position)
            if found:
                end = _continued(text, found.end())
                self._escape(text[position:end], found.group(1), line)
            else:
                end = self._logical_line(text, position, line)
            line += text.count("\n", position, end) + 1
            position = end + 1

    def _escape(self, piece: str, sign: str, line: int) -> None:
        """Mask a command that starts a line: ``%x``, ``!x``, ``?x``."""
        if piece.rstrip().endswith("?") and "#" not in piece and self._help(piece, line):
            return
        column = len(piece) - len(piece.lstrip(" \t\f"))
        content = _joined(piece[column + len(sign) :])
        where = (line + 1, line + 1 + piece.count("\n"), column)
        if sign in ("?", "??"):
            magic = Magic("help", "", content.strip(), None, "", *where)
        elif sign in ("!", "!!"):
            magic = Magic("shell", "!!" if sign == "!!" else "", content, None, "", *where)
        elif sign == "%":
            name, _, argument = content.partition(" ")
            magic = Magic("line", name, argument.strip(), None, "", *where)
        else:
            magic = Magic("line", sign, content.strip(), None, "", *where)
        self._place(magic, piece[:column])

    def _help(self, piece: str, line: int) -> bool:
        """Mask ``x?`` at the end of a statement; say whether it was one."""
        column = len(piece) - len(piece.lstrip(" \t\f"))
        found = HELP_END.search(piece[column:].rstrip())
        if not found:
            return False
        where = (line + 1, line + 1 + piece.count("\n"), column)
        self._place(Magic("help", "", found.group(1), None, "", *where), piece[:column])
        return True

    def _logical_line(self, text: str, start: int, line: int) -> int:
        """Mask what a statement holds; return where it ends, at its line break or the text's."""
        depth, last, assigned = 0, "", False
        for found in TOKEN.finditer(text, start):
            token = found.group()
            if token == "\n" and not depth:
                break
            if token in OPENING:
                depth += 1
            elif token in CLOSING:
                depth = max(0, depth - 1)
            elif token == "=" and not depth and not assigned:
                assigned = True
                if ASSIGNED.match(text, found.end()):
                    return self._assigned(text, start, found.start(), line)
            if not token.isspace() and token != "\\\n":
                last = token
        else:
            found = None
        end = found.start() if found else len(text)
        if last == "?" and not depth:
            self._help(text[start:end], line)
        return end

    def _assigned(self, text: str, start: int, sign: int, line: int) -> int:
        """Mask ``x = !ls`` and ``x = %time f()``; return where the statement ends."""
        end = _continued(text, sign + 1)
        before, content = text[start:sign], _joined(text[sign + 1 : end]).lstrip()
        head = line + before.count("\n")
        target = before.strip()
        where = (head + 1, line + 1 + text.count("\n", start, end))
        column = sign + 1 - (text.rfind("\n", 0, sign) + 1)
        column += len(text[sign + 1 : end]) - len(text[sign + 1 : end].lstrip())
        if content.startswith("!"):
            magic = Magic("shell", "", content[1:], None, target, *where, column)
        else:
            name, _, argument = content[1:].lstrip().partition(" ")
            magic = Magic("line", name, argument.strip(), None, target, *where, column)
        self._place(magic, text[text.rfind("\n", 0, sign) + 1 : sign] + "= ")
        return end


def _is_python(line: str) -> bool:
    """Say whether a line is a statement of Python."""
    try:
        compile(line, "<cell>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _continued(text: str, start: int) -> int:
    """Return the end of the line at ``start``, lines that a backslash continues included."""
    end = text.find("\n", start)
    while end > 0 and text[end - 1] == "\\":
        end = text.find("\n", end + 1)
    return len(text) if end < 0 else end


def _joined(piece: str) -> str:
    """Return lines that end in a backslash as one line."""
    lines = piece.split("\n")
    parts = [line.rstrip().removesuffix("\\") for line in lines[:-1]]
    return " ".join([*parts, lines[-1].rstrip()])
