"""What runs in the worker: finds everything in a text that pattern.txt matches. A pattern is all that a candidate can bring in here."""

import re
from pathlib import Path

_PATTERN = re.compile((Path(__file__).parents[1] / "pattern.txt").read_text(encoding="utf-8"), re.VERBOSE)


def find(text: str) -> list[tuple[int, int]]:
    """Give where each match begins and ends."""
    return [found.span() for found in _PATTERN.finditer(text)]
