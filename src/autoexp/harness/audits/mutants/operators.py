"""What may stand in place of a node of Python's syntax tree: small changes that an answer is likely to show."""

import ast
from collections.abc import Iterator

LIKELY, MAYBE, SELDOM = 0, 1, 2
"""How likely a change shows in an answer of a program that runs on."""

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_EDGE: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_OTHER: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_UNSEEN = frozenset({"print", "log", "debug", "info", "warning", "error"})


def replacements(node: ast.AST, *, inside: bool) -> Iterator[tuple[ast.AST, int]]:  # noqa: C901  one case a kind of node
    """Give nodes that may stand in a node's place, each with its rank; `inside` says that it lies in a function."""
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=comparators):
            for others, rank in ((_OPPOSITE, LIKELY), (_EDGE, MAYBE)):
                if type(operator) in others:
                    yield ast.Compare(left, [others[type(operator)]()], comparators), rank
        case ast.BoolOp(op=operator, values=values):
            yield ast.BoolOp(ast.And() if isinstance(operator, ast.Or) else ast.Or(), values), LIKELY
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OTHER:
            if not any(isinstance(side, ast.Constant | ast.JoinedStr) and _is_text(side) for side in (left, right)):
                yield ast.BinOp(left, _OTHER[type(operator)](), right), LIKELY
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand) if not isinstance(operand, ast.Constant):
            yield operand, LIKELY
        case ast.Constant(value=value):
            yield from _constants(value, inside=inside)
        case ast.comprehension(ifs=[_, *_]):
            yield ast.comprehension(node.target, node.iter, [], node.is_async), LIKELY
        case ast.stmt():
            yield from _statements(node)
        case _:
            pass


def _statements(node: ast.stmt) -> Iterator[tuple[ast.AST, int]]:
    match node:
        case ast.If(test=test) if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield ast.If(ast.UnaryOp(ast.Not(), test), node.body, node.orelse), LIKELY
        case ast.AugAssign() | ast.Break() | ast.Continue() | ast.Delete():
            yield ast.Pass(), LIKELY
        case ast.Expr(value=ast.Call(func=function)):
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            yield ast.Pass(), SELDOM if name in _UNSEEN else LIKELY
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None)), SELDOM
        case _:
            pass


def _constants(value: object, *, inside: bool) -> Iterator[tuple[ast.AST, int]]:
    rank = MAYBE if inside else SELDOM
    if isinstance(value, bool):
        yield ast.Constant(not value), MAYBE
    elif isinstance(value, int):
        yield ast.Constant(value + 1), rank
    elif isinstance(value, float):
        yield ast.Constant(value * 2 if value else 1.0), rank
    elif isinstance(value, str) and value and inside:
        yield ast.Constant(""), SELDOM


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
