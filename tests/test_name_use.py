"""Which names statements bind and read."""

from __future__ import annotations

import ast

import pytest

from mlv_hooks.analysis.name_use import bound_names, read_names


@pytest.mark.parametrize(
    ("text", "now", "late"),
    [
        ("x = y", "y", ""),
        ("x += y", "x y", ""),
        ("del x", "x", ""),
        ("x.y[z] = 1", "x z", ""),
        ("print(f'{x!r:>{w}}')", "print w x", ""),
        ("[x for x in xs if x > low]", "low xs", ""),
        ("[x for x in x]", "x", ""),
        ("{k: v for k, v in d for u in v}", "d", ""),
        ("def f(a, *b, c=d, **e) -> r:\n    return a + b + c + e + g", "d r", "g"),
        ("def f():\n    x = 1\n    return x", "", ""),
        ("def f():\n    global x\n    x = x + 1", "", "x"),
        ("def f():\n    def g():\n        return a + b\n    a = 1", "", "b"),
        ("@deco\ndef f(): ...", "deco", ""),
        ("lambda a, b=c: a + b + d", "c", "d"),
        ("class A(B, metaclass=M):\n    x = y\n    z = x", "B M y", ""),
        ("class A:\n    x = 1\n    def f(self):\n        return x", "", "x"),
        ("def f():\n    class A:\n        y = x\n    return A", "", "x"),
        ("if (n := f()) and n: pass", "f n", ""),
        ("match a:\n    case C(x=b) if d: print(b)", "C a b d print", ""),
        ("try:\n    a\nexcept E as e:\n    e", "E a e", ""),
    ],
)
def test_reads_are_told_apart_by_when_they_happen(text: str, now: str, late: str) -> None:
    found = read_names(*ast.parse(text).body)
    assert (found.now, found.late) == (set(now.split()), set(late.split()))
    assert found.all == set(f"{now} {late}".split())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a, *b = c", "a b"),
        ("a.b = a[0] = 1", ""),
        ("import a.b, c as d\nfrom e import f as g, h\nfrom i import *", "a d g h"),
        ("def f():\n    a = 1", "f"),
        ("class A:\n    b = 1", "A"),
        ("for a in b:\n    c = 1\nelse:\n    d = 1", "a c d"),
        ("with a as (b, c):\n    pass", "b c"),
        ("try:\n    pass\nexcept A as b:\n    pass", "b"),
        ("match a:\n    case [b, *c] | {'k': d, **e} as f: pass", "b c d e f"),
        ("[a for a in (b := c)]", "b"),
        ("[(a := b) for b in c]", "a"),
        ("lambda: (a := 1)", ""),
        ("a: int", "a"),
    ],
)
def test_names_bound_in_the_statement_s_own_scope(text: str, names: str) -> None:
    assert bound_names(*ast.parse(text).body) == set(names.split())
