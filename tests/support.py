"""A person's repository, with real git and real hooks, and what must hold after each commit."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from held_stages import wrong_stages

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
IDENTITY = {"NAME": "Ada", "EMAIL": "ada@example.org"}
CELL_FILTER = "tags,name,title,mlv,-all"
NOTEBOOK_FILTER = "kernelspec,mlv,-all"
FIRST, LAST = "rate = 0.1", "print(model)"
_NO_NOTEBOOK = "git tracks no notebook here: `git add` them, or name them: `mlv sync .`"
_TEMPORARY = re.compile(r"\..*\.mlv-[0-9a-f]{8}")


def environment(home: Path) -> dict[str, str]:
    """Return an environment that nothing of the machine or of the person changes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "PRE_COMMIT", "PREK", "MLV_", "JUPYTEXT", "XDG_"))
        and name not in ("CI", "SKIP")
    }
    people = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in IDENTITY.items()
    }
    return (
        kept
        | people
        | {
            "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "PRE_COMMIT_HOME": str(home / "pre-commit"),
            "PREK_HOME": str(home / "prek"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_EDITOR": "true",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
        }
    )


def hooks_config(settings: str = "", ids: Sequence[str] = ("mlv",)) -> str:
    """Return a .pre-commit-config.yaml with published hooks of ours, run from this environment."""
    lines = ["default_install_hook_types: [pre-commit, pre-merge-commit]", "repos:"]
    lines += ["  - repo: local", "    hooks:"]
    for id in ids:
        lines += [f"      - id: {id}"]
        lines += [f"        {key}: {json.dumps(value)}" for key, value in published(id).items()]
    return "\n".join(lines) + f"\n{settings}"


def published(id: str) -> dict[str, Any]:
    """Return what the manifest says of a hook, but that it runs from this environment."""
    from ruamel.yaml import YAML

    hooks = YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")
    (found,) = (one for one in hooks if one["id"] == id)
    own = ("id", "additional_dependencies")
    return {key: found[key] for key in found if key not in own} | {"language": "system"}


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class State:
    """All that people have in a repository: files, what is staged, and the last commit."""

    files: dict[str, bytes]
    index: dict[str, str]
    head: str

    @property
    def contents(self) -> set[bytes]:
        return set(self.files.values())


@dataclass(frozen=True)
class Repo:
    """A repository at ``top``; commands run in ``top`` or in its folder ``inside``."""

    top: Path
    env: Mapping[str, str]
    inside: str = "."

    def at(self, inside: str) -> Repo:
        return replace(self, inside=inside)

    def having(self, **env: str) -> Repo:
        return replace(self, env={**self.env, **env})

    def run(self, *command: str, input: str = "") -> Done:
        done = subprocess.run(
            command,
            cwd=self.top / self.inside,
            env=dict(self.env),
            input=input.encode(),
            capture_output=True,
        )
        out, err = (one.decode(errors="replace") for one in (done.stdout, done.stderr))
        return Done(done.returncode, out, err)

    def git(self, *args: str, input: str = "") -> str:
        done = self.run("git", *args, input=input)
        assert done.code == 0, f"git {' '.join(args)}: {done.said}"
        return done.out

    def mlv(self, *args: str) -> Done:
        return self.run("mlv", *args)

    # --- files

    def write(self, path: str, content: bytes | str) -> None:
        target = self.top / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, path: str) -> bytes:
        return (self.top / path).read_bytes()

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the one ``old`` in a file, as somebody would in an editor or in Jupyter."""
        if path.endswith(".ipynb"):
            old, new = (json.dumps(one, ensure_ascii=False)[1:-1] for one in (old, new))
        content = self.read(path).decode()
        assert content.count(old) == 1, f"{path} holds {old!r} {content.count(old)} times"
        self.write(path, content.replace(old, new))

    def exists(self, path: str) -> bool:
        return os.path.lexists(self.top / path)

    def add(self, *paths: str) -> None:
        self.git("--literal-pathspecs", "add", "-A", "--", *(paths or (str(self.top),)))

    # --- what git holds

    def blob(self, path: str, commit: str = "HEAD") -> bytes:
        """Return a file of a commit, or of the index when ``commit`` is empty."""
        done = subprocess.run(
            ["git", "cat-file", "blob", f"{commit}:{path}"],
            cwd=self.top,
            env=dict(self.env),
            capture_output=True,
            check=True,
        )
        return done.stdout

    def head(self, path: str) -> str:
        return self.blob(path).decode()

    def paths(self, commit: str = "HEAD") -> set[str]:
        names = self.git("ls-tree", "-r", "-z", "--full-tree", "--name-only", commit)
        return set(names.split("\0")[:-1])

    def changed(self) -> dict[str, str]:
        """Return what the last commit did to each path: A, M, D."""
        listing = ("-r", "--root", "-m", "--first-parent", "--no-renames", "-z", "--name-status")
        fields = self.git("diff-tree", *listing, "--no-commit-id", "HEAD").split("\0")[:-1]
        return dict(zip(fields[1::2], fields[::2], strict=True))

    def status(self) -> dict[str, str]:
        rows = self.git("status", "--porcelain", "-z", "--no-renames", "-uall").split("\0")[:-1]
        return {row[3:]: row[:2] for row in rows}

    def state(self) -> State:
        rows = self.git("ls-files", "-s", "-z", "--full-name", str(self.top)).split("\0")[:-1]
        index = {row.partition("\t")[2]: row.partition("\t")[0] for row in rows}
        commit = self.run("git", "rev-parse", "--quiet", "--verify", "HEAD").out.strip()
        return State(dict(self._files()), index, commit)

    def _files(self) -> Iterator[tuple[str, bytes]]:
        for folder, folders, names in os.walk(self.top):
            folders[:] = [one for one in folders if one != ".git"]
            for name in names:
                path = Path(folder, name)
                if name != ".git" and path.is_file():
                    yield path.relative_to(self.top).as_posix(), path.read_bytes()

    # --- the promises

    def commits(
        self, *args: str, left: Mapping[str, str] | None = None, command: str = "commit"
    ) -> str:
        """Commit; check all that must hold after a commit; return what was said.

        ``left``: what `git status` says afterwards, by path: what the person had left out.
        """
        message = ("-m", "work") if command in ("commit", "merge") else ()
        return self.does("git", command, *message, *args, left=left)

    def does(self, *command: str, left: Mapping[str, str] | None = None) -> str:
        """Run a command that commits, and check all that must hold afterwards."""
        before, staged = self.state(), self._staged_contents()
        done = self.run(*command)
        assert done.code == 0, done.said
        assert self.state().head != before.head, "nothing was committed"
        self.keeps(before.contents | staged)
        self.rests(before, left)
        return done.said

    def refuses(self, *args: str) -> str:
        """Try to commit; check that nothing at all has changed; return what was said."""
        before = self.state()
        done = self.run("git", "commit", "-m", "work", *args)
        assert done.code != 0, f"the commit went through: {done.said}"
        after = self.state()
        assert after == before, done.said
        assert "Traceback" not in done.said and "internal error" not in done.said
        return done.said

    def rests(self, before: State, left: Mapping[str, str] | None = None) -> None:
        """Check that the pairs of HEAD are in line, and that nothing is left to do."""
        assert self.status() == dict(left or {}), self.git("status")
        after = self.state()
        for path in left or {}:
            assert after.files.get(path) == before.files.get(path), path
            if left and left[path][0] != " ":
                assert after.index.get(path) == before.index.get(path), path
        assert [one for one in after.files if _TEMPORARY.fullmatch(Path(one).name)] == []
        self.is_paired()
        self.is_piped(left or {})
        if not left:
            sync = self.mlv("sync", "--check")
            hint = [] if any(path.endswith(".ipynb") for path in after.index) else [_NO_NOTEBOOK]
            assert (sync.code, sync.said.splitlines()) == (0, hint)
        if any(code[0] not in " ?" for code in (left or {}).values()):
            return
        if left:
            tree = self.git("rev-parse", "HEAD^{tree}")
            self.git("commit", "--quiet", "--allow-empty", "-m", "nothing new")
            assert self.git("rev-parse", "HEAD^{tree}") == tree, "a second commit changed something"
            assert self.state() == replace(after, head=self.state().head)
            self.git("reset", "--quiet", "--soft", "HEAD~1")
        else:
            # With nothing to put aside pre-commit does no more, and would cost more than the rest.
            again = self.run("mlv", "hook", "all")
            assert (again.code, self.state()) == (0, after), again.said

    def keeps(self, contents: set[bytes]) -> None:
        """Check that each content is in the worktree, in a commit or in the backups."""
        there = self.state().contents
        objects = {line[: self._width] for line in self._objects().splitlines()}
        lost = [
            one
            for one in contents - there - {b""}
            if not {self._id(one), self._id(one.replace(b"\r\n", b"\n"))} & objects
        ]
        assert lost == [], sorted(lost)

    def _objects(self) -> str:
        return self.git("rev-list", "--objects", "--all", "--reflog", "HEAD")

    def _staged_contents(self) -> set[bytes]:
        entries = (row.split() for row in self.state().index.values())
        blobs = {blob for mode, blob, _ in entries if mode != "160000"}
        return {self._cat(blob) for blob in blobs}

    def _cat(self, blob: str) -> bytes:
        command = ["git", "cat-file", "blob", blob]
        return subprocess.run(
            command, cwd=self.top, env=dict(self.env), capture_output=True, check=True
        ).stdout

    @cached_property
    def _width(self) -> int:
        return 64 if "sha256" in self.git("rev-parse", "--show-object-format") else 40

    def _id(self, content: bytes) -> str:
        make = hashlib.sha256 if self._width == 64 else hashlib.sha1
        return make(b"blob %d\0" % len(content) + content).hexdigest()

    def is_paired(self, commit: str = "HEAD") -> None:
        """Check by jupytext alone that each script of a commit is what its notebook renders to."""
        paths = self.paths(commit)
        notebooks = [path for path in sorted(paths) if path.endswith(".ipynb")]
        for path in notebooks:
            pairs = expected_scripts(path, self.blob(path, commit), self._config(commit, paths))
            for script, fmt, wanted in pairs:
                assert script in paths, f"{path} has no script {script}"
                held = self.blob(script, commit).decode()
                assert same_text(held, wanted, fmt), f"{script} is not what {path} renders to"

    def is_piped(self, left: Mapping[str, str]) -> None:
        """Check that HEAD has the stages that its notebooks declare, and what `mlv sync` writes."""
        paths = self.paths()
        if "dvc.yaml" not in paths:
            return
        assert list(wrong_stages(paths, self.blob)) == []
        if left:  # else the worktree is what HEAD holds, and looked at anyway
            clone = replace(self, top=self.top.parent / "clone", inside=".")
            self.git("clone", "--quiet", str(self.top), str(clone.top))
            done = clone.mlv("sync", "--check")
            assert done.code == 0, done.said
            shutil.rmtree(clone.top)

    def _config(self, commit: str, paths: set[str]) -> str:
        return self.blob("jupytext.toml", commit).decode() if "jupytext.toml" in paths else ""


def expected_scripts(
    path: str, content: bytes, config_text: str
) -> Iterator[tuple[str, dict[str, str], str]]:
    """Give path, format and text of each script that jupytext itself would pair with a notebook."""
    import jupytext
    import nbformat
    from jupytext.config import (
        JupytextConfiguration,
        load_jupytext_configuration_file,
        notebook_formats,
    )
    from jupytext.formats import auto_ext_from_metadata
    from jupytext.paired_paths import paired_paths

    config = (
        load_jupytext_configuration_file("jupytext.toml", config_text)
        if config_text
        else JupytextConfiguration()
    )
    config.notebook_metadata_filter = config.notebook_metadata_filter or NOTEBOOK_FILTER
    config.cell_metadata_filter = config.cell_metadata_filter or CELL_FILTER
    read = nbformat.reads(content.decode(), as_version=nbformat.NO_CONVERT)
    extension = auto_ext_from_metadata(read.metadata)
    formats = notebook_formats(read, config, path, False) or [
        {"extension": ".ipynb"},
        {"extension": extension, "format_name": "percent"},
    ]
    for script, fmt in paired_paths(path, ".ipynb", formats):
        if fmt["extension"] != ".ipynb":
            short = {key: fmt[key] for key in ("extension", "format_name") if key in fmt}
            yield os.path.normpath(script), short, jupytext.writes(read, fmt=short, config=config)


def same_text(held: str, wanted: str, fmt: Mapping[str, str]) -> bool:
    """Say whether two scripts are the same but for blank lines around cells and line ends."""
    import jupytext

    def lines(one: str) -> list[str]:
        return [line for line in one.splitlines() if line.strip()]

    def cells(one: str) -> list[tuple[str, str]]:
        return [(cell.cell_type, cell.source) for cell in jupytext.reads(one, fmt=dict(fmt)).cells]

    held = held.replace("\r\n", "\n")
    return lines(held) == lines(wanted) and cells(held) == cells(wanted)


def copy_repo(source: Path, target: Path, env: Mapping[str, str]) -> Repo:
    """Return a copy of a prepared repository."""
    shutil.copytree(source, target, symlinks=True)
    repo = Repo(target, env)
    # The index knows the files by inode and time: let it learn those of the copies.
    repo.run("git", "update-index", "-q", "--refresh")
    return repo


# --- histories of the notebook train.ipynb


def edit_notebook(repo: Repo, old: str, new: str) -> None:
    repo.edit("train.ipynb", old, new)
    repo.commits("-a")


def branch(repo: Repo, old: str, new: str, name: str = "side") -> None:
    """Make a branch whose one commit edits the notebook, and go back to main."""
    repo.git("switch", "--quiet", "-c", name)
    edit_notebook(repo, old, new)
    repo.git("switch", "--quiet", "main")


def is_stopped(repo: Repo, *command: str) -> None:
    done = repo.run("git", *command)
    assert done.code != 0, done.said


def take(repo: Repo, side: str, path: str) -> None:
    repo.git("checkout", "--quiet", f"--{side}", path)
