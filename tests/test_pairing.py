"""Which side changed, by what git holds; and what the other side gets of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pairs import (
    PNG,
    Versions,
    base,
    cells_of,
    code,
    document,
    edited,
    encode,
    markdown,
    notebook,
    script,
    settle,
    sources,
    versions,
)
from users import User

from mlv_hooks.pair.merge import Conflict
from mlv_hooks.pair.pairing import Base, Settled
from mlv_hooks.pair.script_file import encode_script


@pytest.fixture
def repo(user: User) -> User:
    """A repository without hooks and commits."""
    return user


ATTACHED = {"a.png": {"image/png": PNG}}
DATA = notebook(
    markdown("# Title ![a](attachment:a.png)", attachments=ATTACHED, metadata={"collapsed": True}),
    code("one = 1", out="1\n", count=4, metadata={"tags": ["keep"], "scrolled": True}),
    code("two = 2", out="2\n", count=9),
    code("three = 3", out="3\n", count=2),
    toc={"a": 1},
)
TEXT = script(DATA)


def put(old: str, new: str, data: bytes = DATA) -> bytes:
    """Return the notebook after an edit in Jupyter."""
    assert data.count(old.encode()) == 1
    return data.replace(old.encode(), new.encode())


def typed(old: str, new: str, text: bytes = TEXT) -> bytes:
    """Return the script after an edit in an editor."""
    assert text.count(old.encode()) == 1
    return text.replace(old.encode(), new.encode())


def told(settled: Settled) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    return settled.status.value, settled.cells, settled.dropped


# Direction


def test_a_script_that_is_missing_is_made_and_the_notebook_stays() -> None:
    settled = settle(DATA, None)
    assert told(settled)[0] == "script-missing"
    assert (settled.notebook, settled.script) == (DATA, TEXT.decode())


def test_a_pair_in_line_asks_git_for_nothing() -> None:
    held = Versions()
    settled = settle(DATA, TEXT, held)
    assert told(settled) == ("in-sync", (), ())
    assert held.asked == []


def test_only_the_notebook_changed() -> None:
    mine = put("two = 2", "two = 22")
    settled = settle(mine, TEXT, versions(DATA))
    assert told(settled) == ("script-stale", (3,), ())
    assert settled.notebook == mine
    assert settled.script == typed("two = 2", "two = 22").decode()


def test_only_the_script_changed() -> None:
    theirs = typed("two = 2", "two = 22")
    settled = settle(DATA, theirs, versions(DATA))
    assert told(settled) == ("notebook-stale", (3,), (3,))
    assert settled.script == theirs.decode()
    assert sources(settled.notebook)[2] == "two = 22"


def test_both_changed_in_different_cells() -> None:
    settled = settle(put("one = 1", "one = 11"), typed("three = 3", "three = 33"), versions(DATA))
    assert told(settled) == ("merged", (4,), (4,))
    assert sources(settled.notebook)[1:] == ["one = 11", "two = 2", "three = 33"]
    assert "one = 11" in settled.script and "three = 33" in settled.script
    assert cells_of(settled.notebook)[1]["outputs"] == cells_of(DATA)[1]["outputs"]


def test_both_changed_the_same_way() -> None:
    mine = put("two = 2", "two = 22")
    settled = settle(mine, typed("two = 2", "two = 22"), versions(DATA))
    assert told(settled) == ("in-sync", (), ())
    assert settled.notebook == mine


def test_both_changed_one_cell_and_are_refused_with_its_number() -> None:
    with pytest.raises(Conflict) as caught:
        settle(put("two = 2", "two = 22"), typed("two = 2", "two = 23"), versions(DATA))
    assert caught.value.cells == (3,)


def test_both_are_new_and_differ() -> None:
    with pytest.raises(Conflict, match="no commit holds both in line"):
        settle(DATA, typed("two = 2", "two = 22"))


def test_a_head_whose_pair_was_not_in_line_is_no_base_and_history_is_asked() -> None:
    broken = Base(put("two = 2", "two = 20"), TEXT)
    held = Versions(head=[broken], old=[broken, base(DATA)])
    settled = settle(DATA, typed("three = 3", "three = 33"), held)
    assert told(settled)[0] == "notebook-stale"
    assert held.asked[-1] == "older"


def test_a_no_verify_commit_of_the_notebook_is_caught_up() -> None:
    mine = put("two = 2", "two = 20")
    settled = settle(mine, TEXT, Versions(head=[Base(mine, TEXT)], old=[base(DATA)]))
    assert (told(settled)[0], settled.notebook) == ("script-stale", mine)


def test_a_shallow_clone_without_a_sound_base_is_refused() -> None:
    mine = put("two = 2", "two = 20")
    with pytest.raises(Conflict):
        settle(mine, TEXT, Versions(head=[Base(mine, TEXT)]))


@pytest.mark.parametrize(
    "bad",
    [Base(b"", TEXT), Base(DATA, b"\xff"), Base(b"{", b""), Base(DATA, b"# ---\n# jupyter: [\n")],
    ids=["empty", "latin", "broken", "header"],
)
def test_a_base_that_cannot_be_read_is_none(bad: Base) -> None:
    held = Versions(head=[bad], record=bad, old=[bad, base(DATA)])
    assert told(settle(put("two = 2", "two = 20"), TEXT, held))[0] == "script-stale"


def test_what_the_last_sync_left_is_the_base_of_what_is_edited_next() -> None:
    first = put("two = 2", "two = 20")
    held = versions(DATA)
    held.record = base(first)
    settled = settle(first, typed("two = 2", "two = 21"), held)
    assert told(settled)[0] == "notebook-stale"
    assert sources(settled.notebook)[2] == "two = 21"


def test_both_changed_since_the_last_sync_and_are_merged_on_it() -> None:
    first = put("two = 2", "two = 20")
    held = versions(DATA)
    held.record = base(first)
    theirs = typed("two = 2", "two = 21")
    settled = settle(put("one = 1", "one = 11", first), theirs, held)
    assert sources(settled.notebook)[1:3] == ["one = 11", "two = 21"]


def test_in_a_merge_a_side_that_equals_the_other_head_did_not_change() -> None:
    other = put("two = 2", "two = 20")
    held = Versions(head=[base(DATA), base(other)], at_fork=base(DATA))
    settled = settle(other, typed("two = 2", "two = 21"), held)
    assert sources(settled.notebook)[2] == "two = 21"
    settled = settle(put("one = 1", "one = 11", other), script(other), held)
    assert settled.script == script(put("one = 1", "one = 11", other)).decode()


def test_in_a_merge_each_side_taken_from_another_head_is_merged_on_the_fork() -> None:
    ours, other = put("one = 1", "one = 11"), put("three = 3", "three = 33")
    held = Versions(head=[base(ours), base(other)], at_fork=base(DATA))
    for data, text in ((ours, script(other)), (other, script(ours))):
        settled = settle(data, text, held)
        assert sources(settled.notebook)[1:] == ["one = 11", "two = 2", "three = 33"]


def test_in_a_merge_without_fork_sides_of_different_heads_are_refused() -> None:
    ours, other = put("one = 1", "one = 11"), put("three = 3", "three = 33")
    with pytest.raises(Conflict):
        settle(ours, script(other), Versions(head=[base(ours), base(other)]))


# What a script's edit leaves of the notebook


def test_unchanged_cells_keep_every_byte() -> None:
    settled = settle(DATA, typed("two = 2", "two = 22"), versions(DATA))
    expected = edited(
        DATA,
        lambda content: content["cells"][2].update(
            source="two = 22", outputs=[], execution_count=None
        ),
    )
    assert settled.notebook == expected


def test_moved_cells_are_followed_with_all_that_they_have() -> None:
    head, one, two, three = cells_of(DATA)
    parts = TEXT.decode().split("# %%")
    moved = "# %%".join([parts[0], *(part.rstrip() + "\n\n" for part in (parts[4], *parts[1:4]))])
    settled = settle(DATA, moved.encode(), versions(DATA))
    assert cells_of(settled.notebook) == [three, head, one, two]
    assert told(settled)[2] == ()


def test_a_moved_cell_that_was_edited_too_keeps_its_id_and_drops_its_outputs() -> None:
    long = "model = fit(frame, depth=3, rounds=100)\nmodel.save('model.bin')"
    data = notebook(code(long, out="x", count=1), code("two = 2", out="2"), code("three = 3"))
    parts = script(data).decode().split("# %%\n")
    first = parts[1].replace("depth=3", "depth=4")
    text = "# %%\n".join([parts[0], parts[2], parts[3].rstrip() + "\n\n", first])
    settled = settle(data, text.encode(), versions(data))
    assert [cell["id"] for cell in cells_of(settled.notebook)] == ["c1", "c2", "c0"]
    assert cells_of(settled.notebook)[2]["outputs"] == []
    assert told(settled)[2] == (1,)


def test_a_new_cell_has_a_new_id_that_is_the_same_on_every_run() -> None:
    text = typed("# %%\ntwo = 2", "# %%\nnew = 0\n\n# %%\ntwo = 2")
    settled = settle(DATA, text, versions(DATA))
    ids = [cell["id"] for cell in cells_of(settled.notebook)]
    assert ids[:2] + ids[3:] == ["c0", "c1", "c2", "c3"]
    assert settle(DATA, text, versions(DATA)).notebook == settled.notebook
    assert cells_of(settled.notebook)[2]["outputs"] == []


def test_a_deleted_cell_is_told_when_its_outputs_go() -> None:
    settled = settle(DATA, typed("# %%\ntwo = 2\n\n", ""), versions(DATA))
    assert sources(settled.notebook)[1:] == ["one = 1", "three = 3"]
    assert told(settled)[2] == (3,)


FORMAT_ONLY = [
    ("x = f( 1,2 )", "x = f(1, 2)"),
    ("x = 'a'", 'x = "a"'),
    ("f(a,\n  b)", "f(a, b)"),
    ("x = 1 # note", "x = 1  # other note"),
    ("x = (1)", "x = 1"),
]


@pytest.mark.parametrize(("old", "new"), FORMAT_ONLY)
def test_formatting_a_code_cell_keeps_its_outputs(old: str, new: str) -> None:
    data = notebook(code(old, out="1\n", count=3))
    text = script(data).replace(old.encode(), new.encode())
    settled = settle(data, text, versions(data))
    assert sources(settled.notebook) == [new]
    assert cells_of(settled.notebook)[0]["outputs"] == cells_of(data)[0]["outputs"]
    assert cells_of(settled.notebook)[0]["execution_count"] == 3
    assert told(settled)[2] == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [("x = 1", "x = 2"), ("x = 'a'", "x = 'b'"), ("%time x", "%time y"), ("x = (", "x = [")],
)
def test_a_changed_code_cell_drops_its_outputs_and_says_so(old: str, new: str) -> None:
    data = notebook(code(old, out="1\n", count=3), "y = 1")
    fmt_old, fmt_new = (f"# {one}" if one[0] == "%" else one for one in (old, new))
    text = script(data).replace(fmt_old.encode(), fmt_new.encode())
    settled = settle(data, text, versions(data))
    cell = cells_of(settled.notebook)[0]
    assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert told(settled)[2] == (1,)


def test_a_cell_that_becomes_markdown_keeps_id_and_metadata() -> None:
    data = notebook(code("one two three", out="1", count=1, metadata={"tags": ["a"]}), "y = 1")
    text = script(data).replace(
        b'# %% tags=["a"]\none two three', b'# %% [markdown] tags=["a"]\n# one two three'
    )
    settled = settle(data, text, versions(data))
    assert cells_of(settled.notebook)[0] == {
        "cell_type": "markdown",
        "id": "c0",
        "metadata": {"tags": ["a"]},
        "source": "one two three",
    }
    assert told(settled)[2] == (1,)


# Metadata


@pytest.mark.parametrize(
    ("old", "new", "tags"),
    [
        (
            '# %% tags=["keep"]\none',
            '# %% tags=["keep", "parameters"]\none',
            ["keep", "parameters"],
        ),
        ('# %% tags=["keep"]\none', '# %% tags=["other"]\none', ["other"]),
        ('# %% tags=["keep"]\none', "# %%\none", None),
    ],
    ids=["added", "renamed", "removed"],
)
def test_tags_edited_in_the_script_go_to_the_notebook(
    old: str, new: str, tags: list[str] | None
) -> None:
    settled = settle(DATA, typed(old, new), versions(DATA))
    cell = cells_of(settled.notebook)[1]
    expected = {"scrolled": True} | ({"tags": tags} if tags else {})
    assert cell == {**cells_of(DATA)[1], "metadata": expected}
    assert told(settled)[2] == (), "outputs stay"


def test_a_tag_put_on_a_cell_without_one() -> None:
    settled = settle(DATA, typed("# %%\ntwo", '# %% tags=["no-effect"]\ntwo'), versions(DATA))
    assert cells_of(settled.notebook)[2]["metadata"] == {"tags": ["no-effect"]}


def test_tags_edited_in_the_notebook_go_to_the_script() -> None:
    mine = edited(DATA, lambda c: c["cells"][2]["metadata"].update(tags=["parameters"]))
    settled = settle(mine, TEXT, versions(DATA))
    assert '# %% tags=["parameters"]\ntwo = 2' in settled.script
    assert settled.notebook == mine


def test_tags_edited_on_one_side_and_source_on_the_other() -> None:
    mine = put("one = 1", "one = 11")
    settled = settle(mine, typed('["keep"]', '["new"]'), versions(DATA))
    assert cells_of(settled.notebook)[1]["metadata"]["tags"] == ["new"]
    assert sources(settled.notebook)[1] == "one = 11"
    assert told(settled)[2] == (), "the notebook ran its own edit"


def test_tags_edited_on_both_sides_are_refused() -> None:
    mine = edited(DATA, lambda c: c["cells"][1]["metadata"].update(tags=["mine"]))
    with pytest.raises(Conflict, match="'tags'"):
        settle(mine, typed('["keep"]', '["new"]'), versions(DATA))


Change = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("old", "new", "key", "value"),
    [
        ("# ---\n\n", "#   mlv:\n#     step: true\n# ---\n\n", "mlv", {"step": True}),
        (
            "display_name: Python 3",
            "display_name: Other",
            "kernelspec",
            {"display_name": "Other", "language": "python", "name": "python3"},
        ),
    ],
)
def test_metadata_edited_in_the_header_goes_to_the_notebook(
    old: str, new: str, key: str, value: Any
) -> None:
    settled = settle(DATA, typed(old, new), versions(DATA))
    metadata = json.loads(settled.notebook)["metadata"]
    assert metadata == {**json.loads(DATA)["metadata"], key: value}
    assert cells_of(settled.notebook) == cells_of(DATA)


def test_stages_edited_in_the_header_go_to_the_notebook_and_back() -> None:
    data = edited(
        DATA, lambda c: c["metadata"].update(mlv={"stages": {"train": {"frozen": False}}})
    )
    theirs = script(data).replace(b"frozen: false", b"frozen: true")
    settled = settle(data, theirs, versions(data))
    assert json.loads(settled.notebook)["metadata"]["mlv"] == {
        "stages": {"train": {"frozen": True}}
    }
    removed = settle(data, script(DATA), versions(data))
    assert "mlv" not in json.loads(removed.notebook)["metadata"]


def test_a_value_that_json_cannot_hold_is_refused_in_one_line() -> None:
    from mlv_hooks.notebook import NotebookError

    with pytest.raises(NotebookError) as caught:
        settle(
            DATA, typed("# ---\n\n", "#   mlv:\n#     on: 2026-01-01\n# ---\n\n"), versions(DATA)
        )
    assert caught.value.code == "MLV004"


def test_a_header_that_someone_removed_takes_nothing_from_the_notebook() -> None:
    bare = TEXT[TEXT.index(b"# %%") :]
    settled = settle(DATA, bare, versions(DATA))
    assert settled.notebook == DATA
    edit = bare.replace(b"two = 2", b"two = 22")
    settled = settle(DATA, edit, versions(DATA))
    assert json.loads(settled.notebook)["metadata"] == json.loads(DATA)["metadata"]
    assert sources(settled.notebook)[2] == "two = 22"


# Prefer


def conflict() -> tuple[bytes, bytes]:
    return put("two = 2", "two = 22"), typed("two = 2", "two = 23")


def test_prefer_notebook_takes_it_whole() -> None:
    mine, theirs = conflict()
    settled = settle(mine, theirs, versions(DATA), "notebook")
    assert settled.notebook == mine
    assert settled.script == script(mine).decode()


def test_prefer_script_takes_it_and_keeps_the_outputs_of_equal_cells() -> None:
    mine, theirs = conflict()
    settled = settle(mine, theirs, versions(DATA), "script")
    assert settled.script == theirs.decode()
    assert sources(settled.notebook)[2] == "two = 23"
    assert cells_of(settled.notebook)[1] == cells_of(DATA)[1]
    assert told(settled)[2] == (3,)


@pytest.mark.parametrize("prefer", ["notebook", "script"])
def test_prefer_decides_conflicts_only(prefer: str) -> None:
    settled = settle(
        put("one = 1", "one = 11"), typed("three = 3", "three = 33"), versions(DATA), prefer
    )
    assert sources(settled.notebook)[1:] == ["one = 11", "two = 2", "three = 33"]


@pytest.mark.parametrize("prefer", ["notebook", "script"])
def test_prefer_settles_a_pair_without_base(prefer: str) -> None:
    mine, theirs = conflict()
    settled = settle(mine, theirs, Versions(), prefer)
    wanted = "two = 22" if prefer == "notebook" else "two = 23"
    assert sources(settled.notebook)[2] == wanted
    assert wanted in settled.script


# The form of the file


@pytest.mark.parametrize(
    "style",
    [
        {"indent": 1},
        {"indent": 2},
        {"indent": "\t"},
        {"indent": None},
        {"indent": 1, "ensure_ascii": True},
        {"indent": None, "separators": (",", ":")},
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("end", ["", "\n"], ids=["no end", "end"])
def test_the_form_of_the_json_stays(style: dict[str, Any], end: str) -> None:
    content = document(code("é = 1", out="1"), "two = 2")

    def spelled() -> bytes:
        return (json.dumps(content, **{"ensure_ascii": False, **style}) + end).encode()

    data = spelled()
    assert settle(put("two = 2", "two = 3", data), script(data), versions(data)).notebook == put(
        "two = 2", "two = 3", data
    )
    settled = settle(data, script(data).replace(b"two = 2", b"two = 4"), versions(data))
    content["cells"][1]["source"] = "two = 4"
    assert settled.notebook == spelled()


@pytest.mark.parametrize("text", [None, TEXT, TEXT.replace(b"\n", b"\r\n"), TEXT.rstrip()])
def test_when_the_script_did_not_change_not_one_byte_of_the_notebook_does(
    text: bytes | None,
) -> None:
    odd = put("two = 2", "two = 22").replace(b'"toc": {', b'"toc":    {')
    bases = Versions([Base(DATA, text)]) if text else Versions()
    settled = settle(odd, text, bases)
    assert settled.notebook == odd
    if text and b"\r" in text:
        assert b"\r\n" in encode_script(settled.script, text)


# Several scripts, in a repository


def test_a_notebook_with_two_scripts_takes_the_edit_of_either(repo: User) -> None:
    own = {"formats": "ipynb,py:percent,md"}
    repo.write("train.ipynb", notebook(markdown("# T"), "x = 1", jupytext=own))
    repo.git("add", ".")
    repo.mlv("sync")
    repo.git("add", ".")
    repo.commit()
    assert "x = 1" in repo.read("train.py") and "x = 1" in repo.read("train.md")

    repo.edit("train.md", "x = 1", "x = 2")
    repo.mlv("sync")
    assert "x = 2" in repo.read("train.py") and "x = 2" in repo.read("train.ipynb")
    assert repo.mlv("sync").text == ""

    repo.git("commit", "-aqm", "two")
    repo.edit("train.py", "x = 2", "x = 3")
    repo.mlv("sync")
    assert "x = 3" in repo.read("train.md") and "x = 3" in repo.read("train.ipynb")
    assert repo.mlv("check").text == ""


def test_two_scripts_edited_in_different_cells_are_both_heard(repo: User) -> None:
    own = {"formats": "ipynb,py:percent,md"}
    repo.write("train.ipynb", notebook("x = 1", markdown("between"), "y = 1", jupytext=own))
    repo.git("add", ".")
    repo.mlv("sync")
    repo.git("add", ".")
    repo.commit()
    repo.edit("train.md", "x = 1", "x = 2")
    repo.edit("train.py", "y = 1", "y = 2")
    repo.mlv("sync")
    for path in ("train.ipynb", "train.py", "train.md"):
        assert "x = 2" in repo.read(path) and "y = 2" in repo.read(path), path
    assert repo.mlv("sync").text == ""


def test_a_recorded_base_lets_both_sides_be_edited_in_turn(repo: User) -> None:
    repo.write("train.ipynb", notebook("x = 1", "y = 1"))
    repo.git("add", ".")
    repo.mlv("sync")
    repo.edit("train.ipynb", "x = 1", "x = 2")
    repo.mlv("sync")
    repo.edit("train.py", "x = 2", "x = 3")
    repo.mlv("sync")
    repo.edit("train.ipynb", "x = 3", "x = 4")
    repo.mlv("sync")
    assert "x = 4" in repo.read("train.py")


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff"])
def test_a_damaged_record_of_bases_is_as_good_as_none(repo: User, damage: bytes) -> None:
    repo.write("train.ipynb", notebook("x = 1"))
    repo.git("add", ".")
    repo.mlv("sync")
    repo.git("add", ".")
    repo.commit()
    repo.write(".git/mlv/bases.jsonl", damage)
    repo.edit("train.py", "x = 1", "x = 2")
    assert repo.mlv("sync").err == ""
    assert "x = 2" in repo.read("train.ipynb")


def test_outputs_that_go_are_told_in_the_line_of_the_file(repo: User) -> None:
    repo.write("train.ipynb", DATA)
    repo.git("add", ".")
    repo.mlv("sync")
    repo.git("add", ".")
    repo.commit()
    repo.edit("train.py", "two = 2", "two = 22")
    assert repo.mlv("sync").out == (
        "train.ipynb <- train.py (outputs dropped: cell 3, run again)\n"
    )


def test_a_shallow_clone_pairs_on_what_it_has(repo: User, tmp_path: Any) -> None:
    repo.write("train.ipynb", notebook("x = 1"))
    repo.git("add", ".")
    repo.mlv("sync")
    repo.git("add", ".")
    repo.commit()
    repo.git("commit", "--allow-empty", "-qm", "more")
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.top}", str(tmp_path / "clone"))
    clone = User(tmp_path / "clone", repo.env)
    clone.edit("train.py", "x = 1", "x = 2")
    clone.mlv("sync")
    assert "x = 2" in clone.read("train.ipynb")


def test_an_empty_notebook_takes_the_cells_of_its_script() -> None:
    data = encode({**document(), "metadata": {}})
    settled = settle(data, b"# %%\nx = 1\n\n# %% [markdown]\n# text\n", versions(data))
    assert sources(settled.notebook) == ["x = 1", "text"]
