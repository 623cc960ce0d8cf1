"""How numbers, statuses and tables look on a terminal."""

import json
import sys
from typing import Any

STYLES = {"keep": "green", "discard": "dim", "inconclusive": "yellow", "no_change": "dim", "explore": "cyan"}


def style_of(status: str) -> str:
    """Give the colour of a status; anything that went wrong is red."""
    return STYLES.get(status, "red")


def number(value: float | None, unit: str = "") -> str:
    """Show a metric's value."""
    return "-" if value is None else f"{value:.5g}{' ' + unit if unit else ''}"


def gain(value: float | None) -> str:
    """Show a gain: a fraction of the baseline, positive = better."""
    return "-" if value is None else f"{value:+.1%}"


def seconds(value: float) -> str:
    """Show a span of time."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def print_json(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
