"""Seeds as blocks: both sides run on the same ones, in pairs, and what a seed does to both does not count."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import spec
from tests.decision.campaigns import Judged, Machine, Played

from autoexp.engine.seeds import sample_seed
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict

SEEDS = list(range(1, 41))
SHARED, OWN = 0.20, 0.005


def contract(**more):
    measurement = {"deterministic": False, "seeds": SEEDS, **more.pop("measurement", {})}
    return spec(measurement=measurement, **more)


class Training:
    """A training whose result depends on its seed by 20 %, the same for everybody, and on nothing else by more than 0.5 %."""

    def __init__(self, number, *, own=OWN, shared=SHARED):
        self.stream = random.Random(f"training {number}")
        self.own, self.shared = own, shared

    def run(self, i, gain=0.0):
        luck = random.Random(f"seed {SEEDS[i % len(SEEDS)]}").gauss(0, self.shared)
        return 10 * (1 - gain) * math.exp(luck + self.stream.gauss(0, self.own))

    def baseline(self):
        return [self.run(i) for i in range(6)]

    def candidate(self, gain):
        return lambda side, i: self.run(i, gain if side is Side.CANDIDATE else 0.0)


def played(training, **more):
    """Give a campaign that has seen a few pairs: what pairs differ by is learned from these, not from the baseline."""
    campaign = Played(contract(**more), training.baseline())
    for _ in range(3):
        campaign.judge(training.candidate(0.0))
    return campaign


def is_paired(judged: Judged) -> bool:
    return judged.sides == "ci" * (len(judged.sides) // 2)


@pytest.mark.parametrize("gain", [-0.3, 0.0, 0.01, 0.1])
def test_sides_take_turns_so_that_each_seed_is_run_by_both(gain):
    training = Training(1)
    judged = Played(contract(), training.baseline()).judge(training.candidate(gain))
    assert is_paired(judged)


@pytest.mark.parametrize("number", range(10))
def test_what_a_seed_does_to_both_sides_hides_no_gain(number):
    training = Training(number)
    judged = played(training).judge(training.candidate(0.03))
    assert judged.kept
    assert len(judged.sides) <= 12
    assert judged.decision.effect == pytest.approx(0.03, abs=0.015)


def test_what_a_seed_does_is_noise_where_seeds_are_not_listed():
    """The same world as above, but each run draws a seed of its own."""
    kept = 0
    for number in range(10):
        machine = Machine(math.hypot(SHARED, OWN), number)
        kept += (
            Played(spec(measurement={"deterministic": False}), machine.baseline()).judge(machine.candidate(0.03)).kept
        )
    assert kept <= 1


def test_nothing_is_rarely_kept_for_a_gain():
    kept = 0
    for number in range(5):
        training = Training(number, own=0.02)
        campaign = played(training)
        kept += sum(campaign.judge(training.candidate(0.0)).kept for _ in range(40))
    assert kept <= 2


def test_loss_is_seen_after_a_few_pairs():
    training = Training(3)
    judged = played(training).judge(training.candidate(-0.05))
    assert judged.decision.verdict is Verdict.DISCARD
    assert len(judged.sides) <= 4


def test_seeds_may_be_run_again_when_the_list_ends():
    training = Training(4)
    few = {"measurement": {"seeds": [1, 2]}}
    state = Played(contract(**few), training.baseline()).state
    assert [sample_seed(state, contract(**few), i) for i in range(5)] == [1, 2, 1, 2, 1]


limits = st.integers(2, 12)


@settings(max_examples=60, deadline=None)
@given(limits, st.none() | limits, st.floats(-0.05, 0.3))
def test_pairs_stay_within_the_runs_allowed(most, least, gain):
    least = least and min(least, most)
    training = Training(5)
    campaign = played(training, measurement={"max_samples": most, "min_samples": least})
    judged = campaign.judge(training.candidate(gain))
    assert is_paired(judged)
    assert len(judged.sides) <= most


@pytest.mark.parametrize("most", [4, 5, 9])
@pytest.mark.parametrize("least", [None, 9])
def test_few_pairs_are_enough_for_a_clear_gain(most, least):
    training = Training(6, shared=0.01)
    limits = {"max_samples": most, "min_samples": least and min(least, most)}
    assert played(training, measurement=limits).judge(training.candidate(0.3)).kept


def test_noise_told_is_that_of_a_difference():
    training = Training(8, own=0.02)
    campaign = played(training)
    for _ in range(40):
        campaign.judge(training.candidate(0.0))
    noise = campaign.judge(training.candidate(0.0)).decision.evidence["noise"]
    assert noise == pytest.approx(0.02 * math.sqrt(2), rel=0.15)
