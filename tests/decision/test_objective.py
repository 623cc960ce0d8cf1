"""What an objective asks of a change, kind by kind: the computed value, the routes, and the rulings on them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import CONTRACT, positive

from autoexp.decision import Evidence, MeasureMore, decide
from autoexp.decision.objective import Criterion, Route, gate, headline, routes, with_objective
from autoexp.experiment.outcome import Verdict
from autoexp.spec.expression import ExpressionError
from autoexp.spec.model import Spec

KEEP, DISCARD, INCONCLUSIVE = Verdict.KEEP, Verdict.DISCARD, Verdict.INCONCLUSIVE


def contract(objective, *, deterministic=True, a="lower", b="higher", min_effect=None, **sections):
    """Give a contract with the metrics a (lower) and b (higher), none of them primary."""
    metrics = {
        "a": {"role": "secondary", "direction": a, "min_effect": min_effect},
        "b": {"role": "secondary", "direction": b},
    }
    measurement = {"deterministic": deterministic}
    return Spec.model_validate(
        {**CONTRACT, "metrics": metrics, "objective": objective, "measurement": measurement, **sections}
    )


WEIGHTED = {"kind": "weighted", "expression": "100/a + b"}
GEOMEAN = {"kind": "geomean", "metrics": ["a", "b"]}
PARETO = {"kind": "pareto", "metrics": ["a", "b"]}
LEXICOGRAPHIC = {"kind": "lexicographic", "metrics": ["a", "b"]}
GATED = {"kind": "gated", "metric": "a", "until": "a < 5", "then": "b"}
ALL = [WEIGHTED, GEOMEAN, PARETO, LEXICOGRAPHIC, GATED]
A = Criterion("a", lower_is_better=True)
B = Criterion("b", lower_is_better=False)


def ruled(spec, candidate, stored=(10.0, 10.0), *, incumbent=(), baseline=(10.0, 10.0), gain=0.0):
    """Rule on runs of (a, b); the objective is added to each, as the engine does."""

    def row(pair):
        return with_objective(spec, dict(zip("ab", pair, strict=True)))

    return decide(
        Evidence(
            spec=spec,
            candidate=[row(pair) for pair in ([candidate] if isinstance(candidate, tuple) else candidate)],
            incumbent=[row(pair) for pair in incumbent],
            stored=row(stored),
            baseline=row(baseline),
            gain=gain,
            deterministic=bool(spec.measurement.deterministic),
        )
    )


# routes


@pytest.mark.parametrize("objective", [WEIGHTED, GEOMEAN])
def test_computed_value_is_the_one_thing_to_improve(objective):
    (route,) = routes(contract(objective), {"a": 1.0, "b": 1.0})
    assert (route.improve.name, route.hold) == ("objective", ())


def test_primary_is_the_one_thing_to_improve():
    spec = Spec.model_validate(CONTRACT)
    assert routes(spec, {"x": 1.0}) == (Route(headline(spec)),)
    assert headline(spec).name == "x"


def test_pareto_improves_one_and_holds_the_others():
    assert routes(contract(PARETO), {}) == (Route(A, (B,)), Route(B, (A,)))


def test_lexicographic_holds_what_comes_before():
    assert routes(contract(LEXICOGRAPHIC), {}) == (Route(A), Route(B, (A,)))


def test_gated_goes_on_to_the_second_metric_when_the_condition_holds():
    spec = contract(GATED)
    assert (routes(spec, {"a": 5.0, "b": 1.0}), gate(spec, {"a": 5.0})) == ((Route(A),), None)
    assert routes(spec, {"a": 4.9, "b": 1.0}) == (Route(B),)
    assert gate(spec, {"a": 4.9}).text == "a < 5"


def test_condition_without_a_value_counts_as_not_met():
    spec = contract({**GATED, "until": "1/b > 0.1"})
    assert (routes(spec, {"a": 1.0, "b": 0.0}), gate(spec, {"a": 1.0, "b": 0.0})) == ((Route(A),), None)


@pytest.mark.parametrize("objective", [WEIGHTED, GEOMEAN, PARETO, LEXICOGRAPHIC])
def test_only_a_gated_objective_has_a_gate(objective):
    assert gate(contract(objective), {"a": 1.0, "b": 1.0}) is None


# computed values


def test_weighted_value_is_that_of_the_expression():
    assert with_objective(contract(WEIGHTED), {"a": 5.0, "b": 3.0, "c": 1.0})["objective"] == 23.0


@given(positive, positive)
def test_geometric_mean_turns_a_rate_over(a, b):
    assert with_objective(contract(GEOMEAN), {"a": a, "b": b})["objective"] == pytest.approx(math.sqrt(a / b))
    same = contract(GEOMEAN, b="lower")
    assert with_objective(same, {"a": a, "b": b})["objective"] == pytest.approx(math.sqrt(a * b))
    rates = contract(GEOMEAN, a="higher")
    assert with_objective(rates, {"a": a, "b": b})["objective"] == pytest.approx(math.sqrt(a * b))
    assert not headline(rates).lower_is_better


@pytest.mark.parametrize("objective", [PARETO, LEXICOGRAPHIC, GATED])
def test_other_kinds_add_nothing(objective):
    assert with_objective(contract(objective), {"a": 1.0, "b": 2.0}) == {"a": 1.0, "b": 2.0}


@pytest.mark.parametrize("objective", ALL)
def test_metric_that_the_objective_needs_is_missed(objective):
    with pytest.raises(ExpressionError, match="b"):
        with_objective(contract(objective), {"a": 1.0})


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_geometric_mean_of_what_is_not_positive_has_no_value(value):
    with pytest.raises(ExpressionError, match=rf"positive value .*b = {value:g}"):
        with_objective(contract(GEOMEAN), {"a": 1.0, "b": value})


def test_expression_without_a_value_is_named_with_the_values():
    with pytest.raises(ExpressionError, match=r"100/a \+ b has no value: 100 / 0 .*\(a = 0, b = 2\)"):
        with_objective(contract(WEIGHTED), {"a": 0.0, "b": 2.0})


def test_condition_without_a_value_is_an_error_when_it_is_measured():
    with pytest.raises(ExpressionError, match="1/b has no value"):
        with_objective(contract({**GATED, "until": "1/b > 0.1"}), {"a": 1.0, "b": 0.0})


# rulings where numbers repeat


TABLE = [
    (WEIGHTED, (5.0, 10.0), KEEP),
    (WEIGHTED, (5.0, 0.0), DISCARD),
    (WEIGHTED, (10.0, 10.0), DISCARD),
    (GEOMEAN, (9.0, 10.0), KEEP),
    (GEOMEAN, (5.0, 5.1), KEEP),
    (GEOMEAN, (5.0, 4.9), DISCARD),
    (PARETO, (9.0, 10.0), KEEP),
    (PARETO, (10.0, 11.0), KEEP),
    (PARETO, (9.0, 11.0), KEEP),
    (PARETO, (10.0, 10.0), DISCARD),
    (PARETO, (5.0, 9.9), DISCARD),
    (PARETO, (10.1, 99.0), DISCARD),
    (LEXICOGRAPHIC, (9.9, 1.0), KEEP),
    (LEXICOGRAPHIC, (10.0, 11.0), KEEP),
    (LEXICOGRAPHIC, (10.1, 99.0), DISCARD),
    (LEXICOGRAPHIC, (10.0, 10.0), DISCARD),
    (GATED, (9.0, 1.0), KEEP),
    (GATED, (10.0, 99.0), DISCARD),
]


@pytest.mark.parametrize(("objective", "candidate", "verdict"), TABLE)
def test_each_kind_rules_by_its_own_measure(objective, candidate, verdict):
    assert ruled(contract(objective), candidate).verdict is verdict


@pytest.mark.parametrize(("candidate", "verdict"), [((4.9, 11.0), KEEP), ((4.0, 10.0), DISCARD), ((3.0, 9.0), DISCARD)])
def test_gated_objective_improves_the_second_metric_beyond_its_gate(candidate, verdict):
    ruling = ruled(contract(GATED), candidate, (4.5, 10.0))
    assert (ruling.verdict, ruling.guard, ruling.metric) == (verdict, None, "b")


def test_condition_that_was_reached_is_a_must():
    ruling = ruled(contract(GATED), (5.0, 99.0), (4.5, 10.0))
    assert ruling.verdict is DISCARD
    assert (ruling.guard.metric, ruling.guard.bound, ruling.guard.value) == ("a < 5", "until a < 5", 5.0)
    assert ruling.reasons == ("a < 5 held and holds no more: a is 5",)


def test_reason_names_what_decided_and_what_was_held():
    ruling = ruled(contract(PARETO), (10.0, 11.0))
    assert (ruling.metric, ruling.reasons) == ("b", ("kept: b 10.00% better, 1 run; a not worse",))


def test_reason_names_what_got_worse():
    ruling = ruled(contract(PARETO), (8.0, 9.0))
    assert ruling.reasons[0] == "discarded, b 10.00% worse: a 20.00% better, 1 run"


def test_discard_on_all_routes_is_told_for_each():
    ruling = ruled(contract(PARETO), (11.0, 10.0))
    assert ruling.reasons == ("discarded: a 10.00% worse", "discarded: b is the same")
    assert (ruling.metric, ruling.effect) == ("a", pytest.approx(-0.1))


def test_smallest_effect_of_a_metric_holds_on_its_own_route():
    spec = contract(PARETO, min_effect="5%")
    assert ruled(spec, (9.6, 10.0)).verdict is DISCARD
    assert ruled(spec, (9.5, 10.0)).verdict is KEEP
    assert ruled(spec, (10.0, 10.1)).verdict is KEEP


def test_smallest_effect_of_the_expression_holds():
    spec = contract({**WEIGHTED, "min_effect": "5%"})
    assert ruled(spec, (10.0, 10.9)).verdict is DISCARD
    assert ruled(spec, (10.0, 11.1)).verdict is KEEP


EQUAL = {"on_equal": "keep"}


@pytest.mark.parametrize("objective", ALL)
def test_equal_is_kept_only_when_the_contract_says_so(objective):
    assert ruled(contract(objective), (10.0, 10.0)).verdict is DISCARD
    assert ruled(contract(objective, decision=EQUAL), (10.0, 10.0)).verdict is KEEP


@pytest.mark.parametrize("objective", [PARETO, LEXICOGRAPHIC])
@pytest.mark.parametrize("candidate", [(10.0, 9.0), (11.0, 10.0)])
def test_equal_in_one_and_worse_in_another_is_not_equal(objective, candidate):
    assert ruled(contract(objective, decision=EQUAL), candidate).verdict is DISCARD


def test_gain_is_told_of_the_metric_that_decided():
    ruling = ruled(contract(PARETO), (5.0, 22.0), (5.0, 20.0), gain=0.5)
    assert (ruling.metric, ruling.effect) == ("b", pytest.approx(0.2))


pairs = st.tuples(positive, positive)


@given(pairs, pairs, st.sampled_from([PARETO, LEXICOGRAPHIC]))
def test_change_and_its_reverse_are_never_both_kept(one, other, objective):
    spec = contract(objective)
    assert {ruled(spec, one, other).verdict, ruled(spec, other, one).verdict} != {KEEP}


@given(pairs, pairs)
def test_pareto_keeps_what_dominates_and_nothing_else(candidate, stored):
    (a, b), (x, y) = candidate, stored
    dominates = a <= x and b >= y and candidate != stored
    assert (ruled(contract(PARETO), candidate, stored).verdict is KEEP) == dominates


@given(pairs, pairs)
def test_lexicographic_keeps_what_comes_first_in_that_order(candidate, stored):
    (a, b), (x, y) = candidate, stored
    assert (ruled(contract(LEXICOGRAPHIC), candidate, stored).verdict is KEEP) == ((a, -b) < (x, -y))


@given(pairs, pairs, st.floats(0.001, 1e6))
def test_kept_candidate_never_leaves_the_gate_that_its_parent_passed(candidate, stored, limit):
    spec = contract({**GATED, "until": f"a < {limit!r}"})
    if ruled(spec, candidate, stored).verdict is KEEP and stored[0] < limit:
        assert candidate[0] < limit


@given(pairs, pairs, st.sampled_from(ALL), st.integers(-10, 10))
def test_other_unit_of_one_metric_changes_no_verdict(candidate, stored, objective, power):
    scale = 2.0**power  # exact, but for the logarithms of a geometric mean
    if objective == WEIGHTED:
        scaled = contract({**WEIGHTED, "expression": f"100/(a/{scale!r}) + b"})
    elif objective == GATED:
        scaled = contract({**GATED, "until": f"a < {5 * scale!r}"})
    else:
        scaled = contract(objective)
    plain = ruled(contract(objective), candidate, stored)
    other = ruled(scaled, (candidate[0] * scale, candidate[1]), (stored[0] * scale, stored[1]))
    if objective != GEOMEAN or abs((candidate[0] * stored[1]) / (candidate[1] * stored[0]) - 1) > 1e-9:
        assert other.verdict is plain.verdict


# rulings where numbers do not repeat


BATCH = {"method": {"batch": {"k": 3}}}


def batched(objective, candidate, incumbent, **more):
    spec = contract(objective, deterministic=False, decision=BATCH)
    return ruled(spec, candidate, incumbent=incumbent, **more)


THREE = [(10.0, 10.0), (10.1, 10.1), (9.9, 9.9)]


def moved(a=0.0, b=0.0):
    return [(x + a, y + b) for x, y in THREE]


@pytest.mark.parametrize("objective", ALL)
def test_noisy_objective_takes_all_pairs(objective):
    assert isinstance(batched(objective, THREE[:2], THREE[:1]), MeasureMore)
    assert isinstance(batched(objective, THREE[:2], THREE[:2]), MeasureMore)
    assert not isinstance(batched(objective, THREE, THREE), MeasureMore)


@pytest.mark.parametrize(
    ("objective", "a", "b", "verdict"),
    [
        (PARETO, -1.0, -0.05, KEEP),
        (PARETO, -1.0, -0.2, DISCARD),
        (PARETO, 0.05, 1.0, KEEP),
        (PARETO, 0.2, 1.0, DISCARD),
        (PARETO, -0.09, 0.0, INCONCLUSIVE),
        (PARETO, -0.09, -0.2, DISCARD),
        (LEXICOGRAPHIC, -1.0, -5.0, KEEP),
        (LEXICOGRAPHIC, 0.05, 1.0, KEEP),
        (LEXICOGRAPHIC, 0.2, 1.0, DISCARD),
    ],
)
def test_worse_within_the_spread_is_not_worse(objective, a, b, verdict):
    assert batched(objective, moved(a, b), THREE).verdict is verdict


def test_noisy_gate_does_not_end_it_but_stops_a_keep():
    gated = {**GATED, "until": "a < 10.05"}
    assert isinstance(batched(gated, [(10.1, 12.0)], []), MeasureMore)
    assert batched(gated, moved(a=0.1, b=2.0), THREE).guard.metric == "a < 10.05"
    assert batched(gated, moved(b=2.0), THREE).verdict is KEEP
    assert batched(gated, moved(a=0.1, b=-2.0), THREE).guard is None
