"""The versions that a pair is compared with: in git's commits, and what the last sync left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlv_hooks.pair.pairing import Base
from mlv_hooks.pair.records import Record, Records
from mlv_hooks.repository.files import content_id
from mlv_hooks.repository.git import Git, GitError


@dataclass(frozen=True, slots=True)
class GitBases:
    """The bases of one pair. ``then_*`` are its paths in HEAD, before a rename under way."""

    git: Git
    notebook: str
    script: str
    then_notebook: str
    then_script: str
    record: Record | None

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
        if self.record is None or self.record.head != head_blobs(self.git, [self.paths])[0]:
            return None
        notebook, script = self.record.pair
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


@dataclass(frozen=True, slots=True)
class OneBase:
    """The base of a pair that was in line a moment ago, with these contents."""

    notebook: bytes
    script: bytes

    def heads(self) -> list[Base]:
        """Return the pair as it was."""
        return [Base(self.notebook, self.script)]

    def fork(self) -> Base | None:
        """Return None: there was one version only."""
        return None

    def recorded(self) -> Base | None:
        """Return None: the pair as it was counts."""
        return None

    def older(self) -> Iterator[Base]:
        """Give nothing: the pair as it was counts."""
        return iter(())


def head_blobs(git: Git, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the blob ids of the two files of each pair in HEAD, "" for what is not there."""
    if git.commit("HEAD") is None:
        return [("", "")] * len(pairs)
    blobs = git.blobs_at("HEAD", sorted({path for pair in pairs for path in pair}))
    return [(blobs.get(one, ""), blobs.get(other, "")) for one, other in pairs]


def save_records(
    git: Git, records: Records, pairs: Mapping[tuple[str, str], tuple[bytes, bytes]]
) -> None:
    """Keep what the two files of each pair hold now as the base of what people edit next."""
    if not pairs:
        return
    heads = head_blobs(git, list(pairs))
    known = {blob for head in heads for blob in head if blob}
    width = len(next(iter(known), ""))
    ids = {one: content_id(one, width) for contents in pairs.values() for one in contents}
    fresh = [one for one, blob in ids.items() if blob not in known]
    ids.update(zip(fresh, git.store_all(fresh), strict=True))
    records.add(
        (paths, Record(head, (ids[one], ids[other])))
        for (paths, (one, other)), head in zip(pairs.items(), heads, strict=True)
    )
