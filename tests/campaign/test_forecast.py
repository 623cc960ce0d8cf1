"""What keeps and gains have cost, and what going on will cost."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.builders import Tape, spec, tapes

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.forecast import LEAST, WINDOW, forecast, spending
from autoexp.campaign.typical import DOMAINS
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Decision, Proposal, Reserve, Tokens


def said(cost_usd=None, tokens=None, requests=1, **more):
    return Proposal(cost_usd=cost_usd, tokens=Tokens(input=tokens), requests=requests, **more)


def campaign(*proposals, verdict=Verdict.DISCARD, effect=None, **budget):
    tape = Tape().open(spec(budget=budget))
    for proposal in proposals:
        tape.experiment(proposal=proposal, verdict=verdict, effect=effect)
    return fold_all(tape.records)


def test_price_of_a_keep_and_of_a_percent():
    found = spending(campaign(said(0.5, 1000), said(1.0, 3000), verdict=Verdict.KEEP, effect=0.05))
    assert found["per_kept"] == {"cost_usd": 0.75, "tokens": 2000, "requests": 1}
    assert found["per_percent"]["cost_usd"] == pytest.approx(0.15)


def test_provisional_keep_is_not_confirmed():
    tape = Tape().open()
    for flags in ((), ("provisional",)):
        tape.intent()
        tape.propose(said(1.0))
        tape.end(Outcome.MEASURED, Decision(verdict=Verdict.KEEP, effect=0.1, flags=flags))
    found = spending(fold_all(tape.records))
    assert (found["per_kept"]["cost_usd"], found["per_confirmed"]["cost_usd"]) == (1.0, 2.0)


@pytest.mark.parametrize("state", [campaign(said(1.0)), campaign(said(), verdict=Verdict.KEEP, effect=0.1)])
def test_what_was_not_bought_or_not_told_has_no_price(state):
    assert spending(state)["per_kept"]["cost_usd"] is None
    assert spending(state)["per_percent"]["cost_usd"] is None


def test_percent_of_next_to_nothing_has_no_price():
    assert spending(campaign(said(0.5), verdict=Verdict.KEEP, effect=5e-324))["per_percent"]["cost_usd"] is None


def test_who_put_a_price_on_it_is_counted():
    sources = [said(1.0, cost_source="provider"), said(1.0, cost_source="provider"), said(1.0), said()]
    free = said(0.0, requests=0)
    assert spending(campaign(*sources, free))["priced_by"] == {"proposer": 1, "provider": 2}


def test_tokens_are_told_by_kind_also_of_a_proposer_with_nothing_left():
    tape = Tape().open()
    tape.intent()
    tape.write(ev.Proposed(n=1, proposal=Proposal(tokens=Tokens(input=100, cached=60, output=20, reasoning=5))))
    tape.write(ev.Withdrawn(n=1, reason="nothing left"))
    found = spending(fold_all(tape.records))["tokens"]
    assert found == {"input": 100, "cached": 60, "output": 20, "reasoning": 5, "cache_write": None}


def test_nothing_is_foretold_before_the_first_three():
    assert forecast(campaign(*[said(0.1)] * (LEAST - 1))) is None
    assert forecast(campaign(*[said(0.1)] * LEAST))["of"] == LEAST


def test_experiment_is_foretold_from_the_last_ones():
    found = forecast(campaign(said(99.0), *[said(cost, 1000) for cost in (0.1, 0.2, 0.3, 0.4)] * 5))
    assert found["of"] == WINDOW
    cost = found["per_experiment"]["cost_usd"]
    assert (cost["median"], cost["low"], cost["high"], cost["mean"]) == pytest.approx((0.25, 0.1, 0.4, 0.25))


@pytest.mark.parametrize(
    ("budget", "first", "left"),
    [
        ({}, None, None),
        ({"experiments": 10}, "experiments", 7),
        ({"experiments": 10, "cost_usd": 2}, "cost", 1),
        ({"experiments": 10, "tokens": 7000}, "tokens", 4),
        ({"experiments": 10, "requests": 5}, "requests", 2),
        ({"experiments": 10, "wall_clock": "40s"}, "wall_clock", 3),
        ({"cost_usd": 1}, "cost", 0),
    ],
)
def test_cap_that_comes_first_is_named_with_the_experiments_until_then(budget, first, left):
    found = forecast(campaign(*[said(0.5, 1000)] * 3, **budget))
    assert (found["ends_by"], found["experiments_left"]) == (first, left)
    if left is not None:
        assert found["rest"]["cost_usd"] == pytest.approx(0.5 * left)


def test_cap_of_the_last_session_counts_and_what_is_set_aside():
    tape = Tape().open(spec(budget={"cost_usd": 2}))
    for _ in range(3):
        tape.experiment(proposal=said(0.5))
    tape.intent(Reserve(cost_usd=1.0))
    tape.end(Outcome.INTERRUPTED)
    tape.write(ev.SessionOpened(pid=2, budget={"cost_usd": 5.0}))
    assert forecast(fold_all(tape.records))["experiments_left"] == 5


def test_unknown_costs_are_left_out_of_a_forecast():
    found = forecast(campaign(*[said(0.5, 1000)] * 3, *[said(None, 1000)] * 3, cost_usd=10))
    assert found["per_experiment"]["cost_usd"]["mean"] == 0.5
    assert forecast(campaign(*[said(None, 1000)] * 3, cost_usd=10))["per_experiment"]["cost_usd"] is None


@settings(deadline=None)
@given(tapes())
def test_every_campaign_has_figures_that_are_finite_and_not_negative(tape):
    state = fold_all(tape.records)
    figures = spending(state)
    for prices in (figures["per_kept"], figures["per_confirmed"], figures["per_percent"]):
        assert all(price is None or price >= 0 for price in prices.values())
    assert sum(figures["priced_by"].values()) <= sum(len(one.proposals) for one in state.experiments)
    found = forecast(state)
    if found is not None:
        for spread in filter(None, found["per_experiment"].values()):
            assert 0 <= spread["low"] <= spread["median"] <= spread["high"]


def test_page_shows_the_typical_figures_that_ship():
    page = (Path(__file__).parents[2] / "docs/money.md").read_text(encoding="utf-8")
    for domain in DOMAINS:
        (low, high), (few, many) = domain.usd, domain.per_hour
        dollars = f"{low:.2f} to {high:.2f}" if high else "about 0"
        assert f"| {domain.name} | {dollars} | {few} to {many} |" in page
