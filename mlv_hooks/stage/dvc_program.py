"""The ``dvc`` that people have: where it is, which version, and whether it loads a dvc.yaml.

It is called as a program and never imported: it takes long to load, and may live elsewhere.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

from mlv_hooks.repository.files import WriteRefused, shown
from mlv_hooks.stage.dvc_files import DVC_FILE

OLDEST = (3, 50)
"""It does all with pathspec<1, which pip does not choose by itself; 3.38 can't do `exp run`."""
SECONDS = 60
_BYTES_A_SECOND = 30_000
"""What DVC reads of dvc.yaml at least: it is four times as much, where nothing else is at work."""
MISSING = "dvc was not found, so dvc.yaml is not checked by it: pip install dvc"

_VERSION = re.compile(r"^(\d+)\.(\d+)", re.MULTILINE)
_MOST = 300


class Dvc(NamedTuple):
    """A dvc that mlv works with."""

    program: str

    def refuses(self, folder: str) -> str | None:
        """Return in DVC's own words why it can't load the dvc.yaml in ``folder``.

        None when it can. Raises WriteRefused where it does not answer.
        """
        size = os.path.getsize(os.path.join(folder, DVC_FILE))
        seconds = SECONDS + size / _BYTES_A_SECOND
        done = _run([self.program, "stage", "list", DVC_FILE], folder, seconds)
        return _said(done.stderr) if done.returncode else None


def find_dvc(top: str) -> Dvc | None:
    """Return the dvc on PATH, beside this Python or in the repository's environment.

    None when there is none. Raises WriteRefused for one of a wrong version.
    """
    inside = "Scripts" if sys.platform == "win32" else "bin"
    folders = [os.environ.get("PATH", os.defpath), os.path.dirname(sys.executable)]
    folders += [os.path.join(top, name, inside) for name in (".venv", "venv")]
    program = shutil.which("dvc", path=os.pathsep.join(folders))
    if program is None:
        return None
    done = _run([program, "--version"], top, SECONDS)
    found = _VERSION.search(done.stdout)
    if found is None:
        message = f"{shown(program)} does not say its version: {_said(done.stderr)}"
        raise WriteRefused(None, f"{message}: nothing was written; see `dvc --version`")
    if (int(found[1]), int(found[2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        message = f"{shown(program)} is dvc {found[0]}, and mlv needs {oldest} or newer"
        raise WriteRefused(None, f"{message}: nothing was written; pip install 'dvc>={oldest}'")
    return Dvc(program)


def _run(command: list[str], folder: str, seconds: float) -> subprocess.CompletedProcess[str]:
    called = " ".join(["dvc", *command[1:]])
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        message = f"`{called}` took over {seconds:.0f} seconds: nothing was written; try it by hand"
        raise WriteRefused(None, message) from None
    except OSError as error:
        message = f"{shown(command[0])} does not start ({error.strerror}): nothing was written"
        raise WriteRefused(None, message) from None


def _environment() -> dict[str, str]:
    """Return the environment without what git tells its hooks, which is not meant for DVC."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    quiet = {"DVC_NO_ANALYTICS": "true", "NO_COLOR": "1", "COLUMNS": "1000"}
    # With CI set DVC does not ask the network for a newer DVC.
    return {**kept, **quiet, "CI": "true"}


def _said(printed: str) -> str:
    """Return what DVC said in one line: its error, or its lines about a wrong file."""
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    lines = [line for line in lines if line and not line.startswith("Having any troubles")]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    # Of a dvc that is broken itself, what the traceback says at its end.
    rest = lines[-1:] if any(line.startswith("Traceback ") for line in lines) else lines[:2]
    text = " ".join(errors[:1] or rest) or "no message"
    return text if len(text) <= _MOST else f"{text[: _MOST - 3]}..."
