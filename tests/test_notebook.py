"""Reading notebooks from bytes, and editing them without touching what was not meant."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import nbformat.v4
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from mlv_hooks import notebook as notebook_module
from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.notebook import (
    Notebook,
    NotebookError,
    parse_notebook,
)
from mlv_hooks.notebook_edits import CellEdit, edit_notebook


def code(source: Any = "x = 1\n", **more: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": []}
    return {**cell, "source": source, **more}


def markdown(source: Any = "# Title", **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def document(*cells: Any, **more: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 4, **more}


def raw(value: Any, **style: Any) -> bytes:
    text: str = json.dumps(value, **{"indent": 1, "ensure_ascii": False, **style})
    return text.encode()


def refusal(data: bytes) -> NotebookError:
    with pytest.raises(NotebookError) as caught:
        parse_notebook(data)
    assert "\n" not in caught.value.message
    assert ": " in caught.value.message, "what to do comes last"
    return caught.value


def kept(notebook: Notebook) -> list[CellEdit]:
    """The edits that ask for what is there."""
    return [
        CellEdit(origin, cell.kind, cell.source, cell.metadata, keep_outputs=True)
        for origin, cell in enumerate(notebook.cells)
    ]


def new(source: str, kind: str = "code", **metadata: Any) -> CellEdit:
    return CellEdit(None, kind, source, metadata, keep_outputs=False)


def edited(data: bytes, change: Callable[[list[CellEdit]], Sequence[CellEdit]]) -> bytes:
    notebook = parse_notebook(data)
    return edit_notebook(notebook, change(kept(notebook)), notebook.metadata)


def with_source(data: bytes, index: int, source: str) -> bytes:
    def change(cells: list[CellEdit]) -> list[CellEdit]:
        cells[index] = cells[index]._replace(source=source)
        return cells

    return edited(data, change)


def cell_texts(data: bytes) -> list[str]:
    notebook = parse_notebook(data)
    texts = [notebook.text[span.start : span.end] for span in notebook.layout.objects]
    assert [json.loads(text) for text in texts] == json.loads(data)["cells"]
    return texts


# What cannot be read


@pytest.mark.parametrize(
    ("data", "says", "line"),
    [
        (b"", "is empty", None),
        (b" \r\n\t", "is empty", None),
        (b"\xef\xbb\xbf" + raw(document()), "byte order mark", None),
        (raw(document()).decode().encode("utf-16"), "UTF-16", None),
        (raw(document()).decode().encode("utf-16-le"), "UTF-16", None),
        (raw(document()).decode().encode("utf-16-be"), "UTF-16", None),
        (raw(document()).decode().encode("utf-32"), "UTF-32", None),
        (raw(document(code("é"))).decode().encode("latin-1"), "not UTF-8", 8),
        (raw(document(code()))[:60], "is not JSON", 5),
        (b"\xc2\xa0{}", "is not JSON", 1),
        (b"print('hello')\n", "is not JSON", 1),
        (raw(document()) + b"\n}\n", "is not JSON", 7),
        (b'{\n "cells": [],\n}', "is not JSON", 3),
        (b'{"cells": [1,]}', "is not JSON", 1),
        (b'{"cells": [1}', "is not JSON", 1),
        (b'{"cells": [{"source": "a"]]}', "is not JSON", 1),
        (b'{"cells" []}', "is not JSON", 1),
        (b'{"\\x": []}', "is not JSON", 1),
        (b'{"metadata": {"a": "line\nbreak"}}', "is not JSON", 1),
        (b"[1, 2]", "no object", None),
        (b"null", "no object", None),
        (b"[1, ", "is not JSON", 1),
        (b'{"a": 1, "\\u0061": 2}', "the key 'a' twice", None),
        (b'{"metadata": {"k": {"b": 1, "b": 2}}}', "the key 'b' twice", None),
        (b'{"metadata": {"k": -Infinity}}', "-Infinity", None),
        (b'{"metadata": ' + b"[" * 100_000, "nested too deeply", None),
        (b"[" * 100_000, "nested too deeply", None),
        (b"version https://git-lfs.github.com/spec/v1\noid 1\n", "git lfs pull", None),
    ],
)
def test_a_file_that_is_no_json_object_is_refused_with_its_line(
    data: bytes, says: str, line: int | None
) -> None:
    error = refusal(data)
    assert error.code == "MLV001"
    assert says in error.message
    assert (error.cell, error.line) == (None, line)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b'"outputs": [{"data": NaN}]', "holds NaN"),
        (b'"outputs": [{"data": [1, Infinity]}]', "holds Infinity"),
        (b'"outputs": ' + b'{"a":' * 100_000, "nested too deeply"),
        (b'"source": "a", "source": "b"', "the key 'source' twice"),
        (b'"metadata": {"tags": [], "tags": []}', "the key 'tags' twice"),
    ],
)
def test_bad_json_within_a_cell_names_the_cell(text: bytes, says: str) -> None:
    error = refusal(b'{"cells": [{}, {"cell_type": "code", ' + text + b"}]}")
    assert (error.code, error.cell, error.line) == ("MLV001", 2, None)
    assert says in error.message
    assert "(cell 2)" in error.message


def test_a_lone_surrogate_in_a_source_names_cell_and_line() -> None:
    error = refusal(raw(document(code(), code("a\nb = '\ud83d'")), ensure_ascii=True))
    assert (error.code, error.cell, error.line) == ("MLV001", 2, 2)
    assert "(cell 2, line 2)" in error.message


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (document(code(metadata={"k": ["\udead"]})), 1),
        (document(metadata={"\ud800": 1}), None),
    ],
)
def test_a_lone_surrogate_in_metadata_is_refused(value: Any, cell: int | None) -> None:
    error = refusal(raw(value, ensure_ascii=True))
    assert (error.code, error.cell) == ("MLV001", cell)


def test_a_whole_surrogate_pair_and_a_lone_one_in_an_output_are_no_matter() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "\ud800"}
    data = raw(document(code("s = '\U0001f600'", outputs=[output])), ensure_ascii=True)
    assert parse_notebook(data).cells[0].source == "s = '\U0001f600'"
    assert edited(data, list) == data


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "=======", ">>>>>>> topic"])
def test_merge_markers_are_told_with_their_line(marker: str) -> None:
    lines = raw(document(code())).decode().split("\n")
    error = refusal("\r\n".join([*lines[:4], marker, *lines[4:]]).encode())
    assert (error.code, error.line) == ("MLV002", 5)
    assert "(line 5)" in error.message


def test_a_cell_that_writes_about_merge_markers_is_read() -> None:
    data = raw(document(markdown(["Git writes\n", "<<<<<<< HEAD\n", "======="])))
    assert parse_notebook(data).cells[0].source == "Git writes\n<<<<<<< HEAD\n======="


@pytest.mark.parametrize(
    ("nbformat_", "says"),
    [(3, "jupyter nbconvert --to notebook --inplace"), (2, "save it in Jupyter"), (5, "update")],
)
def test_other_formats_are_refused_before_their_fields_are_looked_at(
    nbformat_: int, says: str
) -> None:
    error = refusal(raw({"metadata": 1, "nbformat": nbformat_, "worksheets": []}))
    assert error.code == "MLV003"
    assert f"format {nbformat_}" in error.message
    assert says in error.message


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("nbformat", None),
        ("nbformat", "4"),
        ("nbformat", 4.0),
        ("nbformat", True),
        ("nbformat_minor", None),
        ("nbformat_minor", "5"),
        ("nbformat_minor", False),
        ("metadata", None),
        ("metadata", []),
        ("metadata", {"kernelspec": "python3"}),
        ("metadata", {"language_info": []}),
        ("metadata", {"jupytext": None}),
        ("cells", None),
        ("cells", {}),
        ("cells", "[]"),
    ],
)
def test_a_field_of_the_notebook_with_the_wrong_type_is_named(field: str, wrong: object) -> None:
    error = refusal(raw(document(**{field: wrong})))
    assert (error.code, error.cell) == ("MLV004", None)
    assert f"`{field}" in error.message


@pytest.mark.parametrize("field", ["nbformat", "nbformat_minor", "metadata", "cells"])
def test_a_field_that_the_notebook_must_have_is_named_when_missing(field: str) -> None:
    value = document()
    del value[field]
    assert refusal(raw(value)).code == "MLV004"
    assert f"`{field}`" in refusal(raw(value)).message


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("cell_type", "heading"),
        ("cell_type", None),
        ("cell_type", ["code"]),
        ("source", None),
        ("source", 1),
        ("source", ["a", 1]),
        ("source", {"a": 1}),
        ("metadata", None),
        ("metadata", []),
        ("metadata", {"tags": "parameters"}),
        ("metadata", {"tags": [1]}),
        ("metadata", {"tags": None}),
        ("outputs", None),
        ("outputs", {}),
        ("outputs", ["text"]),
        ("outputs", [{"data": {}}]),
        ("outputs", [{"output_type": 1}]),
        ("execution_count", "1"),
        ("execution_count", 1.0),
        ("execution_count", True),
        ("attachments", []),
        ("attachments", None),
        ("id", 7),
        ("id", None),
    ],
)
def test_a_field_of_a_cell_with_the_wrong_type_names_the_cell(field: str, wrong: object) -> None:
    error = refusal(raw(document(code(), markdown(), code(**{field: wrong}))))
    assert (error.code, error.cell) == ("MLV004", 3)
    assert f"`{field}`" in error.message or "`tags`" in error.message
    assert "(cell 3)" in error.message


@pytest.mark.parametrize("cell", [None, "x = 1", ["x"], 3])
def test_a_cell_that_is_no_object_is_named(cell: object) -> None:
    error = refusal(raw(document(code(), cell)))
    assert (error.code, error.cell) == ("MLV004", 2)


def test_a_cell_without_a_source_is_refused() -> None:
    error = refusal(raw(document({"cell_type": "code", "metadata": {}})))
    assert (error.code, error.cell) == ("MLV004", 1)


def test_a_number_that_overflows_in_metadata_is_refused() -> None:
    assert refusal(raw(document()).replace(b"{}", b'{"k": 1e999}')).code == "MLV004"


def test_a_file_larger_than_the_limit_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = raw(document())
    monkeypatch.setattr(notebook_module, "NOTEBOOK_LIMIT", len(data))
    assert parse_notebook(data).cells == ()
    error = refusal(data + b"\xff")
    assert error.code == "MLV005"
    assert "MiB" in error.message


def test_an_error_becomes_a_diagnostic_of_the_file() -> None:
    error = refusal(raw(document(code(), code("\n'\ud83d'")), ensure_ascii=True))
    wanted = Diagnostic("MLV001", error.message, Location("a b/n.ipynb", cell=2, line=2))
    assert error.diagnostic("a b/n.ipynb") == wanted


# What is read


def test_a_notebook_is_read_with_all_that_people_write_in_it() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "1"}
    value = document(
        code(["a = 1\n", "b"], id="a1", metadata={"tags": ["parameters"]}),
        code("", execution_count=None, outputs=[output]),
        {"cell_type": "code", "source": []},
        markdown("é", execution_count=1),
        {"cell_type": "raw", "source": "r", "execution_count": None},
        metadata={"kernelspec": {"name": "python3"}},
        nbformat_minor=5,
    )
    notebook = parse_notebook(raw(value))
    assert notebook.text == raw(value).decode()
    assert notebook.nbformat_minor == 5
    assert notebook.metadata == {"kernelspec": {"name": "python3"}}
    assert [cell.kind for cell in notebook.cells] == ["code", "code", "code", "markdown", "raw"]
    assert [cell.source for cell in notebook.cells] == ["a = 1\nb", "", "", "é", "r"]
    assert [cell.id for cell in notebook.cells] == ["a1", None, None, None, None]
    assert [cell.has_outputs for cell in notebook.cells] == [True, True, False, False, False]
    assert [dict(cell.metadata) for cell in notebook.cells] == [
        {"tags": ["parameters"]},
        *[{}] * 4,
    ]


def test_keys_spelled_with_escapes_are_the_same_keys() -> None:
    data = raw(document(code("x"))).replace(b'"cells"', b'"\\u0063ells"')
    data = data.replace(b'"source"', b'"sourc\\u0065"')
    assert parse_notebook(data).cells[0].source == "x"
    assert b'"sourc\\u0065": "y"' in with_source(data, 0, "y")


# The style of the file

ODD = rb"""
{ "nbformat_minor" : 4, "zeta": [1.0e5, -0.0, 1E+2], "nbformat": 4,
   "metadata": {"k\/ey":"\u00e9\/", "n" : 1.0e5,"go": null },
 "cells": [
   {"source": ["a\/b\n", "c"], "cell_type": "code", "vendor": {"x": 1.0e5}, "metadata": {
       "odd"  :  1.50 },
      "outputs": [ ], "execution_count": null},

   { "metadata":{},"cell_type":"markdown"   ,"source":"caf\u00E9 \/" } ,
   {"cell_type":"raw","metadata":{},"source":""}
 ]

}

"""


def test_only_the_source_asked_for_changes_in_an_oddly_written_file() -> None:
    assert edited(ODD, list) == ODD
    assert with_source(ODD, 0, "a/b\nd\n") == ODD.replace(rb'["a\/b\n", "c"]', rb'["a/b\n", "d\n"]')
    assert with_source(ODD, 1, "thé") == ODD.replace(rb'"caf\u00E9 \/"', rb'"th\u00e9"')


def test_only_the_metadata_asked_for_changes_in_an_oddly_written_file() -> None:
    notebook = parse_notebook(ODD)
    metadata = {**notebook.metadata, "add": [1, {"b": 1}]}
    del metadata["go"]
    cells = kept(notebook)
    cells[0] = cells[0]._replace(metadata={"odd": 1.5, "tags": ["a"]})
    want = ODD.replace(b',"go": null }', b', "add" : [1, {"b" : 1}] }')
    want = want.replace(b"1.50 }", b'1.50,\n       "tags" : [\n        "a"\n       ] }')
    assert edit_notebook(notebook, cells, metadata) == want


def test_cells_of_an_oddly_written_file_move_whole() -> None:
    before = cell_texts(ODD)
    after = edited(ODD, lambda cells: [cells[2], cells[0], cells[1]])
    assert cell_texts(after) == [before[2], before[0], before[1]]
    assert after.startswith(ODD[: ODD.index(b"[\n   {")])
    assert after.endswith(b"\n ]\n\n}\n\n")


@pytest.mark.parametrize("style", [{"indent": 1}, {"indent": 2}, {"indent": "\t"}, {"indent": 0}])
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("ascii_", [True, False])
@pytest.mark.parametrize("listed", [True, False])
def test_a_new_cell_is_written_in_the_style_of_the_file(
    style: dict[str, Any], eol: str, end: str, ascii_: bool, listed: bool
) -> None:
    def written(*cells: dict[str, Any]) -> bytes:
        value = document(*cells, metadata={"author": "José"})
        return (raw(value, ensure_ascii=ascii_, **style).decode() + end).replace("\n", eol).encode()

    def spelled_as(source: str) -> str | list[str]:
        return re.findall(r".*\n|.+", source) if listed else source

    first, other = code(spelled_as("é\nb")), code(spelled_as("ß"))
    second = code(spelled_as("ö = 1\n\nx"), execution_count=None)
    second["metadata"] = {"a": [], "tags": ["ü"]}
    data, fresh = written(first), new("ö = 1\n\nx", tags=["ü"], a=[])
    assert edited(data, lambda cells: [*cells, fresh]) == written(first, second)
    assert with_source(data, 0, "ß") == written(other)


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_file_on_one_line_stays_on_one_line(separators: tuple[str, str]) -> None:
    style: dict[str, Any] = {"indent": None, "separators": separators}
    first, last = markdown(["a\n", "b"]), markdown(["c\n", "d"], metadata={"k": 1})
    data = raw(document(first), **style)
    wanted = raw(document(first, last), **style)
    assert edited(data, lambda cells: [*cells, new("c\nd", "markdown", k=1)]) == wanted
    assert edited(wanted, lambda cells: cells[:1]) == data


def test_an_escape_that_is_no_choice_of_style_does_not_make_new_text_ascii() -> None:
    data = raw(document(code("print('\x1b[1m', '\\u00e9')")))
    assert b"\\u001b" in data
    assert b"\\\\u00e9" in data
    assert '"é"'.encode() in with_source(data, 0, "é")


def test_an_escape_behind_a_backslash_makes_new_text_ascii() -> None:
    data = raw(document(code("'\\é'")), ensure_ascii=True)
    assert b"\\\\\\u00e9" in data
    assert b'"\\u00fc"' in with_source(data, 0, "ü")


def test_new_cells_spell_their_source_as_most_cells_do() -> None:
    data = raw(document(code("a"), markdown("b"), code(["c"])))
    result = json.loads(edited(data, lambda cells: [*cells, new("d\ne")]))
    assert result["cells"][3]["source"] == "d\ne"


def test_sources_are_cut_at_newlines_only() -> None:
    data = raw(document(code(["a"])))
    result = with_source(data, 0, "a\r\x0b\u2028b\n\nc\r\n")
    assert json.loads(result)["cells"][0]["source"] == ["a\r\x0b\u2028b\n", "\n", "c\r\n"]
    assert json.loads(with_source(data, 0, ""))["cells"][0]["source"] == []


def test_a_list_on_one_line_in_a_file_of_many_lines_stays_on_one_line() -> None:
    data = raw(document(code([]))).replace(b'"source": []', b'"source": ["a\\n", "b"]')
    assert with_source(data, 0, "a\nc") == data.replace(b'"b"', b'"c"')


def test_cells_can_be_added_to_none_and_all_be_removed() -> None:
    empty, one = raw(document()), raw(document(markdown(["a"])))
    assert edited(empty, lambda cells: [new("a", "markdown")]) == one
    assert edited(one, lambda cells: []) == empty
    compact = raw(document(), indent=None)
    wanted = raw(document(markdown(["a"])), indent=None)
    assert edited(compact, lambda cells: [new("a", "markdown")]) == wanted


def test_a_cell_a_line_stays_so() -> None:
    data = b'{\n "cells": [\n  {"cell_type": "raw", "metadata": {}, "source": "a"}\n ],\n'
    data += b' "metadata": {},\n "nbformat": 4,\n "nbformat_minor": 4\n}'
    result = edited(data, lambda cells: [new("b", "raw"), *cells])
    line = b'  {"cell_type": "raw", "metadata": {}, "source": "%s"}'
    assert (line % b"b" + b",\n" + line % b"a") in result


# What edits do


def test_what_nbformat_would_write_is_what_we_write() -> None:
    v4: Any = nbformat.v4
    cells = [
        v4.new_code_cell("a = 1\na", id="one", execution_count=3, metadata={"tags": ["x"]}),
        v4.new_markdown_cell("# é", id="two"),
    ]
    spec = {"kernelspec": {"display_name": "P", "language": "python", "name": "python3"}}
    book = v4.new_notebook(cells=cells, metadata=spec)
    before = parse_notebook(v4.writes(book).encode())
    edits = kept(before)
    edits[0] = CellEdit(0, "markdown", "now text", {}, keep_outputs=False)
    edits[1] = CellEdit(1, "code", "now_code()", {"name": "n"}, keep_outputs=False)
    result = edit_notebook(
        before, [*edits, new("b\n\n"), new("t", "raw")], {"a": 1, **spec, "z": {}}
    )
    made = v4.reads(result.decode())
    nbformat.validate(made)
    book.cells = [
        v4.new_markdown_cell("now text", id="one"),
        v4.new_code_cell("now_code()", id="two", metadata={"name": "n"}),
        v4.new_code_cell("b\n\n", id=made.cells[2].id),
        v4.new_raw_cell("t", id=made.cells[3].id),
    ]
    book.metadata |= {"a": 1, "z": {}}
    assert result == v4.writes(book).encode()


def test_a_changed_cell_keeps_or_drops_its_outputs_as_asked() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": ["1"]}
    first = code("a", id="one", outputs=[output], vendor=1.5)
    data = raw(document(first))
    assert json.loads(with_source(data, 0, "b"))["cells"] == [{**first, "source": "b"}]

    dropped = edited(data, lambda cells: [cells[0]._replace(source="b", keep_outputs=False)])
    assert json.loads(dropped)["cells"] == [
        {**first, "source": "b", "outputs": [], "execution_count": None}
    ]


def test_dropping_outputs_adds_no_field_that_was_not_there() -> None:
    data = raw(document({"cell_type": "code", "execution_count": 1, "source": "a"}))
    dropped = edited(data, lambda cells: [cells[0]._replace(keep_outputs=False)])
    assert json.loads(dropped)["cells"][0] == {
        "cell_type": "code",
        "execution_count": None,
        "source": "a",
    }


def test_markdown_made_raw_keeps_id_attachments_and_metadata() -> None:
    attached = {"a.png": {"image/png": "AA"}}
    cell = markdown("a", attachments=attached, id="x", metadata={"k": 1.0})
    result = edited(raw(document(cell)), lambda cells: [cells[0]._replace(kind="raw")])
    assert json.loads(result)["cells"] == [{**cell, "cell_type": "raw"}]


def test_metadata_is_put_into_a_cell_that_has_none() -> None:
    data = raw(document({"cell_type": "raw", "source": "a"}))
    assert edited(data, list) == data
    result = edited(data, lambda cells: [cells[0]._replace(metadata={"tags": ["t"]})])
    wanted = {"cell_type": "raw", "metadata": {"tags": ["t"]}, "source": "a"}
    assert result == raw(document(wanted))


@pytest.mark.parametrize(("old", "wanted"), [(1, True), (1, 1.0), (0, False), (0.0, -0.0)])
def test_values_that_python_calls_equal_are_told_apart(old: object, wanted: object) -> None:
    notebook = parse_notebook(raw(document(metadata={"k": old})))
    result = edit_notebook(notebook, [], {"k": wanted})
    assert repr(json.loads(result)["metadata"]) == repr({"k": wanted})


def test_keys_of_metadata_that_are_numbers_become_texts() -> None:
    notebook = parse_notebook(raw(document(code(), metadata={"k": {"1": 1}})))
    cells = [kept(notebook)[0]._replace(metadata={2: 2})]  # type: ignore[dict-item]
    result = edit_notebook(notebook, cells, {"k": {1: 1}})
    assert json.loads(result)["metadata"] == {"k": {"1": 1}}
    assert json.loads(result)["cells"][0]["metadata"] == {"2": 2}


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"k": value}
    return value


@pytest.mark.parametrize(
    ("edit", "metadata", "code_"),
    [
        (new("a", k=float("nan")), {}, "MLV004"),
        (new("a", k={1, 2}), {}, "MLV004"),
        (new("a", k="\ud800"), {}, "MLV001"),
        (new("'\ud800'"), {}, "MLV001"),
        (new("a"), {"k": object()}, "MLV004"),
        (new("a"), nested(100_000), "MLV004"),
        (new("a", k={1: 1, "a": 2}), {}, "MLV004"),
    ],
)
def test_what_a_notebook_cannot_hold_is_refused(
    edit: CellEdit, metadata: dict[str, Any], code_: str
) -> None:
    with pytest.raises(NotebookError) as caught:
        edit_notebook(parse_notebook(raw(document())), [edit], metadata)
    assert caught.value.code == code_


@pytest.mark.parametrize("depth", range(100, 1100, 50))
@pytest.mark.parametrize("old", [{}, {"k": {"k": {}}}])
def test_deep_metadata_is_written_whole_or_refused(depth: int, old: dict[str, Any]) -> None:
    notebook = parse_notebook(raw(document(metadata=old)))
    try:
        result = edit_notebook(notebook, [], nested(depth))
    except NotebookError as error:
        assert error.code == "MLV004"
    else:
        assert result.count(b'"k"') == depth


def test_one_cell_cannot_be_continued_twice() -> None:
    with pytest.raises(ValueError, match="same one"):
        edited(raw(document(code())), lambda cells: cells * 2)


def test_new_ids_are_the_same_each_time_and_never_taken() -> None:
    def ids(data: bytes) -> list[str]:
        result = edited(data, lambda cells: [*cells, new("a"), new("a", "markdown"), new("b")])
        return [cell["id"] for cell in json.loads(result)["cells"]]

    free = ids(raw(document(nbformat_minor=5)))
    assert free == ids(raw(document(nbformat_minor=5), indent=None))
    assert len(set(free)) == 3
    assert all(len(id_) == 8 and int(id_, 16) >= 0 for id_ in free)

    taken = ids(raw(document(code(id=free[0]), nbformat_minor=5)))
    assert len(set(taken)) == 4
    assert taken[1:] != free


def test_ids_come_neither_to_old_cells_nor_to_old_formats() -> None:
    old = json.loads(edited(raw(document(code())), lambda cells: [*cells, new("a")]))
    assert ["id" in cell for cell in old["cells"]] == [False, False]
    data = raw(document(code(), nbformat_minor=5))
    mixed = json.loads(edited(with_source(data, 0, "y"), lambda cells: [*cells, new("a")]))
    assert ["id" in cell for cell in mixed["cells"]] == [False, True]


# Any notebook, in any style, with any edits

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "\n", "a\n", "a\nb", "\\u00e9", '"', "a/b\r\nc", "é\n\n"]
)
NUMBER = st.integers(-5, 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUE = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
METADATA: SearchStrategy[dict[str, Any]] = st.dictionaries(
    TEXT.filter(lambda key: key not in ("tags", "kernelspec", "language_info", "jupytext")),
    VALUE,
    max_size=3,
)
KIND = st.sampled_from(["code", "markdown", "raw"])
LINES = st.lists(TEXT, max_size=3)
OUTPUT = st.fixed_dictionaries({"output_type": st.just("stream"), "text": TEXT | LINES})


@st.composite
def shuffled(draw: DrawFn, value: dict[str, Any]) -> dict[str, Any]:
    return {key: value[key] for key in draw(st.permutations(sorted(value)))}


@st.composite
def raw_cells(draw: DrawFn) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": draw(KIND), "source": draw(TEXT | LINES)}
    if cell["cell_type"] == "code":
        cell |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "outputs": st.lists(OUTPUT, max_size=2),
                    "execution_count": st.none() | st.integers(0, 9),
                },
            )
        )
    cell |= draw(
        st.fixed_dictionaries({}, optional={"metadata": METADATA, "vendor": VALUE, "id": TEXT})
    )
    return draw(shuffled(cell))


@st.composite
def files(draw: DrawFn) -> bytes:
    value = document(
        *draw(st.lists(raw_cells(), max_size=5)),
        metadata=draw(METADATA),
        nbformat_minor=draw(st.integers(0, 5)),
        **draw(st.fixed_dictionaries({}, optional={"vendor": VALUE})),
    )
    return draw(spelled(draw(shuffled(value))))


@st.composite
def spelled(draw: DrawFn, value: Any) -> bytes:
    text = json.dumps(
        value,
        indent=draw(st.sampled_from([None, 0, 1, 2, 4, "\t"])),
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")])),
    )
    eol, end = draw(st.sampled_from(["\n", "\r\n"])), draw(st.sampled_from(["", "\n", " \n\n"]))
    return (text + end).replace("\n", eol).encode()


@st.composite
def edits(draw: DrawFn, notebook: Notebook) -> list[CellEdit]:
    """Cells moved, dropped, changed, inserted."""
    result = draw(st.permutations(kept(notebook)))
    result = [edit for edit in result if draw(st.integers(0, 4))]
    for index in range(len(result)):
        if draw(st.booleans()):
            result[index] = result[index]._replace(
                kind=draw(st.just(result[index].kind) | KIND),
                source=draw(st.just(result[index].source) | TEXT),
                metadata=draw(st.just(result[index].metadata) | METADATA),
                keep_outputs=draw(st.booleans()),
            )
    for _ in range(draw(st.integers(0, 2))):
        fresh = new(draw(TEXT), draw(KIND), **draw(METADATA))
        result.insert(draw(st.integers(0, len(result))), fresh)
    return result


@settings(max_examples=300, deadline=None)
@given(data=st.data(), file=files())
def test_any_edit_gives_what_was_asked_for_and_keeps_all_other_bytes(
    data: st.DataObject, file: bytes
) -> None:
    notebook = parse_notebook(file)
    wanted = data.draw(edits(notebook))
    metadata = data.draw(st.just(notebook.metadata) | METADATA)
    result = edit_notebook(notebook, wanted, metadata)
    made, before = parse_notebook(result), json.loads(file)

    assert [(cell.kind, cell.source) for cell in made.cells] == [
        (edit.kind, edit.source) for edit in wanted
    ]
    assert [repr_sorted(cell.metadata) for cell in made.cells] == [
        repr_sorted(edit.metadata) for edit in wanted
    ]
    assert repr_sorted(made.metadata) == repr_sorted(metadata)
    assert without(json.loads(result), "cells", "metadata") == without(before, "cells", "metadata")

    texts, made_texts = cell_texts(file), cell_texts(result)
    for edit, text, cell in zip(wanted, made_texts, json.loads(result)["cells"], strict=True):
        if edit.origin is None:
            assert ("id" in cell) == (notebook.nbformat_minor >= 5)
            continue
        old = before["cells"][edit.origin]
        if kept(notebook)[edit.origin] == edit._replace(keep_outputs=True) and edit.keep_outputs:
            assert text == texts[edit.origin]
        changing = ["source", "metadata", "cell_type", "outputs", "execution_count"]
        assert without(cell, *changing) == without(old, *changing)
        if edit.kind == old["cell_type"] and edit.keep_outputs:
            assert without(cell, *changing[:3]) == without(old, *changing[:3])
        elif edit.kind == "code":
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None
        else:
            assert edit.kind == old["cell_type"] or "outputs" not in cell

    again = parse_notebook(result)
    assert edit_notebook(again, kept(again), metadata) == result, "a second run writes the same"


def repr_sorted(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def without(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}


@settings(max_examples=150, deadline=None)
@given(file=files())
def test_with_nothing_changed_the_same_bytes_come_back(file: bytes) -> None:
    assert edited(file, list) == file


@settings(max_examples=150, deadline=None)
@given(data=st.data(), cells=st.lists(st.tuples(KIND, TEXT, METADATA), min_size=1, max_size=4))
def test_an_edit_there_and_back_restores_the_bytes(
    data: st.DataObject, cells: list[tuple[str, str, dict[str, Any]]]
) -> None:
    value = document(metadata={"author": "José"})
    for kind, source, metadata in cells:
        cell = {"cell_type": kind, "metadata": metadata, "source": source}
        if data.draw(st.booleans()):
            cell["source"] = re.findall(r"[^\n]*\n|[^\n]+", source)
        value["cells"].append(cell)
    file = data.draw(spelled(json.loads(json.dumps(value, sort_keys=True))))

    start = parse_notebook(file)
    order = data.draw(st.permutations(range(len(cells))))
    change = [
        kept(start)[place]._replace(source=data.draw(TEXT), metadata=data.draw(METADATA))
        for place in order
    ]
    there = parse_notebook(edit_notebook(start, change, {"author": "José", "more": {"a": 1}}))
    back = [edit._replace(origin=order.index(place)) for place, edit in enumerate(kept(start))]
    assert edit_notebook(there, back, start.metadata) == file
