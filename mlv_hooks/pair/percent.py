"""The ``py:percent`` text of plain cells, as jupytext writes it, without loading jupytext.

jupytext takes longer to load than git needs for ten thousand files. Most cells hold nothing that
it would treat in a special way; for these the text is known, and so is that it reads back as the
same cells. Whatever is not surely plain is left to jupytext.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

MARKERS = {"code": "# %%", "markdown": "# %% [markdown]"}

# What `str.splitlines` takes for the end of a line, and jupytext with it.
_ODD_ENDS = re.compile("[\0\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_MARKER_LINE = re.compile(r"^# %%(?: .*)?$", re.MULTILINE)
_LINE_MAGIC = re.compile(
    r"(?!.*escape)(?:%[a-zA-Z]\w*(?: [^\\]*)?|![a-zA-Z][^\\]*|\?[a-zA-Z][\w.]*"
    r"|%%(?:time|timeit|capture|prun|writefile)(?: [^\\]*)?"
    r"|[a-zA-Z_]\w* = [%!][a-zA-Z][^\\]*)"
)
_SHELL = "cat|cd|cp|mv|rm|rmdir|mkdir|copy|ddir|echo|ls|ldir|ren"
# A line that jupytext may take for a magic, a help request, a shell command or a cell's start.
_SPECIAL = re.compile(
    rf"^[ \t#]*(?:[%!?]|In\[|(?:{_SHELL})(?![\w(.\[]))|=\s*[%!]|\?\s*$|<codecell>", re.MULTILINE
)
_MARKDOWN_SPECIAL = re.compile(
    r"^[ \t]*(?:%%|In\[|<codecell>|~~~)|^[ \t]+$|^ *\t[ \t]*```", re.MULTILINE
)
_FENCE = re.compile("^( *)```(.*)$", re.MULTILINE)
_FENCE_LANGUAGE = re.compile("[A-Za-z0-9]*")
_OTHER_LANGUAGE = re.compile("%%(bash|html|javascript|latex|perl|ruby|sh)\n")
_TRIPLE = re.compile("\"\"\"|'''")
# Keys of a cell that our filter leaves out, and by which jupytext decides nothing.
_SILENT_WORDS = """
ExecuteTime _cell_guid _kg_hide-input _kg_hide-output _uuid code_folding colab colab_type collapsed
deletable editable execution executionInfo heading_collapsed hidden id jp-MarkdownHeadingCollapsed
jupyter outputId papermill pycharm scrolled slideshow trusted vscode
"""
_SILENT = frozenset(_SILENT_WORDS.split())
# A tag such as "active-py" says where a cell is code.
_SIMPLE_TAG = re.compile(r"(?!active-)[A-Za-z][A-Za-z0-9_-]*")
_TAGS = re.compile(r' tags=\["[\w-]+"(?:, "[\w-]+")*\]$')
_QUOTE_OR_MAGIC = re.compile("[\"'#]|^[%!?]|= *[%!]")


class SourceCell(Protocol):
    """What a cell must have to be written."""

    @property
    def kind(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def metadata(self) -> Mapping[str, Any]: ...


class Block(NamedTuple):
    """A cell in a script: its marker line, and the lines below it without the blank ones last."""

    marker: str
    lines: tuple[str, ...]


def is_plain(kind: str, source: str) -> bool:
    """Say whether jupytext surely writes this cell as `body` does, and reads it back the same."""
    if _ODD_ENDS.search(source):
        return False
    lines = source.split("\n")
    if kind == "code" and not source:
        return True
    if not lines[0].strip() or not lines[-1].strip():
        return False
    if kind == "markdown":
        # jupytext takes the mark off a heading such as "# Why?": it looks like a magic to it, and
        # so may the line above that a backslash ties to the heading.
        if "\\\n" in source:
            return False
        headings = "\n".join(line for line in lines if line.lstrip().startswith("#"))
        special = _MARKDOWN_SPECIAL.search(source) or _SPECIAL.search(headings)
        return not special and _has_plain_fences(source)
    return (
        kind == "code"
        and not lines[0][0].isspace()
        and _has_plain_quotes(source, lines)
        and not _SPECIAL.search("\n".join(_with_magics(lines, "")))
    )


def body(kind: str, source: str) -> tuple[str, ...]:
    """Return the lines that stand below the marker of a plain cell."""
    lines = source.split("\n")
    if kind == "markdown":
        return tuple(f"# {line}" if line else "#" for line in lines)
    return tuple(_with_magics(lines, "# {}")) if source else ()


def _with_magics(lines: Sequence[str], form: str) -> Iterator[str]:
    """Give the lines, each line magic at the left margin put into ``form``."""
    for line, inside in zip(lines, _quoted(lines), strict=True):
        may_be = line[:1] in ("%", "!", "?") or " = %" in line or " = !" in line
        is_magic = may_be and not inside and _LINE_MAGIC.fullmatch(line)
        yield form.format(line) if is_magic else line


def _has_plain_fences(source: str) -> bool:
    """Say whether every fence is closed: one that is not would swallow the next cell."""
    fences = _FENCE.findall(source)
    starts, ends = fences[::2], fences[1::2]
    return len(starts) == len(ends) and all(
        _FENCE_LANGUAGE.fullmatch(language) and end == (indent, "")
        for (indent, language), end in zip(starts, ends, strict=True)
    )


def _has_plain_quotes(source: str, lines: Sequence[str]) -> bool:
    """Say whether triple quotes are so simple that counting them tells where strings are."""
    marks = _TRIPLE.findall(source)
    if not marks:
        return True
    if len(set(marks)) > 1 or len(marks) % 2 or "\\" in source:
        return False
    beside = (line.replace(marks[0], "") for line in lines if marks[0] in line)
    return not any(_QUOTE_OR_MAGIC.search(line) for line in beside)


def _quoted(lines: Sequence[str]) -> list[bool]:
    """Say of each line whether it starts within a triple-quoted string."""
    text = "\n".join(lines)
    if '"""' not in text and "'''" not in text:
        return [False] * len(lines)
    inside = False
    result = []
    for line in lines:
        result.append(inside)
        if inside or not line.lstrip().startswith("#"):
            inside ^= len(_TRIPLE.findall(line)) % 2 == 1
    return result


# --- whole scripts


def join(header: Sequence[str], blocks: Sequence[Block]) -> str:
    """Return the script of a header's lines and its cells, with blank lines as jupytext sets them.

    Two blank lines stand around functions and classes where code follows (PEP 8), else one.
    """
    parts: list[list[str]] = []
    follows_code = follows_definition = False
    for number, block in enumerate(reversed(blocks)):
        lines = [block.marker, *block.lines]
        blank = 1
        if number and (
            (follows_code and _ends_in_definition(lines))
            or (follows_definition and _ends_in_code(lines))
        ):
            blank = 2
        parts.append([*lines, *[""] * blank])
        follows_code = _next(parts[-1], _is_code, follows_code)
        follows_definition = _next(parts[-1], _is_definition, follows_definition)
    above = [*header, ""] if header else []
    return "\n".join([*above, *(line for part in reversed(parts) for line in part)])


def split(text: str) -> tuple[list[str], list[Block]]:
    """Return the header's lines and the cells of a script that `join` or jupytext wrote."""
    starts = [match.start() for match in _MARKER_LINE.finditer(text)]
    head = text[: starts[0]] if starts else text
    ends = [*starts[1:], len(text)][: len(starts)]
    blocks = []
    for start, end in zip(starts, ends, strict=True):
        marker, *lines = text[start:end].rstrip("\n").split("\n")
        blocks.append(Block(marker, tuple(lines)))
    return (head.rstrip("\n").split("\n") if head.strip() else []), blocks


def script(header: Sequence[str], cells: Sequence[SourceCell]) -> str | None:
    """Return the script of plain cells below a header; it surely reads back as them.

    None when jupytext has to be asked.
    """
    blocks = []
    for cell in cells:
        block = _block(cell)
        if block is None:
            return None
        blocks.append(block)
    text = join(header, blocks)
    return text if text and split(text) == (header, blocks) else None


def _block(cell: SourceCell) -> Block | None:
    """Return what stands for a cell, None when jupytext has to be asked."""
    marker = _marker(cell)
    if marker and is_plain(cell.kind, cell.source):
        return Block(marker, body(cell.kind, cell.source))
    other = _OTHER_LANGUAGE.match(cell.source)
    if other and cell.kind == "code" and marker == MARKERS["code"]:
        rest = cell.source[other.end() :]
        if is_plain("markdown", rest):
            return Block(f'{marker} language="{other[1]}"', body("markdown", rest))
    return None


def _marker(cell: SourceCell) -> str | None:
    """Return the line above a cell, None when it may show more than simple tags."""
    marker = MARKERS.get(cell.kind)
    if not cell.metadata or marker is None:
        return marker
    if cell.metadata.keys() - _SILENT - {"tags"}:
        return None
    tags = cell.metadata.get("tags")
    if tags is None:
        return marker if "tags" not in cell.metadata else None
    if not tags or len({*tags}) < len(tags) or not all(map(_SIMPLE_TAG.fullmatch, tags)):
        return None
    return f"{marker} tags={json.dumps(tags)}"


def shows(script: str, cells: Sequence[SourceCell]) -> bool:
    """Say whether a script holds just these cells, all plain: then it surely reads back as them."""
    header, blocks = split(script)
    return (
        len(blocks) == len(cells)
        and join(header, blocks) == script
        and all(
            is_plain(cell.kind, cell.source)
            and _TAGS.sub("", block.marker) == MARKERS[cell.kind]
            and block.lines == body(cell.kind, cell.source)
            for block, cell in zip(blocks, cells, strict=True)
        )
    )


def revise(script: str, old: Sequence[SourceCell], new: Sequence[SourceCell]) -> str | None:
    """Return the script of the cells ``new``, from the ``script`` that says ``old``.

    None when jupytext has to be asked: a cell that changed is not plain, has metadata that may
    show in its marker, or ``script`` is not laid out as jupytext does it.
    """
    header, blocks = split(script)
    if len(blocks) != len(old) or join(header, blocks) != script:
        return None
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    gone, fresh = old[first : len(old) - last], new[first : len(new) - last]
    if not all(is_plain(cell.kind, cell.source) for cell in fresh):
        return None
    if not all(_says(block, cell) for block, cell in zip(blocks, old, strict=True)):
        return None
    markers = _markers(blocks[first : first + len(gone)], gone, fresh)
    if markers is None:
        return None
    made = [
        Block(marker, body(cell.kind, cell.source))
        for marker, cell in zip(markers, fresh, strict=True)
    ]
    return join(header, [*blocks[:first], *made, *blocks[len(old) - last :]])


def _says(block: Block, cell: SourceCell) -> bool:
    """Say whether a block holds what is sure of a cell; of a cell that is not plain, nothing is."""
    return not is_plain(cell.kind, cell.source) or block.lines == body(cell.kind, cell.source)


def _common(one: Sequence[SourceCell], other: Sequence[SourceCell]) -> int:
    """Return how many cells two versions have in common at their start."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if (a.kind, a.source, repr(a.metadata)) != (b.kind, b.source, repr(b.metadata)):
            break
        count += 1
    return count


def _markers(
    blocks: Sequence[Block], old: Sequence[SourceCell], new: Sequence[SourceCell]
) -> list[str] | None:
    """Return the marker of each new cell: a changed cell keeps its own, an added one is bare."""
    same_place = len(old) == len(new)
    markers = []
    for number, cell in enumerate(new):
        before = old[number] if same_place else None
        if before and (before.kind, before.metadata) == (cell.kind, cell.metadata):
            markers.append(blocks[number].marker)
        elif not cell.metadata:
            markers.append(MARKERS[cell.kind])
        else:
            return None
    return markers


def _next(lines: Sequence[str], test: Callable[[str], bool | None], below: bool) -> bool:
    """Say what ``test`` says of the first line that tells, ``below`` when none does."""
    was_blank = False
    for line, inside in zip(lines, _quoted(lines), strict=True):
        is_blank = not line.strip()
        if is_blank and was_blank:
            return False
        was_blank = is_blank
        answer = None if is_blank or inside else test(line)
        if answer is not None:
            return answer
    return below


def _is_code(line: str) -> bool | None:
    return None if line.lstrip().startswith("#") else True


def _is_definition(line: str) -> bool | None:
    if line.startswith(("def ", "async ", "class ")):
        return True
    return None if line.startswith(("#", "@", " ", ")")) else False


def _ends_in_definition(lines: Sequence[str]) -> bool:
    told = [line for line, inside in zip(lines, _quoted(lines), strict=True) if not inside]
    was_blank = False
    for line in reversed(told):
        is_blank = not line.strip()
        if is_blank and was_blank:
            return False
        was_blank = is_blank
        if not is_blank and not line.startswith(("#", " ", ")")):
            return _is_definition(line) is True
    return False


def _ends_in_code(lines: Sequence[str]) -> bool:
    return bool(lines[-1].strip()) and not lines[-1].startswith("#")
