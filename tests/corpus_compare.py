"""What a notebook and its step did, side by side, and digests that outlive library versions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """What one side did: how it ended, printed, which files it left, the state at its end."""

    failure: str | None
    printed: str
    files: Mapping[str, bytes | None]
    state: Any


def differences(kernel: Run, step: Run) -> list[str]:
    """Return a line for each way in which the step did other than the notebook."""
    found = [
        f"{side} failed: {run.failure}"
        for side, run in (("the notebook", kernel), ("the step", step))
        if run.failure
    ]
    if found:
        return found
    if kernel.printed != step.printed:
        found.append(f"printed: notebook {kernel.printed!r}, step {step.printed!r}")
    for path in sorted(kernel.files.keys() | step.files.keys()):
        one, other = kernel.files.get(path, b"<as it was>"), step.files.get(path, b"<as it was>")
        if one != other:
            found.append(f"file {path}: notebook {_short(one)}, step {_short(other)}")
    for part in ("hidden", "names"):
        one, other = ((run.state or {}).get(part, {}) for run in (kernel, step))
        for key in sorted(one.keys() | other.keys()):
            if json.dumps(one.get(key)) != json.dumps(other.get(key)):
                found.append(f"{part} {key}: notebook {one.get(key)!r}, step {other.get(key)!r}")
    if kernel.state is None:
        found.append("the notebook wrote no end state: its probe did not run")
    return found


def _short(data: bytes | None) -> str:
    return "<gone>" if data is None else f"{len(data)} bytes {data[:60]!r}"


def fingerprint(run: Run) -> dict[str, Any]:
    """Return digests that outlive versions of libraries: six digits of numbers, images by size."""
    state = json.dumps(_portable(run.state), sort_keys=True)
    return {
        "state": _digest(state.encode()),
        "files": {path: _file_digest(path, data) for path, data in run.files.items()},
    }


def _portable(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, str):
        return _rounded(value)
    if isinstance(value, list):
        return [_portable(one) for one in value]
    if isinstance(value, dict):
        return {key: _portable(one) for key, one in value.items() if not key.startswith("exact")}
    return value


def _rounded(text: str) -> str:
    return re.sub(r"-?\d+\.\d+(?:e[+-]?\d+)?", lambda one: f"{float(one[0]):.6g}", text)


def _file_digest(path: str, data: bytes | None) -> str:
    if data is None:
        return "gone"
    if path.endswith((".csv", ".txt", ".json", ".py", ".md", ".log")):
        return _digest(_rounded(data.decode()).encode())
    if data[:4] == b"\x89PNG":
        return f"png {int.from_bytes(data[16:20], 'big')}x{int.from_bytes(data[20:24], 'big')}"
    return "binary"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
