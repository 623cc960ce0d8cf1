"""Effects in words."""

import math

from autoexp.decision.effect import Effect, Metric


def share(effect: Effect, metric: Metric) -> str:
    """Say how much better or worse, relative to the best so far where that makes sense."""
    if effect.absolute == 0:
        return f"{metric.name} is the same"
    word = "better" if effect.absolute > 0 else "worse"
    if effect.relative is None:
        return f"{metric.name} {abs(effect.absolute):g} {metric.unit}".rstrip() + f" {word}"
    return f"{metric.name} {abs(effect.relative):.2%} {word}"


def runs(count: int) -> str:
    """Say how many runs."""
    return f"{count} run{'s' * (count != 1)}"


def against(log_e: float, log_bar: float) -> str:
    """Say how strong the evidence is beside what a keep needs."""
    return f"{odds(log_e)} against a bar of {odds(log_bar)}"


def odds(log: float) -> str:
    """Write odds as people do: 310:1, 2.4:1, 1:8."""
    if log < 0:
        return f"1:{_size(-log)}"
    return f"{_size(log)}:1"


def _size(log: float) -> str:
    if log > math.log(1e6):
        return "more than 1,000,000"
    size = math.exp(log)
    return f"{size:,.0f}" if size >= 10 else f"{size:.2g}"  # noqa: PLR2004
