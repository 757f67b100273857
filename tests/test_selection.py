"""Which rules run, by the settings and by the command line."""

from __future__ import annotations

import pytest

from mlv_hooks.checks.selection import Choice, read_choice, wanted
from mlv_hooks.config import ConfigError, Settings, parse_settings


@pytest.mark.parametrize(
    ("settings", "choice", "expected"),
    [
        ('ignore = ["MLV3"]', Choice(extend_select=("MLV302",)), True),
        ('ignore = ["MLV302"]', Choice(extend_select=("MLV3",)), True),
        ('select = ["MLV1"]', Choice(extend_select=("MLV302",)), True),
        ("", Choice(ignore=("MLV3",), extend_select=("MLV302",)), True),
        ("", Choice(ignore=("MLV302",), extend_select=("MLV3",)), False),
        ("", Choice(select=("MLV1",), extend_select=("MLV3",)), True),
        ('select = ["MLV3"]', Choice(select=("MLV1",)), False),
        ('extend-select = ["MLV302"]\nignore = ["MLV3"]', Choice(), True),
        ('extend-ignore = ["script-stale"]', Choice(), False),
        ('select = ["MLV1"]\nextend-select = ["script-stale"]', Choice(), True),
        ('select = ["MLV1"]', Choice(), False),
    ],
)
def test_what_extends_a_choice_follows_the_longer_prefix_as_in_ruff(
    settings: str, choice: Choice, expected: bool
) -> None:
    assert wanted("MLV302", parse_settings(settings, "mlv.toml"), choice) is expected


def test_options_take_codes_prefixes_and_names_with_commas_or_one_by_one() -> None:
    assert read_choice(["MLV3,script-stale", "MLV1"], [" MLV0, "], [], []) == Choice(
        ("MLV3", "MLV302", "MLV1"), ("MLV0",), (), None
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a/*:MLV3,MLV107"], (("a/*", ("MLV3", "MLV107")),)),
        (["a:ALL,b:script-stale"], (("a", ("ALL",)), ("b", ("MLV302",)))),
        (["a:ALL", "b:MLV1"], (("a", ("ALL",)), ("b", ("MLV1",)))),
        (["c:d.ipynb:MLV1"], (("c:d.ipynb", ("MLV1",)),)),
    ],
)
def test_rules_are_left_out_by_file_in_both_of_ruff_s_spellings(
    words: list[str], expected: object
) -> None:
    choice = read_choice([], [], [], words)
    assert choice.per_file_ignores == expected
    assert choice.files(Settings(per_file_ignores=(("x", ("ALL",)),))).per_file_ignores == expected
    assert Choice().files(Settings(per_file_ignores=(("x", ("ALL",)),))).per_file_ignores == (
        ("x", ("ALL",)),
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((["MLV39"], [], [], []), "--select: no rule 'MLV39', did you mean 'MLV3"),
        (([], ["script-stal"], [], []), "--ignore: no rule 'script-stal', did you mean 'script-st"),
        (([], [], ["E501"], []), "--extend-select: no rule 'E501', did you mean 'MLV"),
        (([], [], [], ["a"]), "--per-file-ignores: write GLOB:CODE, not 'a'"),
        (([], [], [], [":MLV3"]), "--per-file-ignores: write GLOB:CODE, not ':MLV3'"),
        (([], [], [], ["../a:MLV3"]), "--per-file-ignores: write GLOB:CODE, not '../a:MLV3'"),
        (([], [], [], ["a:MLV9"]), "--per-file-ignores: no rule 'MLV9', did you mean 'MLV"),
    ],
)
def test_a_wrong_option_names_what_is_nearest(
    options: tuple[list[str], list[str], list[str], list[str]], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_choice(*options)
    assert str(caught.value).startswith(message)
