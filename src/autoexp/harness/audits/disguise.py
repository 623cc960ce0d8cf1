"""Is a metric of several terms one of them in disguise? In the objective's expression, and in what the harness adds up itself."""

import math
from collections.abc import Iterator, Mapping

from autoexp.harness.audits.finding import Finding
from autoexp.harness.audits.formulas import Formula, constant_terms, formulas
from autoexp.harness.audits.ground import Ground
from autoexp.harness.audits.numbers import figures
from autoexp.spec.expression import ExpressionError, parse
from autoexp.spec.objective import WeightedObjective

NAME, CONSTANT = "disguise", "constant-term"
MOST = 0.95
"""A term with a larger share of value or of sensitivity is the whole metric."""
_STEP, _WEIGHS, _SHARE = 1e-4, 0.05, 0.05
_FIX = (
    "say what is really wanted: decide on one metric and bound the others by guards, take `objective: {kind: geomean}`, or choose weights by "
    "which each term has a like share at the baseline"
)


def disguise(ground: Ground) -> Iterator[Finding]:
    """Look at the shares of the terms of what is decided on, at the baseline."""
    objective, values = ground.spec.objective, ground.samples[0].values
    if isinstance(objective, WeightedObjective):
        expression = parse(objective.expression)
        known = {name: values[name] for name in expression.names if name in values}
        shares = _sensitivities(expression.evaluate, known)
        if shares and (found := _dominant(shares)) is not None:
            yield _finding(objective.expression, ground.spec.primary, found, shares, "of the sensitivity")
        return
    for formula in _own_formulas(ground):
        whole = math.fsum(abs(term.value) for term in formula.terms)
        shares = {term.text: abs(term.value) / whole for term in formula.terms} if whole else {}
        if (found := _dominant(shares)) is not None:
            yield _finding(f"{formula.place}: {formula.text}", ground.spec.primary, found, shares, "of the value")
            return
    yield from _printed_sum(ground)


def constant_term(ground: Ground) -> Iterator[Finding]:
    """Look for a part of a metric that the harness adds up, and that no change of the target can move."""
    printed = [figures(ground.printed(sample)) for sample in ground.samples]
    deciding = {name for formula in _own_formulas(ground) for name in formula.inputs} | {ground.spec.primary}
    for term in constant_terms(ground):
        for name in deciding:
            if not term.names_it(name) or any(name not in one for one in printed):
                continue
            share = min(abs(term.value / one[name].value) if one[name].value else 0.0 for one in printed)
            if share > _SHARE and name in term.metrics(printed[0]):
                yield Finding(
                    CONSTANT,
                    f"a part of {name} is the same whatever the target does",
                    f"{term.place}: `{term.text}` is {term.value:g}, {min(share, 1):.0%} of {name} = {printed[0][name].value:g}",
                    "measure what it stands for (bytes that were really read, say), or leave it out",
                )
                return


def _own_formulas(ground: Ground) -> tuple[Formula, ...]:
    """Give the sums in the harness that make the primary metric, proved by the numbers of every run so far."""
    return formulas(ground, ground.spec.primary)


def _sensitivities(evaluate: object, known: Mapping[str, float]) -> dict[str, float]:
    """Give each metric's share of what a percent more of each would do; nothing where a metric is at 0 and would count elsewhere."""
    if not callable(evaluate) or len(known) < 2:  # noqa: PLR2004  one metric cannot hide behind another
        return {}
    try:
        at = evaluate(known)
        moves = {}
        for name, value in known.items():
            if value == 0 and abs(evaluate({**known, name: 1.0}) - at) > _WEIGHS * abs(at):
                return {}
            up, down = (evaluate({**known, name: value * (1 + step)}) for step in (_STEP, -_STEP))
            moves[name] = abs(up - down)
    except ExpressionError:
        return {}
    whole = math.fsum(moves.values())
    return {name: move / whole for name, move in moves.items()} if whole else {}


def _dominant(shares: Mapping[str, float]) -> str | None:
    if len(shares) < 2:  # noqa: PLR2004  a sum of one term hides nothing
        return None
    name = max(shares, key=shares.__getitem__)
    return name if shares[name] > MOST else None


def _finding(formula: str, primary: str, term: str, shares: Mapping[str, float], of: str) -> Finding:
    others = ", ".join(f"{name} {share:.2%}" for name, share in shares.items() if name != term)
    return Finding(
        NAME,
        f"{primary} is {term} in disguise",
        f"{formula}; at the baseline {term} carries {_percent(shares[term])} {of}, {others}",
        _FIX,
    )


def _percent(share: float) -> str:
    return f"{share:.1%}" if share < 0.9995 else "over 99.9%"  # noqa: PLR2004


def _printed_sum(ground: Ground) -> Iterator[Finding]:
    """See whether the primary is the sum of metrics printed beside it whose names begin or end as its own does."""
    printed = [figures(ground.printed(sample)) for sample in ground.samples]
    primary = ground.spec.primary
    if any(primary not in one for one in printed):
        return
    own = set(primary.lower().replace(".", "_").split("_"))
    terms = [
        name
        for name in printed[0]
        if name != primary
        and own & set(name.lower().replace(".", "_").split("_"))
        and all(name in one for one in printed)
    ]
    if len(terms) < 2:  # noqa: PLR2004
        return
    for one in printed:
        room = math.fsum(one[name].step for name in terms) + one[primary].step
        if abs(math.fsum(one[name].value for name in terms) - one[primary].value) > room + 1e-6 * abs(
            one[primary].value
        ):
            return
    first = printed[0]
    whole = math.fsum(abs(first[name].value) for name in terms)
    shares = {name: abs(first[name].value) / whole for name in terms} if whole else {}
    if (found := _dominant(shares)) is not None:
        yield _finding(f"{primary} = {' + '.join(terms)}", primary, found, shares, "of the value")
