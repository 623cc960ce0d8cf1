"""Mutants of a Python file."""

import ast
import copy
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from autoexp.harness.audits.mutants.mutant import Mutant
from autoexp.harness.audits.mutants.operators import replacements

LONGEST = 60
"""Letters of a statement that is shown as a whole."""

_Node = TypeVar("_Node", bound=ast.AST)


@dataclass(frozen=True, slots=True)
class _Site:
    """A node by its number in a walk of the tree, with the statement that it lies in, and what may stand in its place."""

    number: int
    statement: ast.stmt | None
    node: ast.AST
    instead: ast.AST
    rank: int
    place: str


def of_python(
    path: str, tree: ast.Module, *, reached: Collection[int] | None = None
) -> Iterator[tuple[Mutant, Callable[[], ast.Module]]]:
    """Give all mutants of a file, each with what makes its tree.

    `reached` are the lines that begin a block which is run (None: not known); nothing is changed elsewhere. What starts the file as a
    program, texts that document, and annotations stay.
    """
    for site in _sites(tree, reached):
        line = getattr(site.node, "lineno", None) or _line(site.node)
        mutant = Mutant(path, line, *_shown(site), site.place, site.rank)
        yield mutant, partial(_with, tree, site)


def _sites(tree: ast.Module, reached: Collection[int] | None) -> Iterator[_Site]:
    places = _places(tree, reached)
    for number, node in enumerate(ast.walk(tree)):
        known = places.get(id(node))
        if known is None:
            continue
        for instead, rank in replacements(node, inside=bool(known.function)):
            yield _Site(number, known.statement, node, instead, rank, known.function)


@dataclass(frozen=True, slots=True)
class _Place:
    """The function and the statement that something lies in."""

    function: str = ""
    statement: ast.stmt | None = None

    def inside(self, node: ast.AST) -> "_Place":
        """Give the place of what lies in a node that lies here."""
        function, statement = self.function, node if isinstance(node, ast.stmt) else self.statement
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            function = f"{function}.{node.name}" if function else node.name
        return _Place(function, statement)


def _places(tree: ast.Module, reached: Collection[int] | None) -> dict[int, _Place]:
    """Give for every node that may change where it lies."""
    found: dict[int, _Place] = {}
    waiting: list[tuple[ast.AST, _Place]] = [(tree, _Place())]
    while waiting:
        node, place = waiting.pop()
        if not _stays(node, place.function):
            found[id(node)] = place
            waiting += [(child, place.inside(node)) for child in _children(node, reached)]
    return found


def _stays(node: ast.AST, place: str) -> bool:
    """Tell what nothing is changed in: documentation, imports, messages of errors, parameters, the start as a program."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.arguments | ast.JoinedStr | ast.Raise | ast.Assert):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.If) and not place and "__name__" in ast.unparse(node.test)


def _children(node: ast.AST, reached: Collection[int] | None) -> Iterator[ast.AST]:
    """Give what lies in a node and is run."""
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        inner = [child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST)]
        first = inner[0] if inner else None
        is_block = isinstance(first, ast.stmt) and not isinstance(node, ast.Module | ast.ClassDef)
        if reached is None or not is_block or getattr(first, "lineno", 0) in reached:
            yield from inner


def _with(tree: ast.Module, site: _Site) -> ast.Module:
    return ast.fix_missing_locations(_replaced(copy.deepcopy(tree), site.number, site.instead))


def _replaced(root: _Node, number: int, instead: ast.AST) -> _Node:
    """Put something in the place of the node of that number in a walk."""
    target = next(node for at, node in enumerate(ast.walk(root)) if at == number)
    put = ast.copy_location(copy.deepcopy(instead), target)

    class _Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return put if node is target else self.generic_visit(node)

    _Put().visit(root)
    return root


def _number(root: ast.AST, wanted: ast.AST) -> int:
    return next(at for at, node in enumerate(ast.walk(root)) if node is wanted)


def _shown(site: _Site) -> tuple[str, str]:
    """Give what stands there before and after: of a short statement the whole of it."""
    whole = site.statement
    if isinstance(whole, _SHORT) and len(text := ast.unparse(whole)) <= LONGEST and whole is not site.node:
        changed = ast.parse(text).body[0]
        return text, ast.unparse(_replaced(changed, _number(whole, site.node), site.instead))
    return _text(site.node), _text(site.instead)


_SHORT = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.If):
        return f"if {ast.unparse(node.test)}"
    return ast.unparse(node).strip()


def _line(node: ast.AST) -> int:
    return next((inner.lineno for inner in ast.walk(node) if hasattr(inner, "lineno")), 1)
