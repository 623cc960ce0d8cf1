"""kill -9 while a change is mended, and while hypotheses wait that are paid for: nothing is lost, doubled or counted twice."""

from typing import Any

import pytest

from autoexp.engine.faults import PROTOCOL
from autoexp.testing.fake_model import FakeModel
from tests.end_to_end.conftest import Project
from tests.end_to_end.modelled import answer, by_model, proposals

TWICE = ("propose", "capture", "attempt", "measure")
"""Steps that an experiment goes through once more when its change is mended."""


def points(n: int, *moments: str) -> list[Any]:
    """Give all points of an experiment whose change is mended: some of them are reached twice, and the others have little to do with it.

    What is not of the `moments` is left to the long tests, too.
    """
    found = [(step, time) for step in TWICE for time in (1, 2)] + [
        (step, 1) for step in PROTOCOL[1:] if step not in TWICE
    ]
    return [
        pytest.param(f"{when}-{step}:{n}:{time}", marks=[] if step in TWICE and when in moments else pytest.mark.long)
        for step, time in found
        for when in ("before", "after")
    ]


NEXT = {"100": ("crash", 90), "90": (80, 80), "80": ("crash", 85)}
"""What the model makes of the best so far, and what it makes of its own crash."""


def mending(request: Any) -> str:
    """Answer as a model that knows nothing but what it is told: the first change of two experiments crashes, the second is good."""
    best = next(value for value in NEXT if f"Best so far: {value}" in request.text)
    first, mended = NEXT[best]
    return answer(mended, old="crash") if "\nvalue.txt\n```\ncrash\n```" in request.text else answer(first)


def agreed(project: Project) -> list[dict[str, Any]]:
    """Hold that refs, record and journal say the same, and give the rows of what was decided."""
    rows, refs, events = project.rows(), project.refs(), project.journal()
    opened = [event["n"] for event in events if event["event"] == "intent"]
    assert opened == [event["n"] for event in events if event["event"] in {"done", "withdrawn"}]
    assert len({row["n"] for row in rows}) == len(rows)
    for row in rows[1:]:
        assert f"record/{row['n']}" in refs
        assert refs.get(f"attempt/{row['n']}") == row["commit"]
        shown = project.shown(row["n"])
        assert len(shown["tries"]) == row["repairs"]
        for number, one in enumerate(shown["tries"], 1):
            if one["commit"] and one["commit"] != row["commit"]:
                assert refs[f"attempt/{row['n']}-try-{number}"] == one["commit"]
    kept = [row["commit"] for row in rows if row["status"] == "keep"]
    assert project.git("rev-list", "--first-parent", "--reverse", "refs/autoexp/demo/best").splitlines() == kept
    found, said = project.status(), proposals(project)
    assert found["requests"] == sum(one["requests"] or 0 for one in said)
    assert found["cost_usd"] == pytest.approx(sum(one["cost_usd"] or 0 for one in said))
    assert found["requests"] == sum(row["requests"] or 0 for row in rows)
    assert found["cost_usd"] == pytest.approx(sum(row["cost_usd"] or 0 for row in rows))
    assert "missing" not in project.git("fsck", "--no-dangling")
    return [row for row in rows if row["status"] != "interrupted"]


@pytest.mark.parametrize("point", points(3, "before", "after"))
def test_mended_experiment_that_is_killed_goes_on_as_if_never_killed(project: Project, point: str) -> None:
    with FakeModel(handler=mending, cost=0.5) as model:
        by_model(project, model, budget=", experiments: 3")
        project.killed(point)
        project.run("run", code=3)
        answered = model.answered
    rows = agreed(project)
    assert [(row["status"], row["metric"]) for row in rows] == [
        ("keep", 100),
        ("keep", 90),
        ("keep", 80),
        ("discard", 85),
    ]
    assert [row["description"] for row in rows[1:]] == ["value 90", "value 80", "value 85"]
    assert [row["repairs"] for row in rows[1:]] == [1, 0, 1]
    assert (
        0 <= answered - project.status()["requests"] <= 1
    )  # an answer that came when nobody could write it down any more


def several(*numbers: object) -> str:
    return "\n".join(f"=== PROPOSAL {rank} ===\n" + answer(number) for rank, number in enumerate(numbers, 1))


def offering(request: Any) -> str:
    """Answer with three hypotheses, of which the second crashes and is mended."""
    if "\nvalue.txt\n```\ncrash\n```" in request.text:
        return answer(80, old="crash")
    return several(90, "crash", 70) if "Best so far: 100" in request.text else several(150, 160, 170)


@pytest.mark.parametrize("point", points(2, "after"))
def test_paid_hypotheses_are_neither_lost_nor_tried_twice(project: Project, point: str) -> None:
    with FakeModel(handler=offering, cost=0.5) as model:
        by_model(project, model, several=3, budget=", experiments: 5")
        project.killed(point)
        project.run("run", code=3)
        answered = model.answered
    rows = agreed(project)
    assert [(row["status"], row["metric"]) for row in rows] == [
        ("keep", 100), ("keep", 90), ("keep", 80), ("keep", 70), ("discard", 150), ("discard", 160),
    ]  # fmt: skip
    assert [row["repairs"] for row in rows[1:]] == [0, 1, 0, 0, 0]
    assert 0 <= answered - project.status()["requests"] <= 1
