"""What is written to the journal of one experiment."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from autoexp.experiment.outcome import CRASHES, UNDECIDED, Outcome, Verdict, status_of
from autoexp.experiment.records import Candidate, Proposal, Tokens

notes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters()), notes))
def test_notes_of_any_kind_read_back_as_they_were(asi):
    proposal = Proposal(asi=asi)
    assert (
        Proposal.model_validate(json.loads(json.dumps(proposal.model_dump(mode="json"), allow_nan=False))) == proposal
    )


def test_number_that_json_cannot_hold_is_kept_as_text():
    assert Proposal(asi={"x": [float("nan")]}).asi == {"x": ["nan"]}


def test_notes_nested_without_end_are_cut():
    deep: list[object] = []
    for _ in range(500):
        deep = [deep]
    assert len(json.dumps(Proposal(asi={"x": deep}).asi)) < 100


def test_cost_must_be_a_number():
    with pytest.raises(ValidationError, match="finite"):
        Proposal(cost_usd=float("nan"))


@given(st.none() | st.integers(0), st.none() | st.integers(0))
def test_tokens_add_up_and_unknown_is_not_zero(read, written):
    total = Tokens(input=read, output=written).total
    assert total == (None if read is None and written is None else (read or 0) + (written or 0))


def test_keys_of_a_newer_version_are_tolerated():
    assert Candidate.model_validate({"commit": "a", "parent": "b", "colour": "red"}).commit == "a"


def test_records_are_frozen():
    with pytest.raises(ValidationError):
        Proposal().description = "x"


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.MEASURED])
@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_outcome_is_the_status_of_what_was_not_measured(outcome, verdict):
    assert status_of(outcome, verdict, guard_failed=True) == outcome.value


@pytest.mark.parametrize("verdict", Verdict)
def test_verdict_is_the_status_of_what_was_measured(verdict):
    assert status_of(Outcome.MEASURED, verdict) == verdict.value


def test_broken_guard_is_a_status_of_its_own():
    assert status_of(Outcome.MEASURED, Verdict.DISCARD, guard_failed=True) == "guard_failed"


def test_statuses_are_those_of_the_contract():
    words = {outcome.value for outcome in Outcome if outcome is not Outcome.MEASURED}
    words |= {verdict.value for verdict in Verdict} | {"guard_failed"}
    promised = """keep, discard, explore, inconclusive, no_change, out_of_scope, tampered, guard_failed, checks_failed, crash,
        timeout, oom, bad_metric, interrupted, proposer_error, infra_error"""
    assert words == set(promised.replace(",", " ").split())


def test_undecided_outcomes_are_no_crashes():
    assert not UNDECIDED & CRASHES


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_net_lines_are_what_the_tree_grew_by(added, removed):
    candidate = Candidate(commit="c", parent="p", lines_added=added, lines_removed=removed)
    assert candidate.net_lines == added - removed
    assert Candidate.model_validate_json(candidate.model_dump_json()) == candidate


def test_candidate_of_an_older_journal_reads_back_without_its_lines():
    candidate = Candidate.model_validate({"commit": "c", "parent": "p", "paths": ["a"], "diff_lines": 4})
    assert (candidate.diff_lines, candidate.lines_added, candidate.lines_removed, candidate.net_lines) == (4, 0, 0, 0)
