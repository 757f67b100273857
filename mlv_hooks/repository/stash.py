"""Which files a hook runner has unstaged edits of, put aside while the hooks run.

pre-commit and prek write the unstaged edits to a patch file, named after the time and their own
process, and apply it again afterwards. A file in it must not be written meanwhile: the patch
would no longer fit, and the runner would roll our work back.
"""

from __future__ import annotations

import os
import re
import time

from mlv_hooks.repository.git import Git

_PATCH = re.compile(r"(?:patch)?(\d+)-(\d+)(?:\.patch)?")


def stashed_paths(git: Git) -> set[str]:
    """Return the paths, relative to the top, that the runner above us has put aside."""
    runners = _ancestors()
    newest = (0, "")
    for folder in _folders():
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            match = _PATCH.fullmatch(name)
            if match and int(match[2]) in runners:
                path = os.path.join(folder, name)
                modified = os.stat(path).st_mtime_ns
                # Patch files stay for good: an older one is of a process with the same number.
                if modified >= runners[int(match[2])]:
                    newest = max(newest, (modified, path))
    if not newest[1]:
        return set()
    rows = git.run("apply", "--numstat", "-z", newest[1], check=False)
    return {os.fsdecode(row.split(b"\t", 2)[2]) for row in rows.split(b"\0")[:-1]}


def _folders() -> list[str]:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    ours = os.environ.get("PRE_COMMIT_HOME") or os.path.join(cache, "pre-commit")
    prek = os.environ.get("PREK_HOME") or os.path.join(cache, "prek")
    return [os.path.realpath(ours), os.path.join(prek, "patches")]


def _ancestors() -> dict[int, int]:
    """Return the processes above ours and, in ns since 1970, when each began, 0 if unknown."""
    found: dict[int, int] = {}
    process = os.getppid()
    while process > 1 and process not in found:
        parent, found[process] = _parent_and_start(process)
        process = parent
    return found


def _parent_and_start(process: int) -> tuple[int, int]:
    """Return the process above one, and when it began.

    Fields 4 and 22 of proc_pid_stat(5). The times of the folder /proc/PID are no help: they are
    those of the first look at it.
    """
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        import subprocess

        # No /proc on macOS.
        done = subprocess.run(["ps", "-o", "ppid=", "-p", str(process)], capture_output=True)
        return int(done.stdout or 0), 0
    after_boot = int(fields[19]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    booted = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    # One second less: the kernel counts from boot, files from the clock.
    return int(fields[1]), booted + after_boot - 1_000_000_000
