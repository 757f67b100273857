"""A statement that has something of a kernel in it -> plain Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Any, TypeGuard

from mlv_hooks.analysis.known_names import words
from mlv_hooks.analysis.source import CellSource
from mlv_hooks.analysis.trees import walk
from mlv_hooks.step.plots import SHOWING

if TYPE_CHECKING:
    from mlv_hooks.step.lowering import Lowering

HISTORY = re.compile(r"_+\d*|_i+\d*|_[iod]h|Out|In")
ABSENT = {
    "__file__": "`__file__` does not exist in a notebook: write the path",
    "__doc__": "`__doc__` is the kernel's: write the text",
    "__builtins__": "`__builtins__` is not the same in a module: import builtins",
    "__annotations__": "`__annotations__` is not the same in a function: write a dict",
    "__spec__": "`__spec__` is not the same in a module",
    "__package__": "`__package__` is not the same in a module",
    "__loader__": "`__loader__` is not the same in a module",
    "get_ipython": "a step has no get_ipython(): use a magic, or plain Python",
    "input": "a step can't ask: make it a parameter",
    "exit": "exit() ends the kernel: raise SystemExit or take it out",
    "quit": "quit() ends the kernel: raise SystemExit or take it out",
}
MAIN = "`__main__` is another module in a step: use globals()"
KERNELS = frozenset({"ipykernel", "IPython"})
TASKS = frozenset({"create_task", "ensure_future"})


class Rewriter(ast.NodeTransformer):
    """Takes a statement's copy to plain Python."""

    def __init__(self, lowering: Lowering, cell: CellSource) -> None:
        self.lowering = lowering
        self.cell = cell
        self.depth = 0
        self.local: list[set[str]] = []

    def statements(self, body: Iterable[ast.stmt]) -> list[ast.stmt]:
        """Return what is left of a block."""
        result: list[ast.stmt] = []
        for node in body:
            new = self.visit(node)
            result += new if isinstance(new, list) else [new] if new is not None else []
        return result

    def refuse(self, message: str, node: Any) -> None:
        self.lowering.trouble(message, getattr(node, "lineno", 1))

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name, value in ast.iter_fields(node):
            if not isinstance(value, list):
                if isinstance(value, ast.AST):
                    setattr(node, name, self.visit(value))
            elif value and isinstance(value[0], ast.stmt):
                body = self.statements(value)
                needed = name == "body" or (
                    name == "finalbody" and not getattr(node, "handlers", 1)
                )
                setattr(node, name, body or ([ast.Pass()] if needed else []))
            else:
                setattr(node, name, [self.visit(o) if isinstance(o, ast.AST) else o for o in value])
        return node

    # --- scopes

    def _inside(self, node: Any) -> ast.AST:
        args = node.args
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
        names = {one.arg for one in every if one is not None}
        names |= {
            one.id
            for one in walk(node)
            if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)
        }
        self.depth += 1
        self.local.append(names)
        new = self.generic_visit(node)
        self.local.pop()
        self.depth -= 1
        return new

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _inside

    def is_free(self, name: str) -> bool:
        """Say whether a name has its first meaning here."""
        if any(name in names for names in self.local):
            return False
        if self.depth:
            return name not in self.lowering.bound
        return self.lowering.is_free(name)

    # --- statements

    def visit_Expr(self, node: ast.Expr) -> Any:
        magic = self.cell.magic(node)
        if magic is not None:
            if self.depth:
                self.lowering.known |= set().union(*self.local)
            return self.lowering.magic(magic, node)
        call = node.value
        if isinstance(call, ast.Call):
            if self.is_showing(call.func):
                return self.arguments(call)
            if _last_name(call.func) == "show" and self.is_pyplot_show(call):
                return self.show(node, call)
        return self.generic_visit(node)

    def arguments(self, call: ast.Call) -> list[ast.stmt]:
        """Return what evaluating the arguments of a call does."""
        values = [*call.args, *(one.value for one in call.keywords)]
        return [
            ast.copy_location(ast.Expr(self.visit(_inner(one))), call)
            for one in values
            if not self.leaves_nothing(_inner(one))
        ]

    def leaves_nothing(self, node: ast.expr) -> bool:
        """Say whether a value is pure, or `HTML(...)` or the like around something pure."""
        return self.lowering.is_pure(node) or (
            isinstance(node, ast.Call)
            and _last_name(node.func) in WRAPPERS
            and all(self.lowering.is_pure(one) for one in node.args)
            and not node.keywords
        )

    def is_showing(self, function: ast.expr) -> bool:
        """Say whether a function is one with which IPython shows values."""
        if isinstance(function, ast.Name):
            name = function.id
            if name in self.lowering.plots.shown and not any(name in one for one in self.local):
                return True
            return name in SHOWING and self.is_free(name)
        if _last_name(function) not in SHOWING:
            return False
        return _text_of(function).startswith(("IPython.display.", "display."))

    def shown_value(self, call: ast.Call) -> ast.expr:
        """Return what a call that shows something gives: nothing, unless it is asked for more."""
        plain = not any(one.arg in ("display_id", None) for one in call.keywords)
        values = [_inner(one) for one in (*call.args, *(one.value for one in call.keywords))]
        if plain and all(isinstance(one, ast.Name) or self.leaves_nothing(one) for one in values):
            return ast.copy_location(ast.Constant(None), call)
        self.refuse(_as_value(call.func), call)
        return call

    def is_pyplot_show(self, call: ast.Call) -> bool:
        function = call.func
        if isinstance(function, ast.Attribute):
            return _text_of(function.value) in self.lowering.plots.pyplot
        return False

    def show(self, node: ast.Expr, call: ast.Call) -> Any:
        """`plt.show()` ends the figures in a notebook, and must not wait for a window."""
        if not self.lowering.plots.closes:
            return None
        assert isinstance(call.func, ast.Attribute)
        call.func.attr = "close"
        call.args, call.keywords = [ast.Constant("all")], []
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        magic = self.cell.magic(node)
        return self.generic_visit(node) if magic is None else self.lowering.magic(magic, node)

    def visit_If(self, node: ast.If) -> Any:
        guard = _main_guard(node.test)
        if guard is None or not self.is_free("__name__"):
            return self.generic_visit(node)
        return self.statements(node.body if guard else node.orelse)

    # --- expressions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        name = node.id
        if not isinstance(node.ctx, ast.Load):
            return node
        if self.is_showing(node):
            self.refuse(_as_value(node), node)
        if not self.is_free(name):
            return node
        if name == "__name__":
            return ast.copy_location(ast.Constant("__main__"), node)
        if name == "__IPYTHON__":
            return ast.copy_location(ast.Constant(True), node)
        if HISTORY.fullmatch(name):
            self.refuse(f"`{name}` is the kernel's history: give the value a name", node)
        elif name in ABSENT:
            self.refuse(ABSENT[name], node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        if node.attr in ("getsource", "getsourcelines"):
            self.refuse(f"inspect.{node.attr} sees another text in a step", node)
        if node.attr == "ps1":
            self.refuse("sys.ps1 is there in a kernel only", node)
        whole = _text_of(node)
        if (
            whole == "sys.argv"
            and isinstance(node.ctx, ast.Load)
            and "argv" not in self.lowering.given
        ):
            self.refuse("sys.argv is the kernel's: make it a parameter", node)
        elif whole == "sys.argv" and not self.depth:
            self.lowering.given.add("argv")
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> Any:
        if isinstance(node.left, ast.Constant) and node.left.value in KERNELS:
            self.refuse("a step is no kernel: take the question out", node)
        for one in node.comparators:
            if isinstance(one, ast.Call) and _is_name(one.func, "dir") and not one.args:
                one.func = ast.Name("globals", ast.Load())
                self.lowering.result.reflective = True
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        if self.is_showing(node.func):
            return self.shown_value(node)
        name = _last_name(node.func)
        if name == "getpass" and "getpass" in self.lowering.bound:
            self.refuse(ABSENT["input"], node)
        if isinstance(node.func, ast.Name) and name in self.lowering.plots.bare:
            self.refuse("show() would wait for a window: write plt.show()", node)
        if isinstance(node.func, ast.Name) and self.is_free(name):
            self.reflection(node, name)
        elif isinstance(node.func, ast.Attribute):
            self.method(node, name)
        elif name in TASKS:
            self.task(node)
        return self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> ast.Import:
        if any(one.name == "__main__" for one in node.names):
            self.refuse(MAIN, node)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        if node.module == "__main__":
            self.refuse(MAIN, node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        key = node.slice
        main = _is_name(key, "__name__") or getattr(key, "value", None) == "__main__"
        if main and _text_of(node.value) == "sys.modules":
            self.refuse(MAIN, node)
        return self.generic_visit(node)

    def method(self, node: ast.Call, name: str) -> None:
        asking = name in ("parse_args", "parse_known_args")
        if asking and not node.args and not node.keywords and "argv" not in self.lowering.given:
            self.refuse(f"{name}() reads the kernel's arguments: make them parameters", node)
        whole = _text_of(node.func)
        nested = "nest_asyncio" in self.lowering.bound
        starts = whole == "asyncio.run" or name == "run_until_complete"
        if starts and not self.depth and not nested:
            self.refuse(f"{whole} fails in a notebook, whose loop runs: use await", node)
        if name in TASKS:
            self.task(node)
        if whole in LOOPS and not self.depth:
            self.lowering.result.runs_loop = True

    def task(self, node: ast.Call) -> None:
        """See to what goes on between cells, where a kernel runs its loop."""
        if self.depth:
            return
        body = [one for one in self.cell.tree.body if (one.end_lineno or 0) >= node.lineno]
        names = {one.id for one in walk(body[0]) if _is_bound(one)} if body else set()
        awaits = [one for part in body for one in walk(part) if isinstance(one, ast.Await)]
        inside = (one for part in awaits for one in walk(part))
        if not any(_is_read(one, names) or _is_at(one, node) for one in inside):
            self.refuse(
                "a task goes on between the cells: await it in the cell that makes it", node
            )

    def reflection(self, node: ast.Call, name: str) -> None:
        """See to what looks names up by their text."""
        if name in ("exec", "eval"):
            self.lowering.result.reflective = True
            if not self.depth and len(node.args) == 1 and not node.keywords:
                node.args.append(_call("globals"))
        elif name == "globals":
            self.lowering.result.reflective = True
        elif name in ("locals", "vars", "dir") and not node.args and not self.depth:
            self.lowering.result.reflective = True
            assert isinstance(node.func, ast.Name)
            node.func.id = "globals"
            if name == "dir":
                node.args = []
                node.func = ast.Name("sorted", ast.Load())
                node.args = [_call("globals")]


LOOPS = frozenset(
    {
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.get_event_loop",
        "asyncio.get_running_loop",
    }
)
WRAPPERS = words(
    """
    HTML Markdown Latex Math SVG JSON Javascript Pretty Code IFrame Audio Video Image
    """
)


def _call(name: str) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [], [])


def _inner(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _as_value(function: ast.expr) -> str:
    return f"{_last_name(function)} is used as a value: call it in a line of its own"


def _text_of(node: ast.expr) -> str:
    """Return a dotted name, empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def _main_guard(test: ast.expr) -> bool | None:
    """Say what `__name__ == "__main__"` is in a kernel; None for another test."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    sides = [test.left, test.comparators[0]]
    texts = [one.value for one in sides if isinstance(one, ast.Constant)]
    if not any(_is_name(one, "__name__") for one in sides) or texts != ["__main__"]:
        return None
    if isinstance(test.ops[0], ast.Eq):
        return True
    return False if isinstance(test.ops[0], ast.NotEq) else None


def _is_bound(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _is_read(node: ast.AST, names: Set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _is_at(node: ast.AST, call: ast.Call) -> bool:
    """Say whether a node is the one that ``call`` is a copy of."""
    place = (call.lineno, call.col_offset)
    return isinstance(node, ast.Call) and (node.lineno, node.col_offset) == place
