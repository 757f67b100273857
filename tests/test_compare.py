"""How two versions of an output file are told apart, in words that a data scientist uses."""

from __future__ import annotations

import builtins
import collections
import io
import json
import pickle
from typing import Any

import numpy as np
import pyarrow
import pytest
from PIL import Image
from pyarrow import parquet

from mlv_hooks.verify.compare import Difference, compare


def lines(path: str, one: bytes | None, other: bytes | None) -> tuple[str, ...]:
    found = compare(path, one, other)
    assert found is not None
    assert not found.same_content
    return found.lines


def npy(values: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def png(size: tuple[int, int], *dots: tuple[int, int], **options: Any) -> bytes:
    image = Image.new("RGBA", size, "white")
    for dot in dots:
        image.putpixel(dot, (255, 0, 0, 255))
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def test_equal_bytes_are_no_difference_whatever_they_are() -> None:
    assert compare("broken.json", b"{", b"{") is None
    assert compare("gone.csv", None, None) is None


def test_a_file_that_only_one_side_wrote_is_named() -> None:
    assert lines("a.csv", b"x", None) == ("written by the notebook, not by the step",)
    assert lines("a.csv", None, b"x") == ("written by the step, not by the notebook",)


def test_csv_says_which_column_and_row_differ() -> None:
    one, other = b"id,price\n1,2.5\n2,3.0\n3,4\n", b"id,price\n1,2.5\n2,9.0\n3,5\n"

    assert lines("out/a.csv", one, other) == (
        "column price: 2 of 3 rows differ, first row 2: notebook '3.0', step '9.0'",
    )


def test_csv_says_which_columns_and_rows_are_missing() -> None:
    assert lines("a.csv", b"id,old\n1,2\n", b"id,new\n1,2\n3,4\n") == (
        "column old: not in the step's",
        "column new: not in the notebook's",
        "rows: notebook 1, step 2",
    )
    assert lines("a.tsv", b"a\tb\n1\t2\n", b"b\ta\n2\t1\n") == (
        "columns in another order: notebook ['a', 'b'], step ['b', 'a']",
    )


def test_csv_that_differs_in_quotes_only_has_the_same_content() -> None:
    assert compare("a.csv", b'a,b\n"x",1\n', b"a,b\r\nx,1\r\n") == Difference(
        "a.csv", ("same content, other bytes",), same_content=True
    )


def test_csv_without_a_usable_header_is_compared_as_text() -> None:
    assert lines("a.csv", b"1,1\n2,2\n", b"1,1\n2,3\n") == ("@@ -2 +2 @@", "-2,2", "+2,3")


def test_json_says_which_key_differs() -> None:
    one = json.dumps({"scores": {"f1": 0.5, "gone": 1}, "rows": [1, 2]}).encode()
    other = json.dumps({"rows": [1, 3, 4], "scores": {"f1": 0.25}, "new": None}).encode()

    assert lines("scores.json", one, other) == (
        "$.scores.f1: notebook 0.5, step 0.25",
        "$.scores.gone: not in the step's",
        "$.rows: length notebook 2, step 3",
        "$.rows[1]: notebook 2, step 3",
        "$.new: not in the notebook's",
    )


def test_json_in_another_layout_has_the_same_content_and_nan_is_nan() -> None:
    found = compare("a.json", b'{"a": NaN, "b": 1}', b'{"b":1,"a":NaN}')

    assert found is not None
    assert found.same_content


def test_json_types_count_and_broken_json_is_compared_as_text() -> None:
    assert lines("a.json", b"1", b"true") == ("$: notebook 1, step True",)
    told = lines("a.json", b'{"a": 1', b'{"a": 2}')
    assert told[1:3] == ('-{"a": 1', '+{"a": 2}')
    assert told[3].startswith("(no JSON: ")


def test_only_the_first_few_differences_are_told() -> None:
    one, other = json.dumps(list(range(20))), json.dumps(list(range(1, 21)))

    told = lines("a.json", one.encode(), other.encode())

    assert len(told) == 6
    assert told[-1] == "… and 15 more"


class Model:
    def __init__(self, weights: Any, **more: Any) -> None:
        self.weights = weights
        self.__dict__.update(more)


class Slotted:
    __slots__ = ("side",)


def test_a_pickle_says_which_part_differs() -> None:
    one = pickle.dumps({"model": Model([1, 2], kind="a"), "n": 1})
    other = pickle.dumps({"model": Model([1, 5], kind="a"), "n": 1})

    assert lines("model.pkl", one, other) == ("['model'].weights[1]: notebook 2, step 5",)


def test_a_pickle_says_which_numbers_of_an_array_differ() -> None:
    one, other = (pickle.dumps(Model(np.array(values))) for values in ([1.0, 2.0], [1.0, 2.5]))

    assert lines("model.pickle", one, other) == (
        ".weights: 1 of 2 values differ, first at [1]: notebook 2.0, step 2.5; by 0.5 at most",
    )


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_each_protocol_and_shape_are_read(protocol: int) -> None:
    def dumped(x: int) -> bytes:
        loop: list[Any] = [x]
        loop.append(loop)
        ordered = collections.OrderedDict({"a": {x, 2}, "loop": loop})
        return pickle.dumps([Model, Model({3: x}), ordered, collections.deque([x])], protocol)

    told = lines("model.pkl", dumped(7), dumped(8))

    assert "[1].weights[3]: notebook 7, step 8" in told
    assert len(told) == 4
    assert "{8, 2}" in told[1]


def test_pickles_that_only_share_parts_in_another_way_have_the_same_content() -> None:
    text = "not interned"
    copy = "".join(["not ", "interned"])

    found = compare("a.pkl", pickle.dumps([text, text]), pickle.dumps([text, copy]))

    assert found == Difference("a.pkl", ("same content, other bytes",), same_content=True)


class Evil:
    def __reduce__(self) -> Any:
        return exec, ("import builtins; builtins.pwned = True",)


def test_a_pickle_is_compared_without_running_it() -> None:
    told = lines("a.pkl", pickle.dumps([Evil(), 1]), pickle.dumps([Evil(), 2]))

    assert told == ("[1]: notebook 1, step 2",)
    assert not hasattr(builtins, "pwned")


def test_a_pickle_of_other_classes_says_so() -> None:
    told = lines("a.pkl", pickle.dumps(Model(1)), pickle.dumps(Slotted()))

    assert told == (f"the value: notebook '{__name__}.Model', step '{__name__}.Slotted'",)


def test_a_broken_pickle_is_compared_by_bytes() -> None:
    told = lines("a.pkl", b"\x80\x04\xff", b"\x80\x04\xfe\x00")

    assert told[0] == "3 and 4 bytes, differ from byte 3 on"
    assert told[1].startswith("(no plain pickle: ")


def test_npy_says_how_many_numbers_differ_and_by_how_much() -> None:
    one, other = np.zeros((2, 3)), np.zeros((2, 3))
    other[1, 2], one[0, 0], other[0, 0] = 0.5, np.nan, np.nan

    assert lines("a.npy", npy(one), npy(other)) == (
        "1 of 6 values differ, first at [1, 2]: notebook 0.0, step 0.5; by 0.5 at most",
    )


def test_npy_says_which_type_and_shape_differ() -> None:
    told = lines("a.npy", npy(np.zeros(3)), npy(np.zeros((3, 1), dtype="int32")))

    assert told == (
        "type notebook 'float64', step 'int32'",
        "shape notebook (3,), step (3, 1)",
    )


def test_npz_says_which_array_differs() -> None:
    def npz(**values: Any) -> bytes:
        file = io.BytesIO()
        np.savez(file, **values)
        return file.getvalue()

    told = lines("a.npz", npz(x=np.arange(3), y=1), npz(x=np.array([0, 1, 9]), z=np.array("a")))

    assert told[0].startswith("array x: 1 of 3 values differ, first at [2]: notebook 2, step 9")
    assert told[1:] == ("array y: not in the step's", "array z: not in the notebook's")


def test_an_image_says_how_many_pixels_differ_and_where() -> None:
    told = lines("a.png", png((4, 3)), png((4, 3), (1, 1), (2, 2)))

    assert told == ("2 of 12 pixels differ, within [1, 1, 3, 3] of 4x3",)


def test_an_image_of_another_size_says_both_and_one_of_other_bytes_is_the_same() -> None:
    assert lines("a.png", png((4, 3)), png((5, 3))) == ("size notebook (4, 3), step (5, 3)",)

    found = compare("a.png", png((40, 30), compress_level=0), png((40, 30), compress_level=9))
    assert found is not None
    assert found.same_content


def test_text_shows_the_lines_of_a_diff() -> None:
    told = lines("run.log", b"a\nb\nc\n", b"a\nB\nc\n")

    assert told == ("@@ -2 +2 @@", "-b", "+B")
    assert lines("run.log", b"a\n", b"a\r\n") == ("only the ends of lines differ",)


def test_other_bytes_say_from_where_on_they_differ() -> None:
    assert lines("a.bin", b"\0\1\2", b"\0\1\3") == ("3 bytes, differ from byte 3 on",)
    assert lines("a.bin", b"\xff\xfe", b"\xff") == ("2 and 1 bytes, differ from byte 2 on",)


def test_parquet_says_which_column_differs() -> None:

    def written(**columns: Any) -> bytes:
        file = io.BytesIO()
        parquet.write_table(pyarrow.table(columns), file)
        return file.getvalue()

    told = lines("a.parquet", written(a=[1, 2], b=["x", "y"]), written(a=[1, 3], b=["x", "y"]))

    assert told == ("column a: 1 of 2 rows differ, first row 2: notebook 2, step 3",)
