"""JUnit's XML, as Jenkins, GitLab and others show test results: each finding is a failed test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from mlv_hooks.checks.places import Places
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.reporters.escapes import printable
from mlv_hooks.reporters.told import message, where


def render(diagnostics: Sequence[Diagnostic], places: Places) -> str:
    """Return a suite for each file; when nothing was found, one with a test that passed."""
    cases: dict[str, list[str]] = defaultdict(list)
    for one in diagnostics:
        path = places.review(one.location).path
        cases[path].append(_failed(one, path, places))
    suites = [_suite(path, own, len(own)) for path, own in cases.items()]
    count = len(diagnostics)
    if not suites:
        passed = f"    <testcase {_attributes(name='nothing found', classname='mlv')}/>"
        suites = [_suite("mlv", [passed], 0)]
    totals = _attributes(name="mlv", tests=max(count, 1), failures=count, errors=0)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {totals}>'
    return "\n".join([head, *suites, "</testsuites>\n"])


def _suite(path: str, cases: Sequence[str], failures: int) -> str:
    attributes = _attributes(name=path, tests=len(cases), failures=failures, errors=0)
    return "\n".join([f"  <testsuite {attributes}>", *cases, "  </testsuite>"])


def _failed(one: Diagnostic, path: str, places: Places) -> str:
    place = places.review(one.location)
    at = ":".join(str(part) for part in place if part is not None)
    told = message(one)
    case = _attributes(name=f"{one.code} {where(one.location)}", classname=path)
    failure = _attributes(message=told, type=one.code)
    text = escape(printable(f"{at}: {one.code} ") + told)
    return f"    <testcase {case}>\n      <failure {failure}>{text}</failure>\n    </testcase>"


def _attributes(**values: object) -> str:
    return " ".join(f"{key}={quoteattr(printable(str(value)))}" for key, value in values.items())
