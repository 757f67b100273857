"""The rules: one module each, named after the rule, found by being in this folder.

A rule is a function ``check(subject, settings)`` under ``@rule(code, name=…, summary=…)``. The
docstring of its module is its page in the documentation, its examples are in
``fixtures/rules/<code>/``. Nothing else lists the rules: a new one is a module and a folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from mlv_hooks.diagnostics import Diagnostic, Fix, Location

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.content import Content
    from mlv_hooks.declared.parameters import Parameters
    from mlv_hooks.packages.project_packages import Packages
    from mlv_hooks.pair.pairing import Outcome


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule looks at: a notebook's path, what pairing it would do, and its cells.

    ``content`` reads and parses nothing until a rule asks, and then once for all rules. It is
    None for a notebook whose cells need no look: it is gone, or known to be clean. So are
    ``packages``, those of its project; what a rule asks of them is kept with their answers.
    """

    path: str
    outcome: Outcome
    content: Content | None = None
    packages: Packages | None = None

    @property
    def script(self) -> str:
        """The script's name for messages."""
        return self.outcome.script or "its script"

    @property
    def detail(self) -> str:
        """Which cells differ, for messages: `` (cells 3 and 7)``, or nothing."""
        return f" ({self.outcome.detail})" if self.outcome.detail else ""

    def found(self, code: str) -> Iterator[Diagnostic]:
        """Yield what reading and pairing the notebook already found under ``code``."""
        return (finding for finding in self.outcome.findings if finding.code == code)

    def pending(self, code: str) -> Iterator[Diagnostic]:
        """Yield what would change in dvc.yaml, by the rule that tells it."""
        return (one for one in self.outcome.pending if one.code == code)

    def parameters(self, settings: Settings) -> Parameters | None:
        """Return what a Python notebook's parameters cell says, None without such a cell."""
        if self.content is None or not self.content.is_python:
            return None
        return self.content.parameters(settings)

    def problems(self, code: str, settings: Settings) -> Iterator[Diagnostic]:
        """Yield what reading the parameters cell already found under ``code``."""
        parameters = self.parameters(settings)
        for one in parameters.problems if parameters else ():
            if parameters and one.code == code:
                yield self.report_cell(code, one.message, parameters.cell, one.line)

    def report(self, code: str, message: str, path: str | None = None) -> Diagnostic:
        """Return a diagnostic about the whole of ``path``, by default the notebook."""
        return Diagnostic(code, message, Location(path or self.path))

    def report_cell(
        self,
        code: str,
        message: str,
        cell: int,
        line: int | None = None,
        fix: Fix | None = None,
    ) -> Diagnostic:
        """Return a diagnostic about a line of a cell; both count from 1."""
        return Diagnostic(code, message, Location(self.path, cell, line), fix)


UNUSED = "MLV014"
"""The rule that tells of suppressions which suppress nothing."""

COMMITS = {
    "refused": "is refused by the hooks",
    "mended": "brings it in line",
    "advice": "goes through, `mlv check` and `mlv-check` tell it",
}
"""What becomes of a commit that has a finding of a rule, in words.

Refused is what is wrong on each other machine, whatever its author means. All else is advice.
"""

FIXES = {
    "none": "none",
    "safe": "safe, `mlv check --fix`",
    "unsafe": "unsafe, `mlv check --fix --unsafe-fixes`",
    "either": "safe where it is proved, else unsafe (`mlv check --fix`, `--unsafe-fixes`)",
}
"""What a rule can mend by itself, in words. Not each finding of such a rule has a fix."""

Check = Callable[[Subject, "Settings"], Iterator[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Its code is never used again for another; ``summary`` is one sentence.

    With ``cells`` it judges the notebook's own bytes, the settings and what it asks of the packages
    and nothing else, so that what it said can be remembered for as long as these stay. ``fix`` is
    one of ``FIXES``, and ``commit``, what becomes of a commit in which the hook ``mlv`` finds it,
    one of ``COMMITS``.
    """

    code: str
    name: str
    summary: str
    check: Check
    cells: bool = False
    fix: str = "none"
    commit: str = "refused"

    @property
    def judges(self) -> bool:
        """Whether it judges cells, so that people may see it otherwise.

        Findings of these can be suppressed in a notebook and be in a baseline. What says that a
        file can't be read, that two disagree or that one can't be written stops commits: it stays.
        """
        return (self.cells or self.code.startswith("MLV5")) and self.code != UNUSED

    @property
    def page(self) -> str:
        """What ``mlv rule CODE`` prints, in Markdown."""
        text = (sys.modules[self.check.__module__].__doc__ or "").strip()
        ends = f"Fix: {FIXES[self.fix]}.\n\nCommit: {COMMITS[self.commit]}."
        return f"# {self.name} ({self.code})\n\n{text}\n\n{ends}\n"


_registry: dict[str, Rule] = {}


def rule(
    code: str,
    *,
    name: str,
    summary: str,
    cells: bool = False,
    fix: str = "none",
    commit: str = "refused",
) -> Callable[[Check], Check]:
    """Register the decorated function as the check of rule ``code``."""

    def register(check: Check) -> Check:
        if code in _registry:
            raise ValueError(f"two rules have the code {code}")
        _registry[code] = Rule(code, name, summary, check, cells, fix, commit)
        return check

    return register


@cache
def all_rules() -> tuple[Rule, ...]:
    """Load every rule and return them in the order of their codes."""
    from pkgutil import iter_modules

    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return tuple(_registry[code] for code in sorted(_registry))


@cache
def judgements() -> frozenset[str]:
    """Return the codes of the rules that judge cells."""
    return frozenset(one.code for one in all_rules() if one.judges)


@cache
def advice() -> frozenset[str]:
    """Return the codes of the rules whose findings stop no commit."""
    return frozenset(one.code for one in all_rules() if one.commit == "advice")


def find_rule(word: str) -> Rule | None:
    """Return the rule with this code or name, None when there is none."""
    return next((one for one in all_rules() if word in (one.code, one.name)), None)


_FAMILIES = {
    "MLV0": "The file",
    "MLV1": "The parameters",
    "MLV2": "The no-effect tag",
    "MLV3": "The pair and the step",
    "MLV4": "The stage",
    "MLV5": "Runs elsewhere",
}


def manual() -> str:
    """Return ``docs/rules.md``: every rule's page, under the heading of its family."""
    parts = ["# The rules", "`mlv check` reports them, `mlv rule CODE` prints one.", _table()]
    for prefix, title in _FAMILIES.items():
        pages = [one.page for one in all_rules() if one.code.startswith(prefix)]
        parts.append(f"# {title}")
        parts += [page.replace("\n## ", "\n### ").replace("# ", "## ", 1) for page in pages]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table() -> str:
    rows = [
        f"| [{one.code}](#{_anchor(one)}) | {one.name} | {one.summary} | {one.fix} | {one.commit} |"
        for one in all_rules()
    ]
    head = "| code | name | what it finds | fix | a commit |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _anchor(one: Rule) -> str:
    return f"{one.name}-{one.code.lower()}"
