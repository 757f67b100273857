"""The TOML reader of the standard library, or before Python 3.11 the package it came from."""

from __future__ import annotations

import sys
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def loads(text: str) -> dict[str, Any]:
    """Return the tables of a TOML document; raise ValueError when it is broken."""
    document: dict[str, Any] = tomllib.loads(text)
    return document
