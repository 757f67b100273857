"""Magics and commands whose work is in the notebook only, or belongs elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlv_hooks.analysis.kernel import PACKAGES, SHELLS

if TYPE_CHECKING:
    from mlv_hooks.analysis.masking import Magic
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content

_INSTALL = re.compile(
    r"(?:^|[;&|]\s*)\s*((?:sudo\s+)?(?:(?:\{?sys\.executable\}?|python3?)\s+-m\s+)?"
    r"(?:pip3?|conda|mamba|micromamba|uv(?:\s+pip)?|poetry|apt|apt-get|brew|npm)"
    r"\s+(?:-\S+\s+)*(?:install|add)\b[^;&|\n]*)",
    re.MULTILINE,
)
_SHOWN = 60


def vanishing(content: Content, settings: Settings) -> Iterator[tuple[int, int, str]]:
    """Give cell, line and name of the magics of which nobody knows what Python does the same."""
    dropped = set(content.tagged(settings.no_effect_tag))
    for cell in content.analysis.cells:
        for effect in cell.whole.effects if cell.number not in dropped else ():
            if effect.kind == "unknown" and effect.what.startswith("%"):
                yield cell.number, effect.line, effect.what


def installs(content: Content, settings: Settings) -> Iterator[tuple[int, int, str]]:
    """Give cell, line and command, cut short, of what installs packages."""
    for cell, line, command in install_commands(content, settings):
        yield cell, line, " ".join(command.split())[:_SHOWN]


def install_commands(content: Content, settings: Settings) -> Iterator[tuple[int, int, str]]:
    """Give cell, line and command of what installs packages, in cells that are not dropped."""
    dropped = set(content.tagged(settings.no_effect_tag))
    for number in content.code_cells:
        for magic in content.source(number).magics if number not in dropped else ():
            for command in _INSTALL.findall(_commands(magic)):
                yield number, magic.line, command


def _commands(magic: Magic) -> str:
    """Return what a magic hands to the shell."""
    if magic.kind == "shell":
        return magic.argument
    if magic.kind == "line" and magic.name in PACKAGES:
        return f"{magic.name} {magic.argument}"
    return magic.body or "" if magic.kind == "cell" and magic.name in SHELLS else ""
