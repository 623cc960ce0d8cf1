"""Every kind of bad weather at the first, the middle and the last request: nothing is lost, nothing is burned, and it is said."""

import signal
from typing import Any

import pytest

from autoexp.testing.fake_model import FakeModel
from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import CONTRACT, Project
from tests.end_to_end.modelled import KEY, answer, by_model, proposals, waits

COUNT = 5
WORTH = [90, 95, 80, 85, 70]
STATUSES = ["keep", "keep", "discard", "keep", "discard", "keep"]
PLACES = {"first": 0, "middle": COUNT // 2, "last": COUNT - 1}
SOON = {"retry_after": 0}

WEATHER: dict[str, tuple[dict[str, Any], str, str]] = {
    "rate limit": ({"kind": "rate_limit", **SOON}, "rate_limit", "429"),
    "rate limit, twice": ({"kind": "rate_limit", "times": 2, **SOON}, "rate_limit", "429"),
    "overloaded": ({"kind": "overloaded", **SOON}, "overloaded", "overload"),
    "quota": ({"kind": "quota", **SOON}, "quota", "quota|credit"),
    "500": ({"kind": "http", "status": 500, **SOON}, "server", "500"),
    "502": ({"kind": "http", "status": 502, **SOON}, "server", "502"),
    "hang": ({"kind": "hang"}, "hang", "no byte|nothing|silent|answer"),
    "stall": ({"kind": "stall"}, "hang", "no byte|nothing|silent|answer"),
    "reset": ({"kind": "reset"}, "reset", "connection|closed|reset"),
    "half a stream": ({"kind": "disconnect", "after_events": 2}, "cut", "end|cut|half"),
    "malformed": ({"kind": "malformed"}, "malformed", "JSON|understood|malformed"),
    "overloaded inside a stream": ({"kind": "overloaded", "in_stream": True}, "overloaded", "overload"),
    "nothing": ({"kind": "empty"}, "malformed", "empty"),
    "a gateway's page": ({"kind": "html"}, "malformed", "HTML|JSON"),
}


def turns(fault: dict[str, Any], *places: int) -> list[Any]:
    said: list[Any] = [answer(value) for value in WORTH]
    for place in places:
        said[place] = {"error": fault, "text": said[place]}
    return said


def whole(project: Project, *, asked: int, failed: int) -> None:
    """Check that the campaign came out as it does in fair weather."""
    found = project.status()
    assert project.statuses() == STATUSES
    assert [row["n"] for row in project.rows()] == list(range(COUNT + 1))
    assert (found["experiments"], found["requests"], found["repairs"], found["waits"]) == (COUNT, COUNT, 0, failed)
    assert (found["tokens"], found["cost_usd"]) == (COUNT * 110, pytest.approx(COUNT * 0.5))
    assert found["incumbent"]["metrics"]["x"] == 70
    assert (asked, len(proposals(project))) == (COUNT + failed, COUNT)


@pytest.mark.parametrize(
    "places", [[*PLACES], *(pytest.param([one], marks=pytest.mark.long) for one in PLACES)], ids=" and ".join
)
@pytest.mark.parametrize("name", WEATHER)
def test_bad_weather_burns_nothing(project: Project, name: str, places: list[str]) -> None:
    fault, kind, words = WEATHER[name]
    usage, struck = {"input": 100, "output": 10}, [PLACES[place] for place in places]
    with FakeModel(turns=turns(fault, *struck), usage=usage, cost=0.5, key=KEY) as model:
        by_model(project, model, idle="0.5s", budget=", experiments: 5, cost_usd: 2.5, tokens: 5k, requests: 5")
        said = project.run("run", code=3)
        asked = model.requests
    found = waits(project)
    assert {(event["kind"], event["n"]) for event in found} == {(kind, place + 1) for place in struck}
    for one in found:
        assert any(word.lower() in one["reason"].lower() for word in words.split("|")), one["reason"]
    assert f"then asking again: {found[0]['reason'][:20]}" in said
    whole(project, asked=asked, failed=len(places) * fault.get("times", 1))


@pytest.mark.parametrize("name", WEATHER)
def test_bad_weather_burns_nothing_by_the_other_protocol(project: Project, name: str) -> None:
    fault, kind, _ = WEATHER[name]
    usage = {"input": 100, "output": 10}
    with FakeModel(turns=turns(fault, *PLACES.values()), usage=usage, cost=0.5, key=KEY) as model:
        by_model(project, model, api="anthropic", idle="0.5s", price={"input": 0, "output": 50_000})
        project.run("run", "--experiments", "5")
        asked = model.requests
    assert {event["kind"] for event in waits(project)} == {kind}
    whole(project, asked=asked, failed=3 * fault.get("times", 1))


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        *(("expired_key", place) for place in PLACES),
        *((kind, "middle") for kind in ("forbidden", "no_model")),
        *(
            pytest.param(kind, place, marks=pytest.mark.long)
            for kind in ("forbidden", "no_model")
            for place in ("first", "last")
        ),
    ],
)
def test_key_problem_pauses_with_the_mend_and_the_campaign_goes_on_afterwards(
    project: Project, kind: str, place: str
) -> None:
    fault = {"kind": kind}
    with FakeModel(turns=turns(fault, PLACES[place]), usage={"input": 100, "output": 10}, cost=0.5, key=KEY) as model:
        by_model(project, model)
        said = project.run("run", "--experiments", "5", code=4)
        assert project.status()["state"] == "paused"
        assert project.status()["experiments"] == PLACES[place]
        fix = project.status()["stop_fix"]
        assert f"fix: {fix.rstrip('.')}; then `autoexp run` goes on" in said
        assert f"mend         {fix}" in project.run("status")
        assert "proposer." in project.status()["stop_fix"]
        project.run("run", "--experiments", str(COUNT - PLACES[place]))
        asked = model.requests
    assert waits(project) == []
    assert project.statuses() == STATUSES
    assert asked == COUNT + 1
    assert project.status()["requests"] == COUNT


def test_wrong_key_is_refused_by_the_server_and_told_without_being_shown(project: Project) -> None:
    with FakeModel(turns=turns({"kind": "http", "status": 500}, 0), key="another key") as model:
        by_model(project, model)
        said = project.run("run", code=4)
    assert "401" in said
    assert "proposer.api_key_env" in said
    assert KEY not in said


@pytest.mark.parametrize("by", ["signal", "request"])
def test_stop_ends_a_wait_and_the_next_session_goes_on(project: Project, by: str) -> None:
    with FakeModel(turns=turns({"kind": "rate_limit", "retry_after": 3000}, 0)) as model:
        by_model(project, model)
        with project.start("run") as process:
            wait_until(lambda: waits(project), "a wait")
            found = project.status()
            assert (found["state"], found["waiting"]["kind"]) == ("running", "rate_limit")
            if by == "signal":
                process.send_signal(signal.SIGINT)
            else:
                project.run("stop")
            process.communicate()
            assert process.returncode == (130 if by == "signal" else 0)
        found = project.status()
        assert found["waiting"] is None
        assert (found["spending"]["set_aside"]["experiments"], found["spending"]["unknown"]["tokens"]) == (0, 0)
        project.run("run", "--experiments", "5")
    assert [status for status in project.statuses() if status != "interrupted"] == STATUSES


def test_wall_clock_budget_ends_a_wait(project: Project) -> None:
    with FakeModel(turns=turns({"kind": "rate_limit", "retry_after": 3000}, 0)) as model:
        by_model(project, model, budget=", wall_clock: 2s")
        project.run("run", code=3)
    assert project.status()["stop_reason"] == "wall_clock"
    assert project.statuses() == ["keep"]


def test_killed_wait_burns_nothing(project: Project) -> None:
    with FakeModel(turns=turns({"kind": "rate_limit", "retry_after": 3000}, 0)) as model:
        by_model(project, model)
        with project.start("run") as process:
            wait_until(lambda: waits(project), "a wait")
            process.send_signal(signal.SIGKILL)
            process.communicate()
        project.run("run", "--experiments", "5")
    assert project.statuses() == ["keep", "interrupted", *STATUSES[1:]]
    assert project.status()["experiments"] == COUNT


def test_command_can_say_that_its_service_is_away_or_refuses(project: Project) -> None:
    (project.path / "propose.sh").write_text(
        'n=$(cat "$AUTOEXP_FOLDER/calls" 2>/dev/null || echo 0)\nn=$((n + 1))\necho $n > "$AUTOEXP_FOLDER/calls"\n'
        'case $n in\n1) echo half > value.txt; echo \'{"description": "limit reached", "retry_after_s": 0}\'; exit 75;;\n'
        "2) echo 90 > value.txt;;\n3) echo 'log in first' >&2; exit 77;;\n*) echo 80 > value.txt;;\nesac\n"
    )
    text = CONTRACT.replace("{kind: script, file: edits.yaml}", '{kind: command, command: "sh propose.sh"}')
    project.contract(text)
    said = project.run("run", "--experiments", "2", code=4)
    assert "limit reached" in said
    assert "log in first" in said
    assert project.statuses() == ["keep", "keep"]
    assert [event["reason"] for event in waits(project)] == ["the proposer's service is away (exit 75): limit reached"]
    project.run("run", "--experiments", "1")
    assert project.statuses() == ["keep", "keep", "keep"]


def test_pause_after_failures_names_the_experiment_to_look_at(project: Project) -> None:
    project.contract(
        CONTRACT.replace("{kind: script, file: edits.yaml}", '{kind: command, command: "exit 9", repair: 0}')
    )
    said = project.run("run", code=4)
    last = project.rows()[-1]["n"]
    assert f"`autoexp show {last}` tells the rest" in said
