"""Readers of reports as the systems read them that reports are written for."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import xmlschema
from jsonschema import Draft4Validator, Draft7Validator

SCHEMAS = Path(__file__).parent.parent / "fixtures" / "schemas"
COMMANDS = {
    *("error", "warning", "notice", "debug", "group", "endgroup", "echo", "add-mask", "add-path"),
    *("set-env", "set-output", "save-state", "stop-commands", "add-matcher", "remove-matcher"),
    *("internal-set-repo-path", "section", "endsection", "command"),
}


class Command(NamedTuple):
    """A command that GitHub's runner found in a line."""

    name: str
    properties: dict[str, str]
    data: str


def runner_reads(line: str) -> Command | None:
    """Return the command that GitHub's runner obeys in a line of output, None for plain text.

    The rules are those of `ActionCommand` in github.com/actions/runner: the form with colons is
    tried first, at the start of the line, then the old one with `##[`, anywhere.
    """
    return _with_colons(line.lstrip()) or _with_brackets(line)


def _with_colons(line: str) -> Command | None:
    head, separator, data = line[2:].partition("::")
    name, _, properties = head.partition(" ")
    if not line.startswith("::") or not separator or name.lower() not in COMMANDS:
        return None
    marks = {"%0D": "\r", "%0A": "\n"}
    pairs = _pairs(properties.strip(), ",", marks | {"%3A": ":", "%2C": ","})
    return Command(name, pairs, _unescape(data, marks))


def _with_brackets(line: str) -> Command | None:
    _, prefix, rest = line.partition("##[")
    head, bracket, data = rest.partition("]")
    name, _, properties = head.partition(" ")
    if not prefix or not bracket or name.lower() not in COMMANDS:
        return None
    marks = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]"}
    return Command(name, _pairs(properties, ";", marks), _unescape(data, marks))


def _pairs(text: str, separator: str, marks: dict[str, str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in text.split(separator) if one]
    values = ((key, value.lstrip("=")) for key, _, value in pairs)
    return {key: _unescape(value, marks) for key, value in values if key and value}


def _unescape(text: str, marks: dict[str, str]) -> str:
    for mark, char in [*marks.items(), ("%25", "%")]:
        text = text.replace(mark, char)
    return text


class Shown(NamedTuple):
    """A finding as a system shows it; line 0 where it knows none."""

    code: str
    path: str
    line: int
    message: str


def read_github(report: str) -> list[Shown]:
    commands = [runner_reads(line) for line in report.split("\n")[:-1]]
    assert all(one and one.name == "error" for one in commands), "each line is an annotation"
    return [
        Shown(
            *(one.properties["title"].split()[0], one.properties["file"].removeprefix("./")),
            *(int(one.properties.get("line", 0)), one.data),
        )
        for one in commands
        if one
    ]


def read_gitlab(report: str) -> list[Shown]:
    found = json.loads(report)
    _schema("gitlab-code-quality.json", Draft7Validator).validate(found)
    prints = [one["fingerprint"] for one in found]
    assert len({*prints}) == len(prints), "of equal fingerprints GitLab shows one"
    return [
        Shown(
            *(one["check_name"], one["location"]["path"], one["location"]["lines"]["begin"]),
            one["description"].partition(": ")[2],
        )
        for one in found
    ]


def read_sarif(report: str) -> list[Shown]:
    log = json.loads(report)
    _schema("sarif-2.1.0.json", Draft4Validator).validate(log)
    (run,) = log["runs"]
    rules = [one["id"] for one in run["tool"]["driver"]["rules"]]
    return [_sarif_result(one, rules) for one in run["results"]]


def _sarif_result(result: dict[str, Any], rules: list[str]) -> Shown:
    assert rules[result["ruleIndex"]] == result["ruleId"]
    assert result["partialFingerprints"]["mlvFinding/v1"]
    (location,) = result["locations"]
    artifact = location["physicalLocation"]["artifactLocation"]
    assert artifact["uriBaseId"] == "%SRCROOT%"
    assert artifact["uri"].isascii() and artifact["uri"].isprintable()
    assert not {*' "<>\\^`{|}:?#[]'} & {*artifact["uri"]}, "it is a relative reference"
    path = unquote_to_bytes(artifact["uri"]).decode("utf-8", "surrogateescape")
    region = location["physicalLocation"].get("region", {})
    return Shown(result["ruleId"], path, region.get("startLine", 0), result["message"]["text"])


def read_junit(report: str) -> list[Shown]:
    _xsd().validate(report)
    root = ElementTree.fromstring(report)
    failures = list(root.iter("failure"))
    cases = list(root.iter("testcase"))
    assert root.get("failures") == str(len(failures)) and root.get("tests") == str(len(cases))
    for suite in root:
        assert suite.get("tests") == str(len(suite))
        assert suite.get("failures") == str(len(list(suite.iter("failure"))))
    return [_junit_failure(case) for case in cases if len(case)]


def _junit_failure(case: ElementTree.Element) -> Shown:
    (failure,) = case
    code, path = failure.get("type") or "", case.get("classname") or ""
    place, _, message = (failure.text or "").partition(f": {code} ")
    assert message == failure.get("message")
    line = place.removeprefix(path).split(":")[1:2]
    return Shown(code, path, int(line[0]) if line else 0, message)


READERS = {
    "github": read_github,
    "gitlab": read_gitlab,
    "sarif": read_sarif,
    "junit": read_junit,
}


@cache
def _schema(name: str, kind: type[Any]) -> Any:
    return kind(json.loads((SCHEMAS / name).read_text(encoding="utf-8")))


@cache
def _xsd() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))
