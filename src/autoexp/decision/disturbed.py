"""Runs that something else on the machine disturbed count for less: no keep rests on them alone before more were asked for."""

from autoexp.decision.asking import MeasureMore
from autoexp.decision.case import Evidence
from autoexp.decision.words import runs
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision

ENOUGH = 3
"""Runs of a side without an undisturbed one among them: as many as this show that the machine is busy all the time."""
_NAMES = {Side.INCUMBENT: "best so far", Side.CANDIDATE: "candidate"}


def undisturbed(answer: Decision, evidence: Evidence, *, most: int | None = None) -> Decision | MeasureMore:
    """Give a would-be keep back, or ask for another run of a side that has only disturbed ones; `most` is the limit of runs of both sides.

    Where as many as ENOUGH brought no undisturbed one, the machine is busy all the time: the keep stands, and says on what. A provisional keep
    waits for a test of its own anyway, and where a run is dear no more of them are asked for.
    """
    if answer.verdict is not Verdict.KEEP or evidence.is_single or evidence.spec.measurement.seeds is not None:
        return answer
    if "provisional" in answer.flags:
        return answer
    counts = {Side.INCUMBENT: len(evidence.incumbent), Side.CANDIDATE: len(evidence.candidate)}
    bad = dict(zip((Side.CANDIDATE, Side.INCUMBENT), evidence.disturbed, strict=True))
    busy = [side for side, count in counts.items() if count and bad[side] >= count]
    if most is None or sum(counts.values()) < most:
        for side in busy:
            if counts[side] < ENOUGH:
                return MeasureMore(side)
    notes = tuple(f"something else used the machine in all {runs(counts[side])} of the {_NAMES[side]}" for side in busy)
    return answer.model_copy(update={"reasons": (*answer.reasons, *notes)}) if notes else answer
