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

from cells_support import cell, notebook
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from mlv_hooks.analysis import no_effect
from mlv_hooks.analysis.dataflow import Analysis, analyse
from mlv_hooks.analysis.source import parse_cell
from mlv_hooks.config import Settings
from mlv_hooks.content import Content

ODD = """\
class Odd:
    def __repr__(self):
        log.append("shown")
        return "odd"
    def __eq__(self, other):
        log.append("compared")
        return True
    __hash__ = None
    @property
    def size(self):
        log.append("sized")
        return 1
"""
PLAIN = """\
class Odd:
    size = 1
"""
START = """\
import random
import contextlib
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
odd, w = Odd(), [1, 2]
def keeper(seen):
    def inner(v):
        seen.append(v)
        return len(seen)
    return inner
h = keeper([])
hidden = 0
def late(v):
    return hidden
w.append(odd)
z, m = zip(a, b), map(late, a)
log.append(late)
"""

# Things that people do in one cell, each of which reaches further than it looks.
IDIOMS = [
    "t = [a]\nt[0].append(7)",
    "t = {'k': a}\nfor q in t.values():\n    q.append(7)",
    "t = []\nt.append(a)\nt[-1].append(7)",
    "t = []\nt += [a]\nt[0].append(7)",
    "t = [[]]\nt[0] = a\nt[0].append(7)",
    "t = K(a)\nt.add(7)",
    "t = K([])\nt.items = a\nt.items.append(7)",
    "t = (lambda v: v)(a)\nt.append(7)",
    "def mk():\n    return a\nmk().append(7)",
    "def mk(v):\n    def inner():\n        v.append(7)\n    return inner\nmk(a)()",
    "keeper(a)(7)",
    "print(h(7))",
    "h(7)",
    "t = []\nfor i in range(2):\n    t.append(i)\n    t = a",
    "t = 1\nfor i in range(2):\n    if i:\n        t.append(7)\n    else:\n        t = a",
    "t, u = [], []\nfor i in range(3):\n    t.append(i)\n    t = u\n    u = a",
    "t = [[]]\nfor i in range(2):\n    t[0].append(7)\n    t[0] = a",
    "t = K([])\nfor i in range(2):\n    t.items.append(7)\n    t.items = a",
    "t, u = {}, []\nfor i in range(2):\n    [q.append(7) for q in t.values()]\n    t[i] = a",
    "t = []\n[(t.append(7), (t := a)) for _ in range(2)]",
    "t = K.shared\nt.append(7)",
    "t = [] if n > 3 else a\nt.append(7)",
    "if n > 3:\n    t = []\nelse:\n    t = a\nt.append(7)",
    "t = a\nif n > 99:\n    t = []\nt.append(7)",
    "try:\n    t = a\n    1 / 0\n    t = []\nexcept ZeroDivisionError:\n    t.append(7)",
    "for i in [0]:\n    t = a\n    if i == 0:\n        break\n    t = []\nt.append(7)",
    "def mk(v):\n    t = v\n    if n:\n        return t\n    return []\nmk(a).append(7)",
    "t = a if n else None\nt and t.append(7)",
    "print([odd])",
    "odd == 1",
    "f'{odd}'",
    "odd.size",
    "w.append(odd)",
    "print(w)",
    "w == [1]",
    "t = [1]\nt.append(odd)\nprint(t)",
    "max([odd, odd], key=str)",
    "print(list(z))",
    "next(z, 0)",
    "for q in z:\n    print(q)",
    "len(list(zip(z, [1])))",
    "print(list(m))",
    "print(next(m, 0))",
    "t = iter(a)\nprint(next(t, 0))",
    "t = (q for q in a)\nprint(list(t))",
    "t = zip(a, b)\nprint(list(t))",
    "print(*it) if 0 else 0",
    "1 in it",
    "n = 5",
    "hidden = 6",
    "hidden = n",
    "print(log[-1])",
    "log and callable(log[0]) and print(log[0](0))",
    "[q(0) for q in log if callable(q)]",
    "t = [late]\nprint(t[0](0))",
    "t = {'k': log.append}\nt['k'](7)",
    "t = log.append\nt(7)",
    "t = [1]\nt.append([a])\nt[-1][0].append(7)",
    "sorted(a, key=lambda v: log.append(v) or 0)",
    "list(map(log.append, a))",
    "any(log.append(v) for v in a)",
    "[K.shared.append(1) for _ in a]",
    "obj.shared.append(7)",
    "type(obj).total = 9",
    "obj.__class__.total = 9",
    "print(obj.total)",
    "t = copy.copy(c)\nt['x'].append(7)",
    "t = copy.deepcopy(c)\nt['x'].append(7)",
    "t = dict(c)\nt['x'].append(7)",
    "t = {**c}\nt['x'].append(7)",
    "t = [*c.values()]\nt[0].append(7)",
    "t, *u = a, b\nu[0].append(7)",
    "t = a[:]\nt.append(7)",
    "t = a\nt += [7]",
    "t = (a,)\nt[0].append(7)",
    "with contextlib.suppress(Exception):\n    t = a\n    1 / 0\n    t = []\nt.append(7)",
    "setattr(obj, 'items', [])",
    "getattr(obj, 'items').append(7)",
    "[q := v for v in a]\nprint(q if a else 0)",
    "match a:\n    case [first, *rest]:\n        print(first)\n    case whole:\n        whole",
    "match [a]:\n    case [t]:\n        t.append(7)",
    "t = K.see\nprint(t(obj))",
    "t = obj.add\nt(7)",
    "t = dd['new']\nt.append(7)",
    "len(dd['other'])",
    "'x' in dd",
    "random.Random(1).random()",
    "global_now = n\nprint(global_now)",
]

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
    st.builds("with contextlib.suppress(Exception):\n{}".format, simple.map(block)),
    defs,
)
cells = st.one_of(
    st.sampled_from(IDIOMS),
    st.sampled_from(IDIOMS),
    st.lists(st.one_of(simple, simple, compound), min_size=1, max_size=3).map("\n".join),
)
# What shows most of the state at the end.
END = "print(a, b, c, n, obj.items, obj.total, K.total, K.shared, w[:2], dict(dd), len(log), h(0))"
notebooks = st.builds(
    lambda odd, found: [odd, START, *found, END],
    st.sampled_from([PLAIN, PLAIN, PLAIN, ODD]),
    st.lists(cells, min_size=2, max_size=7),
)


def shown(value: Any, deep: int = 0) -> str:
    """Return what can be told of a value, addresses left out."""
    if isinstance(value, types.FunctionType):
        held = [cell.cell_contents for cell in value.__closure__ or ()]
        return f"<{value.__name__} {shown(list(value.__defaults__ or ()), deep + 1)} {len(held)}>"
    if type(value).__name__ == "K" and deep < 5:
        return f"K{sorted((k, shown(v, deep + 1)) for k, v in vars(value).items())}"
    if isinstance(value, type) and hasattr(value, "shared"):
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
        if isinstance(mine, (zip, type(iter(())), type(iter([])))):
            mine, theirs = list(mine), list(theirs)
        assert shown(mine) == shown(theirs), (dropped, name)
    assert lean_drawn == drawn, dropped


@settings(max_examples=200, deadline=None)
@given(notebooks)
def test_cells_that_only_look_can_be_left_out(texts: list[str]) -> None:
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
    data = notebook(*(cell(text) for text in texts))
    tagged = no_effect.looking(Content(lambda: data), Settings())
    check(texts, analysis, [number - 1 for number in tagged if number > 1])
