"""`autoexp confirm`: the honest number, on the real command line."""

import json
from typing import Any

import pytest

from tests.end_to_end.conftest import Project, write


@pytest.fixture
def campaign(project: Project) -> Project:
    """Give a campaign with two keeps, that came to its end."""
    project.edits(write(90), write(95), write(80))
    project.run("run")
    return project


def confirmed(project: Project, *arguments: str) -> dict[str, Any]:
    return json.loads(project.ran("confirm", "--json", *arguments)[0])


def test_confirmed_gain_is_that_of_fresh_runs(campaign: Project) -> None:
    before = campaign.status()
    found = confirmed(campaign)
    assert found["confirmed_gain"] == pytest.approx({"gain": 0.2, "low": 0.2, "high": 0.2})
    assert campaign.status()["confirmed_gain"] == found["confirmed_gain"]
    assert found["confirmation"]["experiment"] == 3
    assert found["samples_used"] == before["samples_used"] + 2
    assert found["state"] == before["state"]
