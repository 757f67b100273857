"""The versions that a pair is compared with: in git's commits, and what the last sync left."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlv_hooks.git import Git, GitError
from mlv_hooks.pairing import Base

_FILE = "bases.json"


@dataclass(frozen=True, slots=True)
class GitBases:
    """The bases of one pair. ``then_*`` are its paths in HEAD, before a rename under way."""

    git: Git
    notebook: str
    script: str
    then_notebook: str
    then_script: str
    record: Mapping[str, Sequence[str]]

    def heads(self) -> list[Base]:
        """Return the pair in HEAD, then in the other heads of a merge, pick or rebase."""
        commits = ["HEAD", *(commit for commit, _ in self.git.other_heads())]
        return [base for commit in commits if (base := self._at(commit))]

    def fork(self) -> Base | None:
        """Return the pair where the other head left ours."""
        forks = [fork for _, fork in self.git.other_heads() if fork]
        return self._at(forks[0]) if forks else None

    def recorded(self) -> Base | None:
        """Return what the last sync left, as long as HEAD holds the same pair as then."""
        if not self.record:
            return None
        if list(self.record.get("head", ())) != list(head_blobs(self.git, [self.paths])[0]):
            return None
        notebook, script = self.record["pair"]
        try:
            return Base(self.git.blob(notebook), self.git.blob(script))
        except GitError:
            return None

    def older(self) -> Iterator[Base]:
        """Give the pair in the commits that touched it, newest first."""
        for commit in self.git.history(sorted({self.then_notebook, self.then_script})):
            base = self._at(commit)
            if base:
                yield base

    @property
    def paths(self) -> tuple[str, str]:
        """The pair's paths now."""
        return self.notebook, self.script

    def _at(self, commit: str) -> Base | None:
        """Return the pair in ``commit``, under its paths of now or of HEAD."""
        then = (self.then_notebook, self.then_script)
        if self.git.commit(commit) is None:
            return None
        blobs = self.git.blobs_at(commit, sorted({*self.paths, *then}))
        for notebook, script in (self.paths, then):
            if notebook in blobs and script in blobs:
                return Base(self.git.blob(blobs[notebook]), self.git.blob(blobs[script]))
        return None


def head_blobs(git: Git, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the blob ids of the two files of each pair in HEAD, "" for what is not there."""
    if git.commit("HEAD") is None:
        return [("", "")] * len(pairs)
    blobs = git.blobs_at("HEAD", sorted({path for pair in pairs for path in pair}))
    return [(blobs.get(one, ""), blobs.get(other, "")) for one, other in pairs]


def load_records(private: str) -> dict[str, dict[str, list[str]]]:
    """Return what earlier runs recorded, by "notebook NUL script"; nothing when it is damaged."""
    try:
        with open(os.path.join(private, _FILE), encoding="ascii") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and all(map(_is_sound, found.values())) else {}


def save_records(
    git: Git, private: str, pairs: Mapping[tuple[str, str], tuple[bytes, bytes]]
) -> None:
    """Keep what the two files of each pair hold now as the base of what people edit next."""
    if not pairs:
        return
    heads = head_blobs(git, list(pairs))
    records = load_records(private)
    blobs = git.store_all([one for contents in pairs.values() for one in contents])
    sides = zip(blobs[::2], blobs[1::2], strict=True)
    for paths, head, pair in zip(pairs, heads, sides, strict=True):
        records["\0".join(paths)] = {"head": list(head), "pair": list(pair)}
    os.makedirs(private, exist_ok=True)
    target = os.path.join(private, _FILE)
    temporary = f"{target}.{os.getpid()}"
    with open(temporary, "w", encoding="ascii") as file:
        json.dump(records, file)
    os.replace(temporary, target)


def _is_sound(record: object) -> bool:
    return isinstance(record, dict) and all(
        isinstance(record.get(key), list)
        and len(record[key]) == 2
        and all(isinstance(one, str) for one in record[key])
        for key in ("head", "pair")
    )
