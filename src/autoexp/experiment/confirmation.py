"""What a confirmation says: the gain on fresh pairs of runs, and what each keep adds to it."""

from typing import Literal

from autoexp.experiment.records import Value

Support = Literal["supported", "unsupported", "unclear", "entangled"]
"""What leaving one keep out shows: it adds something, it adds nothing that would matter, the runs do not tell, or it cannot be left out."""


class Interval(Value):
    """A gain on fresh pairs, with its two-sided interval at `level`: fractions of the baseline, positive = better."""

    gain: float
    low: float
    high: float
    level: float
    pairs: int


class Ablation(Value):
    """What the keep `n` adds: the best so far against the same tree without it, and without the keeps `together` that are built on it.

    `hunks` name the places where later keeps hold on to it, `p` is the one-sided p value of "it adds nothing" before Holm's correction.
    """

    n: int
    support: Support
    interval: Interval | None = None
    p: float | None = None
    together: tuple[int, ...] = ()
    hunks: tuple[str, ...] = ()
    detail: str = ""


class Arm(Value):
    """A tree that takes part in a confirmation: the untouched `baseline`, the `best` so far, or it `without` the keep `n` and those `together`."""

    kind: Literal["baseline", "best", "without"]
    commit: str
    n: int | None = None
    together: tuple[int, ...] = ()
    hunks: tuple[str, ...] = ()
