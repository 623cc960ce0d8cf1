"""Confirmations in the fold: which runs pair, what is due next, what a status says, and that all of it comes from the journal alone."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import Tape, commit

from autoexp.campaign import events as ev
from autoexp.campaign.confirmation_events import ConfirmationBegun, ConfirmationEnded, ConfirmationRun
from autoexp.campaign.confirmations import ablations_of, gain_of, next_round, pairs, to_take_out
from autoexp.campaign.confirming import ablations, fresh_seed, is_stale, order, seeds_taken
from autoexp.campaign.summary import summary
from autoexp.experiment.confirmation import Ablation, Arm
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.stores import values

BASELINE, BEST, WITHOUT = 0, 1, 2


def campaign() -> Tape:
    """Give a campaign with a keep, on the way to its confirmation."""
    tape = Tape().open(deterministic=False)
    tape.experiment(9.0, Verdict.KEEP, effect=0.1)
    return tape


def begin(
    tape: Tape, *, pairs: int = 3, without: tuple[int, ...] = (), enough: int | None = None, cap: int = 0
) -> None:
    arms = (Arm(kind="baseline", commit=commit(0)), Arm(kind="best", commit=tape.best))
    more = tuple(Arm(kind="without", commit=commit(100 + n), n=n) for n in without)
    c = tape.state.confirmations + 1
    tape.write(
        ConfirmationBegun(
            c=c, segment=0, arms=(*arms, *more), source="harness", pairs=pairs, seed=5, n=1, enough=enough, cap=cap
        )
    )


def run(tape: Tape, number: int, arm: int, value: float | None, **more: object) -> None:
    outcome = Outcome.MEASURED if value is not None else Outcome.CRASH
    given = {"x": value} if value is not None else {}
    sample = Sample(side=Side.CANDIDATE, i=0, outcome=outcome, values=given, **more)
    tape.write(ConfirmationRun(c=tape.state.confirmations, arm=arm, round=number, sample=sample))


def end(tape: Tape) -> None:
    opened = tape.state.confirming
    assert opened is not None
    tape.write(ConfirmationEnded(c=opened.begun.c, gain=gain_of(opened), ablations=ablations_of(opened)))


def confirmed(tape: Tape, *values: tuple[float, float]) -> None:
    begin(tape, pairs=len(values))
    for number, (best, baseline) in enumerate(values):
        run(tape, number, BEST, best)
        run(tape, number, BASELINE, baseline)
    end(tape)


def test_status_gives_the_confirmed_gain_of_the_best_so_far() -> None:
    tape = campaign()
    assert summary(tape.state, running=False)["confirmed_gain"] is None
    confirmed(tape, (8.0, 10.0), (8.0, 10.0), (8.0, 10.0))
    found = summary(tape.state, running=False)
    assert found["confirmed_gain"] == pytest.approx({"gain": 0.2, "low": 0.2, "high": 0.2})
    assert (found["confirmation"]["pairs"], found["confirmation"]["stale"]) == (3, False)
    assert found["confirmation"]["when"].startswith("2023-11-14T")


def test_another_best_so_far_has_no_confirmed_gain_yet() -> None:
    tape = campaign()
    confirmed(tape, (8.0, 10.0), (8.0, 10.0))
    tape.experiment(8.0, Verdict.DISCARD)
    assert not is_stale(tape.state)
    tape.experiment(8.0, Verdict.KEEP, effect=0.1)
    found = summary(tape.state, running=False)
    assert (found["confirmed_gain"], found["confirmation"]["stale"]) == (None, True)


def test_a_confirmation_without_end_is_told_while_it_can_go_on() -> None:
    tape = campaign()
    begin(tape)
    assert summary(tape.state, running=False)["confirming"] == {"pairs": 0, "of": 3, "source": "harness"}
    tape.experiment(8.0, Verdict.KEEP, effect=0.1)
    assert summary(tape.state, running=False)["confirming"] is None


def test_numbers_of_an_earlier_segment_confirm_nothing() -> None:
    tape = campaign()
    confirmed(tape, (8.0, 10.0), (8.0, 10.0))
    tape.segment(deterministic=False)
    assert summary(tape.state, running=False)["confirmed_gain"] is None


def test_runs_count_in_the_totals() -> None:
    tape = campaign()
    before = tape.state
    begin(tape)
    run(tape, 0, BEST, 9.0, cost_usd=0.5, voided=2)
    assert tape.state.counts.samples == before.counts.samples + 3
    assert tape.state.cost_usd == 0.5
    assert tape.state.counts.decided == before.counts.decided


@given(st.data(), st.integers(1, 5), st.sampled_from([(), (1,), (1, 2)]))
def test_every_whole_round_has_one_run_of_each_tree_whatever_ends_the_session(
    data: st.DataObject, wanted: int, without: tuple[int, ...]
) -> None:
    tape = campaign()
    begin(tape, pairs=wanted, without=without, cap=8)
    noise = random.Random(data.draw(st.integers(0, 9)))
    left = data.draw(st.lists(st.integers(1, 30), max_size=4))
    while (opened := tape.state.confirming) is not None and (due := next_round(opened)) is not None:
        number, arms = due
        arm = order(5, number, arms)[0]
        run(tape, number, arm, (9.0 if arm == BEST else 10.0) * (1 + noise.random() / 20))
        if len(opened.runs) in left:
            tape.session()
    assert len(pairs(opened)) == wanted
    whole = [one for one in opened.runs if one.round not in opened.broken]
    assert len({(one.round, one.arm) for one in whole}) == len(whole)
    for number in {one.round for one in whole}:
        assert BEST in {one.arm for one in whole if one.round == number}
    assert len(opened.runs) == tape.state.counts.samples - campaign().state.counts.samples
    end(tape)
    assert {one.n for one in tape.state.confirmation.ended.ablations} == set(without)


def test_a_round_that_was_left_in_the_middle_is_made_anew() -> None:
    tape = campaign()
    begin(tape, pairs=2)
    run(tape, 0, BEST, 9.0)
    run(tape, 0, BASELINE, 10.0)
    run(tape, 1, BEST, 1.0)
    tape.session()
    assert next_round(tape.state.confirming) == (2, (BASELINE, BEST))
    assert pairs(tape.state.confirming) == [(9.0, 10.0)]


def test_a_round_goes_on_where_numbers_repeat() -> None:
    tape = campaign()
    begin(tape, pairs=10, enough=2)
    run(tape, 0, BEST, 9.0)
    tape.session()
    assert next_round(tape.state.confirming) == (0, (BASELINE,))


@pytest.mark.parametrize(("second", "due"), [(9.0, None), (9.1, (2, (BASELINE, BEST)))])
def test_few_pairs_are_enough_while_numbers_repeat(second: float, due: object) -> None:
    tape = campaign()
    begin(tape, pairs=10, enough=2)
    for number, best in enumerate((9.0, second)):
        run(tape, number, BEST, best)
        run(tape, number, BASELINE, 10.0)
    assert next_round(tape.state.confirming) == due


def test_a_best_so_far_that_does_not_pass_ends_it_without_a_gain() -> None:
    tape = campaign()
    begin(tape)
    run(tape, 0, BASELINE, 10.0)
    run(tape, 0, BEST, None)
    assert next_round(tape.state.confirming) is None
    end(tape)
    assert summary(tape.state, running=False)["confirmed_gain"] is None


def test_a_keep_without_which_nothing_runs_is_needed() -> None:
    tape = campaign()
    begin(tape, pairs=1, without=(1,), cap=4)
    for arm, value in ((BEST, 9.0), (BASELINE, 10.0), (WITHOUT, None)):
        run(tape, 0, arm, value, detail="" if value else "it broke\nexit 7\n")
    (found,) = ablations_of(tape.state.confirming)
    assert (found.support, found.interval) == ("supported", None)
    assert found.detail == "does not run without it: crash: exit 7"


@pytest.mark.parametrize(
    ("good", "outcome", "detail"),
    [
        (2, Outcome.CRASH, "a run without it did not pass, after 2 that did: crash: exit 7"),
        (0, Outcome.INFRA_ERROR, "a run without it did not pass: infra_error: exit 7"),
    ],
)
def test_a_keep_is_not_called_needed_because_one_of_many_runs_went_wrong(
    good: int, outcome: Outcome, detail: str
) -> None:
    tape = campaign()
    begin(tape, pairs=good + 1, without=(1,), cap=4)
    for number in range(good + 1):
        for arm, value in ((BEST, 9.0), (BASELINE, 10.0)):
            run(tape, number, arm, value)
        if number < good:
            run(tape, number, WITHOUT, 9.0)
    sample = Sample(side=Side.CANDIDATE, i=0, outcome=outcome, detail="exit 7")
    tape.write(ConfirmationRun(c=1, arm=WITHOUT, round=good, sample=sample))
    (found,) = ablations_of(tape.state.confirming)
    assert (found.support, found.detail) == ("unclear", detail)


def test_only_keeps_with_nothing_supported_built_on_them_are_taken_out() -> None:
    support = {1: "unsupported", 2: "unsupported", 3: "supported", 4: "unclear", 5: "unsupported", 6: "entangled"}
    together = {1: (5,), 2: (3,)}
    found = tuple(Ablation(n=n, support=word, together=together.get(n, ())) for n, word in support.items())
    assert to_take_out(found) == (1, 5)


def test_order_is_random_and_the_same_again() -> None:
    orders = [order(7, number, (0, 1, 2)) for number in range(60)]
    assert orders == [order(7, number, (0, 1, 2)) for number in range(60)]
    assert len(set(orders)) == 6


def test_no_sample_had_the_seeds_before() -> None:
    tape = campaign()
    tape.intent()
    tape.propose()
    first = fresh_seed(9, 0, used=frozenset())
    tape.sample(9.0, seed=first)
    tape.end(Outcome.CRASH)
    assert first in seeds_taken(tape.state)
    assert fresh_seed(9, 0, used=seeds_taken(tape.state)) not in {first, *seeds_taken(tape.state)}


def test_a_confirmation_leaves_a_campaign_stopped() -> None:
    tape = campaign()
    tape.write(ev.Stopped(reason="experiments", detail="1 experiment"))
    tape.write(ev.SessionOpened(pid=3, purpose="confirm"))
    tape.write(ev.SessionClosed(reason=""))
    assert tape.state.stop_reason == "experiments"
    tape.session()
    assert tape.state.stop_reason is None


def test_a_state_with_confirmations_can_be_stored() -> None:
    tape = campaign()
    begin(tape, pairs=1, without=(1,), cap=2)
    for arm, value in ((BEST, 9.0), (BASELINE, 10.0), (WITHOUT, 10.0)):
        run(tape, 0, arm, value)
    end(tape)
    begin(tape)
    state = tape.state
    assert values.load(values.dump(state)) == state
    assert [one.n for one in ablations(state)] == [1]


def test_old_records_of_a_confirmation_still_fold() -> None:
    arms = [{"kind": "baseline", "commit": commit(0)}, {"kind": "best", "commit": commit(1)}]
    body = {"event": "confirmation", "c": 1, "segment": 0, "arms": arms, "source": "holdout", "pairs": 2, "seed": 1}
    tape = campaign()
    tape.write(ev.parse_event(body))
    for arm, value in ((BEST, 9.0), (BASELINE, 10.0)):
        run(tape, 0, arm, value)
    found = gain_of(tape.state.confirming)
    assert found is not None
    assert (found.gain, found.level, found.pairs) == (pytest.approx(0.1), 0.95, 1)
