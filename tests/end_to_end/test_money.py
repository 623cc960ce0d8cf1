"""Caps on money, tokens and requests, and what `check`, `run`, `status` and `show` say of them."""

import json

from autoexp.testing.fake_model import FakeModel
from tests.end_to_end.conftest import Project
from tests.end_to_end.modelled import answer, by_model, values

PRICE = {"input": 100, "output": 1000}
USAGE = {"input": 2000, "output": 100}
A_REQUEST = 0.3  # dollars, at that price


def expected(project: Project) -> dict[str, object]:
    return json.loads(project.ran("check", "--json")[0])["expected"]


def test_estimate_of_a_model_is_told_before_anything_is_asked(project: Project) -> None:
    with FakeModel(default=answer(90)) as model:
        by_model(project, model, budget=", experiments: 10", price=PRICE, max_output=500)
        said, found = project.run("check"), expected(project)
        assert model.requests == 0
    assert "cost        about $0.6" in said or "cost        about $0.5" in said
    assert "an experiment, estimated; measuring stays on this machine, typically for nothing" in said
    assert "budget      about $" in said
    assert found["tokens"] > 500
    assert found["campaign_usd"] == 10 * found["cost_usd"]


def test_estimate_shares_an_answer_among_its_hypotheses(project: Project) -> None:
    with FakeModel(default=answer(90)) as model:
        by_model(project, model, budget=", experiments: 10", price=PRICE, several=5)
        found = expected(project)
    assert found["requests"] == 0.2
    assert abs(found["campaign_usd"] - 10 * found["cost_usd"]) < 1e-6


def test_cap_that_comes_before_the_budget_of_experiments_is_foretold(project: Project) -> None:
    with FakeModel(default=answer(90)) as model:
        by_model(project, model, budget=", experiments: 10, requests: 3, tokens: 5M")
        said, found = project.run("check"), expected(project)
    assert (found["ends_by"], found["experiments"]) == ("requests", 3)
    assert "ends by     the budget of requests, after about 3 experiments" in said


def test_price_that_nobody_knows_is_told_as_unknown(project: Project) -> None:
    with FakeModel(default=answer(90)) as model:
        by_model(project, model)
        said, found = project.run("check"), expected(project)
    assert "an experiment, estimated; price unknown (proposer.price names it)" in said
    assert "budget.cost_usd" not in said
    assert (found["cost_usd"], found["campaign_usd"]) == (None, None)


def test_edits_written_down_beforehand_cost_nothing(project: Project) -> None:
    project.edits({"write": {"file": "value.txt", "text": "90\n"}})
    assert "cost        the proposer asks no model; measuring stays on this machine" in project.run("check")
    project.run("run")
    assert project.status()["spending"]["unknown"] == {"cost_usd": 0, "tokens": 0, "requests": 0}
    assert "cost         none reported" in project.run("status")


def test_campaign_stops_before_the_cap_is_passed(project: Project) -> None:
    with FakeModel(turns=values(first=90, count=9), usage=USAGE) as model:
        by_model(project, model, budget=", cost_usd: 3, tokens: 5M, requests: 50", price=PRICE, max_output=100)
        said = project.run("run", code=3)
    found = project.status()
    assert found["stop_reason"] == "cost"
    assert found["cost_usd"] <= 3
    assert model.requests == found["requests"] == round(found["cost_usd"] / A_REQUEST)
    assert f"${found['cost_usd']:.2f} of $3.00 are spent, and an experiment takes about $0." in said
    assert "to go on, change or remove that limit below `budget`" in said
    assert found["spending"]["priced_by"] == {"contract": found["requests"]}
    assert found["forecast"]["per_experiment"]["cost_usd"]["median"] == A_REQUEST
    assert found["forecast"]["ends_by"] == "cost"
    shown = project.run("show", "1")
    assert "used         $0.30 (priced by contract), 2100 tokens, 1 request" in shown
    assert "a keep" in project.run("status")


def test_killed_while_the_model_thinks_keeps_what_was_set_aside(project: Project) -> None:
    with FakeModel(turns=values(first=90, count=9), usage=USAGE) as model:
        by_model(project, model, budget=", experiments: 3", price=PRICE, max_output=100)
        project.run("run", "--experiments", "1")
        project.killed("before-propose:2")
        project.run("run", code=3)
    found = project.status()
    held = found["spending"]["set_aside"]
    assert (held["experiments"], held["requests"]) == (1, 1)
    assert held["cost_usd"] > 0.2
    assert found["spending"]["unknown"]["cost_usd"] == 1
    assert "set aside    $0." in project.run("status")


def test_cap_on_dollars_of_a_model_without_a_price_is_told_with_the_mend(project: Project) -> None:
    with FakeModel(turns=values(first=90, count=3), default="NOTHING LEFT: no") as model:
        by_model(project, model, budget=", cost_usd: 3")
        assert "budget.cost_usd cannot be kept: the price of the model is unknown" in project.run("check")
        said = project.run("run")
    assert said.count("cannot be kept: nobody said the cost of experiment 1; name a price") == 1
    status = project.run("status")
    assert "cost         unknown" in status
    assert "$0.00" not in status
