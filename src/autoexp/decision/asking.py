"""The other answer of a rule: not yet, measure more."""

from dataclasses import dataclass

from autoexp.experiment.measurement import Side


@dataclass(frozen=True, slots=True)
class MeasureMore:
    """Not enough evidence: run the harness once more on this side."""

    side: Side
