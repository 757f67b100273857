"""Which rules run: what the settings choose, and what the command line says before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlv_hooks.config import ConfigError, PerFile, Settings, codes_of, is_glob

ALL = "ALL"
_OPTIONAL = frozenset({"MLV206"})
"""Rules that run only when their whole code is chosen."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line says of rules. Codes or their prefixes, as in the settings.

    ``select`` replaces the settings' choice, the others change it; ``per_file_ignores`` replaces
    the settings' own, None leaves them.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: PerFile | None = None

    def files(self, settings: Settings) -> Settings:
        """Return the settings with the ``per-file-ignores`` that count."""
        if self.per_file_ignores is None:
            return settings
        return replace(settings, per_file_ignores=self.per_file_ignores)


NO_CHOICE = Choice()


def read_choice(
    select: Sequence[str],
    ignore: Sequence[str],
    extend_select: Sequence[str],
    per_file_ignores: Sequence[str],
) -> Choice:
    """Return what the options say, each given any number of times; raise ConfigError."""
    return Choice(
        codes_of(_words(select), "--select"),
        codes_of(_words(ignore), "--ignore"),
        codes_of(_words(extend_select), "--extend-select"),
        _per_file(_words(per_file_ignores)) if per_file_ignores else None,
    )


def wanted(code: str, settings: Settings, choice: Choice = NO_CHOICE) -> bool:
    """Say whether rule ``code`` runs; as in ruff the longer prefix wins, and a tie is ignored."""
    if code in _OPTIONAL and code not in (choice.select or settings.select) + choice.extend_select:
        return False
    chosen = reach(code, settings.select) > reach(code, settings.ignore)
    for_it = reach(code, choice.select + choice.extend_select)
    against = reach(code, choice.ignore)
    if choice.select or max(for_it, against) >= 0:
        return for_it > against
    return chosen


def reach(code: str, prefixes: Sequence[str]) -> int:
    """Return the length of the longest prefix of ``code``: 0 for ALL, -1 for none."""
    stems = ("" if one == ALL else one for one in prefixes)
    return max((len(stem) for stem in stems if code.startswith(stem)), default=-1)


def _words(values: Sequence[str]) -> list[str]:
    parts = (part.strip() for value in values for part in value.split(","))
    return [part for part in parts if part]


def _per_file(words: Sequence[str]) -> PerFile:
    """Read ``GLOB:CODE,CODE`` and ``GLOB:CODE,GLOB:CODE`` alike."""
    pairs: list[tuple[str, list[str]]] = []
    for word in words:
        glob, colon, code = word.rpartition(":")
        if colon:
            pairs.append((glob, []))
        if not pairs or not is_glob(pairs[-1][0]):
            raise ConfigError(f"--per-file-ignores: write GLOB:CODE, not {word!r}")
        pairs[-1][1].append(code)
    return tuple((glob, codes_of(codes, "--per-file-ignores")) for glob, codes in pairs)
