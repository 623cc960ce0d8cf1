"""Campaigns of several proposers, through the command line."""

import json
from typing import Any

import pytest

from autoexp.campaign.events import Proposed
from autoexp.campaign.fold import fold
from autoexp.campaign.state import CampaignState
from autoexp.campaign.views import brief_for
from autoexp.experiment.records import Directive
from autoexp.proposers.choosing.rules import Policy, choose
from autoexp.stores.layout import CampaignFolder
from autoexp.stores.reading import Torn, read_from
from autoexp.testing.fake_model import FakeModel
from tests.end_to_end.conftest import CONTRACT, Project, write

ONE = "proposer: {kind: script, file: edits.yaml}"
REFUSED = {"error": {"kind": "expired_key", "times": "always"}}
MODEL = "autoexp.proposers.model:ModelProposer"


def choosing(project: Project, section: dict[str, Any], **edits: list[dict[str, Any]]) -> None:
    """Give a contract whose proposer chooses, and a script of edits for each member that is one."""
    for name, listed in edits.items():
        (project.path / f"{name}.yaml").write_text(json.dumps(listed), encoding="utf-8")
    project.contract(CONTRACT.replace(ONE, "proposer: " + json.dumps({"kind": "choose", **section})))


def script(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "script", "file": f"{name}.yaml", **more}


def told(project: Project) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in project.status()["proposers"]}


def asked(project: Project) -> list[str]:
    """Give who proposed each experiment."""
    return [event["proposal"]["proposer"] for event in project.journal() if "proposal" in event]


def test_members_take_turns_until_none_has_anything_left(project: Project) -> None:
    choosing(
        project,
        {"among": [script("small", weight=3), script("large")]},
        small=[write(value) for value in (90, 80, 95, 70)],
        large=[write(60), write(50)],
    )
    project.run("run")
    found = told(project)
    assert {name: one["attempts"] for name, one in found.items()} == {"small": 4, "large": 2}
    assert sum(one["kept"] for one in found.values()) == project.status()["kept"]
    assert sum(one["gain"] for one in found.values()) == pytest.approx(project.status()["in_loop_gain"])
    assert project.status()["stop_reason"] == "exhausted"
    text = project.run("status")
    assert "small: 4 experiments" in text
    assert "large: 2 experiments" in text


def test_who_proposes_follows_from_the_record_also_when_the_engine_was_killed(project: Project) -> None:
    lists = {name: [write(90 - i) for i in range(start, 20, 2)] for name, start in (("a", 0), ("b", 1))}
    choosing(project, {"among": [script("a"), script("b")]}, **lists)
    project.killed("after-propose:2")
    project.killed("before-decision:4")
    project.run("run", "--experiments", "6")
    records = [
        item[0]
        for item in read_from(CampaignFolder(project.path / ".git", "demo").journal)
        if not isinstance(item, Torn)
    ]
    state, policy, seen = CampaignState(), Policy({"a": 1.0, "b": 1.0}), []
    for record in records:
        if isinstance(record.event, Proposed):
            brief = brief_for(state, Directive(), goal="", program="", scope=())
            assert choose(brief, policy).order[0] == record.event.proposal.proposer
            seen.append(record.event.proposal.proposer)
        state = fold(state, record)
    assert len(seen) >= 6


def test_the_validator_reworks_what_the_explorer_could_not_prove(project: Project) -> None:
    choosing(
        project,
        {"among": [script("cheap"), script("strong")], "explore": "cheap", "validate": "strong"},
        cheap=[write(90), write(13), write(95)],
        strong=[write(40)],
    )
    project.run("run", "--experiments", "4")
    assert asked(project) == ["cheap", "cheap", "strong", "cheap"]
    assert project.statuses()[1:] == ["keep", "guard_failed", "keep", "discard"]
    shown = json.loads(project.ran("show", "3", "--json")[0])
    assert shown["asi"]["chosen"] == "reworks experiment 2: better, but it broke the guard on ok"


def test_a_model_whose_key_is_refused_stops_nobody_and_is_seen(project: Project) -> None:
    with FakeModel(default=REFUSED) as model:
        service = {"name": "model", "kind": MODEL, "model": "m", "base_url": model.openai_url}
        choosing(
            project,
            {"among": [service, script("script")], "explore": "model", "validate": "script"},
            script=[write(90), write(80), write(70), write(60)],
        )
        project.run("run", "--experiments", "4")
    assert asked(project) == ["script"] * 4
    found = told(project)
    assert (found["script"]["kept"], found["model"]["experiments"], found["model"]["away_in_row"] > 1) == (4, 0, True)
    first = json.loads(project.ran("show", "1", "--json")[0])["asi"]
    assert "401" in first["unavailable"]["model"] or "key" in first["unavailable"]["model"]
    assert model.requests < 4, "one that refuses is not asked for every experiment"
    assert "could not serve lately" in project.run("status")


def test_a_campaign_pauses_when_every_service_refuses(project: Project) -> None:
    with FakeModel(default=REFUSED) as model:
        services = [
            {"name": name, "kind": MODEL, "model": name, "base_url": model.openai_url} for name in ("one", "two")
        ]
        choosing(project, {"among": services})
        said = project.run("run", code=4)
    assert "one: " in said
    assert "two: " in said
    assert (project.status()["experiments"], project.status()["state"]) == (0, "paused")


def test_a_member_may_mend_its_change_and_nobody_else_does(project: Project) -> None:
    (project.path / "propose.sh").write_text('echo crash > value.txt; echo \'{"description": "crash"}\'\n')
    command = {"name": "command", "kind": "command", "command": "sh propose.sh", "repair": 2}
    choosing(
        project,
        {"among": [command, script("script")], "explore": "command", "validate": "script"},
        script=[write(90)],
    )
    project.run("run", "--experiments", "1")
    assert set(asked(project)) == {"command"}
    assert project.rows()[1]["status"] == "crash"


def test_mistakes_of_members_are_told_with_their_lines(project: Project) -> None:
    project.contract(
        CONTRACT.replace(
            ONE, "proposer:\n  kind: choose\n  among:\n  - {kind: command, command: x}\n  - kind: script\n    fil: y"
        )
    )
    said = project.run("check", code=2)
    assert "proposer.among.1.fil: unknown key" in said
    assert "autoexp.yaml:17" in said


def test_hypotheses_that_are_paid_for_are_tried_by_their_model_before_anybody_else(project: Project) -> None:
    one = "=== PROPOSAL {0} ===\nHYPOTHESIS: smaller\nDESCRIPTION: value {1}\n\nFILE: value.txt\n```\n{1}\n```\n"
    with FakeModel(default={"text": one.format(1, 90) + one.format(2, 80)}) as model:
        service = {"name": "model", "kind": MODEL, "model": "m", "base_url": model.openai_url, "several": 2}
        choosing(
            project,
            {"among": [service, script("script")], "explore": "script", "validate": "model"},
            script=[write(13), write(95)],
        )
        project.run("run", "--experiments", "4")
        requests = model.requests
    assert asked(project) == ["script", "model", "model", "script"]
    assert (requests, told(project)["model"]["requests"]) == (1, 1)
    assert [row["description"] for row in project.rows()[2:4]] == ["value 90", "value 80"]


def test_cost_aware_asks_by_what_each_said_that_it_cost(project: Project) -> None:
    better = "read -r x < value.txt; echo $((x - 1)) > value.txt; echo '{\"cost_usd\": 0.01}'"
    useless = "echo 500 > value.txt; echo '{\"cost_usd\": 1}'"
    members = [{"name": name, "kind": "command", "command": does} for name, does in (("a", useless), ("b", better))]
    choosing(project, {"among": members, "by": "cost-aware"})
    project.run("run", "--experiments", "10")
    assert asked(project) == ["a", "b"] * 3 + ["b"] * 4
    chosen = {row["asi"]["chosen"] for row in project.rows()[1:]}
    assert chosen == {"has one of its first 3 experiments", "drawn by confirmed gain per dollar"}
    assert "a: 3 experiments, 0 kept, +0.0% in-loop, $3.00" in project.run("status")
