"""What changed settings change: the projects before, and the notebooks that they decide anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlv_hooks.notebook import may_declare_step
from mlv_hooks.projects import Projects, holds_settings

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.project import Project


def former_projects(project: Project) -> Projects | None:
    """Return the projects as HEAD's settings make them; None where they are the same now."""
    changed = [path for one in project.changes for path in (one.path, one.source) if path]
    touched = set(filter(holds_settings, changed))
    view, now = project.view, project.projects

    def read(path: str) -> bytes | None:
        if path in touched:
            return view.held(path)
        # What git does not know yet is new to a sync, and no matter of a commit.
        return now.read(path) if view.staged or path in view.blobs else None

    if view.staged and not touched:
        return None
    former = Projects(read, lenient=True)
    notebooks = (*project.notebooks(), *(one for one in changed if one.endswith(".ipynb")))
    folders = {one.rpartition("/")[0] for one in notebooks}
    same = all(former.of(f"{one}/") == now.of(f"{one}/") for one in folders)
    return None if same else former


def settled_anew(project: Project) -> Iterator[str]:
    """Give the notebooks whose pair, step or stage other settings decide than in HEAD."""
    if project.former is None:
        return
    for path in project.notebooks():
        was, now = project.former.of(path), project.projects.of(path)
        differs = _deciding(was) != _deciding(now)
        if not was.covers(path) or (differs and may_declare_step(project.view.read(path) or b"")):
            yield path


def _deciding(settings: Settings) -> tuple[str, ...]:
    """Return what decides how a step and its stage are written."""
    files = (settings.steps, settings.dvc_file, settings.params_file)
    return (settings.root, *files, settings.parameters_tag, settings.no_effect_tag)
