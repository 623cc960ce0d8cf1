"""Guards: numbers that must stay in bounds, whatever the gain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import ordinary, spec

from autoexp.decision import Evidence, decide
from autoexp.decision.guards import first_broken
from autoexp.experiment.outcome import Verdict


def guarded(**bound):
    return spec(measurement={"deterministic": True}, metrics={"g": {"role": "guard", **bound}})


def broken(value, incumbent=100.0, baseline=80.0, **bound):
    values = {} if value is None else {"g": value}
    result = first_broken(guarded(**bound).metrics, values, {"g": incumbent}, {"g": baseline})
    return None if result is None else result.bound


HOLDS = {
    "equals": lambda value, limit: value == limit,
    "at_least": lambda value, limit: value >= limit,
    "at_most": lambda value, limit: value <= limit,
}
LIMITS = {
    "number": (50, 50.0),
    "baseline": ("baseline", 80.0),
    "incumbent": ("incumbent", 100.0),
    "times incumbent": ({"of": "incumbent", "times": 1.5}, 150.0),
    "times baseline": ({"of": "baseline", "times": 0.5}, 40.0),
    "of without times": ({"of": "incumbent"}, 100.0),
}


@pytest.mark.parametrize("kind", sorted(HOLDS))
@pytest.mark.parametrize("name", sorted(LIMITS))
@pytest.mark.parametrize("step", [-1.0, 0.0, 1.0])
def test_guard_of_each_kind_holds_against_each_bound(kind, name, step):
    bound, limit = LIMITS[name]
    assert (broken(limit + step, **{kind: bound}) is None) == HOLDS[kind](limit + step, limit)


@pytest.mark.parametrize("kind", sorted(HOLDS))
def test_zero_is_a_bound_like_others(kind):
    assert [broken(value, **{kind: 0}) is None for value in (-1.0, 0.0, 1.0)] == [
        HOLDS[kind](value, 0) for value in (-1.0, 0.0, 1.0)
    ]


def test_guard_without_a_value_is_broken():
    assert broken(None, at_most=5) == "at_most 5"


def test_guard_against_a_value_that_nobody_knows_is_broken():
    assert first_broken(guarded(at_most="incumbent").metrics, {"g": 1.0}, {}, {}).bound == "at_most unknown"


def test_rounding_of_a_product_breaks_no_guard():
    assert broken(0.1 * 3, incumbent=0.1, at_most={"of": "incumbent", "times": 3}) is None


def test_each_bound_of_a_guard_is_checked():
    assert broken(11.0, at_least=1, at_most=10) == "at_most 10"


def test_secondary_metrics_guard_nothing():
    contract = spec(metrics={"s": {"role": "secondary"}})
    assert first_broken(contract.metrics, {}, {}, {}) is None


def evidence(contract, candidate, incumbent=(), *, stored, deterministic):
    return Evidence(
        spec=contract,
        candidate=candidate,
        incumbent=incumbent,
        stored=stored,
        baseline=stored,
        gain=0.0,
        deterministic=deterministic,
    )


def test_broken_guard_ends_it_at_once_with_its_reason():
    noisy = spec(metrics={"g": {"role": "guard", "at_most": 10}})
    decision = decide(evidence(noisy, [{"x": 1.0, "g": 12.0}], stored={"x": 10.0, "g": 5.0}, deterministic=False))
    assert decision.verdict is Verdict.DISCARD
    assert decision.guard.metric == "g"
    assert decision.reasons == ("g broke its guard: at_most 10, measured 12",)


guards = st.sampled_from([4.0, 5.0, 6.0]) | ordinary


def triples(x):
    return st.lists(st.fixed_dictionaries({"x": x, "g": guards}), min_size=3, max_size=3)


@given(
    triples(st.floats(1, 9.5)),
    triples(st.floats(9, 10)),
    st.sampled_from(sorted(HOLDS)),
    st.sampled_from([5, "baseline", "incumbent"]),
    st.booleans(),
)
def test_kept_candidate_never_breaks_a_guard(candidate, incumbent, kind, bound, deterministic):
    contract = spec(metrics={"g": {"role": "guard", kind: bound}}, decision={"on_equal": "keep"})
    stored = incumbent[0]
    taken = () if deterministic else incumbent
    decision = decide(evidence(contract, candidate, taken, stored=stored, deterministic=deterministic))

    def mean(rows):
        return sum(row["g"] for row in rows) / len(rows)

    limit = {"baseline": stored["g"], "incumbent": mean(taken or [stored])}.get(bound, 5)
    value = mean(candidate)
    holds = HOLDS[kind](value, limit) or abs(value - limit) <= 1e-9 * max(1, abs(limit))
    assert holds or decision.verdict is not Verdict.KEEP
