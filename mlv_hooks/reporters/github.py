"""Workflow commands: GitHub Actions shows each finding at its line of a pull request's diff."""

from __future__ import annotations

from collections.abc import Sequence

from mlv_hooks.checks.places import Places
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.reporters.escapes import path_text, printable
from mlv_hooks.reporters.told import title, where

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def render(diagnostics: Sequence[Diagnostic], places: Places) -> str:
    """Return a line ``::error file=…,line=…,col=…,title=…::place: message`` for each finding."""
    return "".join(f"{_command(one, places)}\n" for one in diagnostics)


def _command(one: Diagnostic, places: Places) -> str:
    place = places.review(one.location)
    path = path_text(place.path)
    # The runner strips spaces at the end of all properties, and "=" at the start of each.
    properties = {
        "file": f"./{path}" if path.startswith("=") else path,
        "line": place.line,
        "col": place.column,
        "title": title(one.code),
    }
    told = ",".join(
        f"{key}={str(value).translate(_PROPERTY)}"
        for key, value in properties.items()
        if value is not None
    )
    # The log shows the message alone.
    message = printable(f"{where(one.location)}: {one.message}")
    return f"::error {told}::{message.translate(_DATA)}"
