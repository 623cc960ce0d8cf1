"""Real coding agents against a fake model: each test skips, with the reason, where the agent is not installed."""

import pytest

from tests.agents import install
from tests.end_to_end.conftest import helper, project

__all__ = ["helper", "project"]


@pytest.fixture
def agent(request: pytest.FixtureRequest) -> str:
    """Give the name of an agent that is installed at its pin."""
    name: str = request.param
    if install.program(name) is None:
        pytest.skip(f"{name} is not installed at its pin; `make test-agents` does that")
    return name
