"""What one stage's words say together: what it passes to the step, and what does not fit."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

from mlv_hooks.config import nearest
from mlv_hooks.declared.options import spellings
from mlv_hooks.declared.parameter_types import fits
from mlv_hooks.declared.parameters import Parameter, Parameters
from mlv_hooks.declared.project_paths import NoPathError, as_texts, from_folder, is_url, templates
from mlv_hooks.declared.stage_spec import UNKNOWN, Argument, Draft, Mistake, StageSpec
from mlv_hooks.declared.stage_values import not_passed_on

_OPERATOR = re.compile(r"[();<>|&]|\d[<>]")


def found_arguments(
    notebook: str, draft: Draft, parameters: Parameters | None, depth: int = 0
) -> tuple[Argument, ...]:
    """Return the stage's arguments: those declared, and the parameters that are its paths.

    A parameter whose value in the cell names a declared path is passed as that path; ``depth``
    says how many folders above the project's root are in the repository.
    """
    paths = {*draft.deps, *(one.path for one in draft.outs)}
    arguments = [_normalised(one, paths) for one in draft.arguments]
    if draft.cmd or parameters is None:
        return tuple(arguments)
    taken = {one.parameter for one in arguments} | set(draft.matrix) | set(draft.params)
    taken |= set(given_in_extra(draft, parameters))
    folder = posixpath.dirname(notebook)
    for one in parameters.parameters:
        if one.name in taken:
            continue
        values = [(text, _path(text, folder, depth)) for text in as_texts(one.default) or ()]
        if values and all(path in paths for _, path in values):
            arguments += [
                Argument(one.name, f"{path}/" if text.endswith("/") else path)
                for text, path in values
            ]
    return tuple(arguments)


def _path(text: str, folder: str, depth: int) -> str:
    try:
        return from_folder(text, folder, depth)
    except NoPathError:
        return ""


def _normalised(one: Argument, paths: set[str]) -> Argument:
    """Return the argument with a declared path written as it is declared."""
    path = posixpath.normpath(one.path) if one.path and not is_url(one.path) else one.path
    slash = "/" if one.path.endswith("/") else ""
    return Argument(one.parameter, path + slash) if path in paths else one


def sent_parameters(
    draft: Draft, arguments: tuple[Argument, ...], parameters: Parameters | None
) -> tuple[str, ...] | None:
    """Return which parameters go to params.yaml, None for all that nothing else gives."""
    if "params" in draft.said:
        return tuple(_bare(one, draft.name) for one in dict.fromkeys(draft.params))
    if draft.cmd:
        section = re.compile(rf"\$\{{\s*{re.escape(draft.name)}\s*[.}}\[]")
        return None if section.search(draft.cmd) else ()
    in_extra = given_in_extra(draft, parameters)
    if not in_extra or parameters is None:
        return None
    given = {one.parameter for one in arguments} | set(draft.matrix) | set(in_extra)
    return tuple(one.name for one in parameters.parameters if one.name not in given)


def _bare(name: str, stage: str) -> str:
    """Return the parameter that ``train.rate`` is in params.yaml."""
    return name.removeprefix(f"{stage}.")


def given_in_extra(draft: Draft, parameters: Parameters | None) -> dict[str, str]:
    """Return the parameters that the extra text gives, and by which option."""
    by_option = _options(parameters)
    return {by_option[one]: one for one in _options_in(draft.extra) if one in by_option}


def _options(parameters: Parameters | None) -> dict[str, str]:
    found = spellings(parameters.parameters) if parameters else {}
    return {option: name for name, one in found.items() for option in (*one.options, *one.off)}


def _options_in(extra: list[str]) -> list[str]:
    """Return the options in the text, up to where the shell does something else."""
    try:
        words = shlex.split(" ".join(extra))
    except ValueError:
        return []
    found = []
    for word in words:
        if _OPERATOR.match(word):
            break
        if word.startswith("--") and len(word) > 2:
            found.append(word.partition("=")[0])
    return found


def problems(draft: Draft, spec: StageSpec, parameters: Parameters | None) -> Iterator[Mistake]:
    """Yield what is wrong with the stage as a whole."""
    known = {one.name: one for one in parameters.parameters} if parameters else {}
    found = [
        *_wrong_outs(spec),
        *_wrong_parameters(draft, spec, known),
        *_wrong_matrix(spec, known),
        *_wrong_extra(draft, parameters),
        *_given_twice(draft, spec, parameters),
        *_beside_command(draft),
    ]
    for message in found:
        yield Mistake(UNKNOWN, f"stage {spec.name}: {message}", spec.cell, spec.line)


def _wrong_outs(spec: StageSpec) -> Iterator[str]:
    paths = [one.path for one in spec.outs]
    for path in dict.fromkeys(paths):
        if paths.count(path) > 1:
            yield f"{path} is declared as an output twice: keep one"
        if path in spec.deps:
            yield f"{path} is an input and an output: DVC allows one of both"
    for one in spec.outs:
        if is_url(one.path) and ("cache", False) not in one.flags:
            yield f"{one.path}: DVC caches no outputs elsewhere: write cache: false in mlv.stages"


def _wrong_parameters(draft: Draft, spec: StageSpec, known: dict[str, Parameter]) -> Iterator[str]:
    for name in dict.fromkeys([*(spec.params or ()), *(one.parameter for one in spec.arguments)]):
        if name not in known:
            what = _instead(name, known)
            if "." in name:
                what = f"write {{params.yaml: [{name}]}} for a key of another section"
            yield f"{name} is no parameter of the notebook: {what}"
    for name in (one for one in spec.params or () if one in known):
        lost = not_passed_on(known[name].default)
        if lost:
            yield (
                f"DVC can't pass on {name}, which has {lost}: leave it out of params, and the "
                "step takes the notebook's value"
            )


def _instead(name: str, known: dict[str, Parameter]) -> str:
    like = nearest(name, list(known))
    return f"write {like}" if like else "assign it in the cell tagged parameters"


def _wrong_matrix(spec: StageSpec, known: dict[str, Parameter]) -> Iterator[str]:
    texts = [*spec.deps, *(one.path for one in spec.outs), spec.cmd, spec.extra]
    texts += [one.path for one in spec.arguments]
    for key, values in spec.matrix:
        if key not in known and not any(_mentions(text, key) for text in texts):
            what = _instead(key, known) if known else f"write ${{item.{key}}} in a path"
            yield f"{key} of the matrix is no parameter and in no path: {what}"
        if isinstance(values, str):
            continue
        alone = known.keys() >= dict(spec.matrix).keys()
        in_quotes = not alone or any(_mentions(one.path, key) for one in spec.arguments)
        for one in values:
            if isinstance(one, str) and _is_lost(one, in_quotes):
                what = "which DVC can't pass on: write another"
                yield f"the matrix gives {key} {one!r}, {what}"
        if key in known and known[key].type.kind == "bool" and not alone:
            yield f"{key} is bool, which goes into no matrix beside a key that is no parameter"
        if key in known:
            wrong = [one for one in values if not fits(known[key].type, one)]
            for one in wrong[:1]:
                kind = known[key].type.annotation or known[key].type.kind
                yield f"{key} is {kind}, but the matrix gives {one!r}: make them fit"
        for one in spec.outs if len(values) > 1 else ():
            if not _mentions(one.path, key):
                what = f"put ${{item.{key}}} into its path"
                yield f"each run of the matrix would write {one.path}: {what}"


def _is_lost(value: str, in_quotes: bool) -> bool:
    """Say whether a value of a matrix would be another one on the command line, or stop DVC."""
    cut = not_passed_on(value) not in ("", "two dashes in front")
    return not value or cut or (in_quotes and re.search(r'["$`\\]', value) is not None)


def _mentions(text: str, key: str) -> bool:
    start = re.compile(rf"item\.{re.escape(key)}(?:$|[.\[])")
    return any(one == "key" or start.match(one) for one in templates(text))


def _wrong_extra(draft: Draft, parameters: Parameters | None) -> Iterator[str]:
    try:
        shlex.split(" ".join(draft.extra))
    except ValueError:
        yield f"a quote is not closed in {' '.join(draft.extra)}: close it"
    known = {"--help": "", **_options(parameters)}
    for option in _options_in(draft.extra):
        if option not in known:
            yield f"the step has no option {option}: write {nearest(option, list(known))}"


def _given_twice(draft: Draft, spec: StageSpec, parameters: Parameters | None) -> Iterator[str]:
    """Yield which parameters have their value from two words of the stage."""
    ways = {
        "its path": {one.parameter for one in spec.arguments},
        "the matrix": {key for key, _ in spec.matrix},
        "extra": set(given_in_extra(draft, parameters)),
        "params": set(spec.params or ()) if "params" in draft.said else set(),
    }
    names = dict.fromkeys(name for given in ways.values() for name in sorted(given))
    for name in names:
        by = [way for way, given in ways.items() if name in given]
        if len(by) > 1:
            yield f"{name} is given by {' and by '.join(by)}: keep one"


def _beside_command(draft: Draft) -> Iterator[str]:
    for word in ("args", "extra"):
        by_fields = draft.said.get(word) and draft.said.get("cmd")
        if draft.cmd and word in draft.said and not by_fields:
            yield f"{word} can't stand beside cmd, which says all: write it into cmd"
