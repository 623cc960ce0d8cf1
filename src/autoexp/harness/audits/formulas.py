"""Sums of weighted terms in the source of a Python harness, and whether they are what a run has printed."""

import ast
import itertools
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from autoexp.harness.audits.ground import Ground
from autoexp.harness.audits.numbers import Shown, figures, words_of
from autoexp.harness.audits.sources import judge_files, python_of

_MOST_NAMES, _MOST_WAYS = 5, 400
_ROUGH = 0.02
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a sum, and its value at the baseline."""

    text: str
    value: float


@dataclass(frozen=True, slots=True)
class Formula:
    """A sum that gives a printed metric out of other printed ones, the `inputs`."""

    place: str
    text: str
    terms: tuple[Term, ...]
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConstantTerm:
    """A term of constants alone; `words` are those of the function and of the name that the sum goes to."""

    place: str
    text: str
    value: float
    words: frozenset[str]

    def names_it(self, metric: str) -> bool:
        """Tell whether the sum goes by the name of a metric."""
        return bool(self.words & _telling(metric))

    def metrics(self, printed: Mapping[str, Shown]) -> frozenset[str]:
        """Give the printed metrics that the sum can be: those of its name that are at least as large as the term."""
        return frozenset(
            name
            for name, shown in printed.items()
            if self.names_it(name) and abs(shown.value) + shown.step >= self.value
        )


def formulas(ground: Ground, metric: str) -> tuple[Formula, ...]:
    """Give the sums of two terms and more in the harness that the printed numbers of every run prove to be a metric."""
    printed = [figures(ground.printed(sample)) for sample in ground.samples]
    if not printed or any(metric not in one for one in printed):
        return ()
    found = []
    for path, tree, constants in _files(ground):
        for node, assigned in _sums(tree):
            formula = _proved(node, assigned, constants, metric, printed, place=f"{path}:{node.lineno}")
            if formula is not None:
                found.append(formula)
    return tuple(found)


def constant_terms(ground: Ground) -> Iterator[ConstantTerm]:
    """Give the terms of sums in the harness that are made of named constants alone, beside terms that are not."""
    files = list(_files(ground))
    trees = [tree for _, tree, _ in files]
    for path, tree, constants in files:
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for node, _ in _sums(function):
                terms = _terms(node)
                fixed = [term for term in terms if _names(term) and _names(term) <= constants.keys()]
                if not fixed or len(fixed) == len(terms):
                    continue
                value = sum(_value(term, constants) or 0.0 for term in fixed)
                words = words_of(function.name) | _goal(function, node) | _given_to(trees, function.name)
                if value > 0:
                    yield ConstantTerm(f"{path}:{node.lineno}", " + ".join(map(ast.unparse, fixed)), value, words)


def _files(ground: Ground) -> Iterator[tuple[str, ast.Module, Mapping[str, float]]]:
    """Give the harness's files with the numbers that each has a name for, its own and those that it imports."""
    trees = {path: tree for path in judge_files(ground) if (tree := python_of(ground, path)) is not None}
    everywhere = {name: value for tree in trees.values() for name, value in _constants(tree).items()}
    for path, tree in trees.items():
        yield path, tree, {**everywhere, **_constants(tree)}


def _constants(tree: ast.Module) -> dict[str, float]:
    found: dict[str, float] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            for name, value in pairs:
                if isinstance(name, ast.Name) and (number := _value(value, found)) is not None:
                    found[name.id] = number
    return found


def _sums(tree: ast.AST) -> Iterator[tuple[ast.BinOp, Mapping[str, ast.expr]]]:
    """Give the longest sums, each with what names of its function stand for; a name that is bound twice stands for itself."""
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.FunctionDef | ast.Module):
            continue
        own = list(_within(scope))
        bound: dict[str, list[ast.expr]] = {}
        for node in own:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                bound.setdefault(node.targets[0].id, []).append(node.value)
        assigned = {name: values[0] for name, values in bound.items() if len(values) == 1}
        sums = [node for node in own if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)]
        inner = {id(side) for node in sums for side in (node.left, node.right)}
        yield from ((node, assigned) for node in sums if id(node) not in inner)


def _within(scope: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from _within(child)


def _terms(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_terms(node.left), *_terms(node.right)]
    return [node]


def _opened(node: ast.expr, assigned: Mapping[str, ast.expr]) -> list[ast.expr]:
    """Give the terms, with names of whole terms replaced by what they stand for where that can be worked out."""
    found = []
    for term in _terms(node):
        stands = assigned.get(term.id) if isinstance(term, ast.Name) else None
        found.append(stands if isinstance(stands, ast.BinOp) else term)
    return found


def _proved(
    node: ast.BinOp,
    assigned: Mapping[str, ast.expr],
    constants: Mapping[str, float],
    metric: str,
    printed: Sequence[Mapping[str, Shown]],
    *,
    place: str,
) -> Formula | None:
    terms = _opened(node, assigned)
    free = sorted({name for term in terms for name in _names(term)} - constants.keys())
    if not free or len(free) > _MOST_NAMES:
        return None
    choices = [[name for name in printed[0] if name != metric and _telling(name) & _telling(one)] for one in free]
    for chosen in itertools.islice(itertools.product(*choices), _MOST_WAYS):
        if len(set(chosen)) < len(chosen) or not all(
            _fits(terms, free, chosen, constants, metric, one) for one in printed
        ):
            continue
        first = {**constants, **{name: printed[0][at].value for name, at in zip(free, chosen, strict=True)}}
        values = tuple(Term(ast.unparse(term), _value(term, first) or 0.0) for term in terms)
        return Formula(place, " + ".join(term.text for term in values), values, chosen)
    return None


def _fits(
    terms: Sequence[ast.expr],
    free: Sequence[str],
    chosen: Sequence[str],
    constants: Mapping[str, float],
    metric: str,
    one: Mapping[str, Shown],
) -> bool:
    if any(name not in one for name in (*chosen, metric)):
        return False
    values = {**constants, **{name: one[at].value for name, at in zip(free, chosen, strict=True)}}
    numbers = [_value(term, values) for term in terms]
    if any(number is None for number in numbers):
        return False
    whole = math.fsum(number or 0.0 for number in numbers)
    return abs(whole - one[metric].value) <= _ROUGH * abs(one[metric].value) + one[metric].step


def _value(  # noqa: PLR0911  one answer a form
    node: ast.expr, values: Mapping[str, float]
) -> float | None:
    """Work out an expression of numbers and names; None for anything else."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return values.get(name)
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return values.get(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            turned = _value(inner, values)
            return None if turned is None else -turned
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            first, second = _value(left, values), _value(right, values)
            try:
                return None if first is None or second is None else float(_OPERATORS[type(sign)](first, second))
            except (ArithmeticError, TypeError, ValueError):
                return None
    return None


def _names(node: ast.expr) -> frozenset[str]:
    """Give the names that an expression reads: those of variables, of attributes and of keys."""
    found = set()
    for inner in ast.walk(node):
        match inner:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str() as name)):
                found.add(name)
    return frozenset(found)


def _goal(function: ast.FunctionDef, node: ast.expr) -> frozenset[str]:
    """Give the words of the name or the key that a sum goes to."""
    for inner in ast.walk(function):
        match inner:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is node:
                return words_of(name)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if value is node and isinstance(key, ast.Constant):
                        return words_of(str(key.value))
    return frozenset()


def _given_to(trees: Sequence[ast.Module], function: str) -> frozenset[str]:
    """Give the words of the names that the answer of a function goes to."""
    found = frozenset[str]()
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=called)):
                if ast.unparse(called).rpartition(".")[2] == function:
                    found |= words_of(name)
    return found


def _telling(name: str) -> frozenset[str]:
    """Give the words of a name without units and fill words."""
    return words_of(name) - {
        "s",
        "ms",
        "us",
        "ns",
        "seconds",
        "second",
        "usd",
        "dollars",
        "gb",
        "mb",
        "pct",
        "percent",
        "score",
        "total",
        "per",
        "k",
    }
