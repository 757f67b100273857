"""One stage of dvc.yaml as text in its one form, and read back from that form without a parser."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mlv_hooks.stage.yaml_text import WIDTH, Style, Written, entry, item, scalar, visible, written

# The order in which DVC itself writes them, after those that it never writes.
KEYS = (
    *("foreach", "do", "matrix", "vars", "desc", "cmd", "wdir", "deps", "params"),
    *("outs", "metrics", "plots", "frozen", "always_changed", "meta"),
)
_RANK = {key: rank for rank, key in enumerate(KEYS)}
_FOLDED = frozenset(("cmd", "desc"))
_UNIT = re.compile(
    r"""\\. | '[^']*' | "(?:\\.|[^"\\])*" | `[^`]*` | \$\{[^}]*\} | .""", re.VERBOSE | re.DOTALL
)
_NEW_LINE = re.compile(r"--\w|\$\{")


def rank(key: str) -> int:
    """Return where a key stands among the keys of a stage."""
    return _RANK.get(key, len(KEYS))


def stage_lines(name: str, data: Mapping[str, object], style: Style) -> list[str]:
    """Return the lines of a stage, without their ends; raise Unwritable."""
    head = " " * style.indent + scalar(name) + ":"
    if not data:
        return [head + " {}"]
    keys = sorted(data, key=rank)
    return [head, *(line for key in keys for line in key_lines(key, data[key], style))]


def key_lines(key: str, value: object, style: Style, column: int | None = None) -> list[str]:
    """Return the lines of one key of a stage, at its own column unless one is given."""
    write = _command if key in _FOLDED else written
    return entry(key, value, 2 * style.indent if column is None else column, style, write)


def _command(value: object, column: int, style: Style) -> Written:
    """Return a command, or the commands of a list, folded so that no reader folds them anew."""
    if isinstance(value, str):
        return _folded(value, column, style) or written(value, column, style)
    if isinstance(value, (list, tuple)) and value:
        inner = column + style.dash
        return "", [line for each in value for line in item(each, inner, style, _command)]
    return written(value, column, style)


def _folded(text: str, column: int, style: Style) -> Written | None:
    if not text.strip() or text != text.strip() or not visible(text):
        return None
    groups = _groups(_words(text))
    plain = scalar(text)
    # "cmd: ", or the dash and a column more than it takes
    if plain == text and len(groups) == 1 and column + len("desc: ") + len(text) <= WIDTH:
        return None
    pad = " " * (column + style.indent)
    return ">-", [pad + line for group in groups for line in _filled(group, WIDTH - len(pad))]


def _words(text: str) -> list[str]:
    """Split a command where a space may become an end of line: outside quotes and ``${}``."""
    words, start = [], 0
    for match in _UNIT.finditer(text):
        place = match.start()
        if match[0] == " " and not (text[place - 1].isspace() or text[place + 1].isspace()):
            words.append(text[start:place])
            start = place + 1
    return [*words, text[start:]]


def _groups(words: Sequence[str]) -> list[list[str]]:
    """Give each option its line, so that a change of one shows as one."""
    groups: list[list[str]] = [[words[0]]]
    for word in words[1:]:
        if _NEW_LINE.match(word):
            groups.append([word])
        else:
            groups[-1].append(word)
    return groups


def _filled(words: Sequence[str], width: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines
