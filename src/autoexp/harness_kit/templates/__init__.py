"""Harnesses to begin with, as texts: each runs as it stands and says what to change."""

from __future__ import annotations

from pathlib import Path

NAMES = ("bench.py", "bench.sh", "bench.c", "bench_c.sh")


def template(name: str) -> str:
    """Give the text of a template. Raises ValueError, which lists the names, for any other."""
    if name not in NAMES:
        raise ValueError(f"there is no template {name!r}; there are {', '.join(NAMES)}")
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
