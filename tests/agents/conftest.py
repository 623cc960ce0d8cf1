"""Real coding agents against a fake model: each test skips, with the reason, where the agent is not installed."""

from pathlib import Path

import pytest

from tests.agents import install
from tests.end_to_end.conftest import helper, project

HERE = Path(__file__).parent

__all__ = ["helper", "project"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test here: none of them belongs to `make test`."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.agents)


@pytest.fixture
def agent(request: pytest.FixtureRequest) -> str:
    """Give the name of an agent that is installed at its pin."""
    name: str = request.param
    if install.program(name) is None:
        pytest.skip(f"{name} is not installed at its pin; `make test-agents` does that")
    return name
