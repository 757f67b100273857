"""What notebooks that are gone left: scripts and steps, and whether anybody edited them since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.plan import Change
from mlv_hooks.step.step_of import made_from, step_path

if TYPE_CHECKING:
    from mlv_hooks.notebook import Notebook
    from mlv_hooks.pair.formats import ScriptFormat
    from mlv_hooks.pair.pairing import Outcome
    from mlv_hooks.project import Project
    from mlv_hooks.repository.git import Git


def orphans(project: Project, path: str) -> Iterator[Outcome]:
    """Give what is to do about each file made of a notebook that HEAD has and that is gone."""
    for script, untouched in _pairs_in_head(project, path) if project.pairs else ():
        outcome = _orphan(project, path, script, untouched)
        if outcome:
            yield outcome
    settings = (project.former or project.projects).of(path)
    target = step_path(path, settings)
    data = project.view.read(target) if project.steps else None
    if data is not None and made_from(data, path, settings) and not project.has_step_at(target):
        yield _gone(path, target, data)


def _orphan(project: Project, path: str, script: str, untouched: bool) -> Outcome | None:
    from mlv_hooks.pair.pairing import Outcome, Status

    data = project.view.read(script)
    if data is None or project.owner(script) is not None:
        return None
    if untouched:
        return _gone(path, script, data)
    message = (
        f"was edited, but its notebook {path} is gone: "
        f"restore the notebook, or `git rm -f` the script too"
    )
    found = Diagnostic("MLV305", message, Location(script))
    return Outcome(path, script, Status.ORPHAN_EDITED, (), (found,))


def lost_script(project: Project, script: str, notebook: str) -> Outcome | None:
    """Return the outcome for a script that an earlier commit left without its notebook.

    None when it was edited since, or is another notebook's now.
    """
    data = project.view.read(script)
    commit = project.git.deletion(notebook)
    if data is None or commit is None:
        return None
    before = project.git.blobs_at(f"{commit}^", [script])
    if before.get(script) != project.view.blob(script) or project.owner(script) is not None:
        return None
    return _gone(notebook, script, data)


def scripts_when_deleted(project: Project, notebook: str) -> list[str]:
    """Return the scripts that a notebook had when a commit deleted it."""
    from mlv_hooks.notebook import NotebookError, parse_notebook
    from mlv_hooks.pair.formats import FormatError, script_formats

    commit = project.git.deletion(notebook)
    data = project.view.held(notebook, f"{commit}^") if commit else None
    try:
        metadata = parse_notebook(data).metadata if data is not None else {}
        return [fmt.path for fmt in script_formats(notebook, metadata, project.view.read)]
    except (NotebookError, FormatError):
        return []


def _pairs_in_head(project: Project, path: str) -> Iterator[tuple[str, bool]]:
    """Give each script that the notebook had in HEAD, and whether it is as it was there."""
    from mlv_hooks.notebook import NotebookError, parse_notebook
    from mlv_hooks.pair.formats import FormatError, script_formats

    data = project.view.held(path)
    if data is None:
        return
    try:
        notebook = parse_notebook(data)
        formats = script_formats(path, notebook.metadata, project.view.read)
    except (NotebookError, FormatError):
        return
    for fmt in formats:
        now, script = project.view.read(fmt.path), project.view.held(fmt.path)
        if now is None or script is None:
            continue
        untouched = now.replace(b"\r\n", b"\n") == script.replace(b"\r\n", b"\n")
        in_line = _is_in_line(project.git, data, notebook, fmt, script)
        if in_line is not None:
            yield fmt.path, untouched and in_line


def _is_in_line(
    git: Git, data: bytes, notebook: Notebook, fmt: ScriptFormat, script: bytes
) -> bool | None:
    """Say whether a script says what its notebook says, None when it cannot be read."""
    from mlv_hooks.notebook import NotebookError
    from mlv_hooks.pair.pairing import Pair
    from mlv_hooks.pair.script_file import ScriptError

    try:
        pair = Pair(data, notebook, fmt, script, git.merge_text)
        return pair.text == pair.rendered or pair.agrees(notebook, pair.canonical)
    except (NotebookError, ScriptError):
        return None


def _gone(notebook: str, file: str, data: bytes) -> Outcome:
    """Return the outcome for a file that was made from a notebook that is gone."""
    from mlv_hooks.pair.pairing import Outcome, Status

    note = f"{file} deleted: its notebook {notebook} is gone"
    return Outcome(notebook, file, Status.ORPHANED, (Change(file, data, None, note),))
