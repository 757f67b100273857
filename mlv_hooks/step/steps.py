"""How the step of a notebook stands: what is there, and what shall be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.notebook import may_declare_step
from mlv_hooks.plan import Change
from mlv_hooks.step.step_of import made_from, maker_of, step_path

if TYPE_CHECKING:
    from mlv_hooks.content import Content

Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a step stands: ``path`` is None for a notebook that has none and asks for none.

    Without change and findings it is in line; findings without a path are about ``mlv`` in the
    metadata, which may mean to ask for one.
    """

    path: str | None = None
    change: Change | None = None
    findings: tuple[Diagnostic, ...] = ()


def step_standing(notebook: str, data: bytes, settings: Settings, read: Read) -> Standing:
    """Return how the step stands of the notebook at a path that holds ``data``."""
    target = step_path(notebook, settings)
    old = read(target)
    content = _declaring(data, settings)
    if content is None:
        findings = tuple(_misread(notebook, data, settings))
        if findings or old is None or not made_from(old, notebook, settings):
            return Standing(findings=findings)
        note = f"{target} deleted: {notebook} asks for no step any more"
        return Standing(target, Change(target, old, None, note))
    refusal = _taken(notebook, target, old, settings, read)
    if refusal:
        return Standing(target, None, (refusal,))
    return _wanted(notebook, target, old, content, settings)


def _wanted(
    notebook: str, target: str, old: bytes | None, content: Content, settings: Settings
) -> Standing:
    from mlv_hooks.pair.script_file import encode_script
    from mlv_hooks.step.step import format_modules, same_step
    from mlv_hooks.step.step_of import translate

    result = translate(content, notebook, settings)
    if result.text is None:
        return Standing(target, None, step_findings(notebook, result.problems))
    there = None if old is None else old.decode("utf-8", "replace")
    if there is not None and same_step(there, result.text):
        return Standing(target)
    text = format_modules([result.text])[0]
    if there is not None and same_step(there, text):
        return Standing(target)
    change = Change(target, old, encode_script(text, old), f"{target} <- {notebook}")
    return Standing(target, change)


def step_findings(
    notebook: str, problems: tuple[tuple[str, str, int, int], ...]
) -> tuple[Diagnostic, ...]:
    """Return why a notebook has no step; cell and line 0 mean the whole of it."""
    return tuple(
        Diagnostic(code, message, Location(notebook, cell or None, line or None))
        for code, message, cell, line in problems
    )


def _taken(
    notebook: str, target: str, old: bytes | None, settings: Settings, read: Read
) -> Diagnostic | None:
    """Return why the step can't be written where it belongs: something else stands there."""
    if old is None or not old.strip() or made_from(old, notebook, settings):
        return None
    maker = maker_of(old, settings)
    if maker is None:
        message = f"its step would overwrite {target}, which is not generated: rename one of them"
        return Diagnostic("MLV311", message, Location(notebook))
    other = read(maker) if settings.covers(maker) else None
    if other is None or step_path(maker, settings) != target or not _declaring(other, settings):
        return None
    return shared_step(notebook, maker, target)


def shared_step(notebook: str, other: str, target: str) -> Diagnostic:
    """Return the finding that two notebooks would be written to one step."""
    message = f"{other} has the same step {target}: rename one of them"
    return Diagnostic("MLV012", message, Location(notebook))


def _misread(notebook: str, data: bytes, settings: Settings) -> Iterator[Diagnostic]:
    """Give what is wrong with ``mlv`` in the metadata of a notebook that asks for no step."""
    if b'"mlv"' not in data:
        return
    from mlv_hooks.content import Content
    from mlv_hooks.declared.metadata import read_stages

    found = Content(lambda: data).notebook
    step = settings.inside(step_path(notebook, settings))
    place = (step, settings.depth)
    for one in read_stages(notebook, found.metadata, None, *place)[1] if found else ():
        yield Diagnostic(one.code, one.message, Location(notebook))


def _declaring(data: bytes, settings: Settings) -> Content | None:
    """Return the content of a notebook that asks for a step, None for any other."""
    if not may_declare_step(data):
        return None
    from mlv_hooks.content import Content

    content = Content(lambda: data)
    return content if content.declares_step(settings) else None
