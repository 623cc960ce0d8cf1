"""Kinds of ideas and the backlog in the report: there where there is something to tell, and safe to look at."""

from autoexp.campaign.events import IdeaAdded
from autoexp.experiment.records import Idea
from autoexp.faces.report.page import render

HOSTILE = "</td></table><script>alert(1)</script>"


def test_kinds_and_ideas_are_shown_with_their_figures(new):
    campaign = new().begin().baseline()
    campaign.keep(90.0, 0.1, description="a", asi={"kind": "Caching"})
    campaign.write(IdeaAdded(idea=Idea(text="threads", why="too risky", blocked_by="memory_mb")))
    page = render(campaign.state, running=False)
    for text in ("What kinds of ideas brought", "<bdi>caching</bdi>", "Ideas that wait", "threads", "too risky"):
        assert text in page
    assert '<th scope="col" class="number">In-loop (biased)</th>' in page, "only a confirmed number is the gain"
    campaign.segment()
    assert "the contract lets it pass now" not in render(campaign.state, running=False)


def test_page_of_a_campaign_without_them_does_not_name_them(new):
    campaign = new().begin().baseline()
    campaign.keep(90.0, 0.1, description="a")
    page = render(campaign.state, running=False)
    assert "kinds of ideas" not in page
    assert "Ideas that wait" not in page
    assert 'href="#ideas"' not in page


def test_hostile_idea_is_text(new):
    campaign = new().begin().baseline()
    campaign.keep(90.0, 0.1, description="a", asi={"kind": HOSTILE})
    campaign.write(IdeaAdded(idea=Idea(text=HOSTILE, why=HOSTILE, blocked_by=HOSTILE)))
    page = render(campaign.state, running=False)
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 4
