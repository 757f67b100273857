"""What two may not share: notebooks a script or a step, and projects a file of their pipelines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.repository.files import folders_above
from mlv_hooks.step.step_of import maker_of, step_path

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.pair.pairing import Outcome
    from mlv_hooks.projects import Projects
    from mlv_hooks.repository.view import View


def refuse_shared(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes; a notebook that wants the script or step of another is refused."""
    from mlv_hooks.pair.pairing import Status
    from mlv_hooks.step.steps import shared_step

    owners: dict[str, list[str]] = defaultdict(list)
    stepping: dict[str, list[str]] = defaultdict(list)
    for one in outcomes:
        if one.step:
            stepping[one.step].append(one.notebook)
        if one.script and one.status not in (Status.ORPHANED, Status.ORPHAN_EDITED):
            owners[one.script].append(one.notebook)
    result = []
    for one in outcomes:
        shared = owners.get(one.script or "", [])
        if len(shared) > 1:
            other = next(path for path in shared if path != one.notebook)
            message = (
                f"{other} pairs with the same script {one.script}: rename one, "
                "or give it other `formats`"
            )
            finding = Diagnostic("MLV307", message, Location(one.notebook))
            one = replace(one, status=Status.UNREADABLE, changes=(), findings=(finding,))
        twins = [path for path in stepping.get(one.step or "", []) if path != one.notebook]
        if twins and one.step:
            kept = tuple(change for change in one.changes if change.path != one.step)
            finding = shared_step(one.notebook, twins[0], one.step)
            one = replace(one, changes=kept, findings=(finding,))
        result.append(one)
    return result


def step_of_another_project(
    notebook: str, target: str, projects: Projects, view: View
) -> Diagnostic | None:
    """Return why a notebook can't have its step: one of another project has it there."""
    from mlv_hooks.step.steps import shared_step

    data = view.read(target)
    for other in _above(target, notebook, projects) if data else ():
        maker = maker_of(data or b"", other)
        if not maker or step_path(maker, other) != target:
            continue
        if projects.of(maker).root == other.root and other.covers(maker) and view.exists(maker):
            return shared_step(notebook, maker, target)
    return None


def shared_pipeline(settings: Settings, projects: Projects) -> Diagnostic | None:
    """Return the finding that a file of a project's pipeline is one of another project's too."""
    for name, file in settings.files.items():
        path = settings.at(file)
        for other in _above(path, settings.at("mlv.toml"), projects):
            if path in map(other.at, other.files.values()):
                whose = f"in {other.root}" if other.root else "at git's top"
                key = "params-file" if name.startswith("params") else "dvc-file"
                message = f"is also that of the project {whose}: give one of them another `{key}`"
                return Diagnostic("MLV406", message, Location(path))
    return None


def _above(path: str, mine: str, projects: Projects) -> Iterator[Settings]:
    """Give the projects above a path that the file at ``mine`` does not belong to."""
    seen = {projects.of(mine).root}
    for folder in folders_above(path):
        found = projects.of(f"{folder}/")
        if found.root not in seen:
            seen.add(found.root)
            yield found
