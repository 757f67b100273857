"""Every call of git, and the readers of what git holds."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mlv_hooks.repository.process import OTHER_HEADS


class GitError(Exception):
    """A git command failed; the text is git's own last line."""


class FileChange(NamedTuple):
    """How one path differs from a commit: ``status`` is A, M, D, R (from ``source``), T or U."""

    status: str
    path: str
    source: str | None = None


class Git:
    """Runs git in the repository whose top folder is ``top``."""

    __slots__ = ("top",)

    def __init__(self, top: str) -> None:
        self.top = top

    def run(
        self,
        *args: str,
        input: bytes | None = None,
        env: Mapping[str, str] | None = None,
        check: bool = True,
    ) -> bytes:
        """Return what ``git *args`` prints; with ``check`` raise GitError when it fails."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.top,
            input=input,
            env={**os.environ, **env} if env else None,
            capture_output=True,
        )
        if check and done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
            raise GitError(f"git {args[0]}: {lines[-1]}")
        return done.stdout

    def line(self, *args: str) -> str:
        """Return the one line that git prints, "" when it fails."""
        return os.fsdecode(self.run(*args, check=False)).rstrip("\n")

    def commit(self, name: str) -> str | None:
        """Return the id of commit ``name``, None when there is no such commit."""
        return self.line("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}") or None

    def index(self, paths: Sequence[str] = ()) -> tuple[dict[str, str], set[str], set[str]]:
        """Return the index: blob id by path, unmerged paths, and symbolic links.

        With ``paths``, only these.
        """
        blobs, unmerged, links = {}, set(), set()
        rows = self.run("--literal-pathspecs", "ls-files", "-s", "-z", "--", *paths)
        for row in rows.split(b"\0")[:-1]:
            meta, _, name = row.partition(b"\t")
            path = os.fsdecode(name)
            mode, blob, stage = meta.split(b" ")
            if stage != b"0":
                unmerged.add(path)
            elif mode == b"120000":
                links.add(path)
            elif mode != b"160000":
                blobs[path] = blob.decode()
        return blobs, unmerged, links

    def unstaged(self) -> set[str]:
        """Return the tracked paths whose file differs from the index, or whose time does."""
        rows = self.run("diff-files", "-z", "--name-only", "--ignore-submodules=all")
        return {os.fsdecode(path) for path in rows.split(b"\0")[:-1]}

    def skipped(self) -> set[str]:
        """Return the tracked paths that a sparse checkout leaves out of the worktree."""
        if self.line("config", "core.sparseCheckout") != "true":
            return set()
        rows = self.run("ls-files", "-t", "-z").split(b"\0")[:-1]
        return {os.fsdecode(row[2:]) for row in rows if row.startswith(b"S ")}

    def changes(self, *, cached: bool, base: str | None = None) -> list[FileChange]:
        """Return how the index (``cached``) or the worktree differs from HEAD, renames found.

        With ``base``, from that commit.
        """
        base = base or self.commit("HEAD") or self.empty_tree()
        options = ["--cached"] if cached else []
        fields = os.fsdecode(
            self.run("diff-index", *options, "-M", "-z", "--name-status", base, "--")
        ).split("\0")
        return list(_file_changes(fields[:-1]))

    def changes_since(self, tree: str) -> list[FileChange]:
        """Return how the worktree differs from ``tree``; no renames are looked for."""
        fields = os.fsdecode(self.run("diff-index", "-z", "--name-status", tree, "--")).split("\0")
        return list(_file_changes(fields[:-1]))

    def empty_tree(self) -> str:
        """Return the id of the tree without files."""
        return self.run("hash-object", "-t", "tree", "--stdin", input=b"").decode().strip()

    def blobs_at(self, commit: str, paths: Sequence[str]) -> dict[str, str]:
        """Return the blob ids of those ``paths`` that are files in ``commit``."""
        rows = self.run("--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", *paths)
        found = {}
        for row in rows.split(b"\0")[:-1]:
            meta, _, name = row.partition(b"\t")
            mode, _, blob = meta.split(b" ")
            if mode != b"120000":
                found[os.fsdecode(name)] = blob.decode()
        return found

    def blob(self, blob: str) -> bytes:
        """Return the bytes of one blob."""
        return self.run("cat-file", "blob", blob)

    def store(self, data: bytes) -> str:
        """Keep ``data`` as a blob, by no filter touched, and return its id."""
        return self.run("hash-object", "-w", "--stdin", input=data).decode().strip()

    def store_all(self, contents: Sequence[bytes]) -> list[str]:
        """Keep all ``contents`` as `store` does, by one call of git; return their ids in order."""
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            names = [os.path.join(folder, str(number)) for number in range(len(contents))]
            for name, data in zip(names, contents, strict=True):
                with open(name, "wb") as file:
                    file.write(data)
            rows = os.fsencode("\n".join(names))
            made = self.run("hash-object", "-w", "--no-filters", "--stdin-paths", input=rows)
        return made.decode().split()

    def history(self, paths: Sequence[str], limit: int = 200) -> Iterator[str]:
        """Give the commits before HEAD that touched ``paths``, newest first."""
        if self.commit("HEAD") is None:
            return
        rows = self.run("--literal-pathspecs", "log", f"-{limit}", "--format=%H", "--", *paths)
        yield from rows.decode().split()

    def other_heads(self) -> list[tuple[str, str | None]]:
        """Return the other sides of a merge, pick, revert or rebase under way.

        Each is a commit and the commit where it left ours. While ``pre-merge-commit`` runs,
        MERGE_HEAD is not yet there and only ``GITHEAD_<id>`` in the environment tells.
        """
        heads = []
        for name in OTHER_HEADS:
            commit = self.commit(name)
            # git leaves REBASE_HEAD behind when a rebase has ended.
            if commit is None or (name == "REBASE_HEAD" and not self._is_rebasing()):
                continue
            if name == "MERGE_HEAD":
                heads.append((commit, self.line("merge-base", "HEAD", commit) or None))
            elif name == "REVERT_HEAD":
                heads.append((self.commit(f"{commit}^") or commit, commit))
            else:
                heads.append((commit, self.commit(f"{commit}^")))
        if not heads:
            heads = [(one, self.line("merge-base", "HEAD", one) or None) for one in _named_heads()]
        return heads

    def is_merging_now(self) -> bool:
        """Say whether ``git merge`` itself is about to commit: that tree cannot change any more."""
        return bool(_named_heads()) and self.commit("MERGE_HEAD") is None

    def _is_rebasing(self) -> bool:
        names = ("rebase-merge", "rebase-apply")
        folders = (self.line("rev-parse", "--git-path", name) for name in names)
        return any(os.path.isdir(os.path.join(self.top, folder)) for folder in folders)

    def deleted_lately(self, limit: int = 20) -> list[str]:
        """Return the notebooks that the last ``limit`` commits deleted or renamed."""
        if self.commit("HEAD") is None:
            return []
        commits = self.run("rev-list", "--no-merges", f"-{limit}", "HEAD")
        options = ("-r", "-z", "--no-renames", "--no-commit-id", "--diff-filter=D", "--name-only")
        rows = self.run("diff-tree", "--stdin", *options, "--", "*.ipynb", input=commits)
        return list(dict.fromkeys(os.fsdecode(row) for row in rows.split(b"\0")[:-1]))

    def is_ignored(self, paths: Iterable[str]) -> set[str]:
        """Return those untracked ``paths`` that .gitignore leaves out."""
        names = b"".join(os.fsencode(path) + b"\0" for path in paths)
        if not names:
            return set()
        rows = self.run("check-ignore", "-z", "--stdin", input=names, check=False)
        return {os.fsdecode(path) for path in rows.split(b"\0")[:-1]}

    def deletion(self, path: str) -> str | None:
        """Return the newest commit of this branch that deleted or renamed ``path``."""
        options = ("log", "-1", "--diff-filter=D", "--no-renames", "--format=%H")
        return self.line("--literal-pathspecs", *options, "--", path) or None

    def grep(self, pattern: str, globs: Sequence[str], *, cached: bool) -> list[str]:
        """Return the tracked files under ``globs`` with a line that matches ``pattern``."""
        where = ["--cached"] if cached else []
        rows = self.run("grep", *where, "-l", "-z", "-E", pattern, "--", *globs, check=False)
        return [os.fsdecode(path) for path in rows.split(b"\0")[:-1]]

    def stage(self, paths: Sequence[str]) -> None:
        """Put the files at ``paths``, or that they are gone, into the index of this commit.

        ``git commit PATH`` gives its hooks a temporary index and has the next real one ready in
        ``index.lock``: a file staged in the first alone would leave its reversal in the second.
        """
        names = b"".join(os.fsencode(path) + b"\0" for path in paths)
        for index in self._indexes():
            env = {"GIT_INDEX_FILE": index} if index else None
            self.run("update-index", "--add", "--remove", "-z", "--stdin", input=names, env=env)

    def _indexes(self) -> list[str | None]:
        given = os.environ.get("GIT_INDEX_FILE")
        if not given or not os.path.basename(given).startswith("next-index-"):
            return [given]
        real = os.path.join(self.top, os.path.dirname(given), "index.lock")
        return [given, real] if os.path.exists(real) else [given]

    def merge_text(self, base: str, ours: str, theirs: str) -> str | None:
        """Return git's own three-way merge of three texts, None when it conflicts."""
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            names = [os.path.join(folder, name) for name in ("ours", "base", "theirs")]
            for name, text in zip(names, (ours, base, theirs), strict=True):
                with open(name, "wb") as file:
                    file.write(text.encode("utf-8", "surrogatepass"))
            done = subprocess.run(["git", "merge-file", "-p", "-q", *names], capture_output=True)
        return None if done.returncode else done.stdout.decode("utf-8", "surrogatepass")


def find_repository(start: str) -> tuple[Git, str, str] | None:
    """Return the repository around folder ``start``, its git folder and the one it shares.

    The two folders differ in a linked worktree. None outside of a repository.
    """
    done = subprocess.run(
        ["git", "rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir"],
        cwd=start,
        capture_output=True,
    )
    if done.returncode:
        return None
    top, private, common = os.fsdecode(done.stdout).rstrip("\n").split("\n")
    return Git(top), private, os.path.normpath(os.path.join(start, common))


def _named_heads() -> list[str]:
    """Return the commits that ``git merge`` is at work on, as it names them to its hooks."""
    return [key[8:] for key in os.environ if key.startswith("GITHEAD_")]


def why_no_worktree(start: str) -> str:
    """Return why ``find_repository`` found none around folder ``start``, and what to do."""
    ask = ["git", "rev-parse", "--is-bare-repository"]
    done = subprocess.run(ask, cwd=start, capture_output=True)
    if done.stdout.strip() == b"true":
        return "this is a bare repository: go to a clone of it"
    if done.returncode == 0:
        return "this is the inside of .git: go to the repository's own folder"
    lines = done.stderr.decode(errors="replace").strip().splitlines() or [""]
    if "not a git repository" in lines[0]:
        return "this is no git repository: run `git init`, or go to one"
    return lines[0].removeprefix("fatal: ")


def _file_changes(fields: Sequence[str]) -> Iterator[FileChange]:
    rest = iter(fields)
    for status in rest:
        if status[0] in "RC":
            source = next(rest)
            yield FileChange("A" if status[0] == "C" else "R", next(rest), source)
        else:
            yield FileChange(status[0], next(rest))
