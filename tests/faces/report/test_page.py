"""Promises of the report as a page: complete, safe, self-contained, honest."""

import re
from html.parser import HTMLParser

import pytest
from tests.builders import Tape

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import GuardResult, Proposal
from autoexp.faces.report.page import render

HOSTILE = "</td></table><script>alert(1)</script><img src=x onerror=alert(1)> \"' & \x1b[31mred\x00\u202egnp.\ud800"
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Reads a page, refuses tags that do not match, and remembers elements and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def hostile(new):
    campaign = new().begin(goal=HOSTILE, unit=HOSTILE).baseline()
    campaign.keep(
        90.0, 0.1, description=HOSTILE, hypothesis=HOSTILE, reasons=(HOSTILE,), asi={"kind": HOSTILE, HOSTILE: 1}
    )
    campaign.attempt(outcome=Outcome.CRASH, description=HOSTILE, detail=HOSTILE, flags=(HOSTILE,))
    return render(
        campaign.stop().state, running=False, diffs={1: f"@@ {HOSTILE}\n+{HOSTILE}\n-{HOSTILE}"}, generated=HOSTILE
    )


def test_hostile_text_makes_no_element(hostile):
    page = Page(hostile)
    assert len(page.of("script")) == 1
    assert page.of("img") == []
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


def test_hostile_text_is_shown_as_text(hostile):
    assert "<script>alert(1)</script>" in Page(hostile).text


def test_control_characters_never_reach_the_page(hostile):
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\ud800-\udfff]", hostile)
    hostile.encode("utf-8")


def test_the_page_has_no_external_reference(hostile):
    page = Page(hostile)
    targets = [
        value or "" for _, each in page.elements for name, value in each.items() if name in {"src", "href", "action"}
    ]
    assert all(target.startswith("#") for target in targets)
    assert "url(" not in hostile
    assert "@import" not in hostile


def test_the_policy_allows_nothing_but_the_pages_own_style_and_script(hostile):
    policy = next(meta["content"] for meta in Page(hostile).of("meta") if meta.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_equal_arguments_give_equal_pages(new):
    state = new().begin().baseline().keep(90.0, 0.1).state
    assert render(state, running=True) == render(state, running=True)


def test_every_experiment_has_a_row(new):
    campaign = new().begin().baseline()
    for outcome in Outcome:
        campaign.attempt(101.0 if outcome is Outcome.MEASURED else None, outcome=outcome)
    page = Page(render(campaign.state, running=False))
    rows = {each["id"] for each in page.of("tbody") if each.get("id")}
    assert rows == {f"e{n}" for n in range(1, len(Outcome) + 1)}


def test_a_campaign_that_has_not_begun_renders(new):
    assert "Nothing is measured yet" in Page(render(new().state, running=False)).text


def test_a_baseline_alone_renders(new):
    text = Page(render(new().begin().baseline(4.21).state, running=True)).text
    assert "4.21\N{NO-BREAK SPACE}ms".replace("\N{NO-BREAK SPACE}", " ") in text
    assert "No change was kept yet" in text


def test_a_baseline_that_failed_says_why(new):
    from autoexp.campaign.events import BaselineMeasured

    campaign = new().begin()
    campaign.write(BaselineMeasured(k=0, outcome=Outcome.CHECKS_FAILED, detail="2 tests failed"))
    text = Page(render(campaign.state, running=False)).text
    assert "The baseline did not pass (checks_failed)." in text
    assert "2 tests failed" in text


def test_one_experiment_renders(new):
    assert "0 of 1" in Page(render(new().begin().baseline().attempt(101.0, effect=-0.01).state, running=False)).text


@pytest.mark.parametrize(("direction", "kept", "worse"), [("lower", 90.0, 110.0), ("higher", 110.0, 90.0)])
def test_a_better_value_has_a_positive_gain_in_both_directions(new, direction, kept, worse):
    campaign = new(direction=direction).begin().baseline(100.0)
    campaign.keep(kept, 0.1).attempt(worse, effect=-0.2)
    text = Page(render(campaign.state, running=False)).text
    assert "+10.0 %" in text
    assert "\N{MINUS SIGN}20.00 %" in text
    assert f"{direction} is better" in text


def test_the_gain_is_marked_as_not_yet_confirmed(new):
    text = Page(render(new().begin().baseline().keep(90.0, 0.1).state, running=False)).text
    assert "Gain, not confirmed +10.0 % in-loop estimate, biased" in text


def test_a_cost_that_nobody_reported_is_unknown(new):
    text = Page(render(new().begin().baseline().attempt(101.0).state, running=False)).text
    assert "Cost unknown tokens unknown" in text


def test_a_reported_cost_is_shown(new):
    text = Page(render(new().begin().baseline().attempt(101.0, cost=1.25, tokens=900).state, running=False)).text
    assert "Cost $1.25 900 tokens" in text


def test_requests_mended_changes_and_waits_are_told():
    tape = Tape().open()
    tape.intent()
    tape.write(ev.Waiting(n=1, kind="rate_limit", reason="429", wait_s=12.0))
    tape.propose(Proposal(cost_usd=0.1, requests=1))
    tape.write(ev.MendAsked(n=1, outcome=Outcome.CRASH))
    tape.propose(Proposal(cost_usd=0.1, requests=1))
    tape.end(Outcome.CRASH)
    text = Page(render(fold_all(tape.records), running=False)).text
    assert "2 requests; mended 1 time; waited 1 time" in text
    assert "$0.20, 2 requests, asked 1 time to mend it" in text


def test_a_cost_that_nobody_told_is_no_nothing_beside_a_free_experiment():
    tape = Tape().open()
    tape.experiment(proposal=Proposal(requests=1))
    tape.experiment(proposal=Proposal(cost_usd=0.0, requests=0), verdict=Verdict.KEEP, effect=0.1)
    text = Page(render(fold_all(tape.records), running=False)).text
    assert "Cost unknown" in text
    assert "$0.00 a keep" not in text


def test_a_broken_guard_gives_its_reason(new):
    guard = GuardResult(metric="memory_mb", bound="at_most 512", value=700.0)
    reason = "memory_mb broke its guard: at_most 512, measured 700"
    campaign = new().begin().baseline().attempt(50.0, guard=guard, reasons=(reason,))
    assert reason in Page(render(campaign.state, running=False)).text


def test_a_diff_is_shown_where_it_is_given(new):
    campaign = new().begin().baseline().keep(90.0, 0.1)
    page = render(campaign.state, running=False, diffs={1: "@@ -1 +1 @@\n-old line\n+new line"})
    assert "<ins>+new line</ins>" in page
    assert "<del>-old line</del>" in page


def test_sandbox_and_environment_are_told(new):
    text = Page(render(new().begin().baseline().state, running=False)).text
    assert "Proposer bwrap Harness none: not isolated from this machine" in text
    assert "Example CPU" in text


def test_a_stop_is_told_in_words(new):
    text = Page(render(new().begin().baseline().stop("plateau").state, running=False)).text
    assert "the gains have levelled off" in text


def test_what_going_on_is_likely_to_bring_is_told(new):
    begun = new().begin().baseline()
    assert "Going on" not in Page(render(begun.state, running=False)).text
    text = Page(render(begun.keep(90.0, 0.1).attempt(95.0).state, running=False)).text.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "Going on about 2.1 more keeps and +21.2 % in the next 10 experiments" in text


def test_an_experiment_under_way_is_told(new):
    from autoexp.campaign.events import Intent
    from autoexp.experiment.records import Directive

    campaign = new().begin().baseline()
    campaign.write(Intent(n=1, directive=Directive(), parent="b" * 40, segment=0, seed=1))
    assert "Experiment 1 is under way" in Page(render(campaign.state, running=True)).text
    assert "Experiment 1 was begun" in Page(render(campaign.state, running=False)).text


def test_a_status_of_a_newer_version_is_shown_plainly(new):
    from dataclasses import replace

    state = new().begin().baseline().attempt(101.0).state
    odd = replace(state, experiments=state.experiments.changed(replace(state.experiments[0], status="postponed")))
    assert "postponed" in Page(render(odd, running=False)).text


def test_values_of_all_kinds_render(new):
    campaign = new(direction="higher").begin(unit="").baseline(0.0)
    for value in (0.0, -5.0, 1e308, -1e308, 5e-324, 1e-9, 123456789.123):
        campaign.attempt(value, effect=None)
        campaign.keep(value, None)
    Page(render(campaign.state, running=False))


def test_ten_thousand_experiments_stay_a_page_that_can_be_sent(ten_thousand):
    page = render(ten_thousand, running=False)
    assert len(page.encode()) < 3_000_000
    Page(page)


def test_a_long_table_says_what_it_left_out_and_has_all_keeps(ten_thousand):
    page = Page(render(ten_thousand, running=False))
    shown = {each["id"] for each in page.of("tbody") if each.get("id")}
    assert {f"e{experiment.n}" for experiment in ten_thousand.experiments if experiment.kept} <= shown
    assert "earlier rows are left out" in page.text


def test_long_outputs_are_cut_and_say_so(new):
    campaign = new().begin().baseline().attempt(outcome=Outcome.CRASH, detail="x" * 1_000_000 + " the cause")
    page = render(campaign.state, running=False)
    assert len(page) < 100_000
    assert "the cause" in page
    assert "more characters are not shown here" in page


def test_inconclusive_and_explored_ones_are_counted(new):
    campaign = new().begin().baseline().attempt(99.0, Verdict.INCONCLUSIVE).attempt(120.0, Verdict.EXPLORE)
    text = Page(render(campaign.state, running=False)).text
    assert "perhaps better, but within the noise" in text
    assert "measured without asking for a gain" in text
