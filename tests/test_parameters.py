"""The parameters cell: names, values, types, help, and what is wrong with it."""

from __future__ import annotations

import ast
import subprocess
import sys
from datetime import date, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlv_hooks.parameters import Parameter, Parameters, read_parameters
from mlv_hooks.source import parse_cell


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


# --- docstrings

MLV_TOOLS = '''# The parameters of the training
"""Train the classifier.

Takes an hour.

:param str reviews : labelled reviews,
    one a line
:param float learning_rate: step size
:param epochs: rounds
:type epochs: int
:dvc-stage: train
:dvc-in reviews: data/reviews.csv
:dvc-in : data/stopwords.txt
:dvc-out model : ./models/m.bin
:dvc-cmd: dvc run -o models/m.bin \\\\
    -d data/reviews.csv \\\\
    $MLV_PY_CMD_PATH --mode train
"""
reviews = "../data/reviews.csv"
learning_rate = 0.7
epochs = 10
'''


def test_the_vocabulary_of_mlv_tools_is_read_as_people_wrote_it() -> None:
    found = read(MLV_TOOLS)
    assert (found.summary, found.description) == ("Train the classifier.", "Takes an hour.")
    assert [(one.name, one.type.kind, one.help) for one in found.parameters] == [
        ("reviews", "path", "labelled reviews, one a line"),
        ("learning_rate", "float", "step size"),
        ("epochs", "int", "rounds"),
    ]
    fields = [(one.name, one.argument, one.value, one.line) for one in found.fields]
    assert fields[4:] == [
        ("dvc-stage", "", "train", 11),
        ("dvc-in", "reviews", "data/reviews.csv", 12),
        ("dvc-in", "", "data/stopwords.txt", 13),
        ("dvc-out", "model", "./models/m.bin", 14),
        (
            "dvc-cmd",
            "",
            "dvc run -o models/m.bin \\\n-d data/reviews.csv \\\n$MLV_PY_CMD_PATH --mode train",
            15,
        ),
    ]
    assert problems(found) == []


def test_a_field_that_names_a_parameter_makes_it_a_path() -> None:
    found = read(
        '"""\n:dvc-in data:\n:dvc-out files: x\n:dvc-metric n: m.json\n:dvc-plot late: p\n"""\n'
        "data = 'a.csv'\nfiles = ['a', 'b']\nn = 3\nlate = None\nother = 'text'"
    )
    kinds = {one.name: (one.type.kind, one.type.annotation) for one in found.parameters}
    assert kinds == {
        "data": ("path", "str"),
        "files": ("list", "list[str]"),
        "n": ("int", "int"),
        "late": ("path", "str | None"),
        "other": ("str", "str"),
    }
    assert [one.type.has_paths for one in found.parameters] == [True, True, False, True, False]


@pytest.mark.parametrize(
    ("line", "argument", "value"),
    [
        (":dvc-in:data/x", "", "data/x"),
        (":dvc-in data :data/x", "data", "data/x"),
        ("    :dvc-in   data  :   data/x  ", "data", "data/x"),
        (":dvc-in data: C:/x: y", "data", "C:/x: y"),
        (":dvc-in:", "", ""),
    ],
)
def test_spaces_around_a_field_s_colons_do_not_matter(line: str, argument: str, value: str) -> None:
    (field,) = read(f'"""Doc.\n\n{line}\n"""').fields
    assert (field.name, field.argument, field.value, field.line) == ("dvc-in", argument, value, 3)


def test_roles_and_prose_with_colons_are_no_fields() -> None:
    found = read('"""See\n:class:`Model` for more: it is good.\nNote: nothing.\n"""')
    assert found.fields == ()
    assert found.summary == "See :class:`Model` for more: it is good. Note: nothing."


def test_prose_between_and_after_fields_is_kept_apart() -> None:
    found = read('"""Doc.\n\n:param x: one\n\n    more\n\nAfter.\n"""\nx = 1')
    assert found.parameters[0].help == "one more"
    assert found.description == "After."


def test_the_docstring_may_follow_comments_magics_and_imports() -> None:
    found = read('# Setup\n%matplotlib inline\nimport os\n"""Doc.\n\n:param x: one\n"""\nx = 1')
    assert (found.summary, found.parameters[0].help) == ("Doc.", "one")
    assert len(found.rest) == 2


def test_a_string_further_down_is_no_docstring() -> None:
    found = read('x = 1\n"""Doc."""')
    assert found.summary == ""
    assert rest(found) == ["'Doc.'"]


def test_google_and_numpy_styles_are_read_with_their_lines() -> None:
    google = (
        '"""Train.\n\nAt length.\n\nArgs:\n    rate (float): step\n        size\n    n: rounds\n'
        '\n:dvc-stage: train\n"""\nrate = 1\nn = 2'
    )
    numpy = (
        '"""Train.\n\nAt length.\n\nParameters\n----------\nrate : float, optional\n'
        '    step\n    size\nn\n    rounds\n"""\nrate = 1\nn = 2'
    )
    for text in (google, numpy):
        found = read(text)
        assert (found.summary, found.description) == ("Train.", "At length.")
        assert [(one.type.kind, one.help) for one in found.parameters] == [
            ("float", "step size"),
            ("int", "rounds"),
        ]
        assert problems(found) == []
    assert [(one.name, one.line) for one in read(google).fields] == [("dvc-stage", 10)]
    assert problems(read(google.replace("\nn = 2", ""))) == [("MLV105", 8)]
    assert problems(read(numpy.replace("\nn = 2", ""))) == [("MLV105", 10)]


def test_other_words_for_a_parameter_and_a_type_behind_its_name_are_read() -> None:
    found = read(
        '"""\n:arg int a: one\n:parameter b (float): two\n:keyword c: three\n"""\n'
        "a = 1\nb = 2\nc = 3"
    )
    assert [(one.type.kind, one.help) for one in found.parameters] == [
        ("int", "one"),
        ("float", "two"),
        ("int", "three"),
    ]


def test_the_library_for_other_styles_is_loaded_only_where_it_is_needed() -> None:
    code = (
        "import sys\nfrom mlv_hooks.parameters import read_parameters\n"
        "from mlv_hooks.source import parse_cell\n"
        'read_parameters(parse_cell(\'"""Doc.\\n\\n:param int x: a\\n"""\\nx = 1\', 1))\n'
        "print('docstring_parser' in sys.modules)\n"
        'read_parameters(parse_cell(\'"""Doc.\\n\\nArgs:\\n    x: a\\n"""\\nx = 1\', 1))\n'
        "print('docstring_parser' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"False", b"True"]


FIELDS = [":param", ":type x:", ":dvc-in", " int", " x", "x: y", "Args:", "Returns:"]
PIECES = st.sampled_from([*FIELDS, "Parameters\n---", ":", "\n", "    ", "\t", *"({[-`é"])


@given(st.lists(PIECES, max_size=25).map("".join))
def test_no_docstring_is_too_odd(text: str) -> None:
    found = read(f"{text!r}\nx = 1")
    assert [one.name for one in found.parameters] == ["x"]
    assert all("\n" not in one.message for one in found.problems)


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
