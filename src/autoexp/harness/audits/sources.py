"""The tree at HEAD as audits read it: which files a command starts, and what those import. Nothing is run here."""

import ast
import posixpath
import re
import warnings
from collections.abc import Iterator, Sequence

from autoexp.harness.audits.ground import Ground
from autoexp.spec import commands
from autoexp.spec.sections import Command

LONGEST = 400_000
"""Bytes of a file that audits read; a longer one is data."""
DEEPEST = 60
"""Files that are followed from one command."""
CODE = (".py", ".sh", ".bash", ".js", ".mjs", ".cjs", ".ts")


def text_of(ground: Ground, path: str) -> str:
    """Give a file's text; empty for one that is no text, is too long, or is not there."""
    try:
        content = ground.read(path)
    except KeyError:
        return ""
    if len(content) > LONGEST or b"\0" in content:
        return ""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def python_of(ground: Ground, path: str) -> ast.Module | None:
    """Give the syntax tree of a Python file; None where it is none, or does not parse."""
    if not path.endswith(".py"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text_of(ground, path))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def started(ground: Ground, command: Command | None) -> tuple[str, ...]:
    """Give the files of the tree that a command names, and those that its shell scripts name, in that order."""
    found = dict[str, None]()
    waiting = _named(command, ground) if command else []
    while waiting and len(found) < DEEPEST:
        path = waiting.pop(0)
        if path in found:
            continue
        found[path] = None
        if path.endswith((".sh", ".bash")):
            text = re.sub(r"^\s*#.*$", "", text_of(ground, path), flags=re.MULTILINE)
            waiting += _named(text, ground)
    return tuple(path for path in found if path.endswith(CODE))


def imported(ground: Ground, script: str) -> dict[str, tuple[str, ...]]:
    """Give every Python file that runs in the process of a script, each with the chain of imports that leads to it."""
    paths = frozenset(ground.paths)
    chains: dict[str, tuple[str, ...]] = {script: (script,)}
    waiting = [script]
    while waiting and len(chains) < DEEPEST:
        path = waiting.pop(0)
        tree = python_of(ground, path)
        for module, level in _imports(tree) if tree else ():
            for found in _resolved(module, level, path, _roots(ground, script), paths):
                if found not in chains:
                    chains[found] = (*chains[path], found)
                    waiting.append(found)
    return chains


def judge_files(ground: Ground) -> tuple[str, ...]:
    """Give the files of measure that no candidate may change: what it starts, and what that imports or starts in turn."""
    found = dict[str, None]()
    waiting = list(started(ground, ground.spec.harness.measure))
    while waiting and len(found) < DEEPEST:
        path = waiting.pop(0)
        if path in found:
            continue
        found[path] = None
        if path.endswith(".py"):
            waiting += [*imported(ground, path), *_mentioned(ground, path)]
    return tuple(path for path in found if path not in ground.scope)


def _mentioned(ground: Ground, path: str) -> Iterator[str]:
    """Give the Python files beside a file that it names in a text, as one does who starts them."""
    tree = python_of(ground, path)
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)} if tree else set()
    folder = posixpath.dirname(path)
    for text in sorted(text for text in texts if isinstance(text, str) and text.endswith(".py")):
        yield from (one for one in (posixpath.join(folder, text), text) if one in ground.paths)


def _named(command: Command, ground: Ground) -> list[str]:
    return [path for path in commands.named(command, ground.spec.harness.cwd) if path in ground.paths]


def _roots(ground: Ground, script: str) -> tuple[str, ...]:
    """Give the folders that modules are looked for in: the script's, the one it starts in, those of PYTHONPATH."""
    given = [part for part in ground.spec.harness.env.get("PYTHONPATH", "").split(":") if part]
    cwd = ground.spec.harness.cwd
    return tuple(dict.fromkeys((posixpath.dirname(script), cwd, *(posixpath.join(cwd, part) for part in given), "src")))


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Give the modules that a file imports, wherever in it, with the dots before them; not those for a type checker alone."""
    idle = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for part in node.body
        for inner in ast.walk(part)
    }
    for node in ast.walk(tree):
        if id(node) in idle:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield base, node.level
            yield from ((f"{base}.{alias.name}".strip("."), node.level) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module") and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, 0


def _resolved(module: str, level: int, path: str, roots: Sequence[str], paths: frozenset[str]) -> Iterator[str]:
    if level:
        folder = path
        for _ in range(level):
            folder = posixpath.dirname(folder)
        roots = (folder,)
    parts = [part for part in module.split(".") if part]
    for root in roots:
        for upto in range(1, len(parts) + 1):
            place = posixpath.normpath(posixpath.join(root, *parts[:upto]))
            for found in (f"{place}.py", f"{place}/__init__.py"):
                if found in paths:
                    yield found
