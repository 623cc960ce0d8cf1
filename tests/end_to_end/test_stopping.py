"""Plateau and target, from the contract to the exit code."""

import pytest

from tests.end_to_end.conftest import Project, write

NOTHING_MORE = [write(101 + i, description=f"worse {i}") for i in range(6)]


def ask(project: Project, budget: str) -> None:
    """Put a budget into the contract."""
    lines = (project.path / "autoexp.yaml").read_text(encoding="utf-8").splitlines()
    project.contract(
        "\n".join(f"budget: {{{budget}}}" if line.startswith("budget:") else line for line in lines) + "\n"
    )


def test_plateau_ends_the_campaign_with_its_reason(project: Project) -> None:
    project.edits(write(90), write(80), *NOTHING_MORE)
    ask(project, "plateau: {window: 3, min_gain: 1%}")
    assert "ended: the last 3 experiments gained 0 %, less than 1 %" in project.run("run", code=3)
    assert project.statuses() == ["keep", "keep", "keep", "discard", "discard", "discard"]
    assert (project.status()["stop_reason"], project.status()["state"]) == ("plateau", "stopped")


def test_status_says_what_going_on_is_likely_to_bring(project: Project) -> None:
    project.edits(write(90), write(95), write(96), write(97))
    project.run("run", "--experiments", "1")
    found = project.status()
    assert (found["improvement_rate"], found["discards_in_row"]) == (pytest.approx(0.1), 0)
    project.run("run", "--experiments", "2")
    later = project.status()
    assert (later["improvement_rate"], later["discards_in_row"]) == (pytest.approx(0.1 / 3), 2)
    assert 0 < later["outlook"]["keep_rate"] < found["outlook"]["keep_rate"] < 1
    assert later["outlook"]["gain_per_experiment"] == pytest.approx(0.1 * later["outlook"]["keep_rate"])
    assert later["outlook"]["gain_per_100_samples"] == pytest.approx(10 * later["outlook"]["keep_rate"])
    assert "about 1.8 more keeps and +18.4% in the next 10 experiments" in project.run("status")
    project.run("run")
    assert project.status()["stop_reason"] == "exhausted"
    assert "in the next 10 experiments" not in project.run("status")


def test_plateau_that_was_made_longer_lets_the_campaign_go_on(project: Project) -> None:
    project.edits(*NOTHING_MORE)
    ask(project, "plateau: {window: 2}")
    project.run("run", code=3)
    project.run("run", code=3)
    assert project.status()["experiments"] == 2
    ask(project, "plateau: {window: 4}")
    project.run("run", code=3)
    assert project.status()["experiments"] == 4
    ask(project, "plateau: null")
    project.run("run")
    assert (project.status()["experiments"], project.status()["stop_reason"]) == (6, "exhausted")


@pytest.mark.parametrize(("target", "kept"), [("100", 0), ("90", 1), ("85", 2)])
def test_target_ends_the_campaign_with_its_reason(project: Project, target: str, kept: int) -> None:
    project.edits(write(90), write(80), write(70))
    ask(project, f"target: {target}")
    project.run("run", code=3)
    status = project.status()
    assert (status["stop_reason"], status["kept"], status["experiments"]) == ("target", kept, kept)


def test_target_that_is_not_reached_ends_nothing(project: Project) -> None:
    project.edits(write(90))
    ask(project, "target: 89.9")
    project.run("run")
    assert project.status()["stop_reason"] == "exhausted"


def test_target_is_compared_with_the_metric_that_the_contract_names_now(project: Project) -> None:
    project.edits(write(90), write(80))
    ask(project, "target: 90")
    project.run("run", code=3)
    text = (project.path / "autoexp.yaml").read_text(encoding="utf-8")
    project.contract(text.replace("direction: lower", "direction: higher"))
    project.run("run", code=3)
    assert project.status()["experiments"] == 1
    ask(project, "target: 91")
    project.run("run")
    assert project.status()["stop_reason"] == "exhausted"
    assert [(row["n"], row["segment"], row["status"]) for row in project.rows()] == [
        (0, 0, "keep"), (1, 0, "keep"), (0, 1, "keep"), (2, 1, "discard"),
    ]  # fmt: skip


def test_plateau_of_an_earlier_segment_does_not_end_the_next(project: Project) -> None:
    project.edits(*NOTHING_MORE)
    ask(project, "plateau: {window: 3}")
    project.run("run", code=3)
    project.contract((project.path / "autoexp.yaml").read_text(encoding="utf-8").replace("timeout: 5s", "timeout: 6s"))
    project.run("run", code=3)
    assert [row["segment"] for row in project.rows() if row["n"]] == [0, 0, 0, 1, 1, 1]
