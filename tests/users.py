"""Repositories for tests: real git, real hooks, and nothing of the machine's own settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from served import take_from_path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MLV = str(BIN / "mlv")

OURS = {
    "id": "mlv",
    "name": "mlv",
    "entry": "mlv hook all",
    "language": "system",
    "always_run": True,
    "require_serial": True,
    "verbose": True,
}


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which nothing of the machine's own settings counts."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "PRE_COMMIT", "PREK", "MLV_", "JUPYTEXT_"))
        and name not in ("CI", "NO_COLOR", "FORCE_COLOR", "VIRTUAL_ENV", "COLUMNS")
    }
    return kept | {
        "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "PRE_COMMIT_COLOR": "never",
        "PREK_HOME": str(home / "prek"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        "GIT_PAGER": "cat",
        "LC_ALL": "C.UTF-8",
        "PYTHONWARNINGS": "",
    }


@dataclass
class User:
    """Somebody at work in a repository of their own, with a shell."""

    top: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        *command: str,
        code: int | None = 0,
        cwd: str | Path = "",
        env: Mapping[str, str] | None = None,
    ) -> Done:
        """Run a command in their repository; ``code`` is the exit code that it must have."""
        done = subprocess.run(
            command,
            cwd=self.top / cwd,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        result = Done(done.returncode, *(one.decode() for one in (done.stdout, done.stderr)))
        assert code is None or result.code == code, f"{command}: {result.code}\n{result.text}"
        return result

    def git(self, *args: str, code: int | None = 0) -> str:
        """Return what git prints, without the last line end."""
        return self.run("git", *args, code=code).out.rstrip("\n")

    def mlv(self, *args: str, code: int | None = 0, cwd: str = "", **env: str) -> Done:
        return self.run("mlv", *args, code=code, cwd=cwd, env=env)

    def commit(self, *args: str, code: int | None = 0, **env: str) -> Done:
        """Run ``git commit -m edit *args``."""
        return self.run("git", "commit", "-m", "edit", *args, code=code, env=env)

    def path(self, path: str) -> Path:
        return self.top / path

    def write(self, path: str, content: str | bytes) -> None:
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, path: str) -> str:
        return self.path(path).read_bytes().decode()

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace ``old``, which the file must hold once; in a notebook, as JSON spells them."""
        if path.endswith(".ipynb"):
            old, new = (json.dumps(one)[1:-1] for one in (old, new))
        text = self.read(path)
        assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
        self.write(path, text.replace(old, new))

    def hooks(self, *hooks: Mapping[str, Any], runner: str = "pre-commit") -> None:
        """Configure local ``hooks`` in this order, and install them."""
        config = {
            "default_install_hook_types": ["pre-commit", "pre-merge-commit"],
            "repos": [{"repo": "local", "hooks": list(hooks)}],
        }
        # JSON is YAML.
        self.write(".pre-commit-config.yaml", json.dumps(config, indent=1) + "\n")
        self.run(runner, "install")
        take_from_path(self.top / ".git" / "hooks")

    def status(self) -> str:
        return self.git("status", "--porcelain")

    def files(self, commit: str = "HEAD") -> list[str]:
        """Return the paths that a commit changed."""
        return self.git("show", "--name-only", "--format=", "--no-renames", commit).splitlines()

    def backups(self) -> str:
        return self.mlv("backups", "list").out


def new_user(top: Path, env: Mapping[str, str]) -> User:
    """Return a new repository with a first commit, so that HEAD is there."""
    top.mkdir(parents=True)
    user = User(top, dict(env))
    user.git("init", "--quiet", "--initial-branch=main")
    user.git("commit", "--quiet", "--allow-empty", "-m", "start")
    return user


def hook(name: str, entry: str, **more: Any) -> dict[str, Any]:
    """Return a local hook that calls a program on the PATH."""
    return {"id": name, "name": name, "entry": entry, "language": "system", **more}


def stream(text: str) -> list[dict[str, Any]]:
    return [{"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}]


def code(source: str, *, id: str, count: int | None = None, out: str = "") -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": count,
        "id": id,
        "metadata": {},
        "outputs": stream(out) if out else [],
        "source": source.splitlines(keepends=True),
    }


def markdown(source: str, *, id: str) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": lines}


def notebook(*cells: Mapping[str, Any]) -> str:
    """Return a notebook as Jupyter writes it."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    document = {
        "cells": list(cells),
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def cells_of(text: str) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = json.loads(text)["cells"]
    return found


def source_of(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])
