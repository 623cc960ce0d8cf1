"""Numbers as people read them: values, gains, durations, dates. None is always said, never shown as zero."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime

NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def shown(value: float | None, places: int | None = None) -> str:
    """Give a value with grouped thousands; `places` fixes the decimals, so that a column lines up."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0" if not places else f"{0:.{places}f}"
    size = abs(value)
    if not 1e-4 <= size < 1e12:
        return _signed(f"{value:.5g}")
    text = f"{value:,.{decimals([value]) if places is None else places}f}"
    if places is None and "." in text:
        text = text.rstrip("0").removesuffix(".")
    if not text.strip("-0.,"):
        text = f"{value:.3g}"
    return _signed(text)


def decimals(values: Iterable[float | None], digits: int = 6) -> int:
    """Give the decimals that a column of values needs: so many digits for the largest, no more than any value has."""
    known = [abs(value) for value in values if value is not None and math.isfinite(value) and value != 0]
    ordinary = [value for value in known if 1e-4 <= value < 1e12]
    if not ordinary:
        return 0
    limit = max(digits - 1 - math.floor(math.log10(max(ordinary))), 2 if max(ordinary) < 1e9 else 0)
    needed = max(len(f"{value:.9f}".rstrip("0").partition(".")[2]) for value in ordinary)
    return min(limit, needed)


def with_unit(text: str, unit: str) -> str:
    """Put a unit behind a value."""
    return f"{text}\N{NO-BREAK SPACE}{unit}" if unit and text != NOTHING else text


def gain(value: float | None, places: int = 1) -> str:
    """Give a fraction of the baseline as a signed percentage; positive = better."""
    if value is None or not math.isfinite(value):
        return NOTHING
    percent = 100 * value
    text = f"{percent:+,.{places}f}" if abs(percent) < 1e6 else f"{percent:+.3g}"
    if not text.strip("+-0."):
        text = text[1:]
    return _signed(f"{text}\N{NO-BREAK SPACE}%")


def share(value: float | None) -> str:
    """Give a fraction as a percentage without a sign, with two digits."""
    return NOTHING if value is None or not math.isfinite(value) else f"{100 * value:.2g}\N{NO-BREAK SPACE}%"


def duration(seconds: float | None) -> str:
    """Give a duration in its two largest units."""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    if seconds < 0.0995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s"))
    first = next(i for i, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)


def money(usd: float | None) -> str:
    """Give a cost in dollars; nobody having reported one is unknown, not free."""
    if usd is None or not math.isfinite(usd):
        return "unknown"
    return f"${usd:,.2f}" if usd == 0 or usd >= 0.1 else f"${usd:.2g}"


def moment(wall: float) -> str:
    """Give a moment to the minute, in UTC."""
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%d %H:%M UTC")


def plural(count: int, noun: str) -> str:
    """Give a count with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
