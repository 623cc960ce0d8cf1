"""A model's ideas on the command line: parked from its answers, shown in its next brief, and tried by their ids."""

import json

from autoexp.testing.fake_model import FakeModel
from tests.end_to_end.conftest import Project
from tests.end_to_end.modelled import answer, by_model

NOTHING = "NOTHING LEFT: all was tried"


def parked(project: Project) -> list[tuple[object, ...]]:
    found = json.loads(project.ran("ideas", "--json")[0])["ideas"]
    return [(one["id"], one["text"], one["state"], one["tried_by"]) for one in found]


def test_idea_of_an_answer_is_in_the_next_brief_and_tried_by_its_id(project: Project) -> None:
    first = answer(90, more="IDEA: unroll the loop | WHY: it is long | BLOCKED BY: scope")
    second = answer(80).replace("HYPOTHESIS: 80 is better", "HYPOTHESIS: i1: unrolling saves the jumps")
    with FakeModel(turns=[first, second], default=NOTHING) as model:
        by_model(project, model)
        project.run("run", "--experiments", "1")
        assert parked(project) == [("i1", "unroll the loop", "open", None)]
        assert "i1, from experiment 1: " in project.run("brief")
        project.run("run")
    assert parked(project) == [("i1", "unroll the loop", "tried", 2)]
    assert "unroll the loop" not in project.run("brief")


def test_hypothesis_that_was_paid_for_and_fits_no_more_is_parked(project: Project) -> None:
    both = "PROPOSAL 1\n" + answer(90, old=100) + "\nPROPOSAL 2\n" + answer(80, old=100)
    with FakeModel(turns=[both, answer(85)], default=NOTHING) as model:
        by_model(project, model, several=2)
        project.run("run")
    assert project.statuses() == ["keep", "keep", "keep"]
    assert parked(project) == [("i1", "value 80", "open", None)]
    assert "why: it was paid for, and does not fit on the best so far any more" in project.run("ideas")


def test_hint_of_a_person_reaches_the_model(project: Project) -> None:
    with FakeModel(turns=[answer(90), answer(80)], default=NOTHING) as model:
        by_model(project, model)
        project.run("run", "--experiments", "1")
        project.run("hint", "mind the memory of the database")
        project.run("run", "--experiments", "1")
    requests = [project.path / f".git/autoexp/demo/output/{n}/proposer.request.md" for n in (1, 2)]
    assert ["mind the memory of the database" in path.read_text() for path in requests] == [False, True]
