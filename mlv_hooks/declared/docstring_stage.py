"""The ``:dvc-...:`` fields of a parameters cell -> what they declare of its stage."""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mlv_hooks.analysis.name_use import bound_names
from mlv_hooks.config import nearest
from mlv_hooks.declared.docstring import Field
from mlv_hooks.declared.dvc_run import DvcRunError, Script, read_dvc_run
from mlv_hooks.declared.parameters import Parameter, Parameters
from mlv_hooks.declared.project_paths import (
    NoPathError,
    as_texts,
    from_folder,
    from_root,
    is_url,
    relative_to,
    templates,
)
from mlv_hooks.declared.stage_spec import DIFFERS, UNKNOWN, Argument, Draft, Mistake, Out
from mlv_hooks.declared.stage_values import NoValueError, as_value, name_problem
from mlv_hooks.step.step_of import step_name

# The words, and what dvc.yaml calls what they declare.
WORDS = {
    "dvc-stage": "",
    "dvc-in": "deps",
    "dvc-out": "outs",
    "dvc-out-persist": "outs",
    "dvc-metric": "metrics",
    "dvc-plot": "plots",
    "dvc-param": "params",
    "dvc-extra": "extra",
    "dvc-matrix": "matrix",
    "dvc-cmd": "cmd",
    "dvc-meta-file": "",
}
_OTHERS = {
    "dvc-dep": "dvc-in",
    "dvc-deps": "dvc-in",
    "dvc-input": "dvc-in",
    "dvc-persist": "dvc-out-persist",
    "dvc-name": "dvc-stage",
    "dvc-command": "dvc-cmd",
    "dvc-run": "dvc-cmd",
}
_OURS = re.compile(r"(?:dvc|mlv)(?:$|-)")
_ONCE = ("dvc-stage", "dvc-cmd", "dvc-meta-file")


class _WrongError(Exception):
    """Says in one line what is wrong with a field, and which rule reports it."""

    def __init__(self, message: str, code: str = UNKNOWN) -> None:
        super().__init__(message)
        self.code = code


def read_fields(
    notebook: str, parameters: Parameters, script: Script
) -> tuple[Draft | None, tuple[Mistake, ...]]:
    """Return what the fields of the notebook at that path declare, None when nothing."""
    named = [one.value for one in parameters.fields if one.name == "dvc-meta-file" and one.value]
    if named:
        script = replace(script, meta_file=f"{named[0].removesuffix('.dvc')}.dvc")
    reader = _Reader(notebook, parameters, script)
    for one in parameters.fields:
        if reader.is_ours(one):
            reader.read(one)
    draft = reader.finished() if reader.seen else None
    return draft, tuple(reader.mistakes)


@dataclass
class _Reader:
    notebook: str
    parameters: Parameters
    script: Script
    draft: Draft = field(default_factory=Draft)
    seen: dict[str, Field] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def is_ours(self, one: Field) -> bool:
        """Say whether the field is one of the words; note what only looks like one."""
        if one.name in WORDS:
            return True
        name = one.name.lower().replace("_", "-")
        near = nearest(name, list(WORDS))
        like = _OTHERS.get(name, near)
        if _OURS.match(name) or _is_slip(name, near):
            self._note(UNKNOWN, f":{one.name}: is unknown: write :{like}:", one.line)
        return False

    def read(self, one: Field) -> None:
        """Take in the field, or note what is wrong with it."""
        first = self.seen.setdefault(one.name, one)
        self.draft.line = self.draft.line or one.line
        if WORDS[one.name]:
            self.draft.said.setdefault(WORDS[one.name], one.line)
        try:
            if first is not one and one.name in _ONCE:
                raise _WrongError("is there twice: keep one, or list the stages in mlv.stages")
            _HANDLERS[one.name](self, one)
        except _WrongError as error:
            self._note(error.code, f":{_head(one)}: {error}", one.line)
        except (NoPathError, NoValueError, DvcRunError) as error:
            self._note(UNKNOWN, f":{_head(one)}: {error}", one.line)

    def finished(self) -> Draft:
        """Return what was read, after a look at what does not go together."""
        if "dvc-stage" in self.seen and "dvc-meta-file" in self.seen:
            message = ":dvc-meta-file: names the stage, as :dvc-stage: does: keep :dvc-stage:"
            self._note(UNKNOWN, message, self.seen["dvc-meta-file"].line)
        for name, one in self.seen.items():
            if "dvc-cmd" in self.seen and name not in _ONCE:
                message = f":{name}: can't stand beside :dvc-cmd:, which says all: keep one of both"
                self._note(UNKNOWN, message, one.line)
        return self.draft

    def _note(self, code: str, message: str, line: int) -> None:
        self.mistakes.append(Mistake(code, message, self.parameters.cell, line))

    def stage(self, one: Field) -> None:
        name = _only_value(one)
        problem = name_problem(name)
        if problem:
            raise _WrongError(problem)
        self.draft.name = name
        self.draft.line = one.line

    def meta_file(self, one: Field) -> None:
        self.draft.name = self.draft.name or _stage_of(_only_value(one))

    def path(self, one: Field) -> None:
        """Take in an input or output: a path, a parameter's path, or both."""
        if not one.argument:
            self._declare(one, from_root(one.value, self.script.depth))
            return
        try:
            parameter = self._parameter(one.argument)
        except _WrongError:
            if one.value:  # the path is said all the same, and `mlv verify` may look at it
                self._declare(one, from_root(one.value, self.script.depth))
            raise
        texts = as_texts(parameter.default)
        if texts is None:
            message = (
                f"its value {parameter.default!r} is no path: write one, or leave the name out"
            )
            raise _WrongError(message)
        folder = posixpath.dirname(self.notebook)
        if one.value:
            is_list = isinstance(parameter.default, (list, tuple))
            said = re.split(r"[,\n]", one.value) if is_list else [one.value]
            paths = [from_root(text, self.script.depth) for text in said]
            self._compare(one, parameter, texts, paths, folder)
        else:
            if not texts:
                raise _WrongError(f"{one.argument} has no path in the cell: write one here")
            paths = [from_folder(text, folder, self.script.depth) for text in texts]
        # Code that adds a file's name to a folder's relies on the slash between them.
        slash = "/" if (texts or [one.value])[0].rstrip("\"'` ").endswith("/") else ""
        for path in paths:
            self._declare(one, path)
            self.draft.arguments.append(Argument(parameter.name, path + slash))

    def _parameter(self, name: str) -> Parameter:
        known = {one.name: one for one in self.parameters.parameters}
        if name in known:
            return known[name]
        if any(name in bound_names(statement) for statement in self.parameters.rest):
            message = f"{name} is computed, so it is no parameter: write a literal in the cell"
            raise _WrongError(message)
        like = nearest(name, list(known))
        what = f"write {like}" if like else f"assign it in this cell, `{name} = ...`"
        raise _WrongError(f"{name} is no parameter of this notebook: {what}")

    def _compare(
        self,
        one: Field,
        parameter: Parameter,
        texts: Sequence[str],
        paths: Sequence[str],
        folder: str,
    ) -> None:
        """Note where the cell's value and the field name different files.

        What DVC fills in (``models/${item.subset}.bin``) names none yet.
        """
        if not texts or any(templates(path) for path in paths):
            return
        try:
            values = [from_folder(text, folder, self.script.depth) for text in texts]
        except NoPathError:
            values = []
        if values == paths:
            return
        wanted = ", ".join(f'"{relative_to(path, folder)}"' for path in paths)
        literal = wanted if len(paths) == 1 else f"[{wanted}]"
        named = f", which is {', '.join(values)}" if values and values != texts else ""
        message = f"{parameter.name} is {', '.join(texts)} in the cell{named}, but here it is"
        what = f"write {literal} in the cell"
        self._note(DIFFERS, f":{_head(one)}: {message} {', '.join(paths)}: {what}", one.line)

    def _declare(self, one: Field, path: str) -> None:
        kind = WORDS[one.name]
        self.draft.places.setdefault(path, one.line)
        if kind == "deps":
            self.draft.deps.append(path)
            return
        if is_url(path):
            raise _WrongError(
                f"{path}: DVC keeps no outputs elsewhere: write a path of the project"
            )
        self.draft.outs.append(Out(path, kind, persist=one.name == "dvc-out-persist"))

    def param(self, one: Field) -> None:
        if one.argument and one.value:
            raise _WrongError(f"takes no value: write :dvc-param: {one.argument}")
        names = (one.argument or one.value).replace(",", " ").split()
        if not names:
            raise _WrongError("names no parameter: write one")
        self.draft.params += [self._parameter(name).name for name in names]

    def extra(self, one: Field) -> None:
        text = " ".join(_only_value(one).split("\n"))
        if "{{" in text:
            raise _WrongError("{{ }} is a template of MLV-tools: write the value instead")
        self.draft.extra.append(text)

    def matrix(self, one: Field) -> None:
        key, text = one.argument, " ".join(one.value.split())
        if not key or " " in key:
            raise _WrongError("names no parameter: write :dvc-matrix NAME: one, two")
        if key in self.draft.matrix:
            raise _WrongError(f"{key} is there twice: write all its values in one line")
        if not text:
            raise _WrongError("has no values: write them, with commas between")
        if re.fullmatch(r"\$\{[^}]+\}", text):
            self.draft.matrix[key] = text
            return
        words = [word.strip() for word in next(csv.reader([text], skipinitialspace=True))]
        types = {known.name: known.type for known in self.parameters.parameters}
        self.draft.matrix[key] = tuple(as_value(word, types.get(key)) for word in words)

    def command(self, one: Field) -> None:
        run = read_dvc_run(_only_value(one), self.script)
        if run.name and name_problem(run.name):
            raise _WrongError(f"-n {name_problem(run.name)}")
        self.draft.name = self.draft.name or run.name or _stage_of(run.file)
        self.draft.cmd, self.draft.own = run.cmd, run.own
        self.draft.deps, self.draft.outs = run.deps, run.outs
        self.draft.param_files = run.param_files


_HANDLERS: dict[str, Callable[[_Reader, Field], None]] = {
    "dvc-stage": _Reader.stage,
    "dvc-in": _Reader.path,
    "dvc-out": _Reader.path,
    "dvc-out-persist": _Reader.path,
    "dvc-metric": _Reader.path,
    "dvc-plot": _Reader.path,
    "dvc-param": _Reader.param,
    "dvc-extra": _Reader.extra,
    "dvc-matrix": _Reader.matrix,
    "dvc-cmd": _Reader.command,
    "dvc-meta-file": _Reader.meta_file,
}


def _is_slip(name: str, near: str) -> bool:
    """Say whether a name is one of the words with two letters changed places, or the like."""
    from difflib import SequenceMatcher

    return "-" in name and SequenceMatcher(None, name, near).ratio() > 0.8


def _stage_of(file: str) -> str:
    """Return the stage that DVC's file of one stage stood for, empty for one without a name."""
    stem = posixpath.basename(file).removesuffix(".dvc")
    return "" if stem in ("", "Dvcfile") else step_name(f"{stem}.dvc")


def _only_value(one: Field) -> str:
    if one.argument:
        raise _WrongError(f"takes no name: write :{one.name}: {one.argument} {one.value}".rstrip())
    if not one.value:
        raise _WrongError("has no value: write one")
    return one.value


def _head(one: Field) -> str:
    return f"{one.name} {one.argument}".strip()
