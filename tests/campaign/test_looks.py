"""Looks at the holdout: when the one at the end is due, what it counts for, and what a status says of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import Tape, commit, spec

from autoexp.campaign.confirmation_events import HeldOutAtEnd
from autoexp.campaign.looks import MANY, baseline_commit, due_at_end, folder_of, is_unmasked, many
from autoexp.campaign.state import CampaignState, Counts
from autoexp.campaign.stopping import Stop
from autoexp.campaign.summary import summary
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Verdict
from autoexp.stores import values

HELD = spec(harness={"measure": "./bench", "holdout": "./held"})
OTHER = spec({"direction": "higher"}, harness={"measure": "./bench", "holdout": "./held"})
ENDED = Stop("plateau", "nothing came")


def tape() -> Tape:
    """Give a campaign whose first experiment was kept."""
    made = Tape().open(HELD)
    made.experiment(9.0, Verdict.KEEP, effect=0.1)
    return made


def look(made: Tape, *, passed: bool | None = True, scored: int = 0) -> HeldOutAtEnd:
    state = made.state
    sides = (Side.BASELINE, Side.INCUMBENT)
    runs = tuple(Sample(side=side, i=0, values={"h": 1.0}, cost_usd=0.25, scored=scored) for side in sides)
    event = HeldOutAtEnd(
        n=state.incumbent.n,
        segment=made.k,
        baseline=baseline_commit(state),
        commit=state.incumbent.commit,
        samples=runs,
        claimed=state.gain,
        gain=0.08,
        passed=passed,
        detail="as it was",
    )
    made.write(event)
    return event


def due(state: CampaignState, stop: Stop | None = ENDED) -> bool:
    return due_at_end(state, HELD, stop=stop)


def test_rule_that_ends_a_campaign_with_a_keep_asks_for_the_holdout_once() -> None:
    made = tape()
    assert due(made.state)
    look(made)
    made.session()
    assert not due(made.state)
    made.experiment(11.0, Verdict.DISCARD)
    assert not due(made.state)
    made.experiment(8.0, Verdict.KEEP, effect=0.1)
    assert due(made.state)


@pytest.mark.parametrize("stop", [None, Stop("user", "enough"), Stop("error", "no disk")])
def test_what_is_no_end_by_a_rule_asks_for_nothing(stop: Stop | None) -> None:
    assert not due(tape().state, stop)


def test_nothing_is_held_out_without_a_keep_or_without_a_holdout() -> None:
    made = Tape().open(HELD)
    made.experiment(11.0, Verdict.DISCARD)
    assert not due(made.state)
    assert not due_at_end(tape().state, spec(), stop=ENDED)


def test_holdout_without_an_answer_is_due_again_and_no_look() -> None:
    made = tape()
    look(made, passed=None)
    assert due(made.state)
    found = summary(made.state, running=False)
    assert (found["holdout_looks"], found["holdout_end"]) == (0, None)


def test_contract_that_changed_asks_for_it_again() -> None:
    made = tape()
    look(made)
    made.segment(HELD)
    assert due(made.state)


def test_baseline_is_where_the_gain_began() -> None:
    made = tape()
    assert baseline_commit(made.state) == made.state.base
    made.segment(HELD)
    assert baseline_commit(made.state) == made.state.base
    made.segment(OTHER)
    assert baseline_commit(made.state) == commit(1)
    assert not due_at_end(made.state, OTHER, stop=ENDED)


def test_its_runs_count_and_it_is_told_while_it_is_about_the_best_so_far() -> None:
    made = tape()
    before = summary(made.state, running=False)
    look(made)
    found = summary(made.state, running=False)
    assert found["holdout_looks"] == before["holdout_looks"] + 1
    assert found["samples_used"] == before["samples_used"] + 2
    assert found["cost_usd"] == 0.5
    assert found["holdout_end"] == {"gain": 0.08, "claimed": 0.1, "passed": True, "detail": "as it was"}
    made.experiment(8.0, Verdict.KEEP, effect=0.1)
    assert summary(made.state, running=False)["holdout_end"] is None


def test_state_with_it_is_kept_in_a_snapshot() -> None:
    made = tape()
    event = look(made)
    kept = values.load(values.dump(made.state.held_out))
    assert kept == event


@given(looks=st.integers(0, 2 * MANY), items=st.integers(0, 500))
def test_many_looks_are_told_to_be_many_for_the_size_of_what_is_held_out(looks: int, items: int) -> None:
    state = CampaignState(counts=Counts(holdouts=looks, held_out_items=items))
    assert many(state) == (looks * 10 > items if items else looks >= MANY)
    assert many(replace(state, counts=replace(state.counts, holdouts=looks + 1))) >= many(state)


def test_size_of_what_is_held_out_is_that_of_the_last_run_that_told_it() -> None:
    made = tape()
    look(made, scored=40)
    look(made)
    found = summary(made.state, running=False)
    assert (found["holdout_looks"], found["holdout_items"], found["holdout_looks_many"]) == (2, 40, False)


def test_output_of_one_that_came_to_no_end_is_known_to_be_unmasked() -> None:
    made = tape()
    assert is_unmasked(made.state, folder_of(1))
    look(made)
    assert not is_unmasked(made.state, folder_of(1))
    assert is_unmasked(made.state, folder_of(2))
    assert not is_unmasked(made.state, "1")
