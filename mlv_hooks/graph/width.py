"""How wide text is: in columns of a terminal, and in the type of a picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

# Advance widths of DejaVu Sans from U+0020 to U+007E in thousandths of the size. It is the widest
# of the types that pictures name: what has room for it has room for the others.
_ADVANCES = (
    "318 401 460 838 636 950 780 275 390 390 500 838 318 361 318 337 636 636 636 636 636 636 636 "
    "636 636 636 337 337 838 838 838 531 1000 684 686 698 770 632 575 775 752 295 295 656 557 863 "
    "748 787 603 787 695 635 611 732 684 989 685 611 685 390 337 390 838 500 500 613 635 550 635 "
    "615 352 635 634 278 278 579 278 974 634 612 635 635 411 521 392 634 592 818 592 592 525 636 "
    "337 636 838"
)
_WIDTHS = {chr(32 + at): int(one) / 1000 for at, one in enumerate(_ADVANCES.split())}
_BOLD = 1.15
_OTHER = 0.8  # Cyrillic and Greek have few wider letters


def columns(text: str) -> int:
    """Return how many columns a terminal gives to text."""
    return sum(_columns(one) for one in text)


def _columns(one: str) -> int:
    if one.isascii():
        return 1
    if unicodedata.combining(one) or unicodedata.category(one) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(one) in "WF" else 1


def drawn(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide text is in a picture, rather too much than too little."""
    found = sum(_WIDTHS.get(one) or (0, _OTHER, 1.05)[_columns(one)] for one in text)
    return found * size * (_BOLD if bold else 1)


def fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return text that fits, with its middle left out where it must be."""
    if drawn(text, size, bold=bold) <= room:
        return text
    left, right = len(text) * 2 // 5, len(text) * 3 // 5
    while left + right > 2 and drawn(f"{text[:left]}…{text[-right:]}", size, bold=bold) > room:
        left, right = (left - 1, right) if left * 3 > right * 2 else (left, right - 1)
    return f"{text[:left]}…{text[-right:]}"


def wrapped(words: list[str], room: int) -> Iterator[str]:
    """Give lines of words with commas between them, each in ``room`` columns where it can be."""
    line = ""
    for number, word in enumerate(words):
        word += "," if number < len(words) - 1 else ""
        if line and columns(f"{line} {word}") > room:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield line
