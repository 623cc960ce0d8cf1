"""Budgets and rules that end a campaign."""

from dataclasses import replace

import pytest
from tests.builders import Tape

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.state import Experiment
from autoexp.campaign.stopping import MAX_ERRORS_IN_ROW, stop_rule, used_up
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.spec.budget import BudgetSection, PlateauSection

FREE = {"consecutive_crashes": None}


def stop(tape, **budget):
    return stop_rule(fold_all(tape.records), BudgetSection.model_validate(FREE | budget))


def after(*endings):
    tape = Tape().open()
    for ending in endings:
        if isinstance(ending, Verdict):
            tape.experiment(verdict=ending, effect=0.1)
        else:
            tape.failed(ending)
    return tape


@pytest.mark.parametrize(
    ("budget", "ending", "reason"),
    [
        ({"experiments": 3}, Verdict.KEEP, "experiments"),
        ({"consecutive_crashes": 3}, Outcome.CRASH, "crashes"),
        ({"consecutive_discards": 3}, Verdict.DISCARD, "discards"),
    ],
)
def test_rule_ends_a_campaign_when_its_number_is_reached_and_not_before(budget, ending, reason):
    assert stop(after(ending, ending), **budget) is None
    assert stop(after(ending, ending, ending), **budget).reason == reason


@pytest.mark.parametrize("outcome", [Outcome.PROPOSER_ERROR, Outcome.INFRA_ERROR])
def test_errors_in_a_row_end_a_campaign(outcome):
    assert stop(after(*[outcome] * (MAX_ERRORS_IN_ROW - 1))) is None
    assert stop(after(*[outcome] * MAX_ERRORS_IN_ROW)).reason == "error"


@pytest.mark.parametrize("outcome", [Outcome.PROPOSER_ERROR, Outcome.INFRA_ERROR])
def test_a_campaign_that_errors_end_says_what_the_last_one_was(outcome):
    tape = Tape().open()
    for n in range(MAX_ERRORS_IN_ROW):
        tape.failed(outcome, detail=f"nothing was changed:\nit was not allowed {n} times")
    last = f"the last time: nothing was changed: it was not allowed {MAX_ERRORS_IN_ROW - 1} times"
    assert stop(tape).detail.endswith(last)


def test_working_time_ends_a_campaign():
    tape = Tape().open()
    used = fold_all(tape.records).active_s
    tape.write(ev.Noted(text=""), after=3600 - used - 1)
    assert stop(tape, wall_clock="1h") is None
    tape.write(ev.Noted(text=""), after=1)
    assert stop(tape, wall_clock="1h").reason == "wall_clock"


def test_campaign_without_budgets_goes_on():
    assert stop(after(*[Verdict.DISCARD] * 30, *[Outcome.CRASH] * 30)) is None


def test_three_crashes_in_a_row_end_it_without_a_word_in_the_contract():
    assert stop_rule(fold_all(after(*[Outcome.OOM] * 3).records), BudgetSection()).reason == "crashes"


def test_budget_of_no_experiments_is_used_up_at_once():
    assert stop(after(), experiments=0).reason == "experiments"


def test_first_rule_that_holds_is_named():
    assert stop(after(*[Outcome.CRASH] * 3), experiments=3, consecutive_crashes=3).reason == "experiments"


def gained(*effects):
    tape = Tape().open()
    for effect in effects:
        tape.experiment(verdict=Verdict.KEEP if effect else Verdict.DISCARD, effect=effect)
    return tape


PLATEAU = {"window": 3, "min_gain": "5%"}


def test_plateau_ends_a_campaign_and_says_how_little_was_gained():
    found = stop(gained(0.3, 0.02, None, 0.01), plateau=PLATEAU)
    assert (found.reason, found.detail) == ("plateau", "the last 3 experiments gained 3 %, less than 5 %")


@pytest.mark.parametrize("effects", [(0.02, None), (0.3, 0.02, None), (None, None, 0.05), (0.03, None, 0.03)])
def test_plateau_ends_no_campaign_that_gains_or_has_just_begun(effects):
    assert stop(gained(*effects), plateau=PLATEAU) is None


def test_plateau_of_no_gain_at_all_is_one_even_when_none_is_asked_for():
    assert stop(gained(None, None, 1e-9), plateau={"window": 3, "min_gain": 0}) is None
    assert stop(gained(None, None, None), plateau={"window": 3, "min_gain": 0}).reason == "plateau"


def test_crashes_and_refused_changes_count_as_experiments_without_a_gain():
    tape = after(Outcome.CRASH, Outcome.NO_CHANGE, Outcome.INTERRUPTED)
    assert stop(tape, plateau=PLATEAU) is None
    tape.failed(Outcome.CHECKS_FAILED)
    assert stop(tape, plateau=PLATEAU).reason == "plateau"


def test_target_ends_a_campaign_when_the_best_so_far_is_there_and_not_before():
    tape = Tape().open()
    tape.experiment(7.5, Verdict.KEEP, effect=0.25)
    tape.experiment(6.9, Verdict.DISCARD)
    assert stop(tape, target=7) is None
    tape.experiment(7.0, Verdict.KEEP, effect=0.05)
    assert (stop(tape, target=7).reason, stop(tape, target=7).detail) == ("target", "x is at 7, and the target is 7")


def test_target_that_the_baseline_has_reached_needs_no_experiment():
    assert stop(Tape().open(), target=10).reason == "target"


def test_target_is_named_before_a_budget_that_ends_at_the_same_experiment():
    assert stop(gained(0.1), target=9, experiments=1).reason == "target"


def test_budget_is_used_up_whatever_the_numbers_say():
    state = fold_all(gained(None, None, None).records)
    numbers = BudgetSection(target=10, plateau=PlateauSection(window=3))
    assert used_up(state, numbers) is None
    assert used_up(state, numbers.model_copy(update={"experiments": 3})).reason == "experiments"


class Read(tuple[Experiment, ...]):  # noqa: SLOT001  a tuple may not have any
    """Experiments that count how many of them were read."""

    read = 0

    def __iter__(self):
        raise AssertionError("all of them were asked for")

    def __reversed__(self):
        for i in range(len(self) - 1, -1, -1):
            self.read += 1
            yield self[i]


def test_rules_read_no_more_than_a_window_of_a_long_campaign():
    state = fold_all(gained(0.3, None).records)
    long = Read(tuple(state.experiments) * 5_000)
    assert (
        stop_rule(replace(state, experiments=long), BudgetSection(plateau=PlateauSection(window=20), target=1)) is None
    )
    assert long.read == 20
