"""The Pythons of this machine, to compare what each of them makes of the same input."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MINORS = range(10, 15)


def pythons() -> list[str]:
    """Return one interpreter per minor version that a project may use; ours is among them."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = {sys.version_info[1]: sys.executable}
    for minor in MINORS:
        places = sorted(pyenv.glob(f"3.{minor}.*/bin/python"))
        command = str(places[-1]) if places else shutil.which(f"python3.{minor}")
        if command and minor not in found:
            found[minor] = command
    return [found[minor] for minor in sorted(found)]


def run(python: str, code: str, text: str) -> str:
    """Run code that imports the package, with pure libraries only, and return what it prints."""
    import docstring_parser

    libraries = Path(docstring_parser.__file__).parents[1]
    setting = {"PYTHONPATH": f"{ROOT}{os.pathsep}{libraries}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, "-X", "utf8", "-c", code],
        input=text,
        capture_output=True,
        encoding="utf-8",
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", ""), **setting},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
