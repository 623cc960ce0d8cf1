"""Provisional keeps and checkpoint tests: what waits, what is asked for, and what a test changes."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import Tape, commit, spec, tapes

from autoexp.campaign import events as ev
from autoexp.campaign.checkpoints import EVERY, due
from autoexp.campaign.convergence import gains, worth
from autoexp.campaign.fold import fold_all
from autoexp.campaign.rows import rows
from autoexp.campaign.stopping import Stop, stop_rule
from autoexp.campaign.summary import summary
from autoexp.campaign.views import brief_for
from autoexp.experiment.measurement import Side, measure
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Candidate, Decision, Directive, GuardResult, Lesson

ONE_SHOT = spec(decision={"preset": "one-shot"}, budget={"consecutive_discards": 3})
NOISY = (10.0, 10.1, 9.9)
ENDED = Stop("exhausted", "")


@dataclass
class Campaign(Tape):
    """A tape of a one-shot campaign."""

    def __post_init__(self) -> None:
        self.open(ONE_SHOT, values=NOISY, deterministic=False)

    @property
    def state(self):
        return fold_all(self.records)

    def keep(self, effect=0.1, value=9.0, *, provisional=True, log_e=3.0):
        self.intent()
        self.propose()
        self.sample(value)
        flags = ("provisional",) if provisional else ()
        lessons = {"x": Lesson(history=(-value,), replaces=True)}
        decision = Decision(
            verdict=Verdict.KEEP, effect=effect, flags=flags, evidence={"log_e": log_e}, metric="x", lessons=lessons
        )
        return self.end(Outcome.MEASURED, decision, measure(self.state.open.of_side(Side.CANDIDATE)))

    def begin_test(self, theirs=(10.2, 10.3), ours=(9.6, 9.5)):
        """Make a test up to its verdict."""
        state = self.state
        self.n += 1
        directive = Directive(operator="confirm", parents=(state.checkpoint.commit,))
        self.write(
            ev.Intent(n=self.n, directive=directive, parent=state.checkpoint.commit, segment=self.k, seed=self.n)
        )
        candidate = Candidate(commit=state.incumbent.commit, parent=state.checkpoint.commit, diff_lines=9)
        self.write(ev.Captured(n=self.n, candidate=candidate))
        for side, values in ((Side.INCUMBENT, theirs), (Side.CANDIDATE, ours)):
            for i, value in enumerate(values):
                self.sample(value, side=side, i=i, items={"a": value}, cost_usd=0.5)
        return measure(self.state.open.of_side(Side.CANDIDATE))

    def test(self, *, confirms, effect=0.05, guard=None, **sides):
        found = self.begin_test(**sides)
        decision = Decision(
            verdict=Verdict.KEEP if confirms else Verdict.DISCARD,
            effect=effect,
            guard=guard,
            evidence={"log_e": 4.0},
            metric="x",
            reasons=("confirmed: x" if confirms else "not confirmed: x",),
        )
        back = self.state.checkpoint.commit
        self.write(
            ev.Decided(n=self.n, outcome=Outcome.MEASURED, decision=decision, measurement=found, commit=self.best)
        )
        self.write(ev.Done(n=self.n, status="keep" if confirms else "discard"))
        self.best = self.best if confirms else back
        return self.n

    def broken_test(self, outcome, **sides):
        self.begin_test(**sides)
        self.write(ev.Decided(n=self.n, outcome=outcome))
        self.write(ev.Done(n=self.n, status=outcome.value))
        return self.n


@pytest.fixture
def campaign():
    return Campaign()


def row_of(state, n):
    return next(row for row in rows(state) if row["n"] == n)


# --- what waits


@settings(deadline=None)
@given(tapes())
def test_without_provisional_keeps_the_best_so_far_is_the_checkpoint_and_nothing_is_due(tape):
    state = fold_all(tape.records)
    assert (state.checkpoint, state.checkpoint_gain, state.provisional) == (state.incumbent, state.gain, ())
    assert due(state, ONE_SHOT, stop=ENDED) is None


def test_provisional_keep_is_the_best_so_far_and_waits_for_its_test(campaign):
    campaign.keep(0.1)
    campaign.keep(0.2)
    state = campaign.state
    assert (state.incumbent.commit, state.gain, state.counts.kept) == (commit(2), pytest.approx(0.3), 2)
    assert (state.checkpoint.commit, state.checkpoint_gain, state.provisional) == (commit(0), 0.0, (1, 2))
    assert state.checkpoint.measurement == state.primary_baseline
    assert [row["flags"] for row in rows(state)] == [[], ["provisional"], ["provisional"]]


def test_keep_that_can_be_trusted_is_a_checkpoint_unless_it_stands_on_one_that_waits(campaign):
    campaign.keep(0.1, provisional=False)
    assert (campaign.state.checkpoint, campaign.state.checkpoint_gain) == (campaign.state.incumbent, 0.1)
    campaign.keep(0.1)
    campaign.keep(0.1, provisional=False)
    assert (campaign.state.checkpoint.n, campaign.state.provisional) == (1, (2, 3))


def test_new_segment_does_not_make_provisional_keeps_better(campaign):
    campaign.keep(0.1)
    campaign.segment(ONE_SHOT, values=NOISY, deterministic=False)
    state = campaign.state
    assert (state.checkpoint.commit, state.provisional, state.gain) == (commit(0), (1,), 0.1)
    campaign.test(confirms=False)
    assert (campaign.state.incumbent.commit, campaign.state.gain) == (commit(0), 0.0)


def test_gain_up_to_the_checkpoint_begins_again_with_another_goal(campaign):
    campaign.keep(0.1, provisional=False)
    campaign.keep(0.1)
    higher = spec({"direction": "higher"})
    campaign.segment(higher, values=NOISY, deterministic=False)
    assert (campaign.state.gain, campaign.state.checkpoint_gain) == (0.0, 0.0)


# --- when a test is due


@pytest.mark.parametrize(
    ("waiting", "stop", "is_due"),
    [
        (EVERY - 1, None, False),
        (EVERY, None, True),
        (EVERY + 2, None, True),
        (1, Stop("exhausted", ""), True),
        (1, Stop("experiments", ""), True),
        (1, Stop("target", ""), True),
        (0, Stop("experiments", ""), False),
        (EVERY, Stop("user", ""), False),
        (EVERY, Stop("error", ""), False),
    ],
)
def test_test_is_due_after_five_keeps_and_before_a_rule_ends_the_campaign(campaign, waiting, stop, is_due):
    for _ in range(waiting):
        campaign.keep()
    asked = due(campaign.state, ONE_SHOT, stop=stop)
    assert asked == (Directive(operator="confirm", parents=(commit(0),)) if is_due else None)


def test_test_is_due_at_once_where_keeps_to_come_are_not_provisional(campaign):
    campaign.keep()
    state = campaign.state
    exact = replace(state, segment=replace(state.segment, deterministic=True))
    assert due(state, ONE_SHOT) is None
    assert due(state, spec()) == due(exact, ONE_SHOT) == Directive(operator="confirm", parents=(commit(0),))


# --- a test that confirms


def test_confirmed_commit_is_the_checkpoint_with_the_numbers_of_the_test(campaign):
    campaign.keep(0.1, provisional=False)
    campaign.keep(0.2)
    campaign.keep(0.3)
    campaign.test(confirms=True, effect=0.4, ours=(9.6, 9.5))
    state = campaign.state
    assert (state.incumbent.commit, state.incumbent.n) == (commit(3), 3)
    assert state.incumbent.measurement.means()["x"] == pytest.approx(9.55)
    assert state.incumbent.items == {"a": pytest.approx(9.55)}
    assert state.gain == pytest.approx(0.1 + 0.4)
    assert (state.checkpoint, state.checkpoint_gain, state.provisional) == (state.incumbent, state.gain, ())
    assert (state.counts.kept, summary(state, running=False)["taken_out"]) == (3, [])
    assert summary(state, running=False)["checkpoint_tests"] == {"confirmed": 1, "not_confirmed": 0}


def test_confirmed_keeps_are_provisional_no_more(campaign):
    campaign.keep()
    campaign.test(confirms=True)
    state = campaign.state
    assert [row["flags"] for row in rows(state)] == [[], [], ["checkpoint"]]
    assert [row["status"] for row in rows(state)] == ["keep", "keep", "keep"]
    assert row_of(state, 1)["tested_by"] == 2


# --- a test that does not


def test_without_confirmation_the_best_so_far_goes_back_to_the_checkpoint(campaign):
    campaign.keep(0.1, provisional=False)
    campaign.keep(0.2)
    campaign.keep(0.3)
    campaign.test(confirms=False, theirs=(10.2, 10.3))
    state = campaign.state
    assert (state.incumbent.commit, state.incumbent.n, state.gain) == (commit(1), 1, 0.1)
    assert state.incumbent.measurement.means()["x"] == pytest.approx(10.25)
    assert state.incumbent.items == {"a": pytest.approx(10.25)}
    assert (state.checkpoint, state.checkpoint_gain, state.provisional) == (state.incumbent, 0.1, ())
    assert state.counts.kept == 1


def test_what_was_taken_out_is_a_discard_that_says_so_everywhere(campaign):
    campaign.keep(0.1)
    campaign.experiment()
    test = campaign.test(confirms=False)
    state = campaign.state
    row = row_of(state, 1)
    assert (row["status"], row["flags"]) == ("discard", ["taken_out"])
    assert row["reasons"][0] == f"taken out: checkpoint test {test} did not confirm it"
    found = summary(state, running=False)
    assert (found["kept"], found["taken_out"], found["provisional"]) == (0, [1], [])
    assert (found["experiments"], found["statuses"]) == (2, {"discard": 2})
    assert found["checkpoint_tests"] == {"confirmed": 0, "not_confirmed": 1}
    assert gains(state) == (0.0, 0.0)


def test_discards_in_a_row_are_counted_again_without_what_was_taken_out(campaign):
    campaign.keep(provisional=False)
    campaign.experiment()
    campaign.keep()
    campaign.experiment()
    assert stop_rule(campaign.state, ONE_SHOT.budget) is None
    campaign.test(confirms=False)
    assert campaign.state.counts.discards_in_row == 3
    assert stop_rule(campaign.state, ONE_SHOT.budget).reason == "discards"


@pytest.mark.parametrize("outcome", [Outcome.CRASH, Outcome.TIMEOUT, Outcome.OOM, Outcome.BAD_METRIC])
def test_best_so_far_that_fails_in_its_test_is_not_confirmed(campaign, outcome):
    campaign.keep()
    campaign.broken_test(outcome, ours=())
    state = campaign.state
    assert (state.incumbent.commit, state.provisional, state.counts.kept) == (commit(0), (), 0)
    assert state.beliefs.gauges["x"].noise.history == pytest.approx([gain(10.2), gain(10.3)])


def test_guard_that_breaks_in_a_test_does_not_confirm(campaign):
    campaign.keep()
    campaign.test(confirms=False, guard=GuardResult(metric="m", bound="at_most 1"))
    assert (campaign.state.incumbent.commit, campaign.state.experiments[-1].refuted) == (commit(0), True)


# --- a test without a verdict


@pytest.mark.parametrize("outcome", [Outcome.INTERRUPTED, Outcome.INFRA_ERROR])
def test_test_without_a_verdict_changes_nothing_and_is_due_again(campaign, outcome):
    campaign.keep()
    before = campaign.state
    asked = due(before, ONE_SHOT, stop=ENDED)
    campaign.broken_test(outcome)
    state = campaign.state
    assert due(state, ONE_SHOT, stop=ENDED) == asked
    assert (state.incumbent, state.gain, state.beliefs) == (before.incumbent, before.gain, before.beliefs)
    assert (state.checkpoint, state.provisional) == (before.checkpoint, before.provisional)


def test_machine_that_fails_every_test_ends_the_session_as_an_error(campaign):
    campaign.keep()
    for _ in range(3):
        assert due(campaign.state, ONE_SHOT, stop=ENDED)
        campaign.broken_test(Outcome.INFRA_ERROR)
    assert stop_rule(campaign.state, ONE_SHOT.budget).reason == "error"


# --- what a test is not


@pytest.mark.parametrize("confirms", [True, False])
def test_test_is_no_experiment_of_the_budget_but_its_runs_and_costs_count(campaign, confirms):
    campaign.keep(provisional=False)
    campaign.keep()
    before = campaign.state.counts
    campaign.test(confirms=confirms)
    state = campaign.state
    assert (state.counts.decided, state.counts.attempts) == (before.decided, before.attempts) == (2, 2)
    assert (state.counts.samples, state.cost_usd) == (before.samples + 4, 2.0)
    assert len(gains(state)) == 2


def test_test_has_a_row_of_its_own(campaign):
    for _ in range(3):
        campaign.keep()
    n = campaign.test(confirms=False, theirs=(10.2, 10.3), ours=(9.5, 9.6))
    row = row_of(campaign.state, n)
    assert row["description"] == "checkpoint test of experiments 1, 2, 3"
    assert (row["status"], row["flags"], row["commit"]) == ("discard", ["checkpoint"], commit(3))
    assert (row["metric"], row["back_to"]) == (pytest.approx(9.55), pytest.approx(10.25))
    campaign.keep()
    n = campaign.test(confirms=True)
    assert row_of(campaign.state, n)["description"] == "checkpoint test of experiment 5"


def test_outlook_looks_at_experiments_only(campaign):
    campaign.keep()
    before = worth(campaign.state)
    campaign.test(confirms=True)
    assert worth(campaign.state) == before


def test_brief_shows_the_test_and_counts_the_experiments(campaign):
    campaign.keep()
    campaign.test(confirms=False)
    brief = brief_for(campaign.state, Directive(), goal="", program="", scope=())
    assert (brief.position, brief.experiments_total, brief.kept) == (1, 1, 0)
    assert [one.description for one in brief.experiments] == ["idea 1", "checkpoint test of experiment 1"]


# --- what it teaches


def gain(value):
    """Give the place of x on the gain scale."""
    return Campaign().state.beliefs.gauges["x"].scale.gain(value)


def test_history_is_that_of_whoever_is_best_after_the_test(campaign):
    campaign.keep()
    campaign.test(confirms=False, theirs=(10.2, 10.3))
    assert campaign.state.beliefs.gauges["x"].noise.history == pytest.approx([gain(10.2), gain(10.3)])


def test_only_confirmed_keeps_use_up_the_error_budget(campaign):
    campaign.keep()
    campaign.keep()
    ledger = campaign.state.beliefs.ledger
    assert (ledger.kept, ledger.doubt, ledger.tested) == (0, 0.0, 2)
    campaign.test(confirms=True)
    ledger = campaign.state.beliefs.ledger
    assert (ledger.kept, ledger.tested) == (1, 3)
    assert 0 < ledger.doubt < 1
    campaign.keep()
    campaign.test(confirms=False)
    assert campaign.state.beliefs.ledger.kept == 1


# --- laws of whole campaigns

moves = st.lists(
    st.one_of(
        st.tuples(st.just("keep"), st.floats(0.001, 0.1)),
        st.tuples(st.just("trusted"), st.floats(0.001, 0.1)),
        st.tuples(st.just("discard"), st.none()),
        st.tuples(st.sampled_from(["confirmed", "refuted", "interrupted"]), st.floats(0.001, 0.1)),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(moves)
def test_best_so_far_is_the_last_keep_that_was_not_taken_out(run):
    campaign = Campaign()
    for move, effect in run:
        match move:
            case "keep" | "trusted":
                campaign.keep(effect, provisional=move == "keep")
            case "discard":
                campaign.experiment()
            case _ if not campaign.state.provisional:
                continue
            case "interrupted":
                campaign.broken_test(Outcome.INTERRUPTED)
            case _:
                campaign.test(confirms=move == "confirmed", effect=effect)
        state = campaign.state
        standing = [one for one in state.experiments if one.kept]
        assert state.incumbent.commit == (standing[-1].candidate.commit if standing else commit(0))
        assert state.counts.kept == len(standing)
        assert state.counts.decided == sum(not one.tests for one in state.experiments)
        assert state.provisional == tuple(one.n for one in standing if one.n > state.checkpoint.n)
        assert [one.parent for one in standing] == [commit(0), *(one.candidate.commit for one in standing[:-1])][
            : len(standing)
        ]
        assert state.open is None
