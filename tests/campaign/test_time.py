"""The working time of a campaign: sessions only, by the monotonic clock of one boot."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import Tape, commit

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.experiment.outcome import Outcome

waits = st.integers(0, 10**6)


def active(tape):
    return fold_all(tape.records).active_s


def started():
    tape = Tape()
    tape.write(ev.CampaignOpened(tag="t", base=commit(0), object_format="sha1", seed=1, version="0"))
    return tape.session()


@settings(deadline=None)
@given(st.lists(waits))
def test_time_within_a_session_is_counted_record_by_record(gaps):
    tape = started()
    for gap in gaps:
        tape.write(ev.Noted(text=""), after=gap)
    assert active(tape) == sum(gaps)


@settings(deadline=None)
@given(waits, waits)
def test_time_between_sessions_is_not_counted(worked, pause):
    tape = started()
    tape.write(ev.SessionClosed(reason=""), after=worked)
    tape.write(ev.SessionOpened(pid=2), after=pause)
    assert active(tape) == worked


@settings(deadline=None)
@given(waits, waits, waits)
def test_time_after_a_kill_is_not_counted(worked, pause, more):
    tape = started()
    tape.write(ev.Noted(text="the last record"), after=worked)
    tape.write(ev.SessionOpened(pid=2), after=pause)
    tape.write(ev.Noted(text=""), after=more)
    assert active(tape) == worked + more


@settings(deadline=None)
@given(waits, waits)
def test_time_after_a_kill_is_not_counted_when_the_campaign_is_opened_again(worked, pause):
    tape = started()
    tape.write(ev.Noted(text=""), after=worked)
    tape.write(ev.CampaignOpened(tag="t", base=commit(5), object_format="sha1", seed=1, version="0"), after=pause)
    tape.write(ev.SessionOpened(pid=2), after=3)
    assert active(tape) == worked


@settings(deadline=None)
@given(waits, st.floats(0, 1e7))
def test_time_across_a_boot_is_not_counted(worked, clock):
    tape = started()
    tape.write(ev.Noted(text=""), after=worked)
    tape.boot, tape.monotonic = "boot-2", clock
    tape.write(ev.SessionOpened(pid=2), after=0)
    assert active(tape) == worked


def test_jump_of_the_wall_clock_is_not_working_time():
    tape = started()
    tape.wall += 10**6
    tape.write(ev.Noted(text=""), after=2)
    assert active(tape) == 2


def test_clock_that_runs_backwards_takes_nothing_away():
    tape = started()
    tape.monotonic -= 50
    tape.write(ev.Noted(text=""), after=0)
    assert active(tape) == 0


def test_killed_experiment_has_the_time_that_was_worked_on_it():
    tape = Tape().open()
    tape.intent()
    tape.write(ev.Noted(text=""), after=5)
    tape.wall, tape.monotonic = tape.wall + 10**5, tape.monotonic + 10**5
    tape.session()
    tape.end(Outcome.INTERRUPTED)
    assert fold_all(tape.records).experiments[0].wall_time_s == 7
