"""Campaigns of many kinds, as tapes: what their experiments say, and how they end."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from tests.builders import Tape, commit

from autoexp import briefs
from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.views import Brief, brief_for
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Directive, GuardResult, Proposal

GUARD = GuardResult(metric="memory_mb", bound="at_most 512", value=600.0)
Step = Callable[[Tape, int], Any]


def brief(tape: Tape, **more: Any) -> Brief:
    """Give the brief of the next experiment."""
    told = {"goal": "Make x small", "program": "Know the domain.", "scope": ("a.py", "b/**")} | more
    directive = Directive(hints=told.pop("hints", ()))
    return brief_for(fold_all(tape.records), directive, **told)


def letters(found: Brief) -> tuple[int, int]:
    """Give the sizes of the prose, and of the data as it is written."""
    return len(briefs.as_markdown(found)), len(json.dumps(briefs.as_json(found), ensure_ascii=False))


def failed(tape: Tape, outcome: Outcome, proposal: Proposal | None = None, *, detail: str = "") -> None:
    """Make an experiment that ends without a measurement, and says why."""
    tape.intent()
    tape.propose(proposal)
    tape.write(ev.Decided(n=tape.n, outcome=outcome, detail=detail, commit=commit(tape.n), base=tape.best))
    tape.write(ev.Done(n=tape.n, status=outcome.value))


def measured(tape: Tape, effect: float, proposal: Proposal | None = None, *, keep: bool = False) -> None:
    """Make an experiment that was measured."""
    tape.experiment(
        10 * (1 - effect), Verdict.KEEP if keep else Verdict.DISCARD, effect=effect, proposal=proposal or Proposal()
    )


def said(i: int, words: int, *, kind: str | None = None, ideas: int = 0) -> Proposal:
    """Say something about experiment `i` that is about so many words long."""
    return Proposal(
        description=f"Change {i}: " + "reuse the buffer " * words,
        hypothesis=f"The loop allocates ({i}) " * words,
        asi={"kind": kind, "next_action_hint": "look at allocation " * words} if kind else {},
        ideas=tuple(f"idea {i}-{j}: " + "unroll it " * words for j in range(ideas)),
    )


def _ordinary(tape: Tape, i: int) -> None:
    proposal = said(i, 3, kind=["cache", "io", "layout", "simd"][i % 4], ideas=i % 3 == 0)
    if i % 7 == 0:
        measured(tape, 0.01, proposal, keep=True)
    elif i % 5 == 0:
        failed(tape, Outcome.CRASH, proposal, detail=f"Traceback\n  File run.py\nZeroDivisionError: {i}")
    else:
        measured(tape, -0.01, proposal)


def _long(tape: Tape, i: int) -> None:
    measured(tape, -0.02, said(i, 150, kind=f"kind {i}", ideas=3), keep=False)


STYLES: dict[str, Step] = {
    "ordinary": _ordinary,
    "silent": lambda tape, i: measured(tape, 0.0),
    "nothing changed": lambda tape, i: tape.failed(Outcome.NO_CHANGE),
    "long": _long,
    "long, then silent": lambda tape, i: _long(tape, i) if i <= 9 else measured(tape, 0.0),
    "silent, then long": lambda tape, i: _long(tape, i) if i > 9 else measured(tape, 0.0),
    "all crash": lambda tape, i: failed(tape, Outcome.CRASH, said(i, 2), detail="no such file\n" * 50),
    "all kept": lambda tape, i: measured(tape, 0.001, said(i, 4), keep=True),
    "a kind each": lambda tape, i: measured(tape, -0.001, said(i, 5, kind=f"kind {i}")),
    "one kind": lambda tape, i: measured(tape, -0.001, said(i, 5, kind="cache")),
    "full of ideas": lambda tape, i: measured(tape, -0.001, said(i, 2, ideas=10)),
    "no ideas, then many": lambda tape, i: measured(tape, -0.001, said(i, 2, ideas=10 * (i > 12))),
    "interrupted now and then": lambda tape, i: (tape.failed(Outcome.INTERRUPTED), _ordinary(tape, i)),
    "all over the place": lambda tape, i: (_long if i % 3 else _ordinary)(tape, i),
}


def campaign(style: str, experiments: int) -> Tape:
    """Make a campaign of that style."""
    tape = Tape().open()
    for i in range(1, experiments + 1):
        STYLES[style](tape, i)
    return tape


words = st.text(max_size=30) | st.text(st.characters(), max_size=300) | st.sampled_from(["", "d" * 3000, "é\n" * 900])


@st.composite
def experiments(draw: st.DrawFn) -> Step:
    """Draw an experiment: how it ends, and what is said about it."""
    proposal = Proposal(
        description=draw(words),
        hypothesis=draw(words),
        asi=draw(st.dictionaries(st.sampled_from(["kind", "next", "n"]), words | st.floats() | st.integers())),
        ideas=tuple(draw(st.lists(words, max_size=3))),
    )
    effect, detail = draw(st.floats(-1, 1)), draw(words)
    outcome = draw(st.none() | st.sampled_from([one for one in Outcome if one is not Outcome.MEASURED]))
    guard = draw(st.none() | st.just(GUARD))
    keep = draw(st.booleans())

    def step(tape: Tape, _: int) -> None:
        if outcome is not None:
            failed(tape, outcome, proposal, detail=detail)
        elif keep:
            measured(tape, effect, proposal, keep=True)
        else:
            tape.experiment(9.0, Verdict.DISCARD, effect=effect, proposal=proposal, guard=guard)

    return step
