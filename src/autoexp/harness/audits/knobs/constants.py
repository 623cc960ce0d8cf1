"""Constants at the top of Python files, and how their values are read: not at all, to be shown only, in functions that nobody calls."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from autoexp.harness.audits.ground import Ground
from autoexp.harness.audits.knobs.knob import Knob
from autoexp.harness.audits.sources import CODE, python_of, text_of

_NAME = re.compile(r"[A-Z][A-Z0-9_]*[A-Z0-9]")
_SHOWS = re.compile(r"(^|\.)(print|pprint|debug|info|warning|error|exception|log|echo|secho)$")
_ASKS_BY_NAME = re.compile(r"\b(globals|vars|locals|exec|eval|getattr|setattr|inspect|import_module)\b")
_LABELS = frozenset({"VERSION", "AUTHOR", "NAME", "TITLE", "DESCRIPTION", "LICENSE", "URL"})
_METHODS = (
    "bool eq ne lt le gt ge hash add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow matmul rmatmul neg pos abs "
    "invert and rand or ror xor rxor lshift rlshift rshift rrshift index int float complex round str repr format bytes iter len getitem setitem "
    "contains call enter fspath reversed next getattribute reduce_ex buffer copy deepcopy"
)
_TRAP = (
    "class _AutoexpUnread:\n    def _asked(self, *_, **__):\n        import os\n        os._exit(97)\n\n\n"
    f"for _autoexp_name in {_METHODS!r}.split():\n"
    '    setattr(_AutoexpUnread, f"__{_autoexp_name}__", _AutoexpUnread._asked)\n'
)
"""Goes before a constant: a value that ends the process as soon as anything is done with it, but to hand it on."""


def constants(ground: Ground, path: str) -> Iterator[Knob]:
    """Give the constants of a Python file, each with the reason why its value cannot matter, if it cannot."""
    tree, source = python_of(ground, path), text_of(ground, path)
    if tree is None:
        return
    lines = source.split("\n")
    live = _live_functions(ground, tree, path)
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                pass
            case _:
                continue
        if _NAME.fullmatch(name) is None or name in _LABELS or not _is_literal(value):
            continue
        unread = _unread(ground, tree, path, name, live)
        yield Knob(
            path=path,
            name=name,
            line=node.lineno,
            text=ast.unparse(value),
            start=_character(lines, value.lineno, value.col_offset),
            end=_character(lines, value.end_lineno or value.lineno, value.end_col_offset or 0),
            values=(_other(ast.literal_eval(value)) if unread else "_AutoexpUnread()",),
            unread=unread,
            before="" if unread else _TRAP,
            gone=f"0\ndel {name}",
        )


def _character(lines: Sequence[str], line: int, column: int) -> int:
    """Give the place in a text of what the parser names by line and byte."""
    return sum(len(one) + 1 for one in lines[: line - 1]) + len(lines[line - 1].encode()[:column].decode())


def _other(value: object) -> str:
    """Give another value of the same kind."""
    match value:
        case bool():
            return repr(not value)
        case int() | float():
            return repr(value * 2 + 1)
        case str():
            return repr(f"{value}autoexp")
        case list() | tuple():
            return repr(value[:-1] if value else type(value)((1,)))
        case _:
            return "7"


def _is_literal(node: ast.expr) -> bool:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return isinstance(value, int | float | str | bool | tuple | list | None)


def _unread(ground: Ground, tree: ast.Module, path: str, name: str, live: Mapping[str, bool]) -> str:
    if _ASKS_BY_NAME.search(text_of(ground, path)) or _elsewhere(ground, path, name):
        return ""
    shown, idle = 0, set[str]()
    for function, in_show in _reads(tree, name):
        if in_show:
            shown += 1
        elif function and not live.get(function, True):
            idle.add(function)
        else:
            return ""
    if idle:
        return f"read only in {', '.join(f'{one}()' for one in sorted(idle))}, which nothing calls"
    return "printed, and read by nothing else" if shown else "read by nothing"


def _elsewhere(ground: Ground, path: str, name: str) -> bool:
    """Tell whether any other program or build file of the tree has the name in it."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    others = (
        other
        for other in ground.paths
        if other != path and (other.endswith(CODE) or "." not in other.rpartition("/")[2])
    )
    return any(word.search(text_of(ground, other)) for other in others)


def _reads(tree: ast.Module, name: str) -> Iterator[tuple[str, bool]]:
    """Give each read of a name: the function at the top that it is in, if any, and whether it is only to be shown."""

    def walk(node: ast.AST, function: str, *, shows: bool) -> Iterator[tuple[str, bool]]:
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            yield function, shows
        for child in ast.iter_child_nodes(node):
            inside = shows or (
                isinstance(node, ast.Call)
                and child is not node.func
                and _SHOWS.search(ast.unparse(node.func)) is not None
            )
            outer = function
            if not function and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                outer = child.name
            yield from walk(child, outer, shows=inside)

    yield from walk(tree, "", shows=False)


def _live_functions(ground: Ground, tree: ast.Module, path: str) -> dict[str, bool]:
    """Tell of each function at the top whether something can call it: code at the top, another file, or a function that is called itself."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    top = [node for node in tree.body if node not in functions.values()]
    waiting = [name for name, node in functions.items() if node.decorator_list or _elsewhere(ground, path, name)]
    waiting += _named(top, functions)
    live = set[str]()
    while waiting:
        name = waiting.pop()
        if name not in live:
            live.add(name)
            waiting += _named([functions[name]], functions)
    return {name: name in live for name in functions}


def _named(nodes: Collection[ast.AST], functions: Mapping[str, object]) -> Iterator[str]:
    for node in nodes:
        for inner in ast.walk(node):
            match inner:
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str() as name) if (
                    name in functions
                ):
                    yield name
