"""Whether what a Python target answers differs after a change: copies of it that tell, and the comparison of what they told.

A difference counts only where HEAD tells the same thing twice.
"""

import ast
import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autoexp.experiment.measurement import Sample
from autoexp.harness.audits.attempts import Attempt, attempt
from autoexp.harness.audits.ground import Edits, Ground
from autoexp.harness.audits.mutants import spy
from autoexp.harness.audits.sources import python_of

MOST_FILES = 20

Told = Mapping[tuple[str, str, str], tuple[str, ...]]
"""By file, function and number of calls: what was told of the answers, one text for each process."""


@dataclass(frozen=True, slots=True)
class Watched:
    """HEAD with its Python files watched: the run, what holds in every run, which lines begin a block that was reached."""

    trees: Mapping[str, ast.Module]
    sample: Sample
    steady: Told
    reached: Mapping[str, frozenset[int]]

    @property
    def asked(self) -> Mapping[str, frozenset[str]]:
        """Give the functions of each file that are called from outside; of a program that only prints there are none."""
        files = {file for file, name, _ in self.steady if name != spy.PRINTED}
        return {
            file: frozenset(name.removesuffix(spy.ITEMS) for of, name, _ in self.steady if of == file) for file in files
        }

    def edits(self, changed: Mapping[str, ast.Module]) -> Edits:
        """Give the watched files, with some changed."""
        return {path: instrumented(changed.get(path, tree), path) for path, tree in self.trees.items()}

    def differs(self, told: Told) -> bool:
        """Tell whether answers are not those of HEAD; how often a function is called is the caller's affair, how much it yields is not."""
        return any(
            told[key] != known if key in told else key[1].endswith((spy.PRINTED, spy.ITEMS))
            for key, known in self.steady.items()
        )


def watch(ground: Ground) -> Watched | None:
    """Watch HEAD in two runs; None where it has no Python, where nothing calls it from outside, or where it does not pass when it is watched."""
    trees = {path: tree for path in ground.scope if (tree := python_of(ground, path)) and tree.body}
    if not trees or len(trees) > MOST_FILES:
        return None
    first, second = (
        attempt(ground, {path: instrumented(tree, path, cover=cover) for path, tree in trees.items()}, checked=False)
        for cover in (False, True)
    )
    if first.noticed or second.noticed:
        return None
    once, again = told_by(ground, first), told_by(ground, second)
    steady = {key: known for key, known in once.items() if key[1] and again.get(key) == known}
    called = {key: known for key, known in steady.items() if key[1] != spy.PRINTED}
    steady = called or steady
    reached = {
        path: frozenset(
            int(line)
            for key, known in again.items()
            if key[:2] == (path, "")
            for text in known
            for line in text.split(",")
        )
        for path in trees
    }
    return Watched(trees, first.sample, steady, reached) if steady else None


def told_by(ground: Ground, made: Attempt) -> Told:
    """Give what a watched run told."""
    found: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for line in ground.complained(made.sample).splitlines():
        mark, *fields = line.split("\t")
        if mark == spy.MARK and len(fields) == _FIELDS:
            file, name, count, said = fields
            found[file, name, count] = (*found.get((file, name, count), ()), said)
    return found


def instrumented(tree: ast.Module, path: str, *, cover: bool = False) -> bytes:
    """Give the source of a file whose functions tell their answers, and with `cover` which blocks are reached."""
    watched = copy.deepcopy(tree)
    if cover:
        _Marking().visit(watched)
    for node in watched.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        for one in inner:
            if isinstance(one, ast.FunctionDef) and (not one.name.startswith("__") or one.name == "__call__"):
                one.decorator_list.insert(0, ast.Name("_autoexp_spy", ast.Load()))
    place = _after_head(watched.body)
    watched.body[place:place] = ast.parse(
        _PROLOGUE.format(source=Path(spy.__file__).read_text(encoding="utf-8"), path=path)
    ).body
    return ast.unparse(ast.fix_missing_locations(watched)).encode()


_FIELDS = 4
_PROLOGUE = (
    "_autoexp_spy = {{'__name__': 'autoexp_spy'}}\n"
    "exec({source!r}, _autoexp_spy)\n"
    "_autoexp_spy = _autoexp_spy['Spy'](globals(), {path!r})\n"
)


class _Marking(ast.NodeTransformer):
    """Lets every block say that it was reached, by the line of its first statement."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.Module | ast.ClassDef):
            return node
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                seen = ast.parse(f"_autoexp_spy.hits.add({block[0].lineno})").body
                at = _after_head(block) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else 0
                block[at:at] = seen
        return node


def _after_head(body: list[ast.stmt]) -> int:
    """Give the place behind a docstring and imports from the future."""
    place = 0
    for node in body:
        is_text = (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        )
        if not is_text and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            break
        place += 1
    return place
