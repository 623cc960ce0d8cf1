"""fold(state, record): knowledge grows one record at a time, and nothing in an old or newer file stops it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import Tape, commit, spec, tapes

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold, fold_all
from autoexp.campaign.state import CampaignState, Counts
from autoexp.experiment.measurement import Measurement, Sample, Side
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Decision, Proposal, Tokens


@settings(deadline=None)
@given(tapes(), st.data())
def test_fold_goes_on_from_any_prefix(tape, data):
    cut = data.draw(st.integers(0, len(tape.records)))
    assert fold_all(tape.records[cut:], fold_all(tape.records[:cut])) == fold_all(tape.records)


@settings(deadline=None)
@given(tapes())
def test_fold_step_by_step_is_the_fold_of_all(tape):
    state = CampaignState()
    for record in tape.records:
        state = fold(state, record)
    assert state == fold_all(tape.records)


@settings(deadline=None)
@given(tapes())
def test_every_number_is_used_once_and_closed(tape):
    state = fold_all(tape.records)
    numbers = [experiment.n for experiment in state.experiments]
    assert numbers == sorted(set(numbers))
    assert state.last_n == tape.n
    assert all(experiment.closed for experiment in state.experiments)
    assert state.open is None


@settings(deadline=None)
@given(tapes())
def test_incumbent_is_the_last_kept_candidate(tape):
    state = fold_all(tape.records)
    kept = [experiment for experiment in state.experiments if experiment.kept]
    assert state.incumbent.commit == (kept[-1].candidate.commit if kept else commit(0))
    assert state.counts.kept == len(kept)


@settings(deadline=None)
@given(tapes())
def test_gain_is_the_sum_of_kept_effects(tape):
    state = fold_all(tape.records)
    assert state.gain == pytest.approx(sum(e.decision.effect or 0 for e in state.experiments if e.kept))


@settings(deadline=None)
@given(tapes(), st.data())
def test_event_of_a_newer_version_changes_nothing_but_the_count(tape, data):
    state = fold_all(tape.records)
    record = ev.Record(
        state.events, tape.wall, tape.monotonic, tape.boot, ev.parse_event({"event": "teleport", "x": [1]})
    )
    assert isinstance(record.event, ev.Unknown)
    after = fold(state, record)
    assert (after.experiments, after.counts, after.events) == (state.experiments, state.counts, state.events + 1)


@settings(deadline=None)
@given(tapes())
def test_keys_of_a_newer_version_change_nothing(tape):
    newer = [
        ev.Record(
            r.number, r.wall, r.monotonic, r.boot, ev.parse_event({**r.event.model_dump(mode="json"), "colour": "red"})
        )
        for r in tape.records
    ]
    assert fold_all(newer) == fold_all(tape.records)


@pytest.mark.parametrize(
    "body", [None, [], {}, {"event": 5}, {"event": "intent"}, {"event": "done", "n": "x", "status": 1}]
)
def test_known_event_that_is_not_well_formed_is_refused(body):
    with pytest.raises(ValueError, match="event"):
        ev.parse_event(body)


def repeated(first, second, contract=None, *, side=Side.CANDIDATE):
    tape = Tape().open(contract)
    tape.intent()
    tape.propose()
    tape.sample(first, i=0, side=side)
    tape.sample(second, i=1, side=side)
    return fold_all(tape.records).segment.deterministic


@pytest.mark.parametrize("side", [Side.CANDIDATE, Side.INCUMBENT])
def test_two_different_numbers_of_one_side_end_the_deterministic_mode(side):
    assert repeated(9.0, 9.0, side=side)
    assert not repeated(9.0, 9.1, side=side)


def test_deterministic_mode_stays_ended_for_the_segment():
    tape = Tape().open()
    tape.intent()
    tape.propose()
    tape.sample(9.0)
    tape.sample(8.0, i=1)
    tape.end(Outcome.CRASH)
    tape.experiment(7.0)
    assert not fold_all(tape.records).segment.deterministic
    assert fold_all(tape.segment().records).segment.deterministic


def test_both_sides_may_differ_from_each_other():
    tape = Tape().open()
    tape.intent()
    tape.propose()
    tape.sample(9.0)
    tape.sample(10.0, side=Side.INCUMBENT)
    assert fold_all(tape.records).segment.deterministic


def test_sample_that_failed_is_no_mismatch():
    tape = Tape().open()
    tape.intent()
    tape.propose()
    tape.sample(9.0)
    tape.write(ev.SampleTaken(n=1, sample=Sample(side=Side.CANDIDATE, i=1, outcome=Outcome.TIMEOUT)))
    assert fold_all(tape.records).segment.deterministic


def test_declared_determinism_is_believed():
    assert repeated(9.0, 9.1, spec(measurement={"deterministic": True}))


def test_costs_of_baseline_proposer_and_samples_add_up():
    tape = Tape().open(values=(1.0, 1.0), cost_usd=0.5)
    tape.experiment(proposal=Proposal(cost_usd=2.0, tokens=Tokens(input=5, output=1)), cost_usd=0.25)
    state = fold_all(tape.records)
    assert (state.cost_usd, state.tokens) == (3.25, 6)


def test_unknown_cost_is_not_zero():
    tape = Tape().open()
    tape.experiment()
    assert fold_all(tape.records).cost_usd is None


def test_cost_is_known_although_the_attempt_was_interrupted():
    tape = Tape().open()
    tape.intent()
    tape.propose(Proposal(cost_usd=2.0))
    tape.end(Outcome.INTERRUPTED)
    assert fold_all(tape.records).cost_usd == 2.0


def test_withdrawn_number_is_used_up_and_is_no_experiment():
    tape = Tape().open()
    tape.intent()
    tape.write(ev.Withdrawn(n=1, reason="nothing left"))
    state = fold_all(tape.records)
    assert (state.last_n, state.open, state.experiments, state.counts.decided) == (1, None, (), 0)


def test_event_of_another_number_does_not_touch_the_open_experiment():
    tape = Tape().open()
    tape.intent()
    tape.write(ev.Proposed(n=9, proposal=Proposal(description="stray")))
    tape.write(ev.Done(n=9, status="keep"))
    state = fold_all(tape.records)
    assert (state.open.n, state.open.proposal, state.experiments) == (1, None, ())


def test_campaign_that_moved_to_another_commit_needs_a_new_baseline():
    tape = Tape().open()
    tape.write(ev.CampaignOpened(tag="demo", base=commit(99), object_format="sha1", seed=8, version="0"))
    state = fold_all(tape.records)
    assert (state.incumbent.commit, state.segment, state.segments) == (commit(99), None, ())


def test_new_baseline_gives_the_incumbent_the_numbers_of_its_segment():
    tape = Tape().open()
    tape.experiment(9.0, Verdict.KEEP, effect=0.1)
    tape.segment(values=(9.5,))
    state = fold_all(tape.records)
    assert (state.incumbent.commit, state.incumbent.n) == (commit(1), 1)
    assert state.incumbent.measurement.means() == state.primary_baseline.means() == {"x": 9.5}


def test_gain_goes_on_over_segments_with_the_same_goal_and_begins_again_with_another():
    tape = Tape().open()
    tape.experiment(9.0, Verdict.KEEP, effect=0.1)
    assert fold_all(tape.segment(values=(9.0,)).records).gain == 0.1
    other = spec(primary={"role": "primary", "direction": "higher"})
    assert fold_all(tape.segment(other, values=(9.0,)).records).gain == 0.0


def test_empty_record_folds_to_an_empty_state():
    state = fold_all([])
    assert (state, state.primary_baseline, state.counts) == (CampaignState(), Measurement(), Counts())


def test_incumbent_has_its_mean_score_for_each_item():
    tape = Tape().open(values=())
    for i, scores in enumerate([{"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 0.0}]):
        tape.write(ev.SampleTaken(n=0, sample=Sample(side=Side.BASELINE, i=i, values={"x": 1.0}, items=scores)))
    tape.write(ev.BaselineMeasured(k=tape.k, outcome=Outcome.MEASURED))
    assert fold_all(tape.records).incumbent.items == {"a": 0.5, "b": 0.0}
    for verdict, score in ((Verdict.KEEP, 0.25), (Verdict.DISCARD, 0.75)):
        tape.intent()
        tape.propose()
        tape.sample(9.0, items={"a": score})
        tape.sample(9.0, side=Side.INCUMBENT, items={"a": 0.0})
        tape.sample(9.0, i=1, items={"a": 1.0})
        tape.end(Outcome.MEASURED, Decision(verdict=verdict))
        assert fold_all(tape.records).incumbent.items == {"a": 0.625}


def test_items_of_closed_experiments_stay_in_the_journal():
    tape = Tape().open()
    tape.intent()
    tape.propose()
    tape.sample(9.0, items={"a": 1.0})
    assert fold_all(tape.records).open.samples[0].items == {"a": 1.0}
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.DISCARD))
    assert fold_all(tape.records).experiments[0].samples[0].items == {}
