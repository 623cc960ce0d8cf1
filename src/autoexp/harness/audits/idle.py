"""How much of a run is work of the target? Runs in which it does nothing tell: what they take less."""

import ast

from autoexp.experiment.measurement import Sample
from autoexp.harness.audits.ground import Edits, Ground
from autoexp.harness.audits.numbers import words_of
from autoexp.harness.audits.sources import python_of

_RUNS = 2
_PART = 0.25
"""Share of a whole run that a timed span must be, so that the whole run tells of it."""


def work_s(ground: Ground, name: str, span_s: float) -> float | None:
    """Give the seconds of a run that the target works; None where a run is so much longer than the span that it does not tell."""
    whole_s, next_s = sorted(_used_s(name, sample) for sample in (*ground.samples, *ground.samples[:1]))[:2]
    if not ground.scope or span_s < _PART * whole_s or ground.left_s() < _RUNS * ground.sample_s:
        return None
    edits = _idle(ground)
    idle_s = min(_used_s(name, ground.measure(edits, i=i)) for i in range(_RUNS))
    return next_s - idle_s  # the next to least: it is the least of fewer runs that it is compared with


def _used_s(name: str, sample: Sample) -> float:
    """Give what a whole run took, by the clock that a metric is about."""
    return sample.usage.cpu_s if "cpu" in words_of(name) else sample.usage.wall_s


def _idle(ground: Ground) -> Edits:
    """Give targets without work: Python with functions that return at once and what it imports, everything else empty."""
    edits: dict[str, bytes | None] = {}
    for path in ground.scope:
        tree = python_of(ground, path)
        edits[path] = ast.unparse(_Idle().visit(tree)).encode() if tree is not None else b""
    return edits


class _Idle(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = [ast.Return(ast.Constant(None))]
        return ast.fix_missing_locations(node)
