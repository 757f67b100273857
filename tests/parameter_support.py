"""Read a parameters cell from its text, for tests."""

from __future__ import annotations

import ast

from mlv_hooks.analysis.source import parse_cell
from mlv_hooks.declared.parameters import Parameter, Parameters, read_parameters


def read(text: str, *before: str) -> Parameters:
    others = [parse_cell(one, number) for number, one in enumerate(before, 1)]
    return read_parameters(parse_cell(text, len(before) + 1), others)


def only(text: str, *before: str) -> Parameter:
    (found,) = read(text, *before).parameters
    return found


def rest(found: Parameters) -> list[str]:
    return [ast.unparse(one) for one in found.rest]


def problems(found: Parameters) -> list[tuple[str, int]]:
    return [(one.code, one.line) for one in found.problems]
