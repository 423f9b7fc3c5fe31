"""Count what a reader passes who follows one request through the code.

``sys.setprofile`` tells of each call. A function counts once, where it is first called
from another module: what a module keeps to itself is read on the way. Not counted are
what Python or pydantic call by themselves (dunder methods, comprehensions, lambdas,
properties, validators), functions of one plain statement, and ``HELPERS``.
"""

import ast
import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import CodeType, FrameType
from typing import Any

PACKAGES = ("mofang_jobs", "mofang_api", "mofang_spawner")
HELPERS = (
    "mofang_api.base",
    "mofang_api.quantities",
    "mofang_api.models",
    "mofang_jobs.adapters.memo",
    "mofang_jobs.adapters.subscriptions",
)
"""Quantities, parsing of models, caches and notifications: known from their names."""

_CALLED_BY_OTHERS = {"property", "field_validator", "model_validator", "validator"}


@dataclass(slots=True)
class Walk:
    """Functions in the order in which they are first called."""

    functions: list[tuple[str, str]] = field(default_factory=list)
    """Module and qualified name of each."""

    @property
    def modules(self) -> set[str]:
        """The modules they are in."""
        return {module for module, _ in self.functions}

    @property
    def returns(self) -> int:
        """How often a function is in a module that was left before."""
        visits = 0
        last = ""
        for module, _ in self.functions:
            visits += module != last
            last = module
        return visits - len(self.modules)

    def part(self, first: str, end: str = "") -> "Walk":
        """Return the walk from a function on, and up to another one."""
        names = [name for _, name in self.functions]
        until = names.index(end) if end else None
        return Walk(functions=self.functions[names.index(first) : until])

    @property
    def size(self) -> tuple[int, int, int]:
        """Functions, modules, and returns to a module already left."""
        return len(self.functions), len(self.modules), self.returns

    def __str__(self) -> str:
        return "\n".join(f"{module}: {name}" for module, name in self.functions)


@contextmanager
def walked() -> Iterator[Walk]:
    """Record the walk through what is called in the context, tasks included."""
    walk, known = Walk(), set[CodeType]()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or code in known:
            return
        known.add(code)
        module = _module(frame)
        if module and module != _caller(frame) and _counts(code):
            walk.functions.append((module, code.co_qualname))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield walk
    finally:
        sys.setprofile(before)


def _module(frame: FrameType) -> str:
    """Return the module of a function that may count; empty for others."""
    name = str(frame.f_globals.get("__name__", ""))
    is_ours = name.startswith(PACKAGES) and not name.startswith(HELPERS)
    return name if is_ours else ""


def _caller(frame: FrameType) -> str:
    """Return the module of ours that a call comes from, perhaps by way of others."""
    before = frame.f_back
    while before is not None and not _module(before):
        before = before.f_back
    return _module(before) if before else ""


def _counts(code: CodeType) -> bool:
    if code.co_name.startswith(("<", "__")):
        return False
    node = _definitions(code.co_filename).get(code.co_firstlineno)
    return node is not None and not _is_plain(node)


@cache
def _definitions(path: str) -> dict[int, ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse("".join(linecache.getlines(path)))
    return {
        min([node.lineno, *(each.lineno for each in node.decorator_list)]): node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _is_plain(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Say whether a function is a property or validator, or has only one statement."""
    marks = {ast.unparse(each).split("(")[0] for each in node.decorator_list}
    if marks & _CALLED_BY_OTHERS:
        return True
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return len(body) == 1 and isinstance(body[0], ast.Return | ast.Expr | ast.Assign)
