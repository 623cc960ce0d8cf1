"""Rows, status and brief: what faces, exports and proposers see of a state."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import Tape, commit, spec, tapes

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.rows import primary_of, rows
from autoexp.campaign.summary import summary
from autoexp.campaign.views import PIVOT_AFTER, View, brief_for, derived_seed
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Decision, Directive, Proposal
from autoexp.spec.budget import BudgetSection

CONTRACT_KEYS = [
    "tag",
    "state",
    "stop_reason",
    "experiments",
    "kept",
    "baseline",
    "incumbent",
    "samples_used",
    "in_loop_gain",
    "outlook",
    "improvement_rate",
    "discards_in_row",
    "confirmed_gain",
    "false_keep_rate",
    "cost_usd",
    "sandbox",
]


@settings(deadline=None)
@given(tapes())
def test_there_is_a_row_per_baseline_and_experiment_baseline_first(tape):
    state = fold_all(tape.records)
    found = list(rows(state))
    assert [row["n"] for row in found if row["n"]] == [experiment.n for experiment in state.experiments]
    assert (found[0]["n"], found[0]["status"], found[0]["description"]) == (0, "keep", "baseline")
    assert sum(row["n"] == 0 for row in found) == len(state.segments)


@settings(deadline=None)
@given(tapes())
def test_rows_end_with_the_cost_of_the_campaign(tape):
    state = fold_all(tape.records)
    totals = [row["cost_usd_total"] for row in rows(state) if row["cost_usd_total"] is not None]
    assert totals == sorted(totals)
    assert (totals[-1] if totals else None) == state.cost_usd


@settings(deadline=None)
@given(tapes())
def test_costs_of_rows_add_up_to_the_cost_of_the_campaign(tape):
    state = fold_all(tape.records)
    assert sum(row["cost_usd"] or 0 for row in rows(state)) == pytest.approx(state.cost_usd or 0)


@settings(deadline=None)
@given(tapes())
def test_samples_of_rows_add_up_to_the_samples_used(tape):
    state = fold_all(tape.records)
    assert sum(row["samples"] for row in rows(state)) == summary(state, running=False)["samples_used"]


def test_row_without_a_measurement_is_empty_not_zero():
    tape = Tape().open()
    tape.failed(Outcome.CRASH)
    row = list(rows(fold_all(tape.records)))[-1]
    assert (row["metric"], row["metrics"], row["effect"], row["cost_usd"]) == (None, {}, None, None)


def test_baseline_that_did_not_pass_has_no_row():
    tape = Tape().open()
    tape.write(ev.BaselineMeasured(k=0, outcome=Outcome.CRASH))
    assert list(rows(fold_all(tape.records))) == []


def test_row_of_an_earlier_segment_keeps_the_metric_it_was_decided_on():
    tape = Tape().open()
    tape.experiment(9.0, Verdict.KEEP, effect=0.1)
    other = spec().model_dump(mode="json")
    other["metrics"] = {"y": other["metrics"].pop("x")}
    tape.segment(type(spec()).model_validate(other), values=(3.0,))
    assert [row["metric"] for row in rows(fold_all(tape.records))] == [10.0, 9.0, 3.0]


def test_time_of_a_row_is_utc_with_milliseconds():
    assert next(rows(fold_all(Tape().open().records)))["timestamp"] == "2023-11-14T22:13:23.000Z"


@settings(deadline=None)
@given(tapes(), st.booleans())
def test_status_holds_the_keys_of_the_contract_as_json(tape, running):
    found = summary(fold_all(tape.records), running=running)
    assert set(CONTRACT_KEYS) <= set(found)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@settings(deadline=None)
@given(tapes())
def test_status_is_made_again_from_the_record(tape):
    assert summary(fold_all(tape.records), running=False) == summary(fold_all(list(tape.records)), running=False)
    statuses = summary(fold_all(tape.records), running=False)["statuses"]
    assert sum(statuses.values()) == len(fold_all(tape.records).experiments)


def test_state_is_what_the_engine_does_now():
    tape = Tape().open()
    assert summary(fold_all(tape.records), running=True)["state"] == "running"
    assert summary(fold_all(tape.records), running=False)["state"] == "idle"
    tape.write(ev.Stopped(reason="user", detail="stopped by request"))
    tape.write(ev.SessionClosed(reason="stopped by request"))
    stopped = summary(fold_all(tape.records), running=False)
    assert (stopped["state"], stopped["stop_reason"]) == ("stopped", "user")
    assert summary(fold_all(tape.session().records), running=True)["stop_reason"] is None


def test_status_before_the_first_segment_has_no_numbers():
    found = summary(fold_all([]), running=False)
    assert (found["baseline"], found["segment"], found["primary"]) == ({}, None, "")
    assert (found["outlook"], found["improvement_rate"], found["discards_in_row"]) == (None, None, 0)


def brief(tape, **more):
    return brief_for(fold_all(tape.records), Directive(), goal="g", program="p", scope=("a.py",), **more)


def test_brief_knows_every_experiment_and_every_open_idea():
    tape = Tape().open()
    for n in range(60):
        tape.experiment(proposal=Proposal(ideas=(f"one {n}", "two")))
    found = brief(tape)
    assert len(found.experiments) == found.experiments_total == 60
    assert [idea.text for idea in found.ideas][:3] == ["one 0", "two", "one 1"]


def test_brief_holds_no_value_of_a_holdout():
    tape = Tape().open()
    tape.intent()
    tape.propose()
    tape.sample(9.0)
    tape.write(ev.HoldoutRun(n=1, claimed=0.1, needed=0.05, gain=0.7654321, passed=False, detail="candidate 0.7654321"))
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.DISCARD, reasons=("discarded, the holdout failed",)))
    found = brief(tape)
    assert "holdout failed" in repr(found)
    assert "0.7654321" not in repr(found)


def test_pivot_is_asked_for_after_a_row_without_a_keep():
    tape = Tape().open()
    for _ in range(PIVOT_AFTER - 1):
        tape.experiment()
    assert not brief(tape).pivot
    tape.experiment()
    assert brief(tape).pivot
    tape.experiment(verdict=Verdict.KEEP, effect=0.1)
    assert not brief(tape).pivot


def test_pivot_is_asked_for_when_half_of_the_plateau_is_over():
    tape = Tape().open()
    budget = BudgetSection.model_validate({"plateau": {"window": 6}})
    for _ in range(3):
        assert not brief(tape, budget=budget).pivot
        tape.experiment()
    assert brief(tape, budget=budget).pivot
    assert not brief(tape).pivot


def test_review_is_asked_for_right_after_every_tenth():
    tape = Tape().open()
    asked = []
    for n in range(31):
        if brief(tape).review:
            asked.append(n)
        tape.failed(Outcome.INTERRUPTED)
        assert brief(tape).review == (n in asked)
        tape.experiment()
    assert asked == [10, 20, 30]


def test_brief_names_the_incumbent_and_its_numbers():
    tape = Tape().open()
    tape.experiment(9.0, Verdict.KEEP, effect=0.1)
    found = brief(tape)
    assert (found.incumbent_commit, found.incumbent, found.baseline) == (commit(1), {"x": 9.0}, {"x": 10.0})
    assert (found.primary, found.direction, found.gain) == ("x", "lower", 0.1)


@pytest.mark.parametrize("outcome", [Outcome.INTERRUPTED, Outcome.INFRA_ERROR])
def test_interrupted_choice_is_made_again_the_same(outcome):
    tape = Tape().open()
    before = brief(tape)
    tape.failed(outcome)
    after = brief(tape)
    assert (after.seed, after.position) == (before.seed, before.position)
    assert View(fold_all(tape.records)).seed == before.seed


def test_decided_experiment_changes_the_next_choice():
    tape = Tape().open()
    before = brief(tape)
    tape.experiment()
    assert brief(tape).seed != before.seed


@settings(deadline=None)
@given(st.integers(0, 2**60), st.lists(st.integers() | st.text(), max_size=3))
def test_seed_is_a_function_of_its_parts(seed, parts):
    assert derived_seed(seed, *parts) == derived_seed(seed, *parts)
    assert 0 <= derived_seed(seed, *parts) < 2**48


def test_primary_of_an_empty_state_is_unnamed():
    assert primary_of(replace(fold_all([]))) == ""


def test_campaign_that_the_machine_ended_is_paused():
    tape = Tape().open()
    tape.write(ev.Stopped(reason="error", detail="the machine failed"))
    assert summary(fold_all(tape.records), running=False)["state"] == "paused"
