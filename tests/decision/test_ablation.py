"""Leaving one out: what is useless is named as such, what is useful is supported, and what nobody can tell is unclear."""

import math
import random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexp.decision.ablation import LEAST, open_arms, rule
from autoexp.decision.leads import scatter_of
from autoexp.spec.criteria import Criterion

LOWER, HIGHER = Criterion("x", lower_is_better=True), Criterion("x", lower_is_better=False)
LINEAR = Criterion("x", lower_is_better=True, scale="linear")
values = st.floats(min_value=0.1, max_value=1e3)
rounds = st.lists(st.tuples(values, values), max_size=6)


def measured(effects, noise, *, seed=0, most=60, spike=0.0, criterion=LOWER, **more):
    """Run rounds of the best and of the best without each keep in turn, as long as a keep is open, and give the pairs."""
    rng = random.Random(f"{effects} {noise} {seed}")
    pairs = {n: [] for n in effects}
    still = tuple(pairs)
    while still and len(max(pairs.values(), key=len)) < most:
        speed = math.exp(rng.gauss(0, 0.2))

        def run(level):
            odd = 1.5 if rng.random() < spike else 1.0
            return level * speed * odd * math.exp(rng.gauss(0, noise))  # noqa: B023

        best = run(50.0)
        for n in still:
            factor = 1 - effects[n] if criterion.lower_is_better else 1 + effects[n]
            pairs[n].append((best, run(50.0 / factor)))
        still = open_arms(pairs, criterion, baseline=100.0, **more)
    return pairs


def told(effects, noise, **more):
    pairs = measured(effects, noise, **more)
    return rule(pairs, more.get("criterion", LOWER), baseline=100.0, last=True)


@pytest.mark.parametrize("criterion", [LOWER, HIGHER])
def test_useful_keeps_are_told_from_useless_ones(criterion):
    found = told({3: 0.10, 5: 0.0, 8: 0.06, 9: -0.04}, 0.01, criterion=criterion)
    assert {n: one.support for n, one in found.items()} == {
        3: "supported",
        5: "unsupported",
        8: "supported",
        9: "unsupported",
    }
    assert found[3].interval.low > 0
    assert found[5].interval.high < 0.03
    assert found[3].p < 0.1 / 4


@pytest.mark.parametrize("criterion", [LOWER, HIGHER])
def test_what_a_keep_adds_is_a_fraction_of_the_baseline(criterion):
    without = 50.0 / 0.9 if criterion is LOWER else 50.0 / 1.1
    found = rule({1: [(50.0, without)] * 5}, criterion, baseline=100.0)[1]
    assert found.interval.gain == pytest.approx(abs(without - 50.0) / 100.0)
    assert found.interval.pairs == LEAST


def test_small_gain_that_is_clear_is_not_called_useless():
    found = told({1: 0.01}, 0.001)[1]
    assert found.support == "supported"
    assert found.interval.high < 0.03


def test_noise_that_hides_everything_leaves_it_unclear():
    found = told({1: 0.02, 2: 0.0}, 0.3, most=6)
    assert {one.support for one in found.values()} == {"unclear"}
    assert all(one.interval.low < 0 < one.interval.high for one in found.values())


def test_one_odd_run_of_the_best_condemns_nothing():
    pairs = measured({1: 0.10, 2: 0.08, 3: 0.12}, 0.005, most=2)
    spoilt = {n: [(best * 1.5, without) for best, without in arm[:1]] + arm[1:] for n, arm in pairs.items()}
    for count in range(3):
        more = measured({1: 0.10, 2: 0.08, 3: 0.12}, 0.005, seed=1, most=2)
        rows = {n: (spoilt[n] + more[n])[: 2 + count] for n in spoilt}
        assert "unsupported" not in {one.support for one in rule(rows, LOWER, baseline=100.0).values()}


def test_useless_keeps_are_hardly_ever_supported():
    found = [told(dict.fromkeys(range(5), 0.0), 0.02, seed=seed, most=25) for seed in range(8)]
    assert sum(any(one.support == "supported" for one in each.values()) for each in found) <= 2
    assert sum(one.support == "unsupported" for each in found for one in each.values()) >= 30


@pytest.mark.parametrize(
    ("pair", "support"), [((50.0, 60.0), "supported"), ((50.0, 50.0), "unsupported"), ((50.0, 49.0), "unsupported")]
)
def test_numbers_that_repeat_need_one_round(pair, support):
    found = rule({4: [pair]}, LOWER, baseline=100.0, deterministic=True)[4]
    assert found.support == support
    assert found.interval.gain == pytest.approx((pair[1] - pair[0]) / 100)
    assert found.interval.low == found.interval.high
    assert open_arms({4: [pair], 5: []}, LOWER, baseline=100.0, deterministic=True) == (5,)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.integers(1, 9), rounds, max_size=4), st.sampled_from([LOWER, HIGHER, LINEAR]))
def test_every_keep_has_an_answer_in_the_end_and_only_then(pairs, criterion):
    last = rule(pairs, criterion, baseline=100.0, last=True)
    assert list(last) == list(pairs)
    sure = rule(pairs, criterion, baseline=100.0)
    assert all(one.support != "unclear" for one in sure.values())
    assert open_arms(pairs, criterion, baseline=100.0) == tuple(n for n in pairs if n not in sure)
    for one in last.values():
        if one.interval is not None:
            assert one.interval.low <= one.interval.gain <= one.interval.high


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.005, 0.02]))
def test_what_is_answered_stays_answered(seed, noise):
    effects = {1: 0.0, 2: 0.05, 3: 0.02}
    pairs = measured(effects, noise, seed=seed, most=14)
    answers = {}
    for count in range(1, 15):
        now = rule({n: arm[:count] for n, arm in pairs.items()}, LOWER, baseline=100.0)
        assert {n: now[n].support for n in answers} == answers
        answers = {n: one.support for n, one in now.items()}


def test_values_below_zero_are_compared_on_a_linear_scale():
    pairs = {1: [(-50.0, -40.0), (-51.0, -41.5), (-50.5, -40.2), (-49.5, -39.9)]}
    found = rule(pairs, LOWER, baseline=-20.0)[1]
    assert found.support == "supported"
    assert found.interval.gain == pytest.approx(0.5, abs=0.05)


def test_baseline_of_0_leaves_no_fraction():
    pairs = {1: [(5.0, 4.0), (5.1, 4.05), (5.0, 4.1), (5.2, 4.0)]}
    found = rule(pairs, HIGHER, baseline=0.0, last=True)[1]
    assert found.interval is None


def test_scatter_of_three_rounds_is_not_taken_for_less_than_it_is():
    found = []
    for seed in range(60):
        rng = random.Random(f"scatter {seed}")
        bests = [rng.gauss(0, 0.02) for _ in range(3)]
        found.append(scatter_of(tuple(tuple(best - rng.gauss(0, 0.02) for best in bests) for _ in range(6))))
    assert fmean(one.variance for one in found) == pytest.approx(2 * 0.02**2, rel=0.25)
    assert sorted(one.variance for one in found)[3] > 0.15 * 2 * 0.02**2
    assert all(one.df < 8 for one in found)  # six arms of three rounds have the same three runs of the best
