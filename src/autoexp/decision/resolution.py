"""What a contract's rule can see: the smallest gain that it finds, and what an experiment will take, before the first is run."""

from dataclasses import dataclass

from autoexp.spec.model import Spec


@dataclass(frozen=True, slots=True)
class Resolution:
    """The smallest true gain that a keep finds with this `power`, as a fraction of the incumbent, and what an experiment takes.

    `samples` are the runs of an average experiment, both sides together, `most` those of the longest.
    """

    effect: float
    power: float
    samples: float
    most: int


def resolution(spec: Spec, *, noise: float | None, deterministic: bool, quantum: float | None = None) -> Resolution:
    """Give what the contract's rule can see at this noise, the sd of one run as a fraction of its mean (None: it is not known)."""
    raise NotImplementedError
