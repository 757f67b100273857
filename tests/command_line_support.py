"""A module with the command line of some parameters, really run, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from parameter_support import read as parameters

from mlv_hooks.step.command_line import CommandLine, main_function


def made(text: str, **options: Any) -> CommandLine:
    settings = {"prog": "python -m steps.train", **options}
    return main_function("train", parameters(text), **settings)


def module_text(line: CommandLine, body: str = "    SEEN.append(locals())\n") -> str:
    """Return a module around the command line, as a step has it."""
    fresh = "".join(f"    {part}\n" for one in line.fresh for part in one.splitlines())
    function = f"def train({', '.join(line.signature)}):\n{fresh}{body}"
    start = "\n".join([*line.imports, "", "SEEN = []", "", ""])
    parts = [line.helpers, function, line.main, "if __name__ == '__main__':\n    main()\n"]
    return start + "\n\n".join(part for part in parts if part)


def load(text: str, **options: Any) -> ModuleType:
    module = ModuleType("train")
    exec(compile(module_text(made(text, **options)), "train.py", "exec"), module.__dict__)
    return module


def run(text: str, argv: Sequence[str], **options: Any) -> dict[str, Any]:
    module = load(text, **options)
    module.main(list(argv))
    return dict(module.SEEN[0])


@cache
def reader(text: str) -> Callable[[Sequence[str]], Any]:
    """Return what gives the value of ``x`` for arguments; the module is made once."""
    module = load(text)

    def read(argv: Sequence[str]) -> Any:
        module.main(list(argv))
        return module.SEEN.pop()["x"]

    return read


def refusal(text: str, argv: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as caught:
        run(text, argv)
    assert caught.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]
