"""Greedy: one improvement of the best so far at a time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.builders import tapes

from autoexp.campaign.fold import fold_all
from autoexp.campaign.views import View
from autoexp.strategies.greedy import Greedy, GreedyOptions


@settings(deadline=None)
@given(tapes(), st.integers(1, 9))
def test_greedy_asks_for_one_improvement_of_the_incumbent(tape, slots):
    state = fold_all(tape.records)
    (directive,) = Greedy().ask(View(state), slots)
    assert (directive.operator, directive.parents, directive.mode) == ("improve", (state.incumbent.commit,), "exploit")


@settings(deadline=None)
@given(tapes())
def test_same_view_gives_the_same_answer(tape):
    view = View(fold_all(tape.records))
    assert Greedy().ask(view, 1) == Greedy(GreedyOptions()).ask(view, 1)


@settings(deadline=None)
@given(tapes())
def test_greedy_asks_for_nothing_without_a_free_slot(tape):
    assert Greedy().ask(View(fold_all(tape.records)), 0) == []


def test_greedy_has_no_keys():
    with pytest.raises(ValidationError, match="extra"):
        GreedyOptions.model_validate({"width": 3})
