"""The record of an experiment that was left open: when its measurement may go on, and which of its samples still count."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import Tape, spec

from autoexp.campaign import events as ev
from autoexp.campaign.amounts import cost_of
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.fold import fold_all
from autoexp.campaign.resuming import LONGEST_PAUSE_S, MOST_PAUSES, hindrance, in_words, sound_samples
from autoexp.campaign.state import CampaignState
from autoexp.experiment.measurement import Sample, Side, Usage
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Proposal

SIDES = {"c": Side.CANDIDATE, "i": Side.INCUMBENT}


@pytest.fixture
def tape() -> Tape:
    """Write a campaign whose first experiment has a sample and no verdict."""
    tape = Tape().open()
    tape.intent()
    tape.propose()
    tape.sample(9.0)
    return tape


def found_by(tape: Tape, *, after: float = 2.0) -> CampaignState:
    """Give what the next session finds."""
    tape.write(ev.SessionOpened(pid=2), after=after)
    return fold_all(tape.records)


def opened(state: CampaignState) -> Experiment:
    assert state.open is not None
    return state.open


def test_short_pause_hinders_nothing(tape: Tape) -> None:
    state = found_by(tape, after=LONGEST_PAUSE_S)
    assert hindrance(state) == ""
    assert opened(state).pause_s == LONGEST_PAUSE_S


def test_pause_counts_from_the_last_thing_that_was_measured(tape: Tape) -> None:
    tape.write(ev.SessionOpened(pid=2), after=LONGEST_PAUSE_S - 10)
    tape.write(ev.Noted(text="and died at once"))
    assert "took" in hindrance(found_by(tape, after=20))


@pytest.mark.parametrize(
    ("boots", "why"),
    [
        (("boot-1", "boot-2"), "the machine was started anew since"),
        (("unknown", "unknown"), "nobody can tell whether the machine was started anew since"),
    ],
)
def test_another_boot_is_no_pause(boots: tuple[str, str], why: str) -> None:
    tape = Tape(boot=boots[0]).open()
    tape.intent()
    tape.propose()
    tape.boot = boots[1]
    assert hindrance(found_by(tape)) == why


@pytest.mark.parametrize("leap_s", [-3600.0, 60.0])
def test_clock_that_leapt_may_hide_a_sleep(tape: Tape, leap_s: float) -> None:
    tape.wall += leap_s
    assert "slept" in hindrance(found_by(tape))


def test_experiment_without_a_change_or_with_one_that_is_mended_is_not_taken_up(tape: Tape) -> None:
    tape.write(ev.MendAsked(n=1, outcome=Outcome.CRASH))
    assert "mended" in hindrance(found_by(tape))
    tape.write(ev.Proposed(n=1, proposal=Proposal(description="mended")))
    assert "mended" in hindrance(found_by(tape)), "the mended change is not there yet"
    bare = Tape().open()
    bare.intent()
    assert "no change yet" in hindrance(found_by(bare))


STOPPED = Sample(side=Side.CANDIDATE, i=1, outcome=Outcome.INTERRUPTED)


@pytest.mark.parametrize(
    "last",
    [
        ev.SampleTaken(n=1, sample=STOPPED),
        ev.ChecksRun(n=1, outcome=Outcome.INTERRUPTED),
        ev.HoldoutRun(n=1, samples=(STOPPED,)),
        ev.HoldoutRun(n=1, samples=(Sample(side=Side.CANDIDATE, i=0),), detail="interrupted"),
    ],
)
def test_experiment_that_somebody_was_stopping_is_not_taken_up(tape: Tape, last: Any) -> None:
    tape.write(last)
    assert hindrance(found_by(tape)) == "it was being stopped"


def taken(order: str, *, wall_s: float = 1.0, **contract: Any) -> Tape:
    """Write an experiment in which sides were measured in this order."""
    tape = Tape().open(spec(**contract), deterministic=False)
    tape.intent()
    tape.propose()
    for i, letter in enumerate(order):
        sample = Sample(side=SIDES[letter], i=i, values={"x": float(i)}, usage=Usage(wall_s=wall_s), cost_usd=1.0)
        tape.write(ev.SampleTaken(n=1, sample=sample))
    return tape


@pytest.mark.parametrize(
    ("order", "sound"),
    [("", 0), ("c", 0), ("ci", 1), ("cii", 1), ("ciic", 2), ("ciicc", 2), ("cccici", 0), ("ccic", 0), ("icc", 1)],
)
def test_samples_count_up_to_the_last_balance(order: str, sound: int) -> None:
    assert sound_samples(found_by(taken(order))) == (sound, sound)


@given(st.text("ci", max_size=12))
def test_what_counts_is_how_far_an_earlier_look_came(order: str) -> None:
    """The rule goes on from a place where it has been, so it decides as if nobody had interrupted it."""
    state = found_by(taken(order))
    ours, theirs = sound_samples(state)
    assert ours == theirs
    assert any((order[:end].count("c"), order[:end].count("i")) == (ours, theirs) for end in range(len(order) + 1))


@pytest.mark.parametrize("contract", [{"decision": {"method": "single"}}, {"measurement": {"deterministic": True}}])
def test_all_samples_count_where_one_run_decides(contract: dict[str, Any]) -> None:
    tape = Tape().open(spec(**contract), deterministic="measurement" in contract)
    tape.intent()
    tape.propose()
    tape.sample(9.0)
    assert sound_samples(found_by(tape)) == (1, 0)


def test_all_samples_count_after_a_pause_that_was_shorter_than_a_run() -> None:
    assert sound_samples(found_by(taken("cci", wall_s=100.0), after=99.0)) == (2, 1)
    assert sound_samples(found_by(taken("cci", wall_s=100.0), after=101.0)) == (0, 0)


def test_run_that_went_wrong_is_never_taken_again() -> None:
    tape = taken("ci")
    tape.write(ev.SampleTaken(n=1, sample=Sample(side=Side.CANDIDATE, i=1, outcome=Outcome.CRASH)))
    assert sound_samples(found_by(tape)) == (2, 1)


def test_samples_that_are_put_aside_stay_paid_for_and_counted() -> None:
    tape = taken("cii")
    tape.write(ev.Continued(n=1, pause_s=5.0, candidate=1, incumbent=1))
    state = fold_all(tape.records)
    one = opened(state)
    assert [sample.i for sample in one.samples] == [0, 1]
    assert [sample.i for sample in one.void] == [2]
    assert (one.samples_taken, cost_of(one), state.cost_usd) == (3, 3.0, 3.0)
    assert one.pauses == (5.0,)


def test_experiment_that_ends_every_process_is_not_taken_up_for_ever() -> None:
    tape, taken_up = taken("c"), 0
    while not hindrance(state := found_by(tape)) and taken_up < 100:
        ours, theirs = sound_samples(state)
        tape.write(ev.Continued(n=1, pause_s=2.0, candidate=ours, incumbent=theirs))
        taken_up += 1
    assert taken_up == MOST_PAUSES
    assert "taken up 5 times" in hindrance(state)


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "5 s"), (119, "119 s"), (600, "10 min"), (10800, "3 h"), (9000, "2.5 h")]
)
def test_length_of_a_pause_is_told_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
