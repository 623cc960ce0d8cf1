"""How long a service asks to be left alone, from the headers of its answer."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

DAY_S = 86_400.0
EPOCH_S, EPOCH_MS = 1e9, 1e12
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": DAY_S}
DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h|d))+")
PIECE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def wait_asked(headers: Mapping[str, str], *, limited: bool, now: datetime) -> float | None:
    """Give the seconds that the service asks for, between 0 and a day, or None. `headers` have lower-case names.

    When a limit was reached (`limited`), the times at which the limits start afresh count too, those first that are used up.
    """
    here = _date(headers.get("date", "")) or now
    asked = _seconds(headers.get("retry-after-ms", ""), scale=0.001)
    if asked is None:
        asked = _moment(headers.get("retry-after", ""), now=here)
    if asked is None and limited:
        asked = _until_reset(headers, now=here)
    return None if asked is None else min(max(asked, 0.0), DAY_S)


def _until_reset(headers: Mapping[str, str], *, now: datetime) -> float | None:
    waits: dict[bool, list[float]] = {True: [], False: []}
    for name, value in headers.items():
        if "ratelimit" in name and "reset" in name and (wait := _moment(value, now=now)) is not None:
            waits[headers.get(name.replace("reset", "remaining"), "").strip() == "0"].append(wait)
    return max(waits[True] or waits[False], default=None)


def _moment(text: str, *, now: datetime) -> float | None:
    """Read seconds, a duration like 6m0s, a date, or a moment counted from 1970."""
    text = text.strip()
    number = _seconds(text)
    if number is not None and number >= EPOCH_S:
        return number / (1000 if number >= EPOCH_MS else 1) - now.timestamp()
    if number is not None:
        return number
    if DURATION.fullmatch(text):
        return sum(float(count) * UNITS[unit] for count, unit in PIECE.findall(text))
    moment = _date(text)
    return None if moment is None else (moment - now) / timedelta(seconds=1)


def _seconds(text: str, *, scale: float = 1.0) -> float | None:
    try:
        number = float(text) * scale
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text.strip())
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
