"""Budgets and rules that end a campaign."""

import pytest
from tests.builders import Tape

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.stopping import MAX_ERRORS_IN_ROW, stop_rule
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.spec.sections import BudgetSection

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
