"""Effects in words."""

from autoexp.decision.effect import Effect, Metric


def share(effect: Effect, metric: Metric) -> str:
    """Say how much better or worse, relative to the best so far where that makes sense."""
    if effect.absolute == 0:
        return f"{metric.name} is the same"
    word = "better" if effect.absolute > 0 else "worse"
    if effect.relative is None:
        return f"{metric.name} {abs(effect.absolute):g} {metric.unit}".rstrip() + f" {word}"
    return f"{metric.name} {abs(effect.relative):.2%} {word}"
