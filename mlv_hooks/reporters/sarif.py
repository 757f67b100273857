"""SARIF 2.1.0, for GitHub's code scanning and other readers of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from mlv_hooks import __version__
from mlv_hooks.checks.places import Place, Places
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.reporters.escapes import dump
from mlv_hooks.reporters.told import fingerprints, message

_ROOT = "%SRCROOT%"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# Readers make a link of `[text](target)` in a message.
_LINK = re.compile(r"\](?=\()")


def render(diagnostics: Sequence[Diagnostic], places: Places) -> str:
    """Return a log of one run, with the pages of the rules that found something."""
    codes = sorted({one.code for one in diagnostics})
    prints = fingerprints(diagnostics, places)
    results = [
        _result(one, codes.index(one.code), fingerprint, places)
        for one, fingerprint in zip(diagnostics, prints, strict=True)
    ]
    driver = {"name": "mlv", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> dict[str, Any]:
    from mlv_hooks.rules import find_rule

    rule = find_rule(code)
    if rule is None:
        return {"id": code}
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": "error"},
    }


def _result(one: Diagnostic, index: int, fingerprint: str, places: Places) -> dict[str, Any]:
    return {
        "ruleId": one.code,
        "ruleIndex": index,
        "level": "error",
        "message": {"text": _LINK.sub("] ", message(one))},
        "locations": [{"physicalLocation": _location(places.review(one.location))}],
        "partialFingerprints": {"mlvFinding/v1": fingerprint},
    }


def _location(place: Place) -> dict[str, Any]:
    artifact = {"uri": quote(place.path, errors="surrogateescape"), "uriBaseId": _ROOT}
    region = {"startLine": place.line, "startColumn": place.column}
    known = {key: value for key, value in region.items() if value is not None}
    return {"artifactLocation": artifact, **({"region": known} if known else {})}
