"""Quantities as people write them: durations, percentages and counts."""

import math
import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_FACTORS = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_NUMBER = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_DURATION = re.compile(rf"({_NUMBER})\s*(ms|min|s|m|h|d)\s*")
_COUNT = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,30})?)\s*([kMG]?)")
MAX_COUNT = 10**18


def parse_seconds(value: Any) -> float:
    """Read `300s`, `30m`, `8h`, `1h 30m` or a number of seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a duration such as 300s, 30m or 8h is expected")
    if isinstance(value, str):
        text = value.strip()
        if not text or _DURATION.sub("", text):
            raise ValueError(f"{value!r} is not a duration; write 300s, 30m or 8h")
        seconds = sum(float(number) * _UNITS_S[unit] for number, unit in _DURATION.findall(text))
    else:
        seconds = _float(value)
    if not 0 < seconds < math.inf:
        raise ValueError("a duration must be greater than 0, and finite")
    return seconds


def parse_fraction(value: Any) -> float:
    """Read `0.5%` or `0.005` as a fraction."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a share such as 0.5% or 0.005 is expected")
    try:
        if isinstance(value, str) and value.strip().endswith("%"):
            share = float(value.strip()[:-1]) / 100
        else:
            share = _float(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a share; write 0.5% or 0.005") from None
    if not 0 <= share < math.inf:
        raise ValueError("a share must be 0 or more")
    return share


def parse_count(value: Any) -> int:
    """Read `5M`, `20k` or a whole number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a count such as 5M, 20k or a whole number is expected")
    if isinstance(value, str):
        match = _COUNT.fullmatch(value.strip())
        if match is None:
            raise ValueError(f"{value!r} is not a count; write 5M, 20k or a whole number")
        exact: Decimal | float = Decimal(match[1]) * _FACTORS[match[2]]
    else:
        exact = value
    if not 0 <= exact <= MAX_COUNT or exact != int(exact):
        raise ValueError(f"{value!r} is not a count; it must be a whole number from 0 on")
    return int(exact)


def _float(value: float | str) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


Seconds = Annotated[float, BeforeValidator(parse_seconds, json_schema_input_type=float | str)]
Fraction = Annotated[float, BeforeValidator(parse_fraction, json_schema_input_type=float | str)]
Count = Annotated[int, BeforeValidator(parse_count, json_schema_input_type=int | str)]
