"""``mlv.stages`` of a notebook's metadata -> what it declares of each stage.

``stages.schema.json`` says the same for editors; the tests hold the two together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mlv_hooks.config import nearest
from mlv_hooks.declared.dvc_run import DvcRunError, Script, expanded, translate
from mlv_hooks.declared.project_paths import NoPathError, from_root
from mlv_hooks.declared.stage_spec import UNKNOWN, Argument, Draft, Mistake, Out
from mlv_hooks.declared.stage_values import name_problem

KEYS = ("step", "stages", "ignore")
_TEXT, _BOOL = "a text", "true or false"
FLAGS: dict[str, str] = {
    "cache": _BOOL,
    "persist": _BOOL,
    "remote": _TEXT,
    "push": _BOOL,
    "desc": _TEXT,
    "type": _TEXT,
    "labels": "a list of texts",
    "meta": "anything",
}
PLOT_FLAGS: dict[str, str] = FLAGS | {
    "template": _TEXT,
    "x": _TEXT,
    "y": _TEXT,
    "x_label": _TEXT,
    "y_label": _TEXT,
    "title": _TEXT,
    "header": _BOOL,
}
_REASONS = {
    "foreach": "write matrix, which gives a stage for each value",
    "do": "write matrix, and the stage's words beside it",
    "wdir": "a stage runs from the project's root: write paths from there and leave it out",
    "checkpoint": "DVC 3 has no checkpoints: leave it out",
}
_OTHERS = {"in": "deps", "inputs": "deps", "out": "outs", "outputs": "outs", "arguments": "args"}


class _WrongError(Exception):
    """Says in one line what is wrong at a place, and what to write."""


def read_metadata(
    metadata: Mapping[str, object], script: Script
) -> tuple[tuple[Draft, ...], tuple[Mistake, ...]]:
    """Return what the notebook's metadata declares, and what is wrong with it."""
    if "mlv" not in metadata:
        return (), ()
    reader = _Reader(script)
    own = metadata["mlv"]
    if not isinstance(own, Mapping):
        reader.note("mlv", "must be a mapping: write {stages: {...}}")
        return (), tuple(reader.mistakes)
    for key in own:
        if key not in KEYS:
            reader.note("mlv", f"{key} is unknown: write {nearest(str(key), list(KEYS))}")
    if not isinstance(own.get("step", False), bool):
        reader.note("mlv.step", "must be true or false")
    drafts = reader.stages(own["stages"]) if "stages" in own else ()
    return drafts, tuple(reader.mistakes)


@dataclass
class _Reader:
    script: Script
    mistakes: list[Mistake] = field(default_factory=list)

    def note(self, place: str, message: str) -> None:
        self.mistakes.append(Mistake(UNKNOWN, f"{place}: {message}"))

    def stages(self, table: object) -> tuple[Draft, ...]:
        """Read the stages, each by itself: a mistake in one leaves the others as they are."""
        if not isinstance(table, Mapping):
            self.note("mlv.stages", "must be a mapping of stages: write {train: {...}}")
            return ()
        drafts = []
        for name, stage in table.items():
            problem = name_problem(str(name))
            if problem:
                self.note("mlv.stages", problem)
            elif not isinstance(stage, Mapping | None):
                self.note(f"mlv.stages.{name}", "must be a mapping, such as {deps: [...]}")
            else:
                drafts.append(self._stage(str(name), stage or {}))
        return tuple(drafts)

    def _stage(self, name: str, stage: Mapping[str, object]) -> Draft:
        draft = Draft(name=name)
        for word, value in stage.items():
            place = f"mlv.stages.{name}"
            try:
                _known(word, list(WORDS))
                draft.said[word] = None
                place = f"{place}.{word}"
                WORDS[word](draft, word, value, self.script)
            except (_WrongError, NoPathError, DvcRunError) as error:
                self.note(place, str(error))
        return draft


def _known(word: object, known: list[str]) -> None:
    if word in known:
        return
    text = str(word)
    if text in _REASONS:
        raise _WrongError(f"{text}: {_REASONS[text]}")
    bare = text.removeprefix("dvc-").replace("-", "_")
    like = _OTHERS.get(bare, nearest(bare, known))
    raise _WrongError(f"{text} is unknown: write {like}")


def _deps(draft: Draft, word: str, value: object, script: Script) -> None:
    draft.deps += [from_root(expanded(_text(one), script), script.depth) for one in _list(value)]


def _outs(draft: Draft, word: str, value: object, script: Script) -> None:
    for one in _list(value):
        if isinstance(one, Mapping):
            for path, flags in one.items():
                draft.outs.append(_out(str(path), word, flags, script.depth))
        else:
            draft.outs.append(Out(from_root(_text(one), script.depth), word))


def _out(path: str, kind: str, flags: object, depth: int) -> Out:
    known = PLOT_FLAGS if kind == "plots" else FLAGS
    if not isinstance(flags, Mapping):
        raise _WrongError(f"{path}: must be a mapping of flags, such as {{cache: false}}")
    for flag, value in flags.items():
        if flag in PLOT_FLAGS and flag not in known:
            raise _WrongError(f"{path}: {flag} is for plots: declare the file there")
        try:
            _known(flag, list(known))
        except _WrongError as error:
            raise _WrongError(f"{path}: {error}") from None
        if not _CHECKS[known[flag]](value):
            raise _WrongError(f"{path}: {flag} must be {known[flag]}")
    rest = tuple((flag, value) for flag, value in flags.items() if flag != "persist")
    return Out(from_root(path, depth), kind, flags.get("persist") is True, rest)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_CHECKS: dict[str, Callable[[object], bool]] = {
    _TEXT: lambda value: isinstance(value, str),
    _BOOL: lambda value: isinstance(value, bool),
    "a list of texts": _is_texts,
    "anything": lambda value: True,
}


def _params(draft: Draft, word: str, value: object, script: Script) -> None:
    for one in _list(value):
        if isinstance(one, Mapping):
            for file, keys in one.items():
                if keys is not None and not _is_texts(keys):
                    raise _WrongError(f"{file}: must be a list of keys, such as [seed]")
                path = from_root(str(file), script.depth)
                draft.param_files.setdefault(path, []).extend(keys or ())
        else:
            draft.params.append(_text(one))


def _args(draft: Draft, word: str, value: object, script: Script) -> None:
    for name, given in _mapping(value).items():
        for one in given if isinstance(given, list) else [given]:
            if isinstance(one, bool):
                raise _WrongError(f"{name}: true and false are options: write them in extra")
            if not isinstance(one, (str, int, float)):
                raise _WrongError(f"{name}: must be a text, a number, or a list of them")
            draft.arguments.append(Argument(str(name), str(one)))
        if given == []:
            raise _WrongError(f"{name}: has no values: write some, or leave it out")


def _matrix(draft: Draft, word: str, value: object, script: Script) -> None:
    table = _mapping(value)
    if not table:
        raise _WrongError("has no keys: write {subset: [train, test]}")
    for key, values in table.items():
        if isinstance(values, str) and re.fullmatch(r"\$\{[^}]+\}", values):
            draft.matrix[str(key)] = values
        elif isinstance(values, list) and values:
            draft.matrix[str(key)] = tuple(values)
        else:
            raise _WrongError(
                f"{key}: must be a list of values, or a template such as ${{clients}}"
            )


def _command(draft: Draft, word: str, value: object, script: Script) -> None:
    if isinstance(value, list):
        raise _WrongError("must be one text: join the commands by &&")
    draft.cmd = translate(_text(value), script)


def _extra(draft: Draft, word: str, value: object, script: Script) -> None:
    draft.extra.append(_text(value))


def _switch(draft: Draft, word: str, value: object, script: Script) -> None:
    if not isinstance(value, bool):
        raise _WrongError("must be true or false")
    draft.own[word] = value


def _desc(draft: Draft, word: str, value: object, script: Script) -> None:
    draft.own[word] = _text(value)


def _meta(draft: Draft, word: str, value: object, script: Script) -> None:
    if "mlv" in _mapping(value):
        raise _WrongError("mlv is for the notebook's path: choose another word")
    draft.own[word] = value


def _vars(draft: Draft, word: str, value: object, script: Script) -> None:
    for one in _list(value):
        if not isinstance(one, Mapping):
            from_root(_text(one), script.depth)
    draft.own[word] = value


WORDS: dict[str, Callable[[Draft, str, object, Script], None]] = {
    "cmd": _command,
    "deps": _deps,
    "params": _params,
    "outs": _outs,
    "metrics": _outs,
    "plots": _outs,
    "args": _args,
    "extra": _extra,
    "matrix": _matrix,
    "frozen": _switch,
    "always_changed": _switch,
    "desc": _desc,
    "meta": _meta,
    "vars": _vars,
}


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        shown = value if isinstance(value, str) else "..."
        raise _WrongError(f"must be a list: write [{shown}]")
    return value


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _WrongError("must be a mapping: write {name: value}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _WrongError("must be a text, and not an empty one")
    return value
