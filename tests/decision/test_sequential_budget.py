"""The error budget: what the next keep needs, by e-LOND or by what the campaign has met."""

import math
import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from online_fdr.core.abstract.abstract_gamma_seq import AbstractGammaSequence
from online_fdr.e_values.sequential import ELond

from autoexp.decision.sequential.ledger import Ledger, counted, learned_bar, probability
from autoexp.decision.sequential.rule import Question, log_bar
from autoexp.decision.sequential.settings import PRESETS, Settings
from autoexp.decision.sequential.spending import gamma

E_LOND = Settings(level="e-lond")
logs = st.floats(-10, 30)


class Even(AbstractGammaSequence):
    """The same part of the budget for each of the tests planned."""

    def __init__(self, horizon):
        super().__init__(None)
        self.horizon = horizon

    def calc_gamma(self, j, **_):
        return 1 / self.horizon


def question(*, rate=0.10, horizon=None, shares=1):
    return Question(smallest=0.005, wanted=0.005, rate=rate, shares=shares, horizon=horizon)


@pytest.mark.parametrize(("horizon", "rate"), [(100, 0.10), (150, 0.05), (120, 0.5)])
def test_strict_level_keeps_and_discards_as_e_lond_of_online_fdr_does(horizon, rate):
    stream, ledger, other = random.Random(horizon), Ledger(), ELond(rate, Even(horizon))
    kept = 0
    for _ in range(horizon):
        log_e = stream.gauss(math.log(horizon / rate) - 1, 2)
        keep = log_e >= log_bar(ledger, question(rate=rate, horizon=horizon), E_LOND)
        assert keep == other.test_one(math.exp(log_e))
        ledger = counted(ledger, log_e, kept=keep)
        kept += keep
    assert 10 < kept < horizon - 10, "both answers came"


@pytest.mark.parametrize("horizon", [1, 7, 50, 1000])
def test_planned_tests_share_the_whole_budget(horizon):
    assert math.fsum(gamma(n, horizon) for n in range(horizon)) == pytest.approx(1)


@given(st.integers(1, 5000))
def test_campaign_without_end_never_spends_more_than_its_budget(tests):
    parts = [gamma(n, None) for n in range(tests)]
    assert math.fsum(parts) < 1
    assert min(parts) > 0


def test_each_epoch_is_twice_as_long_and_spends_half():
    ends = (0, 64, 64 + 128, 64 + 128 + 256)
    spent = [math.fsum(gamma(n, None) for n in range(*epoch)) for epoch in pairwise(ends)]
    assert spent == pytest.approx([1 / 2, 1 / 4, 1 / 8])


@given(st.integers(1, 300), st.integers(1, 2000))
def test_campaign_that_outlives_its_plan_spends_a_second_budget_at_most(horizon, more):
    assert math.fsum(gamma(n, horizon) for n in range(horizon + more)) < 2


def test_experiment_without_plan_or_history_needs_what_its_part_of_the_budget_says():
    assert math.exp(log_bar(Ledger(), question(horizon=50), E_LOND)) == pytest.approx(500)
    assert math.exp(log_bar(Ledger(), question(), E_LOND)) == pytest.approx(64 * 2 * 10)


@pytest.mark.parametrize("settings", [E_LOND, Settings(), PRESETS["eager"]])
def test_two_questions_about_a_candidate_halve_the_level(settings):
    one, two = (log_bar(Ledger(), question(horizon=50, shares=shares), settings) for shares in (1, 2))
    assert two - one == pytest.approx(math.log(2))


def test_fixed_level_is_the_same_for_every_experiment():
    later = counted(counted(Ledger(), -2.0, kept=False), 20.0, kept=True)
    for name, level in (("eager", 0.02), ("thrifty", 0.05), ("one-shot", 0.10)):
        bars = [log_bar(ledger, question(horizon=50), PRESETS[name]) for ledger in (Ledger(), later)]
        assert bars == pytest.approx([-math.log(level)] * 2)


@given(st.lists(logs, max_size=60), st.floats(0.01, 0.5))
def test_learned_doubts_of_the_keeps_stay_within_the_rate(evidence, rate):
    """Each keep is false with its doubt at most; together they are fewer than `rate` of all, but for the credit."""
    ledger = Ledger()
    for log_e in evidence:
        ledger = counted(ledger, log_e, kept=log_e >= learned_bar(ledger, rate))
    floor = rate / 10 * ledger.kept
    assert ledger.doubt <= max(rate * (ledger.kept + 3), floor) + 1e-9
    assert ledger.kept <= ledger.tested == len(evidence)


@given(st.integers(1, 200))
def test_bar_rises_while_nothing_real_shows(misses):
    ledger = Ledger()
    for _ in range(misses):
        ledger = counted(ledger, -2.0, kept=False)
    assert learned_bar(ledger, 0.10) > learned_bar(Ledger(), 0.10)
    assert ledger.share < Ledger().share


def test_bar_falls_when_clear_improvements_are_found():
    ledger = Ledger()
    for _ in range(5):
        ledger = counted(ledger, 25.0, kept=True)
    assert learned_bar(ledger, 0.10) < learned_bar(Ledger(), 0.10)


def test_doubtful_keeps_use_up_the_room_that_clear_ones_leave():
    """An improvement is as likely as not after evidence of 19:1 for what one change in twenty is."""
    one = counted(Ledger(), math.log(19), kept=True)
    assert one.doubt == pytest.approx(0.5)
    assert counted(Ledger(), math.log(19), kept=False).doubt == 0
    clear, doubtful = replace(one, doubt=0.0), replace(one, doubt=0.5)
    assert learned_bar(doubtful, 0.10) > learned_bar(clear, 0.10) + 1


@given(st.floats(0.01, 0.25), st.floats(0.01, 0.25))
def test_smaller_rate_asks_for_more(one, other):
    bars = [learned_bar(Ledger(), rate) for rate in sorted((one, other))]
    assert bars[0] >= bars[1]


@given(st.floats(-1e6, 1e6), st.floats(0.001, 0.999))
def test_probability_after_any_evidence_is_one(log_e, share):
    assert 0 <= probability(log_e, share) <= 1
    assert probability(0.0, share) == pytest.approx(share)


@given(st.lists(st.tuples(logs, st.booleans()), max_size=30))
def test_every_experiment_is_a_hit_or_a_miss(seen):
    ledger = Ledger()
    for log_e, kept in seen:
        ledger = counted(ledger, log_e, kept=kept, sizes=(1.0, 0, 0, 0, 0, 0, 0))
    assert ledger.hits + ledger.misses == pytest.approx(20 + len(seen))
    assert math.fsum(ledger.sizes) - math.fsum(Ledger().sizes) == pytest.approx(ledger.hits - 1)
    assert ledger.sizes[1:] == Ledger().sizes[1:]
