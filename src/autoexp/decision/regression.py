"""The test for non-regression: is the best so far without some of its keeps no worse?"""

from autoexp.decision.ablation import WORTH
from autoexp.decision.asking import MeasureMore
from autoexp.decision.case import Evidence
from autoexp.experiment.records import Decision


def no_worse(evidence: Evidence, *, margin: float = WORTH) -> Decision | MeasureMore:
    """Rule on a tree without some of the keeps: keep when it is shown to be worse by less than `margin`, or where numbers repeat not at all."""
    raise NotImplementedError
