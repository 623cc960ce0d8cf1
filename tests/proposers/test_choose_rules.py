"""Whom a chooser asks, and why: a function of the brief alone."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import Tape

from autoexp.campaign.fold import fold_all
from autoexp.campaign.tallies import Tally
from autoexp.campaign.views import Repair, brief_for
from autoexp.experiment.measurement import Sample, Side, measure
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Decision, Directive, GuardResult, Offer, Proposal
from autoexp.proposers.choosing.rules import Policy, choose

WEIGHTED = Policy({"cheap": 1.0, "strong": 3.0})
COSTS = Policy({"cheap": 1.0, "strong": 1.0}, by="cost-aware")
PAIR = Policy({"cheap": 1.0, "strong": 1.0}, explore="cheap", validate="strong")


def brief_after(tape):
    return brief_for(fold_all(tape.records), Directive(), goal="", program="", scope=("*",))


def by(name, **more):
    return Proposal(proposer=name, **more)


def counted(brief, policy, draws=600, **tallies):
    """Count who is asked first over many moments of a campaign."""
    brief = replace(brief, tallies=tallies)
    return Counter(choose(replace(brief, position=i), policy).order[0] for i in range(1000, 1000 + draws))


@pytest.fixture
def start(brief):
    return brief(0)


def test_weights_are_shares_of_the_turns(start):
    found = counted(start, WEIGHTED, draws=2000)
    assert 0.70 < found["strong"] / 2000 < 0.80


records = st.builds(
    Tally,
    experiments=st.integers(0, 30),
    attempts=st.integers(0, 30),
    kept=st.integers(0, 30),
    standing=st.integers(0, 30),
    gain=st.floats(-1, 10),
    cost_usd=st.none() | st.floats(0, 1e6),
    unknown_costs=st.integers(0, 30),
    tokens=st.none() | st.integers(0, 10**9),
    unknown_tokens=st.integers(0, 30),
    rests_until=st.integers(0, 10_000),
    nothing_left=st.booleans(),
)


@settings(deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(0, 2**48),
    st.sampled_from([WEIGHTED, COSTS, PAIR]),
    st.dictionaries(st.sampled_from(["cheap", "strong", "gone", ""]), records),
)
def test_the_same_moment_has_the_same_choice_and_every_member_a_place(position, seed, policy, tallies):
    brief = replace(brief_after(Tape().open()), position=position, seed=seed, tallies=tallies)
    found = choose(brief, policy)
    assert found == choose(brief, policy)
    assert sorted(found.order + found.spent) == sorted(policy.names)


def test_an_unweighted_draw_does_not_change_with_a_member_that_never_wins(start):
    tiny = Policy({**WEIGHTED.weights, "third": 1e-300})
    firsts = [
        (choose(replace(start, position=i), WEIGHTED), choose(replace(start, position=i), tiny)) for i in range(50)
    ]
    assert all(one.order[0] == other.order[0] for one, other in firsts)


def test_a_change_is_mended_by_whoever_made_it(start):
    for name in ("cheap", "strong"):
        mend = replace(start, repair=Repair(Outcome.CRASH, "it broke", proposer=name))
        assert choose(mend, WEIGHTED).order == (name,)
        assert choose(mend, PAIR).order == (name,)


def test_nobody_mends_the_change_of_one_who_is_no_member(start):
    assert choose(replace(start, repair=Repair(Outcome.CRASH, "", proposer="gone")), WEIGHTED).order == ()


@pytest.mark.parametrize("policy", [WEIGHTED, COSTS, PAIR])
def test_what_is_paid_for_is_tried_first(start, policy):
    for name in policy.names:
        paid = replace(start, offers=(Offer(rank=2, edits="x", proposer=name),))
        assert choose(paid, policy).order[0] == name


def test_one_that_rests_is_asked_after_the_others(start):
    resting = replace(start, position=4, tallies={"cheap": Tally(rests_until=5)})
    found = choose(resting, PAIR)
    assert (found.order, found.why.split(" (")[0]) == (
        ("strong", "cheap"),
        "in place of cheap, which could not serve lately",
    )
    assert choose(replace(resting, position=5), PAIR).order[0] == "cheap"


def test_one_that_has_nothing_left_is_asked_when_all_others_say_so(start):
    found = choose(replace(start, tallies={"cheap": Tally(nothing_left=True)}), PAIR)
    assert (found.order, found.spent) == (("strong",), ("cheap",))


# --- gain per cost


def test_each_is_asked_three_times_first_in_turn():
    tape, asked = Tape().open(), []
    for _ in range(6):
        asked.append(choose(brief_after(tape), COSTS).order[0])
        tape.experiment(proposal=by(asked[-1]))
    assert asked == ["cheap", "strong"] * 3


def tally(kept, *, of=20, gain=None, cost=None, tokens=None):
    return Tally(
        experiments=of, attempts=of, decided=of, kept=kept, standing=kept, gain=0.01 * kept if gain is None else gain,
        cost_usd=None if cost is None else cost * of, unknown_costs=of if cost is None else 0,
        tokens=None if tokens is None else tokens * of, unknown_tokens=of if tokens is None else 0,
    )  # fmt: skip


def test_half_the_keeps_for_a_tenth_of_the_price_is_chosen(start):
    found = counted(start, COSTS, cheap=tally(4, cost=0.1), strong=tally(8, cost=1.0))
    assert found["cheap"] > 0.95 * found.total()


def test_at_the_same_price_the_better_one_is_chosen(start):
    found = counted(start, COSTS, cheap=tally(1, cost=1.0), strong=tally(10, cost=1.0))
    assert found["strong"] > 0.95 * found.total()


def test_larger_gains_count_not_only_more_keeps(start):
    found = counted(start, COSTS, cheap=tally(8, cost=1.0, gain=0.02), strong=tally(4, cost=1.0, gain=0.4))
    assert found["strong"] > 0.9 * found.total()


def test_keeps_that_were_taken_out_count_as_nothing(start):
    taken_out = replace(tally(0, cost=1.0), kept=0)
    assert counted(start, COSTS, cheap=taken_out, strong=tally(6, cost=1.0))["strong"] > 550


@pytest.mark.parametrize(
    ("cheap", "strong", "unit"),
    [
        ({"cost": 1.0, "tokens": 10}, {"cost": 1.0, "tokens": 10}, "dollar"),
        ({"tokens": 10}, {"cost": 1.0, "tokens": 10}, "token"),
        ({"tokens": 10}, {"cost": 1.0}, "experiment"),
        ({"cost": 0.0}, {"cost": 0.0}, "experiment"),
    ],
)
def test_members_are_compared_by_a_cost_that_is_known_of_all(start, cheap, strong, unit):
    brief = replace(start, tallies={"cheap": tally(4, **cheap), "strong": tally(4, **strong)})
    assert choose(brief, COSTS).why.startswith(f"drawn by confirmed gain per {unit}")


def test_an_unknown_price_is_not_taken_for_a_low_one(start):
    found = counted(start, COSTS, cheap=tally(2), strong=tally(10, cost=1.0))
    assert found["strong"] > 0.95 * found.total()


def test_one_that_costs_nothing_is_not_the_only_one_for_ever(start):
    found = counted(start, COSTS, cheap=replace(tally(0, of=400, cost=0.0)), strong=tally(10, cost=1.0))
    assert found["strong"] > 0


# --- exploring and validating


def measured(tape, value, decision, name="cheap"):
    tape.intent()
    tape.propose(by(name))
    tape.sample(value)
    tape.end(Outcome.MEASURED, decision, measure([Sample(side=Side.CANDIDATE, i=0, values={"x": value})]))


def asked(tape):
    found = choose(brief_after(tape), PAIR)
    return found.order[0], found.why


def test_the_explorer_has_the_ordinary_turns():
    tape = Tape().open()
    assert asked(tape) == ("cheap", "explores")
    tape.experiment(11, Verdict.DISCARD, effect=-0.1, proposal=by("cheap"))
    assert asked(tape) == ("cheap", "explores")


PROMISING = [
    (Decision(verdict=Verdict.INCONCLUSIVE, effect=0.01), "better, but inconclusive"),
    (
        Decision(verdict=Verdict.DISCARD, effect=0.2, guard=GuardResult(metric="ram", bound="at_most 5")),
        "better, but it broke the guard on ram",
    ),
]


@pytest.mark.parametrize(("decision", "why"), PROMISING)
def test_the_validator_reworks_what_is_better_and_unproven_once(decision, why):
    tape = Tape().open()
    measured(tape, 9, decision)
    assert asked(tape) == ("strong", f"reworks experiment 1: {why}")
    task = choose(brief_after(tape), PAIR).tasks
    assert list(task) == ["strong"]
    assert task["strong"].startswith(f"Rework experiment 1: it measured {why}.")
    measured(tape, 9, decision, "strong")
    assert not choose(brief_after(tape), PAIR).tasks
    assert asked(tape) == ("cheap", "explores")


@pytest.mark.parametrize(
    "decision",
    [
        Decision(verdict=Verdict.INCONCLUSIVE, effect=-0.01),
        Decision(verdict=Verdict.DISCARD, effect=0.01),
        Decision(verdict=Verdict.KEEP, effect=0.1),
        Decision(verdict=Verdict.INCONCLUSIVE, effect=0.9, flags=("needs_review",)),
        Decision(verdict=Verdict.DISCARD, guard=GuardResult(metric="ram", bound="at_most 5"), effect=-0.2),
    ],
)
def test_the_validator_leaves_the_rest_to_the_explorer(decision):
    tape = Tape().open()
    measured(tape, 9, decision)
    assert asked(tape)[0] == "cheap"


@pytest.mark.parametrize(("value", "who"), [(9, "strong"), (11, "cheap")])
def test_failed_checks_count_by_the_run_before_them(value, who):
    tape = Tape().open()
    tape.intent()
    tape.propose(by("cheap"))
    tape.sample(value)
    tape.end(Outcome.CHECKS_FAILED)
    assert asked(tape)[0] == who


def test_the_validator_takes_over_after_eight_dry_experiments_once():
    tape = Tape().open()
    for _ in range(8):
        assert asked(tape)[0] == "cheap"
        tape.experiment(11, Verdict.DISCARD, effect=-0.1, proposal=by("cheap"))
    assert asked(tape) == ("strong", "cheap made 8 experiments without a keep")
    tape.experiment(11, Verdict.DISCARD, effect=-0.1, proposal=by("strong"))
    assert asked(tape)[0] == "cheap"


def test_the_validator_has_the_reviews():
    tape, who = Tape().open(), []
    for i in range(21):
        who.append(asked(tape)[0])
        tape.experiment(
            9,
            Verdict.KEEP if i % 3 == 0 else Verdict.DISCARD,
            effect=0.01 if i % 3 == 0 else -0.1,
            proposal=by(who[-1]),
        )
    assert [i for i, name in enumerate(who) if name == "strong"] == [10, 20]
