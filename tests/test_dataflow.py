"""What cells bind, read, change and do; which of them only look, and which need which."""

from __future__ import annotations

import ast
import sys
import time

import pytest

from mlv_hooks.analysis.dataflow import Analysis, Facts, analyse
from mlv_hooks.analysis.kernel import Kernel
from mlv_hooks.analysis.notes import CELL_STEPS
from mlv_hooks.analysis.source import parse_cell


def notebook(*texts: str) -> Analysis:
    return analyse([parse_cell(text, k) for k, text in enumerate(texts, start=1)])


def last(*texts: str) -> Facts:
    return notebook(*texts).cells[-1].whole


def looks(*texts: str) -> bool:
    return notebook(*texts).only_looks(len(texts))


def kinds(facts: Facts) -> set[str]:
    return {effect.kind for effect in facts.effects}


# Names and scopes


@pytest.mark.parametrize(
    ("text", "binds"),
    [
        ("x = y = 1", "x y"),
        ("x, (y, *z) = 1, (2, 3)", "x y z"),
        ("x: int = 1", "x"),
        ("x: int", ""),
        ("x = 1\nx += 1", "x"),
        ("import a", "a"),
        ("import a.b", "a"),
        ("import a.b as c", "c"),
        ("from a import b, c as d", "b d"),
        ("from a import *", "*"),
        ("def f(a, b=1): c = 1", "f"),
        ("class A:\n    x = 1", "A"),
        ("for i, j in []: k = 1", "i j k"),
        ("with open('a') as f: pass", "f"),
        ("try:\n    x = 1\nexcept ValueError as e:\n    y = 2", "x y e"),
        ("[v for v in []]", ""),
        ("[w := v for v in [1]]", "w"),
        ("(x := 1)", "x"),
        ("lambda a: a", ""),
        (
            "match 1:\n    case [a, *b]: pass\n    case {'k': c, **d}: pass\n    case e: pass",
            "a b c d e",
        ),
        ("if 1:\n    x = 1\nelse:\n    y = 1", "x y"),
        ("def f():\n    global g\n    g = 1\nf()", "f g"),
        ("%time t = 1", "t"),
        ("x = !ls", "x"),
        ("%%capture out\nx = 1", "out x"),
        ("%%timeit\nx = 1", ""),
        ("%%time\nx = 1", "x"),
        ("%%bash --out o\nls", "o"),
    ],
)
def test_a_cell_binds_what_it_leaves_bound_at_the_top(text: str, binds: str) -> None:
    assert last(text).binds == set(binds.split())


@pytest.mark.parametrize(
    ("text", "reads", "late"),
    [
        ("x = a + 1", "a", ""),
        ("b = 1\nb", "", ""),
        ("b\nb = 1", "b", ""),
        ("if a:\n    b = 1\nb", "a b", ""),
        ("if a:\n    b = 1\nelse:\n    b = 2\nb", "a", ""),
        ("for b in a: pass\nb", "a b", ""),
        ("a += 1", "a", ""),
        ("a.x = b", "a b", ""),
        ("a[b] = c", "a b c", ""),
        ("del a", "a", ""),
        ("def f(): return a", "", "a"),
        ("def f(x=a): return x", "a", ""),
        ("@a\ndef f(): pass", "a", ""),
        ("def f(x: a) -> b: pass", "a b", ""),
        ("from __future__ import annotations\ndef f(x: a) -> b: pass", "", "a b"),
        ("lambda x=a: b + x", "a", "b"),
        ("g = (a + x for x in b)", "b", "a"),
        ("[a + x for x in b]", "a b", ""),
        ("class A(a):\n    x = b\n    def f(self): return c + x", "a b", "c x"),
        ("class A:\n    a = a", "a", ""),
        ("class A:\n    b = 1\n    c = [b for _ in range(2)]", "b", ""),
        ("def f():\n    def g(): return a\n    return g", "", "a"),
        ("def f(a):\n    return [a for a in a if b]", "", "b"),
        ("def f():\n    a = 1\n    return lambda: a + b", "", "b"),
        ("def f():\n    global a\n    a = 1", "", "a"),
        ("f'{a!r:>{b}}'", "a b", ""),
        ("match a:\n    case [b, c] if b > d: pass", "a d", ""),
        ("try:\n    b = 1\nexcept a as e:\n    e\nb", "a b", ""),
        ("with a as b: b", "a", ""),
        ("(b := a) and b", "a", ""),
        ("x = a if b else c", "a b c", ""),
        ("assert a, b", "a b", ""),
        ("!echo {a} $b", "a b", ""),
        ("%time a", "a", ""),
        ("c?", "c", ""),
        ("x: a = 1", "a", ""),
        ("print(len(d))", "d", ""),
        ("async def f():\n    await a\nawait b", "b", "a"),
        ("async for x in a: x", "a", ""),
    ],
)
def test_reads_are_told_from_late_reads(text: str, reads: str, late: str) -> None:
    facts = last("a = b = c = d = 1", text)
    assert (facts.reads, facts.late_reads - facts.reads) == (set(reads.split()), set(late.split()))


def test_a_call_of_an_own_function_reads_what_the_function_reads() -> None:
    found = notebook("def f(): return g() + a\ndef g(): return b", "a = b = 1", "f()")
    assert found.cells[0].whole.late_reads >= {"a", "b", "g"}
    assert found.cells[2].whole.reads == {"f", "g", "a", "b"}


def test_builtins_count_as_names_only_where_the_notebook_binds_them() -> None:
    assert last("print(list('a'))").reads == frozenset()
    found = notebook("list('a')", "list = 3", "list", "del list", "list('a')")
    assert found.cells[0].whole.reads == {"list"}
    assert found.uses(2) == {"list": 3}
    assert found.uses(4) == {"list": 5}


@pytest.mark.parametrize(
    ("text", "deletes"),
    [("del a", "a"), ("del a, b", "a b"), ("try:\n    1/0\nexcept Exception as e:\n    pass", "e")],
)
def test_deleted_names_are_noted(text: str, deletes: str) -> None:
    assert last("a = b = 1", text).deletes == set(deletes.split())


def test_type_aliases_bind_a_name_where_python_knows_them() -> None:
    parsed = parse_cell("type A = list[x]", 1)
    if parsed.error is None:
        facts = analyse([parsed]).cells[0].whole
        assert (facts.binds, facts.late_reads) == ({"A"}, {"x"})
    else:
        assert sys.version_info < (3, 12)


# Across cells


def test_definitions_are_the_bindings_that_may_reach_a_cell() -> None:
    found = notebook("x = 1", "if y:\n    x = 2", "x", "x = 3", "x", "del x", "x")
    assert found.definitions(1, "x") == ()
    assert found.definitions(3, "x") == (1, 2)
    assert found.definitions(5, "x") == (4,)
    assert found.definitions(7, "x") == ()


def test_live_names_are_read_later_before_they_are_bound() -> None:
    found = notebook("x = y = z = 1", "x = 2", "x + y", "if x:\n    z = 1", "z")
    assert found.live(1) == {"y", "z"}
    assert found.live(2) == {"x", "y", "z"}
    assert found.live(5) == frozenset()


def test_uses_names_the_first_later_cell_and_heeds_what_is_kept() -> None:
    found = notebook("x = []", "y = x", "y.append(1)", "print(x)", "x = 2", "x")
    assert found.uses(1) == {"x": 2}
    assert found.uses(1, kept={1, 3, 4}) == {"x": 4}
    assert found.uses(3) == {"x": 4}
    assert found.uses(3, kept={5, 6}) == {}


def test_what_may_look_at_any_name_uses_all_of_them() -> None:
    for text in (
        "eval(s)",
        "exec(s)",
        "globals()",
        "locals()",
        "%who",
        "%%sql\nselect",
        "%run a.py",
    ):
        assert notebook("x = 1; s = ''", text).uses(1)["x"] == 2


def test_outputs_that_are_read_later_count() -> None:
    assert not notebook("1 + 1", "_").only_looks(1)
    assert not notebook("1 + 1", "x = Out[1]").only_looks(1)
    assert notebook("1 + 1", "for _ in [1]: pass", "print(_)").cells[2].whole.reads == {"_"}


# Changes


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("a.append(1)", "a b d"),
        ("b.append(1)", "a b d"),
        ("a += [1]", "a b d"),
        ("a[0] = 1", "a b d"),
        ("del a[0]", "a b d"),
        ("a[:].append(1)", ""),
        ("a.copy().append(1)", ""),
        ("list(a).append(1)", ""),
        ("sorted(a)", ""),
        ("d['k'].append(1)", "a b d"),
        ("d.pop('k', None)", "a b d"),
        ("d.setdefault('k', 1)", "a b d"),
        ("d.get('k')", ""),
        ("d['k']", ""),
        ("dd['k']", "dd"),
        ("next(it)", "it"),
        ("for _ in it: pass", "it"),
        ("2 in it", "it"),
        ("list(it)", "it"),
        ("print(*it)", "it"),
        ("x, y = it", "it"),
        ("handle.read()", "handle"),
        ("for line in handle: pass", "handle"),
        ("change(a)", "a b d"),
        ("change(list(a))", ""),
        ("keep(1)", "keep"),
        ("count(1)", "count"),
        ("cached(1)", "cached"),
        ("obj.add(1)", "obj"),
        ("obj.look()", ""),
        ("obj.x = 1", "obj"),
        ("setattr(obj, 'x', 1)", "obj"),
        ("[v.append(1) for v in [a]]", "a b d"),
        ("list(map(change, [a]))", "a b d"),
        ("[change(v) for v in (a,)]", "a b d"),
        ("(lambda v: v.clear())(a)", "a b d"),
        ("for v in [a]: v.clear()", "a b d"),
        ("with_default()", "with_default"),
    ],
)
def test_changes_reach_every_name_of_the_object(text: str, changes: str) -> None:
    start = (
        "from collections import defaultdict\nfrom functools import lru_cache\n"
        "a = [1]\nb = a\nd = {'k': b}\ndd = defaultdict(list)\nhandle = open('f')\n"
        "it = iter((1, 2))\n"
        "def change(v): v.append(1)\n"
        "def keep(v, seen=[]): seen.append(v)\n"
        "def with_default(seen={}): seen[1] = 2\n"
        "@lru_cache\ndef cached(v): return v\n"
        "def counter():\n    k = 0\n    def inner(v):\n        nonlocal k\n        k += v\n"
        "    return inner\ncount = counter()\n"
        "class Box:\n    def __init__(self): self.items = []\n"
        "    def add(self, v): self.items.append(v)\n    def look(self): return len(self.items)\n"
        "obj = Box()\n"
    )
    names = {"a", "b", "d", "dd", "it", "handle", "change", "keep", "count", "cached", "obj"}
    names.add("with_default")
    assert last(start, text).changes & names == set(changes.split())


@pytest.mark.parametrize(
    "text",
    [
        "t = []\nfor _ in range(2):\n    t.append(1)\n    t = a",
        "t = [[]]\nfor _ in range(2):\n    t[0].append(1)\n    t[0] = a",
        "t, u = [], []\nwhile len(t) < 3:\n    t.append(1)\n    t = u\n    u = a",
        "t = []\n[(t.append(7), (t := a)) for _ in range(2)]",
        "t = b = []\nfor _ in range(2):\n    b.append(1)\n    b = t\n    t = a",
    ],
)
def test_what_a_loop_changes_in_a_later_round_counts(text: str) -> None:
    assert "a" in last("a = [1]", "a = list(a)", text).changes


@pytest.mark.parametrize(
    "text",
    [
        # What a round leaves for the next one: an object, a function, a method.
        "def go():\n    t = []\n    for i in [1, 2]:\n        add(t)\n        t = a\ngo()",
        "def go():\n    h = len\n    for i in [1, 2]:\n        h([])\n        h = maker(a)\ngo()",
        "i = 0\nhs = []\nfor i in [1, 2]:\n    [h() for h in hs]\n    hs.append(maker(a))",
        "i = 0\nhs = []\nfor i in [1, 2]:\n    run(hs)\n    hs.append(later)",
        "i = 0\nfor i in [1, 2]:\n    T().go()\n    T.go = lambda self: a.append(1)",
        "t = []\n[(add(t), (t := a)) for _ in range(2)]",
        "fs = []\n"
        "[fs.append(lambda: y.append(1)) for x in 'ab' if [f() for f in fs] or x for y in [a]]",
        "h = len\n[(h := lambda v: y.append(1)) for x in 'ab' if h('') or x for y in [a]]",
    ],
)
def test_what_functions_change_in_a_later_round_counts(text: str) -> None:
    start = (
        "def add(v):\n    w = v\n    w.append(1)\n"
        "def maker(v):\n    w = v\n    def inner(k=None):\n        w.append(1)\n    return inner\n"
        "def later(): a.append(1)\n"
        "def run(fs):\n    for f in fs:\n        f()\n"
        "class T:\n    def go(self): pass"
    )
    assert "a" in last("a = [1]", start, text).changes


@pytest.mark.parametrize(
    "text",
    [
        "a[1].append(9)",
        "for part in a: part.append(1)",
        "for part in b: part.clear()",
        "b[0].clear()",
    ],
)
def test_what_lies_in_data_of_several_kinds_is_changed_with_it(text: str) -> None:
    start = (
        "import random\nsome = random.random()\n"
        "a = [1, [2, 3]] if some else {'a': (4, 5)}\n"
        "b = [[1], 'a'] if some else ((2,), 'b')\nb.append(a)"
    )
    facts = last(start, text)
    assert "a" in facts.changes
    assert not looks(start, text)


def test_a_look_up_in_data_may_ask_an_own_key() -> None:
    key = (
        "log = []\n"
        "class Key:\n    def __hash__(self):\n        log.append(1)\n        return 1\n"
        "k = Key()"
    )
    data = "import random\nd = {'a': (4, 5)} if random.random() else [1, [2, 3]]"
    assert looks(key, data, "d['a']")
    assert not looks(key, data, "d[k]")


LEVELS = 7
NESTED = "def f0(v):\n    w = v\n    return w\n" + "\n".join(
    f"def f{k}(v):\n"
    f"    found = []\n"
    f"    for x in [v]:\n"
    f"        y = f{k - 1}(x)\n"
    f"        found.append(y)\n"
    f"    return found"
    for k in range(1, LEVELS + 1)
)


def test_functions_called_in_loops_are_looked_into_however_deep() -> None:
    for k in range(LEVELS + 1):
        facts = last(NESTED, "a = [1]", f"f{k}(3)")
        assert (kinds(facts), facts.changes) == (set(), set()), k
        assert "a" in last(NESTED, "a = [1]", f"f{k}(a).append(2)").changes


def test_a_round_of_a_loop_is_not_gone_through_again_for_what_it_calls() -> None:
    kernel = Kernel()
    for number, text in enumerate([NESTED, f"f{LEVELS}(3)"], start=1):
        kernel.cell_steps = CELL_STEPS
        kernel.source = parse_cell(text, number)
        kernel.run(kernel.source.tree.body)
    # Two rounds at each level come to 2 ** LEVELS calls of f0.
    assert CELL_STEPS - kernel.cell_steps < 10 * 2**LEVELS


def test_a_change_through_code_run_later_is_seen_where_it_runs() -> None:
    assert "a" in last("a = []", "g = (a.append(v) for v in [1])", "list(g)").changes
    assert (
        "a"
        in last("a = []", "def g():\n    a.append(1)\n    yield 1", "x = g()", "next(x)").changes
    )
    assert "a" in last("a = []", "m = map(a.append, [1])", "list(m)").changes
    assert "a" in last("a = []", "fs = [lambda: a.append(1)]", "fs[0]()").changes
    assert (
        "a"
        in last(
            "a = []", "class T:\n    def go(self): a.append(1)", "ts = [T()]", "ts[0].go()"
        ).changes
    )


def test_recursion_ends_and_counts() -> None:
    facts = last(
        "def f(k, v):\n    v.append(k)\n    return f(k - 1, w) if k else v",
        "u = []\nw = []",
        "f(3, u)",
    )
    assert {"u", "w"} <= facts.changes
    facts = last("def f(k): return g(k)\ndef g(k): return f(k - 1) if k else h", "h = 1", "f(3)")
    assert "h" in facts.reads
    assert "unknown" not in kinds(facts)


# Effects


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("print(1)", "output"),
        ("display(1)", "output"),
        ("open('a').read()", "file"),
        ("open('a', 'w')", "file"),
        ("input()", "input"),
        ("import requests\nrequests.get('x')", "network"),
        ("import os\nos.system('x')", "process"),
        ("import subprocess\nsubprocess.run(['x'])", "process"),
        ("!make", "process"),
        ("%pip install x", "process"),
        ("%%bash\nmake", "process"),
        ("%%writefile a\nb", "file"),
        ("%cd x", "environment"),
        ("%env A=1", "environment"),
        ("import os\nos.environ['A'] = '1'", "environment"),
        ("import os\nos.environ.update(A='1')", "environment"),
        ("import os\nos.chdir('x')", "environment"),
        ("import sys\nsys.path.append('x')", "environment"),
        ("import sys\nsys.path[0] = 'x'", "environment"),
        ("import sys\nsys.path += ['x']", "environment"),
        ("import random\nrandom.random()", "random"),
        ("import random\nrandom.seed(1)", "random"),
        ("import warnings\nwarnings.filterwarnings('ignore')", "settings"),
        ("import math\nmath.tau = 3", "settings"),
        ("import some.module\nsome.module.x = 1", "settings"),
        ("%matplotlib qt", "settings"),
        ("%load_ext autoreload", "settings"),
        ("import time\ntime.sleep(1)", "time"),
        ("import secrets_of_mine", "unknown"),
        ("f()", "unknown"),
        ("assert 1", "unknown"),
        ("raise ValueError", "unknown"),
        ("some_name", "unknown"),
        ("%run a.py", "unknown"),
        ("%%R\nx", "unknown"),
        ("eval('x')", "unknown"),
        ("x = (", "unknown"),
    ],
)
def test_effects_have_their_kind(text: str, kind: str) -> None:
    assert kind in kinds(last(text))


def test_effects_name_what_and_where() -> None:
    (effect,) = last("x = 1\n\nopen('a', 'w')").effects
    assert (effect.kind, effect.what, effect.line) == ("file", "writes: open", 3)
    (effect,) = last("open('a')").effects
    assert effect.only_reads
    (effect,) = last("def f():\n    print(1)\n", "1\nf()").effects
    assert effect.line == 2


def test_statements_have_facts_of_their_own() -> None:
    (one, two) = notebook("x = a\nprint(x)").cells[0].statements
    assert (one.line, one.binds, one.reads) == (1, {"x"}, {"a"})
    assert (two.line, two.reads, [e.kind for e in two.effects]) == (2, {"x"}, ["output"])


# Only looking


LOOKING = [
    "print(a)",
    "a",
    "a[:2]",
    "len(a), a[0]",
    "for v in a: print(v)",
    "for k, v in enumerate(a):\n    t = k + v\n    print(t)",
    "[f'{v:>3}' for v in a]",
    "tmp = []\nfor v in a:\n    tmp.append(v)\nprint(tmp)",
    "tmp = {}\ntmp['x'] = 1\ntmp",
    "!ls",
    "!ls -l data | head -3",
    "!cat {a[0]} 2>/dev/null",
    "!nvidia-smi",
    "!pip list",
    "!python --version",
    "files = !ls",
    "?len",
    "a?",
    "%who",
    "%watermark -v",
    "%tensorboard --logdir logs",
    "%less a.py",
    "%time len(a)",
    "%%time\nprint(a)",
    "%%timeit\nt = sum(a)",
    "%%bash\nls\nwc -l x",
    "%%html\n<b>x</b>",
    "import os\nos.getcwd()",
    "import os\nos.listdir('.')",
    "open('a').read()",
    "with open('a') as f:\n    print(f.read())",
    "import json\njson.load(open('a'))",
    "look(a)",
    "Box(3).look()",
    "max(a, key=lambda v: -v)",
    "from collections import Counter\nCounter(a).most_common(3)",
    "try:\n    print(a)\nexcept Exception as e:\n    print(e)",
    "def helper(v):\n    print(v)\nhelper(a)",
    "",
    "# a comment",
    "'text'",
    "import time\nstarted = time.time()\nprint(time.time() - started)",
    "from pathlib import Path\nlist(Path('.').glob('*.csv'))",
]


@pytest.mark.parametrize("text", LOOKING)
def test_cells_that_only_look_are_found(text: str) -> None:
    start = (
        "a = [1, 2]\ndef look(v):\n    print(v)\n    return len(v)\n"
        "class Box:\n    def __init__(self, v): self.v = v\n    def look(self): return self.v"
    )
    found = notebook(start, text, "a")
    assert found.only_looks(2), found.cells[1].whole


DOING = [
    "a.append(1)",
    "b = 2",
    "a = a + [1]",
    "del b",
    "open('a', 'w')",
    "!rm x",
    "!ls > x",
    "!echo $(rm x)",
    "!ls; rm x",
    "!find . -delete",
    "!git log --output=x",
    "!pip install x",
    "%cd data",
    "%%bash\nls\nrm x",
    "%matplotlib widget",
    "import random\nrandom.random()",
    "import helpers",
    "from helpers import *",
    "unknown(a)",
    "a.unknown()",
    "assert a",
    "next(it)",
    "for v in it: print(v)",
    "'1' in it",
    "print(list(it))",
    "sum(it)",
    "print(odd)",
    "odd == 1",
    "f'{odd}'",
    "odd.size",
    "[odd]",
    "print([odd])",
    "b = 1 if a else b",
    "global_count()",
    "from __future__ import annotations",
    "input()",
    "exec('a = 1')",
    "globals()['b'] = 2",
    "def later(): return 1",
    "import sys\nmodules = [sys]\nmodules[0].path = []",
    "import os\nos.environ._data[b'A'] = b'1'",
    "x = (",
    "a = None",
]


@pytest.mark.parametrize("text", DOING)
def test_cells_that_do_something_are_never_said_to_only_look(text: str) -> None:
    start = (
        "a = [1, 2]\nb = 1\nit = iter(a)\nk = 0\n"
        "def global_count():\n    global k\n    k += 1\n"
        "class Odd:\n    def __repr__(self): global_count(); return ''\n"
        "    def __eq__(self, other): return bool(global_count())\n"
        "    @property\n    def size(self): return global_count()\n"
        "odd = Odd()"
    )
    found = notebook(start, text, "a, b, k, it\nlater()")
    assert not found.only_looks(2), found.cells[1].whole


def test_what_is_not_known_may_be_of_a_class_that_sets_attributes_in_its_own_way() -> None:
    own = "class A:\n    def __setattr__(self, name, value):\n        print(len(log))"
    found = notebook("import helpers", f"{own}\nxs = helpers.make(A())", "log = [1]", "xs.size = 2")
    assert found.uses(3) == {"log": 4}


def test_what_is_shown_counts_once_it_goes_to_a_file() -> None:
    start = "import sys"
    assert looks(start, "print(1)")
    assert not looks(start, "sys.stdout = open('log', 'w')", "print(1)")


def test_pure_expressions_are_told_from_others() -> None:
    text = (
        "a.copy()\na.pop()\nprint(a)\nlen(a) + a[0]\n[v for v in a]\nf(a)\n[(w := v) for v in a]\n3"
    )
    parsed = [parse_cell("a = [1]", 1), parse_cell(text, 2)]
    found = analyse(parsed)
    values = [node.value for node in parsed[1].tree.body if isinstance(node, ast.Expr)]
    pure = [found.is_pure(value, 2) for value in values]
    assert pure == [True, False, False, True, True, False, False, True]


# Size and depth


def test_many_cells_take_time_in_proportion() -> None:
    texts = ["import os\ndef f(v):\n    return [v, os.sep]\nx = [1]\n"]
    for k in range(3_000):
        texts.append(f"y{k} = f(x)\nif y{k}:\n    x = [{k}]\nprint(y{k})")
    cells = [parse_cell(text, k) for k, text in enumerate(texts, start=1)]
    started = time.perf_counter()
    found = analyse(cells)
    assert not any(found.only_looks(k) for k in range(2, 50))
    some = time.perf_counter() - started
    assert some < 12, some


@pytest.mark.parametrize(
    "text",
    [
        "+".join("a" * 150),
        "a" + ".b" * 150,
        "a" + "[0]" * 150,
        "not " * 150 + "a",
        "lambda: " * 150 + "a",
        "[" * 90 + "a" + "]" * 90,
        "if a:\n    b = 1\n" + "elif a:\n    b = 2\n" * 150,
        "".join(" " * k + f"for v{k} in a:\n" for k in range(19)) + " " * 19 + "b = 1",
        "[1 " + "".join(f"for v{k} in a " for k in range(60)) + "]",
        "".join(" " * k + f"def f{k}():\n" for k in range(80)) + " " * 80 + "return a",
        "\n".join(f"def g{k}(): return g{k + 1}(), g{k + 1}()" for k in range(40)) + "\ng0()",
    ],
)
def test_deep_code_neither_hangs_nor_raises(text: str) -> None:
    started = time.perf_counter()
    found = notebook("a = [1]\nb = 0", text, "b")
    assert "a" in found.cells[1].whole.reads | found.cells[1].whole.late_reads or "g0" in text
    assert time.perf_counter() - started < 10


def test_what_nests_too_deeply_to_be_looked_into_counts_as_doing_anything() -> None:
    limit = sys.getrecursionlimit()
    texts = ["a = [1]\nb = 0", "b = " + "-" * 190 + "len(a)", "b"]
    cells = [parse_cell(text, k) for k, text in enumerate(texts, start=1)]
    try:
        sys.setrecursionlimit(220)
        found = analyse(cells)
    finally:
        sys.setrecursionlimit(limit)
    assert "unknown" in kinds(found.cells[1].whole)
    assert not found.only_looks(2)
    assert found.uses(1) == {"a": 2, "b": 2}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("import pandas as pd\npd.read_csv(rows)", "rows"),
        ("import joblib\njoblib.dump([1], filename=f'{folder}/a.bin')", "f'{folder}/a.bin'"),
        ("from pathlib import Path\nPath('a').write_text('x')", "Path('a')"),
        ("def f():\n    open('a', 'w')\nf()", "'a'"),
        ("def f(p):\n    open(p, 'w')\nf('a')", None),
        ("for p in 'ab':\n    open(p, 'w')", None),
        ("if x:\n    open('a', 'w')", None),
        ("def f():\n    if x:\n        return\n    open('a', 'w')\nf()", None),
        ("open(*a)", None),
    ],
)
def test_an_effect_on_a_file_names_it_where_each_run_uses_it(text: str, path: str | None) -> None:
    paths = [one.path for one in last(text).effects if one.kind == "file"]
    assert [ast.unparse(one) if one else None for one in paths] == [path]
