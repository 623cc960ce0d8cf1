"""Scores of the same items: exact evidence for right and wrong, evidence from differences for graded ones."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from online_fdr.e_values.processes import MixtureLikelihoodRatioEProcess
from scipy import integrate, stats
from scipy.special import betainc, betaln
from statsmodels.stats.contingency_tables import mcnemar
from tests.builders import finite

from autoexp.decision.items import ItemComparison, ItemsDiffer, compare_items, log_e_binary, mean_items

SMALL = [(b, n - b) for n in range(61) for b in range(n + 1)]
LARGE = [(300, 250), (250, 300), (1000, 0), (0, 1000), (5200, 4800), (4800, 5200), (50_000, 50_000), (60_000, 40_000)]


def compared(candidate, incumbent, **more) -> ItemComparison:
    answer = compare_items(candidate, incumbent, **{"lower_is_better": False} | more)
    assert isinstance(answer, ItemComparison)
    return answer


def by_rank(*scores):
    return {f"q{i}": score for i, score in enumerate(scores)}


def test_binary_evidence_equals_the_formula_in_scipy():
    for b, c in SMALL + LARGE:
        formula = (b + c + 1) * math.log(2) + betaln(b + 1, c + 1) + math.log(betainc(c + 1, b + 1, 0.5))
        assert log_e_binary(b, c) == pytest.approx(formula, rel=1e-10, abs=1e-10), (b, c)


@pytest.mark.parametrize(("b", "c"), [(0, 0), (1, 0), (0, 1), (3, 1), (7, 7), (20, 9), (9, 20), (60, 40)])
def test_binary_evidence_is_the_mean_likelihood_of_better_chances(b, c):
    likelihood, _ = integrate.quad(lambda p: 2 * (2 * p) ** b * (2 - 2 * p) ** c, 0.5, 1, epsabs=0, epsrel=1e-12)
    assert log_e_binary(b, c) == pytest.approx(math.log(likelihood), rel=1e-10, abs=1e-10)


def test_binary_evidence_equals_its_sum_in_whole_numbers():
    for b, c in [*SMALL, (1400, 1399), (1399, 1400), (1500, 1200), (2000, 3)]:
        n = b + c + 1
        e = Fraction(sum(math.comb(n, j) for j in range(b + 1)), (c + 1) * math.comb(n, b))
        exact = math.log(e.numerator) - math.log(e.denominator)
        assert log_e_binary(b, c) == pytest.approx(exact, rel=1e-12, abs=1e-13), (b, c)


def test_coin_flips_give_an_expectation_of_one():
    for n in range(61):
        expected = math.fsum(math.comb(n, b) * 0.5**n * math.exp(log_e_binary(b, n - b)) for b in range(n + 1))
        assert expected == pytest.approx(1, abs=1e-12), n


@pytest.mark.parametrize("chance", [0.0, 0.1, 0.3, 0.49])
@pytest.mark.parametrize("n", [1, 2, 10, 40])
def test_worse_candidate_gives_an_expectation_of_at_most_one(n, chance):
    expected = math.fsum(
        math.comb(n, b) * chance**b * (1 - chance) ** (n - b) * math.exp(log_e_binary(b, n - b)) for b in range(n + 1)
    )
    assert expected <= 1 + 1e-12


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_next_item_changes_the_evidence_by_nothing_on_average(b, c):
    win, loss = log_e_binary(b + 1, c), log_e_binary(b, c + 1)
    assert (math.exp(win - log_e_binary(b, c)) + math.exp(loss - log_e_binary(b, c))) / 2 == pytest.approx(1, rel=1e-8)


@given(st.integers(0, 500_000), st.integers(0, 500_000))
def test_win_counts_for_the_candidate_and_loss_against_it(b, c):
    assert log_e_binary(b, c + 1) < log_e_binary(b, c) < log_e_binary(b + 1, c)


def test_evidence_is_never_more_than_the_exact_sign_test_allows():
    """Markov: the chance of evidence E or more without an effect is at most 1/E."""
    for n in range(201):
        for b in range(n + 1):
            p = stats.binom.sf(b - 1, n, 0.5)
            e = math.exp(log_e_binary(b, n - b))
            assert p * e <= 1 + 1e-9, (b, n - b)
            assert e < 20 or p <= 0.05, (b, n - b)


def test_evidence_and_exact_mcnemar_order_results_alike():
    for n in (5, 12, 40, 120):
        wins = range((n + 1) // 2, n + 1)
        p_values = [mcnemar([[0, b], [n - b, 0]], exact=True).pvalue for b in wins]
        evidence = [log_e_binary(b, n - b) for b in wins]
        assert sorted(p_values, reverse=True) == p_values
        assert sorted(evidence) == evidence
        assert all(p <= 2 / 20 for p, e in zip(p_values, evidence, strict=True) if e >= math.log(20))


def test_evidence_agrees_with_a_mixture_process_of_online_fdr():
    chances = [0.5 + (i + 0.5) / 2000 for i in range(1000)]
    process = MixtureLikelihoodRatioEProcess(
        [lambda win, p=p: math.log(2 * p if win else 2 * (1 - p)) for p in chances]
    )
    stream, wins = random.Random(5), 0
    for seen in range(1, 81):
        win = stream.random() < 0.7
        wins += win
        process.update(win)
        assert log_e_binary(wins, seen - wins) == pytest.approx(process.log_current, abs=1e-4)


@pytest.mark.parametrize(("b", "c"), [(-1, 3), (3, -1)])
def test_negative_count_is_refused(b, c):
    with pytest.raises(ValueError, match="not -1"):
        log_e_binary(b, c)


def test_right_and_wrong_are_counted_and_judged_exactly():
    result = compared(by_rank(1, 1, 1, 0, 0, 1), by_rank(0, 0, 0, 1, 0, 1))
    assert (result.items, result.wins, result.losses, result.ties, result.binary) == (6, 3, 1, 2, True)
    assert result.mean_difference == pytest.approx(2 / 6)
    assert result.log_e == log_e_binary(3, 1)


scores = st.dictionaries(st.sampled_from("abcdefghijkl"), st.floats(-100, 100), min_size=1)


@given(scores, st.data())
def test_lower_is_better_turns_the_comparison_round(incumbent, data):
    candidate = {name: data.draw(st.floats(-100, 100)) for name in incumbent}
    higher = compared(candidate, incumbent)
    lower = compared(
        {name: -score for name, score in candidate.items()},
        {name: -score for name, score in incumbent.items()},
        lower_is_better=True,
    )
    assert (lower.wins, lower.losses, lower.mean_difference, lower.log_e) == (
        higher.wins,
        higher.losses,
        higher.mean_difference,
        higher.log_e,
    )


def test_errors_are_right_and_wrong_the_other_way():
    assert compared(by_rank(0, 0, 1), by_rank(1, 1, 1), lower_is_better=True).log_e == log_e_binary(2, 0)


@given(scores, st.data(), st.integers(-20, 20), st.sampled_from([0.0, 0.25]))
def test_other_unit_of_scores_changes_nothing(incumbent, data, power, smallest):
    candidate = {name: data.draw(st.floats(-100, 100)) for name in incumbent}
    unit = 2.0**power
    plain = compared(candidate, incumbent, smallest=smallest)
    assume(not plain.binary)
    scaled = compared(
        {name: score * unit for name, score in candidate.items()},
        {name: score * unit for name, score in incumbent.items()},
        smallest=smallest * unit,
    )
    assume(not scaled.binary)
    assert scaled.log_e == pytest.approx(plain.log_e, rel=1e-6, abs=1e-6)
    assert (scaled.wins, scaled.losses) == (plain.wins, plain.losses)


def graded(shift, count=40, seed=3):
    noise = np.random.default_rng(seed).normal(0, 0.05, (2, count))
    hard = np.random.default_rng(seed + 1).uniform(0, 1, count)
    return by_rank(*(hard + shift + noise[0])), by_rank(*(hard + noise[1]))


def test_graded_evidence_is_the_t_mixture_of_differences():
    candidate, incumbent = graded(0.04)
    result = compared(candidate, incumbent, smallest=0.02)
    differences = [candidate[name] - incumbent[name] for name in candidate]
    mean, error, df = np.mean(differences), np.std(differences, ddof=1) / math.sqrt(40), 39
    ratios = [
        stats.t.pdf((mean - 0.02 * 2**k) / error, df) / stats.t.pdf(mean / error, df) for k in range(7)
    ]  # of the density of t around each effect, and around none
    assert result.log_e == pytest.approx(math.log(np.mean(ratios)), rel=1e-9)
    assert not result.binary


def test_difference_that_items_share_is_seen_below_their_spread():
    assert compared(*graded(0.05)).log_e > math.log(100)
    assert compared(*graded(0.0)).log_e < math.log(5)
    assert compared(*graded(-0.05)).log_e < 0


def test_graded_evidence_without_effect_is_rare():
    """One in twenty would be allowed; the mixture is far below it, with a smallest effect and without."""
    stream = np.random.default_rng(11)
    for smallest in (0.0, 0.05):
        lucky = 0
        for _ in range(1000):
            candidate, incumbent = (by_rank(*row) for row in stream.normal(0, 1, (2, 8)).tolist())
            lucky += compared(candidate, incumbent, smallest=smallest).log_e >= math.log(20)
        assert lucky <= 15


def test_smallest_effect_far_below_the_noise_hides_no_gain():
    assert compared(*graded(0.05), smallest=1e-6).log_e == compared(*graded(0.05)).log_e > math.log(100)


def test_huge_gain_is_no_less_evidence_than_a_large_one():
    noise = [0.1, -0.2, 0.3, -0.1, 0.0, 0.2, -0.3, 0.1]
    incumbent = by_rank(*[100.0] * 8)
    evidence = [
        compared(by_rank(*(100 + gain + n for n in noise)), incumbent, smallest=0.5).log_e for gain in (1, 8, 90, 5000)
    ]
    assert min(evidence[1:]) >= evidence[0] > math.log(20)
    assert evidence[3] >= evidence[1]


def test_few_graded_items_count_as_wins_and_losses():
    assert compared(by_rank(0.9, 0.8, 0.7, 0.5), by_rank(0.4, 0.3, 0.2, 0.1)).log_e == log_e_binary(4, 0)


def test_same_gain_on_every_item_is_as_many_wins():
    incumbent = by_rank(*(0.1 * i for i in range(12)))
    result = compared({name: score + 0.1 for name, score in incumbent.items()}, incumbent)
    assert (result.wins, result.log_e) == (12, log_e_binary(12, 0))
    assert compared({name: score - 0.1 for name, score in incumbent.items()}, incumbent).log_e == log_e_binary(0, 12)


@given(scores)
def test_equal_scores_are_no_evidence(incumbent):
    result = compared(dict(incumbent), incumbent)
    assert (result.wins, result.losses, result.mean_difference) == (0, 0, 0.0)
    assert result.log_e <= 0


def test_rounding_is_no_win():
    assert compared(by_rank(0.1 + 0.2, 0.5), by_rank(0.3, 0.5)).ties == 2


def test_no_items_are_no_evidence():
    assert (compared({}, {}).items, compared({}, {}).log_e) == (0, 0.0)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=12), st.floats(0, 1e300))
def test_scores_of_any_magnitude_are_compared(pairs, smallest):
    result = compared(by_rank(*(a for a, _ in pairs)), by_rank(*(b for _, b in pairs)), smallest=smallest)
    assert math.isfinite(result.log_e)
    assert math.isfinite(result.mean_difference)


def test_order_of_items_means_nothing():
    assert compared({"a": 1.0, "b": 0.5}, {"b": 0.5, "a": 1.0}).ties == 2


def test_items_of_one_side_only_are_named():
    answer = compare_items(by_rank(*range(9)), {"q0": 0.0, "z": 1.0}, lower_is_better=False)
    assert isinstance(answer, ItemsDiffer)
    assert answer.reason == (
        "the items are not the same: the candidate has no score for z; "
        "only the candidate has q1, q2, q3, q4, q5 and 3 more"
    )


def test_repeats_are_averaged_item_by_item():
    assert mean_items([{"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 0.0}, {"a": 1.0, "c": 0.7}]) == {
        "a": pytest.approx(2 / 3),
        "b": 0.0,
        "c": 0.7,
    }


@given(st.floats(-1e6, 1e6), st.integers(1, 7))
def test_mean_of_equal_repeats_is_exactly_that_score(score, repeats):
    assert mean_items([{"a": score}] * repeats) == {"a": score}
