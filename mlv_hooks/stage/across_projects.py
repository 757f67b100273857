"""What stages of several projects share: outputs, which is refused, and a .gitignore's lines."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlv_hooks.declared.project_paths import Owners
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.repository.view import After
from mlv_hooks.stage.dvc_files import DVC_FILE

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.pair.pairing import Outcome
    from mlv_hooks.repository.git import Git
    from mlv_hooks.stage.pipeline import Stage

Found = Sequence[tuple["Settings", "Outcome"]]


def together(found: Found, git: Git, after: After) -> list[Outcome]:
    """Return how the dvc.yaml of each project stands, which may be all written in one go.

    ``after`` are the files as all of them leave them. A project whose new outputs meet what another
    dvc.yaml or a .dvc file has is refused; a file that several change is changed by the first.
    """
    told = [list(_meetings(settings, one, git, after)) for settings, one in found]
    lost = {
        change.path
        for (_, one), findings in zip(found, told, strict=True)
        for change in one.changes
        if findings
    }
    result = []
    for (_, one), findings in zip(found, told, strict=True):
        # What went on with a change that is not made is left to the next run.
        stays = not any(change.path in lost for change in one.changes)
        changes = one.changes if stays else ()
        result.append(replace(one, changes=changes, findings=(*one.findings, *findings)))
    return _merged(result)


def _meetings(settings: Settings, one: Outcome, git: Git, after: After) -> Iterator[Diagnostic]:
    """Give a finding for each new output of a dvc.yaml that something else keeps or writes."""
    pipeline = settings.at(settings.dvc_file)
    change = next((change for change in one.changes if change.path == pipeline), None)
    had = {path for _, path in _outputs(settings, change.old)} if change else set()
    outs = _outputs(settings, change.new) if change else ()
    new = [(stage, path) for stage, path in outs if path not in had]
    if not new:
        return
    from mlv_hooks.stage.input_survey import outputs_elsewhere

    more = [path for path in after.new if posixpath.basename(path) == DVC_FILE]
    owners = Owners(outputs_elsewhere(git, after.read, pipeline, more))
    for stage, path in new:
        for other, file in owners.meeting(path):
            both = f"{path} and {other}" if path != other else path
            message = f"the stage {stage.name} and {file} both have {both}: give one its own path"
            place = settings.at(stage.notebook) if stage.notebook else pipeline
            yield Diagnostic("MLV409", message, Location(place))


def _outputs(settings: Settings, data: bytes | None) -> Iterator[tuple[Stage, str]]:
    """Give the outputs of the stages of a dvc.yaml, from git's top."""
    from mlv_hooks.stage.pipeline import read_pipeline
    from mlv_hooks.stage.stage_graph import outputs

    text = (data or b"").decode("utf-8", "surrogateescape")
    for stage in read_pipeline(text).stages.values():
        for path in outputs(stage.data, posixpath.dirname(settings.dvc_file)):
            yield stage, settings.at(path)


def _merged(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return outcomes of which each file is changed by one alone.

    Where several change a .gitignore, each went on with what the one before it made.
    """
    first: dict[str, int] = {}
    result: list[Outcome] = []
    for number, one in enumerate(outcomes):
        own = [each for each in one.changes if first.setdefault(each.path, number) == number]
        for change in one.changes:
            if change not in own:
                before = result[first[change.path]]
                changes = tuple(
                    each._replace(
                        new=change.new,
                        note=each.note + change.note.removeprefix(change.path).replace(":", ";", 1),
                    )
                    if each.path == change.path
                    else each
                    for each in before.changes
                )
                result[first[change.path]] = replace(before, changes=changes)
        result.append(replace(one, changes=tuple(own)))
    return result
