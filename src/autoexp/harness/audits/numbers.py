"""What a metric is called and printed as: its unit, the figures of a run's output, and how fine they are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from autoexp.harness.lines import NUMBER
from autoexp.spec.model import Spec

_FIGURE = re.compile(
    rf"^\s*(?:METRIC )?\"?([\w.@%µμ-]+?)\"?\s*[=:]\s*({NUMBER.pattern})(?=[\s,}}]|$)|\"([\w.@%µμ-]+)\": ({NUMBER.pattern})(?=[\s,}}])",
    re.MULTILINE,
)
_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millis", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "µs", "usec", "micros", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nanos", "nanoseconds"), 1e-9),
    **dict.fromkeys(("min", "minutes"), 60.0),
}
_TIME_WORDS = frozenset({"time", "latency", "duration", "elapsed", "wall", "runtime", "walltime"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as it was printed; `step` is one unit of its last digit."""

    value: float
    step: float


def figures(text: str) -> Mapping[str, Shown]:
    """Give the numbers that a run printed with a name, whether the contract declares them or not; of several the last."""
    found: dict[str, Shown] = {}
    for first, number, second, other in _FIGURE.findall(text):
        written = number or other
        exponent = Decimal(written).as_tuple().exponent
        step = 10.0 ** max(int(exponent), -300) if isinstance(exponent, int) else 0.0
        found[first or second] = Shown(float(written), step)
    return found


def words_of(name: str) -> frozenset[str]:
    """Give the words that a name is made of, in small letters."""
    parts = re.split(r"[^A-Za-zµμ0-9]+|(?<=[a-z])(?=[A-Z])", name)
    return frozenset(part.lower() for part in parts if part)


def seconds_of(spec: Spec, name: str, value: float) -> float | None:
    """Give a span of time in seconds; None for what is no time, or has a unit that is not known."""
    unit = spec.metrics[name].unit.strip() if name in spec.metrics else ""
    if unit in _SECONDS:
        return value * _SECONDS[unit]
    words = words_of(name)
    units = [word for word in words & _SECONDS.keys() if word != "min" or words & _TIME_WORDS]
    if unit or len(units) != 1 or words & {"per", "rate"}:
        return None
    return value * _SECONDS[units[0]]


def is_time(spec: Spec, name: str) -> bool:
    """Tell whether a metric is a span of time, by its unit or its name."""
    return seconds_of(spec, name, 1.0) is not None or bool(words_of(name) & _TIME_WORDS)
