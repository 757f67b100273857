"""The documents say what is so: commands that exist, links that lead somewhere, a true map."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML
from users import ROOT, User

from mlv_hooks.commands.cli import main
from mlv_hooks.config import parse_settings
from mlv_hooks.rules import all_rules

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
STAGE = ROOT / "docs" / "stage.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def commands(page: Path) -> Iterator[list[str]]:
    """Give the commands of shell sessions, and `mlv …` in running text that names a subcommand."""
    text = text_of(page)
    for kind, body in BLOCK.findall(text):
        if kind == "console":
            lines = (line[2:] for line in body.splitlines() if line.startswith("$ "))
            yield from (shlex.split(line.partition(" > ")[0]) for line in lines)
    for inline in re.findall(r"`(mlv [^`]+)`", text):
        yield shlex.split(" ".join(inline.split()).replace("notebook|script", "notebook"))


def parse(words: list[str]) -> None:
    """Have click read a command line as the program would; raises its UsageError."""
    command: click.Command = main
    context = None
    name = "mlv"
    while isinstance(command, click.Group) and words:
        assert words[0] in command.commands, f"no command {words[0]}"
        context = click.Context(command, parent=context, info_name=name)
        name, *words = words
        command = command.commands[name]
    if words:  # a command that is only named may lack its arguments
        command.make_context(name, list(words), parent=context)


@pages
def test_every_mlv_command_that_a_page_shows_can_be_typed(page: Path) -> None:
    for words in commands(page):
        if words[0] == "mlv":
            parse(words[1:])


@pages
def test_every_git_and_make_command_is_one(page: Path, user: User) -> None:
    targets = re.findall(r"^(\w+):", text_of(ROOT / "Makefile"), re.MULTILINE)
    for words in commands(page):
        if words[0] == "make":
            assert words[1] in targets
        elif words[0] == "git":
            # `git NAME -h` prints the usage and exits with 129 for a command that there is.
            assert user.run("git", words[1], "-h", code=None).code == 129, words


@pages
def test_every_relative_link_and_heading_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if link.startswith(("http://", "https://")):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.+)$", text_of(target), re.MULTILINE)
            anchors = [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in titles]
            assert heading in anchors, link


@pages
def test_every_example_of_a_configuration_is_read(page: Path, tmp_path: Path, user: User) -> None:
    for kind, body in BLOCK.findall(text_of(page)):
        if kind == "yaml" and page.name != "ci.md":  # tests/test_ci.py reads that one
            config = YAML(typ="safe").load(body)
            assert config["repos"][-1]["hooks"] == [{"id": "mlv"}], "ours stands last"
            (tmp_path / "config.yaml").write_text(body)
            user.run("pre-commit", "validate-config", str(tmp_path / "config.yaml"))
        elif kind == "toml" and "mlv.toml" in body:
            assert parse_settings(body, "mlv.toml").exclude


def test_the_page_of_the_stage_says_what_a_commit_does_as_the_rules_do() -> None:
    words = {"brings them in line": "mended", "is refused": "refused", "goes through": "advice"}
    rows = re.findall(r"^\|[^|]+\| ([a-z ]+) \| (\[MLV4.+) \|$", text_of(STAGE), re.MULTILINE)
    told = {
        code: words[how] for how, rules in rows for code in re.findall(r"\[(?:MLV)?(4\d\d)", rules)
    }
    rules = [one for one in all_rules() if one.code.startswith("MLV4")]
    assert told == {one.code.removeprefix("MLV"): one.commit for one in rules}


def test_the_page_of_the_checks_names_what_stops_a_commit() -> None:
    text = text_of(ROOT / "docs" / "checks.md")
    rows = re.findall(r"^\| is refused \|[^|]+\| (.+) \|$", text, re.MULTILINE)
    told = set(re.findall(r"(?<!\d)\d{3}(?!\d)", " ".join(rows)))
    told |= {f"{number:03}" for number in range(1, 14)} if "MLV001 to 013" in text else set()
    refused = {one.code[3:] for one in all_rules() if one.commit == "refused"}
    assert told == {one for one in refused if not one.startswith("4")}


def test_the_module_map_names_every_module_and_no_other() -> None:
    text = text_of(ROOT / "CONTRIBUTING.md").partition("## Where things are")[2]
    top, *parts = text.partition("\n## ")[0].split("\n### `")
    told = {"": top} | {part.partition("/`")[0]: part for part in parts}
    packages = {one.parent for one in ROOT.glob("mlv_hooks/*/__init__.py")}
    mapped = {one.name: one for one in packages if one.name not in ("rules", "reporters")}
    assert told.keys() == {"", *mapped}
    for name, part in told.items():
        folder = mapped.get(name, ROOT / "mlv_hooks")
        modules = {one.name for one in folder.glob("*.py")} - ({"__init__.py"} if name else set())
        rows = re.findall(r"^\| `(\w+\.py)` \| (.*?) \|", part, re.MULTILINE)
        assert [one for one, _ in rows] == sorted(modules)
        assert all(what for _, what in rows)


def test_a_pair_of_broken_examples_would_be_found() -> None:
    with pytest.raises(click.UsageError):
        parse(["sync", "--nope"])
    with pytest.raises(AssertionError):
        parse(["frobnicate"])
