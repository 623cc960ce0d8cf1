"""K interleaved pairs: the order of samples, and when the means decide."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import finite, ordinary, spec

from autoexp.decision import Evidence, MeasureMore, decide
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict

BATCH = spec({"min_effect": 0}, decision={"method": {"batch": {"k": 3}}})
THREE = spec(decision={"method": "batch"})


def evidence(candidate, incumbent, contract=BATCH, *, gain=0.0, baseline=10.0, noise=None):
    return Evidence(
        spec=contract,
        candidate=[{"x": value} for value in candidate],
        incumbent=[{"x": value} for value in incumbent],
        stored={"x": baseline},
        baseline={"x": baseline},
        gain=gain,
        deterministic=False,
        noise=noise,
    )


def ruled(candidate, incumbent, contract=BATCH, **more):
    return decide(evidence(candidate, incumbent, contract, **more))


def sides(contract, k, *, start=(0, 0)):
    """Follow the rule from a number of samples on each side until it rules."""
    taken = {Side.CANDIDATE: start[0], Side.INCUMBENT: start[1]}
    order = []
    while isinstance(
        asked := ruled([9.0] * taken[Side.CANDIDATE], [10.0] * taken[Side.INCUMBENT], contract), MeasureMore
    ):
        taken[asked.side] += 1
        order.append((asked.side, taken[Side.CANDIDATE] - taken[Side.INCUMBENT]))
        assert len(order) <= 2 * k
    return order, taken


ks = st.integers(2, 12)


def of_k(k):
    return spec(decision={"method": {"batch": {"k": k}}})


def test_pairs_begin_with_another_side_each():
    order, _ = sides(of_k(4), 4)
    assert "".join(side.value[0] for side, _ in order) == "ciicciic"


@given(ks)
def test_each_side_gets_k_samples(k):
    assert sides(of_k(k), k)[1] == {Side.CANDIDATE: k, Side.INCUMBENT: k}


@given(ks)
def test_no_side_is_ever_more_than_one_ahead(k):
    assert all(abs(ahead) <= 1 for _, ahead in sides(of_k(k), k)[0])


@given(ks)
def test_two_samples_that_were_to_repeat_are_used_when_they_do_not(k):
    assert sides(of_k(k), k, start=(2, 0))[1] == {Side.CANDIDATE: k, Side.INCUMBENT: k}


def test_batch_without_a_number_takes_three_pairs():
    assert sides(THREE, 3)[1] == {Side.CANDIDATE: 3, Side.INCUMBENT: 3}


triples = st.lists(ordinary, min_size=3, max_size=3)


@given(triples, triples)
def test_keep_means_better_by_more_than_the_larger_deviation(candidate, incumbent):
    improvement = statistics.fmean(incumbent) - statistics.fmean(candidate)
    spread = max(statistics.stdev(candidate), statistics.stdev(incumbent))
    if abs(improvement - spread) > 1e-6 * max(1, abs(spread)):
        assert (ruled(candidate, incumbent).verdict is Verdict.KEEP) == (improvement > max(spread, 0))


def test_deviation_counts_n_minus_one():
    # deviations of 0, 1, 2: 1 with n - 1, 0.82 with n
    assert ruled([8.1, 9.1, 10.1], [10.0, 10.0, 10.0]).verdict is Verdict.INCONCLUSIVE
    assert ruled([7.9, 8.9, 9.9], [10.0, 10.0, 10.0]).verdict is Verdict.KEEP


def test_larger_deviation_may_be_that_of_the_incumbent():
    assert ruled([9.0, 9.0, 9.0], [8.0, 10.0, 12.0]).verdict is Verdict.INCONCLUSIVE


def test_gain_of_exactly_one_deviation_is_not_enough():
    assert ruled([8.0, 9.0, 10.0], [10.0, 10.0, 10.0]).verdict is Verdict.INCONCLUSIVE


def test_gain_below_the_smallest_effect_is_discarded_however_clear():
    contract = spec({"min_effect": "5%"}, decision={"method": {"batch": {"k": 3}}})
    assert ruled([9.6] * 3, [10.0] * 3, contract).verdict is Verdict.DISCARD
    assert ruled([9.5] * 3, [10.0] * 3, contract).verdict is Verdict.KEEP


def test_noisy_metric_has_half_a_percent_as_smallest_effect():
    assert ruled([9.96] * 3, [10.0] * 3, THREE).verdict is Verdict.DISCARD
    assert ruled([9.94] * 3, [10.0] * 3, THREE).verdict is Verdict.KEEP


@given(triples)
def test_equal_means_are_discarded_unless_equal_is_kept(values):
    keeping = spec(decision={"method": {"batch": {"k": 3}}, "on_equal": "keep"})
    assert ruled(values, values).verdict is Verdict.DISCARD
    assert ruled(values, values, keeping).verdict is Verdict.KEEP


@given(triples, triples)
def test_worse_mean_is_discarded_also_when_equal_is_kept(candidate, incumbent):
    keeping = spec(decision={"method": {"batch": {"k": 3}}, "on_equal": "keep"})
    decision = ruled(candidate, incumbent, keeping)
    if decision.evidence["improvement"] < 0:
        assert decision.verdict is Verdict.DISCARD


@given(st.lists(finite, min_size=3, max_size=3), st.lists(finite, min_size=3, max_size=3), finite)
def test_numbers_of_any_magnitude_are_ruled_on(candidate, incumbent, baseline):
    assert ruled(candidate, incumbent, baseline=baseline).verdict in Verdict


@pytest.mark.parametrize(
    ("candidate", "incumbent"), [([-2.0] * 3, [-1.0] * 3), ([-1.0] * 3, [0.0] * 3), ([0.0] * 3, [1.0] * 3)]
)
def test_zero_and_negative_values_are_ordinary(candidate, incumbent):
    assert ruled(candidate, incumbent).verdict is Verdict.KEEP
    assert ruled(incumbent, candidate).verdict is Verdict.DISCARD


def test_reason_tells_effect_runs_and_spread():
    assert ruled([8.0] * 3, [10.0] * 3).reasons == ("kept: x 20.00% better, 3 + 3 runs, spread 0",)


def test_clear_loser_ends_after_one_pair_and_says_so():
    ruling = ruled([13.0], [10.0], noise=0.01)
    assert ruling.verdict is Verdict.DISCARD
    assert "after 1 of 3 pairs" in ruling.reasons[0]


def test_small_loss_ends_after_two_pairs_when_the_third_cannot_make_it_up():
    assert isinstance(ruled([10.8], [10.0], noise=0.01), MeasureMore)
    assert ruled([10.8, 10.8], [10.0, 10.0], noise=0.01).verdict is Verdict.DISCARD


def test_loser_within_the_noise_is_measured_to_the_end():
    assert isinstance(ruled([13.0], [10.0], noise=0.10), MeasureMore)
    assert isinstance(ruled([10.3, 10.3], [10.0, 10.0], noise=0.01), MeasureMore)


def test_without_known_noise_every_candidate_takes_all_pairs():
    assert isinstance(ruled([99.0, 99.0], [10.0, 10.0]), MeasureMore)


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=3), st.floats(0, 0.2))
def test_nothing_is_kept_before_all_pairs(values, noise):
    taken = len(values)
    ruling = ruled(values, [10.0] * taken, noise=noise)
    kept = not isinstance(ruling, MeasureMore) and ruling.verdict is Verdict.KEEP
    assert not kept or taken == 3
