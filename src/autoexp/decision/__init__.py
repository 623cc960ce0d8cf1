"""Guards, objectives and comparison under noise: evidence in, a ruling or the wish for one more sample out. Pure."""

from autoexp.decision.asking import MeasureMore
from autoexp.decision.rule import Evidence, decide

__all__ = ["Evidence", "MeasureMore", "decide"]
