"""The docstring of the parameters cell: fields, help, and the styles that people write."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parameter_support import problems, read, rest

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
        "import sys\nfrom mlv_hooks.declared.parameters import read_parameters\n"
        "from mlv_hooks.analysis.source import parse_cell\n"
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
