"""Arithmetic over metrics, as people write it: `100/latency_s + 0.01*health`, and conditions such as `latency_ms < 200`.

Text is read by Python's grammar and becomes a small tree of numbers, names and operations. Everything else that the grammar
knows is refused, and nothing is executed.
"""

import ast
import difflib
import math
import re
import warnings
from dataclasses import replace
from functools import lru_cache

from autoexp.spec.arithmetic import (
    COMPARISONS,
    ONE_ARGUMENT,
    OPERATORS,
    SEVERAL_ARGUMENTS,
    Condition,
    Expression,
    ExpressionError,
    Name,
    Node,
    Number,
    Operation,
)
from autoexp.spec.metric import METRIC_NAME

__all__ = ["Condition", "Expression", "ExpressionError", "condition", "parse"]

MAX_LENGTH = 1_000
MAX_DEPTH = 100

_QUOTED = re.compile(r"`([^`]*)`")
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
_SIGNS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_FUNCTIONS = {
    **dict.fromkeys(ONE_ARGUMENT, "one argument"),
    **dict.fromkeys(SEVERAL_ARGUMENTS, "two or more arguments"),
}
_ALLOWED = f"numbers, names of metrics, ( ) {' '.join(OPERATORS)} and {', '.join(_FUNCTIONS)}"


@lru_cache(maxsize=64)
def parse(text: str) -> Expression:
    """Read an expression. Raises ValueError, with the column, over all that is no arithmetic."""
    source = _Source(text)
    return replace(source.expression(source.tree()), text=source.text)


@lru_cache(maxsize=64)
def condition(text: str) -> Condition:
    """Read `expression < expression`, with one of < <= > >=. Raises ValueError, with the column, over all else."""
    source = _Source(text)
    match source.tree():
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _SIGNS:
            return Condition(source.text, source.expression(left), _SIGNS[type(sign)], source.expression(right))
        case node:
            raise source.refusal(
                node, f"one comparison is expected, such as `latency_ms < 200`, with {' '.join(COMPARISONS)}"
            )


class _Source:
    """A text on its way to a tree: it knows what was quoted, and where each node stood."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise ValueError(f"it has {len(text)} characters, more than {MAX_LENGTH}")
        self.text = text.strip()
        # The grammar knows no backticks: a quoted name is hidden behind underscores, and read from the text again.
        self._plain = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), re.sub(r"\s", " ", self.text))
        for letter in "`#":
            if letter in self._plain:
                raise _refusal(
                    self._plain.index(letter),
                    f"{letter} " + ("without its partner" if letter == "`" else "is not allowed"),
                )

    def tree(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self._plain, mode="eval").body
        except SyntaxError as error:
            column = (error.offset or len(self._plain) or 1) - 1  # 0 where the text ends too early
            raise _refusal(column, f"it does not parse: {error.msg}") from None
        except (ValueError, MemoryError, RecursionError):
            raise ValueError(
                "it does not parse: it is nested too deeply, or holds a character that no text has"
            ) from None

    def expression(self, node: ast.expr) -> Expression:
        return Expression(self._written(node), self._node(node, MAX_DEPTH))

    def refusal(self, node: ast.AST, message: str) -> ValueError:
        return _refusal(self._span(node)[0], message)

    def _node(self, node: ast.expr, depth: int) -> Node:
        if depth == 0:
            raise self.refusal(node, f"it is nested more than {MAX_DEPTH} deep")
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return self._number(node, value)
            case ast.Name():
                return Name(self._name(node))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Operation("-", (self._node(operand, depth - 1),))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
                return Operation(_BINARY[type(sign)], (self._node(left, depth - 1), self._node(right, depth - 1)))
            case ast.Call(func=ast.Name() as function, args=arguments, keywords=[]):
                return self._call(node, self._written(function), arguments, depth)
            case _:
                raise self.refusal(
                    node, f"`{_cut(self._written(node))}` is not allowed; allowed are {_ALLOWED}{_hint(node)}"
                )

    def _number(self, node: ast.expr, value: float) -> Number:
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.refusal(node, "the number is too large")
        return Number(number)

    def _name(self, node: ast.expr) -> str:
        written = self._written(node)
        quoted = _QUOTED.fullmatch(written)
        name = quoted[1] if quoted else written
        if METRIC_NAME.fullmatch(name) is None or (quoted is None and name.startswith("__")):
            raise self.refusal(node, f"{_cut(written)} is not the name of a metric")
        return name

    def _call(self, node: ast.expr, function: str, arguments: list[ast.expr], depth: int) -> Operation:
        if function not in _FUNCTIONS:
            near = difflib.get_close_matches(function, _FUNCTIONS, n=1)
            more = f"did you mean {near[0]}?" if near else f"known are {', '.join(_FUNCTIONS)}"
            raise self.refusal(node, f"there is no function {_cut(function)}; {more}")
        if (len(arguments) == 1) != (function in ONE_ARGUMENT) or not arguments:
            raise self.refusal(node, f"{function} takes {_FUNCTIONS[function]}")
        return Operation(function, tuple(self._node(argument, depth - 1) for argument in arguments))

    def _written(self, node: ast.AST) -> str:
        """Give the text of a node as it was written: the grammar's own names are folded to another form."""
        start, end = self._span(node)
        return self.text[start:end]

    def _span(self, node: ast.AST) -> tuple[int, int]:
        encoded = self._plain.encode()
        start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None)
        return len(encoded[:start].decode()), len(encoded[:end].decode())


def _hint(node: ast.expr) -> str:
    """Help who wrote a name with other characters as it is: `a.b` is an attribute, `cpu%` a remainder."""
    named = isinstance(node, ast.Attribute) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.MatMult)
    )
    return "; the name of a metric with other characters stands in backticks" if named else ""


def _refusal(column: int, message: str) -> ValueError:
    return ValueError(f"column {column + 1}: {message}")


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004  enough to find it again
