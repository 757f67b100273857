"""Write files of a repository that DVC uses as well: not while it does, and not what it refuses.

DVC is asked after the files are in their place, before they are staged. A copy of dvc.yaml could be
shown to it sooner, and nothing would have to be undone, but what DVC makes of the file hangs on
more: ``vars`` of other files, .dvcignore, DVC's settings, dvc.lock, params in Python or TOML. Only
DVC knows which, and a copy without them is refused where the file is right, or the other way round.
The transaction can put everything back anyway; its journal says that the check is under way, so
that what a killed run leaves is undone by the next one.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from mlv_hooks.plan import Change
from mlv_hooks.repository.files import WriteRefused
from mlv_hooks.stage.dvc_files import DVC_FILE, DVC_FOLDER, LOCK_FILE

Check = Callable[[], None]
Tell = Callable[[str], None]

_STAGE = re.compile(r"stages(?:\.| -> )([^\s.,']+)|[Ss]tage:? '(?:dvc\.yaml:)?([^\s']+)'")


@contextlib.contextmanager
def beside_dvc(top: str, changes: Sequence[Change], tell: Tell) -> Iterator[Check | None]:
    """Give what is to be called when all ``changes`` are in their place: it may refuse them.

    None where there is nothing to ask: no dvc.yaml among them, no DVC in this repository, or none
    installed, which ``tell`` then says. Raises WriteRefused while DVC uses one of the files, and
    for a dvc of a wrong version.
    """
    roots = _roots(top, changes)
    with contextlib.ExitStack() as locks:
        for root, paths in roots.items():
            from mlv_hooks.stage.dvc_running import locked, refuse_used

            refuse_used(root, top, paths)
            for path in paths:
                if os.path.basename(path) == LOCK_FILE:
                    locks.enter_context(locked(root, path, tell))
        under = {path for paths in roots.values() for path in paths}
        files = [one for one in changes if _is_new_pipeline(one) and one.path in under]
        if not files:
            yield None
            return
        from mlv_hooks.stage.dvc_program import MISSING, find_dvc

        dvc = find_dvc(top)
        if dvc is None:
            yield None
            tell(MISSING)
            return
        refuses = dvc.refuses

        def check() -> None:
            for one in files:
                said = refuses(os.path.dirname(os.path.join(top, one.path)))
                if said is not None:
                    whose = _whose(said, one.new or b"")
                    message = f"DVC refuses it{whose}, so that nothing was written: {said}"
                    raise WriteRefused(one.path, message)

        yield check


def _is_new_pipeline(change: Change) -> bool:
    return os.path.basename(change.path) == DVC_FILE and change.new is not None


def _roots(top: str, changes: Sequence[Change]) -> dict[str, list[str]]:
    """Return the paths of ``changes`` below each folder in which DVC is set up."""

    @cache
    def root_of(folder: str) -> str | None:
        place = os.path.join(top, folder)
        if os.path.isdir(os.path.join(place, DVC_FOLDER)):
            return place
        return root_of(os.path.dirname(folder)) if folder else None

    found: dict[str, list[str]] = {}
    for one in changes:
        root = root_of(os.path.dirname(one.path))
        if root:
            found.setdefault(root, []).append(one.path)
    return found


def _whose(said: str, pipeline: bytes) -> str:
    """Return which stage of which notebook DVC speaks of, as far as it says."""
    from mlv_hooks.stage.pipeline import PipelineError, read_pipeline

    found = _STAGE.search(said)
    name = (found[1] or found[2]).partition("@")[0] if found else ""
    try:
        stage = read_pipeline(pipeline.decode("utf-8", "surrogateescape")).stages.get(name)
    except PipelineError:
        return ""
    if stage is None:
        return ""
    return f" (stage {name} of {stage.notebook})" if stage.notebook else f" (stage {name})"
