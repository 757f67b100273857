"""Values on their way: notebook, params.yaml, DVC, command line, step; equal at both ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from piped import dvc
from ruamel.yaml import YAML
from samples import code, notebook
from support import Repo, copy_repo

# Of what YAML, DVC, the shell or argparse could make something else.
TEXTS = [
    *("", " ", " a ", "a b", "-", "-5", "-x", "-c 1", "a\tb", "a\nb", "\n", "a\n\n b\n"),
    *("yes", "no", "on", "off", "y", "True", "false", "null", "None", "~", "1", "1.0", "1e3"),
    *("0x1F", "0o17", "010", "1_000", "1:30", ".5", "-.inf", ".nan", "2024-02-29", "=", "<<"),
    *("# no comment", "a #b", "a: b", "[1, 2]", "{a: 1}", "*a", "&a", "!x", "|", ">", "%", "@"),
    *("${p1}", "\\${p1}", "${}", "--x", "--", "a\rb", "\x0c", "\x85"),
    *("`date`", "$HOME", "$(date)", "$", "\\", "\\n", "a\\ b", "'", '"', 'it\'s "q"', "a;b"),
    *("a&b", "a|b", "(a)", "<a>", "*", "?", "[a-z]", "~root", "!", "a=b", "{}", "{a}", "%s"),
    *("é", "Ω🦉", "\u00a0", "\u200b", "\u2028", "e\u0301", "w" * 200),
]
NUMBERS: list[object] = [0, -1, 2**63, 10**25, 0.0, -0.0, 1e-05, 1e300, -2.5e-10, 1.0, 1e22, 0.1]
CONSTANTS: list[object] = [True, False, None]
LISTS: list[object] = [
    *([], ["a"], ["a b", "-c", ""], ["yes", "1.0", "null"], ["$HOME", "it's", "\\"]),
    *(
        [1, -2],
        [0.5, 1e-05, -3.0],
        [True, False],
        [[1, 2], [3]],
        [1, "a", None],
        (1, 2),
        ("a", "b"),
    ),
]
DICTS: list[object] = [{}, {"a": {"b": [1, None, True]}, "c d": "it's"}, {"x": 1e-05}]
DATES: list[object] = [date(2024, 2, 29), datetime(2024, 2, 29, 12, 30, 5)]
ALL = [*TEXTS, *NUMBERS, *CONSTANTS, *LISTS, *DICTS, *DATES]
UNABLE = set("\n\r\x0c\x85\u2028")  # DVC cuts a command there
NAMES = [f"p{number}" for number in range(len(ALL))]
GIVEN: dict[str, Any] = dict(zip(NAMES, ALL, strict=True))

SHOW = (
    "import json\n"
    f"shown = {{name: [type(value).__name__, repr(value)] for name, value in\n"
    f"         dict({', '.join(f'{name}={name}' for name in NAMES)}).items()}}\n"
    "with open(out, 'w') as file:\n    json.dump(shown, file)\n"
    "with open(size, 'w') as file:\n    json.dump({'count': len(shown)}, file)\n"
)


def shown(values: Mapping[str, object]) -> dict[str, list[str]]:
    return {name: [type(value).__name__, repr(value)] for name, value in values.items()}


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, committed_template: Path, people_env: dict[str, str]
) -> Repo:
    """A repository with a notebook that shows all its parameters."""
    top = tmp_path_factory.mktemp("values") / "repo"
    repo = copy_repo(committed_template, top, people_env)
    given = "".join(f"{name} = {value!r}\n" for name, value in GIVEN.items())
    parameters = (
        '"""Show.\n\n:dvc-out out: values.json\n:dvc-metric size: size.json\n"""\n'
        "import datetime\n"
        f'out = "values.json"\nsize = "size.json"\n{given}'
    )
    repo.write(
        "show.ipynb", notebook(code(parameters, metadata={"tags": ["parameters"]}), code(SHOW))
    )
    repo.add()
    repo.commits()
    dvc(repo, "init", "--quiet")
    return repo


def ran(repo: Repo) -> dict[str, list[str]]:
    """Have DVC run the stage, and return the values that its step saw."""
    dvc(repo, "repro", "--quiet")
    found: dict[str, list[str]] = json.loads(repo.read("values.json"))
    return found


def test_values_of_the_notebook_reach_its_step_through_dvc(project: Repo) -> None:
    assert ran(project) == shown(GIVEN)


def test_values_by_hand_in_params_reach_the_step_too(project: Repo) -> None:
    yaml = YAML(typ="safe")
    held: dict[str, Any] = yaml.load(project.read("params.yaml"))["show"]
    left_out = [value for name, value in GIVEN.items() if name not in held]
    assert left_out == [one for one in TEXTS if one[:2] in ("--", "\\$") or UNABLE & set(one)]

    texts = [name for name in held if isinstance(GIVEN[name], str)]
    new = {one: GIVEN[other] for one, other in zip(texts, [*texts[1:], texts[0]], strict=True)}
    for name, value in GIVEN.items():
        if isinstance(value, bool):
            new[name] = not value
        elif isinstance(value, (int, float)):
            new[name] = -value
        elif isinstance(held.get(name), list):
            new[name] = value[1:]
    with (project.top / "params.yaml").open("w", encoding="utf-8") as file:
        yaml.dump({"show": {**held, **{name: plain(value) for name, value in new.items()}}}, file)
    assert project.mlv("sync").said == ""
    assert ran(project) == shown({**GIVEN, **new})


def plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
