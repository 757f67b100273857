"""What a branch changed, and what hangs on it: the scope of `mlv check --since REF`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from mlv_hooks.config import ConfigError
from mlv_hooks.packages.declaration_files import counts_in, kind_of
from mlv_hooks.repository.files import folders_above
from mlv_hooks.stage.stage_survey import owned_stages, with_stages
from mlv_hooks.start import is_settings
from mlv_hooks.step.step_of import made_from
from mlv_hooks.survey import Scope, Survey

if TYPE_CHECKING:
    from mlv_hooks.config import Settings
    from mlv_hooks.project import Project
    from mlv_hooks.repository.git import FileChange, Git
    from mlv_hooks.stage.pipeline import Stage

_FETCH_ALL = "this clone is shallow: `git fetch --unshallow`, in CI `fetch-depth: 0`"


def fork_point(git: Git, ref: str) -> str:
    """Return the commit where HEAD left ``ref``; raise ConfigError, which says what to type."""
    if git.commit("HEAD") is None:
        raise ConfigError("--since: there is no commit yet")
    commit = git.commit(ref)
    is_shallow = git.line("rev-parse", "--is-shallow-repository") == "true"
    if commit is None:
        near = f"origin/{ref}"
        if git.commit(near):
            raise ConfigError(f"--since: there is no commit {ref!r}: write {near}")
        how = _FETCH_ALL if is_shallow else "`git fetch` it, or name another branch or commit"
        raise ConfigError(f"--since: there is no commit {ref!r}: {how}")
    base = git.line("merge-base", commit, "HEAD").partition("\n")[0]
    if not base:
        how = _FETCH_ALL if is_shallow else "name the branch that this one shall be merged into"
        raise ConfigError(f"--since: {ref} and HEAD have no commit in common: {how}")
    return base


def since_scope(survey: Survey, ref: str) -> Scope:
    """Return the scope of what differs from the fork point of ``ref``, the worktree included."""
    git, project = survey.repository.git, survey.project
    changes = git.changes(cached=False, base=fork_point(git, ref))
    # What the branch itself brought, and the worktree has no more, is in HEAD alone.
    paths = set(_paths([*changes, *git.changes(cached=False)]))
    names = {path.rpartition("/")[2] for path in paths}
    if project.projects.top.baseline in paths or any(map(is_settings, names)):
        return Scope()
    wanted = paths | {script for path in paths for script in _scripts(project, path)}
    wanted |= {*_owners(project, paths), *_importers(project, paths)}
    wanted |= set(_declaring(project, paths))
    return Scope(paths=tuple(sorted(wanted)), since=tuple(changes))


def _paths(changes: Iterable[FileChange]) -> Iterator[str]:
    for one in changes:
        yield from (one.path, one.source) if one.source else (one.path,)


def _scripts(project: Project, path: str) -> Sequence[str]:
    """Return the scripts of a changed notebook: another one may pair with the same."""
    return project.scripts_of(path) if project.projects.covers(path) else ()


def _owners(project: Project, paths: set[str]) -> Iterator[str]:
    """Give the notebooks of the stages that declare a changed file, of all if dvc.yaml changed."""
    kept = any(path.endswith(".dvc") for path in paths)
    for settings in with_stages(project, paths, everything=True):
        everything = kept or {*map(settings.at, settings.files.values())} & paths
        for one in owned_stages(project.view.read(settings.at(settings.dvc_file))):
            files = [settings.at(path) for path in _declared(one)]
            if one.notebook and (everything or any(_is_within(path, files) for path in paths)):
                yield settings.at(one.notebook)


def _declared(stage: Stage) -> Iterator[str]:
    """Give the paths that a stage reads and writes."""
    for key in ("deps", "outs", "metrics", "plots"):
        found = stage.data.get(key)
        for one in found if isinstance(found, list) else ():
            yield from map(str, one) if isinstance(one, dict) else (str(one),)


def _is_within(path: str, files: Sequence[str]) -> bool:
    return any(f"{path}/".startswith(f"{one.rstrip('/')}/") for one in files)


def _declaring(project: Project, paths: set[str]) -> Iterator[str]:
    """Give the notebooks for which a changed file may declare packages."""
    folders = {counts_in(path) for path in paths if kind_of(path)}
    for path in project.notebooks() if folders else ():
        if folders.intersection(folders_above(path)):
            yield path


def _importers(project: Project, paths: set[str]) -> Iterator[str]:
    """Give the notebooks whose step imports a changed module, directly or through others."""
    from mlv_hooks.stage.local_modules import local_modules, module_roots

    modules = {path for path in paths if path.endswith(".py")}

    for path in project.notebooks() if modules else ():
        settings = project.projects.of(path)
        step = project.view.read(project.step_of(path))
        if step and made_from(step, path, settings):
            read = partial(_read_or_gone, project, settings, modules)
            roots = module_roots(settings.inside(path))
            needed = local_modules(step.decode("utf-8", "replace"), roots, read)
            if modules.intersection(map(settings.at, needed)):
                yield path


def _read_or_gone(
    project: Project, settings: Settings, modules: set[str], path: str
) -> bytes | None:
    """Return what is at a path from the project's root; a module that is gone is empty."""
    data = project.view.read(settings.at(path))
    return b"" if data is None and settings.at(path) in modules else data
