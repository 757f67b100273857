"""The parameters cell: names, values, types, and what is wrong with it."""

from __future__ import annotations

import ast
from datetime import date, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parameter_support import only, problems, read, rest

# --- values


@pytest.mark.parametrize(
    ("written", "value", "annotation"),
    [
        ("1", 1, "int"),
        ("-1", -1, "int"),
        ("+2", 2, "int"),
        ("1e-3", 1e-3, "float"),
        ("-0.5", -0.5, "float"),
        ("True", True, "bool"),
        ("'a'", "a", "str"),
        ("'a' 'b'", "ab", "str"),
        ("f'plain'", "plain", "str"),
        ("'''two\nlines'''", "two\nlines", "str"),
        ("None", None, ""),
        ("b'x'", b"x", ""),
        ("2j", 2j, ""),
        ("{1, 2}", {1, 2}, ""),
        ("[1, 2]", [1, 2], "list[int]"),
        ("[1, 0.5]", [1, 0.5], "list[float]"),
        ("[]", [], "list"),
        ("['a', None]", ["a", None], "list"),
        ("[[1], [2, 3]]", [[1], [2, 3]], "list[list[int]]"),
        ("(1, 2)", (1, 2), "tuple[int, ...]"),
        ("((1, 2), (3, 4))", ((1, 2), (3, 4)), "tuple[tuple[int, ...], ...]"),
        ("{'a': [1, None]}", {"a": [1, None]}, "dict"),
        ("{1: 2}", {1: 2}, ""),
        ("Path('data') ", PurePosixPath("data"), "Path"),
        ("Path('data', 'x.csv')", PurePosixPath("data/x.csv"), "Path"),
        ("pathlib.Path('data')", PurePosixPath("data"), "Path"),
        ("[Path('a'), Path('b')]", [PurePosixPath("a"), PurePosixPath("b")], "list[Path]"),
        ("date(2024, 5, 1)", date(2024, 5, 1), "date"),
        ("date(2024, month=5, day=1)", date(2024, 5, 1), "date"),
        ("datetime(2024, 5, 1, 12)", datetime(2024, 5, 1, 12), "datetime"),
    ],
)
def test_a_literal_is_a_parameter_with_its_type(
    written: str, value: object, annotation: str
) -> None:
    found = only(f"x = {written}")
    assert found.default == value and type(found.default) is type(value)
    assert found.type.annotation == annotation
    assert found.type.optional == (value is None)


@pytest.mark.parametrize(
    "written",
    [
        "a + 1",
        "f'{a}.csv'",
        "os.cpu_count()",
        "[a]",
        "{**a}",
        "{[]: 1}",
        "{[1]}",
        "-True",
        "...",
        "Path(a)",
        "date(2024, 13, 1)",
        "date('x')",
        "date(**a)",
        "lambda: 1",
        "60 * 60",
    ],
)
def test_what_is_computed_stays_in_the_body_and_is_no_argument(written: str) -> None:
    found = read(f"a = 1\nx = {written}\n")
    assert [one.name for one in found.parameters] == ["a"]
    assert rest(found) == [ast.unparse(ast.parse(f"x = {written}"))]
    assert problems(found) == []


def test_names_that_the_notebook_defines_itself_are_no_paths_or_dates() -> None:
    assert read("x = Path('a')", "class Path:\n    pass").parameters == ()
    assert read("x = date(2024, 5, 1)", "def date(*parts):\n    return 1").parameters == ()
    assert read("x = Path('a')", "from pygame import Path").parameters == ()


def test_dates_are_known_however_they_are_imported() -> None:
    assert only("x = datetime.date(2024, 5, 1)", "import datetime").default == date(2024, 5, 1)
    assert only("x = dt.datetime(2024, 5, 1)", "import datetime as dt").type.kind == "datetime"
    assert only("x = day(2024, 5, 1)", "from datetime import date as day").type.kind == "date"


def test_several_names_may_be_set_at_once() -> None:
    found = read("a, (b) = 1, 2\nc = d = 'x'\n[e, f] = [0.5, None]")
    values = [(one.name, one.default, one.line) for one in found.parameters]
    assert values == [
        ("a", 1, 1),
        ("b", 2, 1),
        ("c", "x", 2),
        ("d", "x", 2),
        ("e", 0.5, 3),
        ("f", None, 3),
    ]


@pytest.mark.parametrize(
    "text",
    ["a = b = []", "a, *b = 1, 2", "a, b = 1, c", "a, a = 1, 2", "x.y = 1", "x[0] = 1", "x += 1"],
)
def test_what_an_argument_could_not_stand_for_stays_in_the_body(text: str) -> None:
    found = read(text)
    assert found.parameters == ()
    assert rest(found) == [ast.unparse(ast.parse(text))]


def test_the_first_assignment_makes_the_parameter_and_later_ones_stay() -> None:
    found = read("x = 1\ny = x + 1\nx = 2\nx *= 3")
    assert only("x = 1").default == 1
    assert [one.name for one in found.parameters] == ["x"]
    assert rest(found) == ["y = x + 1", "x = 2", "x *= 3"]


def test_imports_functions_and_branches_stay_in_order() -> None:
    found = read("import os\nx = 1\nif x:\n    y = 2\n\n\ndef f():\n    return x\n\n\nz = 3")
    assert [one.name for one in found.parameters] == ["x", "z"]
    assert rest(found) == ["import os", "if x:\n    y = 2", "def f():\n    return x"]


def test_a_cell_that_is_no_python_has_no_parameters() -> None:
    found = read("x = = 1")
    assert (found.parameters, found.rest, found.problems) == ((), (), ())


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner),
        max_leaves=8,
    )
)
def test_every_literal_is_read_as_python_reads_it(value: object) -> None:
    assert only(f"x = {value!r}").default == value


# --- types


@pytest.mark.parametrize(
    ("annotation", "written", "kind", "spelled"),
    [
        ("float", "1", "float", "float"),
        ("'float'", "1", "float", "float"),
        ("Optional[int]", "3", "int", "int | None"),
        ("typing.Optional[int]", "None", "int", "int | None"),
        ("int | None", "None", "int", "int | None"),
        ("Union[int, None]", "3", "int", "int | None"),
        ("int", "None", "int", "int | None"),
        ("Literal['a', 'b']", "'a'", "choice", "Literal['a', 'b']"),
        ("Literal['a', None]", "None", "choice", "Literal['a'] | None"),
        ("Literal[1, 2]", "2", "choice", "Literal[1, 2]"),
        ("Literal['a'] | Literal['b']", "'b'", "choice", "Literal['a', 'b']"),
        ("Path", "Path('x')", "path", "Path"),
        ("Path", "'x'", "path", "str"),
        ("Path | None", "None", "path", "Path | None"),
        ("str | Path", "'x'", "path", "str"),
        ("os.PathLike[str]", "'x'", "path", "str"),
        ("list[int]", "[]", "list", "list[int]"),
        ("List[str]", "['a']", "list", "list[str]"),
        ("Sequence[float]", "[1]", "list", "list[float]"),
        ("list", "['a']", "list", "list[str]"),
        ("list[Path]", "['a']", "list", "list[str]"),
        ("tuple[int, ...]", "(1,)", "tuple", "tuple[int, ...]"),
        ("Tuple[int, int]", "(1, 2)", "tuple", "tuple[int, int]"),
        ("tuple[int, str]", "(1, 'a')", "any", "tuple"),
        ("dict[str, int]", "{'a': 1}", "dict", "dict"),
        ("dict[int, str]", "{1: 'a'}", "any", "dict"),
        ("int | str", "'a'", "any", "int | str"),
        ("Any", "3", "any", ""),
        ("Annotated[int, 'rounds']", "3", "int", "int"),
        ("Final", "3", "int", "int"),
        ("np.ndarray", "3", "int", "int"),
        ("'no [type'", "3", "int", "int"),
        ("datetime.date", "None", "date", "date | None"),
    ],
)
def test_an_annotation_says_the_type(
    annotation: str, written: str, kind: str, spelled: str
) -> None:
    found = read(f"x: {annotation} = {written}")
    assert (found.parameters[0].type.kind, found.parameters[0].type.annotation) == (kind, spelled)
    assert problems(found) == []


@pytest.mark.parametrize(
    ("words", "written", "kind", "spelled"),
    [
        ("str", "None", "str", "str | None"),
        ("string", "'a'", "str", "str"),
        ("Integer", "1", "int", "int"),
        ("number", "1", "float", "float"),
        ("path", "'x'", "path", "str"),
        ("path", "None", "path", "str | None"),
        ("str", "Path('x')", "path", "Path"),
        ("list of int", "[]", "list", "list[int]"),
        ("list of strings", "['a']", "list", "list[str]"),
        ("list(float)", "[1]", "list", "list[float]"),
        ("List[str]", "[]", "list", "list[str]"),
        ("tuple of int", "(1, 2)", "tuple", "tuple[int, ...]"),
        ("int or None", "3", "int", "int | None"),
        ("int or str", "3", "any", "int | str"),
        ("int, optional", "3", "int", "int"),
        ("int, default 3", "3", "int", "int"),
        ("{'a', 'b'}", "'a'", "choice", "Literal['a', 'b']"),
        ("Literal['a', 'b']", "'b'", "choice", "Literal['a', 'b']"),
        ("`pathlib.Path`", "'x'", "path", "str"),
        ("DataFrame", "3", "int", "int"),
        ("array-like", "[1]", "list", "list[int]"),
    ],
)
def test_a_docstring_says_the_type_in_words_or_in_python(
    words: str, written: str, kind: str, spelled: str
) -> None:
    found = read(f'"""\n:param {words} x: some\n"""\nx = {written}')
    assert (found.parameters[0].type.kind, found.parameters[0].type.annotation) == (kind, spelled)
    assert found.parameters[0].help == "some"
    assert problems(found) == []


def test_an_annotation_on_its_own_line_counts() -> None:
    found = only("x: float\nx = 1")
    assert (found.type.kind, found.default, found.line) == ("float", 1, 2)


ENUM = 'class Mode(str, Enum):\n    """How."""\n    FAST = "fast"\n    SLOW = "slow"\n'


@pytest.mark.parametrize("written", ["Mode.FAST", "Mode['FAST']", "Mode('fast')"])
def test_a_member_of_an_enumeration_is_a_choice_of_values(written: str) -> None:
    found = read(f"mode = {written}", f"from enum import Enum\n{ENUM}")
    (parameter,) = found.parameters
    assert (parameter.default, parameter.type.choices) == ("fast", ("fast", "slow"))
    assert ast.unparse(parameter.node) == "'fast'"
    assert rest(found) == ["mode = Mode(mode)"]


def test_an_enumeration_may_stand_in_the_cell_itself_and_be_optional() -> None:
    found = read(f"{ENUM}\nmode: Optional[Mode] = None")
    (parameter,) = found.parameters
    assert parameter.type.optional and parameter.type.choices == ("fast", "slow")
    assert rest(found)[1] == "mode = None if mode is None else Mode(mode)"


def test_members_may_be_automatic_or_numbers() -> None:
    names = "class Mode(enum.StrEnum):\n    FAST = enum.auto()\n    SLOW = enum.auto()\n"
    assert only("mode = Mode.SLOW", names).default == "slow"
    numbers = "class Level(IntEnum):\n    LOW = 1\n    HIGH = 2\n"
    assert only("level = Level.HIGH", numbers).type.choices == (1, 2)


@pytest.mark.parametrize(
    "enum",
    [
        "class Mode(Enum):\n    FAST = object()\n",
        "class Mode(Enum):\n    pass\n",
        "class Mode:\n    FAST = 'fast'\n",
        "Mode = Enum('Mode', 'FAST')",
    ],
)
def test_an_enumeration_of_other_things_is_computed(enum: str) -> None:
    assert read("mode = Mode.FAST", enum).parameters == ()


# --- mistakes


def test_all_mistakes_are_told_in_the_order_of_their_lines() -> None:
    found = read(
        '"""\n:param int gone: a\n:param int x: b\n:param str out: c\n"""\n'
        "out = f'{late}'\nx = 'text'\nlate = 1\nlonely: int"
    )
    assert problems(found) == [
        ("MLV105", 2),
        ("MLV103", 6),
        ("MLV104", 6),
        ("MLV109", 7),
        ("MLV106", 8),
        ("MLV105", 9),
    ]


def test_what_to_add_is_said_in_words_that_are_read_again() -> None:
    found = read('"""\n:param int x: a\n"""\nx = 1\nys = [1]\nany = None\nmode: Literal[1] = 1')
    lines = [one.message.partition("`")[2].rstrip("`") for one in found.problems]
    assert lines == [":param list ys: ...", ":param any: ...", ":param mode: ..."]


def test_a_value_that_does_not_fit_decides_the_type_by_itself() -> None:
    found = read("x: int = 'text'")
    assert found.parameters[0].type.kind == "str"
    assert found.problems[0].message == (
        "x is declared as int, but its value is 'text': change one of the two"
    )


def test_a_function_may_read_a_parameter_that_is_set_below() -> None:
    assert problems(read("def f(a):\n    return x + a\n\n\ng = lambda: x\nx = 1")) == []
    assert problems(read("def f(a=x):\n    return a\n\n\nx = 1")) == [("MLV103", 1)]
