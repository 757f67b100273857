"""A cell that is said to only look can be left out: nothing that stays could tell."""

from __future__ import annotations

import ast
import contextlib
import io
import random
import re
import types
from collections.abc import Collection
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from mlv_hooks.dataflow import Analysis, analyse
from mlv_hooks.source import parse_cell

START = """\
import random
import copy
import json
from collections import defaultdict
from functools import lru_cache
random.seed(0)
a, b, c, n, it, log = [3, 1, 2], [4, 5], {"x": [1], "y": [2]}, 1, iter(range(99)), []
f = lambda v: v
g = f
obj = None
dd = defaultdict(list)
class K:
    total = 0
    shared = []
    def __init__(self, items):
        self.items = items
    def add(self, v):
        self.items.append(v)
        return self
    def see(self):
        return len(self.items)
    def count(self):
        K.total += 1
        return K.total
    def __repr__(self):
        return f"K({self.items})"
obj = K(a)
"""

LISTS = st.sampled_from(["a", "b"])
NAMES = st.sampled_from(["a", "b", "x", "y"])
CALLS = st.sampled_from(["f", "g"])
NUMBERS = st.integers(0, 9).map(str)

values = st.deferred(
    lambda: st.one_of(
        NUMBERS,
        NAMES,
        st.builds("[{}, {}]".format, NUMBERS, NUMBERS),
        st.builds("list({})".format, LISTS),
        st.builds("{}[:]".format, LISTS),
        st.builds("{}.copy()".format, LISTS),
        st.builds("[v for v in {} if v]".format, LISTS),
        st.builds("(v for v in {})".format, LISTS),
        st.builds("{} + {}".format, LISTS, LISTS),
        st.builds("[{}, {}]".format, NAMES, NAMES),
        st.builds("({}, {})".format, NAMES, NUMBERS),
        st.builds("{{'k': {}}}".format, NAMES),
        st.builds("{}({})".format, CALLS, values),
        st.builds("sorted({}, key=str)".format, LISTS),
        st.builds("len({})".format, LISTS),
        st.builds("sum(len(str(v)) for v in {})".format, LISTS),
        st.builds("c['{}']".format, st.sampled_from("xy")),
        st.builds("c.get('{}', {})".format, st.sampled_from("xyz"), NAMES),
        st.builds("c.setdefault('{}', {})".format, st.sampled_from("xyz"), NAMES),
        st.builds("dd['{}']".format, st.sampled_from("xyz")),
        st.builds("(lambda q=[]: (q.append({}), len(q))[1])()".format, NUMBERS),
        st.builds("{} if n > {} else {}".format, values, NUMBERS, values),
        st.builds("list(map({}, {}))".format, CALLS, LISTS),
        st.builds("map({}, {})".format, CALLS, LISTS),
        st.builds("list(zip({}, {}))".format, LISTS, LISTS),
        st.builds("iter({})".format, LISTS),
        st.builds("copy.deepcopy({})".format, NAMES),
        st.builds("max({}, key=str, default=0)".format, LISTS),
        st.builds("K({})".format, LISTS),
        st.builds(
            "obj.{}".format, st.sampled_from(["see()", "count()", "items", "add(1)", "total"])
        ),
        st.just("obj.shared"),
        st.just("next(it)"),
        st.just("random.random() < 2"),
        st.just("random.choice(a + [1])"),
        st.just("json.loads(json.dumps(c))"),
    )
)

simple = st.one_of(
    st.builds("{} = {}".format, NAMES, values),
    st.builds("{} = {}".format, LISTS, st.builds("[{}, {}]".format, values, values)),
    st.builds("{} += {}".format, LISTS, LISTS),
    st.builds("{}.append({})".format, LISTS, values),
    st.builds("{0}.pop() if {0} else 0".format, LISTS),
    st.builds("{}.sort(key=str)".format, LISTS),
    st.builds("{}.extend({})".format, LISTS, LISTS),
    st.builds("print({})".format, values),
    st.builds("print(f'{{{}!r}}')".format, NAMES),
    values,
    st.builds("n = {} + 1".format, NUMBERS),
    st.builds("n += {}".format, NUMBERS),
    st.builds("c['{}'] = {}".format, st.sampled_from("xyz"), values),
    st.builds("c.pop('{}', None)".format, st.sampled_from("xyz")),
    st.builds("c.update(k={})".format, values),
    st.builds("log.append({})".format, values),
    st.builds("g = {}".format, CALLS),
    st.builds("log.append({})".format, CALLS),
    st.builds("obj = K({})".format, LISTS),
    st.builds("obj.items = {}".format, values.map(lambda v: f"[{v}]")),
    st.builds("obj.extra = {}".format, values),
    st.just("K.total += 1"),
    st.just("K.shared.append(n)"),
    st.builds("x, *y = {} + [1, 2]".format, LISTS),
    st.builds("x = y = {}".format, values),
    st.just("log and callable(log[-1]) and log[-1](n)"),
    st.builds("for v in {}: print(v)".format, LISTS),
    st.builds("for v in {0}: {1}.append(v) if len({1}) < 9 else 0".format, LISTS, LISTS),
    st.builds("print([v for v in {}])".format, NAMES.map(lambda name: f"({name},)")),
    st.just("print(next(it))"),
    st.just("random.shuffle(a)"),
    st.just("random.seed(1)"),
    st.builds("f = lambda v, k=[]: (k.append(v), {})[1]".format, values),
    st.builds("f = lambda v: {}".format, values.filter(lambda t: "f(" not in t and "g(" not in t)),
)


def block(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


defs = st.one_of(
    st.builds(
        "def f(v):\n{}\n    return {}".format, simple.map(block), st.sampled_from(["v", "a", "0"])
    ),
    st.builds("def f(v):\n    global n, b\n{}\n    return n".format, simple.map(block)),
    st.just("@lru_cache(None)\ndef h(v=0):\n    return n\nf = lambda v: h()"),
    st.just(
        "def make():\n    k = 0\n    def inc(v):\n        nonlocal k\n        k += 1\n"
        "        return k\n    return inc\nf = make()"
    ),
    st.just("def gen(v):\n    log.append(1)\n    yield v\n    log.append(2)\nf = gen"),
)
compound = st.one_of(
    st.builds("if n > {}:\n{}\nelse:\n{}".format, NUMBERS, simple.map(block), simple.map(block)),
    st.builds("for i in range(2):\n{}".format, simple.map(block)),
    st.builds(
        "for i in range(2):\n{}\n    if n: break\n{}".format, simple.map(block), simple.map(block)
    ),
    st.builds(
        "try:\n{}\n    1 / 0\nexcept ZeroDivisionError as e:\n{}".format,
        simple.map(block),
        simple.map(block),
    ),
    st.builds("with contextlib.suppress(Exception):\n{}".format, simple.map(block)).map(
        lambda t: "import contextlib\n" + t
    ),
    defs,
)
cells = st.lists(st.one_of(simple, simple, compound), min_size=1, max_size=3).map("\n".join)
notebooks = st.lists(cells, min_size=2, max_size=7)


def shown(value: Any, deep: int = 0) -> str:
    """Return what can be told of a value, addresses left out."""
    if isinstance(value, types.FunctionType):
        held = [cell.cell_contents for cell in value.__closure__ or ()]
        return f"<{value.__name__} {shown(list(value.__defaults__ or ()), deep + 1)} {len(held)}>"
    if type(value).__name__ == "K" and deep < 5:
        return f"K{sorted((k, shown(v, deep + 1)) for k, v in vars(value).items())}"
    if isinstance(value, type):
        return f"<class {getattr(value, 'total', 0)} {getattr(value, 'shared', 0)}>"
    if isinstance(value, dict) and deep < 5:
        return str({k: shown(v, deep + 1) for k, v in value.items()})
    if isinstance(value, (list, tuple)) and deep < 5:
        return str([shown(v, deep + 1) for v in value])
    if isinstance(value, (int, str, float, bool, type(None))):
        return repr(value)
    return f"<{type(value).__name__}>"


def run(texts: list[str], dropped: Collection[int]) -> tuple[list[str], dict[str, Any], str]:
    """Run all cells but the dropped ones: what each of them showed, and what is left."""
    space: dict[str, Any] = {"__name__": "__main__"}
    outputs = []
    for k, text in enumerate(texts):
        if k in dropped:
            outputs.append("")
            continue
        out = io.StringIO()
        tree = ast.parse(text)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        with contextlib.redirect_stdout(out):
            exec(compile(tree, "<cell>", "exec"), space)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), space)
                out.write(shown(value))
        outputs.append(re.sub(r" at 0x[0-9a-f]+", "", out.getvalue()))
    return outputs, space, str(random.getstate())


def check(texts: list[str], analysis: Analysis, dropped: Collection[int]) -> None:
    """Assert that the cells that stay show and leave the same without the dropped ones."""
    outputs, space, drawn = run(texts, ())
    lean_outputs, lean_space, lean_drawn = run(texts, dropped)
    for k in range(len(texts)):
        if k not in dropped:
            assert lean_outputs[k] == outputs[k], (dropped, k)
    bound = {name for k in dropped for name in analysis.facts(k + 1).whole.binds}
    for name in set(space) - bound - {"__builtins__"}:
        assert name in lean_space, (dropped, name)
        mine, theirs = lean_space[name], space[name]
        if isinstance(mine, (type(iter(range(1))), types.GeneratorType, map)):
            mine, theirs = list(mine), list(theirs)
        assert shown(mine) == shown(theirs), (dropped, name)
    assert lean_drawn == drawn, dropped


@settings(max_examples=150, deadline=None)
@given(notebooks)
def test_cells_that_only_look_can_be_left_out(found: list[str]) -> None:
    texts = [START, *found]
    try:
        run(texts, ())
    except Exception:  # any notebook that stops half-way is out of scope
        assume(False)
    analysis = analyse([parse_cell(text, k + 1) for k, text in enumerate(texts)])
    looking = [k for k in range(1, len(texts)) if analysis.only_looks(k + 1)]
    event(f"{len(looking)} of {len(texts)} only look")
    for k in looking:
        check(texts, analysis, {k})
    check(texts, analysis, looking)
