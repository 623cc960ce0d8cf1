"""Quantities as people write them: durations, percentages and counts."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_FACTORS = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}


def parse_seconds(value: Any) -> float:
    """Read `300s`, `30m`, `8h`, `1h 30m` or a number of seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a duration such as 300s, 30m or 8h is expected")
    if isinstance(value, (int, float)):
        seconds = float(value)
    else:
        text = value.strip()
        parts = re.findall(r"([\d.]+)\s*(ms|min|s|m|h|d)", text)
        rest = re.sub(r"[\d.]+\s*(ms|min|s|m|h|d)", "", text).strip()
        if not parts or rest:
            raise ValueError(f"{value!r} is not a duration; write 300s, 30m or 8h")
        seconds = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if not 0 < seconds < float("inf"):
        raise ValueError("a duration must be greater than 0")
    return seconds


def parse_fraction(value: Any) -> float:
    """Read `0.5%` or `0.005` as a fraction."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a share such as 0.5% or 0.005 is expected")
    try:
        if isinstance(value, str) and value.strip().endswith("%"):
            share = float(value.strip()[:-1]) / 100
        else:
            share = float(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a share; write 0.5% or 0.005") from None
    if not 0 <= share < float("inf"):
        raise ValueError("a share must be 0 or more")
    return share


def parse_count(value: Any) -> int:
    """Read `5M`, `20k` or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        count = value
    else:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMG]?)", str(value).strip())
        if match is None:
            raise ValueError(f"{value!r} is not a count; write 5M, 20k or a whole number")
        count = round(float(match[1]) * _FACTORS[match[2]])
    if count < 0:
        raise ValueError("a count must be 0 or more")
    return count


Seconds = Annotated[float, BeforeValidator(parse_seconds)]
Fraction = Annotated[float, BeforeValidator(parse_fraction)]
Count = Annotated[int, BeforeValidator(parse_count)]
