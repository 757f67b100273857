"""What would mend findings, and a notebook's bytes with such fixes made: nothing else changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mlv_hooks.diagnostics import Diagnostic, Edit, Fix, ListEdit, TextEdit

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content
    from mlv_hooks.notebook import Notebook

ROUNDS = 10
"""How often a notebook is looked at again, since a fix can bring up another finding."""

_TAGS = ("tags",)
_LINE_END = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")


# --- fixes as rules make them


def tag_on(tag: str, cell: int) -> Fix:
    """Return the fix that gives a cell a tag."""
    return Fix(f"Add the tag `{tag}`", (ListEdit(cell, _TAGS, add=(tag,)),))


def tag_off(tag: str, cell: int, *, safe: bool = True) -> Fix:
    """Return the fix that takes a tag off a cell."""
    return Fix(f"Remove the tag `{tag}`", (ListEdit(cell, _TAGS, remove=(tag,)),), safe)


def without_comment(source: str, cell: int, line: int, span: range | None = None) -> TextEdit:
    """Return the edit that takes a comment out of a cell's source, and its line if nothing stays.

    ``span`` is what of the line's text goes (from 0), by default all.
    """
    lines = lines_of(source)
    text = lines[line - 1].rstrip("\r\n")
    start, end = (span.start, span.stop) if span else (0, len(text))
    rest = text[end:].strip()
    before = text[:start].rstrip()
    if before or rest:
        # Blanks go with what stood behind them, unless a comment of somebody else stays there.
        start = start if rest else len(before)
        end = len(text) - len(text[end:].lstrip()) if rest else len(text)
        return TextEdit(cell, line, start + 1, line, end + 1)
    if line < len(lines):
        return TextEdit(cell, line, 1, line + 1, 1)
    if line == 1:
        return TextEdit(cell, 1, 1, 1, len(text) + 1)
    above = lines[line - 2].rstrip("\r\n")
    return TextEdit(cell, line - 1, len(above) + 1, line, len(lines[line - 1]) + 1)


# --- and as they are made


def apply_fixes(notebook: Notebook, fixes: Iterable[Fix]) -> tuple[bytes, set[Fix]]:
    """Return the notebook's file with fixes made, and which: none that meets an earlier one.

    Outputs, ids, and every byte that no fix is about stay.
    """
    made: set[Fix] = set()
    edits: list[Edit] = []
    for fix in fixes:
        new = [one for one in fix.edits if one not in edits]
        if any(_meet(one, other) for one in new for other in edits):
            continue
        made.add(fix)
        edits += new
    return edited(notebook, edits), made


def edited(notebook: Notebook, edits: Sequence[Edit]) -> bytes:
    """Return the notebook's file with edits made that do not meet."""
    from mlv_hooks.notebook_edits import CellEdit, edit_notebook

    cells = []
    for place, cell in enumerate(notebook.cells):
        mine = [one for one in edits if one.cell == place + 1]
        texts = [one for one in mine if isinstance(one, TextEdit)]
        source = _with_texts(cell.source, texts) if texts else cell.source
        cells.append(CellEdit(place, cell.kind, source, _with_words(cell.metadata, mine), True))
    own = [one for one in edits if one.cell is None]
    return edit_notebook(notebook, cells, _with_words(notebook.metadata, own))


class Mended(NamedTuple):
    """A notebook before and after, and the findings that were mended."""

    path: str
    old: bytes
    new: bytes
    fixed: tuple[Diagnostic, ...]


def mend(
    path: str,
    data: bytes,
    found: Sequence[Diagnostic],
    look: Callable[[bytes], Sequence[Diagnostic]],
    wanted: Callable[[Diagnostic], bool],
) -> Mended | None:
    """Make the ``wanted`` fixes of what was ``found``, and of what ``look`` finds then.

    Returns None when nothing was to do.
    """
    from mlv_hooks.notebook import parse_notebook

    now, fixed = data, list[Diagnostic]()
    for _ in range(ROUNDS):
        able = [one for one in found if one.fix and wanted(one)]
        new, made = apply_fixes(parse_notebook(now), [one.fix for one in able if one.fix])
        if new == now:
            break
        now = new
        fixed += [one for one in able if one.fix in made]
        found = look(now)
    return Mended(path, data, now, tuple(fixed)) if now != data else None


def proved(
    findings: Sequence[Diagnostic], content: Content, settings: Settings
) -> list[Diagnostic]:
    """Return a notebook's findings without the tags that would be wrong, given these alone.

    What cells that only look share is only for a look itself, as long as all of them get the tag:
    not where a finding of one is suppressed, or accepted.
    """
    tag = settings.no_effect_tag
    given = {one.location.cell for one in findings if _gives(one, tag)} - {None}
    if not given:
        return [*findings]
    from mlv_hooks.analysis.no_effect import provable

    sound = provable(content, settings, {cell for cell in given if cell})
    return [
        one._replace(fix=None) if _gives(one, tag) and one.location.cell not in sound else one
        for one in findings
    ]


def _gives(one: Diagnostic, tag: str) -> bool:
    """Say whether the fix of a finding gives the tag because of a proof."""
    edits = one.fix.edits if one.fix and one.fix.safe else ()
    return any(isinstance(each, ListEdit) and tag in each.add for each in edits)


def lines_of(source: str) -> list[str]:
    """Return the lines of a source with their ends; there is one at least."""
    return _LINE_END.split(source)


def _meet(one: Edit, other: Edit) -> bool:
    """Say whether two edits are about the same words or text."""
    if one.cell != other.cell:
        return False
    if isinstance(one, ListEdit) and isinstance(other, ListEdit):
        words = {*one.add, *one.remove}
        return one.keys == other.keys and not words.isdisjoint((*other.add, *other.remove))
    if isinstance(one, TextEdit) and isinstance(other, TextEdit):
        # Those that touch meet too: each was made for the text beside it as it was.
        return one[1:3] <= other[3:5] and other[1:3] <= one[3:5]
    return False


def _with_texts(source: str, edits: Sequence[TextEdit]) -> str:
    starts = [0]
    for line in lines_of(source):
        starts.append(starts[-1] + len(line))
    for one in sorted(edits, key=lambda edit: edit[1:3], reverse=True):
        start = starts[one.line - 1] + one.column - 1
        end = starts[one.end_line - 1] + one.end_column - 1
        source = source[:start] + one.text + source[end:]
    return source


def _with_words(metadata: Mapping[str, Any], edits: Iterable[Edit]) -> Mapping[str, Any]:
    for one in edits:
        if isinstance(one, ListEdit):
            metadata = _with_list(metadata, one.keys, one)
    return metadata


def _with_list(table: Mapping[str, Any], keys: Sequence[str], edit: ListEdit) -> dict[str, Any]:
    """Return a table with the list below ``keys`` changed; what gets empty goes."""
    key, *deeper = keys
    value: Any
    if deeper:
        value = _with_list(table.get(key, {}), deeper, edit)
    else:
        kept = [word for word in table.get(key, ()) if word not in edit.remove]
        value = [*kept, *(word for word in edit.add if word not in kept)]
    rest = {name: one for name, one in table.items() if name != key}
    return {**rest, key: value} if value else rest
