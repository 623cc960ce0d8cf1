"""render(state): the campaign as one HTML page that needs nothing else, not even a network."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from autoexp.campaign.rows import rows as rows_of
from autoexp.campaign.state import CampaignState
from autoexp.campaign.summary import summary
from autoexp.faces.report.agents import agents_of
from autoexp.faces.report.backlog import ideas_table, kinds_table
from autoexp.faces.report.chart import chart
from autoexp.faces.report.experiments import experiment_table
from autoexp.faces.report.facts import goal_of
from autoexp.faces.report.headline import footer, header, key_figures
from autoexp.faces.report.honest import honest
from autoexp.faces.report.method import method
from autoexp.faces.report.tables import milestone_table, status_table
from autoexp.faces.report.text import clip, esc

_TITLES = {
    "honest": "The honest number",
    "progress": "Progress",
    "milestones": "Milestones",
    "endings": "How the experiments ended",
    "kinds": "What kinds of ideas brought",
    "ideas": "Ideas that wait",
    "all": "All experiments",
    "method": "How it was decided",
}
_NO_DIFFS: Mapping[int, str] = {}


def render(state: CampaignState, *, running: bool, diffs: Mapping[int, str] = _NO_DIFFS, generated: str = "") -> str:
    """Give the report as HTML text.

    `running` tells whether an engine works on the campaign right now, `diffs` may hold patches by experiment number,
    and `generated` says when the page was written. The same arguments give the same page.
    """
    found, rows, goal = summary(state, running=running), list(rows_of(state)), goal_of(state)
    sections = {
        "honest": honest(found, rows),
        "progress": chart(state, rows),
        "milestones": milestone_table(rows, goal),
        "endings": status_table(found),
        "kinds": kinds_table(found),
        "ideas": ideas_table(state),
        "all": experiment_table(rows, goal, diffs, agents_of(state)),
        "method": method(state, found, goal, rows),
    }
    contents = {name: content for name, content in sections.items() if content}
    titles = {name: _TITLES[name] for name in contents}
    top = header(state, found, goal, generated=generated, sections=titles)
    main = key_figures(state, found, goal) + "".join(_section(name, content) for name, content in contents.items())
    return _page(title=f"{clip(goal.text, 80)} · autoexp", body=f"{top}\n<main>{main}</main>\n{footer(state)}")


def _section(name: str, content: str) -> str:
    return f'\n<section aria-labelledby="{name}"><h2 id="{name}">{_TITLES[name]}</h2>{content}</section>'


def _page(*, title: str, body: str) -> str:
    style, script = _resource("style.css"), _resource("filter.js")
    # The policy names our own style and script by digest: nothing that a candidate wrote can load or run anything.
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{esc(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


@cache
def _resource(name: str) -> str:
    return files("autoexp.faces.report").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
