"""The report says which number is honest: only a confirmed gain is called the gain, and what each keep adds stands beside it."""

from typing import Any

import pytest
from tests.faces.report.test_page import Page

from autoexp.campaign.confirmation_events import ConfirmationBegun, ConfirmationEnded, ConfirmationRun
from autoexp.campaign.summary import summary
from autoexp.experiment.confirmation import Ablation, Arm, Interval
from autoexp.experiment.measurement import Sample, Side
from autoexp.faces.report.badge import badge
from autoexp.faces.report.page import render

GAIN = Interval(gain=0.081, low=0.063, high=0.098, level=0.95, pairs=2)
KEEPS = (
    Ablation(n=1, support="supported", interval=Interval(gain=0.08, low=0.06, high=0.1, level=0.95, pairs=2)),
    Ablation(
        n=2,
        support="unsupported",
        interval=Interval(gain=0.001, low=-0.01, high=0.012, level=0.95, pairs=2),
        hunks=("pipeline.py:31, in the hunk of experiment 3",),
    ),
)


def confirmed(campaign: Any, *, gain: Interval | None = GAIN, ablations: tuple[Ablation, ...] = KEEPS) -> Any:
    best = campaign.state.incumbent
    arms = (Arm(kind="baseline", commit=campaign.state.base), Arm(kind="best", commit=best.commit))
    campaign.write(ConfirmationBegun(c=1, segment=0, arms=arms, source="harness", pairs=2, seed=1, n=best.n))
    for number in range(2):
        for arm, value in enumerate((100.0, 92.0)):
            sample = Sample(side=Side.BASELINE, i=number, values={"latency_ms": value}, seed=number)
            campaign.write(ConfirmationRun(c=1, arm=arm, round=number, sample=sample))
    return campaign.write(ConfirmationEnded(c=1, gain=gain, ablations=ablations, detail="" if gain else "no answer"))


@pytest.fixture
def kept(new: Any) -> Any:
    return new().begin().baseline().keep(92.0, 0.12).keep(91.0, 0.03)


def test_before_a_confirmation_no_number_is_called_the_gain(kept):
    text = Page(render(kept.state, running=False)).text
    assert "No number on this page is confirmed." in text
    assert "Gain, not confirmed +15.0 % in-loop estimate, biased" in text


def test_a_confirmed_gain_stands_first_with_its_interval_and_the_biased_estimate_beside_it(kept):
    page = render(confirmed(kept).state, running=False)
    text = Page(page).text
    assert "Gain, confirmed +8.1 % between +6.3 % and +9.8 % on fresh runs; +15.0 % in-loop (biased)" in text
    assert "+8.1 % (95 % interval +6.3 % to +9.8 %) on 2 fresh pairs of the untouched baseline and experiment 2" in text
    assert page.index('id="honest"') < page.index('id="progress"')


def test_each_keep_has_a_line_that_says_what_it_adds_and_what_holds_on_to_it(kept):
    page = render(confirmed(kept).state, running=False)
    text = Page(page).text
    assert "+12.00 % +8.00 % +6.0 % to +10.0 % supported" in text
    assert "+3.00 % +0.10 % \N{MINUS SIGN}1.0 % to +1.2 % not supported" in text
    assert "pipeline.py:31, in the hunk of experiment 3" in text
    assert '<tr class="unsupported">' in page


def test_a_confirmation_of_an_earlier_best_is_not_the_gain_of_the_present_one(kept):
    state = confirmed(kept).keep(85.0, 0.07).state
    text = Page(render(state, running=False)).text
    assert "The best so far is another one by now" in text
    assert "Gain, not confirmed" in text
    assert "not confirmed" in badge(summary(state, running=False))


def test_a_confirmation_without_an_answer_says_so(kept):
    text = Page(render(confirmed(kept, gain=None, ablations=()).state, running=False)).text
    assert "The last confirmation gave no answer: no answer." in text


def test_a_badge_shows_the_confirmed_gain_alone(kept):
    assert "not confirmed" in badge(summary(kept.state, running=False))
    assert "15" not in badge(summary(kept.state, running=False)).partition("<title>")[2].partition("</title>")[0]
    drawn = badge(summary(confirmed(kept).state, running=False))
    assert (
        "<title>confirmed gain: +8.1\N{NO-BREAK SPACE}% (+6.3\N{NO-BREAK SPACE}% to +9.8\N{NO-BREAK SPACE}%)</title>"
        in drawn
    )
