"""Where a stage's inputs may come from: git, the worktree, and all that DVC makes or keeps."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.stage.dvc_files import DVC_FILE
from mlv_hooks.stage.pipeline import PipelineError, read_pipeline
from mlv_hooks.stage.stage_inputs import Places, all_outputs, kept_by, missing_inputs

if TYPE_CHECKING:
    from mlv_hooks.repository.git import Git
    from mlv_hooks.stage.stages import Declared

Read = Callable[[str], bytes | None]


def inputs_nowhere(
    git: Git, read: Read, declared: Sequence[Declared], pipeline: str = DVC_FILE
) -> list[Diagnostic]:
    """Return the inputs of declared stages that neither git, the worktree nor DVC has.

    ``git`` works in the project's folder, from which ``read`` and all paths count. ``pipeline`` is
    the path of its dvc.yaml.
    """
    return list(missing_inputs(declared, list(_outputs(pipeline, read)), _Repository(git, read)))


def outputs_elsewhere(
    git: Git, read: Read, pipeline: str, more: Iterable[str] = ()
) -> list[tuple[str, str]]:
    """Return what .dvc files, and each dvc.yaml but that at ``pipeline``, keep, and that file.

    ``git`` works at git's top, from which ``read`` and all paths count. ``more`` are files of that
    kind that are not there yet, and that ``read`` gives.
    """
    places = _Repository(git, read)
    files = dict.fromkeys((*places.listed(), *more))
    return [(out, path) for path in files if path != pipeline for out in places.kept(path)]


class _Repository(Places):
    """Answers from the repository, each time that it is asked."""

    def __init__(self, git: Git, read: Read) -> None:
        self._git, self._read = git, read

    def lacking(self, paths: Sequence[str]) -> list[str]:
        gone = [one for one in paths if not os.path.lexists(os.path.join(self._git.top, one))]
        files = self._git.index(gone)[0] if gone else {}
        return [one for one in gone if not any(f"{file}/".startswith(f"{one}/") for file in files)]

    def made_elsewhere(self) -> list[str]:
        return [out for path in self.listed() if path != DVC_FILE for out in self.kept(path)]

    def listed(self) -> list[str]:
        """Return the files by which DVC keeps others."""
        listed = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        rows = self._git.run(*listed, "--", ":/*.dvc", f":/{DVC_FILE}", f":/*/{DVC_FILE}")
        return [os.fsdecode(row) for row in rows.split(b"\0")[:-1]]

    def kept(self, path: str) -> Iterator[str]:
        if path.endswith(".dvc"):
            return kept_by(path, (self._read(path) or b"").decode("utf-8", "surrogateescape"))
        return _outputs(path, self._read)

    def beside(self, folder: str) -> list[str]:
        try:
            names = os.listdir(os.path.join(self._git.top, folder))
        except OSError:
            return []
        return [posixpath.join(folder, one) for one in names if not one.startswith(".")]


def _outputs(path: str, read: Read) -> Iterator[str]:
    """Give the outputs of a dvc.yaml's stages, from the root; none of one that can't be read."""
    try:
        text = (read(path) or b"").decode("utf-8", "surrogateescape")
        stages = read_pipeline(text).stages.values()
    except PipelineError:
        return
    for one in stages:
        for out in all_outputs(one.data):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(path), out))
