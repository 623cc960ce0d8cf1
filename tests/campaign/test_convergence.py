"""What a campaign gained of late, and what going on is likely to bring: laws of both."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import Tape, spec, tapes

from autoexp.campaign import events as ev
from autoexp.campaign.convergence import (
    PRIOR_DISCARDS,
    PRIOR_KEEPS,
    gains,
    improvement_rate,
    plateau,
    streak,
    target_reached,
    worth,
)
from autoexp.campaign.fold import fold_all
from autoexp.campaign.learning import known_of
from autoexp.campaign.state import CampaignState
from autoexp.campaign.totals import DISCOUNT
from autoexp.experiment.measurement import measure
from autoexp.experiment.outcome import UNDECIDED, Outcome, Verdict

effects = st.floats(0.0001, 0.5)
runs = st.lists(st.none() | effects, max_size=12)
windows = st.integers(2, 8)
undecided = st.sampled_from(sorted(UNDECIDED))


def campaign(run, tape=None):
    """Give the state after experiments that were kept with an effect, or discarded where there is None."""
    tape = tape or Tape().open()
    for effect in run:
        tape.experiment(verdict=Verdict.DISCARD if effect is None else Verdict.KEEP, effect=effect)
    return fold_all(tape.records)


def gained(run):
    return [effect or 0.0 for effect in run]


# --- the series


@settings(deadline=None)
@given(runs, st.integers(0, 12))
def test_gains_are_those_of_the_keeps_oldest_first(run, last):
    assert gains(campaign(run)) == tuple(gained(run))
    assert gains(campaign(run), last=last) == tuple(gained(run)[len(run) - min(last, len(run)) :])


@settings(deadline=None)
@given(tapes())
def test_gains_of_one_segment_add_up_to_the_gain_of_the_campaign(tape):
    state = fold_all(tape.records)
    if len(state.segments) == 1:
        assert sum(gains(state)) == pytest.approx(state.gain)


@settings(deadline=None)
@given(runs, st.lists(undecided, max_size=3))
def test_experiment_without_a_verdict_has_no_place_in_the_series(run, endings):
    tape = Tape().open()
    state = campaign(run, tape)
    for outcome in endings:
        tape.failed(outcome)
    after = fold_all(tape.records)
    assert (gains(after), worth(after)) == (gains(state), worth(state))


@settings(deadline=None)
@given(runs)
def test_experiments_of_an_earlier_segment_have_no_place_in_the_series(run):
    tape = Tape().open()
    campaign([0.1, None], tape)
    tape.segment()
    assert gains(campaign(run, tape)) == tuple(gained(run))


# --- plateau


@settings(deadline=None)
@given(runs, windows, effects, st.data())
def test_keep_of_the_least_gain_within_the_window_is_no_plateau(run, window, least, data):
    run.insert(len(run) - data.draw(st.integers(0, min(window - 1, len(run)))), least)
    assert not plateau(campaign(run), window, least)


@settings(deadline=None)
@given(runs, windows, effects)
def test_discards_of_a_whole_window_are_a_plateau_whatever_came_before(run, window, least):
    assert plateau(campaign([*run, *[None] * window]), window, least)
    assert plateau(campaign([*run, *[None] * window]), window, 0.0)


@settings(deadline=None)
@given(runs, windows)
def test_fewer_experiments_than_the_window_are_no_plateau(run, window):
    assert not plateau(campaign(run[: window - 1]), window, 9.0)


@settings(deadline=None)
@given(runs, windows, effects, effects)
def test_plateau_stays_one_when_more_gain_is_asked_for(run, window, one, other):
    state = campaign(run)
    assert not plateau(state, window, min(one, other)) or plateau(state, window, max(one, other))


def test_new_segment_begins_without_a_plateau():
    tape = Tape().open()
    campaign([None] * 3, tape)
    assert plateau(campaign([], tape), 3, 0.1)
    assert not plateau(campaign([None, None], tape.segment()), 3, 0.1)


# --- rate and streak


@settings(deadline=None)
@given(runs, windows)
def test_improvement_rate_is_the_gain_per_experiment_of_the_window(run, window):
    last = gained(run)[-window:]
    rate = improvement_rate(campaign(run), window)
    assert rate == (pytest.approx(sum(last) / len(last)) if run else None)


@settings(deadline=None)
@given(runs)
def test_streak_is_the_length_of_the_row_without_a_keep(run):
    expected = next((i for i, effect in enumerate(reversed(run)) if effect is not None), len(run))
    assert streak(campaign(run)) == expected


# --- target


def best(value, direction):
    tape = Tape().open(spec(primary={"direction": direction}))
    tape.experiment(value, Verdict.KEEP, effect=0.1)
    return fold_all(tape.records)


values = st.floats(-100, 100)
directions = st.sampled_from(["lower", "higher"])


@settings(deadline=None)
@given(values, values, values, directions)
def test_target_that_is_reached_stays_reached_by_what_is_better_and_when_less_is_asked_for(a, b, target, direction):
    worse, better = sorted((a, b), reverse=direction == "lower")
    assert not target_reached(best(worse, direction), target) or target_reached(best(better, direction), target)
    assert not target_reached(best(target, direction), better) or target_reached(best(target, direction), worse)


@settings(deadline=None)
@given(values, directions)
def test_target_is_reached_by_its_own_value(value, direction):
    assert target_reached(best(value, direction), value)


@pytest.mark.parametrize(("direction", "reached"), [("lower", True), ("higher", False)])
def test_direction_says_on_which_side_of_the_target_the_good_values_are(direction, reached):
    assert target_reached(best(8.0, direction), 9.0) is reached


def test_target_is_not_reached_by_a_candidate_that_was_not_kept():
    tape = Tape().open()
    tape.experiment(1.0, Verdict.DISCARD)
    assert not target_reached(fold_all(tape.records), 5.0)


@pytest.mark.parametrize("outcome", [Outcome.MEASURED, Outcome.CRASH])
def test_number_of_an_earlier_segment_reaches_no_target(outcome):
    state = best(1.0, "lower")
    assert target_reached(state, 5.0)
    baseline = (
        None if outcome is Outcome.MEASURED else ev.BaselineMeasured(k=0, outcome=outcome, measurement=measure([]))
    )
    assert not target_reached(replace(state, segment=replace(state.segment, baseline=baseline)), 5.0)


# --- the worth of going on


def test_nothing_is_predicted_before_the_first_experiment():
    assert worth(CampaignState()) is None
    assert worth(campaign([])) is None
    assert worth(campaign([], Tape().open())) is None


@settings(deadline=None)
@given(runs.filter(bool))
def test_prediction_is_the_discounted_posterior(run):
    weights = [DISCOUNT**age for age in range(len(run))][::-1]
    kept = sum(weight for weight, effect in zip(weights, run, strict=True) if effect is not None)
    gain = sum(weight * effect for weight, effect in zip(weights, run, strict=True) if effect is not None)
    found = worth(campaign(run))
    assert found.keep_rate == pytest.approx((kept + PRIOR_KEEPS) / (sum(weights) + PRIOR_KEEPS + PRIOR_DISCARDS))
    assert found.gain_per_experiment == pytest.approx(found.keep_rate * gain / kept if kept else 0.0)
    assert found.gain_per_100_samples == pytest.approx(100 * found.gain_per_experiment)


def over(state, *experiments):
    """Give the state of a campaign whose experiments are these."""
    return replace(state, knowledge=known_of(state, [one for some in experiments for one in some]))


@settings(deadline=None)
@given(runs)
def test_keep_rate_falls_with_every_discard(run):
    state = campaign([*run, None])
    begun, discarded = state.experiments[:-1], state.experiments[-1]
    states = [over(state, begun)]
    for _ in range(1, 100):
        states.append(replace(state, knowledge=known_of(state, [discarded], since=states[-1].knowledge)))
    found = [worth(one) for one in states[1:]]
    assert all(later.keep_rate < earlier.keep_rate for earlier, later in pairwise(found))


@settings(deadline=None)
@given(runs.filter(bool), effects)
def test_keep_raises_the_keep_rate_and_a_discard_lowers_it(run, effect):
    rate = worth(campaign(run)).keep_rate
    assert worth(campaign([*run, None])).keep_rate < rate < worth(campaign([*run, effect])).keep_rate
    assert 0 < rate < 1


@settings(deadline=None)
@given(st.permutations([0.1, None, None, 0.1, None]), st.permutations([0.1, None, None, 0.1, None]))
def test_late_keeps_promise_more_than_early_ones(one, other):
    def lateness(run):
        return sum(DISCOUNT ** (len(run) - i) for i, effect in enumerate(run) if effect)

    earlier, later = sorted((one, other), key=lateness)
    assert worth(campaign(earlier)).keep_rate <= worth(campaign(later)).keep_rate


@settings(deadline=None)
@given(runs.filter(any), st.floats(0.1, 2))
def test_gain_expected_goes_with_the_size_of_the_effects(run, times):
    scaled = [effect and effect * times for effect in run]
    assert worth(campaign(scaled)).gain_per_experiment == pytest.approx(
        times * worth(campaign(run)).gain_per_experiment
    )


def test_gain_per_sample_counts_what_an_experiment_costs():
    tape = Tape().open()
    tape.intent()
    tape.propose()
    for i in range(3):
        tape.sample(9.0, i=i)
    tape.end(Outcome.CHECKS_FAILED)
    found = worth(campaign([0.1], tape))
    each = (3 * DISCOUNT + 1) / (DISCOUNT + 1)
    assert found.gain_per_100_samples == pytest.approx(100 * found.gain_per_experiment / each)


def test_campaign_that_never_came_to_a_sample_has_no_gain_per_sample():
    tape = Tape().open()
    tape.failed(Outcome.NO_CHANGE)
    found = worth(fold_all(tape.records))
    assert (found.gain_per_experiment, found.gain_per_100_samples) == (0.0, None)


def test_what_is_expected_of_the_next_experiments_is_that_many_times_one():
    found = worth(campaign([0.1, None]))
    assert (found.keeps(10), found.gain(10)) == (10 * found.keep_rate, 10 * found.gain_per_experiment)


def test_prediction_after_a_thousand_discards_is_of_the_last_ones():
    state = campaign([0.2, None])
    kept, discarded = state.experiments
    found = worth(over(state, [kept] * 50, [discarded] * 1_500))
    assert found.keep_rate == pytest.approx(PRIOR_KEEPS / (50 + PRIOR_KEEPS + PRIOR_DISCARDS))
    assert found.gain_per_experiment == pytest.approx(0.2 * found.keep_rate)
