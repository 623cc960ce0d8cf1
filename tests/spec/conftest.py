import re
from pathlib import Path

import pytest

CONTRACT_EXAMPLE = Path(__file__).parent / "contract-example.yaml"


@pytest.fixture
def example() -> str:
    """The example of all keys that the contract promises, built or not."""
    return CONTRACT_EXAMPLE.read_text(encoding="utf-8")


@pytest.fixture
def lines(example):
    """Give the line of the example that holds a text, counted from 1."""

    def find(pattern: str) -> int:
        return next(i for i, line in enumerate(example.splitlines(), 1) if re.search(pattern, line))

    return find
