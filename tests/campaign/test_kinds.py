"""What each kind of idea gained and cost, and the notes of an experiment as they are read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import Tape, tapes

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.kinds import LONGEST_KIND, Kind, kinds, normal
from autoexp.campaign.rows import rows
from autoexp.campaign.summary import summary
from autoexp.experiment.outcome import CRASHES, Outcome, Verdict
from autoexp.experiment.records import Decision, Directive, Proposal, Tokens


def of(kind: object, **more: object) -> Proposal:
    return Proposal(asi={"kind": kind}, **more)


def test_kinds_are_grouped_in_one_spelling_and_sorted_by_gain() -> None:
    tape = Tape().open()
    tape.experiment(9.0, Verdict.KEEP, effect=0.1, proposal=of("Caching", cost_usd=0.5, tokens=Tokens(input=100)))
    tape.experiment(proposal=of(" caching "))
    tape.experiment(8.0, Verdict.KEEP, effect=0.3, proposal=of("data-layout"))
    tape.experiment(7.9, Verdict.KEEP, effect=0.05, proposal=of("Data_layout"))
    tape.failed(Outcome.CRASH)
    assert kinds(fold_all(tape.records)) == (
        Kind("data layout", 2, 2, pytest.approx(0.35)),
        Kind("caching", 2, 1, 0.1, 0.5, 100),
        Kind("other", 1, crashes=1),
    )


def test_cost_that_nobody_told_is_unknown() -> None:
    tape = Tape().open()
    tape.experiment(proposal=of("a"))
    tape.experiment(proposal=of("b", cost_usd=0.0))
    assert {kind.kind: kind.cost_usd for kind in kinds(fold_all(tape.records))} == {"a": None, "b": 0.0}


def test_cost_of_an_experiment_without_a_verdict_counts_but_not_the_experiment() -> None:
    tape = Tape().open()
    tape.intent()
    tape.propose(of("a", cost_usd=2.0))
    tape.end(Outcome.INTERRUPTED)
    tape.intent()
    tape.propose(of("b"))
    tape.end(Outcome.INTERRUPTED)
    assert kinds(fold_all(tape.records)) == (Kind("a", cost_usd=2.0),)


def test_kind_of_a_mended_change_is_that_of_the_try_where_it_was_named() -> None:
    tape = Tape().open()
    tape.intent()
    tape.propose(of("a", cost_usd=1.0))
    tape.write(ev.MendAsked(n=1, outcome=Outcome.CRASH))
    tape.propose(Proposal(cost_usd=0.5))
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.KEEP, effect=0.2))
    assert kinds(fold_all(tape.records)) == (Kind("a", 1, 1, 0.2, 1.5),)


def test_change_that_is_measured_again_has_the_kind_of_the_first_time() -> None:
    tape = Tape().open()
    tape.experiment(proposal=of("a"))
    tape.n += 1
    tape.write(ev.Intent(n=2, directive=Directive(operator="merge", of=1), parent=tape.best, segment=0, seed=1))
    tape.propose(Proposal(description="experiment 1, accepted"))
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.KEEP, effect=0.2))
    assert kinds(fold_all(tape.records)) == (Kind("a", 2, 1, 0.2),)


@settings(deadline=None)
@given(tapes())
def test_kinds_add_up_to_the_campaign(tape: Tape) -> None:
    state = fold_all(tape.records)
    found = summary(state, running=False)
    assert sum(kind["experiments"] for kind in found["kinds"]) == found["experiments"]
    assert sum(kind["kept"] for kind in found["kinds"]) == found["kept"]
    assert sum(kind["gain"] for kind in found["kinds"]) == pytest.approx(found["in_loop_gain"])
    crashes = sum(count for status, count in found["statuses"].items() if status in {c.value for c in CRASHES})
    assert sum(kind["crashes"] for kind in found["kinds"]) == crashes


@settings(deadline=None)
@given(st.text() | st.none() | st.integers() | st.lists(st.text()))
def test_kind_of_any_value_is_a_short_word(kind: object) -> None:
    found = normal(kind)
    assert 0 < len(found) <= LONGEST_KIND
    assert found.isprintable()
    assert normal(found) == found


def last_asi(tape: Tape) -> object:
    return list(rows(fold_all(tape.records)))[-1]["asi"]


def test_notes_tell_why_it_was_not_kept_and_what_was_expected() -> None:
    tape = Tape().open()
    tape.experiment(proposal=of("a", hypothesis="less copying"))
    assert last_asi(tape) == {"kind": "a", "hypothesis": "less copying", "rollback_reason": "because"}


def test_notes_of_the_proposer_go_first() -> None:
    said = {"hypothesis": "mine", "rollback_reason": "mine, too", "next_action_hint": "stop", "free": [1]}
    tape = Tape().open()
    tape.experiment(proposal=Proposal(hypothesis="other", asi=said))
    assert last_asi(tape) == said


def test_keep_has_no_reason_to_be_taken_back() -> None:
    tape = Tape().open()
    tape.experiment(9.0, Verdict.KEEP, effect=0.1, proposal=Proposal(hypothesis="h"))
    assert last_asi(tape) == {"hypothesis": "h"}


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("Traceback:\n  line\n\n  line\n  line\nValueError: seven", "Traceback: … ValueError: seven"),
        ("one\ntwo\nthree", "one … two … three"),
        ("x" * 2_000 + " at the end", "…" + "x" * 488 + " at the end"),
    ],
)
def test_outcome_without_a_decision_tells_its_detail_as_one_bounded_line(detail: str, told: str) -> None:
    tape = Tape().open()
    tape.intent()
    tape.propose()
    tape.write(ev.Decided(n=1, outcome=Outcome.CRASH, detail=detail))
    tape.write(ev.Done(n=1, status="crash"))
    assert list(rows(fold_all(tape.records)))[-1]["asi"]["rollback_reason"] == told


def test_notes_are_made_up_at_reading_and_never_stored() -> None:
    tape = Tape().open()
    tape.experiment(proposal=of("a", hypothesis="h"))
    proposal = fold_all(tape.records).experiments[0].proposal
    assert proposal is not None
    assert proposal.asi == {"kind": "a"}
