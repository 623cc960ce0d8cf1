from hypothesis import given
from hypothesis import strategies as st

from autoexp.harness.patience import HOPELESS, ONE_IN, RETAKES, SLEEPS, SPARE, Patience
from autoexp.harness.quiet import Disturbance

FOREIGN = Disturbance("foreign", 0.3, "other programs used at least 30% of the 2 cores")
STOLEN = Disturbance("stolen", 0.3, "other machines took at least 30% of the 2 cores")
ASLEEP = Disturbance("suspended", 0.9, "the machine was suspended for 3.0 s")
RUNS = st.lists(st.sampled_from([None, None, None, FOREIGN, STOLEN, ASLEEP]), max_size=300)
BUSY_RUNS = st.lists(st.sampled_from([None, FOREIGN, FOREIGN, FOREIGN]), max_size=300)


def went(patience, runs):
    """Give for each run whether it was void, and what is left at the end."""
    void = []
    for found in runs:
        void.append(patience.may_retake(found))
        patience = patience.after(found)
    return void, patience


def takes_per_sample(void):
    """Count the runs of each sample: void ones and the one that stands."""
    counts, running = [], 0
    for is_void in void:
        running += 1
        if not is_void:
            counts.append(running)
            running = 0
    return counts


def test_a_quiet_run_stands():
    assert not Patience().may_retake(None)


def test_a_disturbed_run_is_taken_again_twice_and_then_stands():
    assert went(Patience(), [FOREIGN, STOLEN, FOREIGN])[0] == [True, True, False]


def test_on_a_machine_that_is_always_busy_samples_stand_at_once():
    void, _ = went(Patience(), [FOREIGN] * 20)
    assert sum(void) == HOPELESS
    assert not any(void[5:])


def test_one_quiet_run_gives_hope_again():
    _, busy = went(Patience(taken=100), [FOREIGN] * 10)
    assert not busy.may_retake(FOREIGN)
    assert busy.after(None).may_retake(FOREIGN)


def test_a_retake_that_was_quiet_counts_as_quiet():
    void, _ = went(Patience(taken=1000), [FOREIGN, FOREIGN, None, FOREIGN, FOREIGN, None, FOREIGN, FOREIGN, None])
    assert void == [True, True, False] * 3


def test_a_quiet_run_makes_all_as_it_was():
    _, busy = went(Patience(taken=1000), [ASLEEP, ASLEEP] + [FOREIGN] * 10)
    void, _ = went(busy.after(None), [FOREIGN] * 20)
    assert sum(void) == HOPELESS
    assert went(busy.after(None), [ASLEEP] * 6)[0] == [True] * SLEEPS + [False]


def test_each_sample_may_be_suspended_and_disturbed_as_often_as_the_first():
    asleep = [True] * SLEEPS + [False]
    assert went(Patience(), [ASLEEP] * 12)[0] == asleep * 2
    assert went(Patience(taken=1000), [FOREIGN] + [ASLEEP] * 6 + [FOREIGN] * 3)[0] == [True, *asleep, True, True, False]
    assert went(Patience(), [ASLEEP] + [FOREIGN] * 3 + [ASLEEP] * 6)[0] == [True, True, True, False, *asleep]


def test_where_every_first_run_is_disturbed_a_tenth_is_voided_beyond_the_first_three():
    patience, voids = Patience(), []
    for run in range(1, 101):
        found = FOREIGN if not patience.retakes else None
        if patience.may_retake(found):
            voids.append(run)
        patience = patience.after(found)
    assert voids[:5] == [1, 3, 5, 10, 20]
    assert len(voids) == 13


def test_a_suspension_voids_up_to_five_times():
    assert went(Patience(), [ASLEEP] * 6)[0] == [True] * SLEEPS + [False]


def test_a_suspension_voids_also_when_patience_with_others_is_used_up():
    _, busy = went(Patience(), [FOREIGN] * 20)
    assert busy.may_retake(ASLEEP)


@given(RUNS | BUSY_RUNS)
def test_voided_samples_stay_within_a_tenth_of_those_taken_plus_three(runs):
    patience = Patience()
    for found in runs:
        patience = patience.after(found)
        assert ONE_IN * (patience.voided - SPARE) <= patience.taken


@given(RUNS)
def test_each_sample_comes_to_an_end(runs):
    void, _ = went(Patience(), runs)
    assert max(takes_per_sample(void), default=1) <= 1 + RETAKES + SLEEPS


@given(BUSY_RUNS)
def test_without_suspensions_a_sample_is_taken_three_times_at_most(runs):
    void, _ = went(Patience(), runs)
    assert max(takes_per_sample(void), default=1) <= 1 + RETAKES


@given(RUNS | BUSY_RUNS)
def test_what_was_void_is_what_is_counted(runs):
    void, patience = went(Patience(), runs)
    assert patience.taken == len(runs)
    assert patience.voided == sum(v and found is not ASLEEP for v, found in zip(void, runs, strict=True))


@given(RUNS)
def test_a_quiet_run_always_stands(runs):
    assert not went(Patience(), runs)[1].may_retake(None)


@given(BUSY_RUNS, st.integers(1, 50))
def test_disturbed_retakes_in_a_row_are_never_more_than_the_hopeless_count(runs, more):
    _, patience = went(Patience(), runs)
    void, _ = went(patience, [FOREIGN] * more)
    assert sum(void) <= HOPELESS + RETAKES
