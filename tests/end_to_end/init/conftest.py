"""A repository as the article has it: a slow function, scripts/bench.sh that prints one number, scripts/test.sh."""

from pathlib import Path

import pytest

from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project
from tests.end_to_end.init.repositories import article


@pytest.fixture
def sorting(tmp_path: Path, helper: Helper) -> Project:
    return Project(article(tmp_path / "sorting"), tmp_path / "cache", helper)
