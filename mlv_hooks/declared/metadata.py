"""Which stages a notebook declares: in its docstring of parameters, in its metadata, or both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mlv_hooks.config import Settings
from mlv_hooks.content import Content
from mlv_hooks.declared.docstring_stage import read_fields
from mlv_hooks.declared.dvc_run import Script
from mlv_hooks.declared.parameters import Parameters
from mlv_hooks.declared.stage_checks import found_arguments, problems, sent_parameters
from mlv_hooks.declared.stage_spec import (
    TWICE,
    UNKNOWN,
    Argument,
    Draft,
    Mistake,
    Out,
    StageSpec,
    merged,
)
from mlv_hooks.declared.stages_metadata import read_metadata
from mlv_hooks.step.step_of import step_name, step_path

__all__ = ["Argument", "Mistake", "Out", "StageSpec", "read_stages", "stages_of"]

_WORD_OF = {"deps": "in", "outs": "out", "metrics": "metric", "plots": "plot", "params": "param"}


def read_stages(
    notebook: str,
    metadata: Mapping[str, object],
    parameters: Parameters | None,
    step: str = "",
    depth: int = 0,
) -> tuple[tuple[StageSpec, ...], tuple[Mistake, ...]]:
    """Return the stages of the notebook at that path, and what is wrong with their declaration.

    ``metadata`` is the notebook's. ``step`` is the path of its step, by default the one in
    ``steps/``; both are from the project's root, and ``depth`` says how many folders above that are
    in the repository. Stages with mistakes are as good as could be read: not to be written.
    """
    name = step_name(notebook)
    script = Script(step or f"steps/{name}.py", f"{name}.dvc", depth)
    fields: Draft | None = None
    mistakes: list[Mistake] = []
    if parameters:
        fields, of_fields = read_fields(notebook, parameters, script)
        mistakes += of_fields
    drafts, of_metadata = read_metadata(metadata, script)
    mistakes += of_metadata
    together, doubled = _together(fields, drafts, name, parameters)
    specs = []
    for draft in together:
        spec = _spec(notebook, draft, script, parameters, fields)
        specs.append(spec)
        mistakes += problems(draft, spec, parameters)
    mistakes += [*doubled, *_shared_outs(specs)]
    return tuple(specs), tuple(dict.fromkeys(map(_on_one_line, mistakes)))


def stages_of(
    content: Content, path: str, settings: Settings
) -> tuple[tuple[StageSpec, ...], tuple[Mistake, ...]]:
    """Return the same of the notebook at a path from git's top; nothing where it can't be read."""
    if content.notebook is None:
        return (), ()
    parameters = content.parameters(settings) if content.is_python else None
    step = settings.inside(step_path(path, settings))
    metadata = content.notebook.metadata
    return read_stages(settings.inside(path), metadata, parameters, step, settings.depth)


def _on_one_line(mistake: Mistake) -> Mistake:
    """Return the mistake with the line ends taken out that names in the metadata may have."""
    return replace(mistake, message=" ".join(mistake.message.splitlines()))


def _together(
    fields: Draft | None, drafts: tuple[Draft, ...], name: str, parameters: Parameters | None
) -> tuple[list[Draft], list[Mistake]]:
    """Return one draft a stage; fields that name no stage are of all of them."""
    if fields is None:
        return list(drafts), []
    if not drafts or (fields.name and fields.name not in [one.name for one in drafts]):
        fields.name = fields.name or name
        return [fields, *drafts], []
    result, mistakes = [], []
    for draft in drafts:
        if fields.name not in ("", draft.name):
            result.append(draft)
            continue
        result.append(merged(fields, draft))
        for word in draft.said:
            if word in fields.said:
                said = f":dvc-{_WORD_OF.get(word, word)}: and in mlv.stages.{draft.name}"
                message = f"{word} is declared by {said}: keep one of both"
                cell = parameters.cell if parameters else None
                mistakes.append(Mistake(TWICE, message, cell, fields.said[word]))
    return result, mistakes


def _spec(
    notebook: str,
    draft: Draft,
    script: Script,
    parameters: Parameters | None,
    fields: Draft | None,
) -> StageSpec:
    arguments = found_arguments(notebook, draft, parameters, script.depth)
    deps = [one for one in dict.fromkeys(draft.deps) if one != script.path]
    of_docstring = parameters is not None and draft.line is not None
    return StageSpec(
        name=draft.name,
        deps=tuple(deps),
        outs=tuple(draft.outs),
        arguments=arguments,
        params=sent_parameters(draft, arguments, parameters),
        extra=" ".join(draft.extra),
        matrix=tuple(draft.matrix.items()),
        cmd=draft.cmd,
        own=tuple(draft.own.items()),
        cell=parameters.cell if parameters and of_docstring else None,
        line=draft.line if of_docstring else None,
        places=tuple(draft.places.items()),
        param_files=tuple((file, tuple(keys)) for file, keys in draft.param_files.items()),
    )


def _shared_outs(specs: list[StageSpec]) -> Iterator[Mistake]:
    """Yield which stages of the notebook would write one file."""
    makers: dict[str, StageSpec] = {}
    for spec in specs:
        for path in dict.fromkeys(one.path for one in spec.outs):
            first = makers.setdefault(path, spec)
            if first is not spec:
                message = f"{path} is an output of {first.name} and of {spec.name}"
                what = "each stage needs its own, in mlv.stages"
                yield Mistake(UNKNOWN, f"{message}: {what}", spec.cell, spec.line)
