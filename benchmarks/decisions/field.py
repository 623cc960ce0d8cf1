"""The field's rules, as its tools do them: the incumbent's value is the one stored when it was kept, never measured again."""

import math
from collections.abc import Sequence
from statistics import fmean, median, stdev, variance

from scipy.special import stdtr  # type: ignore[import-untyped]
from world import Rule, World


class OneRun:
    """One run; kept if it is better than the best so far (Karpathy's loop, pi-autoresearch and most others)."""

    def __init__(self, world: World) -> None:
        """Measure the baseline once."""
        self._world = world
        self._best = world.run()

    def judge(self, effect: float) -> bool:
        """Measure once."""
        value = self._world.run(effect)
        if value >= self._best:
            return False
        self._best = value
        return True


class Mean:
    """K runs; kept if their mean is better than the stored one by more than their standard deviation."""

    runs = 3

    def __init__(self, world: World) -> None:
        """Measure the baseline K times."""
        self._world = world
        self._best = self._measured()

    def judge(self, effect: float) -> bool:
        """Measure K times."""
        values = self._measured(effect)
        if not self._better(values, self._best):
            return False
        self._best = values
        return True

    def _measured(self, effect: float = 0.0) -> list[float]:
        return [self._world.run(effect) for _ in range(self.runs)]

    def _better(self, values: Sequence[float], best: Sequence[float]) -> bool:
        return fmean(best) - fmean(values) > stdev(values)


class Welch(Mean):
    """K runs; kept if a one-sided t-test (Welch) against the stored runs says so at 5 %."""

    runs = 5
    level = 0.05

    def _better(self, values: Sequence[float], best: Sequence[float]) -> bool:
        lead = fmean(best) - fmean(values)
        squares = [variance(side) / self.runs for side in (values, best)]
        if sum(squares) == 0:
            return lead > 0
        df = sum(squares) ** 2 / sum(square**2 / (self.runs - 1) for square in squares)
        return float(stdtr(df, -lead / math.sqrt(sum(squares)))) <= self.level


class Gate:
    """One run; kept if it is better than the best, and the lead over the baseline is 2 MAD of all values at least.

    That is pi-autoresearch's confidence, which it shows beside a keep, taken as a gate. Where it has none (fewer than three
    values, or a MAD of 0) nothing speaks against the keep.
    """

    least = 2.0

    def __init__(self, world: World) -> None:
        """Measure the baseline once."""
        self._world = world
        self._values = [world.run()]
        self._best = self._values[0]

    def judge(self, effect: float) -> bool:
        """Measure once."""
        value = self._world.run(effect)
        self._values.append(value)
        if value >= self._best or not self._is_clear(value):
            return False
        self._best = value
        return True

    def _is_clear(self, value: float) -> bool:
        if len(self._values) < 3:
            return True
        middle = median(self._values)
        mad = median(abs(other - middle) for other in self._values)
        return mad == 0 or abs(value - self._values[0]) / mad >= self.least


class Oracle:
    """Knows, and measures nothing."""

    def __init__(self, world: World) -> None:
        """Begin."""

    def judge(self, effect: float) -> bool:
        """Keep every improvement."""
        return effect > 0


RULES: dict[str, Rule] = {"one-run": OneRun, "K=3": Mean, "t-test": Welch, "MAD-gate": Gate, "oracle": Oracle}
