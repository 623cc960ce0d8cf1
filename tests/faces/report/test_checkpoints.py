"""The report of a campaign with provisional keeps: a test that fails is a step back, one that confirms brings its own gain."""

import pytest
from tests.faces.report.conftest import Campaign

from autoexp.campaign.events import Captured, Decided, Done, Intent, SampleTaken
from autoexp.campaign.rows import rows
from autoexp.experiment.measurement import Sample, Side, measure
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Candidate, Decision, Directive
from autoexp.faces.report.chart import chart
from autoexp.faces.report.drawing import draw
from autoexp.faces.report.page import render
from autoexp.faces.report.tables import milestones


def checked(campaign: Campaign, verdict: Verdict, *, theirs: float, ours: float, effect: float) -> Campaign:
    """Make a checkpoint test."""
    campaign.n += 1
    n, state = campaign.n, campaign.state
    back, best = state.checkpoint.commit, state.incumbent.commit
    directive = Directive(operator="confirm", parents=(back,))
    campaign.write(Intent(n=n, directive=directive, parent=back, segment=len(state.segments) - 1, seed=n))
    campaign.write(Captured(n=n, candidate=Candidate(commit=best, parent=back, diff_lines=8)))
    samples = [Sample(side=side, i=0, values={campaign.metric: value})
               for side, value in ((Side.INCUMBENT, theirs), (Side.CANDIDATE, ours))]  # fmt: skip
    for sample in samples:
        campaign.write(SampleTaken(n=n, sample=sample))
    decision = Decision(verdict=verdict, effect=effect, reasons=("confirmed or not",))
    campaign.write(Decided(n=n, outcome=Outcome.MEASURED, decision=decision, measurement=measure(samples[1:])))
    return campaign.write(Done(n=n, status=verdict.value))


@pytest.fixture
def campaign(new: type[Campaign]) -> Campaign:
    """Give three provisional keeps, a test that confirms two of them, and one that takes the third out."""
    made = new().begin().baseline(100.0)
    made.keep(90.0, 0.10, flags=("provisional",)).keep(80.0, 0.10, flags=("provisional",))
    checked(made, Verdict.KEEP, theirs=100.5, ours=85.0, effect=0.15)
    made.keep(75.0, 0.10, flags=("provisional",))
    return checked(made, Verdict.DISCARD, theirs=84.0, ours=84.5, effect=-0.01)


def test_test_that_fails_is_a_step_back(campaign: Campaign) -> None:
    stairs = draw(list(rows(campaign.state))).stairs
    assert [(step.n, step.value) for step in stairs[0]] == [(0, 100.0), (1, 90.0), (2, 80.0), (3, 85.0), (5, 84.0)]
    assert "+15.0" in chart(campaign.state, list(rows(campaign.state)))


def test_gain_of_a_test_takes_the_place_of_those_it_confirmed(campaign: Campaign) -> None:
    found = milestones(rows(campaign.state))
    assert [(one.row["n"], round(one.gain, 9)) for one in found] == [(0, 0.0), (1, 0.10), (2, 0.20), (3, 0.15)]
    assert found[-1].gain == pytest.approx(campaign.state.gain)


def test_page_tells_what_was_taken_out_and_counts_experiments_only(campaign: Campaign) -> None:
    page = render(campaign.state, running=False)
    assert "2 of 3" in page
    assert "experiments, 1 taken out" in page
    assert "without a verdict" not in page
    assert "checkpoint test of experiments 1, 2" in page
    assert "taken out: checkpoint test 5 did not confirm it" in page


def test_test_under_way_is_told_with_its_name(new: type[Campaign]) -> None:
    made = new().begin().baseline(100.0).keep(90.0, 0.1, flags=("provisional",))
    directive = Directive(operator="confirm", parents=(made.state.checkpoint.commit,))
    made.write(Intent(n=2, directive=directive, parent=made.state.checkpoint.commit, segment=0, seed=2))
    page = render(made.state, running=True)
    assert "Experiment 2 is under way: checkpoint test of experiment 1" in page
    assert "experiments, 1 provisional" in page
