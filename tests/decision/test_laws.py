"""Laws of every ruling, and of the effect that is shown."""

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.builders import Tape, beliefs, ordinary, positive, spec

from autoexp.campaign.fold import fold_all
from autoexp.decision import Evidence, MeasureMore, decide
from autoexp.decision.effect import Metric, compare
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision


def answer(candidate, incumbent, contract, *, deterministic, unit=1.0):
    return decide(
        Evidence(
            spec=contract,
            candidate=[{"x": value} for value in candidate],
            incumbent=[] if deterministic else [{"x": value} for value in incumbent],
            stored={"x": incumbent[0]},
            baseline={"x": 10.0 * unit},
            gain=0.0,
            deterministic=deterministic,
            beliefs=beliefs(contract, [{"x": value * unit} for value in BASELINE]),
        )
    )


def ruled(*sides, **more):
    """Give the verdict on three runs a side, or the side that is to run next."""
    found = answer(*sides, **more)
    return found.side if isinstance(found, MeasureMore) else found.verdict


BASELINE = (10.0, 9.5, 11.0, 10.25, 9.0, 10.5)
METHODS = ["single", {"batch": {"k": 3}}, "sequential"]
triples = st.lists(ordinary, min_size=3, max_size=3)
near = st.lists(st.floats(5.0, 20.0), min_size=3, max_size=3)
contracts = st.builds(
    lambda share, equal, direction, method, seeds: spec(
        {"min_effect": share, "direction": direction, "scale": "linear"},
        decision={"on_equal": equal, "method": method},
        measurement={"seeds": seeds if method == "sequential" else None},
    ),
    st.none() | st.floats(0, 0.5),
    st.sampled_from(["keep", "discard"]),
    st.sampled_from(["lower", "higher"]),
    st.sampled_from(METHODS),
    st.sampled_from([None, [1, 2, 3]]),
)


@given(triples | near, triples | near, contracts, st.integers(-20, 20), st.booleans())
def test_other_unit_changes_no_verdict(candidate, incumbent, contract, power, deterministic):
    unit = 2.0**power  # exact: rounding is not the subject
    plain = ruled(candidate, incumbent, contract, deterministic=deterministic)
    other = ruled(
        [v * unit for v in candidate], [v * unit for v in incumbent], contract, deterministic=deterministic, unit=unit
    )
    assert other is plain


@given(triples | near, triples | near, contracts, st.booleans())
def test_negated_metric_of_the_other_direction_has_the_same_verdict(candidate, incumbent, contract, deterministic):
    section = contract.metrics["x"]
    other = section.model_copy(update={"direction": "higher" if section.direction == "lower" else "lower"})
    flipped = contract.model_copy(update={"metrics": {"x": other}})
    plain = ruled(candidate, incumbent, contract, deterministic=deterministic)
    negated = ruled([-v for v in candidate], [-v for v in incumbent], flipped, deterministic=deterministic, unit=-1.0)
    assert negated is plain


@given(positive, positive, st.sampled_from(["keep", "discard"]))
def test_reciprocal_of_a_repeating_metric_has_the_same_verdict(candidate, incumbent, equal):
    assume(candidate == incumbent or abs(candidate / incumbent - 1) > 1e-12)
    lower = spec({"min_effect": 0}, decision={"on_equal": equal})
    higher = spec({"min_effect": 0, "direction": "higher"}, decision={"on_equal": equal})
    times = [candidate] * 2, [incumbent]
    rates = [1 / candidate] * 2, [1 / incumbent]
    assert ruled(*times, lower, deterministic=True) is ruled(*rates, higher, deterministic=True)


@given(triples | near, triples | near, contracts, st.booleans())
def test_change_and_its_reverse_are_never_both_kept_for_a_gain(candidate, incumbent, contract, deterministic):
    assume(sum(candidate) != sum(incumbent))
    there = ruled(candidate, incumbent, contract, deterministic=deterministic)
    back = ruled(incumbent, candidate, contract, deterministic=deterministic)
    if contract.decision.on_equal == "discard":
        assert {there, back} != {Verdict.KEEP}


@given(triples | near, triples | near, contracts, st.booleans())
def test_effect_of_a_gain_is_never_negative(candidate, incumbent, contract, deterministic):
    """A change that is kept for not being worse may be a little worse all the same."""
    found = answer(candidate, incumbent, contract, deterministic=deterministic)
    kept = isinstance(found, Decision) and found.verdict is Verdict.KEEP
    if kept and (contract.decision.on_equal == "discard" or found.method != "sequential"):
        assert found.effect is None or found.effect >= 0


def metric(*, lower=True, linear=False, baseline=100.0, gain=0.0):
    return Metric("x", lower_is_better=lower, linear=linear, min_effect=0.0, baseline=baseline, gain=gain)


def test_effect_is_a_fraction_of_the_baseline():
    assert compare(40.0, 50.0, metric(gain=0.5)).of_baseline == pytest.approx(0.1)


def test_effect_on_a_linear_scale_is_a_fraction_of_the_baseline_as_well():
    assert compare(40.0, 50.0, metric(linear=True)).of_baseline == pytest.approx(0.1)


def test_drift_of_the_machine_cancels_out():
    assert compare(80.0, 100.0, metric(gain=0.5)).of_baseline == pytest.approx(0.1)


@pytest.mark.parametrize("baseline", [None, 0.0])
def test_effect_without_a_baseline_to_compare_with_is_unknown(baseline):
    assert compare(1.0, 2.0, metric(baseline=baseline)).of_baseline is None


def test_effect_against_zero_has_no_fraction_of_the_incumbent():
    assert compare(-1.0, 0.0, metric()).relative is None


@pytest.mark.parametrize(("lower", "values"), [(True, (100.0, 0.0, -50.0, 10.0, 5.0)), (False, (-1.0, 0.0, 3.0, 4.0))])
def test_sign_of_the_effect_is_that_of_the_change_also_across_zero(lower, values):
    gain = 0.0
    for before, after in itertools.pairwise(values):
        effect = compare(after, before, metric(lower=lower, baseline=values[0], gain=gain))
        assert (effect.of_baseline > 0) == (effect.absolute > 0)
        gain += effect.of_baseline


@given(st.lists(st.floats(0.5, 0.99), min_size=1, max_size=8), st.booleans(), st.booleans())
def test_kept_effects_add_up_to_the_gain_shown(steps, lower, linear):
    section = {"direction": "lower" if lower else "higher", "scale": "linear" if linear else "auto"}
    tape = Tape().open(spec(section, measurement={"deterministic": True}), values=(100.0,))
    value = 100.0
    for step in steps:
        better = value * step if lower else value / step
        decision = ruled_by(fold_all(tape.records), spec(section, measurement={"deterministic": True}), better)
        tape.experiment(better, decision.verdict, effect=decision.effect)
        value = better
    state = fold_all(tape.records)
    assert state.counts.kept == len(steps)
    assert state.gain == pytest.approx(sum(e.decision.effect for e in state.experiments))
    assert state.gain == pytest.approx(abs(value - 100.0) / 100.0)


def ruled_by(state, contract, value):
    return decide(
        Evidence(
            spec=contract,
            candidate=[{"x": value}],
            incumbent=[],
            stored=state.incumbent.measurement.means(),
            baseline=state.primary_baseline.means(),
            gain=state.gain,
            deterministic=True,
        )
    )
