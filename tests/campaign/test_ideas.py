"""The backlog: what comes onto it, what leaves it, and that nothing that waits is ever lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import Tape

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold, fold_all
from autoexp.campaign.ideas import LONGEST_IDEA, MOST_HINTS, MOST_OPEN, PERSON, Parked, open_ideas, same
from autoexp.campaign.state import CampaignState
from autoexp.experiment.outcome import UNDECIDED, Outcome, Verdict
from autoexp.experiment.records import Decision, Idea, Offer, Proposal


def backlog(tape: Tape) -> tuple[Parked, ...]:
    return tuple(fold_all(tape.records).ideas)


def texts(tape: Tape) -> list[str]:
    return [idea.text for idea in open_ideas(fold_all(tape.records).ideas)]


def test_ideas_of_proposals_and_persons_are_parked_in_order_with_their_reasons() -> None:
    tape = Tape().open()
    tape.experiment(
        proposal=Proposal(ideas=("a cache", {"text": "threads", "why": "too risky", "blocked_by": "scope"}))
    )
    tape.write(ev.IdeaAdded(idea=Idea(text="  less\n copying ")))
    assert backlog(tape) == (
        Parked("i1", "a cache", n=1),
        Parked("i2", "threads", "too risky", "scope", n=1),
        Parked("i3", "less copying", n=PERSON),
    )


def test_same_text_is_one_idea_and_gets_the_reason_that_it_lacked() -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=("Use a  cache.",)))
    tape.experiment(proposal=Proposal(ideas=(Idea(text="use a cache", why="later", blocked_by="calls"),)))
    tape.experiment(proposal=Proposal(ideas=(Idea(text="use a cache", why="other", blocked_by="other"),)))
    assert backlog(tape) == (Parked("i1", "Use a  cache.".replace("  ", " "), "later", "calls", n=1),)


@pytest.mark.parametrize("claim", ["i2", " I2 ", ["i9", "i2"], "threads", "Threads."])
def test_idea_that_an_experiment_names_is_tried(claim: object) -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=("a cache", "threads")))
    tape.experiment(proposal=Proposal(asi={"idea": claim}))
    assert [(idea.state, idea.tried_by) for idea in backlog(tape)] == [("open", None), ("tried", 2)]


def test_description_that_is_the_text_of_an_idea_tries_it() -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=("a cache",)))
    tape.experiment(proposal=Proposal(description="A cache."))
    assert texts(tape) == []


@pytest.mark.parametrize(
    "words", ["i1: use a cache", "I1, but smaller", "[i1] - cache", "**i1**: cache", "i1 \u2014 cache"]
)
def test_id_at_the_beginning_of_a_description_or_hypothesis_tries_the_idea(words: str) -> None:
    for said in ({"description": words}, {"hypothesis": words}):
        tape = Tape().open()
        tape.experiment(proposal=Proposal(ideas=("a cache",)))
        tape.experiment(proposal=Proposal(**said))
        assert texts(tape) == []


@pytest.mark.parametrize("words", ["i1", "use i1: less", "i1x: y", "i10: y", "i1 is an index", "i1-based loops"])
def test_id_that_is_something_else_tries_nothing(words: str) -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=("a cache",)))
    tape.experiment(proposal=Proposal(hypothesis=words))
    assert texts(tape) == ["a cache"]


@pytest.mark.parametrize("claim", ["i7", "", 2, None, {"id": "i1"}, ["", 5]])
def test_claim_that_names_no_idea_changes_nothing(claim: object) -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=("a cache",)))
    tape.experiment(proposal=Proposal(asi={"idea": claim}))
    assert texts(tape) == ["a cache"]


@pytest.mark.parametrize("outcome", [*sorted(UNDECIDED), Outcome.NO_CHANGE])
def test_idea_whose_experiment_says_nothing_about_it_stays_open(outcome: Outcome) -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=("a cache",)))
    tape.intent()
    tape.propose(Proposal(asi={"idea": "i1"}))
    tape.end(outcome)
    assert texts(tape) == ["a cache"]


def test_idea_that_was_tried_is_not_opened_by_a_proposer_but_by_a_person() -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=("a cache",)))
    tape.experiment(proposal=Proposal(asi={"idea": "i1"}))
    tape.experiment(proposal=Proposal(ideas=("a cache",)))
    assert texts(tape) == []
    tape.write(ev.IdeaAdded(idea=Idea(text="a cache", why="try it with less memory")))
    assert backlog(tape) == (Parked("i1", "a cache", "try it with less memory", n=1, tried_by=2),)


def test_what_a_person_says_of_an_open_idea_goes_first() -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=(Idea(text="a cache", why="later", blocked_by="calls"),)))
    tape.write(ev.IdeaAdded(idea=Idea(text="a cache", why="now")))
    assert backlog(tape) == (Parked("i1", "a cache", "now", "calls", n=1),)


def test_idea_that_a_person_dropped_is_not_opened_by_an_experiment_that_a_constraint_stopped() -> None:
    tape = Tape().open()
    tape.write(ev.IdeaAdded(idea=Idea(text="a cache")))
    tape.write(ev.IdeaDropped(id="i1"))
    tape.intent()
    tape.propose(Proposal(description="a cache"))
    tape.sample(5.0)
    tape.end(Outcome.CHECKS_FAILED)
    assert [idea.state for idea in backlog(tape)] == ["dropped"]


def test_idea_that_a_person_gives_up_is_dropped() -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=("a cache", "threads")))
    tape.write(ev.IdeaDropped(id="i1", why="not ours"))
    assert texts(tape) == ["threads"]
    assert backlog(tape)[0].state == "dropped"


def test_ideas_of_a_number_that_was_withdrawn_stay() -> None:
    tape = Tape().open()
    tape.intent()
    tape.write(ev.Proposed(n=1, proposal=Proposal(ideas=("a cache",))))
    tape.write(ev.Withdrawn(n=1, reason="nothing left"))
    assert texts(tape) == ["a cache"]


def offers(*names: str) -> tuple[Offer, ...]:
    return tuple(Offer(rank=rank, description=name) for rank, name in enumerate(names, 1))


def test_offer_that_no_longer_fits_is_parked() -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(offers=offers("one", "two", "three"), offer=1, description="one"))
    tape.experiment(proposal=Proposal(offer=3, dropped=(2,), description="three"))
    (idea,) = backlog(tape)
    assert (idea.text, idea.n) == ("two", 2)
    assert "does not fit on the best so far any more" in idea.why


def test_offers_that_newer_ones_replace_are_parked_unless_they_were_tried_or_come_again() -> None:
    tape = Tape().open()
    tape.intent()
    tape.propose(Proposal(offers=offers("one", "two", "three", "four"), offer=1))
    tape.write(ev.MendAsked(n=1, outcome=Outcome.CRASH))
    tape.propose(Proposal(offers=offers("five", "Two"), offer=1))
    tape.end(Outcome.CRASH)
    assert texts(tape) == ["three", "four"]


def test_beyond_the_bound_the_oldest_stay() -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=tuple(f"idea {i}" for i in range(MOST_OPEN + 5))))
    assert texts(tape) == [f"idea {i}" for i in range(MOST_OPEN)]
    tape.experiment(proposal=Proposal(asi={"idea": "i3"}, ideas=("late",)))
    tape.experiment(proposal=Proposal(ideas=("later",)))
    assert len(texts(tape)) == MOST_OPEN
    assert texts(tape)[-1] == "later"


def test_texts_are_cut() -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=(Idea(text="x" * 9_999, why="y" * 9_999, blocked_by="z" * 9_999),)))
    (idea,) = backlog(tape)
    assert {len(idea.text), len(idea.why), len(idea.blocked_by)} == {LONGEST_IDEA}


def test_hints_stay_until_they_are_cleared_and_the_last_few_count() -> None:
    tape = Tape().open()
    for i in range(MOST_HINTS + 2):
        tape.write(ev.Hinted(text=f"hint {i}"))
    tape.write(ev.Hinted(text="hint 5"))
    hints = fold_all(tape.records).hints
    assert (len(hints), hints[0], hints[-1]) == (MOST_HINTS, "hint 2", "hint 5")
    tape.session()
    assert fold_all(tape.records).hints == hints
    tape.write(ev.HintsCleared())
    assert fold_all(tape.records).hints == ()


def test_old_journals_fold_with_ideas_that_are_only_texts() -> None:
    body = {"event": "proposal", "n": 1, "proposal": {"ideas": ["one", "two"], "asi": {}}}
    tape = Tape().open()
    tape.intent()
    tape.write(ev.parse_event(body))
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.DISCARD))
    assert texts(tape) == ["one", "two"]


WORDS = ["a cache", "A  cache.", "threads", "less copying", "", "é"]


@st.composite
def campaigns(draw: st.DrawFn) -> Tape:
    """Draw a campaign in which ideas come, are tried, dropped and told again."""
    tape = Tape().open()
    word, name = st.sampled_from(WORDS), st.sampled_from(["i1", "i2", "i3", *WORDS])
    for _ in range(draw(st.integers(0, 10))):
        match draw(st.sampled_from(["measured", "ended", "idea", "drop", "hint", "segment", "withdrawn"])):
            case "measured" | "ended" as kind:
                tape.intent()
                proposal = Proposal(
                    description=draw(word),
                    asi={"idea": draw(name)},
                    ideas=tuple(draw(st.lists(word, max_size=3))),
                    offers=offers(*draw(st.lists(word, max_size=3))),
                    dropped=tuple(draw(st.lists(st.integers(0, 4), max_size=2))),
                    offer=draw(st.none() | st.integers(1, 3)),
                )
                tape.propose(proposal)
                outcome = Outcome.MEASURED if kind == "measured" else draw(st.sampled_from(list(Outcome)))
                tape.end(outcome, Decision(verdict=draw(st.sampled_from(Verdict))) if kind == "measured" else None)
            case "idea":
                tape.write(ev.IdeaAdded(idea=Idea(text=draw(word), why=draw(word), blocked_by=draw(word))))
            case "drop":
                tape.write(ev.IdeaDropped(id=draw(name)))
            case "hint":
                tape.write(ev.Hinted(text=draw(word)))
            case "segment":
                tape.segment()
            case _:
                tape.intent()
                tape.write(ev.Proposed(n=tape.n, proposal=Proposal(ideas=(draw(word),))))
                tape.write(ev.Withdrawn(n=tape.n, reason="nothing"))
    return tape


@settings(deadline=None)
@given(campaigns())
def test_no_idea_is_lost_and_each_is_there_once(tape: Tape) -> None:
    state = CampaignState()
    for record in tape.records:
        before, state = state, fold(state, record)
        assert [idea.id for idea in state.ideas[: len(before.ideas)]] == [idea.id for idea in before.ideas]
        for old, new in zip(before.ideas, state.ideas, strict=False):
            assert (old.text, old.n) == (new.text, new.n)
            if old.state == "open" and new.state != "open":
                assert isinstance(record.event, ev.Done | ev.IdeaDropped)
    assert len({same(idea.text) for idea in state.ideas}) == len(state.ideas)
    assert [idea.id for idea in state.ideas] == [f"i{i}" for i in range(1, len(state.ideas) + 1)]


@settings(deadline=None)
@given(campaigns(), st.data())
def test_backlog_is_a_function_of_the_records(tape: Tape, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(tape.records)))
    whole = fold_all(tape.records)
    split = fold_all(tape.records[cut:], fold_all(tape.records[:cut]))
    assert (split.ideas, split.hints) == (whole.ideas, whole.hints)
    read_again = [
        ev.Record(r.number, r.wall, r.monotonic, r.boot, ev.parse_event(r.event.model_dump(mode="json")))
        for r in tape.records
    ]
    assert fold_all(read_again).ideas == whole.ideas
