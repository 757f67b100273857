"""The graph of a pipeline: what it holds, how it is drawn, and how stages stand by dvc.lock."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mlv_hooks.graph.drawing import drawing
from mlv_hooks.graph.hashes import Hashes, Verdict
from mlv_hooks.graph.layout import TooLarge, arrange
from mlv_hooks.graph.lock import read_lock
from mlv_hooks.graph.mermaid import mermaid
from mlv_hooks.graph.model import Declared, Graph, Standing, build
from mlv_hooks.graph.status import may_become
from mlv_hooks.graph.svg import svg
from mlv_hooks.graph.templates import Templates
from mlv_hooks.graph.text import ASCII, UNICODE, tree
from mlv_hooks.graph.width import columns, drawn, fitted
from mlv_hooks.stage.yaml_spans import PipelineError

PLAIN = Templates.of(None, lambda path: None, "params.yaml", {})
TEXT = st.text(min_size=1, max_size=30)


def pipeline(*stages: tuple[str, Sequence[str], Sequence[str]]) -> Graph:
    """Return the graph of stages, each with its deps and outs."""
    return build(
        [
            Declared(name, {"deps": deps, "outs": outs})
            for name, deps, outs in map(_as_lists, stages)
        ],
        PLAIN,
    )


def _as_lists(stage: tuple[str, Sequence[str], Sequence[str]]) -> tuple[str, list[str], list[str]]:
    name, deps, outs = stage
    return name, list(deps), list(outs)


def edges(graph: Graph) -> set[tuple[str, str]]:
    return {(maker, name) for name, node in graph.stages.items() for maker in node.needs}


def shown(graph: Graph, width: int | None = None) -> list[str]:
    return list(tree(graph, UNICODE, lambda text, style: text, width))


# --- what belongs together


def test_a_dep_meets_outs_that_it_lies_in_or_holds_and_no_neighbour() -> None:
    graph = pipeline(
        ("all", ["data"], ["all.txt"]),
        ("part", ["data/b/c.csv", "data/b2"], ["part.txt"]),
        ("a", [], ["data/a.csv"]),
        ("b", [], ["data/b"]),
    )
    assert edges(graph) == {("a", "all"), ("b", "all"), ("b", "part")}
    assert list(graph.stages) == ["a", "b", "all", "part"]
    assert graph.files["data/b2"].makers == []
    assert "data/b/c.csv" not in graph.files


def test_a_group_is_one_stage_whose_members_are_met_one_by_one() -> None:
    values = Templates.of(
        [{"langs": ["fr", "de"]}], {"params.yaml": {"top": "out"}}.get, "params.yaml", {}
    )
    body = {
        "cmd": "x ${item}",
        "wdir": "sub",
        "outs": [{"../${top}/${item}.bin": {"cache": False}}],
    }
    graph = build(
        [
            Declared("fit", {"foreach": "${langs}", "do": body}),
            Declared("use", {"deps": ["out/de.bin"], "outs": ["x"]}),
            Declared("lost", {"foreach": "${nothing}", "do": {"cmd": "x", "deps": ["x"]}}),
        ],
        values,
    )
    assert edges(graph) == {("fit", "use"), ("use", "lost")}
    assert [graph.stages[name].count for name in ("fit", "use", "lost")] == [
        "(2 runs)",
        "",
        "(some)",
    ]
    assert list(graph.files) == ["${top}/${item}.bin", "x"]


def test_a_circle_is_named_and_the_rest_is_in_order() -> None:
    graph = pipeline(
        *(("a", ["c"], ["a"]), ("b", ["a"], ["b"]), ("c", ["b"], ["c"]), ("d", ["c"], ["d"])),
        ("self", ["own"], ["own"]),
    )
    assert sorted(map(len, graph.circles)) == [2, 4]
    (circle,) = [one for one in graph.circles if len(one) == 4]
    assert circle[0] == circle[-1] and {"a", "b", "c"} == {*circle}
    assert set(itertools.pairwise(circle)) == {("a", "b"), ("b", "c"), ("c", "a")}
    order = list(graph.stages)
    assert all(order.index(maker) < order.index(name) for maker, name in edges(graph))
    ElementTree.fromstring(svg(drawing(graph)))


# --- the tree


def test_a_stage_with_several_parents_stands_once_below_all_of_them() -> None:
    graph = pipeline(
        ("clean", ["raw.csv"], ["clean.csv"]),
        ("look", ["clean.csv"], ["look.html"]),
        ("fit", ["clean.csv"], ["model"]),
        ("test", ["clean.csv", "model", "look.html"], ["score"]),
    )
    assert shown(graph) == [
        "● clean",
        "│   reads  raw.csv",
        "│   writes clean.csv",
        "├─● look",
        "│     reads  clean.csv",
        "│     writes look.html",
        "│",
        "● fit",
        "│   reads  clean.csv",
        "│   writes model",
        "│",
        "● test",
        "    reads  clean.csv (from clean), model, look.html (from look)",
        "    writes score",
        "",
        "4 stages",
    ]
    plain = "\n".join(tree(graph, ASCII, lambda text, style: text))
    assert plain.isascii() and "+-* look" in plain


def test_a_tree_fits_a_narrow_terminal_and_obeys_no_file_name() -> None:
    names = [f"größe/数据_{number}.csv" for number in range(9)]
    graph = pipeline(("a\x1b[31m", names, ["b\n● forged"]))
    lines = shown(graph, 50)
    assert max(map(columns, lines)) <= 50 and len(lines) > 6
    assert lines[0] == r"● a\x1b[31m" and r"writes b\n● forged" in lines[-3]
    assert " ".join(" ".join(lines).split()).count(".csv,") == 8


def test_a_long_pipeline_takes_no_recursion() -> None:
    graph = pipeline(*((f"s{at}", [f"f{at}"], [f"f{at + 1}"]) for at in range(3000, 0, -1)))
    assert list(graph.stages)[:2] == ["s1", "s2"]
    assert shown(graph)[-1] == "3000 stages"
    with pytest.raises(TooLarge, match="3000 stages are too many for a picture"):
        svg(drawing(graph))


# --- Mermaid


@settings(max_examples=50)
@given(st.lists(TEXT, min_size=1, max_size=4, unique=True), TEXT)
def test_no_name_breaks_out_of_mermaid(names: list[str], file: str) -> None:
    graph = pipeline(*((name, [file], [f"{at}/{file}"]) for at, name in enumerate(names)))
    label = r"(?:[^\W_]|[ /.\-]|_|<br/>|#\d+;)+"
    line = rf'  (?:stage|data)_\w*(?:\["{label}"\]|\("{label}"\)):::\w+'
    arrow = r"  \w+ (?:-->|-\. circle \.->) \w+"
    style = r"  classDef \w+ [\w#:,\- ]+"
    head, *lines = mermaid(drawing(graph)).splitlines()
    assert head == "flowchart TD"
    assert [one for one in lines if not re.fullmatch(f"{line}|{arrow}|{style}", one)] == []
    ids = [one.split("[")[0].split("(")[0].strip() for one in lines if ":::" in one]
    assert len(ids) == len({*ids})


def test_mermaid_reads_no_markdown_and_no_link() -> None:
    text = mermaid(drawing(pipeline(("end", ["1. raw.csv", "__init__.py", "www.x.org"], ["a_b"]))))
    assert "#49;. raw.csv<br/>#95;#95;init#95;#95;.py<br/>www#46;x.org" in text
    assert '("a_b")' in text


# --- SVG


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 14))
    stages = []
    for at in range(count):
        earlier = [f"{one}.csv" for one in range(at)]
        deps = draw(st.lists(st.sampled_from(earlier or ["raw"]), max_size=4, unique=True))
        stages.append((draw(TEXT) + str(at), deps, [f"{at}.csv"]))
    graph = pipeline(*stages)
    for node in graph.stages.values():
        node.standing = draw(st.sampled_from(Standing))
    return graph


@settings(max_examples=25)
@given(graphs())
def test_boxes_never_overlap_and_no_arrow_crosses_one(graph: Graph) -> None:
    picture = svg(drawing(graph))
    assert picture == svg(drawing(graph))
    root = ElementTree.fromstring(picture)
    name = "{http://www.w3.org/2000/svg}"
    groups = root.findall(f"{name}g")
    boxes = [_box(one.find(f"{name}rect")) for one in groups]
    assert len(boxes) == len(drawing(graph).boxes)
    for (x, y, wide, high), (x2, y2, wide2, high2) in itertools.combinations(boxes, 2):
        assert x + wide < x2 or x2 + wide2 < x or y + high < y2 or y2 + high2 < y
    for path in root.findall(f"{name}path"):
        for x, y in _points(path.attrib["d"]):
            assert not any(
                left + 1 < x < left + wide - 1 and top + 1 < y < top + high - 1
                for left, top, wide, high in boxes
            )
    for group, (_, _, wide, _) in zip(groups, boxes, strict=True):
        for text in group.findall(f"{name}text"):
            size = 14 if text.attrib["class"] == "name" else 12
            bold = text.attrib["class"] != "note"
            assert drawn(str(text.text), size, bold=bold) <= wide


def _box(rect: ElementTree.Element | None) -> tuple[float, float, float, float]:
    assert rect is not None
    x, y, wide, high = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
    return x, y, wide, high


def _points(way: str) -> list[tuple[float, float]]:
    """Return points on a path of M, L, C and Z."""
    found: list[tuple[float, float]] = []
    for kind, body in re.findall(r"([MLC])([^MLCZ]*)", way):
        numbers = [float(one) for one in body.split()]
        ends = list(zip(numbers[::2], numbers[1::2], strict=True))
        if kind == "M":
            found.append(ends[0])
            continue
        start = found[-1]
        a, b, end = ends if kind == "C" else (start, ends[0], ends[0])
        for step in range(1, 13):
            t = step / 12
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            found.append(
                (
                    sum(w * p[0] for w, p in zip(weights, (start, a, b, end), strict=True)),
                    sum(w * p[1] for w, p in zip(weights, (start, a, b, end), strict=True)),
                )
            )
    return found


def test_a_layout_has_no_crossing_where_none_is_needed() -> None:
    arrows = [
        (0, 1, False),
        (0, 2, False),
        (0, 3, False),
        (1, 6, False),
        (2, 5, False),
        (3, 4, False),
    ]
    layout = arrange([(50.0, 20.0)] * 7, arrows)
    upper, lower = (
        [layout.items[one].middle for one in numbers] for numbers in ((1, 2, 3), (6, 5, 4))
    )
    assert sorted(upper) in (upper, upper[::-1])
    assert upper == pytest.approx(lower)


@given(TEXT, st.floats(40, 300))
def test_a_text_that_is_cut_fits(text: str, room: float) -> None:
    found = fitted(text, room, 12)
    assert found == text or (drawn(found, 12) <= room and "…" in found) or len(found) <= 3


# --- dvc.lock

SCALARS = st.one_of(
    st.booleans(),
    st.none(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    st.text(alphabet="abey01.:#-_ '\"/~<=nNo\n", max_size=9),
    st.from_regex(r"[0-9a-f]{32}(\.dir)?", fullmatch=True),
    st.sampled_from(["yes", "1e3", "0x1f", "0o7", ".5", "1_0", "2020-01-01", "=", "---", "True"]),
    st.lists(st.text("ab-c.y ", min_size=1, max_size=12), min_size=9, max_size=14).map(" ".join),
)
KEYS = st.one_of(
    st.text("abcny1_./", min_size=1, max_size=6), st.sampled_from(["cmd", "no", "path"])
)
VALUES = st.recursive(
    SCALARS,
    lambda of: st.lists(of, max_size=3) | st.dictionaries(KEYS, of, max_size=3),
    max_leaves=8,
)
ENTRIES = st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=3), max_size=3)


def dumped(data: Mapping[str, Any]) -> str:
    yaml = YAML()
    yaml.default_flow_style = False
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


@settings(max_examples=60)
@given(ENTRIES)
def test_lines_of_a_lock_are_read_as_yaml_means_them(entries: dict[str, Any]) -> None:
    text = dumped({"schema": "2.0", "stages": entries})
    found, wanted = read_lock(text), YAML(typ="safe", pure=True).load(text)["stages"]
    assert repr(found) == repr(dict(wanted))


def test_a_broken_lock_names_its_line() -> None:
    for text in (
        "stages:\n  a:\n    cmd: [\n",
        "stages:\n  a:\n    x: 1\n  a:\n    x: 2\n",
        "- 1\n",
    ):
        with pytest.raises(PipelineError) as error:
            read_lock(text)
        assert error.value.line
    assert read_lock("") == {}


# --- files against dvc.lock


def test_a_file_is_compared_as_dvc_hashes_it_and_what_can_not_be_told_is_unknown(
    tmp_path: Path,
) -> None:
    def verdict(path: str, info: Mapping[str, object]) -> Verdict:
        return Hashes(str(tmp_path)).verdict(path, info)

    def md5(data: bytes) -> str:
        return hashlib.md5(data).hexdigest()

    (tmp_path / "a").write_bytes(b"x\r\ny\r\n")
    new = {"md5": md5(b"x\r\ny\r\n"), "size": 6, "hash": "md5"}
    old = {"md5": md5(b"x\ny\n"), "size": 6}
    assert verdict("a", new) is Verdict.SAME
    assert verdict("a", {**new, "size": 7}) is Verdict.CHANGED
    assert verdict("a", {**new, "md5": old["md5"]}) is Verdict.CHANGED
    assert verdict("a", old) is Verdict.UNKNOWN
    assert verdict("a", {"md5": new["md5"]}) is Verdict.SAME
    assert verdict("a", {"md5": md5(b"") + ".dir"}) is Verdict.CHANGED
    assert verdict("a", {"etag": "x"}) is Verdict.UNKNOWN
    assert verdict("b", new) is verdict("a/b", new) is Verdict.MISSING
    assert verdict("b\0", new) is Verdict.UNKNOWN

    (tmp_path / "d" / ".git").mkdir(parents=True)
    (tmp_path / "d" / ".git" / "x").write_bytes(b"left out")
    (tmp_path / "d" / "é").write_bytes(b"x")
    listing = b'[{"md5": "%s", "relpath": "\\u00e9"}]' % md5(b"x").encode()
    folder = {"md5": md5(listing) + ".dir", "size": 1, "nfiles": 1, "hash": "md5"}
    assert verdict("d", folder) is Verdict.SAME
    assert verdict("d", {**folder, "nfiles": 2}) is Verdict.CHANGED
    assert verdict("d", {**folder, "size": 2}) is Verdict.CHANGED
    assert verdict("d", {**folder, "md5": "x.dir"}) is Verdict.CHANGED
    (tmp_path / ".dvcignore").write_text("# nothing\n\n")
    assert verdict("d", {**folder, "nfiles": 3}) is Verdict.CHANGED
    (tmp_path / "d" / ".dvcignore").write_text("*.tmp\n")
    assert verdict("d", {**folder, "nfiles": 3}) is Verdict.UNKNOWN
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert verdict("pipe", new) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("command", "noted", "may"),
    [
        ("run --rate ${train.rate} -x", "run --rate 0.5 -x", True),
        ("run --rate ${train.rate} -x", "run --rate 0.5", False),
        ("run ${a}${b} to ${c}", "run 1 to 2 to 3", True),
        ("run ${a} to ${c}", "run", False),
        ("run ${a} to ${c} to ${d}", "run 1 to 2", False),
        ("a${x}a", "a", False),
        ("echo \\${HOME} ${a}", "echo ${HOME} 1", True),
        ("run", "run", True),
        ("run", "run -x", False),
        (["a ${x}", "b"], ["a 1", "b"], True),
        (["a ${x}", "b"], ["a 1"], False),
        (["a"], "a", False),
        ("${a} " * 200 + "z", "b " * 5_000, False),
    ],
)
def test_a_command_that_was_edited_is_told_from_one_with_other_values(
    command: object, noted: object, may: bool
) -> None:
    assert may_become(command, noted) is may
