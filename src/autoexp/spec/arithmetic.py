"""Arithmetic over metrics as a small frozen tree, and what it comes to. How it is read from text lives in expression."""

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

OPERATORS: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": math.pow,
}
ONE_ARGUMENT: Final[Mapping[str, Callable[[float], float]]] = {
    "abs": abs,
    "sqrt": math.sqrt,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "exp": math.exp,
}
SEVERAL_ARGUMENTS: Final[Mapping[str, Callable[..., float]]] = {"min": min, "max": max}
COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class ExpressionError(ValueError):
    """An expression has no finite value for the numbers that were measured."""


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """The value of a metric."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or function applied to its operands; `-` with one operand changes the sign."""

    symbol: str
    operands: tuple["Node", ...]


Node = Number | Name | Operation


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as written, and its tree."""

    text: str
    root: Node

    @property
    def names(self) -> frozenset[str]:
        """Give the names of the metrics in it."""
        return frozenset(_names(self.root))

    def evaluate(self, values: Mapping[str, float]) -> float:
        """Give its value. Raises ExpressionError when a name has no value, or a step no finite one."""
        try:
            return _value(self.root, values)
        except ExpressionError as error:
            known = ", ".join(f"{name} = {values[name]:g}" for name in sorted(self.names) if name in values)
            raise ExpressionError(f"{self.text} has no value: {error}" + (f" ({known})" if known else "")) from None


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of two expressions."""

    text: str
    left: Expression
    sign: str
    right: Expression

    @property
    def names(self) -> frozenset[str]:
        """Give the names of the metrics in it."""
        return self.left.names | self.right.names

    def holds(self, values: Mapping[str, float]) -> bool:
        """Tell whether it holds. Raises ExpressionError when a side has no value."""
        return COMPARISONS[self.sign](self.left.evaluate(values), self.right.evaluate(values))


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Name):
        yield node.name
    elif isinstance(node, Operation):
        for operand in node.operands:
            yield from _names(operand)


def _value(node: Node, values: Mapping[str, float]) -> float:
    match node:
        case Number(value):
            return value
        case Name(name):
            if not math.isfinite(values.get(name, math.nan)):
                raise ExpressionError(f"{name} was not measured")
            return float(values[name])
        case Operation(symbol, operands):
            return _result(symbol, [_value(operand, values) for operand in operands])


def _result(symbol: str, numbers: list[float]) -> float:
    """Give the result of one step; a step without a finite one would make what follows look like a value."""
    try:
        result = _function(symbol, len(numbers))(*numbers)
    except (ArithmeticError, ValueError):
        result = math.nan
    if not math.isfinite(result):
        raise ExpressionError(f"{_shown(symbol, numbers)} is no finite number")
    return result


def _function(symbol: str, count: int) -> Callable[..., float]:
    if symbol in OPERATORS:
        return operator.neg if count == 1 else OPERATORS[symbol]
    return ONE_ARGUMENT.get(symbol) or SEVERAL_ARGUMENTS[symbol]


def _shown(symbol: str, numbers: list[float]) -> str:
    parts = [f"{number:g}" for number in numbers]
    return f" {symbol} ".join(parts) if symbol in OPERATORS else f"{symbol}({', '.join(parts)})"
