"""A requirements file, as pip reads it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from mlv_hooks.packages.requirement import Need, Unreadable, inside, read_requirement
from mlv_hooks.packages.stated import Stated

_COMMENT = re.compile(r"(?:^|\s)#")
_OPTION = re.compile(r"(--?[A-Za-z][\w-]*?)(?:\s+|=|(?<=^-[a-z])(?=\S)|$)(.*)")
_INCLUDES = ("-r", "--requirement")
_EDITABLE = ("-e", "--editable")


def decode(data: bytes) -> str:
    """Return the text of a file of declarations; raise Unreadable for what is none.

    PowerShell's ``>`` writes UTF-16.
    """
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable from None
    if "\0" in text:
        raise Unreadable
    return text


def read_requirements(text: str, folder: str) -> Stated:
    """Return what a requirements file in ``folder`` states; constraints declare nothing.

    Raises Unreadable for what pip would not read either.
    """
    needs: list[Need] = []
    files: list[str] = []
    folders: list[str] = []
    for line in _lines(text):
        option = _OPTION.match(line) if line.startswith("-") else None
        if option and option[1] in _INCLUDES:
            path = None if "://" in option[2] else inside(folder, option[2].strip())
            if path is None:
                raise Unreadable
            files.append(path)
        elif option and option[1] not in _EDITABLE:
            continue
        elif line:
            asked = option[2] if option else line
            for one in read_requirement(re.split(r"\s--?[A-Za-z]", asked)[0], folder):
                if isinstance(one, Need):
                    needs.append(one)
                else:
                    folders.append(one.folder)
    return Stated(tuple(needs), files=tuple(files), folders=tuple(folders))


def _lines(text: str) -> Iterator[str]:
    """Give the lines without comments, those that a backslash continues as one."""
    parts: list[str] = []
    for line in text.splitlines():
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            parts.append(line[:-1])
            continue
        yield _without_comment("".join([*parts, line]))
        parts = []
    if parts:
        yield _without_comment("".join(parts))


def _without_comment(line: str) -> str:
    found = _COMMENT.search(line)
    return line[: found.start() if found else len(line)].strip()
