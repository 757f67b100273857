"""The layout that the other hooks of a repository leave alone.

A script is written after black, ruff or their like had their turn, so they see it for the first
time in the next run. What they would change in a script although they left the notebook alone is
a last semicolon, blank lines around cells, and spaces at the end of Markdown lines. A script that
has none of it lets the next run change nothing.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Read = Callable[[str], "bytes | None"]

_CONFIGS = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")
_FORMATTERS = r"ruff-format|black|black-jupyter"
_FIXERS = r"ruff|ruff-check|autopep8|yapf"
_HOOK = (
    r"""(?m)^[^#\n]*?\bid["']?\s*[:=]\s*["']?({ids})(?=["'\s,}}#]|$)"""
    r"""|^[^#\n]*?\bentry["']?\s*[:=]\s*["']?({entries})\b"""
)
_FORMATS = re.compile(_HOOK.format(ids=_FORMATTERS, entries="ruff format|black"))
_FIXES = re.compile(_HOOK.format(ids=_FIXERS, entries="ruff check|autopep8|yapf"))
_STRIPS = re.compile(_HOOK.format(ids="trailing-whitespace", entries="trailing-whitespace-fixer"))
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Layout:
    """What other hooks take out of a script, or put in."""

    semicolons: bool = False
    blank_lines: bool = False
    line_ends: bool = False


def wanted_layout(read: Read) -> Layout:
    """Return the layout that the repository's hooks ask for; ``read`` gives a path's content."""
    data = next((data for name in _CONFIGS if (data := read(name)) is not None), b"")
    text = data.decode("utf-8", "replace")
    formats, fixes = bool(_FORMATS.search(text)), bool(_FIXES.search(text))
    strips = formats or fixes or bool(_STRIPS.search(text))
    return Layout(semicolons=formats or fixes, blank_lines=formats, line_ends=strips)


def lay_out(text: str, layout: Layout) -> str:
    """Return a ``py:percent`` script in that layout; text that is no Python comes back as it is."""
    if layout == Layout():
        return text
    try:
        ast.parse(text)
        if layout.line_ends:
            text = _without_line_ends(text)
        if layout.semicolons:
            text = _without_semicolons(text)
        return _with_blank_lines(text) if layout.blank_lines else text
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return text


def may_become(source: str) -> Iterator[str]:
    """Give what formatters may make, in a script alone, of a formatted notebook's code cell."""
    bare = without_semicolon(source)
    yield bare
    for one in dict.fromkeys((source, bare)):
        spaced = _below_docstring(one)
        if spaced != one:
            yield spaced


def without_semicolon(source: str) -> str:
    """Return a code cell without the semicolon that ends it, be there a comment behind it or not.

    A cell that is no Python, such as one with a magic, loses only a semicolon at its very end.
    """
    if ";" not in source:
        return source
    try:
        return _drop(source, [_last_semicolon(_tokens(source))])
    except (SyntaxError, tokenize.TokenError):
        plain = source.rstrip()
        return plain.rstrip("; \t") if plain.endswith(";") else source


# --- semicolons and line ends


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


_NO_CODE = (
    *(tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
)


def _last_semicolon(tokens: Sequence[tokenize.TokenInfo]) -> tuple[int, int] | None:
    """Return row (from 1) and column of the semicolon that ends ``tokens``, None if none does."""
    code = [one for one in tokens if one.type not in _NO_CODE]
    return code[-1].start if code and code[-1].string == ";" else None


def _drop(text: str, places: Sequence[tuple[int, int] | None]) -> str:
    lines = text.split("\n")
    for row, column in filter(None, places):
        line = lines[row - 1]
        lines[row - 1] = line[:column].rstrip("; \t") + line[column + 1 :].rstrip()
    return "\n".join(lines)


def _without_semicolons(text: str) -> str:
    cells: list[list[tokenize.TokenInfo]] = [[]]
    for token in _tokens(text):
        if _is_marker(token):
            cells.append([])
        cells[-1].append(token)
    return _drop(text, [_last_semicolon(cell) for cell in cells])


def _is_marker(token: tokenize.TokenInfo) -> bool:
    return token.type == tokenize.COMMENT and not token.start[1] and token.string.startswith("# %%")


def _without_line_ends(text: str) -> str:
    """Strip the lines of Markdown and raw cells; code has its own rules for them."""
    lines = text.split("\n")
    code = True
    for token in _tokens(text):
        if _is_marker(token):
            code = not re.match(r"# %% .*\[(markdown|md|raw)\]|# %% \[", token.string)
        elif token.type == tokenize.COMMENT and not code and not token.start[1]:
            lines[token.start[0] - 1] = token.string.rstrip()
    return "\n".join(lines)


# --- blank lines


def _below_docstring(source: str) -> str:
    """Return ``source`` with the empty line that ruff wants below a module's docstring."""
    if not source.lstrip("# \n").startswith(('"', "'", "r", "R", "#")) and '"""' not in source:
        return source
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
    end = body[0].end_lineno if body and _is_docstring(body[0]) else None
    lines = source.split("\n")
    if end is None or end >= len(lines) or not lines[end].strip():
        return source
    return "\n".join([*lines[:end], "", *lines[end:]])


def _is_docstring(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _with_blank_lines(text: str) -> str:
    text = _below_docstring(text)
    lines = text.split("\n")
    body = ast.parse(text).body
    result: list[str] = []
    done = 0
    for previous, following in zip([None, *body], [*body, None], strict=True):
        start = len(lines) if following is None else _first_row(following) - 1
        after = 0 if previous is None else previous.end_lineno or 0
        result += lines[done:after]
        gap = lines[after:start] if start > after else []
        if any(line.startswith("# %%") for line in gap):
            gap = _spaced(gap, previous, following)
        result += gap
        done = max(start, after)
    return "\n".join([*result, *lines[done:]]).rstrip("\n") + "\n"


def _first_row(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, _DEFINITIONS) else []
    return min([node.lineno, *(one.lineno for one in decorators)])


def _spaced(gap: Sequence[str], previous: ast.stmt | None, following: ast.stmt | None) -> list[str]:
    """Return the comments and empty lines between two statements as formatters want them."""
    # An indented comment belongs to the body above it.
    own = max(
        (n for n, line in enumerate(gap, 1) if line[:1].isspace() and line.strip()), default=0
    )
    blocks = _blocks(gap[own:])
    result = list(gap[:own])
    for number, (empty, block) in enumerate(blocks):
        above = previous if number == 0 else None
        below = following if number == len(blocks) - 1 else None
        at_top = number == 0 and previous is None
        wanted = empty if at_top or not block else _empty_lines(empty, above, below)
        result += [""] * wanted + block
    return result


def _empty_lines(empty: int, above: ast.stmt | None, below: ast.stmt | None) -> int:
    """Return how many empty lines a comment has above it, between the statements it touches."""
    if isinstance(below, _DEFINITIONS) or _ends_in_definition(above):
        return 2
    return 1 if isinstance(above, ast.Import | ast.ImportFrom) else min(empty, 2)


def _blocks(lines: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Return the runs of lines with text, each with the number of empty lines above it.

    What is empty at the end is a last run without lines.
    """
    blocks: list[tuple[int, list[str]]] = [(0, [])]
    for line in lines:
        empty, block = blocks[-1]
        if line.strip():
            block.append(line)
        elif block:
            blocks.append((1, []))
        else:
            blocks[-1] = (empty + 1, block)
    return blocks


def _ends_in_definition(node: ast.stmt | None) -> bool:
    while node is not None:
        if isinstance(node, _DEFINITIONS):
            return True
        inner = [
            part
            for name in ("body", "handlers", "cases", "orelse", "finalbody")
            for part in getattr(node, name, [])
        ]
        last = inner[-1] if inner else None
        if isinstance(last, ast.ExceptHandler | ast.match_case):
            last = last.body[-1]
        node = last
    return False
