"""A declared stage and the notebook's parameters -> its data in dvc.yaml and params.yaml."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath

from mlv_hooks.config import Settings
from mlv_hooks.declared.metadata import StageSpec
from mlv_hooks.declared.options import spellings
from mlv_hooks.declared.parameter_types import Type
from mlv_hooks.declared.parameters import Parameter
from mlv_hooks.declared.stage_values import not_passed_on
from mlv_hooks.stage.dvc_files import PARAMS_FILE
from mlv_hooks.step.spelling import rebase, spell


@dataclass(frozen=True, slots=True)
class Written:
    """A stage as it shall stand: its ``data`` in dvc.yaml, its ``params`` in params.yaml.

    ``types`` are those of all the notebook's parameters.
    """

    data: dict[str, object]
    params: dict[str, object]
    types: Mapping[str, Type]


def write_stage(
    spec: StageSpec,
    notebook: str,
    folder: str,
    step: str,
    parameters: Sequence[Parameter],
    modules: Sequence[str],
) -> Written:
    """Return how ``spec`` is written.

    ``folder`` is the notebook's, ``step`` its step's path, ``modules`` are the files of the
    repository that the step imports; all count from the project's root.
    """
    params = {one.name: _as_param(one, folder) for one in _hyperparameters(spec, parameters)}
    params = {name: value for name, value in params.items() if not not_passed_on(value)}
    data: dict[str, object] = {"cmd": spec.cmd or _command(spec, step, parameters, params)}
    if spec.matrix:
        matrix = {key: _values(values) for key, values in spec.matrix}
        data = {"matrix": matrix, **data}
    data["deps"] = sorted({*spec.deps, step, *modules})
    files = [{file: list(keys)} if keys else {file: None} for file, keys in spec.param_files]
    if params or files:
        data["params"] = [*([spec.name] if params else []), *files]
    for kind in ("outs", "metrics", "plots"):
        outs = [_out(one.path, one.persist, one.flags) for one in spec.outs if one.kind == kind]
        if outs:
            data[kind] = outs
    own = dict(spec.own)
    meta = own.pop("meta", {})
    more = meta if isinstance(meta, Mapping) else {}
    data.update(own)
    data["meta"] = {**more, "mlv": {"notebook": notebook}}
    return Written(data, params, {one.name: one.type for one in parameters})


def placed(stage: str, written: Written, settings: Settings) -> Written:
    """Return a stage as the project's settings have it, which may put DVC's files elsewhere.

    Paths count from the project's root all the same, and ``${stage}`` is found.
    """
    folder, data = posixpath.dirname(settings.dvc_file), dict(written.data)
    if folder:
        data["wdir"] = posixpath.relpath("/", f"/{folder}")
    if not written.params or (not folder and settings.params_file == PARAMS_FILE):
        return replace(written, data=data)
    more = data.get("vars")
    data["vars"] = [settings.params_file, *(more if isinstance(more, list) else ())]
    listed = data.get("params")
    if settings.params_file != PARAMS_FILE and isinstance(listed, list):
        section = {settings.params_file: [stage]}
        data["params"] = [section if one == stage else one for one in listed]
    return replace(written, data=data)


def _values(values: tuple[object, ...] | str) -> object:
    return values if isinstance(values, str) else list(values)


def _hyperparameters(spec: StageSpec, parameters: Sequence[Parameter]) -> list[Parameter]:
    """Return the parameters that stand in params.yaml."""
    if spec.params is not None:
        return [one for one in parameters if one.name in spec.params]
    given = {one.parameter for one in spec.arguments} | {key for key, _ in spec.matrix}
    return [one for one in parameters if one.name not in given]


def rebased(parameter: Parameter, folder: str) -> object:
    """Return the default of a parameter; a path counts from the project's root."""
    kinds = {parameter.type.kind, parameter.type.item.kind if parameter.type.item else ""}
    return rebase(parameter.default, folder) if "path" in kinds else parameter.default


def _as_param(parameter: Parameter, folder: str) -> object:
    """Return a default as params.yaml has it, so that the step reads what DVC makes of it.

    DVC spells out a mapping as `--name.key value`, which no option can be, and takes no lists in
    lists: what the step reads as one word of JSON, or of Python, is a text here.
    """
    value, kind = rebased(parameter, folder), parameter.type.kind
    in_words = parameter.type.is_flat and kind != "any"
    if in_words or not isinstance(value, (list, tuple, dict, set)):
        return _plain(value)
    return json.dumps(_plain(value)) if kind in ("dict", "list") else spell(value)


def _plain(value: object) -> object:
    """Return a value as YAML and JSON have it."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (PurePath, date)):
        return value.isoformat() if isinstance(value, date) else value.as_posix()
    return value


def _command(
    spec: StageSpec, step: str, parameters: Sequence[Parameter], params: Mapping[str, object]
) -> str:
    module = step.removesuffix(".py").replace("/", ".")
    words = [f"python -m {module}", *_arguments(spec, parameters)]
    words += _before_unpacked(parameters, params)
    if params:
        words.append(f"${{{spec.name}}}")
    return " ".join([*words, *([spec.extra] if spec.extra else [])])


def _arguments(spec: StageSpec, parameters: Sequence[Parameter]) -> Iterator[str]:
    options = {name: one.options[0] for name, one in spellings(parameters).items()}
    words: dict[str, list[str]] = {}
    for one in spec.arguments:
        words.setdefault(options[one.parameter], []).append(one.path)
    for option, values in words.items():
        if len(values) == 1 and values[0].startswith("-"):
            yield f"{option}={_quoted(values[0])}"
        else:
            yield " ".join([option, *map(_quoted, values)])
    keys = [key for key, _ in spec.matrix]
    if keys and options.keys() >= set(keys):
        # Unpacked, DVC quotes each value for the shell and makes switches of booleans.
        yield from _before_unpacked(parameters, keys)
        yield "${item}"
        return
    for key in keys:
        if key in options:
            yield f'{options[key]} "${{item.{key}}}"'


def _quoted(word: str) -> str:
    """Quote a word for the shell; what DVC fills in (``${item.x}``) stays open to it."""
    if "${" not in word:
        return shlex.quote(word)
    escaped = re.sub(r'["`\\]|\$(?!\{)', r"\\\g<0>", word)
    return f'"{escaped}"'


def _before_unpacked(parameters: Sequence[Parameter], names: Collection[str]) -> Iterator[str]:
    """Give what must stand before `${section}`, which writes nothing for false and for [].

    The last word wins, so that a true or a filled list in params.yaml has its way.
    """
    spelled = spellings(parameters)
    for one in parameters:
        if one.name not in names:
            continue
        if one.type.kind == "bool" and one.default is not False:
            yield spelled[one.name].off[0]
        elif _may_be_empty(one.type) and one.default not in ([], ()):
            yield spelled[one.name].options[0]


def _may_be_empty(type_: Type) -> bool:
    """Say whether the option of that type may stand without a word behind it, for []."""
    return type_.kind in ("list", "tuple") and type_.is_flat and type_.length is None


def _out(path: str, persist: bool, flags: Sequence[tuple[str, object]]) -> object:
    more = {**({"persist": True} if persist else {}), **dict(flags)}
    return {path: more} if more else path
