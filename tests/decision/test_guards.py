"""Guards: numbers that must stay in bounds, whatever the gain; exact ones by their value, noisy ones by evidence."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.builders import beliefs, finite, ordinary, spec

from autoexp.decision import Evidence, decide
from autoexp.decision.guards import Sides, broken_words, first_broken, strained, strained_words, summed
from autoexp.experiment.measurement import Summary, summarise
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import GuardResult


def guarded(**bound):
    return spec(measurement={"deterministic": True}, metrics={"g": {"role": "guard", **bound}})


def sides(candidate, incumbent=(), *, stored=None, baseline=None):
    """Sum up samples of g; a side that nobody measured has none."""
    columns = {"candidate": candidate, "incumbent": incumbent, "stored": stored, "baseline": baseline}
    return Sides(**{side: {"g": summarise(values)} if values else {} for side, values in columns.items()})


def broken(value, incumbent=100.0, baseline=80.0, **bound):
    """Give the bound that an exact value breaks, against a best so far that was measured before."""
    measured = sides([] if value is None else [value], stored=[incumbent] * 3, baseline=[baseline] * 3)
    result = first_broken(guarded(**bound).metrics, measured)
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


@pytest.mark.parametrize(
    ("bound", "low", "high"),
    [
        ([40, 60], 40.0, 60.0),
        ([-5, 5], -5.0, 5.0),
        ([50, 50], 50.0, 50.0),
        ({"of": "baseline", "by": "25%"}, 60.0, 100.0),
        ({"of": "incumbent", "by": "2%"}, 98.0, 102.0),
        ({"of": "incumbent", "by": 0}, 100.0, 100.0),
    ],
)
def test_within_holds_between_its_ends_and_at_them(bound, low, high):
    assert [broken(value, within=bound) for value in (low, (low + high) / 2, high)] == [None] * 3
    assert broken(low - 0.5, within=bound) == broken(high + 0.5, within=bound) == f"within [{low:g}, {high:g}]"


def test_share_of_a_negative_value_lies_on_both_sides_of_it():
    near = {"of": "incumbent", "by": "10%"}
    assert [broken(value, incumbent=-100.0, within=near) is None for value in (-111, -109, -91, -89)] == [
        False,
        True,
        True,
        False,
    ]


def test_guard_without_a_value_is_broken():
    assert broken(None, at_most=5) == "at_most 5"
    assert broken(None, within=[1, 2]) == "within [1, 2]"


@pytest.mark.parametrize("bound", [{"at_most": "incumbent"}, {"within": {"of": "baseline", "by": "2%"}}])
def test_guard_against_a_value_that_nobody_knows_is_broken(bound):
    assert first_broken(guarded(**bound).metrics, sides([1.0])).bound == f"{next(iter(bound))} unknown"


def test_rounding_of_a_product_breaks_no_guard():
    assert broken(0.1 * 3, incumbent=0.1, at_most={"of": "incumbent", "times": 3}) is None


def test_each_bound_of_a_guard_is_checked():
    assert broken(11.0, at_least=1, at_most=10) == "at_most 10"
    assert broken(11.0, at_least=1, within=[0, 10]) == "within [0, 10]"


def test_secondary_metrics_guard_nothing():
    contract = spec(metrics={"s": {"role": "secondary"}})
    assert first_broken(contract.metrics, Sides({})) is None


def test_samples_of_this_experiment_come_before_what_was_stored():
    metrics = guarded(at_most="incumbent").metrics
    assert first_broken(metrics, sides([5.0], [5.0], stored=[4.0], baseline=[4.0])) is None
    assert first_broken(metrics, sides([5.0], stored=[4.0], baseline=[4.0])).value == 5.0


def test_size_of_a_change_is_guarded_although_no_other_side_has_it():
    metrics = spec(metrics={"diff_lines": {"role": "guard", "at_most": 200}}).metrics
    rows = [{"x": 1.0 + i, "diff_lines": 240.0} for i in range(3)]
    result = first_broken(metrics, Sides(summed(rows), baseline=summed([{"x": 1.0}, {"x": 2.0}])))
    assert broken_words(result) == "diff_lines broke its guard: at_most 200, measured 240"


@pytest.mark.parametrize("name", ["wall_s", "cpu_s", "peak_rss_mb"])
def test_what_autoexp_measures_is_guarded_by_evidence(name):
    metrics = spec(metrics={name: {"role": "guard", "at_most": {"of": "baseline", "times": 1.5}}}).metrics
    baseline = summed([{name: value} for value in (9.8, 10.3, 9.9)])
    assert first_broken(metrics, Sides(summed([{name: 15.2}]), baseline=baseline)) is None
    assert first_broken(metrics, Sides(summed([{name: 25.2}]), baseline=baseline)).metric == name


NOISY = [98.0, 100.0, 102.0, 99.0, 101.0, 100.0]


def test_noisy_value_just_beyond_the_limit_breaks_nothing_but_is_named():
    measured = sides([100.5, 103.0, 101.5], baseline=NOISY)
    metrics = guarded(at_most=101).metrics
    assert first_broken(metrics, measured) is None
    (result,) = strained(metrics, measured)
    told = "g may break its guard: at_most 101, measured 101.667 (evidence 0.4:1, 20:1 would break it)"
    assert strained_words(result) == told


def test_noisy_value_far_beyond_the_limit_is_broken_and_the_odds_are_told():
    metrics = guarded(at_most=101).metrics
    result = first_broken(metrics, sides([108.0, 111.0], baseline=NOISY))
    assert result.odds > 20
    assert broken_words(result).startswith("g broke its guard: at_most 101, measured 109.5 (evidence ")
    assert strained(metrics, sides([108.0, 111.0], baseline=NOISY)) == ()


def test_value_inside_is_neither_broken_nor_named():
    measured = sides([99.0, 102.0], baseline=NOISY)
    for bound in ({"at_most": 101}, {"at_least": 99}, {"within": [99, 101]}, {"at_most": "baseline"}):
        assert first_broken(guarded(**bound).metrics, measured) is None
    assert strained(guarded(at_most=101).metrics, measured) == ()


def evidence_of(mean, limit, error, df, sd):
    """Give the mixture of t densities around each effect, against the one around no effect."""
    effects = [max(0.005 * limit, sd / 4) * 2**k for k in range(7)]
    z = (mean - limit) / error
    return np.mean([stats.t.pdf(z - effect / error, df) / stats.t.pdf(z, df) for effect in effects])


@pytest.mark.parametrize(
    ("bound", "limit", "others"),
    [
        ({"at_most": 101.0}, 101.0, 0.0),
        ({"at_most": "baseline"}, 100.0, 1 / 6),
        ({"at_most": {"of": "baseline", "times": 1.02}}, 102.0, 1.02**2 / 6),
        ({"within": {"of": "baseline", "by": 0.01}}, 101.0, 1.01**2 / 6),
        ({"within": [95, 101]}, 101.0, 0.0),
    ],
)
def test_odds_are_those_of_t_mixture_with_pooled_noise(bound, limit, others):
    ours = [104.0, 106.0, 105.0]
    (result,) = strained(guarded(**bound).metrics, sides(ours, baseline=NOISY)) or [
        first_broken(guarded(**bound).metrics, sides(ours, baseline=NOISY))
    ]
    sd = math.sqrt((5 * np.var(NOISY, ddof=1) + 2 * np.var(ours, ddof=1)) / 7)
    expected = evidence_of(105.0, limit, sd * math.sqrt(1 / 3 + others), 7, sd)
    assert result.odds == pytest.approx(expected, rel=1e-9)


def test_baseline_that_is_still_the_best_counts_once():
    measured = sides([105.0], stored=NOISY, baseline=NOISY)
    (result,) = strained(guarded(at_most="incumbent").metrics, measured)
    sd = np.std(NOISY, ddof=1)
    assert result.odds == pytest.approx(evidence_of(105.0, 100.0, sd * math.sqrt(1 + 1 / 6), 5, sd), rel=1e-9)


def test_fresh_samples_of_the_best_so_far_share_in_the_noise_and_are_the_reference():
    theirs = [99.0, 101.0, 103.0]
    measured = sides([106.0, 108.0], theirs, stored=[100.0] * 4, baseline=NOISY)
    result = first_broken(guarded(at_most="incumbent").metrics, measured)
    (result,) = (result,) if result else strained(guarded(at_most="incumbent").metrics, measured)
    sd = math.sqrt((5 * np.var(NOISY, ddof=1) + 2 * 4.0 + 2.0) / 8)
    expected = evidence_of(107.0, 101.0, sd * math.sqrt(1 / 2 + 1 / 3), 8, sd)
    assert result.odds == pytest.approx(expected, rel=1e-9)


def test_equals_asks_for_evidence_on_either_side():
    metrics = guarded(equals="baseline").metrics
    above, below = (first_broken(metrics, sides([100 + step], baseline=NOISY)) for step in (30, -30))
    assert above.odds == pytest.approx(below.odds)
    one_sided = first_broken(guarded(at_most="baseline").metrics, sides([130], baseline=NOISY))
    assert above.odds == pytest.approx(one_sided.odds / 2)


def test_noisy_value_never_quite_equals_and_is_named_only_when_the_odds_are_against_it():
    metrics = guarded(equals=100).metrics
    assert strained(metrics, sides([100.4], baseline=NOISY)) == ()
    assert [result.metric for result in strained(metrics, sides([106.0], baseline=NOISY))] == ["g"]


def test_candidate_whose_own_samples_differ_is_noisy_although_the_baseline_was_not():
    metrics = guarded(at_most=100).metrics
    assert first_broken(metrics, sides([101.0], baseline=[100.0] * 3)).odds is None
    assert first_broken(metrics, sides([101.0, 99.5], baseline=[100.0] * 3)) is None
    assert first_broken(metrics, sides([130.0, 131.0], baseline=[100.0] * 3)).odds > 20


def test_noise_of_a_kept_candidate_counts_when_the_baseline_had_none():
    metrics = guarded(at_most="incumbent").metrics
    assert first_broken(metrics, sides([4.0], stored=[1.0, 3.0, 5.0], baseline=[0.0] * 3)) is None


def test_metric_that_is_0_as_a_rule_has_a_scale_too():
    metrics = guarded(at_most=0).metrics
    baseline = [-0.1, 0.1, 0.0, 0.05, -0.05]
    assert first_broken(metrics, sides([0.1], baseline=baseline)) is None
    assert first_broken(metrics, sides([5.0], baseline=baseline)).odds > 20


def test_limit_far_below_the_noise_is_broken_by_a_huge_value():
    assert first_broken(guarded(at_most=0.01).metrics, sides([5.0], baseline=[0.005, 0.001, 0.02])).odds > 20


@pytest.mark.parametrize("excess", [1.6, 2.0, 4.0, 10.0, 1e6, 1e300])
def test_more_beyond_the_limit_is_never_less_evidence(excess):
    """Three samples tell the noise badly; a value that is off by far is broken all the same."""
    assert first_broken(guarded(at_most=100).metrics, sides([100 * excess], baseline=[99.0, 100.0, 101.0])) is not None


def test_odds_too_large_to_mean_anything_are_cut():
    result = first_broken(guarded(at_most=100).metrics, sides([1e9] * 9 + [2e9], baseline=NOISY * 4))
    assert "(evidence over 1,000,000:1)" in broken_words(result)


def test_old_record_of_a_broken_guard_reads_back():
    result = GuardResult.model_validate({"metric": "g", "bound": "at_most 10", "value": None})
    assert broken_words(result) == "g broke its guard: at_most 10, measured nothing"


def test_guard_at_its_limit_breaks_rarely_however_often_one_looks():
    """One in twenty would be allowed."""
    stream, metrics, unlucky = random.Random(3), guarded(at_most="incumbent").metrics, 0
    for _ in range(200):
        baseline = [stream.gauss(100, 3) for _ in range(3)]
        ours, theirs = [], []
        for _ in range(15):
            ours.append(stream.gauss(100, 3))
            if first_broken(metrics, sides(ours, theirs, stored=baseline, baseline=baseline)):
                unlucky += 1
                break
            theirs.append(stream.gauss(100, 3))
    assert unlucky <= 10


samples = st.lists(st.floats(1, 100) | st.sampled_from([50.0, 51.0]), min_size=1, max_size=5)
bounds = st.sampled_from(
    [
        {"at_most": "incumbent"},
        {"at_least": "incumbent"},
        {"equals": "incumbent"},
        {"at_most": {"of": "incumbent", "times": 1.05}},
        {"at_least": {"of": "incumbent", "times": 0.95}},
        {"within": {"of": "incumbent", "by": "1%"}},
    ]
)


@given(samples, samples, samples, st.sampled_from([-20, -3, 5, 30]))
def test_other_unit_changes_no_answer(candidate, incumbent, baseline, power):
    unit = 2.0**power
    for bound, scaled in (
        ({"at_most": 50.0}, {"at_most": 50.0 * unit}),
        ({"equals": 50.0}, {"equals": 50.0 * unit}),
        ({"within": [30.0, 60.0]}, {"within": [30.0 * unit, 60.0 * unit]}),
        ({"at_least": {"of": "baseline", "times": 0.9}},) * 2,
        ({"within": {"of": "incumbent", "by": "5%"}},) * 2,
    ):
        plain = sides(candidate, incumbent, baseline=baseline)
        other = sides(
            *([v * unit for v in side] for side in (candidate, incumbent)), baseline=[v * unit for v in baseline]
        )
        for answer in (first_broken, lambda *of: next(iter(strained(*of)), None)):
            before, after = answer(guarded(**bound).metrics, plain), answer(guarded(**scaled).metrics, other)
            assert (before is None) == (after is None)
            if before is not None:
                assert (after.odds is None) == (before.odds is None)
                assert after.odds is None or after.odds == pytest.approx(before.odds, rel=1e-6)


@given(samples, samples, bounds)
def test_candidate_equal_to_the_best_so_far_never_breaks_a_relative_guard(values, baseline, bound):
    measured = sides(values, values, stored=baseline, baseline=baseline)
    assert first_broken(guarded(**bound).metrics, measured) is None
    assert strained(guarded(**bound).metrics, measured) == ()


@given(samples, samples, samples, bounds, st.floats(-200, 200))
def test_guard_is_never_both_broken_and_strained(candidate, incumbent, baseline, bound, limit):
    metrics = guarded(**bound, **({} if "at_most" in bound else {"at_most": limit})).metrics
    measured = sides(candidate, incumbent, baseline=baseline)
    result = first_broken(metrics, measured)
    assert result is None or result not in strained(metrics, measured)
    assert all(strain.odds < 20 for strain in strained(metrics, measured))


@given(
    st.lists(finite, min_size=1, max_size=4),
    st.lists(finite, max_size=4),
    st.lists(finite, max_size=4),
    finite,
    st.floats(-1e3, 1e3),
)
def test_numbers_of_any_magnitude_are_judged(candidate, incumbent, baseline, limit, times):
    for bound in ({"at_most": limit}, {"equals": limit}, {"at_least": {"of": "incumbent", "times": times}}):
        measured = sides(candidate, incumbent, stored=baseline, baseline=baseline)
        for result in (first_broken(guarded(**bound).metrics, measured), *strained(guarded(**bound).metrics, measured)):
            assert result is None or result.odds is None or 0 < result.odds <= 1e6


def evidence(contract, candidate, incumbent=(), *, stored, deterministic, baseline_spread=None):
    return Evidence(
        spec=contract,
        candidate=candidate,
        incumbent=incumbent,
        stored=stored,
        baseline=stored,
        gain=0.0,
        deterministic=deterministic,
        baseline_spread=baseline_spread or {},
        beliefs=beliefs(contract, [stored] * 6),
    )


def test_broken_guard_ends_it_at_once_with_its_reason():
    noisy = spec(metrics={"g": {"role": "guard", "at_most": 10}})
    decision = decide(evidence(noisy, [{"x": 1.0, "g": 12.0}], stored={"x": 10.0, "g": 5.0}, deterministic=False))
    assert decision.verdict is Verdict.DISCARD
    assert decision.guard.metric == "g"
    assert decision.reasons == ("g broke its guard: at_most 10, measured 12",)


def test_noise_of_the_baseline_saves_a_gain_from_a_guard_that_only_chance_broke():
    contract = spec(metrics={"g": {"role": "guard", "at_most": 10}})
    rows, stored = [{"x": 1.0, "g": 10.1}] * 2, {"x": 10.0, "g": 9.5}
    noisy = {"g": Summary(mean=9.5, count=3, sd=0.5)}
    assert decide(evidence(contract, rows, stored=stored, deterministic=True)).guard.bound == "at_most 10"
    kept = decide(evidence(contract, rows, stored=stored, deterministic=True, baseline_spread=noisy))
    assert kept.verdict is Verdict.KEEP


guards = st.sampled_from([4.0, 5.0, 6.0]) | ordinary


@given(
    st.lists(guards, min_size=1, max_size=3),
    st.lists(guards, min_size=1, max_size=3),
    st.sampled_from(sorted(HOLDS)),
    st.sampled_from([5, "baseline", "incumbent"]),
    st.booleans(),
)
def test_kept_candidate_never_breaks_a_guard(values, others, kind, bound, deterministic):
    contract = spec(metrics={"g": {"role": "guard", kind: bound}}, decision={"on_equal": "keep"})
    candidate = [{"x": 1.0, "g": values[i % len(values)]} for i in range(3)]
    incumbent = [{"x": 10.0, "g": others[i % len(others)]} for i in range(3)]
    stored = incumbent[0]
    taken = () if deterministic else incumbent
    decision = decide(evidence(contract, candidate, taken, stored=stored, deterministic=deterministic))
    exact = len(set(values)) == 1 and (deterministic or len(set(others)) == 1)
    limit = {"baseline": stored["g"], "incumbent": others[0]}.get(bound, 5)
    slack = 1e-12 * max(abs(values[0]), abs(limit))
    holds = HOLDS[kind](values[0], limit) or abs(values[0] - limit) <= slack
    assert (decision.guard is None) == (decision.verdict is Verdict.KEEP)
    assert not exact or holds == (decision.verdict is Verdict.KEEP)
