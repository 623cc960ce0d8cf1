"""Every kind of bad weather over a real agent, before it has done anything and after its edit: nothing is lost, and it is said."""

import threading
from typing import Any

import pytest

from autoexp.testing.fake_model import FakeModel
from autoexp.testing.fake_model.scenario import Say
from autoexp.testing.fake_model.wire.request import Request
from tests.agents.driven import KEY, by_agent, change, proposals, used
from tests.end_to_end.conftest import Project
from tests.end_to_end.modelled import waits

AGENTS = ("claude-code", "codex")
STORM = 5
"""Requests that meet a fault: more than one start of an agent asks, fewer than two do."""
USAGE = {"input": 1000, "cache_read": 200, "output": 50}
ONE = {"input": 1200, "cached": 200, "output": 50}
"""The tokens of one answer, as a server tells them and as autoexp counts them."""

STEPS = [change(90), change(95), change(80)]
STATUSES = ["keep", "keep", "discard", "keep"]
FIRST, AFTER_THE_EDIT = (0, 0), (1, 2)
"""A request by its experiment and its turn: the very first one, and one that is asked when the edit is made."""

FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "429 storm": ({"kind": "rate_limit", "retry_after": 0, "times": STORM}, "rate_limit", "429|rate limit"),
    "500": ({"kind": "http", "status": 500, "retry_after": 0, "times": STORM}, "server", "500|server error"),
    "hang": ({"kind": "hang", "times": 1}, "hang", "nothing for 3 s"),
    "reset": ({"kind": "reset", "times": STORM}, "reset", "connection|socket|reset|network"),
    "malformed": ({"kind": "malformed", "times": STORM}, "malformed", "json|malformed|parse|stream"),
    "half a stream": ({"kind": "disconnect", "times": STORM}, "cut|reset", "stream|closed|connection|lost|terminated"),
}
"""The fault, the kinds that it may be taken for, and a word that its reason has to hold."""
IN_ITS_WORDS = {
    ("codex", "500"): ("server", "high demand"),
    ("codex", "reset"): ("reset", "error sending request"),
    ("codex", "malformed"): ("cut", "stream closed"),
}
"""Where an agent has words of its own for a fault, or knows less of it: then that is what can be told."""


class Stormy:
    """Says what the steps say, by the turn of the conversation; some requests meet a fault first, as often as it says.

    What an edit that is lost has left would be seen: with it comes a file out of scope.
    """

    def __init__(self, fault: dict[str, Any], *places: tuple[int, int]) -> None:
        self._fault = {**fault, "times": 1, "instead": True}
        self._left = dict.fromkeys(places, fault["times"])
        self._untouched = set(places)
        self._lock = threading.Lock()
        self.done = 0

    def clear_up(self) -> None:
        """Let no more fault be met."""
        self._left.clear()

    def __call__(self, request: Request) -> Say:
        with self._lock:
            if not request.tools:
                return "a side answer"
            step, turn = STEPS[min(self.done, len(STEPS) - 1)], request.assistant_turns
            place = (self.done, turn)
            if self._left.get(place):
                self._left[place] -= 1
                self._untouched.discard(place)
                return {"error": self._fault}
            if turn >= len(step["turns"]):
                self.done += 1
                return {"text": step["closing"]}
            lost = (self.done, turn + 1) in self._untouched and turn
            more = [{"write": {"path": "left.txt", "content": "half an edit\n"}}] if lost else []
            return {"text": "I go on.", "ops": [*step["turns"][turn], *more]}


def totals(project: Project) -> dict[str, int]:
    """Give the tokens on record: of the proposals, and of what the weather cut off."""
    said = proposals(project) + [wait["said"] for wait in waits(project) if wait["said"] is not None]
    return {kind: sum(one["tokens"][kind] or 0 for one in said) for kind in ("input", "cached", "output")}


def whole(project: Project, model: FakeModel) -> None:
    """Check that the campaign came out as in fair weather, with all that was used on record."""
    assert project.statuses() == STATUSES
    assert project.status()["incumbent"]["metrics"]["x"] == 80
    assert project.status()["experiments"] == len(STEPS)
    recorded, answered = totals(project), used(model)
    halves = model.faults["disconnect"] + model.faults["malformed"]
    begun = {kind: count + halves * ONE[kind] for kind, count in answered.items()}
    if halves:  # the beginning of a stream tells its input; whether that was paid for nobody knows
        assert all(answered[kind] <= recorded[kind] <= begun[kind] for kind in recorded)
    else:
        assert recorded == answered
    assert project.status()["tokens"] == recorded["input"] + recorded["output"]
    assert project.status()["waits"] == len(waits(project))
    told = [project.shown(n)["tokens"] for n in range(1, len(STEPS) + 1)]
    assert {kind: sum(one[kind] or 0 for one in told) for kind in recorded} == recorded, "show tells it too"
    journal = (project.path / ".git/autoexp/demo/journal.jsonl").read_text(encoding="utf-8")
    assert KEY not in journal
    assert "left.txt" not in project.run("diff", "2")


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("agent", AGENTS, indirect=True)
def test_weather_loses_nothing(agent: str, project: Project, name: str) -> None:
    fault, *told = FAULTS[name]
    kinds, words = IN_ITS_WORDS.get((agent, name), told)
    says = Stormy(fault, FIRST, AFTER_THE_EDIT)
    with FakeModel(handler=says, usage=USAGE) as model:
        by_agent(project, agent, model, **({"idle": "3s"} if name == "hang" else {}))
        project.run("run", "--experiments", "3")
        found = waits(project)
        assert {wait["n"] for wait in found} == {1, 2}, [wait["reason"] for wait in found]
        assert {wait["kind"] for wait in found} <= set(kinds.split("|")), [wait["reason"] for wait in found]
        for wait in found:
            assert any(word in wait["reason"].lower() for word in words.lower().split("|")), wait["reason"]
        whole(project, model)
        lost = next(wait for wait in found if wait["n"] == 2)
        assert lost["said"]["requests"] == 2, "what was answered before the fault is on record"


@pytest.mark.parametrize("place", [FIRST, AFTER_THE_EDIT])
@pytest.mark.parametrize("agent", AGENTS, indirect=True)
def test_refused_key_pauses_with_the_mend_and_the_campaign_goes_on(
    agent: str, project: Project, place: tuple[int, int]
) -> None:
    says = Stormy({"kind": "expired_key", "times": 10}, place)
    with FakeModel(handler=says, usage=USAGE) as model:
        by_agent(project, agent, model)
        said = project.run("run", "--experiments", "3", code=4)
        found = project.status()
        assert found["state"] == "paused"
        assert "proposer.api_key_env" in found["stop_fix"]
        assert found["stop_fix"].rstrip(".") in said
        assert KEY not in said
        assert totals(project) == used(model)
        assert model.requests < 8, "a refused key is not tried again and again"
        says.clear_up()
        project.run("run", "--experiments", str(3 - place[0]))
        assert waits(project) == []
        assert [status for status in project.statuses() if status != "interrupted"] == STATUSES
        assert totals(project) == used(model)
