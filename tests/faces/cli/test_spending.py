"""How money and tokens look in a status: what is unknown says so."""

import pytest
from tests.builders import Tape, spec

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.summary import summary
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Proposal, Reserve, Tokens
from autoexp.faces.cli.spending import cost_in_words, cost_of_state, spending_lines, use_lines


def lines(tape):
    return dict(spending_lines(summary(fold_all(tape.records), running=False)))


NO_TOKENS = Tokens()


def said(cost_usd, tokens=NO_TOKENS, **more):
    return Proposal(cost_usd=cost_usd, tokens=tokens, requests=1, **more)


@pytest.mark.parametrize(
    ("known", "unknown", "text"),
    [
        (None, 0, "none reported"),
        (None, 3, "unknown"),
        (1.2, 0, "$1.20"),
        (1.2, 1, "$1.20 and 1 experiment of unknown cost"),
        (0.0, 3, "unknown for 3 experiments, nothing for the others"),
    ],
)
def test_cost_in_words(known, unknown, text):
    assert cost_in_words(known, unknown) == text


def test_status_of_a_campaign_that_paid():
    tape = Tape().open(spec(budget={"cost_usd": 10}))
    tokens = Tokens(input=20_000, cached=8_000, output=2_000, reasoning=500)
    for effect in (None, 0.1, 0.1):
        verdict = Verdict.KEEP if effect else Verdict.DISCARD
        tape.experiment(proposal=said(0.4, tokens, cost_source="provider"), verdict=verdict, effect=effect)
    tape.experiment(proposal=said(None))
    tape.intent(Reserve(cost_usd=0.3, tokens=1000))
    tape.end(Outcome.INTERRUPTED)
    found = lines(tape)
    assert found["cost"] == "$1.20 and 2 experiments of unknown cost (priced by: provider 3)"
    assert found["tokens"] == (
        "60k read (24k from a cache), 6000 written (1500 of it thought); unknown for 2 experiments"
    )
    assert found["requests"] == "4"
    assert found["set aside"] == ("$0.30, 1000 tokens for 1 experiment that was cut off: nobody knows what they used")
    assert found["price"] == "at least $0.60 a keep, $0.60 a confirmed one, $0.06 for 1 % of in-loop gain"
    assert found["experiment"].startswith("about $0.40, 22k tokens, ")
    assert found["ends by"].startswith("the budget of money, after about 21 more experiments: $8.40, ")


def test_campaign_whose_cap_allows_no_more_says_so():
    tape = Tape().open(spec(budget={"cost_usd": 1}))
    for _ in range(3):
        tape.experiment(proposal=said(0.3))
    assert lines(tape)["ends by"] == "the budget of money, before another experiment"


def test_waiting_and_mending_are_told():
    tape = Tape().open()
    tape.intent()
    tape.write(ev.Waiting(n=1, kind="rate_limit", reason="429", wait_s=12.0))
    tape.propose(said(0.1))
    tape.write(ev.MendAsked(n=1, outcome=Outcome.CRASH))
    tape.propose(said(0.1))
    tape.end(Outcome.CRASH)
    assert lines(tape)["requests"] == "2, asked once to mend a change, waited once, 12.0 s in all"


def test_campaign_without_a_model_has_one_line_of_cost():
    tape = Tape().open()
    tape.experiment()
    assert lines(tape) == {"cost": "unknown"}
    assert cost_of_state(fold_all(tape.records)) == "unknown"


def test_use_of_one_experiment_names_who_priced_it():
    row = {
        "cost_usd": 0.4,
        "tokens_used": 22_000,
        "requests": 2,
        "repairs": 1,
        "priced_by": ["provider"],
        "tokens_source": [],
        "paid_before": False,
    }
    assert dict(use_lines(row)) == {"used": "$0.40 (priced by provider), 22k tokens, 2 requests, asked once to mend it"}
    silent = row | {"cost_usd": None, "priced_by": []}
    assert dict(use_lines(silent)) == {"used": "cost unknown, 22k tokens, 2 requests, asked once to mend it"}
    counted = row | {"tokens_source": ["codex, its last event", "codex, at its end"]}
    assert (
        "22k tokens (counted by codex, its last event; codex, at its end), 2 requests"
        in dict(use_lines(counted))["used"]
    )
    assert not dict(use_lines(dict.fromkeys(row) | {"repairs": 0}))


def test_hypothesis_of_an_earlier_answer_says_that_it_was_paid_for():
    row = {
        "cost_usd": 0.0,
        "tokens_used": 0,
        "requests": 0,
        "repairs": 0,
        "priced_by": [],
        "tokens_source": [],
        "paid_before": True,
    }
    assert dict(use_lines(row)) == {"used": "no request: this hypothesis was paid for with an earlier answer"}
    assert "$0.02" in dict(use_lines(row | {"cost_usd": 0.02}))["used"]


def test_keep_is_not_priced_at_nothing_while_the_cost_of_its_answer_is_unknown():
    tape = Tape().open()
    tokens = Tokens(input=900, output=100)
    tape.experiment(proposal=said(None, tokens), verdict=Verdict.DISCARD)
    paid = Proposal(cost_usd=0.0, tokens=Tokens(input=0, output=0), requests=0)
    tape.experiment(proposal=paid, verdict=Verdict.KEEP, effect=0.1)
    found = lines(tape)
    assert found["cost"] == "unknown for 1 experiment, nothing for the others"
    assert found["price"].startswith("1000 tokens a keep")
