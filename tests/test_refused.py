"""What the compiler refuses is refused, though most cells are never given to the compiler."""

from __future__ import annotations

import ast

import pytest

from mlv_hooks.analysis.refused import may_be_refused
from mlv_hooks.analysis.source import parse_cell

REFUSED = [
    "return 1",
    "if 1:\n    return",
    "class A:\n    return 1",
    "def f():\n    return\nreturn",
    "try:\n    pass\nfinally:\n    return",
    "break",
    "for i in x:\n    class B:\n        break",
    "for i in x:\n    def f():\n        continue",
    "while x:\n    pass\nelse:\n    break",
    "with a:\n    break",
    "if a:\n    pass\nelif b:\n    continue",
    "def f():\n    from a import *",
    "class A:\n    from a import *",
    "try:\n    pass\nexcept:\n    pass\nexcept ValueError:\n    pass",
    "def f(a, a): pass",
    "def f(a, *, a): pass",
    "def f(a, /, *a): pass",
    "def f(a, **a): pass",
    "class A:\n    @d\n    def f(x, x): pass",
    "lambda a, a: 1",
    "f(a=1, a=2)",
    "f(x, a=1, **k, a=2)",
    "f(a=1,  # why, oh\n\n  # why\n  a=2)",
    "f(b=1, a  # why\n  =1, a=2)",
    "f(a=1, \\\n a=2)",
    "f(a \\\n = 1, a=2)",
    "f(a=1,\x0ca=2)",
    "f(fi=1, \ufb01=2)",
    "class A(a=1, a=2): pass",
    "*a = 1",
    "a = *b",
    "a, *b, *c = d",
    "[*a, *b] = c",
    "for *a in b: pass",
    "def f():\n    return *a",
    "nonlocal a",
    "def f():\n    x = 1\n    global x",
    "yield",
    "class A:\n    yield",
    "def f():\n    yield 1\n    class A:\n        yield 2",
    "def f():\n    yield 1\nif f:\n    yield 2",
    "def f():\n    yield [(yield) for x in y]",
    "def f(a=(yield)):\n    pass",
    "def f():\n    await x",
    "[(yield) for x in y]",
    "[x := 1 for x in y]",
    "match x:\n    case a: pass\n    case b: pass",
    "match x:\n    case [a, a]: pass",
    "__debug__ = 1",
    "from __future__ import nope",
    "if a:\n    from __future__ import annotations",
    "async def f():\n    yield 1\n    return 2",
    "\n".join(" " * k + "for x in y:" for k in range(22)) + "\n" + " " * 23 + "pass",
]
FINE = [
    "def f():\n    for x in y:\n        yield x\n    z = yield 2\n    yield from z",
    "def f(a, *, b=1):\n    for x in a:\n        if x:\n            continue\n    return b",
    "while a:\n    try:\n        break\n    finally:\n        pass\nelse:\n    import b",
    "from a import *\nf(a=1, b=2)\ng(c=3)",
    "class A(B, c=1):\n    def f(self):\n        return self",
    "x = 2 * 3 ** 4\nf(x == 1, y=x)",
    "try:\n    pass\nexcept ValueError:\n    pass\nexcept:\n    pass",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_only_the_compiler_refuses_is_refused(text: str) -> None:
    with pytest.raises(SyntaxError) as found:
        compile(text, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    error = parse_cell(text, 1).error
    assert error is not None
    assert error.line == found.value.lineno


@pytest.mark.parametrize("text", FINE)
def test_common_code_is_not_given_to_the_compiler(text: str) -> None:
    assert not may_be_refused(text, ast.parse(text))
    assert parse_cell(text, 1).error is None


def test_what_a_kernel_compiles_statement_by_statement_may_come_late() -> None:
    assert parse_cell("import a\nfrom __future__ import annotations", 1).error is None
    error = parse_cell("import a\nfrom __future__ import division\nreturn 1", 1).error
    assert error is not None
    assert error.line == 3
