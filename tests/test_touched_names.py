"""What a statement does with the notebook's names."""

from __future__ import annotations

import ast

import pytest

from mlv_hooks.analysis.scopes import Scopes
from mlv_hooks.analysis.touched_names import Facts, facts, names_read


def of(text: str) -> Facts:
    (node,) = ast.parse(text).body
    return facts(node, Scopes())


BINDS = {
    "a = b": ({"a"}, {"a"}),
    "a, (b, *c) = d = e": ({"a", "b", "c", "d"}, {"a", "b", "c", "d"}),
    "a += 1": ({"a"}, {"a"}),
    "a: int = 1": ({"a"}, {"a"}),
    "a.b = c[d] = 1": (set(), set()),
    "import a.b, c as d": ({"a", "d"}, {"a", "d"}),
    "from a import b, c as d": ({"b", "d"}, {"b", "d"}),
    "def f(a): b = 1": ({"f"}, {"f"}),
    "class A:\n    b = 1": ({"A"}, {"A"}),
    "for a, b in c: d = 1": ({"a", "b", "d"}, set()),
    "if a: b = 1": ({"b"}, set()),
    "while (a := b): pass": ({"a"}, set()),
    "with a as b, c as d: e = 1": ({"b", "d", "e"}, {"b"}),
    "try: a = 1\nexcept E as b: c = 1\nelse: d = 1": ({"a", "b", "c", "d"}, set()),
    "[(a := b) for c in d]": ({"a"}, set()),
    "match a:\n    case [b, *c]: pass\n    case {'k': d, **e}: pass\n    case F(g=h) as i: pass": (
        {"b", "c", "d", "e", "h", "i"},
        set(),
    ),
    "del a": ({"a"}, set()),
}


@pytest.mark.parametrize("text", BINDS)
def test_what_is_bound_and_what_is_bound_for_sure(text: str) -> None:
    found = of(text)

    assert (found.binds, found.sure) == BINDS[text]


READS = {
    "a = b.c(d)": ({"b", "d"}, set()),
    "def f(a=b) -> c: return a + d": ({"b", "c"}, {"d"}),
    "@a\ndef f(b, *c, **d): return [b, c, d, f]": ({"a"}, {"f"}),
    "x = lambda a: a + b": (set(), {"b"}),
    "[a + b for a in c]": ({"b", "c"}, set()),
    "x = (a + b for a in c)": ({"b", "c"}, {"b"}),
    "def f():\n    a = 1\n    def g(): return a + b\n    return g": (set(), {"b"}),
    "def f():\n    global a\n    a = 1": (set(), {"a"}),
    "def f():\n    a = 1\n    def g():\n        nonlocal a\n        a = b": (set(), {"b"}),
    "class A(B):\n    c = d\n    def e(self): return c": ({"B", "d"}, {"c"}),
    "def f():\n    for a in b:\n        with c as d: yield a, d": (set(), {"b", "c"}),
    "def f():\n    import a\n    from b import c\n    return a, c": (set(), set()),
    "def f():\n    try: pass\n    except A as e: return e": (set(), {"A"}),
    "def f():\n    [(a := 1) for b in c]\n    return a": (set(), {"c"}),
}


@pytest.mark.parametrize("text", READS)
def test_what_is_read_at_once_and_what_when_a_function_runs(text: str) -> None:
    found = of(text)

    assert (found.reads, found.late) == READS[text]


def test_global_statements_are_seen_however_deep() -> None:
    assert of("class A:\n    def f(self):\n        global a\n        a = 1").declared == {"a"}


def test_a_class_that_reads_the_name_that_it_binds_is_told() -> None:
    assert of("class A:\n    x = x\n    y = 1\n    def f(self): return y").in_class == {"x"}


def test_await_counts_at_the_top_level_only() -> None:
    assert of("x = await f()").awaits
    assert of("async for a in b: pass").awaits
    assert of("[a async for a in b]").awaits
    assert not of("async def f(): await g()").awaits


def test_methods_that_look_names_up_count_within_functions_only() -> None:
    assert of("def f(d): return d.query('a > @b')").by_text == {"query"}
    assert of("x = d.query('a > @b')").by_text == set()


def test_names_of_an_expression_are_those_from_outside() -> None:
    node = ast.parse("[a + b for a in c]", mode="eval").body

    assert names_read(node) == {"b", "c"}
