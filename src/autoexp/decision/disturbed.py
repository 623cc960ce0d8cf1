"""Runs that something else on the machine disturbed count for less: no keep rests on them alone before more were asked for."""

from autoexp.decision.asking import MeasureMore
from autoexp.decision.case import Evidence
from autoexp.decision.words import runs
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision

ENOUGH = 3
"""Runs of a side without an undisturbed one among them: as many as this show that the machine is busy all the time."""


def undisturbed(answer: Decision, evidence: Evidence, *, most: int | None = None) -> Decision | MeasureMore:
    """Give a would-be keep back, or ask for another run of a side that has only disturbed ones; `most` is the limit of runs of both sides.

    What disturbs a run makes it look worse. So a keep is inconclusive where all runs of the best so far were disturbed and some of the
    candidate's were not: the gain may be the machine's. Where the candidate alone was disturbed, or both were, it stands.
    """
    if answer.verdict is not Verdict.KEEP or evidence.is_single or evidence.spec.measurement.seeds is not None:
        return answer
    counts = {Side.INCUMBENT: len(evidence.incumbent), Side.CANDIDATE: len(evidence.candidate)}
    bad = dict(zip((Side.CANDIDATE, Side.INCUMBENT), evidence.disturbed, strict=True))
    busy = [side for side, count in counts.items() if count and bad[side] >= count]
    if most is None or sum(counts.values()) < most:
        for side in busy:
            if counts[side] < ENOUGH:
                return MeasureMore(side)
    if busy != [Side.INCUMBENT]:
        return answer
    told = answer.reasons[0].partition(": ")[2] if answer.reasons else ""
    word = f"inconclusive, something else used the machine in all of the best so far's {runs(counts[Side.INCUMBENT])}"
    left = tuple(flag for flag in answer.flags if flag not in {"provisional", "simpler"})
    reasons = (f"{word}: {told}", *answer.reasons[1:])
    return answer.model_copy(update={"verdict": Verdict.INCONCLUSIVE, "flags": left, "reasons": reasons})
