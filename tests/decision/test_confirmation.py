"""The gain on fresh pairs: a fraction of the baseline, positive = better, with an interval that odd runs do not carry away."""

import math
import random
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.builders import ordinary

from autoexp.decision.confirmation import as_fraction, as_lead, confirmed
from autoexp.decision.scale import Scale
from autoexp.spec.criteria import Criterion

LOWER, HIGHER = Criterion("x", lower_is_better=True), Criterion("x", lower_is_better=False)
LINEAR = Criterion("x", lower_is_better=True, scale="linear")
positive = st.floats(min_value=1e-6, max_value=1e6)
pairs = st.lists(st.tuples(positive, positive), min_size=1, max_size=15)
criteria = st.sampled_from([LOWER, HIGHER, LINEAR])


def of(rows, criterion=LOWER, **more):
    return confirmed([best for best, _ in rows], [baseline for _, baseline in rows], criterion, **more)


@pytest.mark.parametrize(("criterion", "best"), [(LOWER, 80.0), (HIGHER, 120.0), (LINEAR, 80.0)])
def test_pairs_that_agree_give_a_point(criterion, best):
    for count in (1, 2, 10):
        found = of([(best, 100.0)] * count, criterion)
        assert (found.gain, found.low, found.high) == pytest.approx((0.2, 0.2, 0.2))
        assert found.low == found.high
        assert (found.pairs, found.level) == (count, 0.95)


@settings(max_examples=40)
@given(pairs, criteria)
def test_gain_lies_in_its_interval_and_among_the_pairs(rows, criterion):
    found = of(rows, criterion)
    assert found.low <= found.gain <= found.high
    if criterion is not LINEAR:
        each = [1 - best / base if criterion is LOWER else best / base - 1 for best, base in rows]
        room = 1e-9 * (1 + max(map(abs, each)))
        assert min(each) - room <= found.gain <= max(each) + room


@settings(max_examples=40)
@given(pairs, criteria, st.randoms(use_true_random=False))
def test_order_of_the_pairs_says_nothing(rows, criterion, rng):
    shuffled = rng.sample(rows, len(rows))
    one, other = of(rows, criterion), of(shuffled, criterion)
    for name in ("gain", "low", "high"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9, abs=1e-9)


@settings(max_examples=40)
@given(pairs, st.sampled_from([LOWER, HIGHER]), st.lists(st.floats(0.01, 100), min_size=15, max_size=15))
def test_machine_that_moves_between_pairs_changes_nothing(rows, criterion, speeds):
    moved = [(best * speed, base * speed) for (best, base), speed in zip(rows, speeds, strict=False)]
    one, other = of(rows, criterion), of(moved, criterion)
    assert one.gain == pytest.approx(other.gain, rel=1e-6, abs=1e-6)


def test_interval_is_that_of_yuen():
    rng = random.Random(5)
    rows = [(90 * math.exp(rng.gauss(0, 0.03)), 100 * math.exp(rng.gauss(0, 0.03))) for _ in range(10)]
    leads = np.array([math.log(base / best) for best, base in rows])
    middle = stats.trim_mean(leads, 0.2)
    winsorised = np.asarray(stats.mstats.winsorize(leads, limits=(0.2, 0.2)))
    half = stats.t.ppf(0.975, 5) * winsorised.std(ddof=1) / (0.6 * math.sqrt(10))
    found = of(rows)
    assert found.gain == pytest.approx(1 - math.exp(-middle))
    assert (found.low, found.high) == pytest.approx((1 - math.exp(half - middle), 1 - math.exp(-half - middle)))


def test_two_odd_runs_of_ten_hardly_move_it():
    rng = random.Random(7)
    rows = [(90 * math.exp(rng.gauss(0, 0.005)), 100 * math.exp(rng.gauss(0, 0.005))) for _ in range(10)]
    odd = [(rows[0][0] * 3, rows[0][1]), *rows[1:9], (rows[9][0], rows[9][1] * 5)]
    assert of(odd).gain == pytest.approx(0.1, abs=0.01)
    assert of(odd).low > 0.08


def test_most_pairs_that_agree_do_not_hide_those_that_do_not():
    found = of([(90.0, 100.0)] * 9 + [(100.0, 100.0)])
    assert found.gain == pytest.approx(0.1)
    assert found.low < 0.085


@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_mean_over_many_confirmations_is_the_true_gain(noise):
    rng = random.Random(f"confirmations {noise}")
    found = [
        of([(75 * math.exp(rng.gauss(0, noise)), 100 * math.exp(rng.gauss(0, noise))) for _ in range(10)])
        for _ in range(800)
    ]
    assert fmean(one.gain for one in found) == pytest.approx(0.25, abs=0.003)
    assert fmean(one.low <= 0.25 <= one.high for one in found) > 0.9


@settings(max_examples=40)
@given(st.lists(st.tuples(ordinary, ordinary), min_size=1, max_size=12), criteria)
def test_values_of_any_sign_give_a_fraction_of_the_baseline_or_none(rows, criterion):
    found = of(rows, criterion)
    if found is not None and min(map(min, rows)) <= 0:
        mean = fmean(base for _, base in rows)
        if len(rows) < 5:
            sign = 1 if criterion.lower_is_better else -1
            expected = sign * fmean(base - best for best, base in rows) / abs(mean)
            assert found.gain == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_baseline_of_0_gives_no_fraction():
    assert of([(1.0, 0.0), (2.0, 0.0)], HIGHER) is None


@pytest.mark.parametrize(("best", "baseline"), [([], []), ([1.0], []), ([1.0, 2.0], [1.0])])
def test_what_is_no_pairs_is_refused(best, baseline):
    with pytest.raises(ValueError, match="takes pairs"):
        confirmed(best, baseline, LOWER)


@settings(max_examples=40)
@given(st.floats(min_value=-0.9, max_value=0.9), st.booleans(), st.booleans())
def test_leads_and_fractions_are_two_names_of_one_thing(fraction, lower, log):
    scale = Scale(lower, log=log)
    assert as_fraction(as_lead(fraction, scale), scale) == pytest.approx(fraction, abs=1e-12)
