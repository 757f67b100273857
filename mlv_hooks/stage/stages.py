"""How the stages of a project stand: what dvc.yaml holds, and what the notebooks declare.

All is decided before anything is written; a stage is ours when its ``meta.mlv.notebook`` says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mlv_hooks.declared.metadata import StageSpec
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.plan import Change
from mlv_hooks.stage.dvc_files import DVC_FILE, LOCK_FILE, PARAMS_FILE
from mlv_hooks.stage.gitignore import ignore_changes
from mlv_hooks.stage.pipeline import (
    MergeMarkers,
    Pipeline,
    PipelineError,
    Stage,
    add_sections,
    key_line,
    move_lock,
    read_params,
    read_pipeline,
    splice,
)
from mlv_hooks.stage.renamed_lock import Rename, rename_in_lock
from mlv_hooks.stage.stage import Written
from mlv_hooks.stage.stage_graph import cached_outputs, problems
from mlv_hooks.stage.stage_kept import OWNED, kept
from mlv_hooks.stage.stage_params import problems as params_problems
from mlv_hooks.stage.yaml_spans import refuse_foreign, refuse_markers

Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Declared:
    """What one notebook declares: each stage and how it shall be written.

    ``rename`` is set for one that was renamed and does the same work as before.
    """

    notebook: str
    stages: tuple[tuple[StageSpec, Written], ...]
    rename: Rename | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What brings the stages in line, what is refused, and what `mlv check` says of the former."""

    changes: tuple[Change, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    pending: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What to settle.

    ``looked`` has each notebook in scope, with None where it declares no stage or is gone;
    ``renamed`` the former paths of those that were renamed. ``head`` reads what HEAD holds,
    ``tracked`` says which of some paths git tracks, or something below them, ``ignored`` which it
    would not; ``elsewhere`` gives the outputs that .dvc files and other dvc.yaml declare. All paths
    are from the project's root; ``shown`` gives one as it is typed at git's top. ``dvc.yaml``,
    ``dvc.lock`` and ``params.yaml`` stand for what the project has for them, ``folder`` is that of
    dvc.yaml.
    ``adopt``: take over stages of the same name that nobody marked.
    """

    looked: Mapping[str, Declared | None]
    renamed: Mapping[str, str]
    read: Read
    head: Read
    stands: Callable[[str], bool]
    tracked: Callable[[Sequence[str]], set[str]]
    ignored: Callable[[Collection[str]], set[str]]
    elsewhere: Callable[[], Collection[str]]
    shown: Callable[[str], str] = str
    folder: str = ""
    adopt: bool = False


@dataclass(slots=True)
class _Work:
    """What has been decided so far.

    ``params`` are the stages that have a section in params.yaml, and their notebooks; ``held`` is
    what that file holds.
    """

    wanted: dict[str, Mapping[str, object] | None] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    renames: dict[str, Rename] = field(default_factory=dict)
    params: dict[str, tuple[str, Written]] = field(default_factory=dict)
    held: Mapping[str, object] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)
    pending: list[Diagnostic] = field(default_factory=list)

    def say(self, code: str, path: str, message: str) -> None:
        """Note what `mlv check` says."""
        self.pending.append(Diagnostic(code, f"{message}: run `mlv sync`", Location(path)))


def settle_stages(question: Question) -> Plan:
    """Return what brings dvc.yaml, params.yaml and dvc.lock in line; nothing when refused."""
    text = _text(question.read(DVC_FILE))
    if not question.looked or (text is None and not any(question.looked.values())):
        return Plan()
    try:
        pipeline = read_pipeline(text or "")
    except PipelineError as error:
        if not any(question.looked.values()):
            return Plan()
        return Plan((), (_unreadable(DVC_FILE, error, question),))
    work = _Work()
    owned = defaultdict(list)
    for one in pipeline.stages.values():
        owned[one.notebook].append(one)
    for notebook in question.looked:
        names = dict.fromkeys((question.renamed.get(notebook, notebook), notebook))
        mine = [one for name in names for one in owned[name]]
        _settle_notebook(notebook, mine, pipeline, question, work)
    work.findings += _refused_by_dvc(pipeline, question, work)
    work.findings += [*_about_params(question, work), *_about_lock(question)]
    if work.findings:
        return Plan((), tuple(work.findings))
    changes: list[Change] = []
    for path, make in _makers(work, pipeline).items():
        old = question.read(path)
        try:
            new = make(_text(old) or "").encode("utf-8", "surrogateescape")
        except PipelineError as error:
            return Plan((), (_unreadable(path, error, question),))
        if new != (old or b""):
            changes.append(Change(path, old, new, _note(path, work)))
    changes += _ignores(pipeline, question, work)
    return Plan(tuple(changes), (), tuple(work.pending))


def _settle_notebook(
    notebook: str, mine: Sequence[Stage], pipeline: Pipeline, question: Question, work: _Work
) -> None:
    declared = question.looked[notebook]
    wanted = {spec.name: written for spec, written in declared.stages} if declared else {}
    left = [one.name for one in mine if one.name not in wanted]
    new = [name for name in wanted if name not in pipeline.stages]
    if len(left) == len(new) == 1:
        work.moved[left[0]] = new[0]
        work.notes.append(f"stage {left[0]} is {new[0]} now")
        if declared and declared.rename:
            work.renames[new[0]] = declared.rename
        left = []
    for name in left:
        if _is_free(name, question):
            work.wanted[name] = None
            work.notes.append(f"stage {name} removed: no notebook declares it")
            work.say("MLV408", DVC_FILE, f"no notebook declares the stage {name} any more")
    for name, written in wanted.items():
        before = next((old for old, now in work.moved.items() if now == name), name)
        _settle_stage(notebook, name, pipeline.stages.get(before), written, question, work)


def _is_free(name: str, question: Question) -> bool:
    """Say whether no notebook in scope declares a stage of that name."""
    return not any(
        spec.name == name for one in question.looked.values() if one for spec, _ in one.stages
    )


def _settle_stage(
    notebook: str,
    name: str,
    there: Stage | None,
    written: Written,
    question: Question,
    work: _Work,
) -> None:
    refusal = _refusal(notebook, name, there, written, question, work)
    if refusal:
        work.findings.append(refusal)
        return
    if written.params:
        work.params[name] = notebook, written
    data = kept(written.data, there.data if there else {})
    if there is None or there.data != data or name in work.moved.values():
        work.wanted[name] = data
        work.notes.append(f"stage {name} <- {notebook}")
        if there is None:
            work.say("MLV401", notebook, f"declares the stage {name}, and dvc.yaml has none")
        else:
            fields = [key for key in data if data[key] != there.data.get(key)] or ["name"]
            work.say("MLV402", notebook, f"and the stage {name} differ ({', '.join(fields)})")


def _refusal(
    notebook: str,
    name: str,
    there: Stage | None,
    written: Written,
    question: Question,
    work: _Work,
) -> Diagnostic | None:
    """Return why a stage can't be written."""
    if name in work.wanted and work.wanted[name] is not None:
        message = f"another notebook declares the stage {name} too: rename one of them"
        return Diagnostic("MLV406", message, Location(notebook))
    if there is None:
        return None
    if there.notebook is None and not question.adopt:
        message = (
            f"dvc.yaml has a stage {name} that was written by hand: rename one of them, or let "
            "mlv have it with `mlv sync --adopt`"
        )
        return Diagnostic("MLV404", message, Location(notebook))
    former = question.renamed.get(notebook)
    owner = there.notebook
    if owner not in (None, notebook, former) and question.stands(owner or ""):
        message = f"{owner} declares the stage {name} too: rename one of them"
        return Diagnostic("MLV406", message, Location(notebook))
    return _by_hand(name, there, written, question)


def _by_hand(name: str, there: Stage, written: Written, question: Question) -> Diagnostic | None:
    """Return the finding for a stage that was in line in HEAD and was edited in dvc.yaml since."""
    differs = [key for key in OWNED if there.data.get(key) != written.data.get(key)]
    if not differs:
        return None  # HEAD is asked only where that may matter
    try:
        before = read_pipeline(_text(question.head(DVC_FILE)) or "").stages.get(name)
    except PipelineError:
        return None
    if before is None or before.data == there.data:
        return None
    if any(before.data.get(key) != written.data.get(key) for key in OWNED):
        return None
    fields = " and ".join(sorted(differs))
    message = (
        f"the stage {name} was edited by hand ({fields}): say it in {there.notebook}, and take "
        f"the edit back with `git checkout {question.shown(DVC_FILE)}`"
    )
    return Diagnostic("MLV403", message, Location(DVC_FILE))


def _refused_by_dvc(pipeline: Pipeline, question: Question, work: _Work) -> Iterator[Diagnostic]:
    """Give what DVC would refuse of the stages as they shall be: it would load none of them."""
    if not work.wanted:
        return
    stages = _after(pipeline, work)
    changed = {name: None for name, data in work.wanted.items() if data is not None}
    for code, name, message in problems(stages, changed, question.folder):
        yield Diagnostic(code, message, Location(_notebook_of(stages[name])))
    kept = {name: sorted(set(cached_outputs(stages[name], question.folder))) for name in changed}
    every = list(dict.fromkeys(path for paths in kept.values() for path in paths))
    tracked = question.tracked(every) if every else set()
    for name in changed:
        for path in (one for one in kept[name] if one in tracked):
            message = (
                f"git tracks {path}, which DVC shall keep for the stage {name}: "
                f"`git rm -r --cached {question.shown(path)}`, then commit again"
            )
            yield Diagnostic("MLV413", message, Location(_notebook_of(stages[name])))


def _after(pipeline: Pipeline, work: _Work) -> dict[str, Mapping[str, object]]:
    """Return all stages of dvc.yaml as they shall be."""
    before = {work.moved.get(name, name): one.data for name, one in pipeline.stages.items()}
    return {name: data for name, data in {**before, **work.wanted}.items() if data is not None}


def _ignores(pipeline: Pipeline, question: Question, work: _Work) -> Iterator[Change]:
    """Give the changes of .gitignore for outputs that come and go with the stages that change."""
    after = _after(pipeline, work)
    made = (after[name] for name in work.wanted if name in after)
    new = {out for one in made for out in cached_outputs(one, question.folder)}
    gone = {
        out
        for name, one in pipeline.stages.items()
        if work.moved.get(name, name) in work.wanted
        for out in cached_outputs(one.data, question.folder)
    }
    gone.difference_update(*(cached_outputs(one, question.folder) for one in after.values()))
    if gone:
        gone.difference_update(question.elsewhere())
    if new:
        new -= question.ignored(new)
    yield from ignore_changes(new, gone, question.read)


def _about_params(question: Question, work: _Work) -> Iterator[Diagnostic]:
    """Give what the steps of the stages could not take of params.yaml; note what it lacks."""
    if not work.params:
        return
    text = _text(question.read(PARAMS_FILE)) or ""
    try:
        work.held = read_params(text)
    except PipelineError as error:
        yield _unreadable(PARAMS_FILE, error, question)
        return
    for name, (notebook, written) in work.params.items():
        held = work.held.get(name)
        section = held if isinstance(held, Mapping) else {}
        for code, key, message in params_problems(name, section, written, notebook):
            yield Diagnostic(code, message, Location(PARAMS_FILE, None, key_line(text, name, key)))
        missing = [key for key in written.params if key not in section]
        if missing and name not in work.wanted:
            said = f"has {', '.join(missing)}, which params.yaml lacks in {name}"
            work.say("MLV419", notebook, said)


def _about_lock(question: Question) -> Iterator[Diagnostic]:
    """Give the merge markers in dvc.lock, or what is no text: DVC would load no stage."""
    data = question.read(LOCK_FILE) or b""
    text = _text(data) or ""
    try:
        refuse_foreign(text)
        if b"<<<<<<< " in data:
            refuse_markers(text)
    except PipelineError as error:
        yield _unreadable(LOCK_FILE, error, question)


def _notebook_of(data: Mapping[str, object]) -> str:
    meta = data.get("meta")
    own = meta.get("mlv") if isinstance(meta, Mapping) else None
    found = own.get("notebook") if isinstance(own, Mapping) else None
    return found if isinstance(found, str) else DVC_FILE


def _makers(work: _Work, pipeline: Pipeline) -> dict[str, Callable[[str], str]]:
    """Return what makes the new text of each file from its old one."""
    removed = [name for name, data in work.wanted.items() if data is None]
    makers: dict[str, Callable[[str], str]] = {}
    if work.wanted or work.moved:
        makers[DVC_FILE] = lambda text: splice(text, work.wanted, work.moved)
    if work.moved or removed:
        makers[LOCK_FILE] = lambda text: _lock(text, work, removed) if text else ""
    if work.params:
        owned = {one.name for one in pipeline.stages.values() if one.notebook}
        sections = {work.moved.get(name, name) for name in owned} | work.params.keys()
        makers[PARAMS_FILE] = lambda text: _with_params(text, work, sections)
    return makers


def _lock(text: str, work: _Work, removed: Sequence[str]) -> str:
    """Return dvc.lock with stages moved and removed; what only has another name has run."""
    text = move_lock(text, work.moved, removed)
    former = {new: old for old, new in work.moved.items()}
    for stage, rename in work.renames.items():
        text = rename_in_lock(text, stage, former[stage], rename)
    return text


def _with_params(text: str, work: _Work, sections: Collection[str]) -> str:
    """Return params.yaml with what it lacks; a renamed stage goes on with the values it had."""
    former = {new: old for old, new in work.moved.items()}
    wanted = {}
    for section, (_, written) in work.params.items():
        had = work.held.get(former.get(section, section))
        before = had if isinstance(had, Mapping) else {}
        if section in former or not written.params.keys() <= before.keys():
            wanted[section] = {key: before.get(key, one) for key, one in written.params.items()}
    return add_sections(text, wanted, sections) if wanted else text


def _note(path: str, work: _Work) -> str:
    if path == PARAMS_FILE:
        return f"{path}: parameters of {', '.join(work.params)}"
    return f"{path}: {'; '.join(work.notes)}"


def _unreadable(path: str, error: PipelineError, question: Question) -> Diagnostic:
    message = str(error)
    if isinstance(error, MergeMarkers):
        # HEAD's side is there during a merge, a rebase and a pick, markers added or not.
        message = (
            "has merge markers: resolve them, or take "
            f"`git checkout HEAD {question.shown(path)}` and commit again: "
            "mlv adds what the notebooks declare"
        )
    return Diagnostic("MLV405", message, Location(path, None, error.line))


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "surrogateescape")
