"""How much the numbers say: the mixture e-value beside other people's, and what it promises."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from online_fdr.e_values.processes import MixtureLikelihoodRatioEProcess
from scipy import stats

from autoexp.decision.evidence import EFFECTS, log_mixture
from autoexp.decision.sequential.look import Sizes, log_evidence, log_likelihood, responsibilities, sizes_of
from autoexp.decision.sequential.look import look as looked
from autoexp.decision.sequential.machine import Machine

leads = st.floats(-0.5, 0.5)
variances = st.floats(1e-8, 1e-2)
dfs = st.floats(2, 200)
smallest = st.floats(1e-3, 0.05)
counts = st.lists(st.floats(0.01, 10), min_size=7, max_size=7)


def log_t_mixture(stories, df, effects, weights):
    """Give the same by densities of scipy: one mixture of t over stories and effects, beside the one around 0."""

    def log_density(effect):
        return np.logaddexp.reduce(
            [
                math.log(chance) + stats.t.logpdf(mu, df, loc=effect, scale=math.sqrt(variance))
                for chance, mu, variance in stories
            ]
        )

    terms = [math.log(weight) + log_density(effect) for effect, weight in zip(effects, weights, strict=True)]
    return float(np.logaddexp.reduce(terms) - log_density(0.0))


def near(value):
    return pytest.approx(value, rel=1e-9, abs=1e-9)


@given(leads, variances, dfs, smallest)
def test_evidence_is_that_of_a_mixture_of_t_densities(mu, variance, df, delta):
    effects = [delta * effect for effect in EFFECTS]
    expected = log_t_mixture([(1.0, mu, variance)], df, effects, [1 / 7] * 7)
    assert log_mixture(mu, variance, df=df, effects=effects) == near(expected)


@given(leads, variances, dfs, smallest, counts)
def test_effects_weigh_as_they_were_met(mu, variance, df, delta, met):
    sizes = sizes_of(delta, met)
    expected = log_t_mixture([(1.0, mu, variance)], df, sizes.effects, sizes.weights)
    found = log_mixture(mu, variance, df=df, effects=sizes.effects, weights=sizes.weights)
    assert found == near(expected)
    assert math.fsum(sizes.weights) == pytest.approx(1)


def test_effect_that_weighs_nothing_is_left_out():
    found = log_mixture(0.04, 1e-4, df=9, effects=(0.01, 0.04), weights=(1.0, 0.0))
    assert found == near(log_mixture(0.04, 1e-4, df=9, effects=(0.01,)))


@given(leads, variances, dfs, smallest, counts)
def test_one_story_gives_the_evidence_of_the_mixture(mu, variance, df, delta, met):
    sizes = sizes_of(delta, met)
    mixture = log_mixture(mu, variance, df=df, effects=sizes.effects, weights=sizes.weights)
    for stories in ([(1.0, mu, variance)], [(1.0, mu, variance), (0.0, 9.0, 1.0)]):
        found = log_evidence(stories, df, sizes)
        assert found == near(mixture) if mu <= 6 * math.sqrt(variance) else found >= mixture - 1e-9


@given(leads, leads, variances, variances, st.floats(0.01, 0.99), dfs, smallest)
def test_two_stories_are_a_mixture_of_both(still, moved, near_by, wide, chance, df, delta):
    stories = [(chance, still, near_by), (1 - chance, moved, near_by + wide)]
    sizes = sizes_of(delta, (1.0,) * 7)
    expected = log_t_mixture(stories, df, sizes.effects, sizes.weights)
    none, *some = (log_likelihood(stories, df, effect) for effect in (0.0, *sizes.effects))
    assert float(np.logaddexp.reduce(some)) - math.log(7) - none == near(expected)
    _, lead, variance = max(stories)
    if lead <= 6 * math.sqrt(variance):
        assert log_evidence(stories, df, sizes) == near(expected)


@given(st.floats(2, 20), smallest, st.floats(1, 1e3), st.floats(1, 1e3))
def test_clear_lead_says_no_less_the_larger_it_is(df, delta, one, other):
    """With a few degrees of freedom the mixture itself falls beyond its largest effect."""
    sizes, sd = sizes_of(delta, (1.0,) * 7), delta / 10
    low, high = (sizes.effects[-1] * max(1.0, far) for far in sorted((one, other)))
    found = [log_evidence([(1.0, lead, sd * sd)], df, sizes) for lead in (low, high)]
    assert found[1] >= found[0] - 1e-9


def test_lead_that_a_jump_explains_as_well_is_no_evidence():
    sizes, sd = sizes_of(0.005, (1.0,) * 7), 0.01
    still = (0.0, 1e-4)
    calm = log_evidence([(1.0, 0.05, sd**2)], 30, sizes)
    doubtful = log_evidence([(0.5, 0.05, sd**2), (0.5, *still)], 30, sizes)
    assert calm > math.log(1000)
    assert doubtful < math.log(2)


@given(leads, variances, smallest, st.floats(2, 60), counts)
def test_probabilities_of_the_effects_add_up_and_the_nearest_leads(mu, variance, delta, df, met):
    known = Machine(variance=variance, df=df, spikes=0.02, centre=0.0, runs=6, drift=0.0, moved=0.05)
    sizes = sizes_of(delta, met)
    found = responsibilities(looked([mu], [0.0], known, sizes), sizes)
    assert math.fsum(found) == pytest.approx(1)
    assert all(0 <= part <= 1 for part in found)


@pytest.mark.parametrize("effects", [(0.01,), (0.005, 0.01, 0.02, 0.04)])
def test_known_variance_gives_the_likelihood_ratio_process_of_normal_runs(effects):
    """With very many degrees of freedom, the mixture on the mean is that of online-fdr, fed run by run."""
    sigma, stream = 0.02, random.Random(11)
    ratios = [lambda x, e=e: (x * e - e * e / 2) / sigma**2 for e in effects]
    process, runs = MixtureLikelihoodRatioEProcess(ratios), []
    for n in range(1, 41):
        runs.append(stream.gauss(0.008, sigma))
        process.update(runs[-1])
        found = log_mixture(math.fsum(runs) / n, sigma**2 / n, df=1e9, effects=effects)
        assert found == pytest.approx(process.log_current, abs=1e-6)


def test_evidence_for_nothing_rarely_becomes_strong_however_often_one_looks():
    """Ville: with a known variance, E reaches 20 with probability 1/20 at most."""
    sigma, delta, sequences, looks = 0.02, 0.005, 2_000, 60
    effects, bar, stream = [delta * effect for effect in EFFECTS], math.log(20), random.Random(5)
    reached = 0
    for _ in range(sequences):
        total = 0.0
        for n in range(1, looks + 1):
            total += stream.gauss(0, sigma)
            if log_mixture(total / n, sigma**2 / n, df=1e9, effects=effects) >= bar:
                reached += 1
                break
    share = 1 / 20
    assert reached / sequences <= share + 3 * math.sqrt(share * (1 - share) / sequences)
    assert reached >= sequences * share / 10, "it is no bound of anything if it is never reached"


@given(st.floats(0.001, 0.1), st.floats(1e-6, 1e-2))
def test_harm_is_never_evidence_of_a_gain(harm, variance):
    effects = [0.005 * effect for effect in EFFECTS]
    assert log_mixture(-harm, variance, df=10, effects=effects) < 0


def test_look_with_a_certain_incumbent_is_the_mixture_on_the_candidates_mean():
    """Everything known: no odd runs, no drift, no jumps, a history of any length."""
    known = Machine(variance=4e-4, df=1e9, spikes=0.0, centre=0.0, runs=1e12, drift=0.0, moved=0.0)
    sizes = Sizes((0.01, 0.02), (0.5, 0.5))
    runs = [0.03, 0.05, 0.01]
    seen = looked(runs, [0.0], known, sizes)
    assert (seen.mu, seen.variance) == pytest.approx((0.03, 4e-4 / 3), rel=1e-6)
    assert seen.log_e == pytest.approx(log_mixture(0.03, 4e-4 / 3, df=1e9, effects=sizes.effects), rel=1e-6)
